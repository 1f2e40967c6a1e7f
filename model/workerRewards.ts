/**
 * What GPU workers earn, hour by hour and without rounding: the reference that `contracts/compute/WorkerRewards.sol` is
 * tested against. It follows the words of `IWorkerRewards`: for each hour, the leases that cover it, the ceiling that holds
 * in it, and the reserve. Slow, and simple enough to be believed.
 *
 * Amounts are in wei, weights in hundredths, moments in unix seconds, hours since 1970.
 */
import { emittedTo } from "./emission.ts";
import { type Fraction, ZERO, minus, plus } from "./fraction.ts";
import type { Emission } from "./pool.ts";

/** How long a lease can last. */
export const LEASE_HOURS = 6;

const HOUR = 3_600n;

/** `weight` of `worker` counts in the hours `from` … `end` − 1. */
export interface Lease {
  readonly worker: string;
  readonly from: number;
  readonly end: number;
  readonly weight: bigint;
}

/** What the registry says of a worker when its heartbeat arrives: weight 0 for whoever gets no lease. */
export interface Beat {
  readonly worker: string;
  readonly weight: bigint;
  /** When the attestation ends. */
  readonly validUntil: bigint;
}

/** What became of a heartbeat, in the contract's words. */
export type BeatResult = "Granted" | "NotActive" | "Expiring";

/** An hour that is over. */
export interface ClosedHour {
  readonly hour: number;
  readonly weight: bigint;
  readonly emitted: bigint;
  readonly paid: bigint;
  /** After it. */
  readonly reserve: bigint;
  /** Its `paid`, by worker. */
  readonly shares: ReadonlyMap<string, Fraction>;
}

/** A time in which the contract was the sink of the workers' stream. */
interface Tenure {
  readonly from: bigint;
  readonly to: bigint | undefined;
}

/** Everything since the contract was deployed. */
export interface Rewards {
  readonly emission: Emission;
  readonly tenures: readonly Tenure[];
  /** Each holds from its hour on; the last one of an hour, in all of it. */
  readonly ceilings: readonly { readonly from: number; readonly ceiling: bigint }[];
  /** No two of a worker cover the same hour. */
  readonly leases: readonly Lease[];
  /** In their order, without a gap. */
  readonly hours: readonly ClosedHour[];
  /** The first hour that is not closed. */
  readonly open: number;
  /** What of the emission went into hours and reserve. */
  readonly credited: bigint;
  readonly reserve: bigint;
  /** In sum, by worker. */
  readonly earned: ReadonlyMap<string, Fraction>;
  /** What of that had been earned at the worker's last claim. */
  readonly claimed: ReadonlyMap<string, Fraction>;
}

/** The hour that contains the second `timestamp`. */
export function hourAt(timestamp: bigint): number {
  return Number(timestamp / HOUR);
}

const lesser = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** The books of a contract that is deployed at `timestamp`, before the emission starts. */
export function openRewards(options: { budget: bigint; ceiling: bigint; timestamp: bigint }): Rewards {
  const { budget, ceiling, timestamp } = options;
  const open = hourAt(timestamp);
  return {
    emission: { budget, start: 0n },
    tenures: [],
    ceilings: [{ from: open, ceiling }],
    leases: [],
    hours: [],
    open,
    credited: 0n,
    reserve: 0n,
    earned: new Map(),
    claimed: new Map(),
  };
}

// EMISSION

/** What the workers' stream emits before `timestamp`. */
function streamBefore({ emission: { budget, start } }: Rewards, timestamp: bigint): bigint {
  return start === 0n ? 0n : emittedTo("workers", budget, timestamp - start);
}

/** What the stream emits while the contract is its sink: all that ever came or is owed at `timestamp`. */
export function allotted(rewards: Rewards, timestamp: bigint): bigint {
  return rewards.tenures.reduce((sum, { from, to = timestamp }) => {
    return sum + streamBefore(rewards, lesser(to, timestamp)) - streamBefore(rewards, lesser(from, timestamp));
  }, 0n);
}

/** The emission starts with the next full hour, and the workers' stream flows here. */
export function startEmission(rewards: Rewards, timestamp: bigint): Rewards {
  const start = ((timestamp + HOUR - 1n) / HOUR) * HOUR;
  return { ...rewards, emission: { ...rewards.emission, start }, tenures: [{ from: start, to: undefined }] };
}

/** The stream goes somewhere else from `timestamp` on. What was emitted until then is still owed. */
export function loseSink(rewards: Rewards, timestamp: bigint): Rewards {
  const tenures = rewards.tenures.map(({ from, to }) => ({
    from: to === undefined ? lesser(from, timestamp) : from,
    to: to ?? timestamp,
  }));
  return { ...rewards, tenures };
}

/** The stream comes here again from `timestamp` on. */
export function regainSink(rewards: Rewards, timestamp: bigint): Rewards {
  return { ...rewards, tenures: [...rewards.tenures, { from: timestamp, to: undefined }] };
}

// HOURS

/** The leases that cover `hour`. */
export function leasesIn(rewards: Rewards, hour: number): readonly Lease[] {
  return rewards.leases.filter(({ from, end }) => from <= hour && hour < end);
}

/** Σ of the leases that cover `hour`. */
export function weightIn(rewards: Rewards, hour: number): bigint {
  return leasesIn(rewards, hour).reduce((sum, { weight }) => sum + weight, 0n);
}

function ceilingIn(rewards: Rewards, hour: number): bigint {
  const inForce = rewards.ceilings.findLast(({ from }) => from <= hour);
  if (inForce === undefined) throw new RangeError(`hour ${hour} is before the first one`);
  return inForce.ceiling;
}

/**
 * The books with all hours closed that are over at `timestamp`. Of what an hour emitted it gets what has come or is owed by
 * now; with what is in the reserve it pays its leases up to the ceiling.
 */
export function close(rewards: Rewards, timestamp: bigint): Rewards {
  const now = hourAt(timestamp);
  if (rewards.open >= now) return rewards;
  const available = allotted(rewards, timestamp);
  let { credited, reserve } = rewards;
  const hours: ClosedHour[] = [];
  const earned = new Map(rewards.earned);
  let before = streamBefore(rewards, BigInt(rewards.open) * HOUR);
  for (let hour = rewards.open; hour < now; hour++) {
    const after = streamBefore(rewards, BigInt(hour + 1) * HOUR);
    const emitted = lesser(after - before, available - credited);
    before = after;
    credited += emitted;
    const leases = leasesIn(rewards, hour);
    const weight = leases.reduce((sum, lease) => sum + lease.weight, 0n);
    const paid = lesser(reserve + emitted, ceilingIn(rewards, hour) * weight);
    reserve += emitted - paid;
    const shares = new Map<string, Fraction>();
    for (const lease of leases) {
      const share = { numerator: paid * lease.weight, denominator: weight };
      shares.set(lease.worker, share);
      earned.set(lease.worker, plus(earned.get(lease.worker) ?? ZERO, share));
    }
    hours.push({ hour, weight, emitted, paid, reserve, shares });
  }
  return { ...rewards, hours: [...rewards.hours, ...hours], open: now, credited, reserve, earned };
}

/** Governance sets the ceiling: it holds in the hour of `timestamp` and after it. */
export function setCeiling(rewards: Rewards, timestamp: bigint, ceiling: bigint): Rewards {
  const ceilings = [...rewards.ceilings, { from: hourAt(timestamp), ceiling }];
  return { ...close(rewards, timestamp), ceilings };
}

// HEARTBEATS

/** The lease of `worker` that ends last. */
export function lastLease(rewards: Rewards, worker: string): Lease | undefined {
  return rewards.leases.findLast((lease) => lease.worker === worker);
}

/** All leases after a heartbeat in `hour` that grants `weight` until `end`. */
function granted(leases: readonly Lease[], next: number, { worker, weight }: Beat, end: number): readonly Lease[] {
  const last = leases.findLast((lease) => lease.worker === worker);
  const others = leases.filter((lease) => lease !== last);
  if (last === undefined) return [...leases, { worker, from: next, end, weight }];
  // One that reaches into the next hour, or up to it, goes on. The end never moves to an earlier hour.
  if (last.end >= next && last.weight === weight) return [...others, { ...last, end: Math.max(last.end, end) }];
  // Another weight takes the place of the one before from the next hour on.
  const cut = { ...last, end: Math.min(last.end, next) };
  const kept = cut.from < cut.end ? [cut] : [];
  return [...others, ...kept, { worker, from: next, end, weight }];
}

/** A batch of heartbeats, of which the signatures and the block are in order. If none is granted anything it never was. */
export function heartbeat(
  rewards: Rewards,
  timestamp: bigint,
  beats: readonly Beat[],
): { readonly rewards: Rewards; readonly results: readonly BeatResult[] } {
  const hour = hourAt(timestamp);
  let { leases } = rewards;
  const results = beats.map((beat): BeatResult => {
    if (beat.weight === 0n) return "NotActive";
    const end = Math.min(hour + LEASE_HOURS, hourAt(beat.validUntil));
    // Weight counts from the next full hour: it must be a whole one.
    if (end <= hour + 1) return "Expiring";
    leases = granted(leases, hour + 1, beat, end);
    return "Granted";
  });
  if (!results.includes("Granted")) return { rewards, results };
  return { rewards: { ...close(rewards, timestamp), leases }, results };
}

// CLAIMS

/** What `worker` has earned since its last claim, in hours that are closed. */
export function unclaimed(rewards: Rewards, worker: string): Fraction {
  return minus(rewards.earned.get(worker) ?? ZERO, rewards.claimed.get(worker) ?? ZERO);
}

/** Pays `workers`. If there is nothing to claim it never was. */
export function claim(
  rewards: Rewards,
  timestamp: bigint,
  workers: readonly string[],
): { readonly rewards: Rewards; readonly amounts: readonly Fraction[] } {
  const closed = close(rewards, timestamp);
  const amounts = workers.map((worker) => unclaimed(closed, worker));
  if (amounts.every(({ numerator }) => numerator === 0n)) return { rewards, amounts };
  const claimed = new Map(closed.claimed);
  for (const worker of workers) claimed.set(worker, closed.earned.get(worker) ?? ZERO);
  return { rewards: { ...closed, claimed }, amounts };
}
