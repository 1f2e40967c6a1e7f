/** WorkerRewards: leases, hours, claims, the ceiling. */
import { type Context, type Event, ponder } from "ponder:registry";
import { ceilingChange, rewardsClaim, rewardsHour, rewardsPayout, rewardsPool, worker } from "ponder:schema";
import { ensureNetwork } from "./catalog.ts";
import { NO_LEASES } from "./maths/hours.ts";
import { extend, grant, isProlonged, rebook, settle } from "./maths/lease.ts";
import { HOUR, startOf } from "./maths/period.ts";
import { addToOperator } from "./operators.ts";
import { setParameters } from "./parameters.ts";
import { accumulatorsFor, correctHours, leaseColumns, poolOf, workersStream } from "./rewardsBooks.ts";
import { advance } from "./series.ts";
import { changeWorker, momentOf, workerOf } from "./workerLog.ts";

ponder.on("WorkerRewards:CeilingChanged", async ({ event, context }) => {
  const { ceiling } = event.args;
  const { db } = context;
  const { number: block, timestamp } = event.block;
  await advance(context, event.block);
  await ensureNetwork(context, timestamp);
  await db
    .insert(rewardsPool)
    .values({
      address: event.log.address,
      hour: startOf(HOUR, timestamp),
      ...leaseColumns(NO_LEASES),
      ceiling,
      reserve: 0n,
      ...{ emittedCumulative: 0n, earnedCumulative: 0n, claimedCumulative: 0n, receivedCumulative: 0n },
      payouts: 0,
      pendingSettled: 0n,
      weightHoursCumulative: 0n,
      accumulator: 0n,
      updatedAt: timestamp,
    })
    .onConflictDoUpdate({ ceiling, updatedAt: timestamp });
  await setParameters(context, event, { ceiling });
  await db
    .insert(ceilingChange)
    .values({ id: event.id, ceiling, block, timestamp, transaction: event.transaction.hash });
});

// LEASES

ponder.on("WorkerRewards:LeaseGranted", async ({ event, context }) => {
  const { worker: key, weight } = event.args;
  const { db } = context;
  const { timestamp } = event.block;
  await advance(context, event.block);

  const before = await workerOf(context, key);
  const hour = startOf(HOUR, timestamp);
  const [from, end] = [secondsOf(event.args.from), secondsOf(event.args.end)];
  const after = grant(before, { from, end, weight }, hour, await accumulatorsFor(context, before, hour));
  const lease = {
    leaseFrom: after.leaseFrom,
    leaseEnd: after.leaseEnd,
    leaseWeight: after.leaseWeight,
    carryWeight: after.carryWeight,
    accrued: after.accrued,
    settledHoursCumulative: after.settledHoursCumulative,
    heartbeats: before.heartbeats + 1,
    lastHeartbeatAt: timestamp,
  };
  if (isProlonged(before, weight, hour)) await db.update(worker, { worker: key }).set(lease);
  else await changeWorker(context, momentOf(event), key, lease, { kind: "lease_granted", weight, until: end });

  const pool = await poolOf(context);
  await db
    .update(rewardsPool, { address: pool.address })
    .set({ ...leaseColumns(rebook(pool, hour, before, after)), updatedAt: timestamp });
});

ponder.on("WorkerRewards:LeasesExtended", async ({ event, context }) => {
  const { db } = context;
  const { timestamp } = event.block;
  await advance(context, event.block);

  const hour = startOf(HOUR, timestamp);
  const end = secondsOf(event.args.end);
  const pool = await poolOf(context);
  let leases: Parameters<typeof leaseColumns>[0] = pool;
  for (const key of event.args.workers) {
    const before = await workerOf(context, key);
    if (before.leaseEnd <= hour) throw new Error(`the lease of ${key} goes on, but it ended at ${before.leaseEnd}`);
    const after = extend(before, end);
    await db
      .update(worker, { worker: key })
      .set({ leaseEnd: after.leaseEnd, heartbeats: before.heartbeats + 1, lastHeartbeatAt: timestamp });
    leases = rebook(leases, hour, before, after);
  }
  await db.update(rewardsPool, { address: pool.address }).set({ ...leaseColumns(leases), updatedAt: timestamp });
});

// HOURS

ponder.on("WorkerRewards:HourClosed", async ({ event, context }) => {
  const { hour, weight, emitted, paid, reserve, accumulator } = event.args;
  await advance(context, event.block);
  const start = secondsOf(hour);
  const known = await context.db.find(rewardsHour, { start });
  if (known?.weight !== Number(weight)) {
    throw new Error(`the hour ${hour} closed with weight ${weight}, not with ${known?.weight}`);
  }
  await touch(context, event);
  const isKnown = known.emitted === emitted && known.reserve === reserve && known.accumulator === accumulator;
  if (!isKnown) await correctHours(context, start, [{ emitted, paid, reserve, accumulator }]);
});

ponder.on("WorkerRewards:HoursIdle", async ({ event, context }) => {
  await advance(context, event.block);
  const [from, to] = [secondsOf(event.args.from), secondsOf(event.args.to)];
  await touch(context, event);
  const pool = await poolOf(context);
  const before = await context.db.find(rewardsHour, { start: from - HOUR });
  if (pool.reserve === event.args.reserve && pool.earnedCumulative === (before?.paidCumulative ?? 0n)) return;

  // It came in otherwise than it looked: from the first hour on, as much as each emitted.
  let { emitted: left } = event.args;
  let reserve = event.args.reserve - left;
  const { accumulator } = pool;
  const closings = [];
  for (let start = from; start < to; start += HOUR) {
    const hour = await workersStream(context, pool, start);
    const emitted = hour.emitted < left ? hour.emitted : left;
    left -= emitted;
    reserve += emitted;
    closings.push({ emitted, paid: 0n, reserve, accumulator });
  }
  await correctHours(context, from, closings);
});

// CLAIMS

ponder.on("WorkerRewards:RewardsClaimed", async ({ event, context }) => {
  const { worker: key, operator, amount } = event.args;
  const { db } = context;
  const { number: block, timestamp } = event.block;
  await advance(context, event.block);

  const before = await workerOf(context, key);
  const hour = startOf(HOUR, timestamp);
  const settled = settle(before, hour, await accumulatorsFor(context, before, hour));
  if (settled.accrued !== amount) throw new Error(`${key} claimed ${amount}, not ${settled.accrued}`);
  await db.update(worker, { worker: key }).set({
    leaseFrom: settled.leaseFrom,
    carryWeight: settled.carryWeight,
    accrued: 0n,
    settledHoursCumulative: settled.settledHoursCumulative,
    claimedCumulative: before.claimedCumulative + amount,
    lastClaimedAt: timestamp,
    updatedAt: timestamp,
  });
  await addToOperator(context, operator, timestamp, { claimedCumulative: amount });
  await db
    .insert(rewardsClaim)
    .values({ id: event.id, worker: key, operator, amount, block, timestamp, transaction: event.transaction.hash });
});

ponder.on("WorkerRewards:RewardsPaid", async ({ event, context }) => {
  const { operator, receiver, assets, shares } = event.args;
  const { number: block, timestamp } = event.block;
  await advance(context, event.block);
  await context.db.update(rewardsPool, { address: event.log.address }).set((row) => ({
    claimedCumulative: row.claimedCumulative + assets,
    payouts: row.payouts + 1,
    updatedAt: timestamp,
  }));
  await addToOperator(context, operator, timestamp, { payouts: 1 });
  await context.db.insert(rewardsPayout).values({
    id: event.id,
    ...{ operator, receiver, assets, shares },
    ...{ block, timestamp, transaction: event.transaction.hash },
  });
});

ponder.on("WorkerRewards:RewardsPulled", async ({ event, context }) => {
  await advance(context, event.block);
  await context.db
    .update(rewardsPool, { address: event.log.address })
    .set({ receivedCumulative: event.args.received, updatedAt: event.block.timestamp });
});

async function touch(context: Context, { log, block }: Event<"WorkerRewards:HourClosed" | "WorkerRewards:HoursIdle">) {
  await context.db.update(rewardsPool, { address: log.address }).set({ updatedAt: block.timestamp });
}

function secondsOf(hour: number): bigint {
  return BigInt(hour) * HOUR;
}
