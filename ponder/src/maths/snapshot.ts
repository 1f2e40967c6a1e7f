/** A period of the vault, from its state before the end and the closed form. */
import { emitted } from "../../../model/emission.ts";
import { type Emission, type Pool, accrue, stakersEmission, unvested } from "../../../model/pool.ts";
import { YEAR } from "./period.ts";
import { WAD, annualised, aprOf, compounded, rateOf } from "./yield.ts";

/** What the vault counts from the beginning on, in wei of PHA. */
export interface Flows {
  readonly depositedCumulative: bigint;
  readonly requestedCumulative: bigint;
  readonly cancelledCumulative: bigint;
  readonly claimedCumulative: bigint;
  readonly fundedCumulative: bigint;
}

/** What does not change between two interactions. */
export interface Standing extends Flows {
  readonly pendingAssets: bigint;
  readonly pendingRequests: number;
  readonly stakers: number;
}

/** What a period needs to know of the one before. */
export interface Previous extends Flows {
  readonly rate: bigint;
}

/**
 * The period [start, start + length), in whose end nothing has happened since `pool` and `standing`.
 *
 * @param previous The period before; undefined for the first.
 * @param supply Wei of PHA that exist.
 */
export function snapshotOf(options: {
  start: bigint;
  length: bigint;
  pool: Pool;
  emission: Emission;
  standing: Standing;
  previous: Previous | undefined;
  supply: bigint;
}) {
  const { start, length, emission, standing, previous, supply } = options;
  const end = start + length;
  const pool = accrue(options.pool, emission, end);
  const rate = rateOf(pool);
  const apr = aprOf(pool, emission, end);
  const total = emittedBetween(emission, start, end);
  const flow = (name: keyof Flows) => standing[name] - (previous?.[name] ?? 0n);
  return {
    start,
    end,
    totalAssets: pool.assets,
    shares: pool.shares,
    rate,
    pendingAssets: standing.pendingAssets,
    pendingRequests: standing.pendingRequests,
    banked: pool.banked,
    unvestedIncome: unvested(pool.income, end),
    stakers: standing.stakers,
    apr,
    apy: compounded(apr),
    realisedApr: previous === undefined ? 0n : annualised(previous.rate, rate, length),
    inflation: supply === 0n ? 0n : (total * YEAR * WAD) / (length * supply),
    emittedStakers: stakersEmission(emission, start, end),
    emitted: total,
    deposited: flow("depositedCumulative"),
    requested: flow("requestedCumulative"),
    cancelled: flow("cancelledCumulative"),
    claimed: flow("claimedCumulative"),
    funded: flow("fundedCumulative"),
    depositedCumulative: standing.depositedCumulative,
    requestedCumulative: standing.requestedCumulative,
    cancelledCumulative: standing.cancelledCumulative,
    claimedCumulative: standing.claimedCumulative,
    fundedCumulative: standing.fundedCumulative,
  };
}

/** What all streams are emitted between two moments. */
export function emittedBetween(emission: Emission, from: bigint, to: bigint): bigint {
  if (emission.start === 0n) return 0n;
  return emitted(emission.budget, to - emission.start) - emitted(emission.budget, from - emission.start);
}
