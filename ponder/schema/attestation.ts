/**
 * Attestation: what Intel signed, the platforms that were verified by it, the keys that they attested, and the policy that
 * judges them.
 *
 * Besides the conventions of `ponder.schema.ts`:
 * - A verifier keeps its own collateral, platforms and revocations; the registry judges by the verifier of its policy. Columns
 *   `verifier` say whose a row is.
 * - Days and dates are unix seconds. Ids, measurements and PPIDs are hex of their own length.
 */
import { index, onchainEnum, onchainTable, primaryKey, relations } from "ponder";
import { TCB_STATUS_NAMES } from "../../scripts/attestation/calls.ts";

// COLLATERAL ----------------------------------------------------------------------------------------------------------

/** In the order of the contract's numbers. */
export const collateralKind = onchainEnum("collateral_kind", [
  "root_crl",
  "platform_ca",
  "processor_ca",
  "platform_crl",
  "processor_crl",
  "tcb_signing",
  "tcb_info",
  "qe_identity",
]);

/** What a verifier judges by now: one row per kind, and per FMSPC for TCB infos. */
export const collateral = onchainTable(
  "collateral",
  (t) => ({
    verifier: t.hex().notNull(),
    kind: collateralKind().notNull(),
    /** Platform type of a TCB info; zero for other kinds. */
    fmspc: t.hex().notNull(),
    /** Issue date, or a certificate's notBefore. */
    issued: t.bigint().notNull(),
    /** Next update, or a certificate's notAfter. */
    validUntil: t.bigint().notNull(),
    /** TCB evaluation data number; 0 where there is none. */
    evaluation: t.integer().notNull(),
    /** SHA-256 of what is signed. */
    digest: t.hex().notNull(),
    /** Its row in `collateralVersions`, and how many versions there were. */
    versionId: t.text().notNull(),
    versions: t.integer().notNull(),
    updatedAt: t.bigint().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.verifier, table.kind, table.fmspc] }),
    byValidUntil: index().on(table.validUntil),
  }),
);

/** Everything that was ever uploaded. */
export const collateralVersion = onchainTable(
  "collateral_version",
  (t) => ({
    id: t.text().primaryKey(),
    verifier: t.hex().notNull(),
    kind: collateralKind().notNull(),
    fmspc: t.hex().notNull(),
    issued: t.bigint().notNull(),
    validUntil: t.bigint().notNull(),
    evaluation: t.integer().notNull(),
    digest: t.hex().notNull(),
    isCurrent: t.boolean().notNull(),
    /** When a newer one took its place; null while it is current. */
    replacedAt: t.bigint(),
    block: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({
    byKind: index().on(table.kind, table.fmspc, table.id),
    byTime: index().on(table.timestamp),
  }),
);

/** Every upload of a CRL that revoked certificates. */
export const revocation = onchainTable("revocation", (t) => ({
  id: t.text().primaryKey(),
  verifier: t.hex().notNull(),
  kind: collateralKind().notNull(),
  /** Certificates that were not revoked before, also of platforms that were never seen here. */
  count: t.integer().notNull(),
  /** The verifier's revocation epoch after it. */
  revocationEpoch: t.bigint().notNull(),
  block: t.bigint().notNull(),
  timestamp: t.bigint().notNull(),
  transaction: t.hex().notNull(),
}));

/** A verifier, by its address. */
export const verifier = onchainTable("verifier", (t) => ({
  address: t.hex().primaryKey(),
  /** How many uploads revoked certificates. */
  revocationEpoch: t.bigint().notNull(),
  platforms: t.integer().notNull(),
}));

// PLATFORMS -----------------------------------------------------------------------------------------------------------

/** Platforms as their PCK certificates show them. */
export const platform = onchainTable(
  "platform",
  (t) => ({
    verifier: t.hex().notNull(),
    /** Hash of the attestation key. */
    id: t.hex().notNull(),
    fmspc: t.hex().notNull(),
    ppid: t.hex().notNull(),
    /** As `pckCertificates` and the contract's `isRevoked` name the certificate. */
    serial: t.hex().notNull(),
    /** The 16 SVNs of the SGX components, one byte each. */
    components: t.hex().notNull(),
    pceSvn: t.integer().notNull(),
    /** ISV SVN of the quoting enclave. */
    qeIsvSvn: t.integer().notNull(),
    /** Validity of the PCK certificate, in whole days. */
    leafNotBefore: t.bigint().notNull(),
    leafNotAfter: t.bigint().notNull(),
    firstVerifiedAt: t.bigint().notNull(),
    lastVerifiedAt: t.bigint().notNull(),
    lastVerifiedBlock: t.bigint().notNull(),
    /** How many full quotes were verified, and how many quotes attested a key. */
    verifications: t.integer().notNull(),
    attestations: t.integer().notNull(),
    /** Null before the first. */
    lastAttestedAt: t.bigint(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.verifier, table.id] }),
    byFmspc: index().on(table.fmspc),
    byPpid: index().on(table.ppid),
    bySerial: index().on(table.serial),
  }),
);

/** Certificates that a verifier knows: those of platforms, and all that it has revoked. */
export const pckCertificate = onchainTable(
  "pck_certificate",
  (t) => ({
    verifier: t.hex().notNull(),
    /** The first half of Keccak-256 of the issuer's hash and the serial number's. */
    serial: t.hex().notNull(),
    isRevoked: t.boolean().notNull(),
    /** Null before. */
    revokedAt: t.bigint(),
    revokedBlock: t.bigint(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.verifier, table.serial] }), byState: index().on(table.isRevoked) }),
);

// KEYS ----------------------------------------------------------------------------------------------------------------

/** TCB status by Intel's names, in the order of the contract's numbers. */
export const tcbStatus = onchainEnum("tcb_status", [...TCB_STATUS_NAMES]);

/** Every quote that was accepted, with its platform as it was then. */
export const attestation = onchainTable(
  "attestation",
  (t) => ({
    id: t.text().primaryKey(),
    key: t.hex().notNull(),
    /** What the consumer defines; here it is opaque. */
    subject: t.hex().notNull(),
    image: t.hex().notNull(),
    /** Platform, and the verifier that knows it. */
    platform: t.hex().notNull(),
    verifier: t.hex().notNull(),
    fmspc: t.hex().notNull(),
    ppid: t.hex().notNull(),
    serial: t.hex().notNull(),
    qeIsvSvn: t.integer().notNull(),
    /** The first 8 bytes of MRSEAM. */
    tdxModule: t.hex().notNull(),
    status: tcbStatus().notNull(),
    /** TCB date of the platform's or of the module's level, whichever is earlier. */
    tcbDate: t.bigint().notNull(),
    validUntil: t.bigint().notNull(),
    /** The block that the quote names. */
    blockNumber: t.bigint().notNull(),
    /** The registry's epoch that the record is stamped with. */
    epoch: t.bigint().notNull(),
    block: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({
    byKey: index().on(table.key, table.id),
    byImage: index().on(table.image, table.id),
    byPlatform: index().on(table.platform, table.id),
    bySubject: index().on(table.subject, table.id),
    byTime: index().on(table.timestamp),
  }),
);

/**
 * What the registry remembers of a key: its last attestation. Whether it holds now is in `attestedKeyStates`.
 */
export const attestedKey = onchainTable(
  "attested_key",
  (t) => ({
    key: t.hex().primaryKey(),
    subject: t.hex().notNull(),
    image: t.hex().notNull(),
    platform: t.hex().notNull(),
    /** The verifier that judged the quote. */
    verifier: t.hex().notNull(),
    /** As of the attestation, whatever the platform's row says since. */
    fmspc: t.hex().notNull(),
    ppid: t.hex().notNull(),
    serial: t.hex().notNull(),
    qeIsvSvn: t.integer().notNull(),
    tdxModule: t.hex().notNull(),
    status: tcbStatus().notNull(),
    tcbDate: t.bigint().notNull(),
    /** The last second in which it can be valid. */
    validUntil: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    /** The epoch of the last attestation or restamp. */
    epoch: t.bigint().notNull(),
    attestations: t.integer().notNull(),
    restamps: t.integer().notNull(),
    firstAttestedAt: t.bigint().notNull(),
    lastAttestedAt: t.bigint().notNull(),
    /** Null if it never was. */
    restampedAt: t.bigint(),
    block: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({
    byFmspc: index().on(table.fmspc),
    byImage: index().on(table.image),
    byPlatform: index().on(table.platform),
    bySerial: index().on(table.serial),
    byStatus: index().on(table.status),
    bySubject: index().on(table.subject),
    byValidUntil: index().on(table.validUntil),
  }),
);

// POLICY --------------------------------------------------------------------------------------------------------------

/** The registry's policy, by its address: all that its records are judged by, but for the switches. */
export const attestationPolicy = onchainTable("attestation_policy", (t) => ({
  address: t.hex().primaryKey(),
  verifier: t.hex().notNull(),
  /** Decisions here, revocations by the verifier, and their sum: what a valid record's stamp is compared with. */
  policyEpoch: t.bigint().notNull(),
  revocationEpoch: t.bigint().notNull(),
  epoch: t.bigint().notNull(),
  /** TCB date that whatever is not UpToDate must reach. */
  minTcbDate: t.bigint().notNull(),
  minQeIsvSvn: t.integer().notNull(),
  /** Bit n stands for status n. */
  allowedStatuses: t.integer().notNull(),
  /** Switches that are set, lapsed or not. */
  switches: t.integer().notNull(),
  /** Keys that ever attested, and how often. */
  keys: t.integer().notNull(),
  attestations: t.integer().notNull(),
  /** The last block that touched the registry or its verifier, or that the head was looked at. */
  block: t.bigint().notNull(),
  timestamp: t.bigint().notNull(),
}));

/** In the order of the contract's numbers, which is that in which a record's switches are looked at. */
export const switchKind = onchainEnum("switch_kind", ["ppid", "fmspc", "tdx_module", "workload", "operator"]);

/** Kill switches, set now or ever. One is on while `until` is later than now. */
export const killSwitch = onchainTable(
  "kill_switch",
  (t) => ({
    kind: switchKind().notNull(),
    /** As much as the kind has: 8 bytes of a PPID, a TDX module's MRSEAM or an image's id; an FMSPC (6); an address (20). */
    id: t.hex().notNull(),
    /** When it lapses; 2^40 − 1 once governance confirmed it; 0 after it was lifted or cleared. */
    until: t.bigint().notNull(),
    isConfirmed: t.boolean().notNull(),
    /** Set, and neither lifted nor cleared, lapsed or not. */
    isSet: t.boolean().notNull(),
    /** The last time of each; null if it never was. */
    setAt: t.bigint(),
    confirmedAt: t.bigint(),
    liftedAt: t.bigint(),
    clearedAt: t.bigint(),
    updatedBlock: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.kind, table.id] }), byUntil: index().on(table.until) }),
);

/** Images: what is measured but RTMR0. */
export const image = onchainTable(
  "image",
  (t) => ({
    id: t.hex().primaryKey(),
    isAllowed: t.boolean().notNull(),
    tdAttributes: t.hex().notNull(),
    xfam: t.hex().notNull(),
    mrTd: t.hex().notNull(),
    mrConfigId: t.hex().notNull(),
    rtMr1: t.hex().notNull(),
    rtMr2: t.hex().notNull(),
    /** "0x" if any will do. */
    rtMr3: t.hex().notNull(),
    attestations: t.integer().notNull(),
    /** The last time; null if it never was removed. */
    allowedAt: t.bigint().notNull(),
    removedAt: t.bigint(),
    updatedBlock: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ byState: index().on(table.isAllowed) }),
);

/** Machine shapes of images. A removed image's shapes go with it. */
export const shape = onchainTable(
  "shape",
  (t) => ({
    image: t.hex().notNull(),
    rtMr0: t.hex().notNull(),
    isAllowed: t.boolean().notNull(),
    allowedAt: t.bigint().notNull(),
    removedAt: t.bigint(),
    updatedBlock: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.image, table.rtMr0] }) }),
);

/**
 * - `attested`, `restamped`: of `key`. All others are of the policy, without a key, and make or break every key they name:
 * - `switched_off` by the guardian until `until`, `switch_confirmed`, `switch_lifted`, `switch_cleared` (it had lapsed): keys
 *   with this PPID, FMSPC, TDX module or image. A switch lapses, and a key expires, without an event.
 * - `floors_changed`: keys below them. `certificates_revoked`: keys of these certificates (`count`).
 * - `verifier_replaced`: all, by the new one's revocations.
 * - `image_…`, `shape_…`: the next attestations only.
 */
export const attestationEventKind = onchainEnum("attestation_event_kind", [
  "attested",
  "restamped",
  "switched_off",
  "switch_confirmed",
  "switch_lifted",
  "switch_cleared",
  "floors_changed",
  "certificates_revoked",
  "verifier_replaced",
  "image_allowed",
  "image_removed",
  "shape_allowed",
  "shape_removed",
]);

/** Everything that changes what keys are worth, in order. Columns that a kind has no use for are null. */
export const attestationEvent = onchainTable(
  "attestation_event",
  (t) => ({
    id: t.text().primaryKey(),
    kind: attestationEventKind().notNull(),
    key: t.hex(),
    switchKind: switchKind(),
    switchId: t.hex(),
    until: t.bigint(),
    image: t.hex(),
    rtMr0: t.hex(),
    minTcbDate: t.bigint(),
    minQeIsvSvn: t.integer(),
    allowedStatuses: t.integer(),
    verifier: t.hex(),
    count: t.integer(),
    /** The registry's epoch after it. */
    epoch: t.bigint().notNull(),
    block: t.bigint().notNull(),
    timestamp: t.bigint().notNull(),
    transaction: t.hex().notNull(),
  }),
  (table) => ({
    byKey: index().on(table.key, table.id),
    byKind: index().on(table.kind, table.id),
    bySwitch: index().on(table.switchKind, table.switchId, table.id),
    byImage: index().on(table.image, table.id),
    byTime: index().on(table.timestamp),
  }),
);

// RELATIONS -----------------------------------------------------------------------------------------------------------

export const attestedKeyRelations = relations(attestedKey, ({ one, many }) => ({
  history: many(attestation),
  events: many(attestationEvent),
  imageRow: one(image, { fields: [attestedKey.image], references: [image.id] }),
  platformRow: one(platform, {
    fields: [attestedKey.verifier, attestedKey.platform],
    references: [platform.verifier, platform.id],
  }),
}));

export const attestationRelations = relations(attestation, ({ one }) => ({
  keyRow: one(attestedKey, { fields: [attestation.key], references: [attestedKey.key] }),
}));

export const attestationEventRelations = relations(attestationEvent, ({ one }) => ({
  keyRow: one(attestedKey, { fields: [attestationEvent.key], references: [attestedKey.key] }),
}));

export const imageRelations = relations(image, ({ many }) => ({ shapes: many(shape) }));

export const shapeRelations = relations(shape, ({ one }) => ({
  imageRow: one(image, { fields: [shape.image], references: [image.id] }),
}));
