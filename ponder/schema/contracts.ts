/**
 * The suite's contracts of all times. Most are in the manifest and stay; these are followed from the chain's events, without a new
 * manifest or a restart:
 *
 * | contract | is the suite's from |
 * |---|---|
 * | verifier (`TdxVerifier`) | `VerifierReplaced` of the attestation registry |
 * | slashing contract (`Slashing`) | `SlashingChanged` of the registry of workers |
 * | the guardian's mandate (`GuardianMandate`) | the grant of the guardian's role, if it is one |
 * | distributor (`MerkleDistributor`) | at least 100,000 PHA from a bucket of the supply, if it is one: see `distributors` |
 *
 * The first three say what matters before they are named: a verifier is filled, a slashing contract gets its limits. Logs with their
 * signatures are taken from every contract of the chain, those of contracts that nobody has named are put aside (`strangerLogs`), and
 * are played in their order once governance names the contract. So no row of any other table is a stranger's, and what a stranger can
 * make the indexer keep is bounded: 20,000 logs by contract.
 *
 * All others are what the manifest says: where governance puts a new governor, veto lock, treasury or worker rewards in their
 * place, the manifest has to name it and the indexer begins anew beside the old one. A new sink of the emission is followed as far as the
 * supply goes: it is a bucket.
 */
import { index, onchainTable } from "ponder";

/** Every contract of the suite. */
export const suiteContract = onchainTable(
  "suite_contract",
  (t) => ({
    address: t.hex().primaryKey(),
    /** As its source is called. */
    name: t.text().notNull(),
    /** When the chain named it; 0: the manifest does. */
    since: t.bigint().notNull(),
  }),
  (table) => ({ byName: index().on(table.name) }),
);

/** Contracts that nobody has named, and how many logs of each were put aside. */
export const stranger = onchainTable("stranger", (t) => ({
  address: t.hex().primaryKey(),
  logs: t.integer().notNull(),
}));

/** Logs of contracts that nobody has named. */
export const strangerLog = onchainTable(
  "stranger_log",
  (t) => ({
    id: t.text().primaryKey(),
    address: t.hex().notNull(),
    topics: t.hex().array().notNull(),
    data: t.hex().notNull(),
    block: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ byAddress: index().on(table.address, table.id) }),
);
