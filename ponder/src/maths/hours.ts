/** An hour of the workers' rewards as it closes: `_closing` of WorkerRewards. */

/** Hours that a lease reaches, the current one included. */
export const LEASE_HOURS = 6;

/** As `rewardsPool` in the schema. Amounts in wei of PHA. */
export interface Books {
  /** Weight of the hour that runs, and of the next ones. */
  readonly weights: readonly number[];
  /** How many leases end with the hour that runs, and with each of the next ones. */
  readonly leaseEnds: readonly number[];
  readonly ceiling: bigint;
  readonly reserve: bigint;
  readonly emittedCumulative: bigint;
  readonly earnedCumulative: bigint;
  readonly weightHoursCumulative: bigint;
  /** Wei per hundredth of weight, times 2^64. */
  readonly accumulator: bigint;
}

/** What an hour came to. */
export interface ClosedHour {
  readonly weight: number;
  readonly emitted: bigint;
  readonly paid: bigint;
  readonly reserve: bigint;
  readonly accumulator: bigint;
}

/** Closes the hour that runs, in which the workers' stream emitted `emission`; at most `left` of it can come into the books. */
export function closeHour(books: Books, emission: bigint, left: bigint): ClosedHour {
  const [weight = 0] = books.weights;
  const emitted = left < emission ? left : emission;
  const available = books.reserve + emitted;
  if (weight === 0) return { weight, emitted, paid: 0n, reserve: available, accumulator: books.accumulator };
  const bound = books.ceiling * BigInt(weight);
  const share = ((available < bound ? available : bound) << 64n) / BigInt(weight);
  // What the shares do not divide stays in the reserve, but for a wei.
  const paid = (share * BigInt(weight) + (1n << 64n) - 1n) >> 64n;
  return { weight, emitted, paid, reserve: available - paid, accumulator: books.accumulator + share };
}

/** The books after `closed`. */
export function nextBooks(books: Books, closed: ClosedHour): Books {
  return {
    ...books,
    weights: [...books.weights.slice(1), 0],
    leaseEnds: [...books.leaseEnds.slice(1), 0],
    reserve: closed.reserve,
    emittedCumulative: books.emittedCumulative + closed.emitted,
    earnedCumulative: books.earnedCumulative + closed.paid,
    weightHoursCumulative: books.weightHoursCumulative + BigInt(closed.weight),
    accumulator: closed.accumulator,
  };
}

/** No lease at all. */
export const NO_LEASES: Pick<Books, "weights" | "leaseEnds"> = {
  weights: Array.from({ length: LEASE_HOURS }, () => 0),
  leaseEnds: Array.from({ length: LEASE_HOURS }, () => 0),
};
