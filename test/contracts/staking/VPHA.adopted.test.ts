/** The suite on a PHA that exists already: no permit, and an owner who can pause all transfers. */
import { parseAbi } from "viem";
import { describe, expect, it } from "vitest";
import { expectRevert } from "../../helpers/errors.ts";
import { DAY, YEAR, fixture } from "../../helpers/stage.ts";
import { actorsOf, deploySuite, units } from "../../helpers/suite.ts";

const UNBONDING = 21n * DAY;
const abi = parseAbi(["constructor(address holder)", "function pause()", "function unpause()"]);

const load = fixture(async (stage) => {
  const { holder } = actorsOf(stage);
  const owned = await stage.deploy("AdoptedToken", abi, [holder]);
  const suite = await deploySuite(stage, { token: owned.address });
  await suite.stake(suite.actors.alice, units(10_000));
  await suite.stake(suite.actors.bob, units(10_000));
  await suite.pha.write.approve([suite.vpha.address, units(1_000_000)], { account: holder });
  const owner = { account: holder };
  return { ...suite, pause: () => owned.write.pause(owner), unpause: () => owned.write.unpause(owner) };
});

describe("an adopted token", () => {
  it("carries the whole life cycle", async () => {
    const { stage, vpha, pha, emission, actors, request } = await load();
    const { alice, bob, holder, workers } = actors;
    await stage.travel(DAY);
    await vpha.write.fund([units(7_000)], { account: holder });
    await stage.travel(DAY);
    await vpha.write.transfer([bob, units(100)], { account: alice });
    const [kept, cancelled] = [await request(alice, units(9_000)), await request(alice, units(900))];
    await vpha.write.cancelRedeem([cancelled], { account: alice });
    await vpha.write.harvest({ account: bob });
    await emission.write.pull([1], { account: workers });
    await stage.travel(UNBONDING);
    const [open] = await vpha.read.requestsOf([alice, 0n, 1n]);
    await vpha.write.claim([[kept], alice], { account: alice });
    expect(await pha.read.balanceOf([alice])).toBe(open?.assets);

    // Everybody leaves; to the wei, all is paid but the dust that rounding left to the pool.
    for (const account of [alice, bob]) await request(account, await vpha.read.balanceOf([account]));
    await stage.travel(UNBONDING);
    for (const account of [alice, bob]) {
      await vpha.write.withdraw([await vpha.read.maxWithdraw([account]), account, account], { account });
    }
    expect(await vpha.read.pendingRedemptions()).toBe(0n);
    expect(await vpha.read.solvency()).toBe(0n);
  });

  it("that is paused stops what moves tokens, loses nothing, and resumes exactly", async () => {
    const { stage, vpha, pha, emission, actors, request, pause, unpause } = await load();
    const { alice, bob, holder, workers } = actors;
    const id = await request(alice, units(4_000));
    const [open] = await vpha.read.requestsOf([alice, 0n, 1n]);
    await stage.travel(UNBONDING);
    await pause();
    const stopped = async () => {
      for (const call of [
        () => vpha.write.deposit([units(1), holder], { account: holder }),
        () => vpha.write.mint([units(1), holder], { account: holder }),
        () => vpha.write.fund([units(1_000)], { account: holder }),
        () => vpha.write.harvest({ account: bob }),
        () => vpha.write.claim([[id], alice], { account: alice }),
        () => vpha.write.redeem([1n, alice, alice], { account: alice }),
        () => vpha.write.withdraw([1n, alice, alice], { account: alice }),
        () => emission.write.pull([1], { account: workers }),
      ]) {
        await expectRevert(call(), "EnforcedPause", []);
      }
    };
    await stopped();

    // What moves no tokens goes on: transfers of shares, requests, cancellations, and the price.
    const price = await vpha.read.convertToAssets([units(1)]);
    await vpha.write.transfer([bob, units(10)], { account: alice });
    const later = await request(bob, units(10));
    const cancelled = await request(bob, units(10));
    await vpha.write.cancelRedeem([cancelled], { account: bob });
    await stage.travel(YEAR);
    await stopped();
    expect(await vpha.read.convertToAssets([units(1)])).toBeGreaterThan(price);
    expect(await vpha.read.requestsOf([alice, 0n, 1n])).toEqual([open]);
    expect(await vpha.read.solvency()).toBe(0n);

    await unpause();
    const due = await emission.read.due([1]);
    expect(due).toBe(await emission.read.emittedTo([1, stage.now()]));
    await emission.write.pull([1], { account: workers });
    expect(await pha.read.balanceOf([workers])).toBe(due);
    await vpha.write.claim([[id], alice], { account: alice });
    expect(await pha.read.balanceOf([alice])).toBe(open?.assets);
    await vpha.write.claim([[later], bob], { account: bob });
    await vpha.write.deposit([units(1_000), holder], { account: holder });
    expect(await vpha.read.solvency()).toBe(0n);
  });
});
