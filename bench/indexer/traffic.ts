/**
 * What many accounts do on the hot contracts: PHA and vPHA change hands, are staked, requested back, claimed, now and then a
 * request is cancelled; somebody brings the emission in. The same seed on the same chain gives the same blocks.
 *
 * Transactions are sent for accounts that the chain impersonates: nobody signs, so that hundreds of thousands take seconds.
 */
import {
  type Address,
  type Hex,
  encodeEventTopics,
  encodeFunctionData,
  getAddress,
  hexToNumber,
  keccak256,
  maxUint256,
  numberToHex,
  slice,
} from "viem";
import { phaAbi, treasuryAbi, vphaAbi } from "../../deploy/generated/abis.ts";
import type { Manifest } from "../../deploy/manifest.ts";
import { Broadcaster, type RawReceipt } from "../../scripts/devnet/broadcast.ts";
import { Ledger, type RawLog } from "../../scripts/devnet/ledger.ts";
import { type Random, createRandom } from "../../scripts/devnet/random.ts";

const PHA = 10n ** 18n;
const DAY = 86_400n;
/** Seconds between two blocks: 300,000 events are 400 days, 3,000,000 are 1,200, so that the series have their share of the work. */
const BLOCK_TIME = 34_500n;
/** About how many events of the suite a block has. */
const PER_BLOCK = 300;
/** Blocks have more events rather than that there are more of them: the local chain hashes its whole state in each. */
const MAX_BLOCKS = 3_000;
const GAS = numberToHex(600_000);
const BALANCE = numberToHex(10n ** 21n);
const FEE = 100_000_000_000n;
const PURCHASE = 10_000n * PHA;
/** The indexer's window of reorganisations on a local chain, in blocks, and a few. */
const WINDOW = 35;
/** Blocks whose logs are asked for at once. */
const RANGE = 100n;
const [APPROVAL] = encodeEventTopics({ abi: phaAbi, eventName: "Approval" });

/** What an account does next, by weight. */
const ACTIONS = { transferAssets: 40, transferShares: 20, deposit: 18, request: 12, claim: 7, cancel: 3 } as const;

/** What the chain is made of. */
export interface Traffic {
  /** Logs that the indexer has handlers for. */
  readonly events: number;
  readonly transactions: number;
  readonly blocks: number;
  readonly accounts: number;
}

/** A transaction that `from`, who need not sign, sends. */
interface Call {
  readonly from: Address;
  readonly to: Address;
  readonly data: Hex;
}

export interface PlayerOptions {
  readonly url: string;
  readonly manifest: Manifest;
  readonly seed: number;
  /** How many accounts take part. */
  readonly accounts: number;
}

/** Sends calls to a local chain, block by block, and follows who owns what. */
export class Player {
  readonly #chain: Broadcaster;
  readonly #options: PlayerOptions;
  readonly #random: Random;
  readonly #ledger: Ledger;
  readonly #accounts: readonly Address[];
  /** Of the one account that sends several transactions in a block. */
  #reserveNonce = 0;
  #now: bigint;
  #minedAt = 0;
  #events = 0;
  #transactions = 0;
  #blocks = 0;

  private constructor(chain: Broadcaster, options: PlayerOptions, now: bigint) {
    this.#chain = chain;
    this.#options = options;
    this.#random = createRandom(options.seed);
    this.#ledger = new Ledger(options.manifest.contracts);
    this.#now = now;
    this.#accounts = Array.from({ length: options.accounts }, (_, i) =>
      getAddress(slice(keccak256(numberToHex(1_000_000_000 + i)), 12)),
    );
  }

  /** A player who knows all that has happened on the chain so far. */
  static async connect(options: PlayerOptions): Promise<Player> {
    const chain = await Broadcaster.connect(options.url);
    await chain.request("evm_setAutomine", [false]);
    await chain.request("anvil_autoImpersonateAccount", [true]);
    const { number, timestamp } = await chain.latestBlock();
    const player = new Player(chain, options, timestamp);
    const { reserve } = options.manifest.parameters.accounts;
    player.#reserveNonce = hexToNumber(await chain.request<Hex>("eth_getTransactionCount", [reserve, "latest"]));
    const { pha, vpha } = options.manifest.contracts;
    for (let from = 0n; from <= number; from += RANGE) {
      const [fromBlock, toBlock] = [numberToHex(from), numberToHex(from + RANGE - 1n)];
      player.#ledger.record(
        await chain.request<RawLog[]>("eth_getLogs", [{ fromBlock, toBlock, address: [pha, vpha] }]),
      );
    }
    return player;
  }

  /** Unix seconds of the last block. */
  get now(): bigint {
    return this.#now;
  }

  /** When the last block was there, in milliseconds of `performance.now()`. */
  get minedAt(): number {
    return this.#minedAt;
  }

  /** Gives everybody PHA, lets the vault take it, and plays until there are `events` events. */
  async play(events: number): Promise<Traffic> {
    const { reserve } = this.#options.manifest.parameters.accounts;
    const { contracts } = this.#options.manifest;
    for (let i = 0; i < this.#accounts.length; i += PER_BLOCK) {
      const some = this.#accounts.slice(i, i + PER_BLOCK);
      await this.#chain.requestAll(some.map((address) => ({ method: "anvil_setBalance", params: [address, BALANCE] })));
      await this.#mine(
        some.flatMap((account) => [
          { from: reserve, to: contracts.pha, data: transfer(account, PURCHASE) },
          { from: account, to: contracts.pha, data: approve(contracts.vpha) },
        ]),
        this.#now + BLOCK_TIME,
      );
    }
    const perBlock = Math.max(PER_BLOCK, Math.ceil(events / MAX_BLOCKS));
    let day = 0n;
    while (this.#events < events) {
      const isNewDay = this.#now / DAY !== day;
      day = this.#now / DAY;
      await this.mine(Math.min(perBlock, events - this.#events), this.#now + BLOCK_TIME, isNewDay);
    }
    // Nothing that counts is among the blocks that may still be replaced, and are followed otherwise.
    for (let i = 0; i < WINDOW; i++) await this.#mine([], this.#now + 12n);
    return {
      events: this.#events,
      transactions: this.#transactions,
      blocks: this.#blocks,
      accounts: this.#accounts.length,
    };
  }

  /** Mines a block of about `events` events at `timestamp`. Returns how many it has. */
  async mine(events: number, timestamp: bigint, isNewDay = false): Promise<number> {
    const calls = isNewDay ? this.#routine() : [];
    const busy = new Set<Address>();
    for (let expected = calls.length; expected < events;) {
      const account = this.#random.pick(this.#accounts);
      // Nobody acts twice in a block: what he owns is known as of the block before.
      if (busy.has(account)) continue;
      busy.add(account);
      const action = this.#act(account, timestamp);
      calls.push(action.call);
      expected += action.events;
    }
    return this.#mine(calls, timestamp);
  }

  /** Mines a block with one transfer of PHA, which can always be made. */
  async transfer(timestamp: bigint): Promise<void> {
    const { reserve } = this.#options.manifest.parameters.accounts;
    const to = this.#options.manifest.contracts.pha;
    await this.#mine([{ from: reserve, to, data: transfer(this.#random.pick(this.#accounts), 1n) }], timestamp);
  }

  /** What happens once a day: emission comes in. */
  #routine(): Call[] {
    const { contracts, parameters } = this.#options.manifest;
    const from = parameters.accounts.reserve;
    return [
      { from, to: contracts.vpha, data: encodeFunctionData({ abi: vphaAbi, functionName: "harvest" }) },
      { from, to: contracts.treasury, data: encodeFunctionData({ abi: treasuryAbi, functionName: "collect" }) },
    ];
  }

  /** What `from` does at `timestamp`, and how many events that makes. */
  #act(from: Address, timestamp: bigint): { call: Call; events: number } {
    const { pha, vpha } = this.#options.manifest.contracts;
    const random = this.#random;
    const assets = this.#ledger.assetsOf(from);
    const shares = this.#ledger.sharesOf(from);
    const [request] = this.#ledger.requestsOf(from);
    const isMatured = request !== undefined && request.maturity <= timestamp;
    const action = random.weighted(ACTIONS);
    if (action === "claim" && request !== undefined && isMatured) {
      const data = encodeFunctionData({ abi: vphaAbi, functionName: "claim", args: [[request.id], from] });
      return { call: { from, to: vpha, data }, events: 3 };
    }
    if (action === "cancel" && request !== undefined && !isMatured) {
      const data = encodeFunctionData({ abi: vphaAbi, functionName: "cancelRedeem", args: [request.id] });
      return { call: { from, to: vpha, data }, events: 3 };
    }
    if (action === "request" && shares > PHA) {
      const args = [random.part(shares, 0.05, 0.5), from, from] as const;
      const data = encodeFunctionData({ abi: vphaAbi, functionName: "requestRedeem", args });
      return { call: { from, to: vpha, data }, events: 4 };
    }
    if (action === "transferShares" && shares > PHA) {
      const data = transfer(random.pick(this.#accounts), random.part(shares, 0.01, 0.2));
      return { call: { from, to: vpha, data }, events: 1 };
    }
    if ((action === "deposit" || shares <= PHA) && assets > PHA) {
      const args = [random.part(assets, 0.05, 0.5), from] as const;
      const data = encodeFunctionData({ abi: vphaAbi, functionName: "deposit", args });
      return { call: { from, to: vpha, data }, events: 4 };
    }
    const data = transfer(random.pick(this.#accounts), random.part(assets, 0.01, 0.2));
    return { call: { from, to: pha, data }, events: 1 };
  }

  /** Mines a block of `calls`, in their order. Returns how many events it has. */
  async #mine(calls: readonly Call[], timestamp: bigint): Promise<number> {
    const { reserve } = this.#options.manifest.parameters.accounts;
    const nonceOf = (from: Address) => (from === reserve ? { nonce: numberToHex(this.#reserveNonce++) } : {});
    const orders = calls.map(({ from, to, data }, position) => ({
      method: "eth_sendTransaction",
      // The price decides the order in the block.
      params: [{ from, to, data, gas: GAS, gasPrice: numberToHex(FEE - BigInt(position)), ...nonceOf(from) }],
    }));
    if (orders.length > 0) await this.#chain.requestAll(orders);
    await this.#chain.request("evm_setNextBlockTimestamp", [numberToHex(timestamp)]);
    await this.#chain.request("evm_mine", []);
    this.#minedAt = performance.now();
    const receipts = await this.#chain.request<RawReceipt[]>("eth_getBlockReceipts", ["latest"]);
    if (receipts.length !== calls.length || receipts.some(({ status }) => status !== "0x1")) {
      throw new Error(
        `the block at ${timestamp} has ${receipts.length} of ${calls.length} transactions, or some failed`,
      );
    }
    // Approvals are nobody's business.
    const logs = receipts.flatMap((receipt) => receipt.logs).filter(({ topics }) => topics[0] !== APPROVAL);
    this.#ledger.record(logs);
    this.#now = timestamp;
    this.#events += logs.length;
    this.#transactions += calls.length;
    this.#blocks++;
    return logs.length;
  }
}

/** Of PHA and of vPHA. */
const transfer = (to: Address, amount: bigint): Hex =>
  encodeFunctionData({ abi: phaAbi, functionName: "transfer", args: [to, amount] });

const approve = (spender: Address): Hex =>
  encodeFunctionData({ abi: phaAbi, functionName: "approve", args: [spender, maxUint256] });
