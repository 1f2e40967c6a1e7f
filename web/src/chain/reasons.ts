/** Why a transaction was not made or did not succeed, in words. */
import {
  BaseError,
  ContractFunctionRevertedError,
  HttpRequestError,
  TimeoutError,
  UserRejectedRequestError,
} from "viem";
import { formatAmount } from "../format/amount.ts";
import { formatDateTime } from "../format/time.ts";

type Arguments = readonly unknown[];

const amount = (value: unknown) => (typeof value === "bigint" ? formatAmount(value) : String(value));
const moment = (value: unknown) => (typeof value === "bigint" ? formatDateTime(value) : String(value));

/** Custom error → sentence. */
const SENTENCES: Readonly<Record<string, (args: Arguments) => string>> = {
  VPHA_ZeroShares: () => "The amount is too small: it would give no vPHA.",
  VPHA_DepositsPaused: ([until]) => `Deposits are paused until ${moment(until)}. Unstaking and claiming go on.`,
  VPHA_NotController: () => "This request belongs to another account, which has not made you its operator.",
  VPHA_UnknownRequest: () => "This request is closed already: it was claimed or cancelled.",
  VPHA_NotMatured: ([, maturity]) => `This request can be claimed from ${moment(maturity)} on.`,
  VPHA_Matured: ([, maturity]) => `This request matured on ${moment(maturity)}: claim it instead of cancelling.`,
  VPHA_InsufficientAllowance: ([, needed]) => `The vault may not take ${amount(needed)} PHA yet: approve it first.`,
  ERC20InsufficientBalance: ([, balance, needed]) => `You have ${amount(balance)}, and need ${amount(needed)}.`,
  ERC20InsufficientAllowance: ([, allowance, needed]) =>
    `${amount(needed)} are needed, ${amount(allowance)} are approved.`,
  ERC2612ExpiredSignature: () => "The signature has expired. Sign again.",
  AccessManagedUnauthorized: () => "Your account does not have the role for this.",
  VetoLock_NotScheduled: () => "This operation does not wait any more: it was executed, cancelled, or has expired.",
  VetoLock_NotVetoable: () => "Operations of this class cannot be vetoed.",
  VetoLock_StillScheduled: () => "The operation still waits: what is locked against it stays locked.",
  VetoLock_StillLocked: ([free]) => `What you have locked is free from ${moment(free)} on.`,
  VetoLock_NothingLocked: () => "You have locked nothing against this operation.",
  GovernorUnexpectedProposalState: () => "The vote on this proposal is not open.",
  GovernorAlreadyCastVote: () => "You have voted on this proposal.",
};

/** What happened, for the person who clicked. */
export function reasonOf(error: unknown): string {
  if (isRejection(error)) return "You declined it in the wallet. Nothing was sent.";
  if (!(error instanceof BaseError)) return messageOf(error);
  const reverted = refusalOf(error);
  if (reverted !== null) {
    const name = reverted.data?.errorName;
    if (name !== undefined) {
      const sentence = SENTENCES[name];
      return sentence?.(reverted.data?.args ?? []) ?? `The contract refused: ${name}.`;
    }
    return reverted.reason === undefined
      ? "The contract refused without a reason."
      : `The contract refused: ${reverted.reason}`;
  }
  if (isUnanswered(error)) {
    return "The chain's node does not answer. Check your connection and try again.";
  }
  if (/insufficient funds/i.test(error.message)) return "Your account cannot pay the gas.";
  return error.shortMessage;
}

/** What the contract refused the call with; null if the error is no contract's. */
export function refusalOf(error: unknown): ContractFunctionRevertedError | null {
  if (!(error instanceof BaseError)) return null;
  const reverted = error.walk((each) => each instanceof ContractFunctionRevertedError);
  if (!(reverted instanceof ContractFunctionRevertedError)) return null;
  // viem takes every internal error of a node (-32603) for one: it has neither data nor speaks of a revert.
  const { data, raw, signature, reason } = reverted;
  const isContracts = data !== undefined || raw !== undefined || signature !== undefined;
  return isContracts || reason === undefined || /revert/i.test(reason) ? reverted : null;
}

/** Wallets throw plain objects, too. */
function messageOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "message" in error) return String(error.message);
  return String(error);
}

/** Whether the node did not answer: of what was asked, nothing is known. */
function isUnanswered(error: unknown): boolean {
  const isSilence = (each: unknown) => each instanceof HttpRequestError || each instanceof TimeoutError;
  return error instanceof BaseError && error.walk(isSilence) !== null;
}

/** Whether the person declined, as opposed to something that failed. */
export function isRejection(error: unknown): boolean {
  if (error instanceof BaseError) return error.walk((each) => each instanceof UserRejectedRequestError) !== null;
  return typeof error === "object" && error !== null && "code" in error && error.code === 4001;
}
