/** The views for people: what they say before, during and after the emission. */
import { describe, expect, it } from "vitest";
import { vphaAbi } from "../../../deploy/generated/abis.ts";
import { EPOCH_COUNT, EPOCH_LENGTH, emittedBefore, emittedTo, streamShare } from "../../../model/emission.ts";
import { EMPTY_POOL } from "../../../model/pool.ts";
import { aprOf } from "../../../ponder/src/maths/yield.ts";
import { DAY, HOUR, YEAR, fixture } from "../../helpers/stage.ts";
import { deploySuite, units } from "../../helpers/suite.ts";

const load = fixture(async (stage) => {
  const suite = await deploySuite(stage);
  await suite.pha.write.approve([suite.vpha.address, units(100_000)], { account: suite.actors.holder });
  return { ...suite, start: await suite.emission.read.startTime() };
});

/** Twenty minutes past the hour, and no emission yet: its start will lie in the future. */
const loadEarly = fixture((stage) => deploySuite(stage, { start: false }), {
  initialDate: new Date("2026-01-01T00:20:00Z"),
});

describe("limits", () => {
  it("are the documented ones", async () => {
    const { vpha } = await load();
    expect(await vpha.read.MIN_SUPPLY()).toBe(units(1_000));
    expect(await vpha.read.MIN_FUNDING()).toBe(units(1_000));
    expect(await vpha.read.VESTING_PERIOD()).toBe(7n * DAY);
    expect(await vpha.read.UNBONDING_PERIOD()).toBe(21n * DAY);
    expect(await vpha.read.MAX_WALK()).toBe(32n);
    expect(await vpha.read.MAX_STEPS()).toBe(1_000n);
  });

  it("of deposits are what is free in the books", async () => {
    const { stage, vpha, actors, stake } = await load();
    const room = 2n ** 96n - 1n;
    expect(await vpha.read.maxDeposit([actors.alice])).toBe(room);
    await stake(actors.alice, units(5_000));
    await stage.travel(DAY);
    const assets = await vpha.read.totalAssets();
    expect(assets).toBeGreaterThan(units(5_000));
    expect(await vpha.read.maxDeposit([actors.alice])).toBe(room - assets);
    const shares = await vpha.read.convertToShares([room - assets]);
    expect(await vpha.read.maxMint([actors.alice])).toBe(shares);
  });
});

describe("apr", () => {
  it("is this epoch's emission per year over the assets, and 0 with too little supply", async () => {
    const { stage, vpha, actors, stake, budget, start } = await load();
    await stake(actors.alice, units(1_000) - 1n);
    expect(await vpha.read.apr()).toBe(0n);
    // With the least supply, the virtual wei of the denominator can be seen.
    const bare = await stage.remember();
    await stake(actors.alice, 1n);
    const first = emittedTo("stakers", budget, EPOCH_LENGTH);
    const least = units(1_000) + 1n;
    expect((first * YEAR * 10n ** 18n) / (EPOCH_LENGTH * (least + 1n))).not.toBe(
      (first * YEAR * 10n ** 18n) / (EPOCH_LENGTH * least),
    );
    expect(await vpha.read.apr()).toBe((first * YEAR * 10n ** 18n) / (EPOCH_LENGTH * least));
    await bare();
    await stake(actors.alice, units(2_000_000));
    for (const elapsed of [DAY, EPOCH_LENGTH - 1n, EPOCH_LENGTH, 3n * EPOCH_LENGTH + 5n, 50n * EPOCH_LENGTH]) {
      await stage.travelTo(start + elapsed);
      const epoch = elapsed / EPOCH_LENGTH;
      const inEpoch =
        emittedTo("stakers", budget, (epoch + 1n) * EPOCH_LENGTH) - emittedTo("stakers", budget, epoch * EPOCH_LENGTH);
      const assets = await vpha.read.totalAssets();
      expect(await vpha.read.apr()).toBe((inEpoch * YEAR * 10n ** 18n) / (EPOCH_LENGTH * (assets + 1n)));
    }
    await stage.travelTo(start + EPOCH_COUNT * EPOCH_LENGTH);
    expect(await vpha.read.apr()).toBe(0n);
  });

  it("is that of the curve to the last second, without what is emitted at once then", async () => {
    const { stage, vpha, actors, stake, budget, start } = await load();
    await stake(actors.alice, units(1_000));
    const last = EPOCH_COUNT - 1n;
    const until = (epoch: bigint) => streamShare("stakers", emittedBefore(budget, epoch));
    const inLast = until(EPOCH_COUNT) - until(last);
    const atOnce = emittedTo("stakers", budget, EPOCH_COUNT * EPOCH_LENGTH) - until(EPOCH_COUNT);
    expect(atOnce).toBeGreaterThan(2n * inLast);
    for (const elapsed of [last * EPOCH_LENGTH, last * EPOCH_LENGTH + DAY, EPOCH_COUNT * EPOCH_LENGTH - 1n]) {
      await stage.travelTo(start + elapsed);
      const assets = await vpha.read.totalAssets();
      const apr = await vpha.read.apr();
      expect(apr).toBe((inLast * YEAR * 10n ** 18n) / (EPOCH_LENGTH * (assets + 1n)));
      const pool = { ...EMPTY_POOL, assets, shares: await vpha.read.totalSupply() };
      expect(aprOf(pool, { budget, start }, stage.now())).toBe(apr);
    }
    for (const late of [0n, 1n, EPOCH_LENGTH]) {
      await stage.travelTo(start + EPOCH_COUNT * EPOCH_LENGTH + late);
      expect(await vpha.read.apr()).toBe(0n);
      const pool = { ...EMPTY_POOL, assets: units(1_000), shares: units(1_000) };
      expect(aprOf(pool, { budget, start }, stage.now())).toBe(0n);
    }
  });
});

describe("runway", () => {
  it("counts down to the end of the curve and of the income", async () => {
    const { stage, vpha, actors, stake, start } = await load();
    const end = start + EPOCH_COUNT * EPOCH_LENGTH;
    expect(await vpha.read.runway()).toEqual([end - stage.now(), 0n]);
    // Without supply the income waits: its time stands still.
    await vpha.write.fund([units(1_000)], { account: actors.holder });
    await stage.travel(DAY);
    expect(await vpha.read.runway()).toEqual([end - stage.now(), 7n * DAY]);
    await stake(actors.alice, units(1_000));
    await stage.travel(DAY);
    const [, income] = await vpha.read.runway();
    expect(income).toBe(6n * DAY);
    await stage.travel(6n * DAY);
    expect(await vpha.read.runway()).toEqual([end - stage.now(), 0n]);
    await stage.travelTo(end + 1n);
    expect(await vpha.read.runway()).toEqual([0n, 0n]);
  });
});

describe("totalAssets", () => {
  it("grows by what the model says, within an epoch, over its end, and after the last one", async () => {
    const { stage, vpha, stake, actors, start, budget } = await load();
    await stake(actors.alice, units(5_000));
    const elapsed = () => stage.now() - start;
    for (const epoch of [0n, 1n, 2n, 50n, EPOCH_COUNT - 1n, EPOCH_COUNT, EPOCH_COUNT + 1n]) {
      for (const day of [1n, 170n, 178n]) {
        await stage.travelTo(start + epoch * EPOCH_LENGTH + day * DAY);
        await vpha.write.deposit([units(1), actors.alice], { account: actors.holder });
        const [from, assets] = [elapsed(), await vpha.read.totalAssets()];
        // Before, at and after the end of the epoch, where the day is one of its last.
        for (const later of [1n, DAY, DAY - 1n, 1n]) {
          await stage.travel(later);
          const income = emittedTo("stakers", budget, elapsed()) - emittedTo("stakers", budget, from);
          expect(await vpha.read.totalAssets(), `epoch ${epoch}, day ${day}`).toBe(assets + income);
        }
      }
    }
  });
});

describe("income", () => {
  it("of a few wei vests to the last one, whatever happens before", async () => {
    // Before the emission starts, nothing else comes in.
    const { stage, vpha, pha, actors, stake, request } = await loadEarly();
    const { alice, holder } = actors;
    await stake(alice, units(5_000));
    await pha.write.approve([vpha.address, units(2_000)], { account: holder });
    await vpha.write.fund([units(1_000) + 1n], { account: holder });
    await stage.travel(7n * DAY);
    // Rounding is banked while there is little supply, and comes back as income with more of it.
    await request(alice, units(4_500));
    for (let i = 0n; (await vpha.read.banked()) < 3n; i++) await request(alice, units(1) + i);
    const banked = await vpha.read.banked();
    expect(banked).toBeLessThan(10n);
    await stake(alice, units(2_000));
    const [coming, length] = await vpha.read.incomeStream();
    expect(coming).toBeGreaterThanOrEqual(banked);
    expect(length).toBe(7n * DAY);
    const assets = await vpha.read.totalAssets();
    while ((await vpha.read.incomeStream())[0] > 1n) await stage.travel(HOUR);
    await request(alice, 1n);
    await stage.travel(7n * DAY);
    expect(await vpha.read.incomeStream()).toEqual([0n, 0n]);
    const pending = (await vpha.read.requestsOf([alice, 0n, 1_000n])).at(-1)?.assets ?? 0n;
    expect(await vpha.read.totalAssets()).toBe(assets + coming - pending);
    expect(await vpha.read.solvency()).toBe(0n);
  });
});

describe("a vault that is made while the emission runs", () => {
  it("counts from then on", async () => {
    const { stage, authority, emission, actors, pha, budget, start } = await load();
    await stage.travel(30n * DAY);
    const late = await stage.deploy("VPHA", vphaAbi, [authority.address, emission.address]);
    const from = stage.now() - start;
    await stage.travel(DAY);
    await pha.write.approve([late.address, 1n], { account: actors.holder });
    await late.write.deposit([1n, actors.holder], { account: actors.holder });
    expect(await late.read.banked()).toBe(
      emittedTo("stakers", budget, from + DAY) - emittedTo("stakers", budget, from),
    );
  });
});

describe("a vault whose emission has not started", () => {
  it("takes deposits at one to one, and accrues from the start on by itself", async () => {
    const { stage, vpha, emission, actors, budget, stake, request } = await loadEarly();
    await stake(actors.alice, units(5_000));
    await stage.travel(100n * DAY);
    expect(await vpha.read.totalAssets()).toBe(units(5_000));
    expect(await vpha.read.apr()).toBe(0n);
    expect(await vpha.read.runway()).toEqual([0n, 0n]);
    expect(await vpha.read.solvency()).toBe(0n);
    const id = await request(actors.alice, units(1));

    const { governance, workers, treasury } = actors;
    await emission.write.start([[vpha.address, workers, treasury]], { account: governance });
    const start = await emission.read.startTime();
    expect(start - stage.now()).toBe(40n * 60n);
    await vpha.write.cancelRedeem([id], { account: actors.alice });
    await stage.travel(10n * 60n);
    expect(await vpha.read.apr()).toBe(0n);
    expect(await vpha.read.totalAssets()).toBe(units(5_000));
    await stage.travelTo(start);
    expect(await vpha.read.totalAssets()).toBe(units(5_000));
    const first = emittedTo("stakers", budget, EPOCH_LENGTH);
    expect(await vpha.read.apr()).toBe((first * YEAR * 10n ** 18n) / (EPOCH_LENGTH * (units(5_000) + 1n)));
    await stage.travel(HOUR);
    expect(await vpha.read.totalAssets()).toBe(units(5_000) + (await emission.read.emittedTo([0, stage.now()])));
    expect(await vpha.read.solvency()).toBe(0n);
  });
});
