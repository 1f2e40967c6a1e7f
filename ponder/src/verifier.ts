/** Verifiers: the collateral that was uploaded, what it revoked, and the platforms that were verified. */
import { type Context, type Event, ponder } from "ponder:registry";
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
import { type Address, type Hex, decodeEventLog, numberToHex, slice } from "viem";
import { tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import { recordPolicyEvent } from "./attestationPolicy.ts";
import { nameOf } from "./maths/names.ts";
import { DAY } from "./maths/period.ts";
import { advance } from "./series.ts";
import { type Logged, adopt, ofSuite } from "./suiteContracts.ts";

const NO_FMSPC: Hex = "0x000000000000";

type EventName = "CollateralUploaded" | "SerialRevoked" | "CertificatesRevoked" | "PlatformVerified";
type Said<Name extends EventName> = Logged & Pick<Event<`TdxVerifier:${Name}`>, "args">;

ponder.on("TdxVerifier:CollateralUploaded", ofSuite("TdxVerifier", collateralUploaded));
ponder.on("TdxVerifier:SerialRevoked", ofSuite("TdxVerifier", serialRevoked));
ponder.on("TdxVerifier:CertificatesRevoked", ofSuite("TdxVerifier", certificatesRevoked));
ponder.on("TdxVerifier:PlatformVerified", ofSuite("TdxVerifier", platformVerified));

/** The registry's verifier is `address` from `timestamp` on: with all that it was told before. */
export async function adoptVerifier(context: Context, address: Address, timestamp: bigint): Promise<void> {
  for (const { topics, data, ...when } of await adopt(context, "TdxVerifier", address, timestamp)) {
    const { eventName, args } = decodeEventLog({ abi: tdxVerifierAbi, topics, data });
    if (eventName === "CollateralUploaded") await collateralUploaded(context, { ...when, args });
    else if (eventName === "SerialRevoked") await serialRevoked(context, { ...when, args });
    else if (eventName === "CertificatesRevoked") await certificatesRevoked(context, { ...when, args });
    else await platformVerified(context, { ...when, args });
  }
}

async function collateralUploaded(context: Context, event: Said<"CollateralUploaded">): Promise<void> {
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
}

async function serialRevoked(context: Context, event: Said<"SerialRevoked">): Promise<void> {
  const { address } = event.log;
  const { number: revokedBlock, timestamp: revokedAt } = event.block;
  await advance(context, event.block);
  const set = { isRevoked: true, revokedAt, revokedBlock };
  await context.db
    .insert(pckCertificate)
    .values({ verifier: address, serial: event.args.serial, ...set })
    .onConflictDoUpdate(set);
}

async function certificatesRevoked(context: Context, event: Said<"CertificatesRevoked">): Promise<void> {
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
}

async function platformVerified(context: Context, event: Said<"PlatformVerified">): Promise<void> {
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
}
