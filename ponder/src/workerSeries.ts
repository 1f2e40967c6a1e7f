/** What time does to workers: leases and attestations end, hours and days close. */
import { eq, gt, gte, inArray, or } from "ponder";
import type { Context } from "ponder:registry";
import { computeDay, computeNetwork, gpuModel, gpuModelDay, worker, workerDay } from "ponder:schema";
import type { Hex } from "viem";
import { settle } from "./maths/lease.ts";
import { DAY, HOUR } from "./maths/period.ts";
import { accumulatorsFor, closeRewardsHour, findPool } from "./rewardsBooks.ts";
import { changeWorker, momentFor, secondOf } from "./workerLog.ts";
import { reviewUntil } from "./workerReview.ts";

/** Closes the hours that start at `starts`, with the days that end with them, and brings the workers up to `timestamp`. */
export async function advanceWorkers(context: Context, starts: readonly bigint[], timestamp: bigint): Promise<void> {
  for (const start of starts) {
    const end = start + HOUR;
    await reviewUntil(context, end);
    const ending = await closeRewardsHour(context, start);
    if (ending !== 0) await endLeases(context, end);
    if (end % DAY === 0n) await closeDay(context, end - DAY);
  }
  await reviewUntil(context, timestamp);
}

async function endLeases(context: Context, end: bigint): Promise<void> {
  const ended = await context.db.sql.select({ key: worker.worker }).from(worker).where(eq(worker.leaseEnd, end));
  for (const { key } of ended) {
    const moment = momentFor(secondOf(end), key, "lease_ended");
    await changeWorker(context, moment, key, {}, { kind: "lease_ended", until: end });
  }
}

async function closeDay(context: Context, start: bigint): Promise<void> {
  const { db, contracts } = context;
  const end = start + DAY;
  const network = await db.find(computeNetwork, { address: contracts.WorkerRegistry.address });
  const pool = await findPool(context);
  if (network === null || pool === null) return;

  const previous = await db.find(computeDay, { start: start - DAY });
  const flow = (name: "weightHours" | "emitted" | "earned" | "claimed") =>
    pool[`${name}Cumulative`] - (previous?.[`${name}Cumulative`] ?? 0n);
  const { active, lapsed, exiting, exited, removed, heldGpus, activeGpus, activeWeight } = network;
  const { collateral, required, pendingWithdrawals, reserved, slashedCumulative } = network;
  await db.insert(computeDay).values({
    ...{ start, end },
    ...{ active, lapsed, exiting, exited, removed, heldGpus, activeGpus, activeWeight },
    ...{ collateral, required, pendingWithdrawals, reserved },
    weight: pool.weight,
    reserve: pool.reserve,
    ceiling: pool.ceiling,
    weightHours: flow("weightHours"),
    emitted: flow("emitted"),
    earned: flow("earned"),
    claimed: flow("claimed"),
    slashed: slashedCumulative - (previous?.slashedCumulative ?? 0n),
    weightHoursCumulative: pool.weightHoursCumulative,
    emittedCumulative: pool.emittedCumulative,
    earnedCumulative: pool.earnedCumulative,
    claimedCumulative: pool.claimedCumulative,
    slashedCumulative,
  });
  await closeModels(context, network.models, { start, end });
  if (network.workers !== 0) await closeWorkers(context, { start, end });
}

async function closeModels(
  { db }: Context,
  models: readonly Hex[],
  day: { start: bigint; end: bigint },
): Promise<void> {
  const rows = await Promise.all(models.map((model) => db.find(gpuModel, { model })));
  await db.insert(gpuModelDay).values(
    rows.flatMap((row) => {
      if (row === null) return [];
      const { model, name, heldGpus, activeGpus, activeWorkers, activeWeight } = row;
      return [{ ...day, model, name, heldGpus, activeGpus, activeWorkers, activeWeight }];
    }),
  );
}

async function closeWorkers(context: Context, day: { start: bigint; end: bigint }): Promise<void> {
  const { db } = context;
  const rows = await db.sql
    .select()
    .from(worker)
    .where(
      or(
        inArray(worker.state, ["active", "lapsed"]),
        gt(worker.leaseEnd, day.start),
        gte(worker.lastClaimedAt, day.start),
      ),
    );
  for (const row of rows) {
    const { worker: key, state, lapse, claimedCumulative } = row;
    const settled = settle(row, day.end, await accumulatorsFor(context, row, day.end));
    const earnedCumulative = claimedCumulative + settled.accrued;
    const hoursUpCumulative = settled.settledHoursCumulative;
    await db.insert(workerDay).values({
      ...day,
      ...{ worker: key, state, lapse },
      hoursUp: hoursUpCumulative - row.dayHoursCumulative,
      earned: earnedCumulative - row.dayEarnedCumulative,
      claimed: claimedCumulative - row.dayClaimedCumulative,
      ...{ hoursUpCumulative, earnedCumulative, claimedCumulative },
    });
    await db.update(worker, { worker: key }).set({
      dayHoursCumulative: hoursUpCumulative,
      dayEarnedCumulative: earnedCumulative,
      dayClaimedCumulative: claimedCumulative,
    });
  }
}
