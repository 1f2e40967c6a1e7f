/** Hours and days: [start, end), in unix seconds, aligned to UTC. */

export const HOUR = 3_600n;
export const DAY = 86_400n;
/** 365 days, as the contracts count a year. */
export const YEAR = 365n * DAY;

/** The start of the period of `length` seconds that contains `timestamp`. */
export function startOf(length: bigint, timestamp: bigint): bigint {
  return timestamp - (timestamp % length);
}

/** The starts of the periods of `length` seconds that begin at `from` or later and have ended at `timestamp`, in order. */
export function closedSince(length: bigint, from: bigint, timestamp: bigint): bigint[] {
  const count = (startOf(length, timestamp) - from) / length;
  return Array.from({ length: count > 0n ? Number(count) : 0 }, (_, i) => from + BigInt(i) * length);
}

/** One row for each of the periods that start at `starts`, made from the one before; `before` is that before the first. */
export function eachPeriod<Row>(
  starts: readonly bigint[],
  before: Row | null,
  make: (start: bigint, previous: Row | null) => Row,
): Row[] {
  let previous = before;
  return starts.map((start) => (previous = make(start, previous)));
}
