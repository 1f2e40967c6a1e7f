/** Heartbeats and their leases, and hours with ceiling and reserve. */
import { type Address, type Hex, concat } from "viem";
import { describe, expect, it } from "vitest";
import { CEILING, type Compute, gpuOf, machineOf } from "../../helpers/compute.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { eventsOf, expectEvent } from "../../helpers/events.ts";
import { DAY, HOUR, MINUTE } from "../../helpers/stage.ts";
import { STREAM, units } from "../../helpers/suite.ts";
import { beat, fullState, hourOf, nextHour, resultsOf } from "../../helpers/workers.ts";
import { FULL_HOUR, ONE, THREE, TWO, expectPay, load, rewardsOf, totalsOf } from "../../helpers/threeMachines.ts";

const WEIGHT = 580n;

const leaseOf = (c: Compute, worker: { address: Address }) => c.rewards.read.leaseOf([worker.address]);
const emittedTo = (c: Compute, at: bigint) => c.emission.read.emittedTo([STREAM.workers, at]);

describe("heartbeats", () => {
  it("of a batch are judged one by one: who gets nothing does not keep the others from theirs", async () => {
    const c = await load();
    const [leaver, late] = [machineOf("leaver"), machineOf("late")];
    await beat(c, TWO);
    await c.stage.travel(6n * DAY + 23n * HOUR);
    for (const machine of [leaver, late]) {
      await c.register(machine, { of: c.subject({ gpuIds: [gpuOf(machine.address)] }) });
    }
    await c.registry.write.requestExit([leaver.address], { account: c.actors.operator });
    // Of the fixture's three, the attestations end within the hour; one is renewed.
    await c.reattest(ONE);
    const old = await c.stage.publicClient.getBlockNumber();
    await c.stage.travel(1n);
    await beat(c, late);
    const [blockNumber, workers, signatures] = await c.heartbeatOf([late, leaver, TWO, THREE, ONE], old);
    // The third signature is the fourth's.
    const swapped = concat([
      `0x${signatures.slice(2, 2 + 256)}`,
      `0x${signatures.slice(2 + 384, 2 + 512)}`,
      `0x${signatures.slice(2 + 384, 2 + 512)}`,
      `0x${signatures.slice(2 + 512)}`,
    ]);
    const args = [blockNumber, workers, swapped] as const;
    expect(await resultsOf(c, args)).toEqual(["Stale", "NotActive", "BadSignature", "Expiring", "Granted"]);
    const hash = await c.rewards.write.heartbeat(args, { account: c.actors.stranger });
    await expectEvent(c.stage, hash, c.rewards, "LeaseGranted", { worker: ONE.address, weight: 100 });
  });

  it("come as a batch that fits: one signature of 64 bytes for each of at least one worker", async () => {
    const c = await load();
    const [blockNumber, workers, signatures] = await c.heartbeatOf([ONE, TWO]);
    const batches: readonly (readonly [readonly Address[], Hex])[] = [
      [[], "0x"],
      [workers, concat([signatures, "0x00"])],
      [workers, `0x${signatures.slice(2, -2)}`],
      [[ONE.address], signatures],
    ];
    for (const [some, bytes] of batches) {
      await expectRevert(
        c.rewards.write.heartbeat([blockNumber, some, bytes], { account: c.actors.stranger }),
        "WorkerRewards_InvalidBatch",
        [BigInt(some.length), BigInt((bytes.length - 2) / 2)],
      );
    }
  });

  it("that grant nothing at all are refused with what became of the first", async () => {
    const c = await load();
    const args = await c.heartbeatOf([machineOf("unknown"), ONE]);
    const [blockNumber, workers, signatures] = args;
    expect(await resultsOf(c, args)).toEqual(["NotActive", "Granted"]);
    await c.rewards.write.heartbeat(args, { account: c.actors.stranger });
    await expectRevert(
      c.rewards.write.heartbeat([blockNumber, workers, signatures], { account: c.actors.stranger }),
      "WorkerRewards_NothingGranted",
      [3],
    );
  });
});

describe("leases", () => {
  it("begin with the next full hour and last six hours from the heartbeat's", async () => {
    const c = await load();
    await c.stage.travel(20n * MINUTE);
    const hour = hourOf(c.stage.now());
    const hash = await beat(c, ONE);
    await expectEvent(c.stage, hash, c.rewards, "LeaseGranted", {
      worker: ONE.address,
      from: hour + 1,
      end: hour + 6,
      weight: 100,
    });
    const { number } = await c.stage.publicClient.getBlock();
    expect(await leaseOf(c, ONE)).toEqual({
      from: hour + 1,
      end: hour + 6,
      weight: 100,
      blockNumber: Number(number) - 1,
    });
    expect(await totalsOf(c)).toMatchObject({ weight: 0n, nextWeight: 100n });
    await nextHour(c);
    expect(await rewardsOf(c, ONE)).toBe(0n);
    expect(await totalsOf(c)).toMatchObject({ weight: 100n, nextWeight: 100n });
    await c.stage.travel(4n * HOUR);
    expect(await totalsOf(c)).toMatchObject({ weight: 100n, nextWeight: 0n });
    await c.stage.travel(HOUR);
    expect(await totalsOf(c)).toMatchObject({ weight: 0n, nextWeight: 0n });
    expectPay(await rewardsOf(c, ONE), 5n * FULL_HOUR);
    await c.stage.travel(30n * HOUR);
    expectPay(await rewardsOf(c, ONE), 5n * FULL_HOUR);
  });

  it("are moved on by each heartbeat without a gap, and begin anew after one", async () => {
    const c = await load();
    await beat(c, ONE);
    const { from } = await leaseOf(c, ONE);
    for (let i = 0; i < 4; ++i) {
      await c.stage.travel(5n * HOUR);
      await beat(c, ONE);
      expect(await leaseOf(c, ONE)).toMatchObject({ from, end: hourOf(c.stage.now()) + 6 });
    }
    await c.stage.travel(6n * HOUR);
    expect(await fullState(c, ONE.address)).toEqual(["Lapsed", "Heartbeat"]);
    expectPay(await rewardsOf(c, ONE), 25n * FULL_HOUR);
    await beat(c, ONE);
    expect(await fullState(c, ONE.address)).toEqual(["Active", "None"]);
    await c.stage.travel(2n * HOUR);
    // The hour of the return is not paid.
    expectPay(await rewardsOf(c, ONE), 26n * FULL_HOUR);
  });

  it("of many, that begin and end at different hours: the weight is the sum of those that cover the hour", async () => {
    const c = await load();
    const steps: readonly (readonly (typeof ONE)[])[] = [
      [ONE],
      [TWO, THREE],
      [],
      [ONE],
      [THREE],
      [],
      [],
      [TWO, ONE],
      [],
      [],
    ];
    const machines = [ONE, TWO, THREE];
    for (let i = 0; i < 24; ++i) {
      const step = steps[i];
      if (step !== undefined && step.length > 0) await beat(c, ...step);
      const next = hourOf(c.stage.now()) + 1;
      const leases = await Promise.all(machines.map((machine) => leaseOf(c, machine)));
      const covering = leases.filter(({ from, end }) => from <= next && next < end);
      const sum = covering.reduce((total, { weight }) => total + weight, 0);
      expect((await totalsOf(c)).nextWeight).toBe(BigInt(sum));
      await c.stage.travel(HOUR);
    }
    expect((await totalsOf(c)).weight).toBe(0n);
  });
});

describe("hours", () => {
  it("with less than the ceiling for all are shared by weight, to the wei but for rounding", async () => {
    const c = await load();
    await c.rewards.write.setCeiling([units(10)], c.asGovernance);
    await beat(c, ONE, TWO, THREE);
    await c.stage.travel(3n * HOUR);
    const { credited, reserve } = await totalsOf(c);
    const [one, two, three] = [await rewardsOf(c, ONE), await rewardsOf(c, TWO), await rewardsOf(c, THREE)];
    const paid = credited - reserve;
    expect(one + two + three).toBeLessThanOrEqual(paid);
    expect(one + two + three).toBeGreaterThan(paid - 10n);
    expectPay(one, (paid * 100n) / WEIGHT);
    expectPay(two, (paid * 180n) / WEIGHT);
    expectPay(three, (paid * 300n) / WEIGHT);
    // 5,800 PHA an hour would be the ceiling: nothing that was emitted, nor what the first hour left, is kept back.
    expect(reserve).toBeLessThan(10n);
    expect(credited).toBe(await emittedTo(c, c.stage.now()));
  });

  it("pay the ceiling and no more: the rest is the reserve", async () => {
    const c = await load();
    await beat(c, ONE, TWO, THREE);
    await c.stage.travel(4n * HOUR);
    expectPay(await rewardsOf(c, ONE), 3n * FULL_HOUR);
    expectPay(await rewardsOf(c, TWO), 3n * 180n * CEILING);
    expectPay(await rewardsOf(c, THREE), 3n * 300n * CEILING);
    const { reserve, credited } = await totalsOf(c);
    expect(credited).toBe(await emittedTo(c, c.stage.now()));
    expectPay(credited - reserve, 3n * WEIGHT * CEILING);
  });

  it("are closed one by one while there are leases, and the idle ones in one sum", async () => {
    const c = await load();
    await beat(c, ONE);
    const first = hourOf(c.stage.now());
    await c.stage.travel(DAY + 10n * MINUTE);
    const [rewards, totals] = [await rewardsOf(c, ONE), await totalsOf(c)];
    const hash = await c.rewards.write.closeHours({ account: c.actors.stranger });
    // What the views said is what was written.
    expect(await rewardsOf(c, ONE)).toBe(rewards);
    expect(await totalsOf(c)).toEqual(totals);

    const closed = await eventsOf(c.stage, hash, c.rewards, "HourClosed");
    expect(closed.map(({ args }) => [args.hour, args.weight])).toEqual([
      [first, 0n],
      ...[1, 2, 3, 4, 5].map((index) => [first + index, 100n]),
    ]);
    let reserve = 0n;
    for (const { args } of closed) {
      const start = BigInt(args.hour) * HOUR;
      expect(args.emitted).toBe((await emittedTo(c, start + HOUR)) - (await emittedTo(c, start)));
      reserve += args.emitted - args.paid;
      expect(args.reserve).toBe(reserve);
      expectPay(args.paid, args.weight * CEILING);
    }
    const now = hourOf(c.stage.now());
    const idle = (await emittedTo(c, BigInt(now) * HOUR)) - (await emittedTo(c, BigInt(first + 6) * HOUR));
    await expectEvent(c.stage, hash, c.rewards, "HoursIdle", {
      from: first + 6,
      to: now,
      emitted: idle,
      reserve: reserve + idle,
    });
    // In the same hour there is nothing to close.
    const again = await c.rewards.write.closeHours({ account: c.actors.stranger });
    expect((await c.receiptOf(again)).logs).toEqual([]);
  });

  it("earn the same, whether they are closed one by one or together", async () => {
    const earned = async (isClosedEachHour: boolean) => {
      const c = await load();
      await c.rewards.write.setCeiling([units(1)], c.asGovernance);
      await beat(c, ONE, TWO);
      for (let i = 0; i < 9; ++i) {
        await c.stage.travel(HOUR);
        if (isClosedEachHour) await c.rewards.write.closeHours({ account: c.actors.stranger });
      }
      return { one: await rewardsOf(c, ONE), two: await rewardsOf(c, TWO), ...(await totalsOf(c)) };
    };
    expect(await earned(true)).toEqual(await earned(false));
  });
});
