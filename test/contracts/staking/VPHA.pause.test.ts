/** The pause of deposits: who can, how long, how often, and what it does not touch. */
import { describe, expect, it } from "vitest";
import { expectRevert } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import { signPermit } from "../../helpers/permit.ts";
import { DAY, fixture } from "../../helpers/stage.ts";
import { deploySuite, units } from "../../helpers/suite.ts";

const WEEK = 7n * DAY;
const GAP = 21n * DAY;

const load = fixture(async (stage) => {
  const suite = await deploySuite(stage);
  const { actors, stake, fundAccount, request, vpha } = suite;
  await stake(actors.alice, units(10_000));
  await fundAccount(actors.bob, units(10_000));
  const matured = [await request(actors.alice, units(10)), await request(actors.alice, units(20))] as const;
  await stage.travel(20n * DAY);
  const pending = await request(actors.alice, units(30));
  await stage.travel(DAY);
  const as = { account: actors.guardian };
  const pause = (seconds: bigint) => vpha.write.pauseDeposits([stage.now() + seconds], as);
  const resume = () => vpha.write.resumeDeposits(as);
  return { ...suite, matured, pending, pause, resume };
});

describe("pausing deposits", () => {
  it("stops whatever mints shares, until the second it says", async () => {
    const { stage, vpha, pha, actors, pending, pause } = await load();
    const { alice, bob, guardian } = actors;
    const until = stage.now() + WEEK;
    await expectEvent(stage, pause(WEEK), vpha, "DepositsPaused", { by: guardian, until });
    const permit = await signPermit(stage, pha.address, {
      owner: bob,
      spender: vpha.address,
      value: units(1),
      deadline: until + DAY,
    });
    const { deadline, v, r, s } = permit;
    await stage.travelTo(until - 1n);
    const refusal = ["VPHA_DepositsPaused", [until]] as const;
    await expectRevert(vpha.write.deposit([units(1), bob], { account: bob }), ...refusal);
    await expectRevert(vpha.write.mint([units(1), bob], { account: bob }), ...refusal);
    await expectRevert(vpha.write.cancelRedeem([pending], { account: alice }), ...refusal);
    await expectRevert(vpha.write.depositWithPermit([units(1), bob, deadline, v, r, s], { account: bob }), ...refusal);
    expect(await vpha.read.maxDeposit([bob])).toBe(0n);
    expect(await vpha.read.maxMint([bob])).toBe(0n);
    expect(await vpha.read.depositsPausedUntil()).toBe(until);

    await stage.travelTo(until);
    expect(await vpha.read.maxDeposit([bob])).toBeGreaterThan(0n);
    await vpha.write.deposit([units(1), bob], { account: bob });
    await vpha.write.cancelRedeem([pending], { account: alice });
  });

  it("stops no exit, no harvest and no income, and no request from maturing", async () => {
    const { stage, vpha, pha, actors, matured, pending, pause } = await load();
    const { alice, bob, holder } = actors;
    await pause(WEEK);
    const before = await vpha.read.totalAssets();
    await vpha.write.requestRedeem([units(5), alice, alice], { account: alice });
    await vpha.write.claim([[matured[0]], alice], { account: alice });
    await vpha.write.redeem([units(10), alice, alice], { account: alice });
    await vpha.write.withdraw([units(10), alice, alice], { account: alice });
    await vpha.write.transfer([bob, units(1)], { account: alice });
    await vpha.write.harvest({ account: bob });
    await pha.write.approve([vpha.address, units(1_000)], { account: holder });
    await vpha.write.fund([units(1_000)], { account: holder });
    await stage.travel(WEEK - 1n);
    expect(await vpha.read.totalAssets()).toBeGreaterThan(before + units(1_000) / 2n);
    await expectRevert(vpha.write.claim([[pending], alice], { account: alice }), "VPHA_NotMatured");
    await stage.travel(20n * DAY);
    await vpha.write.claim([[pending], alice], { account: alice });
  });

  it("is the guardian's alone", async () => {
    const { stage, vpha, actors, pause } = await load();
    for (const account of [actors.mallory, actors.governance, actors.alice]) {
      const refusal = ["AccessManagedUnauthorized", [account]] as const;
      await expectRevert(vpha.write.pauseDeposits([stage.now() + DAY], { account }), ...refusal);
    }
    await pause(DAY);
    for (const account of [actors.mallory, actors.governance, actors.alice]) {
      await expectRevert(vpha.write.resumeDeposits({ account }), "AccessManagedUnauthorized", [account]);
    }
  });

  it("past the longest pause, into the past, or for no time", async () => {
    const { stage, vpha, actors, pause } = await load();
    const latest = stage.now() + WEEK;
    for (const until of [0n, stage.now() - 1n, stage.now(), latest + 1n, 2n ** 256n - 1n]) {
      await expectRevert(vpha.write.pauseDeposits([until], { account: actors.guardian }), "PauseLog_InvalidPause", [
        until,
        latest,
      ]);
    }
    await pause(WEEK);
  });

  it("before the gap after the last one has passed", async () => {
    const { stage, pause } = await load();
    await pause(DAY);
    const earliest = stage.now() + DAY + GAP;
    await expectRevert(pause(2n * DAY), "PauseLog_PauseTooSoon", [earliest]);
    await stage.travelTo(earliest - 1n);
    await expectRevert(pause(DAY), "PauseLog_PauseTooSoon", [earliest]);
    await stage.travelTo(earliest);
    await pause(DAY);
  });

  it("an early end counts from when it happened, and gives back the time not used", async () => {
    const { stage, vpha, actors, pause, resume } = await load();
    await expectRevert(resume(), "VPHA_NotPaused", []);
    await pause(WEEK);
    await stage.travel(DAY);
    await expectEvent(stage, resume(), vpha, "DepositsResumed", { by: actors.guardian });
    await vpha.write.deposit([units(1), actors.bob], { account: actors.bob });
    await expectRevert(resume(), "VPHA_NotPaused", []);
    const earliest = stage.now() + GAP;
    await expectRevert(pause(WEEK), "PauseLog_PauseTooSoon", [earliest]);
    // One day used: two whole weeks and six days are left.
    for (const length of [WEEK, WEEK]) {
      await stage.travel(GAP);
      await pause(length);
      await stage.travel(length);
    }
    await stage.travel(GAP);
    await expectRevert(pause(WEEK), "PauseLog_PauseBudgetExceeded", [WEEK, 6n * DAY]);
    await pause(6n * DAY);
  });

  it("past the budget of any 365 days", async () => {
    const { stage, pause } = await load();
    const first = stage.now();
    for (let i = 0; i < 3; i++) {
      await pause(WEEK);
      await stage.travel(WEEK + GAP);
    }
    await expectRevert(pause(1n), "PauseLog_PauseBudgetExceeded", [1n, 0n]);
    // A pause that ends 365 days after the first began may take of it what has left the window.
    await stage.travelTo(first + 365n * DAY - DAY);
    await expectRevert(pause(DAY + 1n), "PauseLog_PauseBudgetExceeded", [DAY + 1n, 1n]);
    await expectRevert(pause(DAY), "PauseLog_PauseBudgetExceeded", [DAY, 0n]);
    await stage.travelTo(first + 365n * DAY);
    await expectRevert(pause(0n), "PauseLog_InvalidPause");
    await pause(WEEK);
    // The second began 28 days after the first: until it leaves the window there is nothing left again.
    await stage.travel(WEEK + GAP - 1n);
    await expectRevert(pause(1n), "PauseLog_PauseTooSoon");
    await stage.travel(1n);
    await pause(WEEK);
  });
});
