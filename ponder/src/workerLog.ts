/** Changes of a worker: its row, its history, and what it adds to the network's sums. */
import type { Context } from "ponder:registry";
import { computeNetwork, gpuModel, worker, workerEvent } from "ponder:schema";
import type { Address, Hex } from "viem";
import type { Occurrence } from "./attestationPolicy.ts";
import { contributionOf, judge, sumsAfter } from "./maths/worker.ts";
import { tallyOperators } from "./operators.ts";

export type WorkerRow = typeof worker.$inferSelect;
type History = typeof workerEvent.$inferInsert;

/** When something happened; time alone has neither block nor transaction. */
export interface Moment {
  readonly id: string;
  readonly block: bigint | null;
  readonly timestamp: bigint;
  readonly transaction: Hex | null;
}

/** Sums of the network that only grow, and by how much. */
export type Flows = Partial<Record<"addedCumulative" | "paidCumulative" | "slashedCumulative", bigint>>;

/** What the history says, besides when it was and the state after it. */
export type Entry = Omit<Partial<History>, "kind"> & Pick<History, "kind">;

/** Digits of an event's id: time, chain, block, transaction, type, number. */
const ID_DIGITS = { time: 10, all: 75 };

/** The moment of an event. */
export function momentOf({ id, block, transaction }: Occurrence): Moment {
  return { id, block: block.number, timestamp: block.timestamp, transaction: transaction.hash };
}

/** The second `timestamp`, before all that happens in its block. The id orders among those of events. */
export function secondOf(timestamp: bigint): Moment {
  const id = String(timestamp).padStart(ID_DIGITS.time, "0").padEnd(ID_DIGITS.all, "0");
  return { id, block: null, timestamp, transaction: null };
}

/** The moment for one of several entries of it. */
export function momentFor(moment: Moment, key: Hex, kind: Entry["kind"]): Moment {
  return { ...moment, id: `${moment.id}-${key.slice(2)}-${kind}` };
}

/** The worker as it is now, whatever is written later. Throws if it never registered. */
export async function workerOf({ db }: Context, key: Address): Promise<WorkerRow> {
  const row = await db.find(worker, { worker: key });
  if (row === null) throw new Error(`${key} is no worker`);
  return { ...row };
}

/** Changes a worker and writes `entry` into its history. State and lapse follow from the rest, unless `change` names a state. */
export async function changeWorker(
  context: Context,
  moment: Moment,
  key: Address,
  change: Partial<WorkerRow>,
  entry: Entry,
  flows: Flows = {},
): Promise<WorkerRow> {
  const before = await workerOf(context, key);
  const draft = { ...before, ...change };
  const judged = judge(draft, moment.timestamp);
  const isTransition = judged.state !== before.state || judged.lapse !== before.lapse;
  const stateSince = isTransition ? moment.timestamp : before.stateSince;
  const set = { ...change, ...judged, stateSince, updatedAt: moment.timestamp };
  await context.db.update(worker, { worker: key }).set(set);
  await record(context, moment, key, { ...judged, isTransition, ...entry });
  const after = { ...before, ...set };
  await tally(context, moment.timestamp, before, after, flows);
  return after;
}

/** Adds a worker that has just registered. */
export async function addWorker(context: Context, moment: Moment, row: WorkerRow, entry: Entry): Promise<void> {
  await context.db.insert(worker).values(row);
  await record(context, moment, row.worker, { state: row.state, lapse: row.lapse, isTransition: true, ...entry });
  await tally(context, moment.timestamp, null, row, {});
}

async function record(
  { db }: Context,
  { id, block, timestamp, transaction }: Moment,
  key: Address,
  entry: Entry & Pick<History, "state" | "isTransition">,
): Promise<void> {
  await db.insert(workerEvent).values({ id, worker: key, block, timestamp, transaction, ...entry });
}

/** Moves the network's sums, and those of the models, from what the worker added before to what it adds now. */
async function tally(
  context: Context,
  timestamp: bigint,
  before: WorkerRow | null,
  after: WorkerRow,
  flows: Flows,
): Promise<void> {
  const { db, contracts } = context;
  const [from, to] = [contributionOf(before), contributionOf(after)];
  await db.update(computeNetwork, { address: contracts.WorkerRegistry.address }).set((row) => ({
    ...sumsAfter(row, from, to),
    addedCumulative: row.addedCumulative + (flows.addedCumulative ?? 0n),
    paidCumulative: row.paidCumulative + (flows.paidCumulative ?? 0n),
    slashedCumulative: row.slashedCumulative + (flows.slashedCumulative ?? 0n),
    updatedAt: timestamp,
  }));
  await tallyModels(context, before, after);
  await tallyOperators(context, timestamp, before, after, flows);
}

/** The same for the models of GPUs. */
async function tallyModels({ db }: Context, before: WorkerRow | null, after: WorkerRow): Promise<void> {
  for (const [row, sign] of [
    [before, -1],
    [after, 1],
  ] as const) {
    const { active, activeGpus, activeWeight, attested, attestedGpus } = contributionOf(row);
    if (row === null || active + attested === 0) continue;
    await db.update(gpuModel, { model: row.model }).set((sums) => ({
      attestedWorkers: sums.attestedWorkers + sign * attested,
      attestedGpus: sums.attestedGpus + sign * attestedGpus,
      activeWorkers: sums.activeWorkers + sign * active,
      activeGpus: sums.activeGpus + sign * activeGpus,
      activeWeight: sums.activeWeight + sign * activeWeight,
    }));
  }
}
