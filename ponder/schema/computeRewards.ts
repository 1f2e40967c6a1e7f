/** What workers earn: the books of WorkerRewards, hour by hour, and what was claimed. Conventions: `compute.ts`. */
import { index, onchainTable } from "ponder";

/**
 * The books, by the contract's address, as `totals` answers now: with all hours closed that are over, whether the contract has been
 * called since or not. Amounts in PHA.
 */
export const rewardsPool = onchainTable("rewards_pool", (t) => ({
  address: t.hex().primaryKey(),
  /** Start of the hour that runs; all before it are in `rewardsHours`. */
  hour: t.bigint().notNull(),
  /** Weight of this hour and of the next five, as leases are granted so far. */
  weights: t.integer().array().notNull(),
  /** The first two of them: what counts in this hour, and in the next. */
  weight: t.integer().notNull(),
  nextWeight: t.integer().notNull(),
  /** How many leases end with this hour, and with each of the next five. */
  leaseEnds: t.integer().array().notNull(),
  /** PHA per hour and hundredth of weight that an hour pays at most. */
  ceiling: t.bigint().notNull(),
  /** PHA that came into the books and that no hour has paid yet. */
  reserve: t.bigint().notNull(),
  /** PHA of the stream that came into the books (paid by hours, or in the reserve), and that hours paid to leases. */
  emittedCumulative: t.bigint().notNull(),
  earnedCumulative: t.bigint().notNull(),
  /** PHA claimed, in how many payments; PHA pulled from the emission vault. */
  claimedCumulative: t.bigint().notNull(),
  payouts: t.integer().notNull(),
  receivedCumulative: t.bigint().notNull(),
  /** PHA that the emission vault has reserved for the contract, if it is not the stream's sink any more. */
  pendingSettled: t.bigint().notNull(),
  /** Σ of the weights of all hours. */
  weightHoursCumulative: t.bigint().notNull(),
  /** Per hundredth of weight since ever, times 2^64, when `hour` begins. */
  accumulator: t.bigint().notNull(),
  /** When the contract last was called with effect. */
  updatedAt: t.bigint().notNull(),
}));

/**
 * Every hour that is over. Until the contract is called, it is what its views answer; then, what it has closed the hour with. The
 * two only differ where the contract became the stream's sink again in between.
 */
export const rewardsHour = onchainTable("rewards_hour", (t) => ({
  start: t.bigint().primaryKey(),
  end: t.bigint().notNull(),
  weight: t.integer().notNull(),
  /** PHA that came into the books, that went to leases, and that was in reserve at `end`. */
  emitted: t.bigint().notNull(),
  paid: t.bigint().notNull(),
  reserve: t.bigint().notNull(),
  /** PHA per hundredth of weight, from the beginning until `end`, times 2^64. */
  accumulator: t.bigint().notNull(),
  paidCumulative: t.bigint().notNull(),
  weightHoursCumulative: t.bigint().notNull(),
}));

/** Every claim, worker by worker. */
export const rewardsClaim = onchainTable(
  "rewards_claim",
  (t) => ({
    id: t.text().primaryKey(),
    worker: t.hex().notNull(),
    operator: t.hex().notNull(),
    /** PHA. */
    amount: t.bigint().notNull(),
    block: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({
    byWorker: index().on(table.worker, table.id),
    byOperator: index().on(table.operator, table.id),
    byTime: index().on(table.timestamp),
  }),
);

/** Every payment: the claims of one call together, staked for vPHA. */
export const rewardsPayout = onchainTable(
  "rewards_payout",
  (t) => ({
    id: t.text().primaryKey(),
    operator: t.hex().notNull(),
    receiver: t.hex().notNull(),
    /** PHA staked, and vPHA that it bought. */
    assets: t.bigint().notNull(),
    shares: t.bigint().notNull(),
    block: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({
    byOperator: index().on(table.operator, table.id),
    byReceiver: index().on(table.receiver, table.id),
    byTime: index().on(table.timestamp),
  }),
);

/** Every change of the ceiling, with the first. */
export const ceilingChange = onchainTable("ceiling_change", (t) => ({
  id: t.text().primaryKey(),
  /** PHA per hour and hundredth of weight, from the hour of `timestamp` on. */
  ceiling: t.bigint().notNull(),
  block: t.bigint().notNull(),
  timestamp: t.bigint().notNull(),
  transaction: t.hex().notNull(),
}));
