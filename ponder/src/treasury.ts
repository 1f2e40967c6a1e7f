/** The treasury: budgets and payments. What comes in from the emission is a pull of its stream. */
import { ponder } from "ponder:registry";
import { budget, budgetKind, payment } from "ponder:schema";
import { hexToString } from "viem";
import { nameOf } from "./maths/names.ts";
import { advance } from "./series.ts";

ponder.on("Treasury:BudgetOpened", async ({ event, context }) => {
  const { name, proposalId, memoHash } = event.args;
  const { kind, token, payee, total, paid, start, end, rateLimit, rateWindow } = event.args.budget;
  await advance(context, event.block);
  await context.db.insert(budget).values({
    name,
    title: hexToString(name, { size: 32 }),
    // The contract's first kind is none.
    kind: nameOf(budgetKind, kind - 1),
    ...{ token, payee, total, paid, rateLimit, proposalId, memoHash },
    payments: 0,
    start: BigInt(start),
    end: BigInt(end),
    rateWindow: BigInt(rateWindow),
    openedAt: event.block.timestamp,
    openTransaction: event.transaction.hash,
  });
});

ponder.on("Treasury:BudgetClosed", async ({ event, context }) => {
  const { name, total } = event.args;
  await advance(context, event.block);
  const { timestamp } = event.block;
  await context.db.update(budget, { name }).set((row) => ({
    total,
    start: row.start < timestamp ? row.start : timestamp,
    end: timestamp,
    closedAt: timestamp,
  }));
});

ponder.on("Treasury:Paid", async ({ event, context }) => {
  const { name, paymentId: id, to, token, amount, paid, proposalId, memoHash } = event.args;
  await advance(context, event.block);
  await context.db.insert(payment).values({
    ...{ id, to, token, amount, proposalId, memoHash },
    budget: name,
    block: event.block.number,
    timestamp: event.block.timestamp,
    transaction: event.transaction.hash,
  });
  await context.db.update(budget, { name }).set((row) => ({ paid, payments: row.payments + 1 }));
});
