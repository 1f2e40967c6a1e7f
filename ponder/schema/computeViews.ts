/** What follows from other tables and from time: computed when it is asked for. Conventions: `compute.ts`. */
import { bigint, boolean, hex, integer, onchainView, sql } from "ponder";
import { attestationPolicy, killSwitch, switchKind } from "./attestation.ts";
import { attestationFloor, attestedKeyState } from "./attestationViews.ts";
import { operator } from "./computeOperators.ts";
import { rewardsHour, rewardsPool } from "./computeRewards.ts";
import { attestationEnd, lapse, worker, workerState } from "./computeWorkers.ts";

/** Wei per hundredth of weight, times 2^64, when the hour that starts at `time` begins. */
const accumulatorAt = (time: ReturnType<typeof sql>) =>
  sql`coalesce((SELECT h.accumulator FROM ${rewardsHour} h WHERE h.start = ${time} - 3600), 0)`;

const SCALE = sql.raw(String(2n ** 64n));

/** Every worker with what its attestation is worth, and what it can claim. */
export const workerStanding = onchainView("worker_standing", {
  worker: hex("worker").notNull(),
  operator: hex("operator").notNull(),
  state: workerState("state").notNull(),
  lapse: lapse("lapse"),
  /** Whether the attestation that the worker registered or came back with holds, at `timestamp`. */
  isAttested: boolean("is_attested").notNull(),
  /** Why it does not; null if it does. */
  attestation: attestationEnd("attestation"),
  /** The switch or the floor, where it is one. */
  switchKind: switchKind("switch_kind"),
  floor: attestationFloor("floor"),
  /** The full hour with which that attestation ends. */
  validUntil: bigint("valid_until").notNull(),
  weight: integer("weight").notNull(),
  /** Until when its weight counts; 0 before the first lease. */
  leaseEnd: bigint("lease_end").notNull(),
  /** PHA that it can claim now: earned until the last full hour, as `rewardsOf` of the contract. */
  rewards: bigint("rewards").notNull(),
  /** Earned from the beginning: claimed or not. */
  earnedCumulative: bigint("earned_cumulative").notNull(),
  /** When this is what the contracts answer. */
  timestamp: bigint("timestamp").notNull(),
}).as(sql`
  SELECT
    judged.worker, judged.operator, judged.state, judged.lapse,
    judged.attestation IS NULL AS is_attested,
    judged.attestation,
    CASE WHEN judged.attestation = 'switched_off' THEN judged.switch_kind END AS switch_kind,
    CASE WHEN judged.attestation = 'below_floor' THEN judged.floor END AS floor,
    judged.valid_until, judged.weight, judged.lease_end,
    judged.rewards, judged.rewards + judged.claimed_cumulative AS earned_cumulative, judged.timestamp
  FROM (
    SELECT
      w.worker, w.operator, w.state, w.lapse, w.valid_until, w.weight, w.lease_end, w.claimed_cumulative,
      CASE
        WHEN p.timestamp >= w.valid_until THEN 'expired'
        WHEN w.stamped_epoch = p.epoch THEN NULL
        WHEN s.block_number <> w.attested_block THEN 'superseded'
        WHEN s.state <> 'valid' THEN s.state::text
        WHEN EXISTS (
          SELECT 1 FROM ${killSwitch} o WHERE o.kind = 'operator' AND o.id = w.operator AND o.until > p.timestamp
        ) THEN 'operator_switched_off'
      END AS attestation,
      s.switch_kind, s.floor, p.timestamp,
      w.accrued + CASE WHEN r.hour < w.lease_from THEN 0 ELSE
        CASE WHEN w.carry_weight = 0 THEN 0 ELSE
          div(w.carry_weight * (${accumulatorAt(sql`w.lease_from`)} - ${accumulatorAt(sql`(w.lease_from - 3600)`)}), ${SCALE})
        END +
        CASE WHEN least(w.lease_end, r.hour) <= w.lease_from THEN 0 ELSE
          div(w.lease_weight * (${accumulatorAt(sql`least(w.lease_end, r.hour)`)} - ${accumulatorAt(sql`w.lease_from`)}), ${SCALE})
        END
      END AS rewards
    FROM ${worker} w
    JOIN ${attestedKeyState} s ON s.key = w.worker
    CROSS JOIN ${attestationPolicy} p
    CROSS JOIN ${rewardsPool} r
  ) judged`);

/** What each operator can claim now, and has earned until now. */
export const operatorStanding = onchainView("operator_standing", {
  operator: hex("operator").notNull(),
  /** PHA that its workers can claim now: Σ of `rewardsOf` of the contract. */
  rewards: bigint("rewards").notNull(),
  /** PHA that its workers earned while it was their operator: claimed + rewards + handed over − taken over. */
  earnedCumulative: bigint("earned_cumulative").notNull(),
}).as(sql`
  SELECT
    o.operator,
    coalesce(s.rewards, 0) AS rewards,
    o.claimed_cumulative + coalesce(s.rewards, 0) + o.handed_over_cumulative - o.taken_over_cumulative AS earned_cumulative
  FROM ${operator} o
  LEFT JOIN (
    SELECT w.operator, sum(w.rewards) AS rewards FROM ${workerStanding} w GROUP BY w.operator
  ) s ON s.operator = o.operator`);
