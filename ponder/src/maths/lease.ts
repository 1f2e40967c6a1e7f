/** A worker's lease and what it earns: `_grant` and `_settle` of WorkerRewards. Hours are named by the second in which they begin. */
import type { Books } from "./hours.ts";
import { HOUR } from "./period.ts";

type Leases = Pick<Books, "weights" | "leaseEnds">;

/** Fractional bits of an accumulator. */
const SCALE = 64n;

/** As `worker` in the schema. */
export interface Lease {
  readonly leaseFrom: bigint;
  readonly leaseEnd: bigint;
  readonly leaseWeight: number;
  readonly carryWeight: number;
  /** Wei of PHA. */
  readonly accrued: bigint;
  readonly settledHoursCumulative: number;
}

/** What an event says of a lease. */
export interface Grant {
  readonly from: bigint;
  readonly end: bigint;
  readonly weight: number;
}

/** By the start of an hour: what a hundredth of weight has earned before it. */
export type Accumulators = ReadonlyMap<bigint, bigint>;

/** The hours whose accumulators {@link settle} needs. */
export function boundariesOf(lease: Lease, hour: bigint): bigint[] {
  if (hour < lease.leaseFrom) return [];
  return [lease.leaseFrom - HOUR, lease.leaseFrom, earlier(lease.leaseEnd, hour)];
}

/** Moves what was earned before `hour`, up to which all hours are closed, into `accrued`. Rounds down, twice at most. */
export function settle(lease: Lease, hour: bigint, accumulators: Accumulators): Lease {
  if (hour < lease.leaseFrom) return lease;
  const at = (time: bigint): bigint => {
    const accumulator = accumulators.get(time);
    if (accumulator === undefined) throw new Error(`nothing is known of the hour that begins at ${time}`);
    return accumulator;
  };
  const earned = (weight: number, from: bigint, to: bigint) => (BigInt(weight) * (at(to) - at(from))) >> SCALE;
  let { leaseFrom, accrued, settledHoursCumulative } = lease;
  if (lease.carryWeight !== 0) {
    accrued += earned(lease.carryWeight, leaseFrom - HOUR, leaseFrom);
    settledHoursCumulative += 1;
  }
  const to = earlier(lease.leaseEnd, hour);
  if (leaseFrom < to) {
    accrued += earned(lease.leaseWeight, leaseFrom, to);
    settledHoursCumulative += Number((to - leaseFrom) / HOUR);
    leaseFrom = to;
  }
  return { ...lease, leaseFrom, carryWeight: 0, accrued, settledHoursCumulative };
}

/** Whether a heartbeat in `hour` for `weight` only moves the lease's end. */
export function isProlonged(lease: Lease, weight: number, hour: bigint): boolean {
  return hour < lease.leaseEnd && lease.leaseWeight === weight;
}

/** The lease after a heartbeat in `hour`. */
export function grant(lease: Lease, { from, end, weight }: Grant, hour: bigint, accumulators: Accumulators): Lease {
  if (isProlonged(lease, weight, hour)) return extend(lease, end);
  const settled = settle(lease, hour, accumulators);
  // The old weight counts until the end of this hour, if it had begun to.
  const isCarried = hour < lease.leaseEnd && lease.leaseFrom <= hour;
  const carryWeight = isCarried ? lease.leaseWeight : settled.carryWeight;
  return { ...settled, leaseFrom: from, leaseEnd: end, leaseWeight: weight, carryWeight };
}

/** The lease after a heartbeat in its time that only moves its end to `end`. */
export function extend(lease: Lease, end: bigint): Lease {
  return { ...lease, leaseEnd: end };
}

/**
 * The books from `hour` on, where a lease in them is replaced: the weights of `hour` and of those after it, of which that of `hour`
 * itself never changes, and how many leases end with each.
 */
export function rebook({ weights, leaseEnds }: Leases, hour: bigint, before: Lease, after: Lease): Leases {
  const covers = ({ leaseFrom, leaseEnd, leaseWeight }: Lease, time: bigint) =>
    leaseFrom <= time && time < leaseEnd ? leaseWeight : 0;
  const ends = ({ leaseEnd }: Lease, time: bigint) => (leaseEnd === time + HOUR ? 1 : 0);
  const timeOf = (i: number) => hour + BigInt(i) * HOUR;
  return {
    weights: weights.map((weight, i) =>
      i === 0 ? weight : weight - covers(before, timeOf(i)) + covers(after, timeOf(i)),
    ),
    leaseEnds: leaseEnds.map((count, i) => count - ends(before, timeOf(i)) + ends(after, timeOf(i))),
  };
}

function earlier(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
