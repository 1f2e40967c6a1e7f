/**
 * Kills, faulty nodes, a database that goes away, a full disk: nothing is lost, nothing is there twice, and it is well again without
 * anybody's help. Each is compared with a clean index of the same chain. `npm run test:deep` does all of it more often.
 */
import { spawnSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Postgres, startPostgres } from "../../scripts/devnet/postgres.ts";
import { createRandom } from "../../scripts/devnet/random.ts";
import {
  type Fault,
  type IndexerProcess,
  type ProcessOptions,
  Refusal,
  answerOf,
  contentOf,
  isDeep,
  startBrittleWay,
  startFaultyNode,
  startProcess,
  startTrade,
} from "./operations.ts";
import { type Json, type Suite, rowOf, startSuite } from "./suite.ts";

/**
 * How long it may take until it is well again, in milliseconds: 30 s, or twice what a first start takes where other work has
 * the processors; three times on PGlite, which shares the indexer's thread.
 */
const patience = { postgres: 30_000, pglite: 30_000 };
type Database = keyof typeof patience;
const databaseOf = ({ databaseUrl }: ProcessOptions): Database => (databaseUrl === undefined ? "pglite" : "postgres");

/** How often what is killed is killed. */
const KILLS = isDeep
  ? { backfill: 20, live: 10, postgres: 5, pgliteBackfill: 20, pgliteLive: 10 }
  : { backfill: 1, live: 1, postgres: 1, pgliteBackfill: 1, pgliteLive: 1 };

const TIMEOUT = isDeep ? 3_600_000 : 300_000;
const random = createRandom(Number(process.env["PHALA_TEST_SEED"] ?? "7"));

let suite: Suite;
let postgres: Postgres;
let trade: Awaited<ReturnType<typeof startTrade>>;
/** Follows the chain itself, in a PostgreSQL of its own: nothing is done to either. */
let clean: IndexerProcess;
/** How long a first start and the indexing in it take, in milliseconds. */
let startMs = 0;
let backfillMs = 0;
const started: { stop: () => Promise<unknown> }[] = [];

beforeAll(async () => {
  suite = await startSuite();
  started.push(suite);
  postgres = await startPostgres({ folder: path.join(suite.folder, "postgres") });
  // It is another one after it was killed.
  started.push({ stop: () => postgres.stop() });
  trade = await startTrade(suite, 7);
  await trade.blocks(isDeep ? 400 : 60, 4);
  const calm = await startPostgres({ folder: path.join(suite.folder, "calm"), settings: { fsync: "off" } });
  started.push(calm);
  clean = await startProcess(suite, { databaseUrl: calm.url(), schema: "clean" });
  started.push(clean);
  startMs = await clean.ready(180_000);
  backfillMs = Number(/"Completed backfill indexing.*?"duration":(\d+)/.exec(clean.lines.join("\n"))?.[1]);
  patience.postgres = Math.max(patience.postgres, 2 * startMs);
  patience.pglite = Math.max(patience.pglite, 3 * startMs);
  tell("a first start", [startMs]);
  expect(backfillMs).toBeGreaterThan(0);
}, 300_000);

afterAll(async () => {
  for (const { stop } of started.reverse()) await stop();
});

/** Databases need names of their own. */
let count = 0;
const freshDatabase = () => postgres.create(`database_${(count += 1)}`);
const freshDirectory = () => path.join(suite.folder, `pglite_${(count += 1)}`);

let content: { readonly head: bigint; readonly rows: Awaited<ReturnType<typeof contentOf>> } | undefined;

/** What an index has, at the head, that nothing has happened to. */
async function cleanContent() {
  const head = await suite.client.getBlockNumber();
  if (content?.head !== head) {
    await clean.reach(head);
    content = { head, rows: await contentOf(clean) };
    expect(Object.values(content.rows).flat().length).toBeGreaterThan(200);
  }
  return content.rows;
}

/** Compares with it. */
async function isLikeClean(indexer: IndexerProcess): Promise<void> {
  const expected = await cleanContent();
  await indexer.reach(await suite.client.getBlockNumber());
  expect(await contentOf(indexer)).toEqual(expected);
}

/** What took how long, for those who read the output. */
function tell(what: string, times: readonly number[]): void {
  const seconds = [...times].sort((a, b) => a - b).map((ms) => (ms / 1000).toFixed(1));
  console.log(`${what}: ${times.length}, well again after ${seconds.join(" ")} s`);
}

const has = (indexer: IndexerProcess, line: string) => indexer.lines.some((each) => each.includes(`"${line}`));

/**
 * Kills `times` first indexings, each of a database of its own: every second one between its first event and its last, the others at
 * any moment from their start on. Returns the last, well again.
 */
async function killedInBackfill(fresh: () => Promise<ProcessOptions>, times: number): Promise<IndexerProcess> {
  const expected = await cleanContent();
  const took: number[] = [];
  let hits = 0;
  for (let i = 1; ; ++i) {
    const options = await fresh();
    const indexer = await startProcess(suite, options);
    started.push(indexer);
    if (i % 2 === 1) {
      await expect.poll(() => has(indexer, "Started backfill indexing"), { timeout: 60_000, interval: 10 }).toBe(true);
      await sleep(random.next() * backfillMs);
    } else await sleep(random.next() * startMs);
    await expect.poll(() => attempt(() => indexer.kill()), { timeout: 10_000 }).toBe(true);
    if (has(indexer, "Started backfill indexing") && !has(indexer, "Completed backfill indexing")) hits += 1;
    took.push(await indexer.ready(patience[databaseOf(options)]));
    expect(await contentOf(indexer)).toEqual(expected);
    if (i === times) {
      tell(`killed in the backfill, ${hits} of them between its first event and its last`, took);
      expect(hits).toBeGreaterThanOrEqual(Math.floor(times / 4));
      return indexer;
    }
    await indexer.stop();
  }
}

function attempt(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

async function killedLive(indexer: IndexerProcess, database: Database, times: number): Promise<void> {
  const took: number[] = [];
  for (let i = 0; i < times; ++i) {
    const trading = trade.blocks(12, 4);
    await sleep(random.next() * 800);
    indexer.kill();
    await trading;
    // It is well when it has what happened meanwhile.
    const begun = Date.now();
    await indexer.reach(await suite.client.getBlockNumber(), patience[database]);
    await indexer.ready(patience[database]);
    took.push(Date.now() - begun);
  }
  tell("killed live", took);
  expect(Math.max(...took)).toBeLessThan(patience[database]);
}

describe.skipIf(process.platform !== "linux")("killed", () => {
  test("in the backfill, live, and PostgreSQL itself", { timeout: TIMEOUT }, async () => {
    const indexer = await killedInBackfill(async () => ({ databaseUrl: await freshDatabase() }), KILLS.backfill);
    try {
      await killedLive(indexer, "postgres", KILLS.live);
      const took: number[] = [];
      for (let i = 0; i < KILLS.postgres; ++i) {
        const trading = trade.blocks(10, 4);
        await sleep(random.next() * 500);
        process.kill(postgres.pid(), "SIGKILL");
        await postgres.service.ended;
        await trading;
        await indexer.problem("database");
        const { folder, port } = postgres;
        postgres = await startPostgres({ folder, port });
        const begun = Date.now();
        await indexer.ready(patience.postgres);
        await indexer.reach(await suite.client.getBlockNumber(), patience.postgres);
        took.push(Date.now() - begun);
      }
      tell("PostgreSQL killed", took);
      await isLikeClean(indexer);
    } finally {
      await indexer.stop();
    }
  });

  test.skipIf(!isDeep)(
    "while its node has no block of those that it is asked for, on PGlite",
    { timeout: TIMEOUT },
    async () => {
      const node = await startFaultyNode(suite.chain.url);
      let refused = 0;
      node.set(async ({ method, params }, answer) => {
        const isOlder = method === "eth_getBlockByNumber" && params[0] === "0x30";
        return isOlder && (refused += 1) <= 2 ? null : answer();
      });
      const indexer = await startProcess(suite, { directory: freshDirectory(), rpcUrl: node.url });
      try {
        await indexer.ready(120_000);
        expect(refused).toBeGreaterThan(2);
        await isLikeClean(indexer);
      } finally {
        await indexer.stop();
        await node.stop();
      }
    },
  );

  test("in the backfill and live, on PGlite", { timeout: TIMEOUT }, async () => {
    const indexer = await killedInBackfill(
      () => Promise.resolve({ directory: freshDirectory() }),
      KILLS.pgliteBackfill,
    );
    try {
      await killedLive(indexer, "pglite", KILLS.pgliteLive);
      await isLikeClean(indexer);
    } finally {
      await indexer.stop();
    }
  });

  test.skipIf(!isDeep)("with its launcher: a second start takes over at once", { timeout: TIMEOUT }, async () => {
    const options = { databaseUrl: await freshDatabase() };
    const first = await startProcess(suite, options);
    await first.ready();
    // One that waits, as a spare does.
    const second = await startProcess(suite, options);
    await second.problem("starting");
    await expect.poll(() => second.lines.join("\n"), { timeout: 20_000 }).toContain("Another indexer is at work");
    try {
      await first.killAll();
      expect(await second.ready(patience.postgres)).toBeLessThan(patience.postgres);
      await trade.blocks(3);
      await isLikeClean(second);
    } finally {
      await second.stop();
    }
  });
});

describe("a connection to PostgreSQL", () => {
  const starts = (indexer: IndexerProcess) => indexer.lines.filter((line) => line.includes("Started the process"));

  test("that breaks at a commit, done or not, loses and doubles nothing", { timeout: 180_000 }, async () => {
    const way = await startBrittleWay(postgres.port);
    try {
      const databaseUrl = new URL(await freshDatabase());
      databaseUrl.port = String(way.port);
      // What is there from the beginning, and the first events.
      way.cut("before", "after", "before", "after");
      const indexer = await startProcess(suite, { databaseUrl: databaseUrl.href });
      try {
        await indexer.ready(patience.postgres * 2);
        expect(way.cutsLeft()).toBe(0);
        await isLikeClean(indexer);
        for (const cuts of [["before"], ["after"], ["before", "after"]] as const) {
          way.cut(...cuts);
          await trade.blocks(3, 4);
          await expect.poll(way.cutsLeft, { timeout: 10_000 }).toBe(0);
          await indexer.reach(await suite.client.getBlockNumber(), patience.postgres);
        }
        await isLikeClean(indexer);
        expect(starts(indexer)).toHaveLength(1);
      } finally {
        await indexer.stop();
      }
    } finally {
      await way.stop();
    }
  });

  test("behind which the last block is gone: it begins with what is there", { timeout: 180_000 }, async () => {
    const databaseUrl = await freshDatabase();
    const indexer = await startProcess(suite, { databaseUrl });
    const database = new Client({ connectionString: databaseUrl });
    try {
      await indexer.ready();
      await database.connect();
      // As after a failover to a database that did not have it yet, or where another process has taken over meanwhile.
      const { rowCount } = await database.query(
        `UPDATE phala._ponder_checkpoint SET latest_checkpoint = finalized_checkpoint`,
      );
      expect(rowCount).toBe(1);
      await trade.blocks(2, 4);
      await expect.poll(() => starts(indexer).length, { timeout: 20_000 }).toBe(2);
      expect(indexer.lines.join("\n")).toContain("The database is not as this process left it");
      await indexer.ready(patience.postgres);
      await isLikeClean(indexer);
    } finally {
      await database.end();
      await indexer.stop();
    }
  });
});

/** What a node can do wrong, and what /ready says of it; null: it is none of its business. */
const FAULTS: Readonly<Record<string, { readonly fault: () => Fault; readonly says: string | null }>> = {
  "does not answer": { says: "rpc", fault: () => () => Promise.resolve(new Refusal("drop")) },
  "never answers": { says: "rpc", fault: () => () => Promise.resolve(new Refusal("stall")) },
  "limits the rate": { says: "rpc_rate_limited", fault: () => () => Promise.resolve(new Refusal(429)) },
  "drops every third request": {
    says: null,
    fault: () => {
      let asked = 0;
      return (_, answer) => ((asked += 1) % 3 === 0 ? Promise.resolve(new Refusal("drop")) : answer());
    },
  },
  "leaves out every second log": {
    says: "rpc_inconsistent",
    fault: () => changeLogs((logs) => logs.filter((_, i) => i % 2 === 0)),
  },
  "leaves out the second half of the logs": {
    says: "rpc_inconsistent",
    fault: () => changeLogs((logs) => logs.slice(0, Math.floor(logs.length / 2))),
  },
  "has no logs": { says: "rpc_inconsistent", fault: () => changeLogs(() => []) },
  "gives the same logs with other amounts every second time": {
    says: "rpc_inconsistent",
    fault: () => {
      let asked = 0;
      return changeLogs((logs) => {
        asked += 1;
        return logs.map((log) => (asked % 2 === 0 ? { ...rowOf(log), data: `0x${"11".repeat(32)}` } : log));
      });
    },
  },
  "returns half of a block's transactions": {
    says: "behind",
    fault: () => changeBlocks((block) => ({ ...block, transactions: listOf(block["transactions"]).slice(0, 1) })),
  },
  "returns blocks whose parents do not fit": {
    says: null,
    fault: () => changeBlocks((block) => ({ ...block, parentHash: `0x${"77".repeat(32)}` })),
  },
  "goes back and forth between two heads": {
    says: null,
    fault: () => {
      let asked = 0;
      return async ({ method, params }, answer) => {
        if (method !== "eth_getBlockByNumber" || params[0] !== "latest" || (asked += 1) % 2 === 0) return answer();
        const head = await suite.client.getBlockNumber();
        return answerOf(suite.chain.url, "eth_getBlockByNumber", [`0x${(head - 3n).toString(16)}`, true]);
      };
    },
  },
};

/** What `npm test` tries. */
const SAMPLE = [
  "limits the rate",
  "leaves out the second half of the logs",
  "gives the same logs with other amounts every second time",
  "returns half of a block's transactions",
];

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);

function changeLogs(change: (logs: readonly Json[]) => readonly Json[]): Fault {
  return async ({ method }, answer) => {
    const result = await answer();
    return method === "eth_getLogs" ? change(listOf(result)) : result;
  };
}

function changeBlocks(change: (block: ReturnType<typeof rowOf>) => Json): Fault {
  return async ({ method }, answer) => {
    const result = await answer();
    const isBlock = method === "eth_getBlockByNumber" || method === "eth_getBlockByHash";
    return isBlock && result !== null && result !== undefined ? change(rowOf(result)) : result;
  };
}

describe.skipIf(process.platform !== "linux")("a node", () => {
  let node: Awaited<ReturnType<typeof startFaultyNode>>;
  let indexer: IndexerProcess;

  beforeAll(async () => {
    node = await startFaultyNode(suite.chain.url);
    indexer = await startProcess(suite, {
      databaseUrl: await freshDatabase(),
      rpcUrl: node.url,
      env: { PHALA_VERIFY_LOGS: "1", PHALA_MAX_LAG: "8" },
    });
    await indexer.ready();
  }, 120_000);

  afterAll(async () => {
    await indexer.stop();
    await node.stop();
  });

  test.each(Object.entries(FAULTS).filter(([name]) => isDeep || SAMPLE.includes(name)))(
    "that %s",
    { timeout: 120_000 },
    async (_, { fault, says }) => {
      const before = await suite.client.getBlockNumber();
      node.set(fault());
      await trade.blocks(4, 4);
      if (says !== null) {
        await indexer.problem(says, 40_000);
        expect(await indexer.metrics()).toContain(`phala_indexer_problem{code="${says}"} 1`);
      } else {
        await sleep(4_000);
      }
      // It has not gone on with what it was told, or it was told enough.
      const held = await indexer.block();
      node.set(null);
      // Ponder looks at a block again that it could not fetch when the next one comes.
      await trade.blocks(1);
      await indexer.reach(await suite.client.getBlockNumber(), 60_000);
      await indexer.ready(60_000);
      if (says !== null) expect(held).toBeLessThanOrEqual(Number(before));
    },
  );

  test("and after all that, the data are those of a clean index", { timeout: 120_000 }, async () => {
    await isLikeClean(indexer);
    // So are those of one that reads all of it now, instead of following.
    const fresh = await startProcess(suite, { databaseUrl: await freshDatabase() });
    try {
      await isLikeClean(fresh);
    } finally {
      await fresh.stop();
    }
  });

  test.skipIf(!isDeep)("that lies from the beginning is not believed", { timeout: 120_000 }, async () => {
    // The first time that it is asked, and not in the pieces. What it left out each time nobody would notice.
    const asked = new Map<string, number>();
    node.set(async ({ method, params }, answer) => {
      const answered = await answer();
      if (method !== "eth_getLogs") return answered;
      const { address, topics } = rowOf(params[0]);
      const filter = JSON.stringify([address, topics]);
      const times = asked.get(filter) ?? 0;
      asked.set(filter, times + 1);
      const logs = listOf(answered);
      return times % 3 === 0 ? logs.slice(0, Math.floor(logs.length / 2)) : logs;
    });
    const fresh = await startProcess(suite, {
      databaseUrl: await freshDatabase(),
      rpcUrl: node.url,
      env: { PHALA_VERIFY_LOGS: "1" },
    });
    try {
      await fresh.problem("rpc_inconsistent", 60_000);
      node.set(null);
      await fresh.ready(60_000);
      await isLikeClean(fresh);
    } finally {
      await fresh.stop();
    }
  });

  test.skipIf(!isDeep)(
    "that always leaves out the same logs is found out by another",
    { timeout: 120_000 },
    async () => {
      node.set(changeLogs((logs) => logs.filter((each) => Number(rowOf(each)["logIndex"]) % 2 === 0)));
      const fresh = await startProcess(suite, {
        databaseUrl: await freshDatabase(),
        rpcUrl: `${node.url},${suite.chain.url}`,
        env: { PHALA_VERIFY_LOGS: "1" },
      });
      try {
        await fresh.problem("rpc_inconsistent", 60_000);
        node.set(null);
        await fresh.ready(60_000);
        await isLikeClean(fresh);
      } finally {
        await fresh.stop();
      }
    },
  );
});

/** A disk of `megabytes`, where this machine lets us have one; null otherwise. */
function smallDisk(megabytes: number) {
  const folder = mkdtempSync(path.join(tmpdir(), "phala-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=0777`, "tmpfs", folder]);
  if (mounted.status !== 0) {
    rmdirSync(folder);
    return null;
  }
  const ballast = path.join(folder, "ballast");
  return {
    folder,
    fill() {
      spawnSync("dd", ["if=/dev/zero", `of=${ballast}`, "bs=64k"]);
    },
    empty: () => rmSync(ballast, { force: true }),
    remove() {
      spawnSync("umount", ["-l", folder]);
      rmdirSync(folder);
    },
  };
}

// Ponder tries a minute long before it gives up: only in the deep run.
describe.skipIf(process.platform !== "linux" || !isDeep)("a full disk", () => {
  async function isSaidAndSurvived(disk: NonNullable<ReturnType<typeof smallDisk>>, options: ProcessOptions) {
    const indexer = await startProcess(suite, options);
    try {
      await indexer.ready(180_000);
      disk.fill();
      const disks = { areSaidFull: false };
      const trading = (async () => {
        for (let i = 0; i < 60 && !disks.areSaidFull; ++i) await trade.blocks(5, 8);
      })();
      await indexer.problem("disk_full", 90_000);
      disks.areSaidFull = true;
      // PGlite ends with its process, which is started again.
      const metrics = () => indexer.metrics().catch(() => "");
      await expect.poll(metrics, { timeout: 30_000 }).toContain('phala_indexer_problem{code="disk_full"} 1');
      await trading;
      disk.empty();
      await indexer.reach(await suite.client.getBlockNumber(), 90_000);
      await indexer.ready(60_000);
      await isLikeClean(indexer);
    } finally {
      await indexer.stop();
    }
  }

  test(
    "of PostgreSQL's tables is said, and indexing goes on when there is room",
    { timeout: 300_000 },
    async (context) => {
      const disk = smallDisk(48);
      if (disk === null) return context.skip("nothing can be mounted here");
      try {
        const space = path.join(disk.folder, "space");
        mkdirSync(space);
        if (process.getuid?.() === 0) chownSync(space, 65_534, 65_534);
        await postgres.query(`CREATE TABLESPACE small LOCATION '${space}'`);
        await postgres.query(`CREATE DATABASE small TABLESPACE small`);
        await isSaidAndSurvived(disk, { databaseUrl: postgres.url("small") });
      } finally {
        try {
          disk.empty();
          // PostgreSQL ends when files are gone that it has not written yet.
          for (const what of ["DATABASE IF EXISTS small WITH (FORCE)", "TABLESPACE IF EXISTS small"]) {
            await postgres.query(`DROP ${what}`);
          }
        } finally {
          disk.remove();
        }
      }
    },
  );

  test(
    "of PGlite's directory is said, and indexing goes on when there is room",
    { timeout: 300_000 },
    async (context) => {
      const disk = smallDisk(160);
      if (disk === null) return context.skip("nothing can be mounted here");
      try {
        await isSaidAndSurvived(disk, { directory: path.join(disk.folder, "pglite") });
      } finally {
        disk.remove();
      }
    },
  );
});
