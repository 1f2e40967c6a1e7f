/**
 * PHA: how much there is, and how much of it circulates, now, by hour and by day. Conventions: `ponder.schema.ts`.
 *
 * What does not circulate is what these hold ("buckets"); all else does. At any moment
 * `totalSupply = circulating + Σ balance of the buckets`, to the wei.
 *
 * | bucket | what it holds |
 * |---|---|
 * | `emission_vault` | emission that has not been pulled: to come, or due |
 * | `worker_rewards` | rewards of workers that have not been claimed |
 * | `treasury` | what no budget has paid |
 * | `team_vesting` | the team's share, as far as it has not been released |
 * | `distributor` | what has not been claimed, or swept after the deadline; one row for each distributor |
 * | `reserve`, `private_sale`, `other_rewards` | the accounts that the manifest's parameters name, with what they have not handed out |
 * | `governance` | the governing account: before genesis it holds what the emission and the airdrop will |
 * | `workers_sink`, `treasury_sink` | whom governance has put in the place of `worker_rewards` or `treasury` since; the former one stays a bucket |
 *
 * PHA that is staked circulates: whoever holds the vPHA can sell it at any time, and gets the PHA back in 21 days. `staked` has it apart,
 * so that other definitions follow by subtraction.
 */
import { type PgColumnsBuilders, index, onchainTable, primaryKey } from "ponder";

/** PHA itself; one row, by its address. */
export const token = onchainTable("token", (t) => ({
  address: t.hex().primaryKey(),
  totalSupply: t.bigint().notNull(),
  /** What is in no bucket. */
  circulating: t.bigint().notNull(),
  /** PHA that the vPHA vault holds: staked, waiting for a claim, or income that vests. All of it circulates. */
  staked: t.bigint().notNull(),
  /** Addresses of the buckets, with commas between them; grows with decisions of governance only. No array: every transfer reads it. */
  buckets: t.text().notNull(),
  mintedCumulative: t.bigint().notNull(),
  burnedCumulative: t.bigint().notNull(),
  /** Accounts with a balance. */
  holders: t.integer().notNull(),
  transfersCumulative: t.integer().notNull(),
  block: t.bigint().notNull(),
  timestamp: t.bigint().notNull(),
}));

/** Whose PHA does not circulate. */
export const supplyBucket = onchainTable(
  "supply_bucket",
  (t) => ({
    address: t.hex().primaryKey(),
    name: t.text().notNull(),
    /** PHA held now. */
    balance: t.bigint().notNull(),
    /** Since when its PHA is not counted as circulating; 0: from the beginning. */
    since: t.bigint().notNull(),
    /** When its balance last changed; 0 if it never did. */
    updatedAt: t.bigint().notNull(),
  }),
  (table) => ({ byName: index().on(table.name) }),
);

/** Every burn of PHA. */
export const burn = onchainTable(
  "burn",
  (t) => ({
    id: t.text().primaryKey(),
    account: t.hex().notNull(),
    amount: t.bigint().notNull(),
    /** PHA that exist after it. */
    totalSupply: t.bigint().notNull(),
    block: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ byAccount: index().on(table.account, table.id), byTime: index().on(table.timestamp) }),
);

/** Columns of a period of the supply; amounts without a period's name are those at `end`. */
const supplyPeriod = (t: PgColumnsBuilders) => ({
  start: t.bigint().primaryKey(),
  end: t.bigint().notNull(),
  totalSupply: t.bigint().notNull(),
  circulating: t.bigint().notNull(),
  staked: t.bigint().notNull(),
  /** Burnt in the period, and ever. */
  burned: t.bigint().notNull(),
  burnedCumulative: t.bigint().notNull(),
  /** Transfers in the period, and ever. */
  transfers: t.integer().notNull(),
  transfersCumulative: t.integer().notNull(),
  holders: t.integer().notNull(),
});

/** Supply of PHA by hour. */
export const supplyHour = onchainTable("supply_hour", supplyPeriod);

/** Supply of PHA by day (UTC). */
export const supplyDay = onchainTable("supply_day", supplyPeriod);

/** Columns of a period of a bucket. */
const bucketPeriod = (t: PgColumnsBuilders) => ({
  address: t.hex().notNull(),
  start: t.bigint().notNull(),
  end: t.bigint().notNull(),
  name: t.text().notNull(),
  /** PHA held at `end`. */
  balance: t.bigint().notNull(),
});

/** The buckets by hour. */
export const supplyBucketHour = onchainTable("supply_bucket_hour", bucketPeriod, (table) => ({
  pk: primaryKey({ columns: [table.address, table.start] }),
  byStart: index().on(table.start),
}));

/** The buckets by day (UTC). */
export const supplyBucketDay = onchainTable("supply_bucket_day", bucketPeriod, (table) => ({
  pk: primaryKey({ columns: [table.address, table.start] }),
  byStart: index().on(table.start),
}));
