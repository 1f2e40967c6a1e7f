/** What a worker is by what is known of it, and what it adds to the network. */

/** Second in which nothing ever happens: later than all. */
export const NEVER = 2n ** 62n;

/** 21 days: from a request to its payment. */
export const THAW = 21n * 86_400n;
/** 6 hours: how long who got a GPU from another worker gets no lease. */
export const GPU_MOVE = 6n * 3_600n;
/** 7 days: how long after its request what thaws is liable for earlier faults. */
export const DISCOVERY = 7n * 86_400n;

export type WorkerState = "active" | "lapsed" | "exiting" | "exited" | "removed";
export type Lapse = "gpu_taken" | "collateral" | "attestation" | "heartbeat" | "gpu_moved";

/** What decides of the state. */
export interface Standing {
  /** As it was before: `active` and `lapsed` are one. */
  readonly state: WorkerState;
  readonly hasLostGpu: boolean;
  readonly isShort: boolean;
  readonly isAttested: boolean;
  readonly gpuMovedUntil: bigint;
  readonly leaseEnd: bigint;
}

/** Whether the worker has neither left nor been removed. */
export function isStaying({ state }: Pick<Standing, "state">): boolean {
  return state === "active" || state === "lapsed";
}

/** State and lapse at `timestamp`, as `stateOf` of WorkerRewards: the first reason that holds. */
export function judge(worker: Standing, timestamp: bigint): { state: WorkerState; lapse: Lapse | null } {
  if (!isStaying(worker)) return { state: worker.state, lapse: null };
  const lapse = worker.hasLostGpu
    ? "gpu_taken"
    : worker.isShort
      ? "collateral"
      : !worker.isAttested
        ? "attestation"
        : timestamp < worker.gpuMovedUntil
          ? "gpu_moved"
          : worker.leaseEnd <= timestamp
            ? "heartbeat"
            : null;
  return { state: lapse === null ? "active" : "lapsed", lapse };
}

/** Whether what is not on its way out is less than what is needed. */
export function isShort(worker: { collateral: bigint; pendingWithdrawal: bigint; required: bigint }): boolean {
  return worker.collateral - worker.pendingWithdrawal < worker.required;
}

/** As `worker` in the schema. */
export interface Holder {
  readonly state: WorkerState;
  readonly isAttested: boolean;
  readonly gpuCount: number;
  readonly weight: number;
  readonly collateral: bigint;
  readonly required: bigint;
  readonly pendingWithdrawal: bigint;
  readonly reserved: bigint;
}

/** What a worker adds to the network's sums. */
export function contributionOf(worker: Holder | null) {
  const is = (state: WorkerState) => (worker?.state === state ? 1 : 0);
  const active = is("active");
  const attested = worker !== null && isStaying(worker) && worker.isAttested ? 1 : 0;
  return {
    workers: worker === null ? 0 : 1,
    active,
    lapsed: is("lapsed"),
    exiting: is("exiting"),
    exited: is("exited"),
    removed: is("removed"),
    attested,
    attestedGpus: attested * (worker?.gpuCount ?? 0),
    activeGpus: active * (worker?.gpuCount ?? 0),
    activeWeight: active * (worker?.weight ?? 0),
    collateral: worker?.collateral ?? 0n,
    required: worker !== null && isStaying(worker) ? worker.required : 0n,
    pendingWithdrawals: worker?.pendingWithdrawal ?? 0n,
    reserved: worker?.reserved ?? 0n,
  };
}

type Contribution = ReturnType<typeof contributionOf>;

/** Sums over workers once one of them adds `to` instead of `from`. */
export function sumsAfter(sums: Contribution, from: Contribution, to: Contribution): Contribution {
  return {
    workers: sums.workers + to.workers - from.workers,
    active: sums.active + to.active - from.active,
    lapsed: sums.lapsed + to.lapsed - from.lapsed,
    exiting: sums.exiting + to.exiting - from.exiting,
    exited: sums.exited + to.exited - from.exited,
    removed: sums.removed + to.removed - from.removed,
    attested: sums.attested + to.attested - from.attested,
    attestedGpus: sums.attestedGpus + to.attestedGpus - from.attestedGpus,
    activeGpus: sums.activeGpus + to.activeGpus - from.activeGpus,
    activeWeight: sums.activeWeight + to.activeWeight - from.activeWeight,
    collateral: sums.collateral + to.collateral - from.collateral,
    required: sums.required + to.required - from.required,
    pendingWithdrawals: sums.pendingWithdrawals + to.pendingWithdrawals - from.pendingWithdrawals,
    reserved: sums.reserved + to.reserved - from.reserved,
  };
}

/** What was at risk for a fault at `faultAt` when a proposal at `now` reserved `amount`: `atRisk` of the registry, with the amount. */
export function atRiskBefore(
  worker: { collateral: bigint; pendingWithdrawal: bigint; withdrawableAt: bigint; reserved: bigint },
  { amount, faultAt, now }: { amount: bigint; faultAt: bigint; now: bigint },
): bigint {
  const start = worker.withdrawableAt - THAW;
  const isLiable = faultAt <= start && now <= start + DISCOVERY;
  const out = worker.reserved + amount + (worker.pendingWithdrawal !== 0n && !isLiable ? worker.pendingWithdrawal : 0n);
  return (out < worker.collateral ? worker.collateral - out : 0n) + amount;
}
