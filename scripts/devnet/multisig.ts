/** The devnet's multisig: a real Safe of five development accounts, three of which sign here. */
import type { Address, LocalAccount } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import type { Call } from "../../deploy/call.ts";
import { readSafe } from "../../deploy/safe/account.ts";
import { executionCall, safeTransaction, signatures } from "../../deploy/safe/transaction.ts";
import type { Order } from "./broadcast.ts";
import { chainClient, devAccounts } from "./chain.ts";

/** The owners' places among the development accounts: the first of them, and how many. */
export const FIRST_OWNER = 10;
export const OWNERS = 5;
/** How many of them have to sign. */
export const SIGNERS = 3;

/** As many owners as have to sign. */
export function signingOwners(): PrivateKeyAccount[] {
  return devAccounts(FIRST_OWNER, SIGNERS);
}

/** Writes the multisig's transactions, one after the other. */
export class Multisig {
  readonly #safe: Address;
  readonly #chainId: number;
  readonly #owners: readonly LocalAccount[];
  #nonce: bigint;

  private constructor(safe: Address, chainId: number, nonce: bigint, owners: readonly LocalAccount[]) {
    this.#safe = safe;
    this.#chainId = chainId;
    this.#nonce = nonce;
    this.#owners = owners;
  }

  /** The Safe at `safe`, as it is now: nobody else may use it from now on. `owners` are as many as have to sign. */
  static async connect(
    url: string,
    safe: Address,
    owners: readonly LocalAccount[] = signingOwners(),
  ): Promise<Multisig> {
    const client = chainClient(url);
    const state = await readSafe(client, safe, await client.getBlockNumber());
    if (state === undefined) throw new Error(`there is no Safe at ${safe}`);
    return new Multisig(safe, await client.getChainId(), state.nonce, owners);
  }

  get address(): Address {
    return this.#safe;
  }

  /** The order by which `payer` has the Safe make `calls`, signed. */
  async order(payer: LocalAccount, what: string, calls: readonly Pick<Call, "to" | "data">[]): Promise<Order> {
    const batch = calls.map((call) => ({ ...call, value: 0n }));
    const transaction = safeTransaction(batch, this.#nonce++);
    const signed = await signatures(this.#owners, { chainId: this.#chainId, safe: this.#safe }, transaction);
    const { to, data } = executionCall(this.#safe, transaction, signed, what);
    return { from: payer, to, data, what, gas: GAS };
  }
}

/** Enough for a batch of a few calls. */
const GAS = 2_000_000n;
