/**
 * Closes the hours and days that have ended. Every handler calls {advance} before it changes anything, and so does the
 * head of the chain: whatever moves time closes, with the state that was in force at their end, all periods that time
 * has passed, those without events too.
 */
import type { Context } from "ponder:registry";
import {
  clock,
  emission,
  emissionDay,
  emissionStream,
  supplyDay,
  token,
  vault,
  vaultDay,
  vaultHour,
} from "ponder:schema";
import { STREAMS, emittedTo } from "../../model/emission.ts";
import { DAY, HOUR, closedSince, startOf } from "./maths/period.ts";
import { type Previous, emittedBetween, snapshotOf } from "./maths/snapshot.ts";
import { emissionOf, poolOf } from "./maths/vault.ts";
import { NEVER } from "./maths/worker.ts";
import { advanceWorkers } from "./workerSeries.ts";

const ID = { id: "clock" };

/** Brings the series up to `timestamp`. Cheap while no hour, and no worker's attestation, has ended. */
export async function advance(context: Context, { timestamp }: { timestamp: bigint }): Promise<void> {
  const { db } = context;
  const open = await db.find(clock, ID);
  if (open !== null && timestamp < open.hour + HOUR && timestamp < open.review) return;

  const next = { hour: startOf(HOUR, timestamp), day: startOf(DAY, timestamp) };
  if (open === null) {
    await db.insert(clock).values({ ...ID, ...next, review: NEVER });
    return;
  }
  const hours = closedSince(HOUR, open.hour, timestamp);
  const days = closedSince(DAY, open.day, timestamp);
  await closeVault(context, vaultHour, HOUR, hours);
  await closeVault(context, vaultDay, DAY, days);
  await closeSupply(context, days);
  await closeEmission(context, days);
  await advanceWorkers(context, hours, timestamp);
  await db.update(clock, ID).set(next);
}

async function closeVault(
  { db, contracts }: Context,
  table: typeof vaultHour | typeof vaultDay,
  length: bigint,
  starts: readonly bigint[],
): Promise<void> {
  const [first] = starts;
  const row = await db.find(vault, { address: contracts.VPHA.address });
  const pha = await db.find(token, { address: contracts.PHA.address });
  if (first === undefined || row === null) return;

  const state = { pool: poolOf(row), emission: emissionOf(row), standing: row, supply: pha?.totalSupply ?? 0n };
  let previous: Previous | undefined = (await db.find(table, { start: first - length })) ?? undefined;
  const rows = starts.map((start) => {
    const closed = snapshotOf({ ...state, start, length, previous });
    previous = closed;
    return closed;
  });
  await db.insert(table).values(rows);
}

async function closeSupply({ db, contracts }: Context, starts: readonly bigint[]): Promise<void> {
  const [first] = starts;
  const row = await db.find(token, { address: contracts.PHA.address });
  if (first === undefined || row === null) return;

  const { totalSupply, burnedCumulative, transfersCumulative, holders } = row;
  let previous = await db.find(supplyDay, { start: first - DAY });
  const rows = starts.map((start) => {
    const closed = {
      start,
      end: start + DAY,
      totalSupply,
      burned: burnedCumulative - (previous?.burnedCumulative ?? 0n),
      burnedCumulative,
      transfers: transfersCumulative - (previous?.transfersCumulative ?? 0),
      transfersCumulative,
      holders,
    };
    previous = closed;
    return closed;
  });
  await db.insert(supplyDay).values(rows);
}

async function closeEmission({ db, contracts }: Context, starts: readonly bigint[]): Promise<void> {
  const [first] = starts;
  const row = await db.find(emission, { address: contracts.EmissionVault.address });
  if (first === undefined || row === null) return;

  const pulled = { stakers: 0n, workers: 0n, treasury: 0n };
  for (const stream of STREAMS) pulled[stream] = (await db.find(emissionStream, { stream }))?.pulledCumulative ?? 0n;
  let previous = await db.find(emissionDay, { start: first - DAY });
  const rows = starts.map((start) => {
    const end = start + DAY;
    const emittedIn = (stream: (typeof STREAMS)[number]) =>
      emittedTo(stream, row.budget, end - row.start) - emittedTo(stream, row.budget, start - row.start);
    const closed = {
      start,
      end,
      emitted: emittedBetween(row, start, end),
      emittedStakers: emittedIn("stakers"),
      emittedWorkers: emittedIn("workers"),
      emittedTreasury: emittedIn("treasury"),
      emittedCumulative: emittedBetween(row, row.start, end),
      pulledStakers: pulled.stakers - (previous?.pulledStakersCumulative ?? 0n),
      pulledWorkers: pulled.workers - (previous?.pulledWorkersCumulative ?? 0n),
      pulledTreasury: pulled.treasury - (previous?.pulledTreasuryCumulative ?? 0n),
      pulledStakersCumulative: pulled.stakers,
      pulledWorkersCumulative: pulled.workers,
      pulledTreasuryCumulative: pulled.treasury,
    };
    previous = closed;
    return closed;
  });
  await db.insert(emissionDay).values(rows);
}
