/**
 * What becomes of the supply if the emission goes on as it must and the rest as assumed, month by month; a month is 30 days, six are an
 * epoch. All amounts are in wei of PHA.
 */
import { emitted, emittedTo } from "./emission.ts";

export const MONTH = 30n * 86_400n;

const YEAR = 365n * 86_400n;
const BPS = 10_000n;
const ONE = 10n ** 18n;

export interface Assumptions {
  /** Wei that epoch 0 emits. */
  readonly budget: bigint;
  /** Seconds since the start of the emission at which the first month begins. */
  readonly elapsed: bigint;
  readonly months: number;
  /** Wei in circulation when the first month begins. */
  readonly circulating: bigint;
  /** Part of the circulating supply that is burnt per year, in basis points. */
  readonly burnBps: bigint;
  /** Part of the circulating supply that is staked, in basis points. */
  readonly stakedBps: bigint;
  /** Wei that come into circulation every month besides, in the first `unlockMonths` months. */
  readonly unlock: bigint;
  readonly unlockMonths: number;
}

export interface SupplyMonth {
  readonly month: number;
  /** Seconds since the start of the emission at which it ends. */
  readonly end: bigint;
  /** Emitted within the month, exactly as the contract's curve. */
  readonly emission: bigint;
  readonly unlocked: bigint;
  readonly burnt: bigint;
  /** emission + unlocked − burnt. */
  readonly net: bigint;
  /** In circulation when it ends. */
  readonly circulating: bigint;
  /** What stakers are emitted per year of 365 days, in parts of what is staked when the month ends, times 1e18; 0 where nothing is. */
  readonly apr: bigint;
  /** Net per year in parts of what circulated when the month began, times 1e18. */
  readonly inflation: bigint;
}

/** Burns of a month are those of the supply at its beginning, rounded down, and at most all of it. */
export function simulateSupply(assumed: Assumptions): SupplyMonth[] {
  const rows: SupplyMonth[] = [];
  let { circulating } = assumed;
  for (let month = 0; month < assumed.months; month++) {
    const start = assumed.elapsed + BigInt(month) * MONTH;
    const end = start + MONTH;
    const emission = emitted(assumed.budget, end) - emitted(assumed.budget, start);
    const unlocked = month < assumed.unlockMonths ? assumed.unlock : 0n;
    const due = (circulating * assumed.burnBps * MONTH) / (BPS * YEAR);
    const burnt = due > circulating ? circulating : due;
    const net = emission + unlocked - burnt;
    const inflation = circulating === 0n ? 0n : (net * YEAR * ONE) / (circulating * MONTH);
    circulating += net;
    const staked = (circulating * assumed.stakedBps) / BPS;
    const toStakers = emittedTo("stakers", assumed.budget, end) - emittedTo("stakers", assumed.budget, start);
    const apr = staked === 0n ? 0n : (toStakers * YEAR * ONE) / (staked * MONTH);
    rows.push({ month: month + 1, end, emission, unlocked, burnt, net, circulating, apr, inflation });
  }
  return rows;
}
