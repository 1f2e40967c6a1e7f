/** How far the indexer is behind the head of the chain: after single blocks, and under load. */
import { numberToHex } from "viem";
import { Broadcaster } from "../../scripts/devnet/broadcast.ts";
import { waitFor } from "../../scripts/devnet/process.ts";
import { type BenchChain, SEED } from "./chain.ts";
import type { Running } from "./run.ts";
import { Player } from "./traffic.ts";

const SLOT = 12n;
/** Blocks whose way into GraphQL is timed. */
const SAMPLES = 60;
/** Milliseconds within which they come at any time: two looks at the head. */
const SPREAD = 1_000;
const LOAD = { events: 800, seconds: 30 };

export interface Live {
  /** Milliseconds from the moment that a block is there until GraphQL answers with it: half of the blocks, and 99 %, within. */
  readonly p50: number;
  readonly p99: number;
  /** Under load: events per second from the first block until all are indexed, and milliseconds that the last one took. */
  readonly eventsPerSecond: number;
  readonly lag: number;
  /** Bytes of the process before, and after. */
  readonly memoryBefore: number;
  readonly memoryAfter: number;
}

export async function measureLive(indexer: Running, chain: BenchChain): Promise<Live> {
  // A chain that was loaded has today's clock, and would go on from there.
  const broadcaster = await Broadcaster.connect(chain.chain.url);
  const { timestamp } = await broadcaster.latestBlock();
  await broadcaster.request("evm_setTime", [numberToHex(timestamp)]);
  const player = await Player.connect({
    url: chain.chain.url,
    manifest: chain.manifest,
    seed: SEED + 1,
    accounts: chain.traffic.accounts,
  });
  const indexed = (timestamp: bigint) =>
    waitFor({
      what: `GraphQL answers with the block of ${timestamp}`,
      timeoutMs: 60_000,
      intervalMs: 5,
      probe: async () => ((await timestampOf(indexer.url)) >= timestamp ? performance.now() : undefined),
    });

  const memoryBefore = await indexer.memory();
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    await pause((SPREAD * ((i * 37) % SAMPLES)) / SAMPLES);
    await player.transfer(player.now + SLOT);
    times.push((await indexed(player.now)) - player.minedAt);
  }
  times.sort((a, b) => a - b);
  const within = (part: number) => times[Math.min(times.length - 1, Math.ceil(part * times.length) - 1)] ?? Number.NaN;

  const begun = performance.now();
  let events = 0;
  for (let second = 0; second < LOAD.seconds; second++) {
    await pause(begun + second * 1_000 - performance.now());
    events += await player.mine(LOAD.events, player.now + SLOT);
  }
  const done = await indexed(player.now);
  return {
    p50: within(0.5),
    p99: within(0.99),
    eventsPerSecond: (events * 1_000) / (done - begun),
    lag: done - player.minedAt,
    memoryBefore,
    memoryAfter: await indexer.memory(),
  };
}

/** Unix seconds of the last block that moved PHA. */
async function timestampOf(url: string): Promise<bigint> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ tokens { items { timestamp } } }" }),
  });
  const { data } = (await response.json()) as { data: { tokens: { items: { timestamp: string }[] } } };
  return BigInt(data.tokens.items[0]?.timestamp ?? 0);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
