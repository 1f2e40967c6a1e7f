/** A call of a contract, tried before the wallet is asked: what would fail is not sent, and has a reason. */
import { type Abi, type Address, type Hash, type Hex, BaseError, decodeFunctionData, getContractError } from "viem";
import type { Config } from "wagmi";
import { call, sendTransaction } from "wagmi/actions";
import type { Steps } from "./transaction.ts";

/** Who sends, and who is told how far it is. */
export interface Sender {
  readonly wagmi: Config;
  readonly chainId: number;
  readonly account: Address;
  readonly steps: Steps;
}

export interface Call {
  readonly to: Address;
  /** Of what is called, with the errors that it can fail with. */
  readonly abi: Abi;
  readonly data: Hex;
}

/** A transaction on its way. */
export interface Sent {
  readonly hash: Hash;
  /** Tries the same call as of a block. Throws what the contract refuses it with then. */
  readonly again: (blockNumber: bigint) => Promise<unknown>;
}

/** Tries the call, then has the wallet send it. `stage` is what the wallet is asked for. */
export async function send(sender: Sender, tried: Call, stage: "sign" | "approval" = "sign"): Promise<Sent> {
  const { wagmi, chainId, account, steps } = sender;
  const { to, abi, data } = tried;
  await attempt(sender, tried);
  steps.at(stage);
  try {
    const hash = await sendTransaction(wagmi, { account, chainId, to, data });
    return { hash, again: (blockNumber) => attempt(sender, tried, blockNumber) };
  } catch (error) {
    throw named(error, to, abi, data);
  }
}

/** Tries the call only: now, or as of a block. Throws what the contract refuses it with. */
export async function attempt(
  { wagmi, chainId, account }: Omit<Sender, "steps">,
  { to, abi, data }: Call,
  blockNumber?: bigint,
): Promise<Hex> {
  try {
    return (await call(wagmi, { account, chainId, to, data, blockNumber })).data ?? "0x";
  } catch (error) {
    throw named(error, to, abi, data);
  }
}

/** With the contract's error in it, where there is one. */
function named(error: unknown, address: Address, abi: Abi, data: Hex): unknown {
  if (!(error instanceof BaseError)) return error;
  const { functionName } = decodeFunctionData({ abi, data });
  return getContractError(error, { abi, address, functionName, args: [] });
}
