/** What operators do with a worker: register, look, claim, leave, move its collateral. */
import { type Address, type Hex, decodeFunctionResult, encodeFunctionData, parseEventLogs } from "viem";
import { addressOf, chainReader } from "../../deploy/executors/account.ts";
import { workerRegistryAbi, workerRewardsAbi } from "../../deploy/generated/abis.ts";
import { isoTime } from "../attestation/collateral.ts";
import { nameOf } from "../attestation/names.ts";
import type { Quote } from "../attestation/quote.ts";
import { invalidInput } from "../attestation/refusal.ts";
import { boundKey } from "../attestation/submit.ts";
import { approval, attestStep, isShortEnough, requiredCollateral } from "./attest.ts";
import { LAPSES, WEIGHT_UNIT, WORKER_STATES, type WorkerSubject, modelName, subjectHash } from "./calls.ts";
import { type Actor, type Performed, afterBlock, perform, plain, simulate } from "./perform.ts";

const HOUR = 3_600;

/** A worker as both contracts have it. Amounts in wei, times in ISO 8601. */
export interface WorkerStatus {
  readonly worker: Address;
  readonly operator: Address;
  readonly proposedOperator: Address | null;
  readonly state: (typeof WORKER_STATES)[number];
  readonly lapse: (typeof LAPSES)[number];
  readonly model: string | null;
  readonly gpus: number;
  /** In units of one H100. */
  readonly weight: number;
  readonly attestedBlock: number;
  readonly validUntil: string | null;
  readonly leaseEnd: string | null;
  readonly heartbeatBlock: number;
  readonly collateral: bigint;
  readonly required: bigint;
  readonly thawing: bigint;
  readonly withdrawableAt: string | null;
  readonly reserved: bigint;
  readonly exitAt: string | null;
  readonly rewards: bigint;
}

const time = (at: number): string | null => (at === 0 ? null : isoTime(at));

/** Reads all of a worker at one block. */
export async function workerStatus(
  transport: Actor["transport"],
  at: { readonly registry: Address; readonly rewards: Address },
  worker: Address,
): Promise<WorkerStatus> {
  const reader = chainReader(transport);
  const blockNumber = await reader.getBlockNumber();
  const registry = { address: at.registry, abi: workerRegistryAbi, args: [worker], blockNumber } as const;
  const rewards = { address: at.rewards, abi: workerRewardsAbi, args: [worker], blockNumber } as const;
  const [view, [state, lapse], lease, earned] = await Promise.all([
    reader.readContract({ ...registry, functionName: "workerOf" }),
    reader.readContract({ ...rewards, functionName: "stateOf" }),
    reader.readContract({ ...rewards, functionName: "leaseOf" }),
    reader.readContract({ ...rewards, functionName: "rewardsOf" }),
  ]);
  return {
    worker,
    operator: view.operator,
    proposedOperator: BigInt(view.proposedOperator) === 0n ? null : view.proposedOperator,
    state: nameOf(WORKER_STATES, state),
    lapse: nameOf(LAPSES, lapse),
    model: BigInt(view.model) === 0n ? null : modelName(view.model),
    gpus: view.gpuCount,
    weight: view.weight / WEIGHT_UNIT,
    attestedBlock: view.attestedBlock,
    validUntil: time(view.validUntil),
    leaseEnd: time(lease.end * HOUR),
    heartbeatBlock: lease.blockNumber,
    collateral: view.collateral,
    required: view.required,
    thawing: view.thawing,
    withdrawableAt: time(view.withdrawableAt),
    reserved: view.reserved,
    exitAt: time(view.exitAt),
    rewards: earned,
  };
}

/** What came of a registration. */
export interface Registration extends Performed {
  readonly worker: Address;
  readonly action: "register" | "reattest";
  readonly form: "full" | "short";
  readonly collateral: bigint;
}

/** Registers the worker whose quote this is, or attests it anew if it is registered. @throws Refusal */
export async function registerWorker(
  actor: Actor,
  of: {
    readonly registry: Address;
    readonly subject: WorkerSubject;
    readonly quote: Quote;
    readonly blockNumber: bigint;
    /** Wei of vPHA; what the catalog asks for unless it is given. */
    readonly collateral: bigint | undefined;
  },
): Promise<Registration> {
  const { registry, subject, quote, blockNumber } = of;
  const reader = chainReader(actor.transport);
  const read = { address: registry, abi: workerRegistryAbi } as const;
  const [attestation, vpha] = await Promise.all([
    reader.readContract({ ...read, functionName: "attestation" }),
    reader.readContract({ ...read, functionName: "vpha" }),
  ]);
  const worker = await boundKey(reader, {
    registry: attestation,
    subject: subjectHash(subject),
    quote,
    blockNumber,
  });
  const { state } = await reader.readContract({ ...read, functionName: "workerOf", args: [worker] });
  const action = nameOf(WORKER_STATES, state) === "None" ? "register" : "reattest";
  const isNew = action === "register";
  const collateral = isNew ? (of.collateral ?? (await requiredCollateral(reader, registry, subject))) : 0n;
  const payer = addressOf(actor.account);
  const before = isNew ? await approval(reader, { vpha, registry, payer }, collateral) : [];
  const showing = { registry, action, subject, quote, blockNumber, collateral } as const;
  const { isKnown, performed } = await afterBlock(actor.transport, blockNumber, async () => {
    const stepsOf = (known: boolean) => [...before, attestStep(showing, known)];
    const known = await isShortEnough(reader, attestation, quote, (short) => simulate(actor, stepsOf(short)));
    return { isKnown: known, performed: await perform(actor, stepsOf(known)) };
  });
  return { ...plain(performed), worker, action, form: isKnown ? "short" : "full", collateral };
}

/** Claims what workers have earned. Amounts in wei of PHA and vPHA. @throws Refusal */
export async function claimRewards(
  actor: Actor,
  rewards: Address,
  workers: readonly Address[],
  receiver: Address = addressOf(actor.account),
): Promise<Performed & { readonly receiver: Address; readonly assets: bigint; readonly shares: bigint }> {
  const data = encodeFunctionData({ abi: workerRewardsAbi, functionName: "claim", args: [workers, receiver] });
  const done = await perform(actor, [{ to: rewards, data, what: "claim" }]);
  if (done.receipt === null) {
    const [assets, shares] = decodeFunctionResult({
      abi: workerRewardsAbi,
      functionName: "claim",
      data: done.returned,
    });
    return { ...plain(done), receiver, assets, shares };
  }
  const [paid] = parseEventLogs({ abi: workerRewardsAbi, eventName: "RewardsPaid", logs: done.receipt.logs });
  if (paid === undefined) throw new Error("claim: no payment in the receipt");
  return { ...plain(done), receiver, assets: paid.args.assets, shares: paid.args.shares };
}

const callOf = (registry: Address, what: string, data: Hex) => [{ to: registry, data, what }];

/** Requests the exit; pays out where it was requested before. @throws Refusal, also while the collateral thaws. */
export async function exitWorker(
  actor: Actor,
  registry: Address,
  worker: Address,
  receiver: Address = addressOf(actor.account),
): Promise<
  Performed & { readonly action: "requestExit" | "finishExit"; readonly exitAt: string | null; readonly paid: bigint }
> {
  const reader = chainReader(actor.transport);
  const viewOf = () =>
    reader.readContract({ address: registry, abi: workerRegistryAbi, functionName: "workerOf", args: [worker] });
  const state = nameOf(WORKER_STATES, (await viewOf()).state);
  if (state !== "Exiting" && state !== "Removed") {
    const data = encodeFunctionData({ abi: workerRegistryAbi, functionName: "requestExit", args: [worker] });
    const done = await perform(actor, callOf(registry, "requestExit", data));
    return { ...plain(done), action: "requestExit", exitAt: time((await viewOf()).exitAt), paid: 0n };
  }
  const data = encodeFunctionData({ abi: workerRegistryAbi, functionName: "finishExit", args: [worker, receiver] });
  const done = await perform(actor, callOf(registry, "finishExit", data));
  const paid = decodeFunctionResult({ abi: workerRegistryAbi, functionName: "finishExit", data: done.returned });
  return { ...plain(done), action: "finishExit", exitAt: time((await viewOf()).exitAt), paid };
}

/** Adds collateral, with an approval if one is needed. @throws Refusal */
export async function addCollateral(
  actor: Actor,
  registry: Address,
  worker: Address,
  amount: bigint,
): Promise<Performed & { readonly amount: bigint }> {
  const reader = chainReader(actor.transport);
  const vpha = await reader.readContract({ address: registry, abi: workerRegistryAbi, functionName: "vpha" });
  const before = await approval(reader, { vpha, registry, payer: addressOf(actor.account) }, amount);
  const args = [worker, amount] as const;
  const data = encodeFunctionData({ abi: workerRegistryAbi, functionName: "addCollateral", args });
  return { ...plain(await perform(actor, [...before, ...callOf(registry, "addCollateral", data)])), amount };
}

/** Starts a withdrawal of `amount`; without one, pays out the withdrawal that is open. @throws Refusal */
export async function withdrawCollateral(
  actor: Actor,
  registry: Address,
  worker: Address,
  options: {
    readonly amount?: bigint | undefined;
    readonly isCancelled?: boolean;
    readonly receiver?: Address | undefined;
  },
): Promise<Performed & { readonly action: "withdraw" | "cancelWithdrawal" | "finishWithdrawal" }> {
  const { amount, isCancelled = false, receiver = addressOf(actor.account) } = options;
  if (amount !== undefined && isCancelled) throw invalidInput("--amount and --cancel exclude each other.");
  const abi = workerRegistryAbi;
  const [action, data] = isCancelled
    ? (["cancelWithdrawal", encodeFunctionData({ abi, functionName: "cancelWithdrawal", args: [worker] })] as const)
    : amount === undefined
      ? ([
          "finishWithdrawal",
          encodeFunctionData({ abi, functionName: "finishWithdrawal", args: [worker, receiver] }),
        ] as const)
      : (["withdraw", encodeFunctionData({ abi, functionName: "withdraw", args: [worker, amount] })] as const);
  return { ...plain(await perform(actor, callOf(registry, action, data))), action };
}
