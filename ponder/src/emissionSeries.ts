/** The emission by hour and by day. */
import type { Context } from "ponder:registry";
import { emission, emissionDay, emissionHour, emissionStream } from "ponder:schema";
import { STREAMS, emittedTo } from "../../model/emission.ts";
import { HOUR, eachPeriod } from "./maths/period.ts";
import { emittedBetween } from "./maths/snapshot.ts";

/** Closes the periods of `length` seconds that start at `starts`, with the state that is in force. */
export async function closeEmission(
  { db, contracts }: Context,
  length: bigint,
  starts: readonly bigint[],
): Promise<void> {
  const [first] = starts;
  const row = await db.find(emission, { address: contracts.EmissionVault.address });
  if (first === undefined || row === null) return;

  const pulled = { stakers: 0n, workers: 0n, treasury: 0n };
  for (const stream of STREAMS) pulled[stream] = (await db.find(emissionStream, { stream }))?.pulledCumulative ?? 0n;
  const table = length === HOUR ? emissionHour : emissionDay;
  const before: typeof emissionDay.$inferInsert | null = await db.find(table, { start: first - length });
  const rows = eachPeriod(starts, before, (start, previous) => {
    const end = start + length;
    const emittedIn = (stream: (typeof STREAMS)[number]) =>
      emittedTo(stream, row.budget, end - row.start) - emittedTo(stream, row.budget, start - row.start);
    return {
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
  });
  await db.insert(table).values(rows);
}
