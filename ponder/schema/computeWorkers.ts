/** Workers: what each is, what it has posted, its GPUs, and everything that happened to it. Conventions: `compute.ts`. */
import { index, onchainEnum, onchainTable, primaryKey, relations } from "ponder";
import { attestedKey } from "./attestation.ts";
import { gpuModel } from "./compute.ts";
import { operator, operatorDay } from "./computeOperators.ts";
import { rewardsClaim } from "./computeRewards.ts";
import { slashProposal, slashWindow } from "./computeSlashing.ts";

/** As `stateOf` of WorkerRewards. `active` and `lapsed` workers stay; `exited` and `removed` are final. */
export const workerState = onchainEnum("worker_state", ["active", "lapsed", "exiting", "exited", "removed"]);

/**
 * Why a worker is lapsed; the first that holds, `gpu_moved` before `heartbeat`. In the order of the contract's numbers, from 1.
 * `gpu_moved`: it named a GPU that was another worker's before, whose lease may still run.
 */
export const lapse = onchainEnum("lapse", ["gpu_taken", "collateral", "attestation", "heartbeat", "gpu_moved"]);

/** Every worker that ever registered, as it is now. */
export const worker = onchainTable(
  "worker",
  (t) => ({
    /** The address of the key that its confidential VM holds. */
    worker: t.hex().primaryKey(),
    /** Who may claim and leave, and who may take that over; null if nobody. */
    operator: t.hex().notNull(),
    proposedOperator: t.hex(),
    state: workerState().notNull(),
    /** Null unless it is lapsed. */
    lapse: lapse(),
    /** Since when state and lapse are what they are. */
    stateSince: t.bigint().notNull(),
    /** What a worker that stays can be lapsed by: a GPU taken, too little collateral, no attestation that holds. */
    hasLostGpu: t.boolean().notNull(),
    isShort: t.boolean().notNull(),
    isAttested: t.boolean().notNull(),
    /** Or by a GPU that was another worker's before: until then it gets no lease. 0 if it never had one. */
    gpuMovedUntil: t.bigint().notNull(),

    // As its latest attestation said, by the catalog of then.
    model: t.hex().notNull(),
    gpuCount: t.integer().notNull(),
    gpuIds: t.hex().array().notNull(),
    evidenceHash: t.hex().notNull(),
    /** Of all its GPUs. */
    weight: t.integer().notNull(),
    /** vPHA that its GPUs need. */
    required: t.bigint().notNull(),
    /** The block that the quote names. */
    attestedBlock: t.bigint().notNull(),
    /** The full hour with which the attestation ends; whether it holds is in `workerStandings`. */
    validUntil: t.bigint().notNull(),
    /** The attestation registry's epoch in which it was judged last: while that stays, it holds. */
    stampedEpoch: t.bigint().notNull(),
    attestedAt: t.bigint().notNull(),
    attestations: t.integer().notNull(),

    // Collateral, in vPHA.
    collateral: t.bigint().notNull(),
    /** On its way out by `withdraw`, and from when on it is paid; 0 if nothing is. */
    pendingWithdrawal: t.bigint().notNull(),
    withdrawableAt: t.bigint().notNull(),
    /** Held by open slashes. It can overlap with what is on its way out. */
    reserved: t.bigint().notNull(),
    /** From when on all of it is paid; 0 while the worker stays, and once all is paid. */
    exitAt: t.bigint().notNull(),
    paidCumulative: t.bigint().notNull(),
    slashedCumulative: t.bigint().notNull(),

    // The lease: `leaseWeight` counts in the hours from `leaseFrom` until `leaseEnd`; both 0 before the first.
    /** Hours before it are in `accrued` already; a claim moves it. */
    leaseFrom: t.bigint().notNull(),
    leaseEnd: t.bigint().notNull(),
    leaseWeight: t.integer().notNull(),
    /** Weight in the hour before `leaseFrom`, where it had another one then; 0 otherwise. */
    carryWeight: t.integer().notNull(),
    heartbeats: t.integer().notNull(),
    /** When the last one was granted; null before the first. */
    lastHeartbeatAt: t.bigint(),

    // Rewards, in PHA. What it can claim now is in `workerStandings`.
    /** Earned before `leaseFrom` (and before the carried hour), and not claimed. */
    accrued: t.bigint().notNull(),
    claimedCumulative: t.bigint().notNull(),
    /** Of what it earned, claimed or not: what `operators.earnedCumulative` has of it. */
    creditedCumulative: t.bigint().notNull(),
    lastClaimedAt: t.bigint(),
    /** Hours up before `leaseFrom`, without the carried one. */
    settledHoursCumulative: t.integer().notNull(),
    /** As of the end of the last day: PHA earned (claimed or not), PHA claimed, hours up. */
    dayEarnedCumulative: t.bigint().notNull(),
    dayClaimedCumulative: t.bigint().notNull(),
    dayHoursCumulative: t.integer().notNull(),

    registeredAt: t.bigint().notNull(),
    registeredBlock: t.bigint().notNull(),
    transaction: t.hex().notNull(),
    /** When anything but its heartbeats last changed. */
    updatedAt: t.bigint().notNull(),
  }),
  (table) => ({
    byOperator: index().on(table.operator),
    byState: index().on(table.state, table.lapse),
    byModel: index().on(table.model),
    byWeight: index().on(table.weight),
    byLeaseEnd: index().on(table.leaseEnd),
    byValidUntil: index().on(table.validUntil),
    byGpuMovedUntil: index().on(table.gpuMovedUntil),
  }),
);

/**
 * - `registered`, `attested`; `operator_proposed`, `operator_changed`: `account` is the proposed or new one.
 * - `attestation_ended`: for `attestation`; `attestation_restored`: it holds again, without a new one.
 * - `gpu_taken`: `gpu`, by the worker `account`. `gpu_move_ended`: a GPU that was another's keeps it from a lease no longer; only where
 *   nothing else did.
 * - `collateral_added` by `account`; `withdrawal_requested`, `withdrawal_cancelled`; `withdrawn` to `account`.
 * - `collateral_reserved`, `collateral_released`, `slashed`: by a slash.
 * - `lease_granted`: its weight counts from now on, or anew; heartbeats that only prolong a lease are counted in `workers.heartbeats`.
 *   `lease_ended`: the lease ran out.
 * - `exit_requested`, `exit_paid` to `account`, `removed`.
 */
export const workerEventKind = onchainEnum("worker_event_kind", [
  "registered",
  "attested",
  "restamped",
  "attestation_ended",
  "attestation_restored",
  "gpu_taken",
  "gpu_move_ended",
  "collateral_added",
  "withdrawal_requested",
  "withdrawal_cancelled",
  "withdrawn",
  "collateral_reserved",
  "collateral_released",
  "slashed",
  "operator_proposed",
  "operator_changed",
  "lease_granted",
  "lease_ended",
  "exit_requested",
  "exit_paid",
  "removed",
]);

/**
 * Why an attestation does not hold: its hour is over (`expired`); as `attestedKeyStates.state`; its operator is switched off; or the key
 * attested to something that the registry of workers has not been shown (`superseded`), which counts from the next decision on.
 */
export const attestationEnd = onchainEnum("attestation_end", [
  "expired",
  "switched_off",
  "below_floor",
  "revoked",
  "operator_switched_off",
  "superseded",
]);

/** Everything that happened to each worker, in order, with the state after it. Columns that a kind has no use for are null. */
export const workerEvent = onchainTable(
  "worker_event",
  (t) => ({
    id: t.text().primaryKey(),
    worker: t.hex().notNull(),
    kind: workerEventKind().notNull(),
    state: workerState().notNull(),
    lapse: lapse(),
    /** Whether state or lapse changed with it: these rows alone are the history of states. */
    isTransition: t.boolean().notNull(),
    /** vPHA that it is about. */
    amount: t.bigint(),
    account: t.hex(),
    gpu: t.hex(),
    attestation: attestationEnd(),
    /** Of the lease, or as attested. */
    weight: t.integer(),
    /** When the lease or the attestation ends, or the payment is open. */
    until: t.bigint(),
    /** Null where time alone did it; `timestamp` is exact all the same. */
    block: t.bigint(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex(),
  }),
  (table) => ({
    byWorker: index().on(table.worker, table.id),
    byTransition: index().on(table.worker, table.isTransition, table.id),
    byKind: index().on(table.kind, table.id),
    byTime: index().on(table.timestamp),
  }),
);

/**
 * A worker's days: every one from its registration on while it stays, and later ones in which it still earned or claimed. PHA in wei.
 */
export const workerDay = onchainTable(
  "worker_day",
  (t) => ({
    worker: t.hex().notNull(),
    start: t.bigint().notNull(),
    end: t.bigint().notNull(),
    /** At `end`. */
    state: workerState().notNull(),
    lapse: lapse(),
    /** Full hours of the day that its leases covered, 0 to 24. */
    hoursUp: t.integer().notNull(),
    /** Earned by these hours, and claimed in the day. */
    earned: t.bigint().notNull(),
    claimed: t.bigint().notNull(),
    /** From the beginning until `end`; earned − claimed is what `rewardsOf` of the contract says at `end`. */
    hoursUpCumulative: t.integer().notNull(),
    earnedCumulative: t.bigint().notNull(),
    claimedCumulative: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.worker, table.start] }), byStart: index().on(table.start) }),
);

/** Every GPU that a worker ever named. */
export const gpu = onchainTable(
  "gpu",
  (t) => ({
    /** Hash of its device identity. */
    id: t.hex().primaryKey(),
    /** The worker that named it last, whether it still holds it, and since when that is so. */
    worker: t.hex().notNull(),
    isHeld: t.boolean().notNull(),
    since: t.bigint().notNull(),
    model: t.hex().notNull(),
    /** The block of the attestation that names it. */
    attestedBlock: t.bigint().notNull(),
    firstSeenAt: t.bigint().notNull(),
  }),
  (table) => ({ byWorker: index().on(table.worker), byModel: index().on(table.model, table.isHeld) }),
);

/** `named`: free before. `taken`: from `former`, which held it. `released`: not named any more, or its worker leaves. */
export const gpuEventKind = onchainEnum("gpu_event_kind", ["named", "taken", "released"]);

/** Every change of a GPU's holder. */
export const gpuEvent = onchainTable(
  "gpu_event",
  (t) => ({
    id: t.text().primaryKey(),
    gpu: t.hex().notNull(),
    kind: gpuEventKind().notNull(),
    /** Who has it from now on; for `released`, who had it. */
    worker: t.hex().notNull(),
    /** Null unless it was `taken`. */
    former: t.hex(),
    model: t.hex().notNull(),
    block: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ byGpu: index().on(table.gpu, table.id), byWorker: index().on(table.worker, table.id) }),
);

// RELATIONS -----------------------------------------------------------------------------------------------------------

export const workerRelations = relations(worker, ({ one, many }) => ({
  operatorRow: one(operator, { fields: [worker.operator], references: [operator.operator] }),
  modelRow: one(gpuModel, { fields: [worker.model], references: [gpuModel.model] }),
  attestedKey: one(attestedKey, { fields: [worker.worker], references: [attestedKey.key] }),
  windows: many(slashWindow),
  gpus: many(gpu),
  days: many(workerDay),
  events: many(workerEvent),
  claims: many(rewardsClaim),
  slashes: many(slashProposal),
}));

export const workerEventRelations = relations(workerEvent, ({ one }) => ({
  workerRow: one(worker, { fields: [workerEvent.worker], references: [worker.worker] }),
}));

export const workerDayRelations = relations(workerDay, ({ one }) => ({
  workerRow: one(worker, { fields: [workerDay.worker], references: [worker.worker] }),
}));

export const gpuRelations = relations(gpu, ({ one, many }) => ({
  workerRow: one(worker, { fields: [gpu.worker], references: [worker.worker] }),
  events: many(gpuEvent),
}));

export const gpuEventRelations = relations(gpuEvent, ({ one }) => ({
  gpuRow: one(gpu, { fields: [gpuEvent.gpu], references: [gpu.id] }),
}));

export const rewardsClaimRelations = relations(rewardsClaim, ({ one }) => ({
  workerRow: one(worker, { fields: [rewardsClaim.worker], references: [worker.worker] }),
}));

export const slashProposalRelations = relations(slashProposal, ({ one }) => ({
  workerRow: one(worker, { fields: [slashProposal.worker], references: [worker.worker] }),
}));

export const slashWindowRelations = relations(slashWindow, ({ one }) => ({
  workerRow: one(worker, { fields: [slashWindow.worker], references: [worker.worker] }),
}));

export const operatorRelations = relations(operator, ({ many }) => ({
  workerRows: many(worker),
  days: many(operatorDay),
}));

export const operatorDayRelations = relations(operatorDay, ({ one }) => ({
  operatorRow: one(operator, { fields: [operatorDay.operator], references: [operator.operator] }),
}));
