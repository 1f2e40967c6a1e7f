/**
 * Closes the hours and days that have ended. Every handler calls {advance} before it changes anything, and so does the
 * head of the chain: whatever moves time closes, with the state that was in force at their end, all periods that time
 * has passed, those without events too.
 */
import type { Context } from "ponder:registry";
import { clock, token, vault, vaultDay, vaultHour } from "ponder:schema";
import { closeEmission } from "./emissionSeries.ts";
import { DAY, HOUR, closedSince, startOf } from "./maths/period.ts";
import { type Previous, snapshotOf } from "./maths/snapshot.ts";
import { emissionOf, poolOf } from "./maths/vault.ts";
import { NEVER } from "./maths/worker.ts";
import { closeSupply } from "./supplySeries.ts";
import { advanceWorkers } from "./workerSeries.ts";

const ID = { id: "clock" };

/** The last event that brought the series up to its block, or found them there. */
let known = { hash: "", id: "" };

/**
 * Brings the series up to `timestamp`. Cheap while no hour, and no worker's attestation, has ended.
 *
 * @param event What it is for. Costs nothing if an event of the same block asked before: what is planned in a block is for later.
 * Only one that comes after that event is sure that nothing was rolled back in between: otherwise the clock is looked at.
 */
export async function advance(
  context: Context,
  { timestamp }: { timestamp: bigint },
  event?: { id: string; block: { hash: string } },
): Promise<void> {
  const isKnown = event !== undefined && known.hash === event.block.hash && known.id < event.id;
  if (!isKnown) await advanceTo(context, timestamp);
  if (event !== undefined) known = { hash: event.block.hash, id: event.id };
}

async function advanceTo(context: Context, timestamp: bigint): Promise<void> {
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
  for (const [length, starts] of [
    [HOUR, hours],
    [DAY, days],
  ] as const) {
    await closeSupply(context, length, starts);
    await closeEmission(context, length, starts);
  }
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
