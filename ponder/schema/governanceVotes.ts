/** Votes: wrapped vPHA, the governor's proposals. Conventions: `ponder.schema.ts`. */
import { index, onchainEnum, onchainTable, primaryKey, relations } from "ponder";

/** Wrapped vPHA; one row, by the token's address. */
export const votingToken = onchainTable("voting_token", (t) => ({
  address: t.hex().primaryKey(),
  totalSupply: t.bigint().notNull(),
  holders: t.integer().notNull(),
  updatedAt: t.bigint().notNull(),
}));

/** Whoever holds, or held, wrapped vPHA or votes. */
export const voter = onchainTable(
  "voter",
  (t) => ({
    account: t.hex().primaryKey(),
    /** Wrapped vPHA held now. */
    balance: t.bigint().notNull(),
    /** Votes now: the balances of all who named the account. */
    votes: t.bigint().notNull(),
    /** Who votes with the balance; null if nobody does. */
    delegate: t.hex(),
    updatedAt: t.bigint().notNull(),
  }),
  (table) => ({ byVotes: index().on(table.votes), byDelegate: index().on(table.delegate) }),
);

/**
 * What has happened to a proposal. `proposed`: whether it is pending, active, succeeded or defeated follows from the times, the
 * votes and the quorum; one that succeeded and was not queued within 14 days is void. `queued`: its operations wait, see there. `vetoed`,
 * `expired`: one of them was, or has.
 */
export const proposalState = onchainEnum("proposal_state", [
  "proposed",
  "queued",
  "executed",
  "cancelled",
  "vetoed",
  "expired",
]);

/** Every proposal to the governor. */
export const proposal = onchainTable(
  "proposal",
  (t) => ({
    /** As on chain, decimal. */
    id: t.text().primaryKey(),
    governor: t.hex().notNull(),
    state: proposalState().notNull(),
    proposer: t.hex().notNull(),
    description: t.text().notNull(),
    proposedAt: t.bigint().notNull(),
    /** The snapshot of the votes; the vote is open after it, and until `voteEnd` (later if the quorum came late). */
    voteStart: t.bigint().notNull(),
    voteEnd: t.bigint().notNull(),
    forVotes: t.bigint().notNull(),
    againstVotes: t.bigint().notNull(),
    abstainVotes: t.bigint().notNull(),
    voters: t.integer().notNull(),
    /** Votes for and abstaining that it takes: 10 % of the votes there were at the snapshot, at least 2 % of all vPHA when it was made; null before the snapshot. */
    quorum: t.bigint(),
    quorumFloor: t.bigint().notNull(),
    queuedAt: t.bigint(),
    /** When the operations of a queued one are ready. */
    readyAt: t.bigint(),
    closedAt: t.bigint(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ byState: index().on(table.state), byTime: index().on(table.proposedAt) }),
);

/** The calls of a proposal, in order. */
export const proposalCall = onchainTable(
  "proposal_call",
  (t) => ({
    proposalId: t.text().notNull(),
    index: t.integer().notNull(),
    target: t.hex().notNull(),
    value: t.bigint().notNull(),
    data: t.hex().notNull(),
    /** As in `operation`. */
    contract: t.text(),
    signature: t.text(),
    arguments: t.text(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.proposalId, table.index] }) }),
);

/** In the order of the contract's numbers. */
export const support = onchainEnum("support", ["against", "for", "abstain"]);

/** Every vote cast. */
export const vote = onchainTable(
  "vote",
  (t) => ({
    proposalId: t.text().notNull(),
    voter: t.hex().notNull(),
    support: support().notNull(),
    weight: t.bigint().notNull(),
    reason: t.text().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.proposalId, table.voter] }), byVoter: index().on(table.voter) }),
);

export const proposalRelations = relations(proposal, ({ many }) => ({ calls: many(proposalCall), votes: many(vote) }));

export const proposalCallRelations = relations(proposalCall, ({ one }) => ({
  proposal: one(proposal, { fields: [proposalCall.proposalId], references: [proposal.id] }),
}));

export const voteRelations = relations(vote, ({ one }) => ({
  proposal: one(proposal, { fields: [vote.proposalId], references: [proposal.id] }),
}));
