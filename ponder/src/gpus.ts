/** GPUs: who holds which. */
import type { Context } from "ponder:registry";
import { computeNetwork, gpu, gpuEvent, gpuModel } from "ponder:schema";
import type { Address, Hex } from "viem";
import type { Occurrence } from "./attestationPolicy.ts";

/**
 * An attestation of `worker` names `gpuIds`, and not those of `former` any more. Returns whether one of them was another worker's
 * before, whatever has become of that.
 */
export async function nameGpus(
  context: Context,
  event: Occurrence,
  options: {
    readonly worker: Address;
    readonly model: Hex;
    readonly gpuIds: readonly Hex[];
    readonly former: readonly Hex[];
    readonly attestedBlock: bigint;
  },
): Promise<boolean> {
  const { worker, model, gpuIds, attestedBlock } = options;
  const { db } = context;
  const { timestamp } = event.block;
  const dropped = options.former.filter((id) => !gpuIds.includes(id));
  await releaseGpus(context, event, worker, dropped);
  let isMoved = false;
  for (const id of gpuIds) {
    const known = await db.find(gpu, { id });
    if (known !== null && known.worker !== worker) isMoved = true;
    // What was found shows what is written later.
    const held = known?.isHeld === true ? { worker: known.worker, model: known.model, since: known.since } : null;
    const isSame = held?.worker === worker;
    const set = { worker, isHeld: true, since: isSame ? held.since : timestamp, model, attestedBlock };
    await db
      .insert(gpu)
      .values({ id, ...set, firstSeenAt: timestamp })
      .onConflictDoUpdate(set);
    if (held !== null) await count(context, held.model, -1);
    await count(context, model, 1);
    if (isSame) continue;
    const former = held?.worker ?? null;
    await record(context, event, { gpu: id, kind: former === null ? "named" : "taken", worker, former, model });
  }
  return isMoved;
}

/** The GPUs of `ids` that `worker` still holds are free. */
export async function releaseGpus(
  context: Context,
  event: Occurrence,
  worker: Address,
  ids: readonly Hex[],
): Promise<void> {
  for (const id of ids) {
    const known = await context.db.find(gpu, { id });
    if (known === null || known.worker !== worker || !known.isHeld) continue;
    const { model } = known;
    await context.db.update(gpu, { id }).set({ isHeld: false, since: event.block.timestamp });
    await count(context, model, -1);
    await record(context, event, { gpu: id, kind: "released", worker, former: null, model });
  }
}

async function record(
  { db }: Context,
  { id, block, transaction }: Occurrence,
  entry: Pick<typeof gpuEvent.$inferInsert, "gpu" | "kind" | "worker" | "former" | "model">,
): Promise<void> {
  const at = { block: block.number, timestamp: block.timestamp, transaction: transaction.hash };
  await db.insert(gpuEvent).values({ id: `${id}-${entry.gpu.slice(2)}`, ...entry, ...at });
}

async function count({ db, contracts }: Context, model: Hex, by: number): Promise<void> {
  await db.update(gpuModel, { model }).set((row) => ({ heldGpus: row.heldGpus + by }));
  await db
    .update(computeNetwork, { address: contracts.WorkerRegistry.address })
    .set((row) => ({ heldGpus: row.heldGpus + by }));
}
