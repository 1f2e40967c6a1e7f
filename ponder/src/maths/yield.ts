/** Rates and yields, as integers times 1e18, rounded down. */
import { EPOCH_COUNT, EPOCH_LENGTH, epochAt, epochBudget, streamShare } from "../../../model/emission.ts";
import { type Emission, MIN_SUPPLY, type Pool, toAssets } from "../../../model/pool.ts";
import { YEAR } from "./period.ts";

/** 1, as a rate; also 1 vPHA and 1 PHA in wei. */
export const WAD = 10n ** 18n;

/** Scale of the steps of `compounded`, so that their rounding stays far below one wei of the result. */
const RAY = 10n ** 27n;

/** PHA for 1 vPHA. */
export function rateOf(pool: Pool): bigint {
  return toAssets(pool, WAD);
}

/** What emission adds to the assets of `pool` (accrued to `timestamp`) per year, without compounding. As `VPHA.apr()`. */
export function aprOf(pool: Pool, emission: Emission, timestamp: bigint): bigint {
  if (pool.shares < MIN_SUPPLY || emission.start === 0n || timestamp < emission.start) return 0n;
  const epoch = epochAt(timestamp - emission.start);
  if (epoch >= EPOCH_COUNT) return 0n;
  // By the curve: what is emitted at once when the last epoch ends is no part of its rate.
  const { before, within } = epochBudget(emission.budget, epoch);
  const perEpoch = streamShare("stakers", before + within) - streamShare("stakers", before);
  return (perEpoch * YEAR * WAD) / (EPOCH_LENGTH * (pool.assets + 1n));
}

/** The most that {@link compounded} says: with little at stake, the emission doubles it faster than any column can hold. */
export const MAX_APY = 10n ** 36n;

/** `apr` compounded daily: (1 + apr / 365)^365 − 1, at most {@link MAX_APY}. */
export function compounded(apr: bigint): bigint {
  const step = RAY / WAD;
  const atMost = (value: bigint) => (value > MAX_APY * step + RAY ? MAX_APY * step + RAY : value);
  let factor = RAY + (apr * step) / 365n;
  let result = RAY;
  for (let n = 365; n > 0; n >>= 1) {
    if (n & 1) result = atMost((result * factor) / RAY);
    factor = atMost((factor * factor) / RAY);
  }
  return (result - RAY) / step;
}

/** The growth from `before` to `after` within `seconds`, per year without compounding; 0 where there was nothing before. */
export function annualised(before: bigint, after: bigint, seconds: bigint): bigint {
  if (before === 0n) return 0n;
  return ((after - before) * YEAR * WAD) / (before * seconds);
}
