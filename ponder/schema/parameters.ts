/**
 * Parameters: what governance can change in the contracts, as it is and as it was. One row for each number, address or flag; lists have tables
 * of their own (workloads, kill switches, budgets, role members, classes of functions). Conventions: `ponder.schema.ts`.
 *
 * | contract | parameters |
 * |---|---|
 * | `EmissionVault`, `VPHA`, `AttestationRegistry`, `WorkerRegistry`, `WorkerRewards`, `Treasury` | `authority` |
 * | `EmissionVault` | `sink.stakers`, `sink.workers`, `sink.treasury` |
 * | `AttestationRegistry` | `verifier`, `floors.minTcbDate` (seconds), `floors.minQeIsvSvn`, `floors.allowedStatuses` (bits) |
 * | `WorkerRegistry` | `slashing`; for each model `model.NAME.isListed` (0, 1), `….collateral` (wei of vPHA by GPU), `….weight` (hundredths) |
 * | `WorkerRewards` | `ceiling` (wei of PHA by hour and hundredth of weight) |
 * | `Slashing` | `slasher`, `judge`, `treasury`, `rebuttalWindow`, `processWindow` (seconds), `cap.unavailability`, `cap.misreporting`, `cap.breach` (bps) |
 * | `GuardianMandate` | `guardian`, `end` |
 * | `TeamVesting` | `beneficiary` |
 * | `PhalaAuthority` | `isSealed` (0, 1); for roles and targets that were changed `role.NAME.admin`, `….guardian`, `….label`, `….grantDelay` (seconds), `target.ADDRESS.isClosed` (0, 1), `….adminDelay` (seconds) |
 * | `PhalaGovernor` | `lateQuorumVoteExtension`, `baseDelay` (seconds), `ignored.TARGET.SELECTOR` (0, 1: whether the authority's delays are ignored) |
 */
import { index, onchainTable, primaryKey } from "ponder";

/** Every parameter as it is now. */
export const parameter = onchainTable(
  "parameter",
  (t) => ({
    contract: t.hex().notNull(),
    name: t.text().notNull(),
    /** As the contract's source is called. */
    contractName: t.text().notNull(),
    /** A decimal integer, an address, or a text. */
    value: t.text().notNull(),
    /** Between which governance can set it, where the contract has constants for it. */
    min: t.text(),
    max: t.text(),
    /** From when on it is so; later than `updatedAt` where the change itself has a delay. */
    since: t.bigint().notNull(),
    /** How often it was set, the first time included. */
    changes: t.integer().notNull(),
    /** The operation that set it; null where none did. */
    operationHash: t.hex(),
    operationNonce: t.integer(),
    updatedAt: t.bigint().notNull(),
    updatedBlock: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.contract, table.name] }),
    byName: index().on(table.contractName, table.name),
  }),
);

/** Every change of every parameter, with the first value of each. */
export const parameterChange = onchainTable(
  "parameter_change",
  (t) => ({
    /** The event's, with the parameter's name. */
    id: t.text().primaryKey(),
    contract: t.hex().notNull(),
    name: t.text().notNull(),
    contractName: t.text().notNull(),
    /** Null for the first one. */
    oldValue: t.text(),
    newValue: t.text().notNull(),
    since: t.bigint().notNull(),
    operationHash: t.hex(),
    operationNonce: t.integer(),
    block: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({
    byParameter: index().on(table.contract, table.name, table.id),
    byTime: index().on(table.timestamp),
  }),
);
