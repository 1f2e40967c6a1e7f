/** What time does to workers: leases and attestations end, hours and days close. */
import { eq, gt, gte, inArray, or } from "ponder";
import type { Context } from "ponder:registry";
import {
  computeDay,
  computeHour,
  computeNetwork,
  gpuModel,
  gpuModelDay,
  gpuModelHour,
  worker,
  workerDay,
} from "ponder:schema";
import { settle } from "./maths/lease.ts";
import { DAY, HOUR } from "./maths/period.ts";
import { addToOperator, closeOperators } from "./operators.ts";
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
    await closeNetwork(context, HOUR, start);
    if (end % DAY !== 0n) continue;
    await closeNetwork(context, DAY, end - DAY);
    const network = await context.db.find(computeNetwork, { address: context.contracts.WorkerRegistry.address });
    if (network === null || network.workers === 0) continue;
    await closeWorkers(context, { start: end - DAY, end });
    await closeOperators(context, { start: end - DAY, end });
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

/** Closes the period of `length` seconds that starts at `start` for the network and the models. */
async function closeNetwork(context: Context, length: bigint, start: bigint): Promise<void> {
  const { db, contracts } = context;
  const end = start + length;
  const network = await db.find(computeNetwork, { address: contracts.WorkerRegistry.address });
  const pool = await findPool(context);
  if (network === null || pool === null) return;

  const table = length === HOUR ? computeHour : computeDay;
  const previous = await db.find(table, { start: start - length });
  const flow = (name: "weightHours" | "emitted" | "earned" | "claimed") =>
    pool[`${name}Cumulative`] - (previous?.[`${name}Cumulative`] ?? 0n);
  const { active, lapsed, exiting, exited, removed, attested } = network;
  const { heldGpus, attestedGpus, activeGpus, activeWeight } = network;
  const { collateral, required, pendingWithdrawals, reserved, slashedCumulative } = network;
  await db.insert(table).values({
    ...{ start, end },
    ...{ active, lapsed, exiting, exited, removed, attested, heldGpus, attestedGpus, activeGpus, activeWeight },
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

  const models = await Promise.all(network.models.map((model) => db.find(gpuModel, { model })));
  const rows = models.flatMap((row) => {
    if (row === null) return [];
    const { model, name, attestedWorkers, activeWorkers } = row;
    const gpus = { heldGpus: row.heldGpus, attestedGpus: row.attestedGpus, activeGpus: row.activeGpus };
    return [{ start, end, model, name, attestedWorkers, activeWorkers, activeWeight: row.activeWeight, ...gpus }];
  });
  if (rows.length !== 0) await db.insert(length === HOUR ? gpuModelHour : gpuModelDay).values(rows);
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
    const credit = earnedCumulative - row.creditedCumulative;
    if (credit !== 0n) await addToOperator(context, row.operator, day.end, { earnedCumulative: credit });
    await db.update(worker, { worker: key }).set({
      creditedCumulative: earnedCumulative,
      dayHoursCumulative: hoursUpCumulative,
      dayEarnedCumulative: earnedCumulative,
      dayClaimedCumulative: claimedCumulative,
    });
  }
}
