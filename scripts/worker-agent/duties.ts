/** What the worker has to do now, by what the chain says: pure, so that a restart changes nothing. */
import { type Address, hexToNumber, keccak256, slice, toHex } from "viem";
import type { WORKER_STATES } from "../compute/calls.ts";
import { type Standing, hourOf } from "./chain.ts";

const HOUR = 3_600;
/** How long a lease can last. */
export const LEASE_HOURS = 6;
/** With a lease that ends this soon, no heartbeat waits for its turn. */
const URGENT_HOURS = 2;
/** What an attestation lasts at most; for nodes that have forgotten when it was. */
const FULL_VALIDITY = 7 * 86_400;

export type WorkerState = (typeof WORKER_STATES)[number];

/** States from which no worker comes back. */
export const hasLeft = (state: WorkerState): boolean =>
  state === "Exiting" || state === "Exited" || state === "Removed";

/** When the worker attests anew: after two thirds of the attestation's validity. */
export function attestationDueAt({ attestedAt, validUntil }: Standing): number {
  if (validUntil === 0) return 0;
  const length = attestedAt === 0 ? FULL_VALIDITY : validUntil - attestedAt;
  return Math.floor(validUntil - length / 3);
}

/** Whether to attest: to register, to revive, or in good time. More collateral is nothing that a quote could bring. */
export function isAttestationDue(standing: Standing): boolean {
  const { state, lapse, head } = standing;
  if (hasLeft(state)) return false;
  if (state === "None" || lapse === "Attestation" || lapse === "GpuTaken") return true;
  return head.timestamp >= attestationDueAt(standing);
}

/** Seconds after the full hour at which `worker` sends its heartbeat, different in every hour. */
export function heartbeatOffset(worker: Address, hour: number, jitterSeconds: number): number {
  if (jitterSeconds === 0) return 0;
  return hexToNumber(slice(keccak256(toHex(`${worker.toLowerCase()} ${hour}`)), 0, 4)) % (jitterSeconds + 1);
}

export interface HeartbeatDuty {
  /** Whether a heartbeat would change the lease: once in an hour, as hours are what leases are made of, or for a new weight. */
  readonly isUseful: boolean;
  /** Whether to send it now. */
  readonly isDue: boolean;
  /** Whether any block will do. */
  readonly isUrgent: boolean;
}

const NOTHING: HeartbeatDuty = { isUseful: false, isDue: false, isUrgent: false };

/** Whether the worker should send a heartbeat. Whoever sent one for it has done it. */
export function heartbeatDuty(standing: Standing, worker: Address, jitterSeconds: number): HeartbeatDuty {
  const { state, head, lease, validUntil, weight } = standing;
  if (state !== "Active") return NOTHING;
  const hour = hourOf(head.timestamp);
  const reachable = Math.min(hour + LEASE_HOURS, hourOf(validUntil));
  const isUseful = reachable > hour + 1 && (lease.end < reachable || lease.weight !== weight);
  if (!isUseful) return NOTHING;
  const isUrgent = lease.end <= hour + URGENT_HOURS;
  const isItsTurn = head.timestamp - hour * HOUR >= heartbeatOffset(worker, hour, jitterSeconds);
  return { isUseful, isDue: isUrgent || isItsTurn, isUrgent };
}
