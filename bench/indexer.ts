/**
 * How fast the indexer is, with all its handlers, from a node on the same machine:
 *
 *     npm run bench:indexer -- [--deep] [--events N] [--only small|reference|postgres|pglite|live]
 *
 * - cold: empty database; everything is read from the node.
 * - cached: a new schema beside a database that holds what was read of the chain, as when a new version is put into service.
 * - reference: the same two, by the same engine with five narrow writes per event and nothing else (`bench/indexer/reference`). What
 *   the indexer's own handlers cost on this machine, whatever it is, is the difference.
 * - live: from the moment a block is there until GraphQL answers with it, at the default polling interval; then 800 events per
 *   second for half a minute.
 *
 * The chain has the whole suite on it and 300,000 events by 20,000 accounts: transfers of PHA and vPHA, deposits, requests,
 * cancellations, claims, emission. It is made once (minutes) and kept in `.bench/`. A second, with 30,000 events, shows that cost
 * grows linearly; `--deep` adds one with 3,000,000, whose chain takes twenty minutes to make, and is made anew every time.
 *
 * Prints a table beside what others take, and writes `bench/indexer.results.json`, where what was not
 * measured stays as it is.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { startPostgres } from "../scripts/devnet/postgres.ts";
import { benchChain } from "./indexer/chain.ts";
import { type Live, measureLive } from "./indexer/live.ts";
import { type Backfill, type Running, runIndexer } from "./indexer/run.ts";
import { printTable } from "./table.ts";

const EVENTS = 300_000;
const SMALL = 30_000;
const DEEP = 3_000_000;
const ACCOUNTS = 20_000;
const MIB = 2 ** 20;
const RESULTS = new URL("indexer.results.json", import.meta.url);

type Database = "PostgreSQL" | "PGlite" | "reference";
type Variant = "cold" | "cached";

interface Row {
  /** Events that the chain was made for. */
  readonly size: number;
  readonly database: Database;
  readonly variant: Variant;
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly writesPerEvent: number;
  /** MiB, at most. */
  readonly memory: number;
  /** Seconds from the start of the process until it is ready. */
  readonly readySeconds: number;
}

interface Results {
  readonly rows: readonly Row[];
  readonly live?: Live | undefined;
}

/** Events per second: what others reached on the same work and machine, and what is asked of us. */
const REFERENCES: Readonly<Record<string, { references: string; must: number; aim: number | null }>> = {
  "PostgreSQL cold": { references: "Ponder 6,100–6,400, SQD 6,600, Envio 9,800–10,600", must: 6_000, aim: 10_000 },
  "PostgreSQL cached": { references: "Ponder 12,000–14,000", must: 12_000, aim: 17_000 },
  "PGlite cold": { references: "Ponder 2,700", must: 0, aim: null },
  "PGlite cached": { references: "Ponder 7,700", must: 7_000, aim: null },
};
/** Logs and blocks as they come from the node, without anything being done with them. */
const RAW = 50_000;
const MOST_MEMORY = 400;

const { values: options } = parseArgs({
  options: {
    deep: { type: "boolean" },
    events: { type: "string", default: String(EVENTS) },
    only: { type: "string" },
  },
});
const size = Number(options.events);
if (!Number.isSafeInteger(size) || size < 1_000) throw new Error("--events takes a number from 1,000 on");
const PARTS = ["small", "reference", "postgres", "pglite", "live"] as const;
if (options.only !== undefined && !PARTS.some((part) => part === options.only)) {
  throw new Error(`--only takes one of ${PARTS.join(", ")}`);
}
const isWanted = (part: (typeof PARTS)[number]) => options.only === undefined || options.only === part;

const folder = mkdtempSync(path.join(tmpdir(), "phala-bench-"));
const rows: Row[] = [];
let live: Live | undefined;
try {
  const sizes = [isWanted("small") ? SMALL : 0, options.only === "small" ? 0 : size, options.deep === true ? DEEP : 0];
  for (const events of new Set(sizes.filter((wanted) => wanted > 0))) await measure(events);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
report();

/** All that is wanted on the chain with `events` events. */
async function measure(events: number): Promise<void> {
  // Everybody has to be given PHA first: on a small chain, to fewer.
  const chain = await benchChain(events, Math.min(ACCOUNTS, Math.ceil(events / 15)));
  const measureBoth = async (
    database: Database,
    options: Omit<Parameters<typeof runIndexer>[0], "chain" | "schema">,
    andThen?: (running: Running, variant: Variant) => Promise<void>,
  ): Promise<void> => {
    for (const variant of ["cold", "cached"] as const) {
      const running = await runIndexer({ chain, schema: variant, ...options });
      await andThen?.(running, variant);
      note({ size: events, database, variant }, running.backfill, await running.stop());
    }
  };
  try {
    if (isWanted("pglite") && events === size) {
      const directory = path.join(folder, `pglite-${events}`);
      await measureBoth("PGlite", { directory });
    }
    if (options.only === "pglite") return;
    const postgres = await startPostgres({ folder: path.join(folder, `postgres-${events}`) });
    try {
      if (isWanted("reference") && events === size) {
        const databaseUrl = await postgres.create("reference");
        await measureBoth("reference", { directory: folder, databaseUrl, isReference: true });
      }
      if (options.only === "reference") return;
      const databaseUrl = await postgres.create("bench");
      await measureBoth("PostgreSQL", { directory: folder, databaseUrl }, async (running, variant) => {
        // Last, since it makes the chain longer.
        if (!isWanted("live") || events !== size || variant !== "cached") return;
        live = await measureLive(running, chain);
        keep();
      });
    } finally {
      await postgres.stop();
    }
  } finally {
    await chain.chain.stop();
  }
}

function note(run: Pick<Row, "size" | "database" | "variant">, backfill: Backfill, peak: number): void {
  const { events, seconds, writesPerEvent, readySeconds } = backfill;
  const eventsPerSecond = Math.round(events / seconds);
  rows.push({ ...run, events, eventsPerSecond, writesPerEvent, memory: Math.round(peak / MIB), readySeconds });
  console.log(`${run.database}, ${run.variant}, ${events.toLocaleString("en-US")} events: ${eventsPerSecond} events/s`);
  keep();
}

/** Writes what was measured over what the file has of the same runs. */
function keep(): void {
  const before: Results = existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, "utf8")) as Results) : { rows: [] };
  const keyOf = (row: Row) => `${row.size} ${row.database} ${row.variant}`;
  const known = new Map([...before.rows, ...rows].map((row) => [keyOf(row), row]));
  const results: Results = { rows: [...known.values()].sort((a, b) => a.size - b.size), live: live ?? before.live };
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
}

function report(): void {
  console.log();
  printTable(
    rows.map((row) => {
      const name = `${row.database} ${row.variant}`;
      const { references = "", must = 0, aim = null } = REFERENCES[name] ?? {};
      return {
        run: name,
        events: row.events,
        "events/s": row.eventsPerSecond,
        must,
        aim,
        references,
        "of raw": `${Math.round((100 * row.eventsPerSecond) / RAW)} %`,
        "writes/event": row.writesPerEvent.toFixed(2),
        "MiB at most": row.memory,
        "ready after": `${Math.round(row.readySeconds)} s`,
        verdict: verdictOf(row, must, aim),
      };
    }),
  );
  if (live === undefined) return;
  const { p50, p99, eventsPerSecond, lag, memoryBefore, memoryAfter } = live;
  const rounded = (value: number) => Math.round(value);
  console.log();
  printTable([
    { live: "block to GraphQL, p50, ms", measured: rounded(p50), must: 300 },
    { live: "block to GraphQL, p99, ms", measured: rounded(p99), must: 1_000 },
    { live: "under load, events/s", measured: rounded(eventsPerSecond), must: 800 },
    { live: "the last block under load, ms", measured: rounded(lag), must: null },
    { live: "memory before, MiB", measured: rounded(memoryBefore / MIB), must: MOST_MEMORY },
    { live: "memory after, MiB", measured: rounded(memoryAfter / MIB), must: MOST_MEMORY },
  ]);
}

function verdictOf({ eventsPerSecond, memory }: Row, must: number, aim: number | null): string {
  if (must === 0) return "";
  if (eventsPerSecond < must) return "MISSED";
  if (memory > MOST_MEMORY) return "memory MISSED";
  return aim !== null && eventsPerSecond >= aim ? "aim reached" : "reached";
}
