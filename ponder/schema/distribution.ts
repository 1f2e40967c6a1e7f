/** How PHA came to its first owners: Merkle distributors and the team's vesting. Conventions: `ponder.schema.ts`. */
import { index, onchainTable, primaryKey } from "ponder";

/**
 * A Merkle distributor (airdrop, migrated balances), by its address: a contract with root and deadline whose rest goes to the
 * treasury, from when a bucket of the supply has sent it 100,000 PHA or more at once. What it holds now: `supplyBuckets`.
 */
export const distributor = onchainTable("distributor", (t) => ({
  address: t.hex().primaryKey(),
  /** Of the tree of all claims. */
  root: t.hex().notNull(),
  /** Until when there can be claims; from then on, what is left can be swept to `treasury`. */
  deadline: t.bigint().notNull(),
  treasury: t.hex().notNull(),
  /** When it was funded. */
  since: t.bigint().notNull(),
  /** PHA claimed so far, in how many claims. */
  claimedCumulative: t.bigint().notNull(),
  claims: t.integer().notNull(),
  /** PHA that went to the treasury after the deadline, and when; null before. */
  sweptCumulative: t.bigint().notNull(),
  sweptAt: t.bigint(),
}));

/** Every claim from a distributor. */
export const distributorClaim = onchainTable(
  "distributor_claim",
  (t) => ({
    distributor: t.hex().notNull(),
    /** Number of the leaf in the tree. */
    index: t.bigint().notNull(),
    account: t.hex().notNull(),
    amount: t.bigint().notNull(),
    block: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.distributor, table.index] }),
    byAccount: index().on(table.account),
    byTime: index().on(table.timestamp),
  }),
);

/** A vesting wallet, by its address: it vests linearly from `start` to `end`, and nothing of it before `cliff`. */
export const vestingWallet = onchainTable("vesting_wallet", (t) => ({
  address: t.hex().primaryKey(),
  beneficiary: t.hex().notNull(),
  start: t.bigint().notNull(),
  cliff: t.bigint().notNull(),
  end: t.bigint().notNull(),
  /** PHA released, and wei of ether. */
  releasedCumulative: t.bigint().notNull(),
  etherReleasedCumulative: t.bigint().notNull(),
  updatedAt: t.bigint().notNull(),
}));

/** Every release of tokens from a vesting wallet. */
export const vestingRelease = onchainTable(
  "vesting_release",
  (t) => ({
    id: t.text().primaryKey(),
    wallet: t.hex().notNull(),
    token: t.hex().notNull(),
    amount: t.bigint().notNull(),
    block: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ byWallet: index().on(table.wallet, table.id) }),
);
