/** The emission: its epochs, what each stream was emitted, and what was pulled of it. */
import { type Context, type Event, ponder } from "ponder:registry";
import { emission, emissionEpoch, emissionPull, emissionStream, vault } from "ponder:schema";
import type { Hex } from "viem";
import {
  EPOCH_COUNT,
  EPOCH_LENGTH,
  STREAMS,
  type Stream,
  emissionCap,
  emitted,
  emittedBefore,
  streamShare,
} from "../../model/emission.ts";
import { setParameters } from "./parameters.ts";
import { recordSettled } from "./rewardsBooks.ts";
import { advance } from "./series.ts";
import { recordHarvest } from "./staking.ts";
import { addBucket } from "./supply.ts";

ponder.on("EmissionVault:Started", async ({ event, context }) => {
  const { startTime: start, budget, sinks } = event.args;
  const { db, contracts } = context;
  const { number: block, timestamp } = event.block;
  await advance(context, event.block);

  await db.insert(emission).values({
    address: event.log.address,
    budget,
    cap: emissionCap(budget),
    start,
    end: start + EPOCH_COUNT * EPOCH_LENGTH,
    ...emittedColumns({ budget, start }, timestamp),
    block,
    timestamp,
  });
  await db
    .insert(emissionEpoch)
    .values(Array.from({ length: Number(EPOCH_COUNT) }, (_, k) => epochRow(k, start, budget)));
  await db.insert(emissionStream).values(
    sinks.map((sink, i) => ({
      stream: streamOf(i),
      sink,
      pulledCumulative: 0n,
      pendingSettled: 0n,
      pulls: 0,
      updatedAt: timestamp,
    })),
  );
  await setParameters(context, event, Object.fromEntries(sinks.map((sink, i) => [`sink.${streamOf(i)}`, sink])));
  await db.update(vault, { address: contracts.VPHA.address }).set({ emissionBudget: budget, emissionStart: start });
});

ponder.on("EmissionVault:Pulled", async ({ event, context }) => {
  const { sink, amount, pulled } = event.args;
  const stream = streamOf(event.args.stream);
  await advance(context, event.block, event);
  await context.db.update(emissionStream, { stream }).set((row) => ({
    pulledCumulative: pulled,
    pulls: row.pulls + 1,
    updatedAt: event.block.timestamp,
  }));
  await record(context, event, { stream, kind: "pull", sink, amount, pulledCumulative: pulled });
  if (stream === "stakers") await recordHarvest(context, event);
});

ponder.on("EmissionVault:SinkReplaced", async ({ event, context }) => {
  const { oldSink, newSink, settled, pulled } = event.args;
  const stream = streamOf(event.args.stream);
  await advance(context, event.block);
  await context.db.update(emissionStream, { stream }).set((row) => ({
    sink: newSink,
    pulledCumulative: pulled,
    // With what the old sink had not pulled, and without what had been reserved for the new one.
    pendingSettled: row.pendingSettled + pulled - row.pulledCumulative,
    updatedAt: event.block.timestamp,
  }));
  await record(context, event, { stream, kind: "settle", sink: oldSink, amount: settled, pulledCumulative: pulled });
  await setParameters(context, event, { [`sink.${stream}`]: newSink });
  await addBucket(context, { address: newSink, name: `${stream}_sink`, timestamp: event.block.timestamp });
  if (stream !== "workers") return;
  await recordSettled(context, oldSink, settled);
  await recordSettled(context, newSink, 0n);
});

ponder.on("EmissionVault:SettledPulled", async ({ event, context }) => {
  const { sink, amount } = event.args;
  const stream = streamOf(event.args.stream);
  await advance(context, event.block);
  const { pulledCumulative } = await context.db.update(emissionStream, { stream }).set((row) => ({
    pendingSettled: row.pendingSettled - amount,
    pulls: row.pulls + 1,
    updatedAt: event.block.timestamp,
  }));
  await record(context, event, { stream, kind: "pull_settled", sink, amount, pulledCumulative });
  if (stream === "workers") await recordSettled(context, sink, 0n);
});

/** Brings what has been emitted up to `block`. */
export async function refreshEmission(
  { db, contracts }: Context,
  { number: block, timestamp }: { number: bigint; timestamp: bigint },
): Promise<void> {
  const address = contracts.EmissionVault.address;
  const row = await db.find(emission, { address });
  if (row === null) return;
  await db.update(emission, { address }).set({ ...emittedColumns(row, timestamp), block, timestamp });
}

async function record(
  { db }: Context,
  {
    id,
    block,
    transaction,
  }: Event<"EmissionVault:Pulled" | "EmissionVault:SinkReplaced" | "EmissionVault:SettledPulled">,
  row: {
    stream: Stream;
    kind: "pull" | "settle" | "pull_settled";
    sink: Hex;
    amount: bigint;
    pulledCumulative: bigint;
  },
): Promise<void> {
  await db
    .insert(emissionPull)
    .values({ id, ...row, block: block.number, timestamp: block.timestamp, transaction: transaction.hash });
}

function streamOf(index: number): Stream {
  const stream = STREAMS[index];
  if (stream === undefined) throw new Error(`The emission vault named stream ${index}; known are ${STREAMS.length}.`);
  return stream;
}

function emittedColumns({ budget, start }: { budget: bigint; start: bigint }, timestamp: bigint) {
  const total = emitted(budget, timestamp - start);
  return {
    emittedCumulative: total,
    emittedStakersCumulative: streamShare("stakers", total),
    emittedWorkersCumulative: streamShare("workers", total),
    emittedTreasuryCumulative: streamShare("treasury", total),
  };
}

function epochRow(epoch: number, start: bigint, budget: bigint) {
  const before = emittedBefore(budget, BigInt(epoch));
  const after = emittedBefore(budget, BigInt(epoch) + 1n);
  const share = (stream: Stream) => streamShare(stream, after) - streamShare(stream, before);
  return {
    epoch,
    start: start + BigInt(epoch) * EPOCH_LENGTH,
    end: start + BigInt(epoch + 1) * EPOCH_LENGTH,
    budget: after - before,
    budgetStakers: share("stakers"),
    budgetWorkers: share("workers"),
    budgetTreasury: share("treasury"),
    emittedBefore: before,
  };
}
