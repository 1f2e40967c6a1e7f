/** Many signed transactions in blocks of chosen times, as fast as a local chain takes them. */
import { type Address, type Hex, type LocalAccount, hexToNumber, numberToHex } from "viem";
import type { RawLog } from "./ledger.ts";

/** A transaction to be signed; in a block they stay in the order in which they were given. */
export interface Order {
  readonly from: LocalAccount;
  readonly to: Address;
  readonly data: Hex;
  /** For messages: what it does. */
  readonly what: string;
  /** Limit of gas. Default: enough for what stakers do. */
  readonly gas?: bigint;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

export interface RawReceipt {
  readonly transactionHash: Hex;
  readonly status: Hex;
  readonly logs: readonly RawLog[];
}

interface RawBlock {
  readonly number: Hex;
  readonly hash: Hex;
  readonly timestamp: Hex;
}

/** Below what a block holds; the chain refuses what would not fit. */
const GAS = 500_000n;
/** Far above the base fee of a chain that is nearly idle; positions in the block are told apart by single wei. */
const FEE = 100_000_000_000n;
const BALANCE = numberToHex(10n ** 21n);

/** Raw JSON-RPC: viem's client would decode and check thousands of answers that need neither. */
export class Broadcaster {
  readonly #url: string;
  readonly #nonces = new Map<Address, number>();
  #chainId = 0;

  private constructor(url: string) {
    this.#url = url;
  }

  static async connect(url: string): Promise<Broadcaster> {
    const broadcaster = new Broadcaster(url);
    broadcaster.#chainId = hexToNumber(await broadcaster.request<Hex>("eth_chainId", []));
    return broadcaster;
  }

  /** One call. The caller knows what it answers. */
  async request<T>(method: string, params: readonly unknown[]): Promise<T> {
    const [result] = await this.requestAll<T>([{ method, params }]);
    if (result === undefined) throw new Error(`${method}: no answer`);
    return result;
  }

  /** Several calls at once; the chain may carry them out in any order. */
  async requestAll<T>(calls: readonly { method: string; params: readonly unknown[] }[]): Promise<T[]> {
    const response = await fetch(this.#url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(calls.map((call, id) => ({ jsonrpc: "2.0", id, ...call }))),
    });
    const answers = (await response.json()) as Answer[];
    const results: T[] = new Array<T>(calls.length);
    for (const { id, result, error } of answers) {
      if (error !== undefined) throw new Error(`${calls[id]?.method ?? "call"}: ${error.message}`);
      results[id] = result as T;
    }
    return results;
  }

  /** Gives `accounts` the means to pay for gas, and learns their nonces. */
  async prepare(accounts: readonly Address[]): Promise<void> {
    const nonces = await this.requestAll<Hex>(
      accounts.map((address) => ({ method: "eth_getTransactionCount", params: [address, "latest"] })),
    );
    await this.requestAll(accounts.map((address) => ({ method: "anvil_setBalance", params: [address, BALANCE] })));
    for (const [i, address] of accounts.entries()) this.#nonces.set(address, hexToNumber(nonces[i] ?? "0x0"));
  }

  async latestBlock(): Promise<{ number: bigint; hash: Hex; timestamp: bigint }> {
    const { number, hash, timestamp } = await this.request<RawBlock>("eth_getBlockByNumber", ["latest", false]);
    return { number: BigInt(number), hash, timestamp: BigInt(timestamp) };
  }

  /** Mines one block at `timestamp` that consists of `orders`. Throws if any of them is missing or failed. */
  async mine(orders: readonly Order[], timestamp: bigint): Promise<RawReceipt[]> {
    const receipts = await this.mineAny(orders, timestamp);
    for (const [i, { what, from }] of orders.entries()) {
      const receipt = receipts[i];
      if (receipt?.status === "0x1") continue;
      throw new Error(
        `${what} by ${from.address} at ${timestamp} failed (${receipt?.transactionHash ?? "no receipt"})`,
      );
    }
    return receipts;
  }

  /** Mines one block at `timestamp` that consists of `orders`, which may fail. Returns their receipts. Throws if any of them is missing. */
  async mineAny(orders: readonly Order[], timestamp: bigint): Promise<RawReceipt[]> {
    const signed: Hex[] = [];
    for (const [position, { from, to, data, gas = GAS }] of orders.entries()) {
      const nonce = this.#nonces.get(from.address);
      if (nonce === undefined) throw new Error(`${from.address} was not prepared`);
      this.#nonces.set(from.address, nonce + 1);
      const fee = FEE - BigInt(position);
      signed.push(
        await from.signTransaction({
          type: "eip1559",
          chainId: this.#chainId,
          nonce,
          to,
          data,
          gas,
          maxFeePerGas: fee,
          // The whole fee is the tip's limit, so that blocks are sorted by position.
          maxPriorityFeePerGas: fee,
        }),
      );
    }
    const hashes = await this.requestAll<Hex>([
      ...signed.map((transaction) => ({ method: "eth_sendRawTransaction", params: [transaction] })),
      { method: "evm_setNextBlockTimestamp", params: [numberToHex(timestamp)] },
    ]);
    await this.request("evm_mine", []);
    const receipts = await this.request<RawReceipt[]>("eth_getBlockReceipts", ["latest"]);
    const byHash = new Map(receipts.map((receipt) => [receipt.transactionHash, receipt]));
    return orders.map(({ what, from }, i) => {
      const receipt = byHash.get(hashes[i] ?? "0x");
      if (receipt !== undefined) return receipt;
      throw new Error(`${what} by ${from.address} at ${timestamp} was not mined (${hashes[i]})`);
    });
  }
}
