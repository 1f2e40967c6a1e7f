/**
 * The vPHA pool between two interactions: how its assets grow with time alone. Mirrors the accrual of
 * `contracts/staking/VPHA.sol`, so that the price at any second follows from the last events, without a call.
 *
 * All amounts are in wei, all times in unix seconds.
 */
import { emittedTo } from "./emission.ts";

/** Below this supply of vPHA the price does not rise: emission is banked, and income waits. */
export const MIN_SUPPLY = 1_000n * 10n ** 18n;

/** The emission as the vault announced it. */
export interface Emission {
  /** Wei that epoch 0 emits. */
  readonly budget: bigint;
  /** When the emission starts; 0 while that is not known. */
  readonly start: bigint;
}

/** Other income, as `IncomeUpdated` announced it: vests linearly from `start` to `end`; `start` 0 means that it waits. */
export interface Income {
  readonly amount: bigint;
  readonly start: bigint;
  readonly end: bigint;
}

/** The pool as of its last interaction. */
export interface Pool {
  readonly assets: bigint;
  readonly shares: bigint;
  readonly banked: bigint;
  readonly accruedAt: bigint;
  readonly income: Income;
}

/** Before the first event. */
export const EMPTY_POOL: Pool = {
  assets: 0n,
  shares: 0n,
  banked: 0n,
  accruedAt: 0n,
  income: { amount: 0n, start: 0n, end: 0n },
};

/** The part of `income` that has vested at `timestamp`, rounded down. */
export function vested(income: Income, timestamp: bigint): bigint {
  if (income.start === 0n) return 0n;
  if (timestamp >= income.end) return income.amount;
  return (income.amount * (timestamp - income.start)) / (income.end - income.start);
}

/** The part of `income` that has not vested at `timestamp`. */
export function unvested(income: Income, timestamp: bigint): bigint {
  return income.amount - vested(income, timestamp);
}

/** What stakers are emitted between two moments. */
export function stakersEmission(emission: Emission, from: bigint, to: bigint): bigint {
  if (emission.start === 0n) return 0n;
  return (
    emittedTo("stakers", emission.budget, to - emission.start) -
    emittedTo("stakers", emission.budget, from - emission.start)
  );
}

/** The pool at `timestamp`, if nothing happens until then. */
export function accrue(pool: Pool, emission: Emission, timestamp: bigint): Pool {
  if (timestamp === pool.accruedAt) return pool;
  const income = stakersEmission(emission, pool.accruedAt, timestamp);
  if (pool.shares < MIN_SUPPLY) return { ...pool, banked: pool.banked + income, accruedAt: timestamp };
  const fromIncome = vested(pool.income, timestamp) - vested(pool.income, pool.accruedAt);
  return { ...pool, assets: pool.assets + income + fromIncome, accruedAt: timestamp };
}

/** PHA for `shares` in `pool`, rounded down: with the one virtual share and the one virtual asset. */
export function toAssets(pool: Pool, shares: bigint): bigint {
  return (shares * (pool.assets + 1n)) / (pool.shares + 1n);
}

/** vPHA for `assets` in `pool`, rounded down. */
export function toShares(pool: Pool, assets: bigint): bigint {
  return (assets * (pool.shares + 1n)) / (pool.assets + 1n);
}
