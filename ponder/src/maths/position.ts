/** Average cost: see `position` in `ponder.schema.ts`. */

export interface Holding {
  /** Wei of vPHA. */
  readonly shares: bigint;
  /** Wei of PHA that they cost. */
  readonly cost: bigint;
}

/** The part of the holding's cost that leaves with `shares` of it. Rounds down; the last share takes all that is left. */
export function costOf(holding: Holding, shares: bigint): bigint {
  return shares === holding.shares ? holding.cost : (holding.cost * shares) / holding.shares;
}
