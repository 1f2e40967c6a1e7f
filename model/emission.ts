/**
 * The emission curve, exact in integers: the reference that the contracts are tested against, and what the indexer and
 * the simulator compute with. Mirrors `contracts/emission/EmissionSchedule.sol`.
 *
 * All amounts are in wei of PHA, all times in seconds.
 */

/** Length of an epoch: after each one the rate falls by 25 %. */
export const EPOCH_LENGTH = 180n * 86_400n;

/** Number of epochs that emit by the curve; at their end what is left is emitted at once. */
export const EPOCH_COUNT = 104n;

/** The streams, in the order of the contract's enum. */
export const STREAMS = ["stakers", "workers", "treasury"] as const;

export type Stream = (typeof STREAMS)[number];

/** All that is ever emitted: four times the first epoch's budget. */
export function emissionCap(budget: bigint): bigint {
  return 4n * budget;
}

/** The number of the epoch that contains the moment `elapsed` seconds after the start. */
export function epochAt(elapsed: bigint): bigint {
  return elapsed / EPOCH_LENGTH;
}

/** C(k) = 4B − ⌈4B·3^k / 4^k⌉: what all epochs before number `epoch` emit. */
export function emittedBefore(budget: bigint, epoch: bigint): bigint {
  const numerator = 4n * budget * 3n ** epoch;
  const denominator = 4n ** epoch;
  return 4n * budget - (numerator + denominator - 1n) / denominator;
}

/** An epoch of a budget: what all before it emit, and what it emits itself. */
interface EpochBudget {
  readonly budget: bigint;
  readonly epoch: bigint;
  readonly before: bigint;
  readonly within: bigint;
}

/** The last one that was asked for: nearly every question is about the same. */
let latest: EpochBudget | undefined;

/** What epoch number `epoch` emits, and all before it. */
export function epochBudget(budget: bigint, epoch: bigint): EpochBudget {
  if (latest?.epoch === epoch && latest.budget === budget) return latest;
  const before = emittedBefore(budget, epoch);
  latest = { budget, epoch, before, within: emittedBefore(budget, epoch + 1n) - before };
  return latest;
}

/** E: what all streams together emit in the first `elapsed` seconds; 0 where `elapsed` is negative. */
export function emitted(budget: bigint, elapsed: bigint): bigint {
  if (elapsed <= 0n) return 0n;
  const epoch = epochAt(elapsed);
  if (epoch >= EPOCH_COUNT) return emissionCap(budget);
  const { before, within } = epochBudget(budget, epoch);
  return before + (within * (elapsed % EPOCH_LENGTH)) / EPOCH_LENGTH;
}

/** The part of `total` emitted wei that belongs to `stream`; the three sum to `total` exactly. */
export function streamShare(stream: Stream, total: bigint): bigint {
  const stakers = (2n * total) / 5n;
  const both = (4n * total) / 5n;
  switch (stream) {
    case "stakers":
      return stakers;
    case "workers":
      return both - stakers;
    case "treasury":
      return total - both;
  }
}

/** What `stream` emits in the first `elapsed` seconds. */
export function emittedTo(stream: Stream, budget: bigint, elapsed: bigint): bigint {
  return streamShare(stream, emitted(budget, elapsed));
}
