/**
 * Reorganisations inside the engine's window, with other content each time: other transactions, the same ones in another order, some of
 * them missing, other times, so that hours and days are closed that never ended. Two indexers follow live, one on PostgreSQL, one on PGlite.
 * In the end, each has what one has that never saw anything but the last chain, and remembers no rows but of the smallest tables.
 *
 * PHALA_TEST_SEED is another history, PHALA_TEST_REORGS how many there are. Deep runs make 100.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../scripts/devnet/process.ts";
import { type Random, createRandom } from "../../scripts/devnet/random.ts";
import type { TroubledBlock } from "../../scripts/devnet/trouble/history.ts";
import { RECONCILERS } from "./reconcilers.ts";
import { type Indexer, startIndexer } from "./suite.ts";
import { contentOf, positionOf } from "./tables.ts";
import { type TroubledSuite, startTroubledSuite } from "./troubledSuite.ts";

const IS_DEEP = Number(process.env["PHALA_TEST_FACTOR"] ?? 1) > 1;
const SEED = Number(process.env["PHALA_TEST_SEED"] ?? 20_261_121);
const REORGS = Number(process.env["PHALA_TEST_REORGS"] ?? (IS_DEEP ? 100 : 4));
/** The engine takes back up to 30 blocks of this chain, and a new branch may be two shorter than the old one. */
const DEEPEST = 26;
const MINUTE = 60_000;

const random = createRandom(SEED);
let suite: TroubledSuite;
let followers: Record<"PostgreSQL" | "PGlite", Indexer>;
/** Rows of every table, of indexes that never knew another chain. */
const expected: Readonly<Record<string, unknown>>[] = [];
const started: { stop: () => Promise<void> }[] = [];
/** What the reorganisations were like. */
const seen = { followed: 0, shorter: 0, replayed: 0, hours: 0, days: 0, blocks: 0, deepest: 0 };

beforeAll(async () => {
  suite = await startTroubledSuite({ seed: SEED, transactions: 350, sweepDays: 100, isSlow: true });
  started.push(suite);
  await suite.trouble.play();
  followers = {
    PostgreSQL: await startIndexer(suite, "live on PostgreSQL"),
    PGlite: await startIndexer(suite, "live on PGlite", "pglite"),
  };
  started.push(...Object.values(followers));
  await follow();
}, 4 * MINUTE);

afterAll(async () => {
  for (const { stop } of started.reverse()) await stop();
});

/** Waits until everybody is where the chain is. */
async function follow(): Promise<void> {
  const head = await suite.client.getBlock();
  for (const indexer of Object.values(followers)) {
    await waitFor({
      what: `the ${indexer.service.name} reaches block ${head.number} of ${head.timestamp}`,
      timeoutMs: 4 * MINUTE,
      service: indexer.service,
      intervalMs: 50,
      probe: async () => {
        const { number, timestamp } = await positionOf(indexer);
        return BigInt(number) === head.number && BigInt(timestamp) === head.timestamp ? true : undefined;
      },
    });
  }
}

/** The transactions of `blocks` once more: in another order, in other blocks, at other times, some of them missing. */
function otherwise(blocks: readonly TroubledBlock[], from: bigint, count: number): TroubledBlock[] {
  const branch: TroubledBlock[] = [];
  const left = blocks.flatMap(({ deeds }) => deeds).filter(() => random.chance(0.8));
  let timestamp = from;
  for (let i = count; i > 0; i--) {
    timestamp = suite.trouble.nextTime(timestamp);
    const deeds = Array.from({ length: Math.ceil(left.length / i) }, () => takeFrom(left)).flat();
    branch.push({ timestamp, deeds });
  }
  return branch;
}

/** One of the first few: mostly what comes first stays first. */
function takeFrom<T>(list: T[]): T[] {
  return list.splice(random.integer(0, Math.min(3, list.length - 1)), 1);
}

const pause = (of: Random, ms: number) => new Promise((resolve) => setTimeout(resolve, of.integer(0, ms)));

test(`${REORGS} reorganisations`, { timeout: REORGS * MINUTE }, async () => {
  const { client, trouble, chain } = suite;
  for (let i = 0; i < REORGS; i++) {
    const fork = (await client.getBlock()).timestamp;
    const id = await rpc(chain.url, "evm_snapshot", []);
    const depth = random.chance(0.15) ? random.integer(8, DEEPEST) : random.integer(1, 5);
    const blocks: TroubledBlock[] = [];
    for (let k = 0; k < depth; k++) blocks.push(await trouble.block());
    const abandoned = await client.getBlock();
    // Seen in full, in part, or not at all. Not too often: the engine asks for a block that is gone for a minute.
    if (random.chance(0.95)) {
      await follow();
      seen.followed++;
    } else await pause(random, 500);

    await rpc(chain.url, "evm_revert", [id]);
    await trouble.resume();
    const length = Math.max(1, depth + random.integer(-2, 3));
    if (random.chance(0.5)) {
      for (const block of otherwise(blocks, fork, length)) await trouble.mine(block);
      seen.replayed++;
    } else for (let k = 0; k < length; k++) await trouble.block();
    const head = await client.getBlock();
    if (random.chance(0.95)) await follow();

    const differ = (period: bigint) => abandoned.timestamp / period !== head.timestamp / period;
    if (differ(3_600n)) seen.hours++;
    if (differ(86_400n)) seen.days++;
    if (length < depth) seen.shorter++;
    seen.blocks += depth;
    seen.deepest = Math.max(seen.deepest, depth);
  }
  await follow();
  console.log(`reorganisations of ${REORGS}: ${JSON.stringify(seen)}`);
  expect(seen.followed).toBeGreaterThan(0);
  expect(seen.replayed).toBeGreaterThan(0);
  expect(seen.hours).toBeGreaterThan(0);
});

test.each(["PostgreSQL", "PGlite"] as const)(
  "on %s, all of it is as if the last chain were the only one",
  async (name) => {
    const kind = name === "PGlite" ? "pglite" : "postgres";
    const clean = await startIndexer(suite, `clean on ${name}`, kind, { PONDER_CACHE_BYTES: "100000" });
    started.push(clean);
    await clean.reach(await suite.client.getBlockNumber());
    expected.push(await contentOf(clean));
    const found = await contentOf(followers[name]);
    for (const content of expected) {
      for (const [table, rows] of Object.entries(content)) expect(found[table], table).toEqual(rows);
    }
    // Larger tables were forgotten, and asked for what would be needed of them.
    const metrics = await (await fetch(`${clean.url}/metrics`)).text();
    const asked = (table: string, type: string) =>
      new RegExp(`^ponder_indexing_cache_requests_total{table="${table}",type="${type}"} [1-9]`, "m").test(metrics);
    expect([asked("account", "prefetch"), asked("clock", "complete"), asked("clock", "prefetch")]).toEqual([
      true,
      true,
      false,
    ]);
  },
  5 * MINUTE,
);

test(
  "and as the contracts say",
  async () => {
    const { number: blockNumber, timestamp } = await suite.client.getBlock();
    for (const { check } of RECONCILERS) {
      await check({ suite, indexer: followers.PostgreSQL, blockNumber, timestamp }, SEED);
    }
  },
  5 * MINUTE,
);

/** Raw: viem counts the snapshots of its own. */
async function rpc(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (error !== undefined || result === false) throw new Error(`${method}: ${error?.message ?? "refused"}`);
  return result;
}
