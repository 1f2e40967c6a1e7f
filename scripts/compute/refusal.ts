/** Why the compute contracts refuse something: a sentence for each of their errors. */
import { type Abi, type ContractErrorName, isHex } from "viem";
import {
  emissionVaultAbi,
  slashingAbi,
  vphaAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "../../deploy/generated/abis.ts";
import { isoTime } from "../attestation/collateral.ts";
import { nameOf } from "../attestation/names.ts";
import { ATTESTATION_PHRASES, Refusal, refusalOf, revertData } from "../attestation/refusal.ts";
import { type Phrasebook, sentenceOf } from "../attestation/sentence.ts";
import { amountText } from "./amount.ts";
import { HEARTBEAT_RESULTS, PROPOSAL_STATES, WORKER_STATES, modelName } from "./calls.ts";

const COMPUTE_ERRORS = [...workerRegistryAbi, ...workerRewardsAbi, ...slashingAbi];
type ComputeError = ContractErrorName<typeof COMPUTE_ERRORS>;
type VphaError = ContractErrorName<typeof vphaAbi>;

/** What became of a heartbeat, in words. */
export const HEARTBEAT_TEXT: Record<(typeof HEARTBEAT_RESULTS)[number], string> = {
  Granted: "granted",
  BadSignature: "the signature is not that of the worker's key over this block, chain and contract",
  Stale: "the worker has a heartbeat of this block or a later one already",
  NotActive: "the worker is not Active: `worker status` says why",
  Expiring: "the worker's attestation ends within the next full hour: attest anew",
};

/** As {@link Phrasebook} has them. Every error of the three contracts has a sentence. */
const COMPUTE_SENTENCES = {
  AccessManagedInvalidAuthority: "{authority} cannot decide over this contract.",
  AccessManagedRequiredDelay: "{caller} has to announce this call, and to wait {delay} seconds.",
  AccessManagedUnauthorized: "{caller} has no right to this call: it is governance's.",
  InvalidShortString: "A name that is stored in one word is not valid.",
  PauseLog_InvalidPause: "A pause ends later than now and by {latest:time}, not at {until:time}.",
  PauseLog_PauseBudgetExceeded: "A pause of {requested} seconds: {left} seconds are left of those of 365 days.",
  PauseLog_PauseTooSoon: "The next pause can begin at {earliest:time}.",
  ReentrancyGuardReentrantCall: "The contract was called from within a call of its own.",
  SafeERC20FailedOperation: "The token {token} did not take the transfer.",
  Slashing_ExceedsClassCap: "{amount:amount} is more than {cap:amount}, what a fault of this class can cost.",
  Slashing_ExceedsWindowCap:
    "{amount:amount} is more than {left:amount}, what is left for slashes in the worker's window.",
  Slashing_FutureFault: "The fault is to have been at {faultAt:time}, which is not over yet.",
  Slashing_InvalidAccount: "{account} cannot be that account.",
  Slashing_InvalidBounty:
    "A bounty of {bounty:amount}: at most {max:amount} of this slash, and only with a reporter, who is not zero.",
  Slashing_InvalidLimits: "The windows and caps are not within their bounds.",
  Slashing_NotJudge: "{caller} is not the judge.",
  Slashing_NotOperator: "{caller} is not the worker's operator, {operator}.",
  Slashing_NotSlasher: "{caller} is not the slasher.",
  Slashing_NothingChanges: "It is so already.",
  Slashing_OldFault: "The fault was at {faultAt:time}; faults before {earliest:time} are too old.",
  Slashing_RebuttalClosed: "The time for a rebuttal ended at {rebuttalUntil:time}.",
  Slashing_TooEarly: "The slash can be executed from {executableAt:time} on.",
  Slashing_WrongState: "The proposal {id} is {state:proposal}.",
  Slashing_ZeroAmount: "A slash of nothing.",
  StringTooLong: "The name {str} is too long.",
  WorkerRegistry_AllReserved: "All that is left, {reserved:amount}, waits for open proposals of slashes.",
  WorkerRegistry_AlreadyRegistered:
    "{worker} was registered before; a worker that has left, or was removed, needs a new key.",
  WorkerRegistry_AttestationNotValid: "The attestation of {worker} does not hold (any more): attest by a newer block.",
  WorkerRegistry_ExceedsAtRisk: "{amount:amount} is more than {atRisk:amount}, what the fault can still take.",
  WorkerRegistry_ExceedsReserved: "{amount:amount} is more than {reserved:amount}, what is reserved.",
  WorkerRegistry_ExceedsSurplus:
    "{amount:amount} is more than {surplus:amount}, what is not required: the rest leaves by an exit.",
  WorkerRegistry_GpuHeld: "The GPU {gpuId} is held by {holder}, whose attestation is as new.",
  WorkerRegistry_InsufficientAllowance:
    "The registry may take {allowance:amount} of the payer; it needs {needed:amount}.",
  WorkerRegistry_InsufficientCollateral: "{collateral:amount} of collateral: the GPUs need {required:amount}.",
  WorkerRegistry_InvalidGpu: "The GPU {gpuId} is named twice, or zero.",
  WorkerRegistry_InvalidGpuCount: "A worker has 1 to 8 GPUs, not {count}.",
  WorkerRegistry_InvalidModel:
    "{model:model} with {collateral:amount} and a weight of {weight} is not within the bounds of a model.",
  WorkerRegistry_InvalidOperator: "{operator} cannot be the operator.",
  WorkerRegistry_InvalidSlashing: "{slashing} is no contract that could slash.",
  WorkerRegistry_NoWithdrawal: "{worker} has no withdrawal under way.",
  WorkerRegistry_NotConfirmedOff: "Governance has confirmed no switch of {worker}.",
  WorkerRegistry_NotLiable:
    "The worker leaves: it is liable for faults before its exit request, proposed by {latest:time}; this one was at {faultAt:time}.",
  WorkerRegistry_NotOperator: "{caller} is not the worker's operator, {operator}.",
  WorkerRegistry_NotPaused: "Registrations are not paused.",
  WorkerRegistry_NotProposedOperator: "{caller} is not the proposed operator, {proposed}.",
  WorkerRegistry_NotSlashing: "{caller} is not the slashing contract.",
  WorkerRegistry_NothingChanges: "It is so already.",
  WorkerRegistry_OperatorSwitchedOff: "The operator {operator} is switched off: its workers cannot be handed over.",
  WorkerRegistry_OtherOperator: "The attestation names {named} as the operator; the worker's is {operator} now.",
  WorkerRegistry_RegistrationsPaused: "Registrations are paused until {until:time}.",
  WorkerRegistry_Thawing: "The collateral thaws until {availableAt:time}.",
  WorkerRegistry_TooMuchCollateral: "{collateral:amount} would be more than a worker can hold.",
  WorkerRegistry_TooManyModels: "The catalog is full.",
  WorkerRegistry_UnknownModel: "The catalog does not list {model:model}.",
  WorkerRegistry_UnknownWorker: "{worker} was never registered.",
  WorkerRegistry_WithdrawalOpen:
    "A withdrawal of {amount:amount} is under way, which can be finished at {availableAt:time}: one at a time.",
  WorkerRegistry_WrongState: "{worker} is {state:worker}: this is not open to it.",
  WorkerRegistry_ZeroAmount: "The amount is zero.",
  WorkerRewards_InvalidBatch:
    "{workers} workers and {signatureBytes} bytes of signatures: at least one worker, and 64 bytes for each.",
  WorkerRewards_InvalidCeiling: "{ceiling} is not a ceiling from {min} to {max}.",
  WorkerRewards_NotOperator: "{caller} is not the operator of {worker}.",
  WorkerRewards_NothingChanges: "It is so already.",
  WorkerRewards_NothingGranted: "No lease: {result:heartbeat}.",
  WorkerRewards_NothingToClaim: "There is nothing to claim: rewards count when their hour is over.",
  WorkerRewards_UnknownBlock: "Block {blockNumber} is not among the last 256: sign a newer one.",
} as const satisfies Record<ComputeError, string>;

/** What vPHA adds where collateral is paid or rewards are deposited. */
const VPHA_SENTENCES = {
  ERC20InsufficientAllowance: "{spender} may take {allowance:amount} of the payer; it needs {needed:amount}.",
  ERC20InsufficientBalance: "{sender} has {balance:amount}; {needed:amount} are needed.",
  ERC20InvalidReceiver: "{receiver} cannot receive.",
  VPHA_DepositsPaused: "Deposits into vPHA are paused until {until:time}: the claim waits, and nothing is lost.",
} as const satisfies Partial<Record<VphaError, string>>;

const ERRORS: Abi = [...COMPUTE_ERRORS, ...ATTESTATION_PHRASES.abi, ...vphaAbi, ...emissionVaultAbi];

/** All that a call of the suite's workers can be refused with. */
export const COMPUTE_PHRASES: Phrasebook = {
  abi: ERRORS,
  sentences: { ...ATTESTATION_PHRASES.sentences, ...VPHA_SENTENCES, ...COMPUTE_SENTENCES },
  formats: {
    ...ATTESTATION_PHRASES.formats,
    amount: (value) => amountText(typeof value === "bigint" ? value : BigInt(String(value))),
    time: (value) => isoTime(Number(value)),
    worker: (value) => nameOf(WORKER_STATES, Number(value)),
    proposal: (value) => nameOf(PROPOSAL_STATES, Number(value)),
    heartbeat: (value) => HEARTBEAT_TEXT[nameOf(HEARTBEAT_RESULTS, Number(value))],
    model: (value) => (isHex(value) ? modelName(value) : String(value)),
  },
};

/**
 * What a failed call of the compute contracts was refused with; `failure` itself if it was no refusal by a contract.
 * @param what What was called, such as "register".
 */
export function computeRefusalOf(failure: unknown, what: string): unknown {
  if (failure instanceof Refusal) return failure;
  const data = revertData(failure);
  if (data === undefined || data === "0x") return refusalOf(failure, what);
  let said: { error: string; sentence: string };
  try {
    said = sentenceOf(COMPUTE_PHRASES, data, what);
  } catch {
    said = {
      error: "UnknownError",
      sentence: `${what}: refused with an error that this suite does not know (${data}).`,
    };
  }
  return new Refusal(said.error, said.sentence, { cause: failure });
}
