/** The watchdog's way into the database, and the locks that say who may write. */
import { AsyncLocalStorage } from "node:async_hooks";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { PGlite, type Transaction } from "@electric-sql/pglite";
import { Client } from "pg";
import { log, reasonOf } from "./log.ts";
import { within } from "./within.ts";

/** A row of an answer; every query asks for text, numbers and JSON only. */
export type Row = Readonly<Record<string, unknown>>;

export interface Database {
  query(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** How long a query of the watchdog may take, in milliseconds. */
const PATIENCE_MS = 5_000;

/** First key of the advisory locks of indexers; the second is the schema's hash. */
const LOCK_CLASS = 0x70686131;

/** A PostgreSQL connection that comes back by itself. A query fails after `patienceMs`. */
export function openPostgres(url: string, name: string, patienceMs = PATIENCE_MS): Database {
  let client: Promise<Client> | undefined;
  const connect = async () => {
    const made = new Client({
      connectionString: url,
      application_name: name,
      connectionTimeoutMillis: PATIENCE_MS,
      query_timeout: patienceMs,
    });
    const forget = () => (client = undefined);
    made.once("error", forget);
    made.once("end", forget);
    await made.connect();
    return made;
  };
  return {
    async query(sql, values = []) {
      try {
        const { rows } = await (await (client ??= connect())).query<Row>(sql, [...values]);
        return rows;
      } catch (error) {
        // Whatever state the connection is in: the next query has a new one.
        const last = client;
        client = undefined;
        void last?.then((broken) => broken.end()).catch(() => undefined);
        throw error;
      }
    },
    async close() {
      await (await client?.catch(() => undefined))?.end();
    },
  };
}

/** PGlite: nobody else may have it open. */
export async function openPglite(directory: string): Promise<Database> {
  mkdirSync(directory, { recursive: true });
  return databaseIn(await PGlite.create(directory));
}

/** Opens PGlite for Ponder, too: as `PHALA_PGLITE` it gets this one, and closes it at its end (see `engine.ts`). */
export async function sharePglite(directory: string): Promise<Database> {
  const instance = withTransactions(await PGlite.create(directory));
  Reflect.set(globalThis, "PHALA_PGLITE", instance);
  return databaseIn(instance);
}

/**
 * `instance`, such that whatever is asked within a transaction is asked in it, by whichever way into the database: PGlite is one session,
 * where everybody else waits for the transaction's end, and it would wait for itself. A transaction within one is part of it.
 */
export function withTransactions(instance: PGlite): PGlite {
  const contexts = new AsyncLocalStorage<{ transaction: Transaction | null }>();
  const current = () => contexts.getStore()?.transaction ?? null;
  const query = instance.query.bind(instance);
  const exec = instance.exec.bind(instance);
  const transaction = instance.transaction.bind(instance);
  instance.query = (...args) => (current() ?? { query }).query(...args);
  instance.exec = (...args) => (current() ?? { exec }).exec(...args);
  instance.transaction = async (callback) => {
    const outer = current();
    if (outer !== null) return callback(outer);
    return transaction(async (made) => {
      const context: { transaction: Transaction | null } = { transaction: made };
      try {
        return await contexts.run(context, () => callback(made));
      } finally {
        // What it left behind is no part of it.
        context.transaction = null;
      }
    });
  };
  return instance;
}

const databaseIn = (instance: PGlite): Database => ({
  query: async (sql, values = []) => (await instance.query<Row>(sql, [...values])).rows,
  close: () => instance.close(),
});

/** `database`, whose queries fail after `patienceMs`: on PGlite each waits for the transaction that is open. */
export function impatient(database: Database, patienceMs: number): Database {
  const late = `no answer within ${patienceMs / 1000} s: a transaction is open`;
  return { ...database, query: (sql, values) => within(database.query(sql, values), patienceMs, late) };
}

/** The PostgreSQL that PGlite is: it opens nothing that another one has made. */
export const PGLITE_POSTGRES = "18";

/** Whether there is a database in `directory`. Throws where another version of PGlite has made it. */
export function hasPglite(directory: string): boolean {
  const file = path.join(directory, "PG_VERSION");
  if (!existsSync(file)) return false;
  const version = readFileSync(file, "utf8").trim();
  if (version !== PGLITE_POSTGRES) throw new OtherPgliteError(directory, version);
  return true;
}

/** A directory that another version of PGlite has made. */
export class OtherPgliteError extends Error {
  constructor(directory: string, version: string) {
    super(
      `The database in ${directory} is of PostgreSQL ${version}, which this PGlite (${PGLITE_POSTGRES}) cannot open. All of it comes from the chain: \`npm run indexer -- repair\` deletes it, and the next start makes it anew.`,
    );
  }
}

/**
 * Makes a PGlite in `directory`, which is there as a whole or not at all, whenever this process is killed: one that was only begun
 * cannot be opened.
 */
export async function createPglite(directory: string): Promise<void> {
  const made = `${directory}.new`;
  rmSync(made, { recursive: true, force: true });
  await (await openPglite(made)).close();
  mkdirSync(directory, { recursive: true });
  // In the place of an empty folder; one that is not is somebody's.
  renameSync(made, directory);
}

/** The schema whose tables the views in `schema` show; null where there are tables in it. */
export async function shownBy(database: Database, schema: string): Promise<string | null> {
  const [row] = await database.query(
    `SELECT obj_description(to_regnamespace($1), 'pg_namespace') AS shown FROM pg_views
     WHERE schemaname = $1 AND viewname = '_ponder_meta'`,
    [schema],
  );
  return typeof row?.["shown"] === "string" ? row["shown"] : null;
}

/** The right to write to one schema. It ends with the process, however that ends. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the lock of `schema`; null where another process has it. `onLost` is called once if the connection that holds it ends:
 * from then on another process may write.
 */
export async function lockPostgres(
  url: string,
  schema: string,
  onLost: (reason: string) => void,
): Promise<Lock | null> {
  const client = new Client({
    connectionString: url,
    application_name: `${schema}_lock`,
    connectionTimeoutMillis: PATIENCE_MS,
    keepAlive: true,
  });
  let isHeld = false;
  const lost = (reason: string) => {
    if (!isHeld) return;
    isHeld = false;
    onLost(reason);
  };
  client.on("error", (error) => lost(error.message));
  client.on("end", () => lost("the connection has ended"));
  await client.connect();
  const { rows } = await client.query<{ isOurs: boolean }>(
    `SELECT pg_try_advisory_lock($1, hashtext($2)) AS "isOurs"`,
    [LOCK_CLASS, schema],
  );
  if (rows[0]?.isOurs !== true) {
    await client.end();
    return null;
  }
  isHeld = true;
  return {
    async release() {
      isHeld = false;
      await client.end();
    },
  };
}

/** Files that are locked: one that nothing refers to would be closed, and its lock given up. */
const locked = new Set<DatabaseSync>();

/** Takes the lock of a PGlite directory, which the system itself keeps: a file beside it, locked by SQLite. */
export function lockPglite(directory: string): Lock | null {
  mkdirSync(path.dirname(directory), { recursive: true });
  const file = new DatabaseSync(`${directory}.lock`, { timeout: 0 });
  try {
    file.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    file.close();
    if (/locked|busy/i.test(reasonOf(error))) return null;
    throw error;
  }
  locked.add(file);
  return {
    release() {
      locked.delete(file);
      file.close();
      return Promise.resolve();
    },
  };
}

/** Ends what an indexer that is gone has left open on `schema`: its transactions would hold their rows and tables. */
export async function endLeftovers(database: Database, schema: string): Promise<void> {
  const names = [`${schema}_user`, `${schema}_internal`];
  const left = `FROM pg_stat_activity WHERE datname = current_database() AND application_name = ANY($1)`;
  for (let i = 0; i < 50; ++i) {
    const ended = await database.query(`SELECT pg_terminate_backend(pid) ${left}`, [names]).catch((error: unknown) => {
      log("warn", "Connections of an earlier indexer cannot be ended", { reason: reasonOf(error) });
      return [];
    });
    if (ended.length === 0) return;
    await sleep(100);
  }
}

/** Clears the mark with which Ponder waits for a former process: who has the lock knows that it is gone. */
export async function clearMark(database: Database, schema: string): Promise<void> {
  if (!(await hasTable(database, schema, "_ponder_meta"))) return;
  await database.query(`UPDATE "${schema}"._ponder_meta SET value = jsonb_set(value, '{is_locked}', '0')`);
}

/** Whether `schema` has the table or view `name`. */
export async function hasTable(database: Database, schema: string, name: string): Promise<boolean> {
  const [row] = await database.query("SELECT to_regclass($1)::text AS found", [`"${schema}"."${name}"`]);
  return typeof row?.["found"] === "string";
}
