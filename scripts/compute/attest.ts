/** Registers a worker or attests it anew: the calls, and what they need. */
import { type Address, encodeFunctionData, erc20Abi } from "viem";
import type { ChainReader } from "../../deploy/executors/account.ts";
import { attestationRegistryAbi, workerRegistryAbi } from "../../deploy/generated/abis.ts";
import { quoteArguments } from "../attestation/calls.ts";
import type { Quote } from "../attestation/quote.ts";
import { Refusal } from "../attestation/refusal.ts";
import { needsFull } from "../attestation/submit.ts";
import { amountText } from "./amount.ts";
import { type WorkerSubject, modelName } from "./calls.ts";
import type { Step } from "./perform.ts";

/** An attestation to be shown to a worker registry. */
export interface Showing {
  readonly registry: Address;
  readonly action: "register" | "reattest";
  readonly subject: WorkerSubject;
  readonly quote: Quote;
  readonly blockNumber: bigint;
  /** Wei of vPHA; for `register`. */
  readonly collateral: bigint;
}

/** The call, with the quote whole or without what a known platform has shown before. */
export function attestStep(showing: Showing, isKnown: boolean): Step {
  const { registry, action, subject, quote, blockNumber, collateral } = showing;
  const [signedData, signatureData] = quoteArguments(quote, { isKnown });
  const shown = { blockNumber: Number(blockNumber), signedData, signatureData };
  const data =
    action === "register"
      ? encodeFunctionData({ abi: workerRegistryAbi, functionName: action, args: [subject, shown, collateral] })
      : encodeFunctionData({ abi: workerRegistryAbi, functionName: action, args: [subject, shown] });
  return { to: registry, data, what: action };
}

/**
 * Whether the short form of the quote will do.
 * @param attempt Tries the call. @throws what `attempt` is refused with, unless the full form mends it.
 */
export async function isShortEnough(
  reader: ChainReader,
  attestation: Address,
  quote: Quote,
  attempt: (isKnown: boolean) => Promise<unknown>,
): Promise<boolean> {
  const verifier = await reader.readContract({
    address: attestation,
    abi: attestationRegistryAbi,
    functionName: "verifier",
  });
  if (await needsFull(reader, verifier, quote)) return false;
  try {
    await attempt(true);
    return true;
  } catch (refusal) {
    if (refusal instanceof Refusal && refusal.error === "TdxVerifier_OutdatedPlatform") return false;
    throw refusal;
  }
}

/** Wei of vPHA that the catalog asks for the subject's GPUs today. */
export async function requiredCollateral(
  reader: ChainReader,
  registry: Address,
  { model, gpuIds }: Pick<WorkerSubject, "model" | "gpuIds">,
): Promise<bigint> {
  const { isListed, collateral } = await reader.readContract({
    address: registry,
    abi: workerRegistryAbi,
    functionName: "modelOf",
    args: [model],
  });
  if (isListed) return collateral * BigInt(gpuIds.length);
  throw new Refusal("WorkerRegistry_UnknownModel", `The catalog does not list ${modelName(model)}.`);
}

/** What lets the registry take `amount` of the payer: nothing, or an approval of exactly that. @throws Refusal if the payer has less. */
export async function approval(
  reader: ChainReader,
  at: { readonly vpha: Address; readonly registry: Address; readonly payer: Address },
  amount: bigint,
): Promise<Step[]> {
  const { vpha, registry, payer } = at;
  const token = { address: vpha, abi: erc20Abi } as const;
  const [balance, allowance] = await Promise.all([
    reader.readContract({ ...token, functionName: "balanceOf", args: [payer] }),
    reader.readContract({ ...token, functionName: "allowance", args: [payer, registry] }),
  ]);
  if (balance < amount) {
    throw new Refusal(
      "ERC20InsufficientBalance",
      `The payer ${payer} has ${amountText(balance)}; ${amountText(amount)} of collateral are needed.`,
    );
  }
  if (allowance >= amount) return [];
  const data = encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [registry, amount] });
  return [{ to: vpha, data, what: "approve" }];
}
