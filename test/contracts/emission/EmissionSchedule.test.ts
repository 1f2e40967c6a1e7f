/** The emission in Solidity against the emission in TypeScript: two implementations of one formula, for every preset. */
import { parseAbi } from "viem";
import { describe, expect, it } from "vitest";
import { EPOCH_COUNT, EPOCH_LENGTH, STREAMS, emissionCap, emitted, emittedTo } from "../../../model/emission.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { createRandom } from "../../helpers/random.ts";
import { DAY, HOUR, fixture } from "../../helpers/stage.ts";
import { BUDGETS, type Preset, deploySuite, units } from "../../helpers/suite.ts";

const EPOCHS = 110n;
const RANDOM_TIMES = 2_000;
const CHUNK = 250;

const probeAbi = parseAbi(["function curve(address vault, uint256[] timestamps) view returns (uint256[4][])"]);

/** Seconds after the start, ascending: each epoch's boundary ± 1, the first hours, random times, and far beyond the end. */
function moments(seed: number): bigint[] {
  const random = createRandom(seed);
  const boundaries = Array.from({ length: Number(EPOCHS) + 1 }, (_, k) => BigInt(k) * EPOCH_LENGTH);
  const times = [
    ...boundaries.flatMap((boundary) => [boundary - 1n, boundary, boundary + 1n]),
    ...Array.from({ length: RANDOM_TIMES }, () => random.between(0n, (EPOCH_COUNT + 2n) * EPOCH_LENGTH)),
    ...[HOUR, DAY, 2n ** 40n, 2n ** 64n, 2n ** 128n],
  ];
  return [...new Set(times)].sort((a, b) => (a < b ? -1 : 1));
}

describe.each(Object.keys(BUDGETS) as Preset[])("emission of preset %s", (preset) => {
  const budget = BUDGETS[preset];
  const load = fixture(async (stage) => {
    const suite = await deploySuite(stage, { preset });
    const probe = await stage.deploy("EmissionProbe", probeAbi, []);
    const start = await suite.emission.read.startTime();
    const times = moments(2_026);
    const values: (readonly [bigint, bigint, bigint, bigint])[] = [];
    for (let i = 0; i < times.length; i += CHUNK) {
      const chunk = times.slice(i, i + CHUNK).map((elapsed) => start + elapsed);
      values.push(...(await probe.read.curve([suite.emission.address, chunk])));
    }
    return { ...suite, start, times, values };
  });

  it("equals the model at every boundary ± 1 s of 110 epochs and at 2,000 random times", async () => {
    const { times, values } = await load();
    expect(times.length).toBeGreaterThan(RANDOM_TIMES + 3 * Number(EPOCHS));
    const model = times.map((elapsed) => [
      emitted(budget, elapsed),
      ...STREAMS.map((stream) => emittedTo(stream, budget, elapsed)),
    ]);
    // One comparison of all, and the first that differs by name.
    const differs = model.findIndex((row, i) => row.some((amount, j) => amount !== values[i]?.[j]));
    expect(differs === -1 ? undefined : { at: times[differs], model: model[differs], chain: values[differs] }).toBe(
      undefined,
    );
    expect(values).toHaveLength(model.length);
  });

  it("never falls, in total and in each stream, and the streams sum exactly", async () => {
    const { values } = await load();
    let last: readonly bigint[] = [0n, 0n, 0n, 0n];
    for (const value of values) {
      expect(value.every((amount, i) => amount >= (last[i] ?? 0n))).toBe(true);
      expect(value[1] + value[2] + value[3]).toBe(value[0]);
      last = value;
    }
    expect(last[0]).toBe(emissionCap(budget));
  });

  it("is nothing until the start, and B after the first epoch", async () => {
    const { emission, start } = await load();
    for (const timestamp of [0n, 1n, start - 1n, start]) expect(await emission.read.emitted([timestamp])).toBe(0n);
    expect(await emission.read.emitted([start + EPOCH_LENGTH])).toBe(budget);
    expect(await emission.read.emitted([start + EPOCH_COUNT * EPOCH_LENGTH - 1n])).toBeLessThan(4n * budget);
    expect(await emission.read.emitted([start + EPOCH_COUNT * EPOCH_LENGTH])).toBe(4n * budget);
  });
});

describe("the frequency of calls", () => {
  it("changes nothing: many pulls pay what one pays, to the wei", async () => {
    const loadCurrent = fixture((stage) => deploySuite(stage));
    const random = createRandom(7);
    const gaps = Array.from({ length: 60 }, () => random.between(0n, 40n * DAY));
    const paid: bigint[] = [];
    for (const pullsOften of [true, false]) {
      const { stage, emission, pha, actors } = await loadCurrent();
      for (const gap of gaps) {
        await stage.travel(gap);
        if (pullsOften) await emission.write.pull([1], { account: actors.workers });
      }
      await emission.write.pull([1], { account: actors.workers });
      paid.push(await pha.read.balanceOf([actors.workers]));
      expect(paid.at(-1)).toBe(await emission.read.emittedTo([1, stage.now()]));
    }
    expect(paid[0]).toBe(paid[1]);
  });

  it("changes no price: a pool that is touched often holds what one holds that is not, to the wei", async () => {
    const loadStaked = fixture(async (stage) => {
      const suite = await deploySuite(stage);
      await suite.stake(suite.actors.alice, units(10_000));
      await suite.pha.write.approve([suite.vpha.address, units(100_000)], { account: suite.actors.holder });
      await suite.vpha.write.fund([units(50_000)], { account: suite.actors.holder });
      return suite;
    });
    const totals: bigint[] = [];
    for (const often of [true, false]) {
      const { stage, vpha, actors } = await loadStaked();
      const as = { account: actors.alice };
      for (let i = 0n; i < 40n; i++) {
        await stage.travel(9n * HOUR + 12_345n);
        if (!often) continue;
        // The request accrues, and moves its wei from the pool to what is pending.
        await vpha.write.requestRedeem([1n, actors.alice, actors.alice], as);
        await vpha.write.harvest(as);
      }
      totals.push((await vpha.read.totalAssets()) + (await vpha.read.pendingRedemptions()));
    }
    expect(totals[0]).toBe(totals[1]);
  });
});

describe("the budget", () => {
  const abi = parseAbi(["constructor(address authority, address token, uint256 budget)"]);
  const loadPlain = fixture((stage) => deploySuite(stage, { start: false }));

  it("is refused where the arithmetic would not be exact", async () => {
    const { stage, authority, pha } = await loadPlain();
    const deploy = (budget: bigint) => stage.deploy("EmissionVault", abi, [authority.address, pha.address, budget]);
    const largest = (2n ** 256n - 1n) / (4n * 3n ** 104n);
    await expectRevert(deploy(0n), "EmissionSchedule_InvalidBudget", [0n]);
    await expectRevert(deploy(largest + 1n), "EmissionSchedule_InvalidBudget", [largest + 1n]);
    await expectRevert(deploy(2n ** 256n - 1n), "EmissionSchedule_InvalidBudget");
    // What the arithmetic bears must fit into the books as well.
    if (4n * largest >= 2n ** 96n) await expectRevert(deploy(largest), "SafeCastOverflowedUintDowncast");
    else await deploy(largest);
    await deploy(1n);
  });
});
