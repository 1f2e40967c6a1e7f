/** Claims of rewards, the ceiling, and what comes from the emission vault. */
import type { Address } from "viem";
import { describe, expect, it } from "vitest";
import { workerRewardsAbi } from "../../../deploy/generated/abis.ts";
import { CEILING, type Compute, machineOf } from "../../helpers/compute.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { eventsOf, expectEvent } from "../../helpers/events.ts";
import { HOUR, MINUTE, openStage } from "../../helpers/stage.ts";
import { STREAM, UNIT, deploySuite, units } from "../../helpers/suite.ts";
import { beat } from "../../helpers/workers.ts";
import { FULL_HOUR, ONE, THREE, TWO, expectPay, load, rewardsOf, totalsOf } from "../../helpers/threeMachines.ts";

const claim = (c: Compute, ...machines: readonly { address: Address }[]) =>
  c.rewards.write.claim([machines.map(({ address }) => address), c.actors.alice], { account: c.actors.operator });

describe("setCeiling", () => {
  it("is for this hour and the next: hours that are over were earned under the old one", async () => {
    const c = await load();
    await beat(c, ONE);
    await c.stage.travel(3n * HOUR);
    const hash = await c.rewards.write.setCeiling([2n * CEILING], c.asGovernance);
    await expectEvent(c.stage, hash, c.rewards, "CeilingChanged", { ceiling: 2n * CEILING });
    expect(await c.rewards.read.ceiling()).toBe(2n * CEILING);
    expectPay(await rewardsOf(c, ONE), 2n * FULL_HOUR);
    await c.stage.travel(HOUR);
    expectPay(await rewardsOf(c, ONE), 4n * FULL_HOUR);
  });

  it("has bounds, and refuses what changes nothing", async () => {
    const c = await load();
    const [min, max] = [await c.rewards.read.MIN_CEILING(), await c.rewards.read.MAX_CEILING()];
    for (const ceiling of [0n, min - 1n, max + 1n, 2n ** 64n + max]) {
      await expectRevert(c.rewards.write.setCeiling([ceiling], c.asGovernance), "WorkerRewards_InvalidCeiling", [
        ceiling,
        min,
        max,
      ]);
    }
    await expectRevert(
      c.stage.deploy("WorkerRewards", workerRewardsAbi, [
        c.authority.address,
        c.emission.address,
        c.vpha.address,
        c.registry.address,
        0n,
      ]),
      "WorkerRewards_InvalidCeiling",
    );
    await expectRevert(c.rewards.write.setCeiling([CEILING], c.asGovernance), "WorkerRewards_NothingChanges");
    for (const ceiling of [min, max]) await c.rewards.write.setCeiling([ceiling], c.asGovernance);
  });
});

describe("claim", () => {
  it("pays many workers by one deposit, each as it earned", async () => {
    const c = await load();
    const { operator, alice } = c.actors;
    await beat(c, ONE, TWO, THREE);
    await c.stage.travel(3n * HOUR);
    const owed = await Promise.all([ONE, TWO, THREE].map((machine) => rewardsOf(c, machine)));
    const assets = owed.reduce((sum, amount) => sum + amount, 0n);
    const due = await c.emission.read.due([STREAM.workers]);
    const hash = await claim(c, ONE, TWO, THREE);
    const claimed = await eventsOf(c.stage, hash, c.rewards, "RewardsClaimed");
    expect(claimed.map(({ args }) => [args.worker, args.operator, args.amount])).toEqual(
      [ONE, TWO, THREE].map(({ address }, index) => [address, operator, owed[index]]),
    );
    const shares = await c.vpha.read.balanceOf([alice]);
    await expectEvent(c.stage, hash, c.rewards, "RewardsPaid", { operator, receiver: alice, assets, shares });
    expect(shares).toBe(await c.vpha.read.convertToShares([assets]));
    await expectEvent(c.stage, hash, c.rewards, "RewardsPulled", { amount: due, received: due });
    expect(await totalsOf(c)).toMatchObject({ received: due, paid: assets });
    expect(await c.pha.read.balanceOf([c.rewards.address])).toBe(due - assets);
    for (const machine of [ONE, TWO, THREE]) expect(await rewardsOf(c, machine)).toBe(0n);
    // What is here already is not pulled again.
    await c.stage.travel(HOUR);
    const second = await claim(c, ONE);
    expect(await eventsOf(c.stage, second, c.rewards, "RewardsPulled")).toEqual([]);
  });

  it("pays a worker that is named twice once, and skips who has earned nothing", async () => {
    const c = await load();
    await beat(c, ONE);
    await c.stage.travel(2n * HOUR);
    const owed = await rewardsOf(c, ONE);
    const hash = await claim(c, TWO, ONE, ONE);
    await expectEvent(c.stage, hash, c.rewards, "RewardsClaimed", { worker: ONE.address, amount: owed });
    expect((await totalsOf(c)).paid).toBe(owed);
    await expectRevert(claim(c, ONE, TWO), "WorkerRewards_NothingToClaim");
    await expectRevert(claim(c), "WorkerRewards_NothingToClaim");
  });

  it("in the middle of a lease loses nothing of it", async () => {
    const c = await load();
    await beat(c, ONE);
    for (let i = 0; i < 5; ++i) {
      await c.stage.travel(HOUR + 7n * MINUTE);
      if (i > 0) await claim(c, ONE);
    }
    await c.stage.travel(2n * HOUR);
    expectPay((await totalsOf(c)).paid + (await rewardsOf(c, ONE)), 5n * FULL_HOUR);
  });

  it("in the hour in which another weight begins, and in the next, brings what each hour was worth", async () => {
    const c = await load();
    await beat(c, ONE);
    await c.stage.travel(2n * HOUR);
    await c.registry.write.addCollateral([ONE.address, units(750)], { account: c.actors.operator });
    await c.reattest(ONE, c.subject({ model: "H200" }));
    await beat(c, ONE);
    const before = await rewardsOf(c, ONE);
    expectPay(before, FULL_HOUR);
    await expectEvent(c.stage, await claim(c, ONE), c.rewards, "RewardsClaimed", { amount: before });
    await c.stage.travel(HOUR);
    // Of the hour of the change, which counts with the old weight.
    const carried = await rewardsOf(c, ONE);
    expectPay(carried, FULL_HOUR);
    await expectEvent(c.stage, await claim(c, ONE), c.rewards, "RewardsClaimed", { amount: carried });
    await c.stage.travel(HOUR);
    expectPay(await rewardsOf(c, ONE), (150n * FULL_HOUR) / 100n);
  });

  it("is the operator's of all workers named, and nobody's of an unknown one", async () => {
    const c = await load();
    await beat(c, ONE);
    await c.stage.travel(2n * HOUR);
    const unknown = machineOf("unknown");
    await expectRevert(claim(c, ONE, unknown), "WorkerRewards_NotOperator", [unknown.address, c.actors.operator]);
    expect(await rewardsOf(c, ONE)).toBeGreaterThan(0n);
  });
});

describe("an hour", () => {
  it("in which a lease goes on is told with the others that go on, not as a new one", async () => {
    const c = await load();
    expect(await eventsOf(c.stage, await beat(c, ONE, TWO), c.rewards, "LeasesExtended")).toEqual([]);
    const before = await c.rewards.read.leaseOf([ONE.address]);
    await c.stage.travel(HOUR);
    const hash = await beat(c, ONE, TWO);
    const { end } = await c.rewards.read.leaseOf([ONE.address]);
    expect(end).toBe(before.end + 1);
    await expectEvent(c.stage, hash, c.rewards, "LeasesExtended", { end, workers: [ONE.address, TWO.address] });
    expect(await eventsOf(c.stage, hash, c.rewards, "LeaseGranted")).toEqual([]);
  });

  it("after idle ones goes on with the sum of what a unit of weight was paid", async () => {
    const c = await load();
    const sums: bigint[] = [];
    const close = async () => {
      const hash = await c.rewards.write.closeHours({ account: c.actors.stranger });
      for (const { args } of await eventsOf(c.stage, hash, c.rewards, "HourClosed")) sums.push(args.accumulator);
    };
    await beat(c, ONE);
    await c.stage.travel(10n * HOUR);
    await close();
    await c.stage.travel(3n * HOUR);
    await close();
    await beat(c, ONE);
    await c.stage.travel(3n * HOUR);
    await close();
    expect(sums.length).toBe(9);
    // The sum is that at the end of the hour: the first one of a lease has paid.
    expect([sums[0], (sums[1] ?? 0n) > 0n]).toEqual([0n, true]);
    expect(sums).toEqual([...sums].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
    // Hours without a lease pay nobody: the sum of the next one, whose lease has not begun, is still that of the last.
    const [last, next] = [sums[5] ?? 0n, sums.slice(6)];
    expect(next[0]).toBe(last);
    expect(next.at(-1)).toBeGreaterThan(last);
  });
});

describe("pull", () => {
  it("brings in what the emission vault owes, by anyone, and changes nobody's rewards", async () => {
    const c = await load();
    await beat(c, ONE);
    await c.stage.travel(3n * HOUR + 5n * MINUTE);
    const [rewards, totals] = [await rewardsOf(c, ONE), await totalsOf(c)];
    const due = await c.emission.read.due([STREAM.workers]);
    const hash = await c.rewards.write.pull({ account: c.actors.stranger });
    await expectEvent(c.stage, hash, c.rewards, "RewardsPulled", { amount: due, received: due });
    expect(await c.pha.read.balanceOf([c.rewards.address])).toBe(due);
    expect(await rewardsOf(c, ONE)).toBe(rewards);
    expect(await totalsOf(c)).toEqual({ ...totals, received: due });
    expect(due).toBeGreaterThan(UNIT);
  });

  it("finds nothing before the emission has started, and nothing of hours in which another was the sink", async () => {
    const stage = await openStage();
    const { authority, emission, vpha, actors } = await deploySuite(stage, { start: false });
    // No worker is asked for: any contract will do as the registry.
    const args = [authority.address, emission.address, vpha.address, vpha.address, CEILING] as const;
    const rewards = await stage.deploy("WorkerRewards", workerRewardsAbi, args);
    await stage.travel(3n * HOUR);
    await rewards.write.closeHours({ account: actors.stranger });
    const asGovernance = { account: actors.governance };
    await emission.write.start([[vpha.address, actors.workers, actors.treasury]], asGovernance);
    await stage.travel(5n * HOUR);
    await rewards.write.closeHours({ account: actors.stranger });
    expect(await rewards.read.totals()).toEqual([0n, 0n, 0n, 0n, 0n, 0n]);
    await expectRevert(rewards.write.pull({ account: actors.stranger }), "EmissionVault_NotSink");
    await emission.write.replaceSink([STREAM.workers, rewards.address], asGovernance);
    const start = stage.now();
    await stage.travel(2n * HOUR);
    const emitted = await emission.read.emittedTo([STREAM.workers, stage.now()]);
    const wanted = emitted - (await emission.read.emittedTo([STREAM.workers, start]));
    expect(await rewards.read.totals()).toEqual([0n, 0n, wanted, wanted, 0n, 0n]);
  });
});
