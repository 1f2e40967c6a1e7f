/** Operators: what the workers of each are and hold together, and what each earns. Conventions: `compute.ts`. */
import { type PgColumnsBuilders, index, onchainTable, primaryKey } from "ponder";

/** Sums over the workers that name the operator; as `computeNetwork`. */
const sums = (t: PgColumnsBuilders) => ({
  /** Workers whose operator it is, and how many of them are in each state. */
  workers: t.integer().notNull(),
  active: t.integer().notNull(),
  lapsed: t.integer().notNull(),
  exiting: t.integer().notNull(),
  exited: t.integer().notNull(),
  removed: t.integer().notNull(),
  attested: t.integer().notNull(),
  /** GPUs that attestations which hold name, and GPUs of active workers. */
  attestedGpus: t.integer().notNull(),
  activeGpus: t.integer().notNull(),
  activeWeight: t.integer().notNull(),
  /** vPHA. */
  collateral: t.bigint().notNull(),
  required: t.bigint().notNull(),
  pendingWithdrawals: t.bigint().notNull(),
  reserved: t.bigint().notNull(),
});

/** Whoever is, or was, operator of a worker. */
export const operator = onchainTable(
  "operator",
  (t) => ({
    operator: t.hex().primaryKey(),
    ...sums(t),
    /** vPHA added to its workers, paid back from them, and slashed, while it was their operator. */
    addedCumulative: t.bigint().notNull(),
    paidCumulative: t.bigint().notNull(),
    slashedCumulative: t.bigint().notNull(),
    /**
     * PHA that its workers earned while it was their operator, until the end of the last day or the last change of an operator; up to
     * now: `operatorStandings`.
     */
    earnedCumulative: t.bigint().notNull(),
    /** PHA that it claimed, in how many payments. */
    claimedCumulative: t.bigint().notNull(),
    payouts: t.integer().notNull(),
    /** Who operates a worker when it claims is paid all of it: PHA that its workers brought along unclaimed, and took along. */
    takenOverCumulative: t.bigint().notNull(),
    handedOverCumulative: t.bigint().notNull(),
    /** As of the end of the last day. */
    dayEarnedCumulative: t.bigint().notNull(),
    dayClaimedCumulative: t.bigint().notNull(),
    daySlashedCumulative: t.bigint().notNull(),
    createdAt: t.bigint().notNull(),
    updatedAt: t.bigint().notNull(),
  }),
  (table) => ({ byWeight: index().on(table.activeWeight), byCollateral: index().on(table.collateral) }),
);

/** An operator's days: every one in which it had a worker that has not left, or collateral; later ones in which it claimed or was slashed. */
export const operatorDay = onchainTable(
  "operator_day",
  (t) => ({
    operator: t.hex().notNull(),
    start: t.bigint().notNull(),
    end: t.bigint().notNull(),
    /** At `end`. */
    ...sums(t),
    /** PHA earned and claimed in the day, and vPHA slashed. What an hour earns is whose worker it is at its end. */
    earned: t.bigint().notNull(),
    claimed: t.bigint().notNull(),
    slashed: t.bigint().notNull(),
    /** From the beginning until `end`. */
    earnedCumulative: t.bigint().notNull(),
    claimedCumulative: t.bigint().notNull(),
    slashedCumulative: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.operator, table.start] }), byStart: index().on(table.start) }),
);
