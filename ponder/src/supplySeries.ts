/** The supply by hour and by day, with its buckets. */
import type { Context } from "ponder:registry";
import { supplyBucketDay, supplyBucketHour, supplyDay, supplyHour, token } from "ponder:schema";
import { HOUR, eachPeriod } from "./maths/period.ts";
import { addressesOf, bucketsOf } from "./supply.ts";

/** Closes the periods of `length` seconds that start at `starts`, with the state that is in force. */
export async function closeSupply(context: Context, length: bigint, starts: readonly bigint[]): Promise<void> {
  const { db, contracts } = context;
  const [first] = starts;
  const row = await db.find(token, { address: contracts.PHA.address });
  if (first === undefined || row === null) return;

  const { totalSupply, circulating, staked, burnedCumulative, transfersCumulative, holders } = row;
  const table = length === HOUR ? supplyHour : supplyDay;
  const before: typeof supplyDay.$inferInsert | null = await db.find(table, { start: first - length });
  const rows = eachPeriod(starts, before, (start, previous) => ({
    start,
    end: start + length,
    ...{ totalSupply, circulating, staked },
    burned: burnedCumulative - (previous?.burnedCumulative ?? 0n),
    burnedCumulative,
    transfers: transfersCumulative - (previous?.transfersCumulative ?? 0),
    transfersCumulative,
    holders,
  }));
  await db.insert(table).values(rows);

  const buckets = await bucketsOf(context, addressesOf(row));
  await db
    .insert(length === HOUR ? supplyBucketHour : supplyBucketDay)
    .values(
      starts.flatMap((start) =>
        buckets.map(({ address, name, balance }) => ({ address, start, end: start + length, name, balance })),
      ),
    );
}
