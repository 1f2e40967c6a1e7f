/** The treasury: budgets and what was paid by them. Conventions: `ponder.schema.ts`. */
import { index, onchainEnum, onchainTable, relations } from "ponder";

/** `allowance`: the payee pays out, within total and rate. `stream`: accrues to the payee by the second. */
export const budgetKind = onchainEnum("budget_kind", ["allowance", "stream"]);

/** Every budget, open or not. */
export const budget = onchainTable(
  "budget",
  (t) => ({
    /** As on chain: 32 bytes, and the text in them. */
    name: t.hex().primaryKey(),
    title: t.text().notNull(),
    kind: budgetKind().notNull(),
    token: t.hex().notNull(),
    payee: t.hex().notNull(),
    /** Wei of `token`; once it was closed, what had been paid or had accrued by then. */
    total: t.bigint().notNull(),
    paid: t.bigint().notNull(),
    payments: t.integer().notNull(),
    /** From when, and until when (not included), it can be spent; or accrues. */
    start: t.bigint().notNull(),
    end: t.bigint().notNull(),
    /** Wei that may leave in any `rateWindow` seconds; 0 for a stream. */
    rateLimit: t.bigint().notNull(),
    rateWindow: t.bigint().notNull(),
    /** Where it was decided, and the hash of the memo. */
    proposalId: t.hex().notNull(),
    memoHash: t.hex().notNull(),
    openedAt: t.bigint().notNull(),
    openTransaction: t.hex().notNull(),
    /** When governance closed it before its end; null otherwise. */
    closedAt: t.bigint(),
  }),
  (table) => ({ byPayee: index().on(table.payee), byTime: index().on(table.openedAt) }),
);

/** Everything that ever left the treasury. */
export const payment = onchainTable(
  "payment",
  (t) => ({
    /** As on chain: numbered from 1. */
    id: t.bigint().primaryKey(),
    budget: t.hex().notNull(),
    to: t.hex().notNull(),
    token: t.hex().notNull(),
    amount: t.bigint().notNull(),
    proposalId: t.hex().notNull(),
    memoHash: t.hex().notNull(),
    block: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({
    byBudget: index().on(table.budget, table.id),
    byReceiver: index().on(table.to, table.id),
    byTime: index().on(table.timestamp),
  }),
);

export const budgetRelations = relations(budget, ({ many }) => ({ paymentRows: many(payment) }));

export const paymentRelations = relations(payment, ({ one }) => ({
  budgetRow: one(budget, { fields: [payment.budget], references: [budget.name] }),
}));
