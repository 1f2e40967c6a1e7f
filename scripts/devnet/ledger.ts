/** What the history's accounts own, followed from the logs of each block: so that no transaction is sent that would fail. */
import { type Abi, type Address, type Hex, encodeEventTopics, getAddress, hexToBigInt, slice } from "viem";
import { phaAbi, vphaAbi } from "../../deploy/generated/abis.ts";

export interface RawLog {
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

export interface OpenRequest {
  readonly id: bigint;
  readonly shares: bigint;
  readonly assets: bigint;
  readonly maturity: bigint;
}

function topicOf(abi: Abi, eventName: string): Hex {
  const [topic] = encodeEventTopics({ abi, eventName });
  if (typeof topic !== "string") throw new Error(`${eventName} has no topic`);
  return topic;
}

const TRANSFER = topicOf(phaAbi, "Transfer");
const REQUEST = topicOf(vphaAbi, "RedeemRequest");
const REQUESTED = topicOf(vphaAbi, "RedemptionRequested");
const CLAIMED = topicOf(vphaAbi, "RedemptionClaimed");
const CANCELLED = topicOf(vphaAbi, "RedemptionCancelled");

const word = (data: Hex, index: number) => hexToBigInt(slice(data, index * 32, index * 32 + 32));
const topic = (log: RawLog, index: number): Hex => log.topics[index] ?? "0x00";
const account = (log: RawLog, index: number) => getAddress(slice(topic(log, index), 12));

/** The controller that a request id carries in its upper 160 bits. */
const controllerOf = (id: bigint) => getAddress(`0x${(id >> 96n).toString(16).padStart(40, "0")}`);

/** Balances and open requests, in wei and unix seconds, of all accounts that ever appeared in `record`ed logs. */
export class Ledger {
  readonly #pha: Hex;
  readonly #vpha: Hex;
  readonly #assets = new Map<Address, bigint>();
  readonly #shares = new Map<Address, bigint>();
  readonly #requests = new Map<Address, Map<bigint, OpenRequest>>();

  constructor(contracts: { readonly pha: Address; readonly vpha: Address }) {
    this.#pha = lower(contracts.pha);
    this.#vpha = lower(contracts.vpha);
  }

  /** PHA of `owner`. */
  assetsOf(owner: Address): bigint {
    return this.#assets.get(owner) ?? 0n;
  }

  /** vPHA of `owner`. */
  sharesOf(owner: Address): bigint {
    return this.#shares.get(owner) ?? 0n;
  }

  /** Open requests of `controller`, oldest first. */
  requestsOf(controller: Address): readonly OpenRequest[] {
    return [...(this.#requests.get(controller)?.values() ?? [])];
  }

  /** Forgets everything. */
  clear(): void {
    for (const each of [this.#assets, this.#shares, this.#requests]) each.clear();
  }

  /** Logs in the order of the chain. */
  record(logs: readonly RawLog[]): void {
    for (const log of logs) {
      if (log.address === this.#pha && log.topics[0] === TRANSFER) this.#transfer(this.#assets, log);
      else if (log.address === this.#vpha) this.#recordVault(log);
    }
  }

  #recordVault(log: RawLog): void {
    switch (log.topics[0]) {
      case TRANSFER:
        return this.#transfer(this.#shares, log);
      case REQUEST: {
        const id = hexToBigInt(topic(log, 3));
        this.#open(id).set(id, { id, shares: word(log.data, 1), assets: 0n, maturity: 0n });
        return;
      }
      case REQUESTED: {
        const id = hexToBigInt(topic(log, 1));
        const request = this.#open(id).get(id);
        if (request) this.#open(id).set(id, { ...request, assets: word(log.data, 0), maturity: word(log.data, 1) });
        return;
      }
      case CANCELLED: {
        const id = hexToBigInt(topic(log, 1));
        this.#open(id).delete(id);
        return;
      }
      case CLAIMED: {
        const id = hexToBigInt(topic(log, 1));
        const request = this.#open(id).get(id);
        if (request === undefined) return;
        const assets = request.assets - word(log.data, 0);
        if (assets === 0n) this.#open(id).delete(id);
        else this.#open(id).set(id, { ...request, assets, shares: request.shares - word(log.data, 1) });
      }
    }
  }

  #open(id: bigint): Map<bigint, OpenRequest> {
    const controller = controllerOf(id);
    let open = this.#requests.get(controller);
    if (open === undefined) this.#requests.set(controller, (open = new Map<bigint, OpenRequest>()));
    return open;
  }

  #transfer(balances: Map<Address, bigint>, log: RawLog): void {
    const amount = word(log.data, 0);
    const [from, to] = [account(log, 1), account(log, 2)];
    balances.set(from, (balances.get(from) ?? 0n) - amount);
    balances.set(to, (balances.get(to) ?? 0n) + amount);
  }
}

function lower(address: Address): Hex {
  const text = address.toLowerCase();
  return `0x${text.slice(2)}`;
}
