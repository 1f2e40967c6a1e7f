/** What the vault gives for what, computed as it does. */

/** All PHA of the holders of vPHA, and all vPHA. */
export interface Pool {
  readonly assets: bigint;
  readonly shares: bigint;
}

/** PHA for `shares`, rounded down, as the vault has it: with one virtual share and one virtual asset. */
export function toAssets(pool: Pool, shares: bigint): bigint {
  return (shares * (pool.assets + 1n)) / (pool.shares + 1n);
}

/** vPHA for `assets`, rounded down. */
export function toShares(pool: Pool, assets: bigint): bigint {
  return (assets * (pool.shares + 1n)) / (pool.assets + 1n);
}
