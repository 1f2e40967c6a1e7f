/** Narrow tables: what the least indexer of balances would keep. */
import { onchainTable } from "ponder";

export const account = onchainTable("account", (t) => ({
  address: t.hex().primaryKey(),
  balance: t.bigint().notNull(),
  received: t.bigint().notNull(),
  sent: t.bigint().notNull(),
  updatedAt: t.bigint().notNull(),
}));

export const total = onchainTable("total", (t) => ({
  address: t.hex().primaryKey(),
  events: t.integer().notNull(),
  timestamp: t.bigint().notNull(),
}));

export const day = onchainTable("day", (t) => ({
  day: t.integer().primaryKey(),
  volume: t.bigint().notNull(),
  events: t.integer().notNull(),
}));

export const entry = onchainTable("entry", (t) => ({
  id: t.text().primaryKey(),
  from: t.hex().notNull(),
  to: t.hex().notNull(),
  amount: t.bigint().notNull(),
  block: t.bigint().notNull(),
  timestamp: t.bigint().notNull(),
  transaction: t.hex().notNull(),
}));
