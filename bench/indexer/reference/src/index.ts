/**
 * What others are measured with: each event makes five writes, four of them to rows that may be there. No accrual, no series, no
 * positions: only the engine's own work, on the same events.
 */
import { type Context, type Event, type EventNames, ponder } from "ponder:registry";
import { account, day, entry, total } from "ponder:schema";
import type { Address } from "viem";

type LogEvent = Event<Exclude<EventNames, `${string}:setup`>>;

async function follow({ db }: Context, event: LogEvent, from: Address, to: Address, amount: bigint): Promise<void> {
  const { number: block, timestamp } = event.block;
  for (const [address, change] of [
    [from, -amount],
    [to, amount],
  ] as const) {
    const received = change > 0n ? change : 0n;
    const sent = change < 0n ? -change : 0n;
    await db
      .insert(account)
      .values({ address, balance: change, received, sent, updatedAt: timestamp })
      .onConflictDoUpdate((row) => ({
        balance: row.balance + change,
        received: row.received + received,
        sent: row.sent + sent,
        updatedAt: timestamp,
      }));
  }
  await db
    .insert(total)
    .values({ address: event.log.address, events: 1, timestamp })
    .onConflictDoUpdate((row) => ({ events: row.events + 1, timestamp }));
  await db
    .insert(day)
    .values({ day: Number(timestamp / 86_400n), volume: amount, events: 1 })
    .onConflictDoUpdate((row) => ({ volume: row.volume + amount, events: row.events + 1 }));
  const transaction = event.transaction.hash;
  await db.insert(entry).values({ id: event.id, from, to, amount, block, timestamp, transaction });
}

for (const name of ["PHA:Transfer", "VPHA:Transfer"] as const) {
  ponder.on(name, ({ event, context }) => follow(context, event, event.args.from, event.args.to, event.args.value));
}
for (const name of [
  "VPHA:PoolUpdated",
  "VPHA:Deposit",
  "VPHA:RedeemRequest",
  "VPHA:RedemptionRequested",
  "VPHA:RedemptionClaimed",
  "VPHA:Withdraw",
] as const) {
  ponder.on(name, ({ event, context }) => follow(context, event, event.log.address, event.transaction.from, 1n));
}
