/** The registry's rules: the catalog of models, pauses of registrations, the slashing contract. */
import { type Context, ponder } from "ponder:registry";
import { computeNetwork, gpuModel, gpuModelChange } from "ponder:schema";
import type { Hex } from "viem";
import { modelName } from "../../scripts/compute/calls.ts";
import { setParameters } from "./parameters.ts";
import { advance } from "./series.ts";
import { adoptSlashing } from "./slashing.ts";

ponder.on("WorkerRegistry:ModelChanged", async ({ event, context }) => {
  const { model, collateral, weight } = event.args;
  const { number: block, timestamp } = event.block;
  const transaction = event.transaction.hash;
  await advance(context, event.block);
  await ensureNetwork(context, timestamp);
  await context.db
    .update(computeNetwork, { address: event.log.address })
    .set((row) => (row.models.includes(model) ? {} : { models: [...row.models, model] }));
  const set = { isListed: true, collateral, weight, updatedAt: timestamp, transaction };
  await context.db
    .insert(gpuModel)
    .values({
      model,
      name: modelName(model),
      ...set,
      ...{ heldGpus: 0, attestedWorkers: 0, attestedGpus: 0, activeGpus: 0, activeWorkers: 0, activeWeight: 0 },
    })
    .onConflictDoUpdate(set);
  await setParameters(context, event, parametersOf(model, { isListed: true, collateral, weight }));
  await context.db
    .insert(gpuModelChange)
    .values({ id: event.id, model, isListed: true, collateral, weight, block, timestamp, transaction });
});

ponder.on("WorkerRegistry:ModelRemoved", async ({ event, context }) => {
  const { model } = event.args;
  const { number: block, timestamp } = event.block;
  const transaction = event.transaction.hash;
  await advance(context, event.block);
  const { collateral, weight } = await context.db
    .update(gpuModel, { model })
    .set({ isListed: false, updatedAt: timestamp, transaction });
  await setParameters(context, event, parametersOf(model, { isListed: false }));
  await context.db
    .insert(gpuModelChange)
    .values({ id: event.id, model, isListed: false, collateral, weight, block, timestamp, transaction });
});

ponder.on("WorkerRegistry:RegistrationsPaused", async ({ event, context }) => {
  const { timestamp } = event.block;
  await advance(context, event.block);
  await ensureNetwork(context, timestamp, { registrationsPausedUntil: event.args.until });
});

ponder.on("WorkerRegistry:RegistrationsResumed", async ({ event, context }) => {
  const { timestamp } = event.block;
  await advance(context, event.block);
  await ensureNetwork(context, timestamp, { registrationsPausedUntil: timestamp });
});

ponder.on("WorkerRegistry:SlashingChanged", async ({ event, context }) => {
  const { newSlashing: slashing } = event.args;
  await advance(context, event.block);
  await adoptSlashing(context, slashing, event.block.timestamp);
  await setParameters(context, event, { slashing });
  await ensureNetwork(context, event.block.timestamp, { slashing });
});

function parametersOf(model: Hex, values: Readonly<Record<string, bigint | number | boolean>>) {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`model.${modelName(model)}.${name}`, value]),
  );
}

/** Adds the network's row with its first event, and changes it. */
export async function ensureNetwork(
  { db, contracts }: Context,
  timestamp: bigint,
  change: Partial<Pick<typeof computeNetwork.$inferSelect, "slashing" | "registrationsPausedUntil">> = {},
): Promise<void> {
  const set = { ...change, updatedAt: timestamp };
  await db
    .insert(computeNetwork)
    .values({
      address: contracts.WorkerRegistry.address,
      models: [],
      ...{ workers: 0, active: 0, lapsed: 0, exiting: 0, exited: 0, removed: 0 },
      ...{ attested: 0, heldGpus: 0, attestedGpus: 0, activeGpus: 0, activeWeight: 0 },
      ...{ collateral: 0n, required: 0n, pendingWithdrawals: 0n, reserved: 0n },
      ...{ addedCumulative: 0n, paidCumulative: 0n, slashedCumulative: 0n },
      registrationsPausedUntil: 0n,
      ...set,
    })
    .onConflictDoUpdate(set);
}
