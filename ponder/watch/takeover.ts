/** What is done once between the end of the backfill and readiness: statistics, and the views that everybody reads. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Chain } from "./chain.ts";
import type { Database } from "./database.ts";
import { log, reasonOf } from "./log.ts";
import { NOTES, writeNote } from "./watchdog.ts";

/** How long the views' exchange waits for those who read them: less than they wait for it, which is 500 ms. */
const LOCK_TIMEOUT_MS = 200;

/** Tries of the exchange, under load or while the other version is ahead. */
const TRIES = 50;

/** Gathers statistics of every table, without which plans are bad, and shows the tables through the views of `viewsSchema`. */
export async function prepareTables(
  database: Database,
  chain: Chain,
  schema: string,
  viewsSchema: string | undefined,
): Promise<void> {
  const begun = Date.now();
  const tables = await namesOf(database, schema, "table_names");
  await database.query(`ANALYZE ${tables.map((name) => `"${schema}"."${name}"`).join(", ")}`);
  log("info", "Gathered statistics", { schema, tables: tables.length, milliseconds: Date.now() - begun });
  await writeNote(database, schema, "prepared", { at: new Date().toISOString() });
  if (viewsSchema !== undefined) await takeViews(database, chain, schema, viewsSchema);
}

async function namesOf(database: Database, schema: string, list: "table_names" | "view_names"): Promise<string[]> {
  const rows = await database.query(
    `SELECT jsonb_array_elements_text(value->'${list}') AS name FROM "${schema}"._ponder_meta`,
  );
  return rows.map(({ name }) => String(name));
}

async function hasViews(database: Database, viewsSchema: string, names: readonly string[]): Promise<boolean> {
  const [row] = await database.query(
    "SELECT count(*)::int AS views FROM pg_views WHERE schemaname = $1 AND viewname = ANY($2)",
    [viewsSchema, names],
  );
  return row?.["views"] === names.length;
}

/** By how many blocks of the chain `schema` is behind what is shown: who reads the views must not go back in time. */
async function blocksBehind(database: Database, chain: Chain, schema: string, shown: string | null): Promise<number> {
  if (shown === null) return 0;
  const [found] = await database.query(`SELECT to_regclass('"${shown}".indexed_block') IS NOT NULL AS known`);
  if (found?.["known"] !== true) return 0;
  const { number: head } = await chain.head();
  const newest = (name: string) => `(SELECT coalesce(max(number), 0)::text FROM "${name}".indexed_block)`;
  const [row] = await database.query(`SELECT ${newest(shown)} AS theirs, ${newest(schema)} AS ours`);
  return Math.min(head, Number(row?.["theirs"])) - Number(row?.["ours"]);
}

/**
 * Points the views at `schema`, all at once, when it is as far as what they show. Does nothing where they show it already, or where this schema had them and another
 * one has taken them since: it is the older version.
 */
async function takeViews(database: Database, chain: Chain, schema: string, viewsSchema: string): Promise<void> {
  const [current] = await database.query(
    `SELECT obj_description(to_regnamespace($1), 'pg_namespace') AS shown,
            (SELECT value->>'schema' FROM "${schema}".${NOTES} WHERE key = 'views') AS had`,
    [viewsSchema],
  );
  const names = [
    ...(await namesOf(database, schema, "table_names")),
    ...(await namesOf(database, schema, "view_names")),
    ...["_ponder_meta", "_ponder_checkpoint", NOTES],
  ];
  // Views go with the schema that they show, when it is repaired.
  if (current?.["shown"] === schema && (await hasViews(database, viewsSchema, names))) return;
  if (current?.["had"] === viewsSchema && current["shown"] !== schema) {
    log("warn", "Another version has taken the views: they are left to it", {
      schema,
      viewsSchema,
      shown: current["shown"],
    });
    return;
  }
  const sql = [
    "BEGIN",
    `SET LOCAL lock_timeout = '${LOCK_TIMEOUT_MS}ms'`,
    `CREATE SCHEMA IF NOT EXISTS "${viewsSchema}"`,
    ...names.flatMap((name) => [
      `DROP VIEW IF EXISTS "${viewsSchema}"."${name}"`,
      `CREATE VIEW "${viewsSchema}"."${name}" AS SELECT * FROM "${schema}"."${name}"`,
    ]),
    `COMMENT ON SCHEMA "${viewsSchema}" IS '${schema}'`,
    `INSERT INTO "${schema}".${NOTES} VALUES ('views', '{"schema":"${viewsSchema}"}')
       ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    "COMMIT",
  ].join(";\n");
  const shown = typeof current?.["shown"] === "string" ? current["shown"] : null;
  for (let tries = 1; ; ++tries) {
    const behind = await blocksBehind(database, chain, schema, shown);
    if (behind > 0) {
      if (tries === TRIES)
        throw new Error(`${schema} is ${behind} blocks behind ${shown ?? ""}, whose views it is to take`);
      await sleep(100);
      continue;
    }
    try {
      await database.query(sql);
      log("info", "Took the views", { schema, viewsSchema, before: shown, tries });
      return;
    } catch (error) {
      if (tries === TRIES || !/lock timeout|deadlock/i.test(reasonOf(error))) throw error;
      await sleep(50 + Math.random() * 100);
    }
  }
}
