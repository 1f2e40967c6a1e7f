/** Carries out calls as one transaction of a Safe, signed by owners whose keys are here; anyone pays for it. */
import {
  type Account,
  type Address,
  type Hash,
  type Hex,
  type LocalAccount,
  type Transport,
  decodeErrorResult,
} from "viem";
import { revertData } from "../../scripts/attestation/refusal.ts";
import type { Call } from "../call.ts";
import * as abis from "../generated/abis.ts";
import { type SafeState, readSafe } from "../safe/account.ts";
import { confirmedHash, executionCall, safeTransaction, signatures } from "../safe/transaction.ts";
import { type ChainReader, type OnStep, accountExecutor, addressOf, chainReader, reason } from "./account.ts";
import type { Executor } from "./executor.ts";

/** Owners of a Safe that sign here. */
export interface SafeSigners {
  readonly owners: readonly LocalAccount[];
}

/** Whether a Safe signs, and not an account. */
export function isSafeSigners(governance: Account | Address | SafeSigners): governance is SafeSigners {
  return typeof governance === "object" && "owners" in governance;
}

export interface SafeExecutorOptions extends SafeSigners {
  readonly transport: Transport;
  readonly safe: Address;
  /** Sends the transaction; needs no right. */
  readonly payer: Account | Address;
  readonly chainId: number;
  /** The block whose state says what is to be sent: the Safe's nonce is that of this block, so that nothing goes out twice. */
  readonly blockNumber: bigint;
  readonly onStep?: OnStep | undefined;
}

/** What the Safe's own errors mean. */
const SAFE_ERRORS: Readonly<Record<string, string>> = {
  GS010: "there is too little gas",
  GS013: "the call was reverted",
  GS020: "there are fewer signatures than the Safe demands",
  GS025: "an owner has not approved this transaction",
  GS026: "a signature is not that of an owner for exactly this transaction, or they are not sorted by owner",
};

/** Signs and sends batches of one Safe. */
export interface SafeExecutor extends Executor {
  /** Sends all calls as one transaction. Returns its hash. */
  send(calls: readonly Call[]): Promise<Hash>;
}

export function safeExecutor(options: SafeExecutorOptions): SafeExecutor {
  const { transport, safe, owners, payer, chainId, blockNumber, onStep } = options;
  const reader = chainReader(transport);
  const sender = accountExecutor({ transport, account: payer, chainId, blockNumber, onStep });
  let nextNonce: bigint | undefined;

  const send = async (calls: readonly Call[]): Promise<Hash> => {
    const state = await readSafe(reader, safe, blockNumber);
    if (state === undefined) throw new Error(`there is no Safe at ${safe}`);
    const signers = signersOf(state, owners);
    const nonce = nextNonce ?? state.nonce;
    const transaction = safeTransaction(calls, nonce);
    const domain = { chainId, safe };
    await confirmedHash(reader, domain, transaction);
    const signed = await signatures(signers, domain, transaction);
    const execution = executionCall(safe, transaction, signed, batchDescription(calls));
    await refuseRevert(reader, addressOf(payer), execution, calls);
    const hash = await sender.send(execution);
    nextNonce = nonce + 1n;
    return hash;
  };

  return {
    send,
    async execute(calls) {
      if (calls.length !== 0) await send(calls);
    },
  };
}

/** As many of `accounts` as the Safe demands. Throws if one is no owner, or if there are too few. */
export function signersOf(
  { address, owners, threshold }: SafeState,
  accounts: readonly LocalAccount[],
): LocalAccount[] {
  const stranger = accounts.find((account) => !owners.includes(account.address));
  if (stranger !== undefined) throw new Error(`${stranger.address} is no owner of the Safe ${address}`);
  const signers = [...new Map(accounts.map((account) => [account.address, account])).values()];
  if (signers.length < threshold) {
    throw new Error(`the Safe ${address} needs the signatures of ${threshold} owners, but ${signers.length} sign here`);
  }
  return signers.slice(0, threshold);
}

function batchDescription(calls: readonly Call[]): string {
  const [first] = calls;
  return calls.length === 1 && first !== undefined ? first.description : `${calls.length} calls in one batch`;
}

/** Asks the chain what would happen, so that a refusal becomes words before anything is paid. */
async function refuseRevert(reader: ChainReader, account: Address, execution: Call, calls: readonly Call[]) {
  const { to, data } = execution;
  try {
    await reader.call({ account, to, data });
  } catch (error) {
    const refusal = revertText(revertData(error)) ?? reason(error);
    const list = calls.map(({ description }) => description).join("; ");
    throw new Error(`the Safe ${to} does not execute this batch: ${refusal} (${list})`, { cause: error });
  }
}

/** Every error that a call of the suite can come back with. */
const ERRORS = Object.values(abis)
  .flat()
  .filter((item) => item.type === "error");

/** The words for revert data; undefined if it says nothing. */
export function revertText(data: Hex | undefined): string | undefined {
  if (data === undefined || data === "0x") return undefined;
  let decoded: { readonly errorName: string; readonly args?: readonly unknown[] | undefined };
  try {
    decoded = decodeErrorResult({ abi: ERRORS, data });
  } catch {
    return `refused with ${data}`;
  }
  const { errorName, args = [] } = decoded;
  if (errorName === "Error") return SAFE_ERRORS[String(args[0])] ?? `refused with "${String(args[0])}"`;
  return `refused with ${errorName}(${args.map(String).join(", ")})`;
}
