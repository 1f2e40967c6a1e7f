/** Who may do what, and what is scheduled. Conventions: `ponder.schema.ts`. */
import { index, onchainEnum, onchainTable, primaryKey, relations } from "ponder";

/** The one authority, by its address. */
export const authority = onchainTable("authority", (t) => ({
  address: t.hex().primaryKey(),
  /** When the floors of the delay classes came into force; null before. */
  sealedAt: t.bigint(),
  /** How many operations were ever scheduled. */
  operations: t.integer().notNull(),
  /** The operation that was executed last, and by which transaction; null before the first. */
  executedHash: t.hex(),
  executedNonce: t.integer(),
  executedTransaction: t.hex(),
  /** When the next operation becomes ready or expires, or the next vote's quorum is fixed. */
  review: t.bigint().notNull(),
}));

/** The roles, in the order of their numbers. A role is a delay class; `tightening` cannot be vetoed, `veto` has no functions. */
export const roleName = onchainEnum("role_name", [
  "admin",
  "guardian",
  "parameters",
  "treasury",
  "periphery",
  "core",
  "tightening",
  "veto",
]);

/** Who holds, or held, which role. */
export const roleMember = onchainTable(
  "role_member",
  (t) => ({
    role: t.bigint().notNull(),
    account: t.hex().notNull(),
    name: roleName().notNull(),
    /** Whether it holds it, from `since` on. */
    isMember: t.boolean().notNull(),
    /** When the membership takes, or took, effect; for a changed delay, when that does. */
    since: t.bigint().notNull(),
    /** Seconds between scheduling and executing. */
    delay: t.bigint().notNull(),
    updatedAt: t.bigint().notNull(),
    updatedBlock: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.role, table.account] }), byAccount: index().on(table.account) }),
);

/** Which role may call which function. */
export const functionRole = onchainTable(
  "function_role",
  (t) => ({
    target: t.hex().notNull(),
    selector: t.hex().notNull(),
    role: t.bigint().notNull(),
    name: roleName().notNull(),
    /** The contract and its function, where they are the suite's; null otherwise. */
    contract: t.text(),
    signature: t.text(),
    updatedAt: t.bigint().notNull(),
    updatedBlock: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.target, table.selector] }), byRole: index().on(table.role) }),
);

/**
 * `scheduled`: waits. `ready`: can be executed. `executed`. `cancelled` by who scheduled it. `vetoed` by locked vPHA. `expired`: was not
 * executed within 14 days, and is void. `ready` and `expired` are seen with the first block from then on.
 */
export const operationState = onchainEnum("operation_state", [
  "scheduled",
  "ready",
  "executed",
  "cancelled",
  "vetoed",
  "expired",
]);

/** Every operation that was scheduled. The same call can be scheduled again later, with the next nonce. */
export const operation = onchainTable(
  "operation",
  (t) => ({
    /** As on chain: of caller, target and data. */
    hash: t.hex().notNull(),
    nonce: t.integer().notNull(),
    state: operationState().notNull(),
    /** Who scheduled it: the multisig or the governor; and the governor's proposal, null if it is none's. */
    caller: t.hex().notNull(),
    proposalId: t.text(),
    target: t.hex().notNull(),
    /** Selector and arguments of the call. */
    data: t.hex().notNull(),
    /** The call in words, where the contract is the suite's: its name, the function's signature, the arguments as a JSON array with numbers as text; null otherwise. */
    contract: t.text(),
    signature: t.text(),
    arguments: t.text(),
    /** The function's class when it was scheduled. */
    role: roleName().notNull(),
    scheduledAt: t.bigint().notNull(),
    readyAt: t.bigint().notNull(),
    /** 14 days after `readyAt`. */
    expiresAt: t.bigint().notNull(),
    /** When it was executed, cancelled or vetoed, or expired; null before. */
    closedAt: t.bigint(),
    scheduleTransaction: t.hex().notNull(),
    closeTransaction: t.hex(),
    /** vPHA locked against it now, and when that is free at the latest; null while there never was any. */
    lockedAgainst: t.bigint().notNull(),
    lockedUntil: t.bigint(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.hash, table.nonce] }),
    byState: index().on(table.state, table.readyAt),
    byTarget: index().on(table.target),
    byProposal: index().on(table.proposalId),
    byTime: index().on(table.scheduledAt),
  }),
);

/** Who has locked vPHA against which operation. */
export const vetoLocker = onchainTable(
  "veto_locker",
  (t) => ({
    hash: t.hex().notNull(),
    nonce: t.integer().notNull(),
    account: t.hex().notNull(),
    /** vPHA locked now, and ever. */
    locked: t.bigint().notNull(),
    lockedCumulative: t.bigint().notNull(),
    updatedAt: t.bigint().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.hash, table.nonce, table.account] }),
    byAccount: index().on(table.account),
  }),
);

/** The guardian's mandates, in order: who acts, and until when. */
export const guardianMandate = onchainTable("guardian_mandate", (t) => ({
  id: t.text().primaryKey(),
  /** The contract that holds the guardian role. */
  mandate: t.hex().notNull(),
  guardian: t.hex().notNull(),
  appointedAt: t.bigint().notNull(),
  /** When it ends, or ended; earlier than appointed if it was dismissed or resigned. */
  end: t.bigint().notNull(),
  isDismissed: t.boolean().notNull(),
  transaction: t.hex().notNull(),
}));

export const operationRelations = relations(operation, ({ many }) => ({ lockers: many(vetoLocker) }));

export const vetoLockerRelations = relations(vetoLocker, ({ one }) => ({
  operation: one(operation, {
    fields: [vetoLocker.hash, vetoLocker.nonce],
    references: [operation.hash, operation.nonce],
  }),
}));
