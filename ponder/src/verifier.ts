/** Verifiers: the collateral that was uploaded, what it revoked, and the platforms that were verified. */
import { ponder } from "ponder:registry";
import {
  attestationPolicy,
  collateral,
  collateralKind,
  collateralVersion,
  pckCertificate,
  platform,
  revocation,
  verifier,
} from "ponder:schema";
import { type Hex, numberToHex, slice } from "viem";
import { recordPolicyEvent } from "./attestationPolicy.ts";
import { nameOf } from "./maths/names.ts";
import { DAY } from "./maths/period.ts";
import { advance } from "./series.ts";

const NO_FMSPC: Hex = "0x000000000000";

ponder.on("TdxVerifier:CollateralUploaded", async ({ event, context }) => {
  const { db } = context;
  const { id: versionId, log, block, transaction } = event;
  const { issued, validUntil, evaluation, digest } = event.args;
  const kind = nameOf(collateralKind, event.args.kind);
  const fmspc = kind === "tcb_info" ? slice(event.args.id, 0, 6) : NO_FMSPC;
  await advance(context, block);

  const dates = { issued: BigInt(issued), validUntil: BigInt(validUntil), evaluation, digest };
  const key = { verifier: log.address, kind, fmspc };
  const current = await db.find(collateral, key);
  if (current !== null) {
    await db
      .update(collateralVersion, { id: current.versionId })
      .set({ isCurrent: false, replacedAt: block.timestamp });
  }
  await db.insert(collateralVersion).values({
    id: versionId,
    ...key,
    ...dates,
    isCurrent: true,
    block: block.number,
    timestamp: block.timestamp,
    transaction: transaction.hash,
  });
  const set = { ...dates, versionId, versions: (current?.versions ?? 0) + 1, updatedAt: block.timestamp };
  await db
    .insert(collateral)
    .values({ ...key, ...set })
    .onConflictDoUpdate(set);
});

ponder.on("TdxVerifier:SerialRevoked", async ({ event, context }) => {
  const { address } = event.log;
  const { number: revokedBlock, timestamp: revokedAt } = event.block;
  await advance(context, event.block);
  const set = { isRevoked: true, revokedAt, revokedBlock };
  await context.db
    .insert(pckCertificate)
    .values({ verifier: address, serial: event.args.serial, ...set })
    .onConflictDoUpdate(set);
});

ponder.on("TdxVerifier:CertificatesRevoked", async ({ event, context }) => {
  const { address } = event.log;
  const revocationEpoch = BigInt(event.args.revocationEpoch);
  await advance(context, event.block);
  await context.db.insert(revocation).values({
    id: event.id,
    verifier: address,
    kind: nameOf(collateralKind, event.args.kind),
    count: Number(event.args.count),
    revocationEpoch,
    block: event.block.number,
    timestamp: event.block.timestamp,
    transaction: event.transaction.hash,
  });
  await context.db
    .insert(verifier)
    .values({ address, revocationEpoch, platforms: 0 })
    .onConflictDoUpdate({ revocationEpoch });

  const registry = context.contracts.AttestationRegistry.address;
  const policy = await context.db.find(attestationPolicy, { address: registry });
  if (policy?.verifier !== address) return;
  await recordPolicyEvent(
    context,
    event,
    { revocationEpoch },
    { kind: "certificates_revoked", verifier: address, count: Number(event.args.count) },
  );
});

ponder.on("TdxVerifier:PlatformVerified", async ({ event, context }) => {
  const { address } = event.log;
  const { platform: id, fmspc, ppid, serial, pceSvn, qeIsvSvn } = event.args;
  const { number: lastVerifiedBlock, timestamp: lastVerifiedAt } = event.block;
  await advance(context, event.block);

  const key = { verifier: address, id };
  const found = await context.db.find(platform, key);
  const set = {
    fmspc,
    ppid,
    serial,
    components: numberToHex(event.args.components, { size: 16 }),
    pceSvn,
    qeIsvSvn,
    leafNotBefore: BigInt(event.args.notBeforeDay) * DAY,
    leafNotAfter: BigInt(event.args.notAfterDay) * DAY,
    lastVerifiedAt,
    lastVerifiedBlock,
    verifications: (found?.verifications ?? 0) + 1,
    transaction: event.transaction.hash,
  };
  await context.db
    .insert(platform)
    .values({ ...key, ...set, firstVerifiedAt: lastVerifiedAt, attestations: 0 })
    .onConflictDoUpdate(set);
  // A certificate that is revoked is refused.
  await context.db.insert(pckCertificate).values({ verifier: address, serial, isRevoked: false }).onConflictDoNothing();
  const isNew = found === null ? 1 : 0;
  await context.db
    .insert(verifier)
    .values({ address, revocationEpoch: 0n, platforms: 1 })
    .onConflictDoUpdate((row) => ({ platforms: row.platforms + isNew }));
});
