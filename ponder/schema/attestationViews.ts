/**
 * What keys are worth now, computed when it is asked for: the seconds that end an attestation or a switch pass without an
 * event, and one switch can concern every key.
 */
import { bigint, boolean, hex, integer, onchainEnum, onchainView, sql } from "ponder";
import { attestationPolicy, attestedKey, killSwitch, pckCertificate, switchKind, tcbStatus } from "./attestation.ts";

/** As the contract's `AttestationState`; keys that never attested have no row. */
export const attestationState = onchainEnum("attestation_state", [
  "valid",
  "expired",
  "switched_off",
  "below_floor",
  "revoked",
]);

export const attestationFloor = onchainEnum("attestation_floor", [
  "min_tcb_date",
  "min_qe_isv_svn",
  "allowed_statuses",
]);

/** Every key with what `statusOf` of the registry answers in the block of `attestationPolicy.block`. */
export const attestedKeyState = onchainView("attested_key_state", {
  key: hex("key").notNull(),
  state: attestationState("state").notNull(),
  /** The first switch that is on, for `switched_off`; null otherwise. */
  switchKind: switchKind("switch_kind"),
  /** The first floor that is missed, for `below_floor`; null otherwise. */
  floor: attestationFloor("floor"),
  validUntil: bigint("valid_until").notNull(),
  subject: hex("subject").notNull(),
  image: hex("image").notNull(),
  platform: hex("platform").notNull(),
  fmspc: hex("fmspc").notNull(),
  ppid: hex("ppid").notNull(),
  status: tcbStatus("status").notNull(),
  blockNumber: bigint("block_number").notNull(),
  /** Stamped with the current epoch: consumers pay for no more than the stamp. */
  isStamped: boolean("is_stamped").notNull(),
  /** When this is what the contract answers. */
  timestamp: bigint("timestamp").notNull(),
}).as(sql`
  SELECT
    judged.key,
    CASE
      WHEN judged.switch_kind IS NOT NULL THEN 'switched_off'
      WHEN judged.timestamp > judged.valid_until THEN 'expired'
      WHEN judged.is_revoked THEN 'revoked'
      WHEN judged.floor IS NOT NULL THEN 'below_floor'
      ELSE 'valid'
    END AS state,
    judged.switch_kind,
    CASE
      WHEN judged.switch_kind IS NULL AND judged.timestamp <= judged.valid_until AND NOT judged.is_revoked
      THEN judged.floor
    END AS floor,
    judged.valid_until, judged.subject, judged.image, judged.platform, judged.fmspc, judged.ppid, judged.status,
    judged.block_number, judged.is_stamped, judged.timestamp
  FROM (
    SELECT
      k.key, k.valid_until, k.subject, k.image, k.platform, k.fmspc, k.ppid, k.status, k.block_number,
      k.epoch = p.epoch AS is_stamped,
      p.timestamp,
      (
        SELECT s.kind FROM ${killSwitch} s
        WHERE s.until > p.timestamp AND (
          (s.kind = 'ppid' AND s.id = left(k.ppid, 18))
          OR (s.kind = 'fmspc' AND s.id = k.fmspc)
          OR (s.kind = 'tdx_module' AND s.id = k.tdx_module)
          OR (s.kind = 'workload' AND s.id = left(k.image, 18))
        )
        ORDER BY s.kind LIMIT 1
      ) AS switch_kind,
      EXISTS (
        SELECT 1 FROM ${pckCertificate} c
        WHERE c.verifier = p.verifier AND c.serial = k.serial AND c.is_revoked
      ) AS is_revoked,
      CASE
        WHEN (p.allowed_statuses >> (array_position(enum_range(k.status), k.status) - 1)) & 1 = 0
        THEN 'allowed_statuses'
        WHEN k.status <> 'UpToDate' AND k.tcb_date < p.min_tcb_date THEN 'min_tcb_date'
        WHEN k.qe_isv_svn < p.min_qe_isv_svn THEN 'min_qe_isv_svn'
      END AS floor
    FROM ${attestedKey} k CROSS JOIN ${attestationPolicy} p
  ) judged`);

/** How many keys are in each state now, by FMSPC and TCB status of their last attestation. */
export const attestedKeyTotal = onchainView("attested_key_total", {
  state: attestationState("state").notNull(),
  fmspc: hex("fmspc").notNull(),
  status: tcbStatus("status").notNull(),
  keys: integer("keys").notNull(),
  /** When the first of them expires; for `expired`, when it did. */
  firstValidUntil: bigint("first_valid_until").notNull(),
  timestamp: bigint("timestamp").notNull(),
}).as(sql`
  SELECT state, fmspc, status, count(*)::integer AS keys, min(valid_until) AS first_valid_until, max(timestamp) AS timestamp
  FROM ${attestedKeyState}
  GROUP BY state, fmspc, status`);
