/** The reference of WorkerRewards on small cases, each worked out by hand. */
import { describe, expect, it } from "vitest";
import { emittedTo } from "../../model/emission.ts";
import { type Fraction, ZERO, floor, minus, plus } from "../../model/fraction.ts";
import {
  type Rewards,
  allotted,
  claim,
  close,
  heartbeat,
  hourAt,
  leasesIn,
  loseSink,
  openRewards,
  regainSink,
  setCeiling,
  startEmission,
  unclaimed,
  weightIn,
} from "../../model/workerRewards.ts";

const HOUR = 3_600n;
/** A full hour; it is number 0 in the names below. */
const START = 1_767_225_600n;
const FIRST = hourAt(START);
/** So that every hour of the first epoch emits 1,000,000 wei for the workers. */
const PER_HOUR = 1_000_000n;
const HOURS_PER_EPOCH = 180n * 24n;
const BUDGET = ((PER_HOUR * 5n) / 2n) * HOURS_PER_EPOCH;
const NEVER = START + 10_000n * HOUR;

/** The second `minute` of hour number `hour`. */
const at = (hour: number, minute = 0): bigint => START + BigInt(hour) * HOUR + BigInt(minute) * 60n;

/** Books with the emission running from hour 0 on. */
const open = (ceiling: bigint): Rewards =>
  startEmission(openRewards({ budget: BUDGET, ceiling, timestamp: START }), START);

/** A heartbeat that must be granted. */
function beat(rewards: Rewards, timestamp: bigint, worker: string, weight: bigint, validUntil = NEVER): Rewards {
  const { rewards: after, results } = heartbeat(rewards, timestamp, [{ worker, weight, validUntil }]);
  expect(results).toEqual(["Granted"]);
  return after;
}

/** The hours, from 0 on, in which `worker` weighs something, with what it weighs. */
const weights = (rewards: Rewards, worker: string): Record<number, bigint> =>
  Object.fromEntries(
    Array.from({ length: 30 }, (_, hour) => hour).flatMap((hour) =>
      leasesIn(rewards, FIRST + hour)
        .filter((lease) => lease.worker === worker)
        .map(({ weight }) => [hour, weight]),
    ),
  );

const earned = (rewards: Rewards, worker: string): Fraction => rewards.earned.get(worker) ?? ZERO;
const column = (rewards: Rewards, name: "weight" | "emitted" | "paid" | "reserve"): readonly bigint[] =>
  rewards.hours.map((hour) => hour[name]);

describe("fractions", () => {
  it("add without rounding, and keep the denominator small", () => {
    const sum = [3n, 6n, 2n].reduce<Fraction>(
      (total, denominator) => plus(total, { numerator: 1n, denominator }),
      ZERO,
    );
    expect(sum.denominator).toBe(6n);
    expect(minus(sum, { numerator: 1n, denominator: 1n }).numerator).toBe(0n);
    expect(floor({ numerator: 7n, denominator: 2n })).toBe(3n);
  });
});

describe("the reference of WorkerRewards: leases", () => {
  it("grants five full hours after the one of the heartbeat", () => {
    const rewards = beat(open(1n), at(0, 59), "a", 100n);
    expect(weights(rewards, "a")).toEqual({ 1: 100n, 2: 100n, 3: 100n, 4: 100n, 5: 100n });
  });

  it("covers every hour of a worker that beats in time, once", () => {
    let rewards = open(1n);
    for (const hour of [0, 4, 9]) rewards = beat(rewards, at(hour, 30), "a", 100n);
    expect(Object.keys(weights(rewards, "a")).map(Number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    expect(weightIn(rewards, FIRST + 7)).toBe(100n);
  });

  it("leaves out the hours between a lease that ended and the next full one", () => {
    const rewards = beat(beat(open(1n), at(0), "a", 100n), at(7), "a", 100n);
    expect(Object.keys(weights(rewards, "a")).map(Number)).toEqual([1, 2, 3, 4, 5, 8, 9, 10, 11, 12]);
  });

  it("ends with the last full hour of the attestation", () => {
    const rewards = beat(open(1n), at(0), "a", 100n, at(3, 59));
    expect(weights(rewards, "a")).toEqual({ 1: 100n, 2: 100n });
  });

  it("grants nothing for less than one full hour, nor without a weight", () => {
    const beats = [
      { worker: "a", weight: 100n, validUntil: at(2) - 1n },
      { worker: "b", weight: 0n, validUntil: NEVER },
    ];
    const before = open(1n);
    const { rewards, results } = heartbeat(before, at(0), beats);
    expect(results).toEqual(["Expiring", "NotActive"]);
    expect(rewards).toBe(before);
    expect(heartbeat(before, at(0), [{ worker: "a", weight: 100n, validUntil: at(2) }]).results).toEqual(["Granted"]);
  });

  it("never moves an end to an earlier hour while the weight stays", () => {
    const rewards = beat(beat(open(1n), at(0), "a", 100n), at(1), "a", 100n, at(4));
    expect(Object.keys(weights(rewards, "a")).map(Number)).toEqual([1, 2, 3, 4, 5]);
  });

  it("changes a weight from the next hour on, and to the end that goes with it", () => {
    const rewards = beat(beat(open(1n), at(0), "a", 100n), at(2), "a", 300n, at(5));
    expect(weights(rewards, "a")).toEqual({ 1: 100n, 2: 100n, 3: 300n, 4: 300n });
  });

  it("takes the last of several weights in one hour", () => {
    let rewards = beat(open(1n), at(0), "a", 100n);
    for (const weight of [300n, 200n]) rewards = beat(rewards, at(3), "a", weight);
    expect(weights(rewards, "a")).toEqual({ 1: 100n, 2: 100n, 3: 100n, 4: 200n, 5: 200n, 6: 200n, 7: 200n, 8: 200n });
  });
});

describe("the reference of WorkerRewards: hours", () => {
  it("keeps in the reserve what is above the ceiling, and pays it when the emission is short of it", () => {
    // Alone: 100 × 4,000. With b: 500 × 4,000, of which the hour emits half.
    let rewards = beat(open(4_000n), at(0), "a", 100n);
    rewards = beat(rewards, at(1), "b", 400n);
    rewards = close(rewards, at(6));
    expect(column(rewards, "weight")).toEqual([0n, 100n, 500n, 500n, 500n, 500n]);
    expect(column(rewards, "emitted")).toEqual(Array.from({ length: 6 }, () => PER_HOUR));
    expect(column(rewards, "paid")).toEqual([0n, 400_000n, 2_000_000n, 1_600_000n, PER_HOUR, PER_HOUR]);
    expect(column(rewards, "reserve")).toEqual([PER_HOUR, 1_600_000n, 600_000n, 0n, 0n, 0n]);
    expect(earned(rewards, "a")).toMatchObject({
      numerator: (400_000n + 5_600_000n / 5n) * earned(rewards, "a").denominator,
    });
    expect(floor(earned(rewards, "b"))).toBe((5_600_000n / 5n) * 4n);
  });

  it("shares an hour by weight without losing a part of a wei", () => {
    let rewards = open(10n ** 18n);
    for (const [worker, weight] of [
      ["a", 1n],
      ["b", 2n],
      ["c", 4n],
    ] as const)
      rewards = beat(rewards, at(0), worker, weight);
    rewards = close(rewards, at(2));
    const shares = ["a", "b", "c"].map((worker) => earned(rewards, worker));
    const sum = shares.reduce(plus, ZERO);
    expect(sum.numerator).toBe(2n * PER_HOUR * sum.denominator);
    // 2,000,000 / 7 = 285,714 and a bit, and what is left of the bits is two wei.
    expect(shares.map(floor)).toEqual([285_714n, 571_428n, 1_142_857n]);
  });

  it("puts a year without anybody into the reserve, and pays no more than the ceiling of it", () => {
    const hours = 365 * 24;
    let rewards = beat(close(open(5n), at(hours)), at(hours), "a", 100n);
    const banked = emittedTo("workers", BUDGET, BigInt(hours) * HOUR);
    expect(rewards.reserve).toBe(banked);
    rewards = close(rewards, at(hours + 2));
    expect(rewards.hours.at(-1)?.paid).toBe(500n);
    expect(floor(earned(rewards, "a"))).toBe(500n);
    expect(rewards.credited - rewards.reserve).toBe(500n);
  });

  it("comes to the same whenever the hours are closed", () => {
    const plan = beat(beat(open(7_000n), at(0), "a", 170n), at(0), "b", 30n);
    let often = plan;
    for (let hour = 1; hour <= 9; hour++) often = close(often, at(hour, 17));
    expect(often).toEqual(close(plan, at(9, 17)));
    expect(often.hours.map(({ hour }) => hour - FIRST)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("emits nothing before the start, and counts the leases all the same", () => {
    const before = openRewards({ budget: BUDGET, ceiling: 10n ** 18n, timestamp: at(-3) });
    let rewards = beat(before, at(-3), "a", 100n);
    rewards = close(startEmission(rewards, at(-1, 20)), at(1));
    expect(column(rewards, "emitted")).toEqual([0n, 0n, 0n, PER_HOUR]);
    expect(column(rewards, "paid")).toEqual([0n, 0n, 0n, PER_HOUR]);
  });

  it("applies a ceiling to the hour in which it is set, and to none before", () => {
    let rewards = beat(open(1n), at(0), "a", 100n);
    rewards = setCeiling(rewards, at(2, 30), 3n);
    rewards = setCeiling(rewards, at(4, 1), 5n);
    rewards = setCeiling(rewards, at(4, 2), 4n);
    expect(column(close(rewards, at(6)), "paid")).toEqual([0n, 100n, 300n, 300n, 400n, 400n]);
  });
});

describe("the reference of WorkerRewards: the sink", () => {
  it("gives the hours only what came until another sink took over", () => {
    let rewards = beat(open(10n ** 18n), at(0), "a", 100n);
    rewards = close(loseSink(rewards, at(1, 30)), at(4));
    expect(column(rewards, "emitted")).toEqual([PER_HOUR, PER_HOUR / 2n, 0n, 0n]);
    expect(column(rewards, "paid")).toEqual([0n, (PER_HOUR * 3n) / 2n, 0n, 0n]);
  });

  it("has no part in what was emitted in between when it is the sink again", () => {
    const rewards = regainSink(loseSink(open(1n), at(1)), at(5));
    expect(allotted(rewards, at(1))).toBe(PER_HOUR);
    expect(allotted(rewards, at(5))).toBe(PER_HOUR);
    expect(allotted(rewards, at(7))).toBe(3n * PER_HOUR);
  });

  it("gets nothing if it was replaced before the start", () => {
    const waiting = openRewards({ budget: BUDGET, ceiling: 1n, timestamp: at(-1) });
    const rewards = loseSink(startEmission(waiting, at(-1, 20)), at(-1, 30));
    expect(allotted(rewards, at(100))).toBe(0n);
  });
});

describe("the reference of WorkerRewards: claims", () => {
  it("pays everything since the last claim, once", () => {
    let rewards = beat(open(10n), at(0), "a", 100n);
    const first = claim(rewards, at(3, 10), ["a"]);
    expect(first.amounts.map(floor)).toEqual([2_000n]);
    const again = claim(first.rewards, at(3, 50), ["a"]);
    expect(again.amounts.map(floor)).toEqual([0n]);
    expect(again.rewards).toBe(first.rewards);
    rewards = close(first.rewards, at(9));
    expect(floor(unclaimed(rewards, "a"))).toBe(3_000n);
    expect(floor(earned(rewards, "a"))).toBe(5_000n);
  });

  it("pays nothing to a stranger, who changes nothing", () => {
    const rewards = beat(open(10n), at(0), "a", 100n);
    expect(claim(rewards, at(3), ["b"]).rewards).toBe(rewards);
  });
});
