/**
 * Compute: the catalog of GPU models, the network of workers by state, and both by hour and by day. Workers are in `computeWorkers.ts`, what
 * they earn in `computeRewards.ts`, slashes in `computeSlashing.ts`, what follows from time alone in `computeViews.ts`.
 *
 * Besides the conventions of `ponder.schema.ts`:
 * - Collateral and slashes are wei of vPHA, rewards and ceilings wei of PHA.
 * - Weights are in hundredths: 100 is one H100.
 * - An hour of the rewards is named by the unix second in which it begins.
 * - A worker's id is its key's address: `attestedKeys` and `attestedKeyStates` have its attestation under it.
 */
import { type PgColumnsBuilders, index, onchainTable, primaryKey } from "ponder";

/** The registry of workers, by its address: how many there are in each state, and what they hold. */
export const computeNetwork = onchainTable("compute_network", (t) => ({
  address: t.hex().primaryKey(),
  /** Models that were ever listed, in that order. */
  models: t.hex().array().notNull(),
  /** Workers ever registered, and how many are in each state now. */
  workers: t.integer().notNull(),
  active: t.integer().notNull(),
  lapsed: t.integer().notNull(),
  exiting: t.integer().notNull(),
  exited: t.integer().notNull(),
  removed: t.integer().notNull(),
  /** Of the workers that stay: how many have an attestation that holds. */
  attested: t.integer().notNull(),
  /** GPUs that a worker which stays holds by its latest attestation, GPUs that attestations which hold name, and GPUs of active workers. */
  heldGpus: t.integer().notNull(),
  attestedGpus: t.integer().notNull(),
  activeGpus: t.integer().notNull(),
  /** Weight of the active workers by their latest attestations; what counts in an hour is `rewardsPool.weight`. */
  activeWeight: t.integer().notNull(),
  /** All vPHA held, what the workers that stay need of it, what thaws by withdrawals, and what open slashes reserve. */
  collateral: t.bigint().notNull(),
  required: t.bigint().notNull(),
  pendingWithdrawals: t.bigint().notNull(),
  reserved: t.bigint().notNull(),
  /** vPHA ever added, paid back and slashed. */
  addedCumulative: t.bigint().notNull(),
  paidCumulative: t.bigint().notNull(),
  slashedCumulative: t.bigint().notNull(),
  /** The contract that may slash; null before the first. */
  slashing: t.hex(),
  /** When the last pause of registrations ends or ended; 0 if there was none. */
  registrationsPausedUntil: t.bigint().notNull(),
  /** When any of it last changed. */
  updatedAt: t.bigint().notNull(),
}));

/** Columns of a period of the network. */
const computePeriod = (t: PgColumnsBuilders) => ({
  start: t.bigint().primaryKey(),
  end: t.bigint().notNull(),

  // At `end`, before anything that happens in that second.
  active: t.integer().notNull(),
  lapsed: t.integer().notNull(),
  exiting: t.integer().notNull(),
  exited: t.integer().notNull(),
  removed: t.integer().notNull(),
  attested: t.integer().notNull(),
  heldGpus: t.integer().notNull(),
  attestedGpus: t.integer().notNull(),
  activeGpus: t.integer().notNull(),
  activeWeight: t.integer().notNull(),
  collateral: t.bigint().notNull(),
  required: t.bigint().notNull(),
  pendingWithdrawals: t.bigint().notNull(),
  reserved: t.bigint().notNull(),
  /** Weight that counts in the hour that begins with `end`. */
  weight: t.integer().notNull(),
  /** PHA that hours with too little weight left over. */
  reserve: t.bigint().notNull(),
  /** PHA per hour and hundredth of weight. */
  ceiling: t.bigint().notNull(),

  // Within the period.
  /** Σ of the weights of the period's hours. */
  weightHours: t.bigint().notNull(),
  /** PHA of the workers' stream that came into the books, that the period's hours paid to leases, and that was claimed. */
  emitted: t.bigint().notNull(),
  earned: t.bigint().notNull(),
  claimed: t.bigint().notNull(),
  slashed: t.bigint().notNull(),

  // From the beginning until `end`.
  weightHoursCumulative: t.bigint().notNull(),
  emittedCumulative: t.bigint().notNull(),
  earnedCumulative: t.bigint().notNull(),
  claimedCumulative: t.bigint().notNull(),
  slashedCumulative: t.bigint().notNull(),
});

/** The network by hour. */
export const computeHour = onchainTable("compute_hour", computePeriod);

/** The network by day (UTC). */
export const computeDay = onchainTable("compute_day", computePeriod);

/** Models of GPUs that were ever listed, as the catalog has them for attestations to come, and who has them. */
export const gpuModel = onchainTable(
  "gpu_model",
  (t) => ({
    /** The name in 32 bytes, as the contract has it, and as text. */
    model: t.hex().primaryKey(),
    name: t.text().notNull(),
    isListed: t.boolean().notNull(),
    /** Per GPU. */
    collateral: t.bigint().notNull(),
    weight: t.integer().notNull(),
    /** As `computeNetwork`. */
    heldGpus: t.integer().notNull(),
    attestedWorkers: t.integer().notNull(),
    attestedGpus: t.integer().notNull(),
    activeGpus: t.integer().notNull(),
    activeWorkers: t.integer().notNull(),
    activeWeight: t.integer().notNull(),
    /** When the catalog last changed it. */
    updatedAt: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ byName: index().on(table.name) }),
);

/** Every change of the catalog. It reaches a worker with its next attestation. */
export const gpuModelChange = onchainTable(
  "gpu_model_change",
  (t) => ({
    id: t.text().primaryKey(),
    model: t.hex().notNull(),
    /** False: it was taken off the list. */
    isListed: t.boolean().notNull(),
    /** Per GPU. */
    collateral: t.bigint().notNull(),
    weight: t.integer().notNull(),
    block: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ byModel: index().on(table.model, table.id), byTime: index().on(table.timestamp) }),
);

/** Columns of a period of a model that was ever listed; at `end`. */
const gpuModelPeriod = (t: PgColumnsBuilders) => ({
  model: t.hex().notNull(),
  start: t.bigint().notNull(),
  end: t.bigint().notNull(),
  name: t.text().notNull(),
  heldGpus: t.integer().notNull(),
  attestedWorkers: t.integer().notNull(),
  attestedGpus: t.integer().notNull(),
  activeGpus: t.integer().notNull(),
  activeWorkers: t.integer().notNull(),
  activeWeight: t.integer().notNull(),
});

/** GPUs by model and hour. */
export const gpuModelHour = onchainTable("gpu_model_hour", gpuModelPeriod, (table) => ({
  pk: primaryKey({ columns: [table.model, table.start] }),
  byStart: index().on(table.start),
}));

/** GPUs by model and day (UTC). */
export const gpuModelDay = onchainTable("gpu_model_day", gpuModelPeriod, (table) => ({
  pk: primaryKey({ columns: [table.model, table.start] }),
  byStart: index().on(table.start),
}));
