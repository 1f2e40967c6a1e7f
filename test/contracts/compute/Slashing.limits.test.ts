/** The limits of slashing: caps, windows, and who decides about them. */
import type { Address } from "viem";
import { describe, expect, it } from "vitest";
import { slashingAbi } from "../../../deploy/generated/abis.ts";

import { LIMITS } from "../../helpers/compute.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import { DAY } from "../../helpers/stage.ts";
import { units } from "../../helpers/suite.ts";
import { NOBODY } from "../../helpers/workers.ts";
import {
  COLLATERAL,
  WEEK,
  WORKER,
  classNumber,
  execute,
  load,
  reject,
  viewOf,
  withdraw,
} from "../../helpers/accused.ts";

describe("the caps", () => {
  it.each([
    { name: "Unavailability", cap: units(100) },
    { name: "Misreporting", cap: units(600) },
    { name: "Breach", cap: COLLATERAL },
  ] as const)("$name takes at most its class's part of what was at risk", async ({ name, cap }) => {
    const c = await load();
    const faultClass = classNumber(name);
    const over = c.propose(WORKER, cap + 1n, { faultClass });
    if (cap === COLLATERAL) await expectRevert(over, "WorkerRegistry_ExceedsAtRisk", [cap + 1n, COLLATERAL]);
    else await expectRevert(over, "Slashing_ExceedsClassCap", [cap + 1n, cap]);
    await c.propose(WORKER, cap, { faultClass });
  });

  it("all proposals of 30 days take at most what was at risk in them", async () => {
    const c = await load();
    const { operator } = c.actors;
    await c.propose(WORKER, units(1_500));
    // What is added is at risk, and what was proposed was.
    await c.registry.write.addCollateral([WORKER, units(5_000)], { account: operator });
    await c.propose(WORKER, units(5_500));
    expect((await c.slashing.read.windowOf([WORKER])).slice(1)).toEqual([units(7_000), units(7_000)]);
    await expectRevert(c.propose(WORKER, 1n), "WorkerRegistry_ExceedsAtRisk");
    await c.stage.travel(30n * DAY);
    await c.registry.write.addCollateral([WORKER, units(1_000)], { account: operator });
    await c.propose(WORKER, units(1_000));
    const [start, base, used] = await c.slashing.read.windowOf([WORKER]);
    expect([BigInt(start), base, used]).toEqual([c.stage.now(), units(1_000), units(1_000)]);
  });

  it("a fault of a lesser class costs no more in parts than at once", async () => {
    const c = await load();
    const faultClass = 0;
    await c.propose(WORKER, units(60), { faultClass });
    await c.propose(WORKER, units(40), { faultClass });
    await expectRevert(c.propose(WORKER, 1n, { faultClass }), "Slashing_ExceedsWindowCap", [1n, 0n]);
    // A graver one counts what there was.
    await expectRevert(c.propose(WORKER, units(500) + 1n, { faultClass: 1 }), "Slashing_ExceedsWindowCap", [
      units(500) + 1n,
      units(500),
    ]);
    await c.propose(WORKER, units(500), { faultClass: 1 });
  });

  it("nothing is left for a lesser class once a graver one took more than all that it may", async () => {
    const c = await load();
    await c.propose(WORKER, units(101), { faultClass: 1 });
    await expectRevert(c.propose(WORKER, 1n, { faultClass: 0 }), "Slashing_ExceedsWindowCap", [1n, 0n]);
  });

  it("a small proposal about collateral that stays is no shield for what was at risk before", async () => {
    const c = await load();
    const faultAt = c.stage.now();
    await c.stage.travel(DAY);
    await c.registry.write.withdraw([WORKER, units(700)], { account: c.actors.operator });
    await c.stage.travel(DAY);
    // The withdrawal is not liable for this one.
    await c.propose(WORKER, units(50));
    expect((await c.slashing.read.windowOf([WORKER]))[1]).toBe(units(1_300));
    await c.propose(WORKER, units(1_950), { faultAt });
    expect((await c.slashing.read.windowOf([WORKER]))[1]).toBe(units(2_000));
  });

  it("what was rejected or withdrawn can be used again, what was executed cannot", async () => {
    const c = await load();
    const [first, second, third] = [
      await c.propose(WORKER, units(600)),
      await c.propose(WORKER, units(700)),
      await c.propose(WORKER, units(200)),
    ];
    await reject(c, first);
    await withdraw(c, second);
    expect((await c.slashing.read.windowOf([WORKER]))[2]).toBe(units(200));
    expect((await viewOf(c)).reserved).toBe(units(200));
    await c.stage.travel(WEEK);
    await execute(c, third);
    expect((await c.slashing.read.windowOf([WORKER]))[2]).toBe(units(200));
    await c.propose(WORKER, units(1_800));
  });

  it("what was proposed in one window gives nothing back to the next", async () => {
    const c = await load();
    await c.propose(WORKER, units(100));
    await c.stage.travel(29n * DAY);
    const late = await c.propose(WORKER, units(300));
    await c.stage.travel(DAY);
    await c.propose(WORKER, units(50));
    const before = await c.slashing.read.windowOf([WORKER]);
    expect(before[2]).toBe(units(50));
    await withdraw(c, late);
    expect(await c.slashing.read.windowOf([WORKER])).toEqual(before);
  });
});

describe("who decides, and by which limits", () => {
  it("governance names slasher, judge and treasury, and says so", async () => {
    const c = await load();
    const { alice, bob, carol, stranger } = c.actors;
    const proposal = await c.propose(WORKER, units(100));
    const { write } = c.slashing;
    await expectEvent(c.stage, write.setSlasher([alice], c.asGovernance), c.slashing, "SlasherChanged", {
      slasher: alice,
    });
    await expectEvent(c.stage, write.setJudge([bob], c.asGovernance), c.slashing, "JudgeChanged", { judge: bob });
    await expectEvent(c.stage, write.setTreasury([carol], c.asGovernance), c.slashing, "TreasuryChanged", {
      treasury: carol,
    });
    for (const call of [
      () => write.setSlasher([alice], c.asGovernance),
      () => write.setJudge([bob], c.asGovernance),
      () => write.setTreasury([carol], c.asGovernance),
      () => write.setLimits([LIMITS], c.asGovernance),
    ]) {
      await expectRevert(call(), "Slashing_NothingChanges");
    }
    await c.stage.travel(WEEK);
    await write.execute([proposal], { account: stranger });
    expect(await c.vpha.read.balanceOf([carol])).toBe(units(100));
    const { slasher, judge, treasury } = {
      slasher: await c.slashing.read.slasher(),
      judge: await c.slashing.read.judge(),
      treasury: await c.slashing.read.treasury(),
    };
    expect([slasher, judge, treasury]).toEqual([alice, bob, carol]);
  });

  it("a contract that slashes no longer settles what it has reserved, and reserves nothing more", async () => {
    const c = await load();
    const [kept, dropped] = [await c.propose(WORKER, units(100)), await c.propose(WORKER, units(50))];
    await c.registry.write.setSlashing([c.rewards.address], c.asGovernance);
    await expectRevert(c.propose(WORKER, 1n), "WorkerRegistry_NotSlashing", [c.slashing.address]);
    await withdraw(c, dropped);
    await c.stage.travel(WEEK);
    await execute(c, kept);
    expect(await viewOf(c)).toMatchObject({ reserved: 0n, collateral: COLLATERAL - units(100) });
  });

  it("no judge of zero, no treasury of zero or in the registry, not even at first", async () => {
    const c = await load();
    const { governance, treasury } = c.actors;
    const { write } = c.slashing;
    await expectRevert(write.setJudge([NOBODY], c.asGovernance), "Slashing_InvalidAccount", [NOBODY]);
    for (const account of [NOBODY, c.registry.address]) {
      await expectRevert(write.setTreasury([account], c.asGovernance), "Slashing_InvalidAccount", [account]);
    }
    const deploy = (judge: Address, receiver: Address) =>
      c.stage.deploy("Slashing", slashingAbi, [
        c.authority.address,
        c.registry.address,
        c.slasher,
        judge,
        receiver,
        LIMITS,
      ]);
    await expectRevert(deploy(NOBODY, treasury), "Slashing_InvalidAccount", [NOBODY]);
    await expectRevert(deploy(governance, c.registry.address), "Slashing_InvalidAccount", [c.registry.address]);
  });

  it("windows and caps change for proposals to come, within the bounds", async () => {
    const c = await load();
    const days = (count: bigint) => Number(count * DAY);
    const refused = [
      { ...LIMITS, rebuttalWindow: days(3n) - 1 },
      { ...LIMITS, rebuttalWindow: days(10n), processWindow: days(10n) - 1 },
      { ...LIMITS, processWindow: days(14n) + 1 },
      { ...LIMITS, caps: [500, 3_000, 10_001] as const },
      { ...LIMITS, caps: [10_001, 3_000, 10_000] as const },
    ];
    for (const limits of refused) {
      await expectRevert(c.slashing.write.setLimits([limits], c.asGovernance), "Slashing_InvalidLimits");
    }
    const before = await c.propose(WORKER, units(100));
    const limits = { rebuttalWindow: days(3n), processWindow: days(3n), caps: [0, 1, 10_000] as const };
    const hash = await c.slashing.write.setLimits([limits], c.asGovernance);
    await expectEvent(c.stage, hash, c.slashing, "LimitsChanged", { limits });
    expect(await c.slashing.read.limits()).toEqual(limits);
    await expectRevert(
      c.propose(WORKER, 1n, { faultClass: classNumber("Unavailability") }),
      "Slashing_ExceedsClassCap",
      [1n, 0n],
    );
    const after = await c.propose(WORKER, units(1));
    await c.stage.travel(3n * DAY);
    await execute(c, after);
    await expectRevert(execute(c, before), "Slashing_TooEarly", [before.rebuttalUntil]);
  });
});
