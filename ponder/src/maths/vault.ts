/** The vault's row and the model's pool. */
import { type Emission, type Pool, accrue } from "../../../model/pool.ts";
import { aprOf, compounded, rateOf } from "./yield.ts";

/** The columns of the vault that hold the contract's state as of its last interaction, and the emission. */
export interface PoolColumns {
  readonly poolAssets: bigint;
  readonly shares: bigint;
  readonly banked: bigint;
  readonly incomeAmount: bigint;
  readonly incomeStart: bigint;
  readonly incomeEnd: bigint;
  readonly accruedAt: bigint;
  readonly emissionBudget: bigint;
  readonly emissionStart: bigint;
}

export function poolOf(row: PoolColumns): Pool {
  return {
    assets: row.poolAssets,
    shares: row.shares,
    banked: row.banked,
    accruedAt: row.accruedAt,
    income: { amount: row.incomeAmount, start: row.incomeStart, end: row.incomeEnd },
  };
}

export function emissionOf(row: PoolColumns): Emission {
  return { budget: row.emissionBudget, start: row.emissionStart };
}

/** The columns of `pool`, which an interaction has just left. */
export function poolColumns(pool: Pool) {
  return {
    poolAssets: pool.assets,
    shares: pool.shares,
    banked: pool.banked,
    incomeAmount: pool.income.amount,
    incomeStart: pool.income.start,
    incomeEnd: pool.income.end,
    accruedAt: pool.accruedAt,
  };
}

/** The vault's price columns at `timestamp`, if its last interaction left `pool`. */
export function priceColumns(pool: Pool, emission: Emission, timestamp: bigint) {
  const now = accrue(pool, emission, timestamp);
  const apr = aprOf(now, emission, timestamp);
  return { totalAssets: now.assets, rate: rateOf(now), apr, apy: compounded(apr), timestamp };
}
