/**
 * A seeded history of the whole suite that looks for trouble: stakers, workers, guests and governance in the same blocks, several
 * transactions in each, blocks exactly on the hour and on the day, time that jumps by seconds, hours, days, weeks and epochs. Transactions may
 * fail; what happened is what the chain says. The same seed on the same chain gives the same history.
 */
import type { Address } from "viem";
import type { Manifest } from "../../../deploy/manifest.ts";
import { FIRST_STAKER, type HistoryClaim } from "../activity.ts";
import { Broadcaster } from "../broadcast.ts";
import { chainClient, devAccounts } from "../chain.ts";
import type { NamedBlock } from "../fleet.ts";
import { Ledger, type RawLog } from "../ledger.ts";
import { Multisig } from "../multisig.ts";
import { type Random, createRandom } from "../random.ts";
import { createAttesters } from "./attesters.ts";
import { createGovernors } from "./governors.ts";
import { DAY, type Deed, HOUR, type Part, type Stage } from "./part.ts";
import { createStakers } from "./stakers.ts";
import { createWorkers } from "./workers.ts";

const EPOCH = 180n * DAY;
/** Far above what any block here needs. */
const BLOCK_GAS = 1_000_000_000;
/** How many transactions the stakers make alone, at first: at most that part, at most that many. */
const ALONE = { part: 0.3, most: 600 };
/** What has failed mostly of late is tried less: a long history would come to consist of it. */
const HOPELESS = { rate: 0.6, tried: 0.2, memory: 0.05 };

export interface TroubleOptions {
  readonly url: string;
  readonly manifest: Pick<Manifest, "contracts" | "parameters">;
  readonly seed: number;
  /** How many transactions are to succeed. */
  readonly transactions: number;
  readonly stakers?: number;
  readonly claims?: readonly HistoryClaim[];
  /** Whether time only jumps by hours and days. Default: by weeks and epochs, too. */
  readonly isSlow?: boolean;
  /** Unix seconds of the last block, whatever has been done until then. Default: it ends when it has done all. */
  readonly to?: bigint;
  readonly onProgress?: (progress: { done: number; total: number; timestamp: bigint }) => void;
}

/** What was done so far. */
export interface TroubleSummary {
  /** Transactions that succeeded and that failed, by what they did. */
  readonly done: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;
  readonly succeeded: number;
  readonly failed: number;
  readonly blocks: number;
}

/** The accounts that stake. */
export const troubledStakers = (count: number): Address[] =>
  devAccounts(FIRST_STAKER, count).map(({ address }) => address);

/** Blocks as they were made: what was sent in each, and when. */
export interface TroubledBlock {
  readonly timestamp: bigint;
  readonly deeds: readonly Deed[];
}

/** A history that is being played. */
export class Trouble {
  readonly #chain: Broadcaster;
  readonly #stage: Stage;
  readonly #parts: { readonly weight: number; readonly from: number; isThere: boolean; readonly part: Part }[];
  readonly #total: number;
  readonly #isSlow: boolean;
  readonly #to: bigint | undefined;
  readonly #done: Record<string, number> = {};
  readonly #failures: Record<string, number> = {};
  /** How much of each deed failed, the last ones above all. */
  readonly #rates: Record<string, number> = {};
  #succeeded = 0;
  #failed = 0;
  #blocks = 0;
  #now: bigint;
  #last: NamedBlock;

  private constructor(
    chain: Broadcaster,
    stage: Stage,
    { transactions: total, isSlow = false, to }: Pick<TroubleOptions, "transactions" | "isSlow" | "to">,
    now: bigint,
    last: NamedBlock,
  ) {
    this.#chain = chain;
    this.#stage = stage;
    this.#total = total;
    this.#isSlow = isSlow;
    this.#to = to;
    this.#now = now;
    this.#last = last;
    const isAlone = () => !this.#parts.some(({ isThere, from }) => isThere && from > 0);
    const workers = createWorkers(stage, () => governors.slasher());
    const governors = createGovernors(stage, {
      connect: () => Multisig.connect(stage.url, stage.parameters.accounts.governance),
      switches: workers.switches,
      slashes: workers.openSlashes,
    });
    const alone = Math.min(total * ALONE.part, ALONE.most);
    this.#parts = [
      { weight: 5, from: 0, isThere: false, part: createStakers(stage, isAlone) },
      { weight: 2, from: alone, isThere: false, part: createAttesters(stage) },
      { weight: 5, from: alone, isThere: false, part: workers },
      { weight: 3, from: alone, isThere: false, part: governors },
    ];
  }

  /** Begins after the chain's last block. Nobody else may use the chain from now on. */
  static async begin({ url, manifest, seed, claims = [], ...options }: TroubleOptions): Promise<Trouble> {
    const chain = await Broadcaster.connect(url);
    const client = chainClient(url);
    const { contracts, parameters } = manifest;
    const known = devAccounts(0, 100);
    const accountOf = (address: Address) => {
      const found = known.find((account) => account.address === address);
      if (found === undefined) throw new Error(`${address} is not an account of the development mnemonic`);
      return found;
    };
    const stage: Stage = {
      ...{ url, client, chainId: await client.getChainId(), contracts, parameters, claims, accountOf },
      random: createRandom(seed),
      ledger: new Ledger(contracts),
      bank: accountOf(parameters.accounts.reserve),
      stakers: devAccounts(FIRST_STAKER, options.stakers ?? 12),
    };
    await chain.request("evm_setAutomine", [false]);
    await chain.request("evm_setBlockGasLimit", [BLOCK_GAS]);
    const { timestamp, ...last } = await chain.latestBlock();
    const trouble = new Trouble(chain, stage, options, timestamp, last);
    await trouble.resume();
    return trouble;
  }

  get summary(): TroubleSummary {
    const { succeeded, failed, blocks } = { succeeded: this.#succeeded, failed: this.#failed, blocks: this.#blocks };
    return { done: { ...this.#done }, failures: { ...this.#failures }, succeeded, failed, blocks };
  }

  /** Plays until as many transactions have succeeded as were wanted, or time is up. */
  async play(onProgress?: TroubleOptions["onProgress"]): Promise<TroubleSummary> {
    while (this.#succeeded < this.#total && (this.#to === undefined || this.#now < this.#to)) {
      await this.block();
      onProgress?.({ done: this.#succeeded, total: this.#total, timestamp: this.#now });
    }
    if (this.#to !== undefined && this.#now < this.#to) await this.mine({ timestamp: this.#to, deeds: [] });
    return this.summary;
  }

  /** When there could be a block after `time`: by default, after the last one. */
  nextTime(time = this.#now): bigint {
    const next = timeAfter(this.#stage.random, time, this.#isSlow ? SLOW_STEPS : STEPS);
    return this.#to !== undefined && next > this.#to ? this.#to : next;
  }

  /** Makes the next block. Returns what was sent in it. */
  async block(): Promise<TroubledBlock> {
    const random = this.#stage.random;
    const timestamp = this.nextTime();
    const deeds: Deed[] = [];
    const opening = this.#parts.find(({ isThere, from }) => !isThere && this.#succeeded >= from);
    if (opening !== undefined) {
      opening.isThere = true;
      deeds.push(...opening.part.opening(timestamp, this.#last));
    } else {
      const there = this.#parts.filter(({ isThere }) => isThere);
      for (const { part } of there) deeds.push(...(await part.due(timestamp, this.#last)));
      const weights = Object.fromEntries(there.map(({ weight }, i) => [String(i), weight]));
      // The larger the history, the fuller its blocks.
      const most = this.#total > 2_000 ? 32 : 8;
      for (let i = random.integer(1, most); i > 0; i--) {
        const part = there[Number(random.weighted(weights))]?.part;
        if (part === undefined) continue;
        const acts = await part.act(timestamp, this.#last);
        deeds.push(...acts.filter(({ what }) => !this.#isHopeless(what) || random.chance(HOPELESS.tried)));
      }
    }
    const block = { timestamp, deeds };
    await this.mine(block);
    return block;
  }

  #isHopeless(what: string): boolean {
    return (this.#rates[what] ?? 0) > HOPELESS.rate;
  }

  /** Mines a block, as {@link block} has made it or otherwise. */
  async mine({ timestamp, deeds }: TroubledBlock): Promise<void> {
    const receipts = await this.#chain.mineAny(deeds, timestamp);
    for (const [i, { status, logs }] of receipts.entries()) {
      const one = deeds[i];
      if (one === undefined) continue;
      const rate = this.#rates[one.what] ?? 0;
      this.#rates[one.what] = rate + HOPELESS.memory * ((status === "0x1" ? 0 : 1) - rate);
      if (status === "0x1") {
        this.#stage.ledger.record(logs);
        this.#done[one.what] = (this.#done[one.what] ?? 0) + 1;
        this.#succeeded++;
        one.onDone?.(logs, timestamp);
      } else {
        this.#failures[one.what] = (this.#failures[one.what] ?? 0) + 1;
        this.#failed++;
        one.onFailed?.();
      }
    }
    this.#blocks++;
    const { timestamp: now, ...last } = await this.#chain.latestBlock();
    [this.#now, this.#last] = [now, last];
  }

  /** Learns anew what the chain has: it may be another one than was left. */
  async resume(): Promise<void> {
    const { ledger, contracts } = this.#stage;
    const accounts = this.#parts.flatMap(({ part }) => part.accounts);
    await this.#chain.prepare([...new Set(accounts)]);
    const logs = await this.#chain.request<RawLog[]>("eth_getLogs", [
      { fromBlock: "0x0", toBlock: "latest", address: [contracts.pha, contracts.vpha] },
    ]);
    ledger.clear();
    ledger.record(logs);
    for (const { part } of this.#parts) await part.resume();
    const { timestamp, ...last } = await this.#chain.latestBlock();
    [this.#now, this.#last] = [timestamp, last];
  }
}

/** Plays a whole history. */
export async function playTrouble(options: TroubleOptions): Promise<TroubleSummary> {
  const trouble = await Trouble.begin(options);
  return trouble.play(options.onProgress);
}

/** How far time jumps, by weight. */
const STEPS = { seconds: 30, hours: 30, hourEnd: 12, dayEnd: 4, days: 1.2, weeks: 0.15, epoch: 0.02 };
const SLOW_STEPS = { ...STEPS, days: 0.6, weeks: 0, epoch: 0 };
/** Mostly minutes and hours; sometimes the exact end of an hour or day, weeks, or an epoch. */
function timeAfter(random: Random, now: bigint, steps: typeof STEPS): bigint {
  const step = random.weighted(steps);
  switch (step) {
    case "seconds":
      return now + BigInt(random.integer(1, 900));
    case "hours":
      return now + BigInt(random.integer(1_000, 20_000));
    case "hourEnd":
      return now - (now % HOUR) + HOUR * BigInt(random.integer(1, 5));
    case "dayEnd":
      return now - (now % DAY) + DAY;
    case "days":
      return now + BigInt(random.integer(1, 5)) * DAY + BigInt(random.integer(0, 9_999));
    case "weeks":
      return now + BigInt(random.integer(14, 25)) * DAY;
    case "epoch":
      return now + EPOCH + BigInt(random.integer(0, 999));
  }
}
