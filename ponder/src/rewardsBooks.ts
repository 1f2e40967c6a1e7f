/** The books of the workers' rewards, hour by hour: closed as the contract will close them, and as its events then say. */
import type { Context } from "ponder:registry";
import { emission, emissionStream, rewardsHour, rewardsPool } from "ponder:schema";
import type { Address } from "viem";
import { emittedTo } from "../../model/emission.ts";
import { type Books, type ClosedHour, closeHour, nextBooks } from "./maths/hours.ts";
import { type Accumulators, type Lease, boundariesOf } from "./maths/lease.ts";
import { HOUR } from "./maths/period.ts";

type Pool = typeof rewardsPool.$inferSelect;

/** The books as they are now, whatever is written later; null before the contract is there. */
export async function findPool({ db, contracts }: Context): Promise<Pool | null> {
  const pool = await db.find(rewardsPool, { address: contracts.WorkerRewards.address });
  return pool === null ? null : { ...pool };
}

/** The books. Throws before the contract's first event. */
export async function poolOf(context: Context): Promise<Pool> {
  const pool = await findPool(context);
  if (pool === null) throw new Error(`${context.contracts.WorkerRewards.address} has emitted nothing yet`);
  return pool;
}

/** Closes the hour that starts at `start`, and ends with the state that is in force. Returns how many leases end with it. */
export async function closeRewardsHour(context: Context, start: bigint): Promise<number> {
  const pool = await findPool(context);
  if (pool === null) return 0;
  const { emitted, owed } = await workersStream(context, pool, start);
  const left = pool.receivedCumulative + owed - pool.emittedCumulative;
  const closed = closeHour(pool, emitted, left > 0n ? left : 0n);
  const books = nextBooks(pool, closed);
  await context.db.insert(rewardsHour).values(hourRow(start, closed, books));
  await context.db
    .update(rewardsPool, { address: pool.address })
    .set({ ...bookColumns(books), hour: start + HOUR, ...leaseColumns(books) });
  return pool.leaseEnds[0] ?? 0;
}

/** Writes what the contract closed hours with: from the one that starts at `start` on, in order. */
export async function correctHours(
  context: Context,
  start: bigint,
  closings: readonly Omit<ClosedHour, "weight">[],
): Promise<void> {
  const { db } = context;
  const pool = await poolOf(context);
  let before = await db.find(rewardsHour, { start: start - HOUR });
  let time = start;
  for (const closed of closings) {
    const { weight } = (await db.find(rewardsHour, { start: time })) ?? { weight: 0 };
    const books = {
      ...closed,
      earnedCumulative: (before?.paidCumulative ?? 0n) + closed.paid,
      weightHoursCumulative: (before?.weightHoursCumulative ?? 0n) + BigInt(weight),
    };
    before = hourRow(time, { ...closed, weight }, books);
    await db.insert(rewardsHour).values(before).onConflictDoUpdate(withoutKey(before));
    time += HOUR;
  }
  if (before === null) return;
  const { reserve, accumulator, paidCumulative: earnedCumulative, weightHoursCumulative } = before;
  // Every wei of the books is paid by an hour or in the reserve.
  const emittedCumulative = earnedCumulative + reserve;
  await db
    .update(rewardsPool, { address: pool.address })
    .set(bookColumns({ reserve, accumulator, earnedCumulative, weightHoursCumulative, emittedCumulative }));
}

/** PHA that the workers' stream emitted in the hour that starts at `start`, and what the emission vault owes at its end. */
export async function workersStream({ db, contracts }: Context, pool: Pool, start: bigint) {
  const row = await db.find(emission, { address: contracts.EmissionVault.address });
  const stream = await db.find(emissionStream, { stream: "workers" });
  if (row === null || stream === null) return { emitted: 0n, owed: 0n };
  const to = (time: bigint) => emittedTo("workers", row.budget, time - row.start);
  const isSink = stream.sink === pool.address;
  return {
    emitted: to(start + HOUR) - to(start),
    owed: isSink ? to(start + HOUR) - stream.pulledCumulative : pool.pendingSettled,
  };
}

/** What the emission vault has set aside for `sink`, which is not the workers' sink any more: it counts if it is the contract. */
export async function recordSettled(context: Context, sink: Address, pendingSettled: bigint): Promise<void> {
  const pool = await findPool(context);
  if (pool === null || sink !== pool.address) return;
  await context.db.update(rewardsPool, { address: pool.address }).set({ pendingSettled });
}

/** What {@link Lease} needs to be settled in `hour`. */
export async function accumulatorsFor({ db }: Context, lease: Lease, hour: bigint): Promise<Accumulators> {
  const found = new Map<bigint, bigint>();
  for (const time of boundariesOf(lease, hour)) {
    found.set(time, (await db.find(rewardsHour, { start: time - HOUR }))?.accumulator ?? 0n);
  }
  return found;
}

/** The columns that say what leases come to. */
export function leaseColumns({ weights, leaseEnds }: Pick<Books, "weights" | "leaseEnds">) {
  const [weight = 0, nextWeight = 0] = weights;
  return { weights: [...weights], weight, nextWeight, leaseEnds: [...leaseEnds] };
}

type Sums = Pick<Pool, "reserve" | "emittedCumulative" | "earnedCumulative" | "weightHoursCumulative" | "accumulator">;

function bookColumns(books: Sums): Sums {
  const { reserve, emittedCumulative, earnedCumulative, weightHoursCumulative, accumulator } = books;
  return { reserve, emittedCumulative, earnedCumulative, weightHoursCumulative, accumulator };
}

function hourRow(
  start: bigint,
  { weight, emitted, paid, reserve, accumulator }: ClosedHour,
  { earnedCumulative, weightHoursCumulative }: Pick<Sums, "earnedCumulative" | "weightHoursCumulative">,
) {
  return {
    start,
    end: start + HOUR,
    weight,
    emitted,
    paid,
    reserve,
    accumulator,
    paidCumulative: earnedCumulative,
    weightHoursCumulative,
  };
}

function withoutKey({ start: _, ...columns }: ReturnType<typeof hourRow>) {
  return columns;
}
