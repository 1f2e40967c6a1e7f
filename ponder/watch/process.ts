/** The process that indexes or serves: gets everything ready for Ponder, runs it, and watches what it does. */
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { manifestPath, readDeployment } from "../deployment.ts";
import { type Environment, databaseOf, intervalOf, isLocalNode, lanesOf, rpcUrls } from "../settings.ts";
import { openChain, problemOf, problemOr } from "./chain.ts";
import {
  type Database,
  type Lock,
  OtherPgliteError,
  clearMark,
  endLeftovers,
  createPglite,
  hasPglite,
  hasTable,
  impatient,
  lockPglite,
  lockPostgres,
  openPostgres,
  sharePglite,
} from "./database.ts";
import { adjustEngine, engineProgram } from "./engine.ts";
import { fullDisk, hearPonder, noteFailure } from "./errors.ts";
import { whenSet } from "./globals.ts";
import { guardServers, waitingServer } from "./http.ts";
import { log, reasonOf, setLogFormat } from "./log.ts";
import { checkAnswers } from "./logs.ts";
import { type Options, isVerifying, watchSettings } from "./options.ts";
import { repairPglite, repairPostgres } from "./repair.ts";
import { type Problem, setWatchState, watchState } from "./state.ts";
import { prepareTables } from "./takeover.ts";
import { lookBefore, watch } from "./watchdog.ts";

/** Ponder's way to say "try again": the launcher starts it anew. */
export const TRY_AGAIN = 75;

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Time between two tries to get what is needed before Ponder starts, in milliseconds. */
const RETRY_MS = 300;

/** How long a query of the watchdog may wait on PGlite, in milliseconds. */
const LOOK_MS = 15_000;

/** How long statements over whole tables may take, in milliseconds. */
const LONG_MS = 30 * 60_000;

/** What the settings of the environment say, checked. */
function settingsOf(env: Environment) {
  const deployment = readDeployment(manifestPath(env));
  const urls = rpcUrls(env);
  lanesOf(env, urls);
  intervalOf(env);
  return {
    chainId: deployment.chainId,
    store: databaseOf(env, path.join(ROOT, ".ponder")),
    chain: openChain(urls),
    watch: watchSettings(env, deployment.chainId),
    isVerifying: isVerifying(env, isLocalNode(urls)),
    providers: new Set(urls).size,
  };
}

type Settings = ReturnType<typeof settingsOf>;

/** Runs `start` or `serve` until the process ends. */
export async function run(options: Options, env: Environment): Promise<void> {
  setLogFormat(options.logFormat);
  const settings = settingsOf(env);
  const isIndexer = options.command === "start";
  if (settings.store.kind === "pglite" && (!isIndexer || options.viewsSchema !== undefined)) {
    throw new Error("`serve` and `--views-schema` need a PostgreSQL: set DATABASE_URL");
  }
  const waiting = await waitingServer(options.port, options.hostname);
  const database = await (isIndexer ? readyToIndex(options, settings) : readyToServe(options, settings));
  await waiting.close();

  adjustEngine();
  guardServers();
  hearPonder();
  if (isIndexer) checkAnswers(settings.isVerifying, settings.providers);
  const { chain, store, watch: how } = settings;
  const prepareIn = (prepared: Database) => prepareTables(prepared, chain, options.schema, options.viewsSchema);
  const prepare = () =>
    store.kind === "pglite"
      ? prepareIn(database)
      : withLongQueries(store.connectionString, `${options.schema}_prepare`, prepareIn);
  // A handler that waits for the node keeps its transaction open, and a look has to come to an end.
  const seen = store.kind === "pglite" ? impatient(database, LOOK_MS) : database;
  const watched = { database: seen, chain, schema: options.schema, settings: how, isIndexer };
  // Not before Ponder has it open: it first takes back what was not final when the last process ended.
  whenSet("PONDER_DATABASE", () => {
    void watch(isIndexer ? { ...watched, prepare } : watched, new AbortController().signal);
  });
  await runPonder(options);
}

/** Ponder's own command line, in this process. */
async function runPonder(options: Options): Promise<void> {
  const bin = engineProgram();
  // These may be relative to where the process was started; what Ponder runs reads them, too.
  process.env["PHALA_DEPLOYMENT"] = manifestPath(process.env);
  if (process.env["PONDER_PGLITE_DIR"])
    process.env["PONDER_PGLITE_DIR"] = path.resolve(process.env["PONDER_PGLITE_DIR"]);
  process.chdir(ROOT);
  // Ponder prefers these to its arguments.
  delete process.env["PORT"];
  delete process.env["DATABASE_VIEWS_SCHEMA"];
  process.env["PONDER_TELEMETRY_DISABLED"] = "1";
  process.argv = [
    ...[process.execPath, bin, options.command, "--schema", options.schema],
    ...["--hostname", options.hostname, "--port", String(options.port)],
    ...["--log-level", options.logLevel, "--log-format", options.logFormat],
  ];
  await import(bin);
}

/** Tries until `attempt` returns something, and says meanwhile what is missing. */
async function insist<T>(attempt: () => Promise<T | null>, problem: (error: unknown) => Problem): Promise<T> {
  for (;;) {
    let error: unknown = null;
    try {
      const result = await attempt();
      if (result !== null) return result;
    } catch (caught) {
      error = caught;
      noteFailure(caught);
    }
    const { code, message } = problem(error);
    if (watchState()?.problems[0]?.code !== code) log("warn", "Waiting", { code, reason: message });
    const nothing = { head: null, indexed: null, lagSeconds: 0 };
    setWatchState({ ...nothing, checkedAt: Date.now(), problems: [{ code, message }] });
    await sleep(RETRY_MS);
  }
}

const databaseProblem = (error: unknown): Problem => ({
  code: "database",
  message: `The database does not answer (${reasonOf(error)}). Start it, or check DATABASE_URL; this process waits for it.`,
});

const pgliteProblem = (directory: string, error: unknown): Problem =>
  fullDisk() ?? {
    code: "database",
    message:
      error instanceof OtherPgliteError
        ? error.message
        : `The database in ${directory} cannot be opened (${reasonOf(error)}); this process tries again. If it stays so, \`npm run indexer -- repair\` deletes it.`,
  };

/** Ends at once: what Ponder would still write, another process may write too. */
function lost(reason: string): void {
  log("error", "Lost the connection that holds the schema's lock: ending at once", { reason });
  process.exit(TRY_AGAIN);
}

/** The lock of the schema or directory, as soon as nobody else has it. */
async function lockOf({ schema }: Options, { store }: Settings): Promise<Lock> {
  return insist(
    () =>
      store.kind === "postgres"
        ? lockPostgres(store.connectionString, schema, lost)
        : Promise.resolve(lockPglite(store.directory)),
    (error) =>
      error === null
        ? {
            code: "starting",
            message: `Another indexer is at work on ${store.kind === "postgres" ? `schema ${schema}` : store.directory}: waiting for its end.`,
          }
        : databaseProblem(error),
  );
}

/** Waits until this process alone may index, the node answers, and nothing is left of a former process. */
async function readyToIndex(options: Options, settings: Settings): Promise<Database> {
  const { store, chain } = settings;
  const { schema } = options;
  await lockOf(options, settings);
  await insist(() => chain.head(), problemOf);
  const prepare = async (database: Database) => {
    await clearMark(database, schema);
    await lookBefore({ database, chain, schema });
  };
  if (store.kind === "pglite") {
    const { directory } = store;
    return insist(
      async () => {
        if (!hasPglite(directory)) await createPglite(directory);
        const database = await sharePglite(directory);
        try {
          await prepare(database);
          return database;
        } catch (error) {
          await database.close();
          throw error;
        }
      },
      problemOr((error) => pgliteProblem(directory, error)),
    );
  }
  const database = openPostgres(store.connectionString, `${schema}_watch`);
  await insist(async () => {
    await endLeftovers(database, schema);
    await prepare(database);
    return true;
  }, problemOr(databaseProblem));
  return database;
}

/** Waits until there is something to serve. */
async function readyToServe({ schema }: Options, { store }: Settings): Promise<Database> {
  if (store.kind !== "postgres") throw new Error("`serve` needs a PostgreSQL");
  const database = openPostgres(store.connectionString, `${schema}_watch`);
  await insist(
    async () => ((await hasTable(database, schema, "_ponder_checkpoint")) ? true : null),
    (error) =>
      error === null
        ? { code: "backfill", message: `There is no schema ${schema} yet: waiting for the indexer that makes it.` }
        : databaseProblem(error),
  );
  return database;
}

/** A connection whose statements may take long. */
async function withLongQueries<T>(url: string, name: string, use: (database: Database) => Promise<T>): Promise<T> {
  const database = openPostgres(url, name, LONG_MS);
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

/** Runs `repair`. Throws where an indexer is at work on the schema. */
export async function repair(options: Options, env: Environment): Promise<void> {
  setLogFormat(options.logFormat);
  const settings = settingsOf(env);
  const { store, chain, chainId } = settings;
  const { schema, isWholeCache } = options;
  const lock =
    store.kind === "postgres" ? await lockPostgres(store.connectionString, schema, lost) : lockPglite(store.directory);
  if (lock === null) {
    const where = store.kind === "postgres" ? `schema ${schema}` : store.directory;
    throw new Error(`an indexer is at work on ${where}: stop it first, then repair`);
  }
  try {
    if (store.kind === "pglite") return repairPglite(store.directory);
    await withLongQueries(store.connectionString, `${schema}_prepare`, async (database) => {
      await endLeftovers(database, schema);
      await repairPostgres({ database, chain, chainId, schema, isWholeCache });
    });
  } finally {
    await lock.release();
  }
}
