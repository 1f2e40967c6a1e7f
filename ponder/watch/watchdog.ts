/** Looks every few seconds whether what is indexed is what the chain says, and whether it moves. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Chain, problemOf } from "./chain.ts";
import { type Database, type Row, hasTable, shownBy } from "./database.ts";
import { fullDisk, noteFailure } from "./errors.ts";
import { log, reasonOf } from "./log.ts";
import { inconsistency } from "./logs.ts";
import type { WatchSettings } from "./options.ts";
import { type Point, type Problem, pointOf, setWatchState, watchState } from "./state.ts";

/** After how many milliseconds without its heartbeat, every 10 s, an indexer is taken for gone. */
const GONE_MS = 30_000;

/** Looks in a row in which the node has to fail before that is a problem. */
const FAILURES = 2;

/** Looks in a row in which the chain has to deny a block before the data are taken for wrong for good. */
const DENIALS = 2;

/** Between two of these looks, before Ponder starts, in milliseconds. */
const DENIAL_PAUSE_MS = 1_000;

/** Blocks that are waiting, and remembered with the time at which they were first seen. */
const WAITING = 1_000;

export interface Watched {
  readonly database: Database;
  readonly chain: Chain;
  readonly schema: string;
  readonly settings: WatchSettings;
  /** The process that indexes writes down what it finds, and prepares the tables; the others only read. */
  readonly isIndexer: boolean;
  /** Called until it succeeds, once everything is indexed for the first time in this process. */
  readonly prepare?: () => Promise<void>;
}

/** A block that was indexed, with the hash that it had. */
interface Indexed {
  readonly number: number;
  readonly hash: string;
}

/** A block that is indexed, and that the chain does not have. */
interface Denied extends Indexed {
  readonly actual: string;
}

/** The watchdog's own table: what has to survive a restart. */
export const NOTES = "_phala_watch";

async function createNotes(database: Database, schema: string): Promise<void> {
  await database.query(`CREATE TABLE IF NOT EXISTS "${schema}".${NOTES} (key text PRIMARY KEY, value jsonb NOT NULL)`);
}

export async function writeNote(database: Database, schema: string, key: string, value: object): Promise<void> {
  const sql = `INSERT INTO "${schema}".${NOTES} VALUES ($1, $2::jsonb) ON CONFLICT (key) DO UPDATE SET value = excluded.value`;
  await database.query(sql, [key, JSON.stringify(value)]);
}

/** What the tables say. */
interface Standing {
  /** Where they are: what is given may be a schema of views. */
  readonly schema: string;
  readonly indexed: Point;
  /** Block below which Ponder takes nothing back. */
  readonly finalized: number;
  readonly isReady: boolean;
  readonly isPrepared: boolean;
  readonly heartbeat: number;
  /** Hash of the finalized block when it was first seen as such. */
  readonly anchor: Indexed | null;
  /** What was found wrong, before a restart perhaps. */
  readonly denied: Denied | null;
}

/** Looks until `signal` ends it. */
export async function watch(watched: Watched, signal: AbortSignal): Promise<void> {
  const look = createLook(watched);
  while (!signal.aborted) {
    await look().catch((error: unknown) => log("error", "The watchdog failed", { reason: reasonOf(error) }));
    await sleep(watched.settings.interval, undefined, { signal }).catch(() => undefined);
  }
}

/** One look after the other. */
export function createLook(watched: Watched): () => Promise<void> {
  const { database, chain, schema, settings, isIndexer, prepare } = watched;
  let failures = 0;
  let hasHead = false;
  let denials = 0;
  let rotation = 0;
  let isPrepared = false;
  let target: number | undefined;
  let waiting: { number: number; seenAt: number }[] = [];

  /** Seconds for which a block has been waiting. */
  function lagOf(head: Point | null, indexed: Point | null): number {
    const now = Date.now();
    if (head !== null && indexed !== null) {
      waiting = waiting.filter(({ number }) => number > indexed.number && number <= head.number);
      if (head.number > (waiting.at(-1)?.number ?? indexed.number)) waiting.push({ number: head.number, seenAt: now });
      if (waiting.length > WAITING) waiting.splice(1, 1);
    }
    const [oldest] = waiting;
    return oldest === undefined ? 0 : (now - oldest.seenAt) / 1000;
  }

  async function headOf(problems: Problem[]): Promise<Point | null> {
    try {
      const head = await chain.head();
      failures = 0;
      hasHead = true;
      const age = Date.now() / 1000 - head.timestamp;
      if (settings.blockTime !== undefined && age > Math.max(60, 10 * settings.blockTime)) {
        const message = `The RPC node's head, block ${head.number}, is ${Math.round(age)} s old, with a block due every ${settings.blockTime} s: the node, or the chain, stands still.`;
        problems.push({ code: "rpc_stalled", message });
      }
      return head;
    } catch (error) {
      failures += 1;
      if (failures >= FAILURES) problems.push(problemOf(error));
      else if (!hasHead) problems.push({ code: "starting", message: "The RPC node has not answered yet." });
      return null;
    }
  }

  async function standingOf(problems: Problem[]): Promise<Standing | null> {
    try {
      const standing = await readStanding(database, schema, isIndexer);
      if (standing === null)
        problems.push({ code: "backfill", message: `Nothing is indexed yet in schema ${schema}.` });
      return standing;
    } catch (error) {
      const message = `The database does not answer (${reasonOf(error)}). Start it, or check DATABASE_URL; indexing goes on by itself.`;
      problems.push({ code: "database", message });
      return null;
    }
  }

  /** Compares blocks that Ponder will not take back with the chain. */
  async function reorgOf(standing: Standing, head: Point): Promise<Problem | null> {
    if (standing.denied !== null) return reorgProblem(standing.denied, standing.schema);
    const kept = await keptBlocks(database, schema, Math.min(standing.finalized, head.number), rotation);
    rotation += 1;
    const anchor = standing.anchor !== null && standing.anchor.number <= head.number ? [standing.anchor] : [];
    const denied = await firstDenied(chain, [...anchor, ...kept]);
    if (denied === null) {
      denials = 0;
      if (isIndexer && standing.finalized <= head.number && standing.anchor?.number !== standing.finalized) {
        const hash = await chain.hashOf(standing.finalized);
        if (hash !== null) await writeNote(database, schema, "anchor", { number: standing.finalized, hash });
      }
      return null;
    }
    denials += 1;
    if (isIndexer && denials >= DENIALS) await markReorg(database, schema, denied);
    return reorgProblem(denied, standing.schema);
  }

  async function prepared(standing: Standing, head: Point | null): Promise<boolean> {
    if (isPrepared) return true;
    if (!isIndexer) return standing.isPrepared;
    if (!standing.isReady || head === null) return false;
    // What was the head when the backfill ended has to be indexed: what takes over must not go back in time.
    target ??= head.number;
    if (standing.indexed.number < Math.min(target, head.number)) return false;
    try {
      await prepare?.();
      isPrepared = true;
    } catch (error) {
      noteFailure(error);
      log("warn", "The tables cannot be prepared yet: trying again", { reason: reasonOf(error) });
    }
    return isPrepared;
  }

  return async () => {
    const problems: Problem[] = [];
    const [head, standing] = await Promise.all([headOf(problems), standingOf(problems)]);
    const indexed = standing?.indexed ?? watchState()?.indexed ?? null;
    const lagSeconds = lagOf(head, indexed);
    let isServing = false;
    if (standing !== null) {
      const reorg = head === null ? null : await reorgOf(standing, head).catch(() => null);
      if (reorg !== null) problems.push(reorg);
      else if (standing.denied !== null) problems.push(reorgProblem(standing.denied, standing.schema));
      if (head !== null && reorg === null && head.number < standing.finalized) {
        const message = `The RPC node's head, block ${head.number}, is behind what is indexed and final (${standing.finalized}): the node is not in sync.`;
        problems.push({ code: "rpc_behind", message });
      }
      isServing = await prepared(standing, head);
      if (!isServing) {
        const message = `Historical indexing is not complete: block ${standing.indexed.number} of ${head?.number ?? "?"}.`;
        problems.push({ code: "backfill", message });
      }
      const silence = Date.now() - standing.heartbeat;
      if (!isIndexer && silence > GONE_MS) {
        const message = `No indexer is at work: the last heartbeat is ${Math.round(silence / 1000)} s old. Start it: \`npm run indexer -- start\`.`;
        problems.push({ code: "indexer_gone", message });
      }
    }
    if (lagSeconds > settings.maxLag && (isServing || !isIndexer)) {
      const message = `Block ${indexed?.number ?? "?"} is indexed and ${head?.number ?? "?"} is the head, since ${Math.round(lagSeconds)} s: more than PHALA_MAX_LAG, ${settings.maxLag} s.`;
      problems.push({ code: "behind", message });
    }
    for (const problem of [inconsistency(), fullDisk()]) if (problem !== undefined) problems.push(problem);
    report(problems);
    setWatchState({ checkedAt: Date.now(), head, indexed, lagSeconds, problems });
  };
}

/** Writes a line when a problem comes, and one when it goes. */
function report(problems: readonly Problem[]): void {
  const before = watchState()?.problems ?? [];
  for (const { code, message } of problems) {
    if (before.every((known) => known.code !== code))
      log(code === "backfill" ? "info" : "warn", "Not ready", { code, reason: message });
  }
  for (const { code } of before) {
    if (problems.every((known) => known.code !== code)) log("info", "No longer a problem", { code });
  }
}

async function readStanding(database: Database, schema: string, isIndexer: boolean): Promise<Standing | null> {
  if (!(await hasTable(database, schema, "_ponder_checkpoint"))) return null;
  if (isIndexer) await createNotes(database, schema);
  else if (!(await hasTable(database, schema, NOTES))) return null;
  const note = (key: string) => `(SELECT value FROM "${schema}".${NOTES} WHERE key = '${key}')`;
  const [row] = await database.query(
    `SELECT c.latest_checkpoint AS latest, c.finalized_checkpoint AS finalized, m.value->>'is_ready' AS ready,
            m.value->>'heartbeat_at' AS heartbeat, ${note("anchor")} AS anchor, ${note("reorg")} AS denied,
            ${note("prepared")} IS NOT NULL AS prepared
     FROM "${schema}"._ponder_checkpoint c, "${schema}"._ponder_meta m`,
  );
  if (row === undefined) return null;
  return {
    schema: (isIndexer ? null : await shownBy(database, schema)) ?? schema,
    indexed: pointOf(row["latest"]),
    finalized: pointOf(row["finalized"]).number,
    isReady: row["ready"] === "1",
    isPrepared: row["prepared"] === true,
    heartbeat: Number(row["heartbeat"]),
    anchor: indexedOf(row["anchor"]),
    denied: deniedOf(row["denied"]),
  };
}

function indexedOf(value: unknown): Indexed | null {
  if (typeof value !== "object" || value === null || !("number" in value) || !("hash" in value)) return null;
  return { number: Number(value.number), hash: String(value.hash) };
}

function deniedOf(value: unknown): Denied | null {
  const indexed = indexedOf(value);
  if (indexed === null || typeof value !== "object" || value === null || !("actual" in value)) return null;
  return { ...indexed, actual: String(value.actual) };
}

/** The newest block at or below `limit` that is kept with its hash, and another one of those that are kept, in turn. */
async function keptBlocks(database: Database, schema: string, limit: number, turn: number): Promise<Indexed[]> {
  const table = `"${schema}".indexed_block`;
  const rows = await database.query(
    `(SELECT number::text, hash FROM ${table} WHERE number <= $1 ORDER BY number DESC LIMIT 1)
     UNION ALL
     (SELECT number::text, hash FROM ${table} WHERE number <= $1 ORDER BY number
      OFFSET $2 % GREATEST(1, (SELECT count(*) FROM ${table} WHERE number <= $1)) LIMIT 1)`,
    [limit, turn],
  );
  return rows.map(blockOf);
}

const blockOf = (row: Row): Indexed => ({ number: Number(row["number"]), hash: String(row["hash"]) });

/** The first of `blocks` that the chain has otherwise. One that it does not have at all, it may not have yet. */
async function firstDenied(chain: Chain, blocks: readonly Indexed[]): Promise<Denied | null> {
  for (const block of blocks) {
    const actual = await chain.hashOf(block.number);
    if (actual !== null && actual !== block.hash) return { ...block, actual };
  }
  return null;
}

async function markReorg(database: Database, schema: string, denied: Denied): Promise<void> {
  await writeNote(database, schema, "reorg", denied);
  log("error", "The chain was reorganised deeper than Ponder takes back", {
    code: "reorg_beyond_window",
    reason: reorgProblem(denied, schema).message,
  });
}

/** The command that repairs `schema`. */
export function repairCommand(schema: string): string {
  return `npm run indexer -- repair --schema ${schema}`;
}

function reorgProblem({ number, hash, actual }: Denied, schema: string): Problem {
  return {
    code: "reorg_beyond_window",
    message:
      `Block ${number} was indexed as ${hash} and final, but the chain has ${actual}: the data from there on are wrong. ` +
      `Stop the indexer, run \`${repairCommand(schema)}\`, and start it again.`,
  };
}

/**
 * The look before Ponder starts: it would index on from blocks which the chain may have taken back meanwhile, and write over what
 * gives that away. Throws where the node does not answer.
 */
export async function lookBefore({
  database,
  chain,
  schema,
}: Pick<Watched, "database" | "chain" | "schema">): Promise<void> {
  if (!(await hasTable(database, schema, "indexed_block"))) return;
  const standing = await readStanding(database, schema, true);
  if (standing === null || standing.denied !== null) return;
  const rows = await database.query(
    `SELECT number::text, hash FROM "${schema}".indexed_block WHERE number <= $1 ORDER BY number DESC`,
    [standing.finalized],
  );
  const blocks = [...(standing.anchor === null ? [] : [standing.anchor]), ...rows.map(blockOf)];
  // A block denied means that all above it are: the newest are enough, and the oldest for chains that were begun anew.
  const looked = [...blocks.slice(0, 3), ...blocks.slice(-1)];
  let denied = await firstDenied(chain, looked);
  // What is marked stays marked: one wrong answer is not enough.
  for (let looks = 1; denied !== null && looks < DENIALS; ++looks) {
    await sleep(DENIAL_PAUSE_MS);
    denied = await firstDenied(chain, looked);
  }
  if (denied !== null) await markReorg(database, schema, denied);
}
