/**
 * Whether workers' attestations still hold, and whether a GPU of another worker's still keeps them from a lease. Nothing happens on
 * chain when one expires, or when a switch or a wait ends: workers are looked at again in each second in which one does, and after
 * each decision about all of them.
 */
import { and, asc, eq, gt, inArray, lte, ne } from "ponder";
import type { Context } from "ponder:registry";
import {
  attestationPolicy,
  attestedKey,
  clock,
  computeNetwork,
  killSwitch,
  worker,
  workerStanding,
} from "ponder:schema";
import type { Address } from "viem";
import { NEVER, isStaying } from "./maths/worker.ts";
import { type Moment, changeWorker, momentFor, secondOf } from "./workerLog.ts";

const CLOCK = { id: "clock" };
const STAYING = ["active", "lapsed"] as const;

/** Looks at the workers in each second up to `until` in which an attestation, a switch or a wait ends. */
export async function reviewUntil(context: Context, until: bigint): Promise<void> {
  for (;;) {
    const open = await context.db.find(clock, CLOCK);
    if (open === null || open.review > until) return;
    await review(context, secondOf(open.review));
  }
}

/** Looks at the workers in `block`, if something in it asked for that: see {@link noteAttested}. */
export async function reviewHead(context: Context, id: string, block: { number: bigint; timestamp: bigint }) {
  const open = await context.db.find(clock, CLOCK);
  if (open === null || open.review > block.timestamp + 1n) return;
  await review(context, { id, block: block.number, timestamp: block.timestamp, transaction: null });
}

/** Lets the workers be looked at in the second `time`, if not before. */
export async function planReview({ db }: Context, time: bigint): Promise<void> {
  const open = await db.find(clock, CLOCK);
  if (open !== null && time < open.review) await db.update(clock, CLOCK).set({ review: time });
}

/**
 * A key has attested. If it is a worker's that was judged before the last decision, the worker is lapsed unless the registry of
 * workers is shown the same in this block: so it is looked at when the block is over. One that was judged after it stays what it
 * is until the next decision.
 */
export async function noteAttested(
  context: Context,
  { key, blockNumber, timestamp }: { key: Address; blockNumber: bigint; timestamp: bigint },
): Promise<void> {
  const { contracts, db } = context;
  const row = await db.find(worker, { worker: key });
  if (row === null || !isStaying(row) || row.attestedBlock === blockNumber) return;
  const policy = await db.find(attestationPolicy, { address: contracts.AttestationRegistry.address });
  if (policy === null || row.stampedEpoch === policy.epoch) return;
  await planReview(context, timestamp + 1n);
}

/** Writes down whose attestation holds no longer, or holds again, and who waits no longer, at `moment`. */
export async function review(context: Context, moment: Moment): Promise<void> {
  const { db, contracts } = context;
  const network = await db.find(computeNetwork, { address: contracts.WorkerRegistry.address });
  if (network !== null && network.active + network.lapsed > 0) {
    for (const { worker: key, isAttested, attestation } of await changedAt(context, moment.timestamp)) {
      // If no decision did it, the key attested to something else before this moment.
      const isAlone = attestation === "superseded" && moment.transaction === null;
      const last = isAlone ? await db.find(attestedKey, { key }) : null;
      const at =
        last === null ? moment : { ...secondOf(last.lastAttestedAt), block: last.block, transaction: last.transaction };
      const kind = isAttested ? "attestation_restored" : "attestation_ended";
      await changeWorker(context, momentFor(at, key, kind), key, { isAttested }, { kind, attestation });
    }
    for (const key of await waitedUntil(context, moment.timestamp)) {
      const kind = "gpu_move_ended";
      await changeWorker(context, momentFor(moment, key, kind), key, {}, { kind });
    }
  }
  await db.update(clock, CLOCK).set({ review: await nextAfter(context, moment.timestamp) });
}

/** The workers that stay and are not what is known of them at `timestamp`. */
async function changedAt({ db, contracts }: Context, timestamp: bigint) {
  const registry = { address: contracts.AttestationRegistry.address };
  const policy = await db.find(attestationPolicy, registry);
  if (policy === null) return [];
  const { timestamp: clockOfPolicy } = policy;
  // The view answers as of the policy's clock.
  await db.update(attestationPolicy, registry).set({ timestamp });
  const { attestation, isAttested } = workerStanding;
  const changed = await db.sql
    .select({ worker: workerStanding.worker, isAttested, attestation })
    .from(workerStanding)
    .innerJoin(worker, eq(worker.worker, workerStanding.worker))
    .where(and(inArray(worker.state, [...STAYING]), ne(worker.isAttested, isAttested)));
  await db.update(attestationPolicy, registry).set({ timestamp: clockOfPolicy });
  return changed;
}

/** The workers that only a GPU of another's kept from a lease, until `timestamp`. */
async function waitedUntil({ db }: Context, timestamp: bigint): Promise<Address[]> {
  const rows = await db.sql
    .select({ key: worker.worker })
    .from(worker)
    .where(and(eq(worker.lapse, "gpu_moved"), lte(worker.gpuMovedUntil, timestamp)))
    .orderBy(asc(worker.worker));
  return rows.map(({ key }) => key);
}

/** The next second in which an attestation, a wait or a switch ends. */
async function nextAfter({ db }: Context, timestamp: bigint): Promise<bigint> {
  const [key] = await db.sql
    .select({ validUntil: worker.validUntil })
    .from(worker)
    .where(and(eq(worker.isAttested, true), inArray(worker.state, [...STAYING]), gt(worker.validUntil, timestamp)))
    .orderBy(asc(worker.validUntil))
    .limit(1);
  const [moved] = await db.sql
    .select({ until: worker.gpuMovedUntil })
    .from(worker)
    .where(and(inArray(worker.state, [...STAYING]), gt(worker.gpuMovedUntil, timestamp)))
    .orderBy(asc(worker.gpuMovedUntil))
    .limit(1);
  const [off] = await db.sql
    .select({ until: killSwitch.until })
    .from(killSwitch)
    .where(and(gt(killSwitch.until, timestamp), eq(killSwitch.isConfirmed, false)))
    .orderBy(asc(killSwitch.until))
    .limit(1);
  return [key?.validUntil, moved?.until, off?.until].reduce<bigint>(
    (first, time) => (time !== undefined && time < first ? time : first),
    NEVER,
  );
}
