/** Why the contracts of workers and attestation refuse something: the sentences of the command line. */
import { BaseError, ContractFunctionRevertedError } from "viem";
import { COMPUTE_PHRASES } from "../../../scripts/compute/refusal.ts";
import { sentenceOf } from "../../../scripts/attestation/sentence.ts";
import { reasonOf } from "./reasons.ts";

/** With every error of these contracts: what calls are decoded by. */
export const COMPUTE_ERRORS = COMPUTE_PHRASES.abi;

/** As {@link reasonOf}, for what operators send. */
export function computeReasonOf(error: unknown): string {
  const reverted =
    error instanceof BaseError ? error.walk((each) => each instanceof ContractFunctionRevertedError) : null;
  if (!(reverted instanceof ContractFunctionRevertedError) || reverted.raw === undefined || reverted.raw === "0x") {
    return reasonOf(error);
  }
  try {
    return sentenceOf(COMPUTE_PHRASES, reverted.raw, "The contract").sentence;
  } catch {
    // An error of some other contract.
    return reasonOf(error);
  }
}
