/** Slashes of workers' collateral: rules, proposals with all their stages, windows. Conventions: `compute.ts`. */
import { index, onchainEnum, onchainTable, primaryKey } from "ponder";

/** A slashing contract, by its address: who decides, and the limits of proposals to come. */
export const slashingRule = onchainTable("slashing_rule", (t) => ({
  address: t.hex().primaryKey(),
  /** Who proposes (zero: nobody), who rejects, and where proceeds go. */
  slasher: t.hex().notNull(),
  judge: t.hex().notNull(),
  treasury: t.hex().notNull(),
  /** Seconds from the proposal on: until when it can be rebutted, and until when a rebutted one can be rejected before it is executed. */
  rebuttalWindow: t.integer().notNull(),
  processWindow: t.integer().notNull(),
  /** By fault, in bps of what was at risk when the worker's window began. */
  capUnavailability: t.integer().notNull(),
  capMisreporting: t.integer().notNull(),
  capBreach: t.integer().notNull(),
  updatedAt: t.bigint().notNull(),
}));

/** In the order of the contract's numbers. */
export const faultClass = onchainEnum("fault_class", ["unavailability", "misreporting", "breach"]);

/** In the order of the contract's numbers, from 1. `open` and `rebutted` can be executed from `executableAt` on. */
export const slashState = onchainEnum("slash_state", ["open", "rebutted", "executed", "rejected", "withdrawn"]);

/** Every proposal of a slash. */
export const slashProposal = onchainTable(
  "slash_proposal",
  (t) => ({
    /** As on chain: Keccak-256 of the proposal. */
    id: t.hex().primaryKey(),
    /** The slashing contract. */
    slashing: t.hex().notNull(),
    worker: t.hex().notNull(),
    /** The worker's operator when it was proposed. */
    operator: t.hex().notNull(),
    faultClass: faultClass().notNull(),
    state: slashState().notNull(),
    /** vPHA, and the part of it for the reporter, who is null if there is none. */
    amount: t.bigint().notNull(),
    bounty: t.bigint().notNull(),
    reporter: t.hex(),
    faultAt: t.bigint().notNull(),
    evidenceHash: t.hex().notNull(),
    evidenceUri: t.text().notNull(),
    proposedAt: t.bigint().notNull(),
    proposeTransaction: t.hex().notNull(),
    /** Until when the operator can rebut it. */
    rebuttalUntil: t.bigint().notNull(),
    /** Null unless it was rebutted. */
    rebuttalHash: t.hex(),
    rebuttalUri: t.text(),
    rebuttedAt: t.bigint(),
    rebutTransaction: t.hex(),
    /** Until when the judge has the time to reject it, once it was rebutted. */
    judgementUntil: t.bigint().notNull(),
    /** From when on anyone can execute it: `rebuttalUntil`, or `judgementUntil` once it was rebutted. */
    executableAt: t.bigint().notNull(),
    /** When it was executed, rejected or withdrawn, and by which transaction; null before. */
    closedAt: t.bigint(),
    closeTransaction: t.hex(),
  }),
  (table) => ({
    byWorker: index().on(table.worker, table.proposedAt),
    byOperator: index().on(table.operator),
    byState: index().on(table.state, table.executableAt),
    byTime: index().on(table.proposedAt),
  }),
);

/**
 * The window of 30 days in which a worker's proposals count together, as `windowOf` of the slashing contract answers; the next proposal
 * after its end begins a new one.
 */
export const slashWindow = onchainTable(
  "slash_window",
  (t) => ({
    slashing: t.hex().notNull(),
    worker: t.hex().notNull(),
    start: t.bigint().notNull(),
    end: t.bigint().notNull(),
    /** The most vPHA that was at risk in it, and what proposals that were not taken back have used of it. */
    base: t.bigint().notNull(),
    used: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.slashing, table.worker] }), byEnd: index().on(table.end) }),
);
