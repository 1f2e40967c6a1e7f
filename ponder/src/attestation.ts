/** The attestation registry: keys, workloads, floors and kill switches. */
import { and, eq } from "ponder";
import { type Context, type Event, ponder } from "ponder:registry";
import {
  attestation,
  attestationPolicy,
  attestedKey,
  image,
  killSwitch,
  platform,
  shape,
  switchKind,
  tcbStatus,
  verifier,
} from "ponder:schema";
import { type Hex, slice } from "viem";
import { type Occurrence, policyOf, recordPolicyEvent } from "./attestationPolicy.ts";
import { nameOf } from "./maths/names.ts";
import { DAY } from "./maths/period.ts";
import { setParameters } from "./parameters.ts";
import { advance } from "./series.ts";
import { adoptVerifier } from "./verifier.ts";
import { noteAttested } from "./workerReview.ts";

/** `until` of a switch that governance has confirmed. */
const CONFIRMED = 2n ** 40n - 1n;

/** Bytes of an id by the switch's kind. */
const SWITCH_ID_SIZE = { ppid: 8, fmspc: 6, tdx_module: 8, workload: 8, operator: 20 } as const;

// KEYS

ponder.on("AttestationRegistry:Attested", async ({ event, context }) => {
  const { db } = context;
  const { args, block } = event;
  await advance(context, block);

  const policy = await policyOf(context);
  const by = { verifier: policy.verifier, id: args.platform };
  const found = await db.find(platform, by);
  if (found === null) throw new Error(`the verifier ${by.verifier} has not verified the platform ${by.id}`);
  const { fmspc, ppid, serial, qeIsvSvn } = found;
  const record = {
    subject: args.subject,
    image: args.image,
    platform: args.platform,
    verifier: policy.verifier,
    ...{ fmspc, ppid, serial, qeIsvSvn },
    tdxModule: args.tdxModule,
    status: nameOf(tcbStatus, args.status),
    tcbDate: BigInt(args.tcbDay) * DAY,
    validUntil: BigInt(args.validUntil),
    blockNumber: BigInt(args.blockNumber),
    epoch: policy.epoch,
    block: block.number,
    transaction: event.transaction.hash,
  };
  await db.insert(attestation).values({ id: event.id, key: args.key, ...record, timestamp: block.timestamp });

  const known = await db.find(attestedKey, { key: args.key });
  await db
    .insert(attestedKey)
    .values({
      key: args.key,
      ...record,
      attestations: 1,
      restamps: 0,
      firstAttestedAt: block.timestamp,
      lastAttestedAt: block.timestamp,
    })
    .onConflictDoUpdate((row) => ({
      ...record,
      attestations: row.attestations + 1,
      lastAttestedAt: block.timestamp,
    }));
  await db.update(platform, by).set((row) => ({ attestations: row.attestations + 1, lastAttestedAt: block.timestamp }));
  await db.update(image, { id: args.image }).set((row) => ({ attestations: row.attestations + 1 }));
  await recordPolicyEvent(
    context,
    event,
    { attestations: policy.attestations + 1, keys: policy.keys + (known === null ? 1 : 0) },
    { kind: "attested", key: args.key, image: args.image },
  );
  await noteAttested(context, { key: args.key, blockNumber: record.blockNumber, timestamp: block.timestamp });
});

ponder.on("AttestationRegistry:Restamped", async ({ event, context }) => {
  const { key } = event.args;
  await advance(context, event.block);
  await context.db.update(attestedKey, { key }).set((row) => ({
    epoch: BigInt(event.args.epoch),
    restamps: row.restamps + 1,
    restampedAt: event.block.timestamp,
  }));
  await recordPolicyEvent(context, event, {}, { kind: "restamped", key });
});

// POLICY

ponder.on("AttestationRegistry:VerifierReplaced", async ({ event, context }) => {
  const { verifier: address } = event.args;
  const { db } = context;
  await advance(context, event.block);
  await adoptVerifier(context, address, event.block.timestamp);
  const policyEpoch = BigInt(event.args.policyEpoch);
  await db.insert(verifier).values({ address, revocationEpoch: 0n, platforms: 0 }).onConflictDoNothing();
  const { revocationEpoch } = (await db.find(verifier, { address })) ?? { revocationEpoch: 0n };

  const registry = { address: event.log.address };
  const former = await db.find(attestationPolicy, registry);
  if (former === null) {
    await db.insert(attestationPolicy).values({
      ...registry,
      verifier: address,
      ...{ policyEpoch, revocationEpoch, epoch: policyEpoch + revocationEpoch },
      ...{ minTcbDate: 0n, minQeIsvSvn: 0, allowedStatuses: 0 },
      ...{ switches: 0, keys: 0, attestations: 0 },
      block: event.block.number,
      timestamp: event.block.timestamp,
    });
  }
  await setParameters(context, event, { verifier: address });
  await recordPolicyEvent(
    context,
    event,
    { verifier: address, policyEpoch, revocationEpoch },
    { kind: "verifier_replaced", verifier: address },
  );
});

ponder.on("AttestationRegistry:FloorsChanged", async ({ event, context }) => {
  const { minTcbDay, minQeIsvSvn, allowedStatuses, policyEpoch } = event.args;
  await advance(context, event.block);
  const floors = { minTcbDate: BigInt(minTcbDay) * DAY, minQeIsvSvn, allowedStatuses };
  const named = Object.entries(floors).map(([name, value]) => [`floors.${name}`, value] as const);
  await setParameters(context, event, Object.fromEntries(named));
  await recordPolicyEvent(
    context,
    event,
    { policyEpoch: BigInt(policyEpoch), ...floors },
    { kind: "floors_changed", ...floors },
  );
});

ponder.on("AttestationRegistry:ImageAllowed", async ({ event, context }) => {
  const { image: id, measurements, policyEpoch } = event.args;
  await advance(context, event.block);
  const set = { isAllowed: true, allowedAt: event.block.timestamp, ...updated(event) };
  await context.db
    .insert(image)
    .values({ id, ...measurements, attestations: 0, ...set })
    .onConflictDoUpdate(set);
  await recordPolicyEvent(context, event, { policyEpoch: BigInt(policyEpoch) }, { kind: "image_allowed", image: id });
});

ponder.on("AttestationRegistry:ImageRemoved", async ({ event, context }) => {
  const { image: id, policyEpoch } = event.args;
  await advance(context, event.block);
  const set = { isAllowed: false, removedAt: event.block.timestamp, ...updated(event) };
  await context.db.update(image, { id }).set(set);
  // Its shapes go with it: 64 at most.
  await context.db.sql
    .update(shape)
    .set(set)
    .where(and(eq(shape.image, id), eq(shape.isAllowed, true)));
  await recordPolicyEvent(context, event, { policyEpoch: BigInt(policyEpoch) }, { kind: "image_removed", image: id });
});

ponder.on("AttestationRegistry:ShapeAllowed", async ({ event, context }) => {
  const { image: of, rtMr0, policyEpoch } = event.args;
  await advance(context, event.block);
  const set = { isAllowed: true, allowedAt: event.block.timestamp, ...updated(event) };
  await context.db
    .insert(shape)
    .values({ image: of, rtMr0, ...set })
    .onConflictDoUpdate(set);
  const entry = { kind: "shape_allowed", image: of, rtMr0 } as const;
  await recordPolicyEvent(context, event, { policyEpoch: BigInt(policyEpoch) }, entry);
});

ponder.on("AttestationRegistry:ShapeRemoved", async ({ event, context }) => {
  const { image: of, rtMr0, policyEpoch } = event.args;
  await advance(context, event.block);
  await context.db
    .update(shape, { image: of, rtMr0 })
    .set({ isAllowed: false, removedAt: event.block.timestamp, ...updated(event) });
  const entry = { kind: "shape_removed", image: of, rtMr0 } as const;
  await recordPolicyEvent(context, event, { policyEpoch: BigInt(policyEpoch) }, entry);
});

// KILL SWITCHES

ponder.on("AttestationRegistry:SwitchedOff", async ({ event, context }) => {
  const until = BigInt(event.args.until);
  const isConfirmed = until === CONFIRMED;
  await advance(context, event.block);
  const name = switchOf(event.args);
  // Before the row is written: what was found is the row itself, not a copy.
  const wasSet = (await context.db.find(killSwitch, name))?.isSet === true;
  const { timestamp } = event.block;
  const set = {
    until,
    isConfirmed,
    isSet: true,
    ...(isConfirmed ? { confirmedAt: timestamp } : { setAt: timestamp }),
    ...updated(event),
  };
  await context.db
    .insert(killSwitch)
    .values({ ...name, ...set })
    .onConflictDoUpdate(set);
  const { switches } = await policyOf(context);
  await recordPolicyEvent(
    context,
    event,
    { policyEpoch: BigInt(event.args.policyEpoch), switches: switches + (wasSet ? 0 : 1) },
    { kind: isConfirmed ? "switch_confirmed" : "switched_off", switchKind: name.kind, switchId: name.id, until },
  );
});

ponder.on("AttestationRegistry:SwitchLifted", async ({ event, context }) => {
  await advance(context, event.block);
  const policyEpoch = BigInt(event.args.policyEpoch);
  await forget(context, event, { policyEpoch }, { kind: "switch_lifted", at: "liftedAt" });
});

ponder.on("AttestationRegistry:SwitchCleared", async ({ event, context }) => {
  await advance(context, event.block);
  await forget(context, event, {}, { kind: "switch_cleared", at: "clearedAt" });
});

async function forget(
  context: Context,
  event: Occurrence & Pick<Event<"AttestationRegistry:SwitchCleared">, "args">,
  change: { policyEpoch?: bigint },
  { kind, at }: { kind: "switch_lifted" | "switch_cleared"; at: "liftedAt" | "clearedAt" },
): Promise<void> {
  const name = switchOf(event.args);
  await context.db.update(killSwitch, name).set({
    until: 0n,
    isConfirmed: false,
    isSet: false,
    [at]: event.block.timestamp,
    ...updated(event),
  });
  const { switches } = await policyOf(context);
  const entry = { kind, switchKind: name.kind, switchId: name.id };
  await recordPolicyEvent(context, event, { ...change, switches: switches - 1 }, entry);
}

function switchOf({ kind: number, id }: { kind: number; id: Hex }) {
  const kind = nameOf(switchKind, number);
  return { kind, id: slice(id, 0, SWITCH_ID_SIZE[kind]) };
}

function updated({ block, transaction }: Occurrence) {
  return { updatedBlock: block.number, transaction: transaction.hash };
}
