/** Voting vPHA: wrapped and unwrapped 1:1, with votes from the first wrap on. */
import { describe, expect, it } from "vitest";
import { expectRevert } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import { type Governance, STAKES, openGovernance } from "../../helpers/governance.ts";
import { signPermit } from "../../helpers/permit.ts";
import { DAY, fixture } from "../../helpers/stage.ts";
import { units } from "../../helpers/suite.ts";
import { NOBODY } from "../../helpers/workers.ts";

const load = fixture(openGovernance);

const votesOf = (g: Governance, account: `0x${string}`) => g.votes.read.getVotes([account]);

describe("voting vPHA", () => {
  it("counts by timestamps, in vPHA", async () => {
    const { votes, stage, vpha } = await load();
    expect(await votes.read.CLOCK_MODE()).toBe("mode=timestamp");
    expect(await votes.read.clock()).toBe(Number(stage.now()));
    expect(await votes.read.decimals()).toBe(18);
    expect(await votes.read.underlying()).toBe(vpha.address);
    expect(await votes.read.nonces([votes.address])).toBe(0n);
  });

  it("wraps and unwraps 1:1, whatever the price; the wrapped share goes on earning", async () => {
    const g = await load();
    const { votes, vpha, stage, actors } = g;
    const { alice, bob } = actors;
    const before = await vpha.read.convertToAssets([units(1)]);
    await g.wrap(alice, units(1_000));
    expect(await votes.read.balanceOf([alice])).toBe(units(1_000));
    expect(await vpha.read.balanceOf([votes.address])).toBe(units(1_000));
    await stage.travel(30n * DAY);
    expect(await vpha.read.convertToAssets([units(1)])).toBeGreaterThan(before);
    await g.wrap(bob, units(7));
    expect(await votes.read.balanceOf([bob])).toBe(units(7));
    await votes.write.withdrawTo([bob, units(1_000)], { account: alice });
    expect(await vpha.read.balanceOf([bob])).toBe(STAKES.bob - units(7) + units(1_000));
    expect(await votes.read.totalSupply()).toBe(units(7));
    expect(await vpha.read.balanceOf([votes.address])).toBe(units(7));
  });

  it("votes for who wraps for the first time, and stays where somebody has delegated it", async () => {
    const g = await load();
    const { votes, actors, stage } = g;
    const { alice, bob } = actors;
    await g.wrap(alice, units(10));
    expect([await votesOf(g, alice), await votes.read.delegates([alice])]).toEqual([units(10), alice]);
    await expectEvent(stage, votes.write.delegate([bob], { account: alice }), votes, "DelegateChanged", {
      toDelegate: bob,
    });
    await g.wrap(alice, units(5));
    expect([await votesOf(g, alice), await votesOf(g, bob)]).toEqual([0n, units(15)]);
    // What is transferred votes for nobody until its owner says so, or wraps.
    await votes.write.transfer([actors.carol, units(4)], { account: alice });
    expect([await votesOf(g, bob), await votesOf(g, actors.carol)]).toEqual([units(11), 0n]);
    await g.wrap(actors.carol, units(1));
    expect(await votesOf(g, actors.carol)).toBe(units(5));
  });

  it("can be given to another, who decides alone for whom it votes", async () => {
    const g = await load();
    const { votes, vpha, actors } = g;
    const { alice, bob, carol, mallory } = actors;
    await g.wrap(bob, units(1));
    await votes.write.delegate([carol], { account: bob });
    await vpha.write.approve([votes.address, units(3)], { account: alice });
    await votes.write.depositFor([bob, units(3)], { account: alice });
    expect([await votesOf(g, alice), await votesOf(g, bob), await votesOf(g, carol)]).toEqual([0n, 0n, units(4)]);
    await votes.write.depositFor([bob, 0n], { account: mallory });
    expect(await votes.read.delegates([bob])).toBe(carol);
    await expectRevert(votes.write.depositFor([mallory, 1n], { account: mallory }), "ERC20InsufficientAllowance");
    await expectRevert(votes.write.depositFor([NOBODY, 0n], { account: alice }), "ERC20InvalidReceiver", [NOBODY]);
    await expectRevert(votes.write.depositFor([votes.address, 0n], { account: alice }), "ERC20InvalidReceiver", [
      votes.address,
    ]);
  });

  it("is not unwrapped by who has none, or twice", async () => {
    const g = await load();
    const { votes, actors } = g;
    await g.wrap(actors.alice, units(1));
    const withdraw = (account: `0x${string}`) => votes.write.withdrawTo([account, units(1)], { account });
    await expectRevert(withdraw(actors.mallory), "ERC20InsufficientBalance");
    await withdraw(actors.alice);
    await expectRevert(withdraw(actors.alice), "ERC20InsufficientBalance");
    expect(await votesOf(g, actors.alice)).toBe(0n);
  });

  it("takes a permit along, also when somebody was faster with it or none is needed", async () => {
    const g = await load();
    const { votes, vpha, stage, actors } = g;
    const { alice, mallory } = actors;
    const sign = (value: bigint) =>
      signPermit(stage, vpha.address, { owner: alice, spender: votes.address, value, deadline: stage.now() + DAY });
    const wrap = (value: bigint, { deadline, v, r, s }: Awaited<ReturnType<typeof sign>>, account = alice) =>
      votes.write.depositForWithPermit([account, value, deadline, v, r, s], { account });
    await wrap(units(1), await sign(units(1)));
    const second = await sign(units(2));
    const { owner, spender, value, deadline, v, r, s } = second;
    await vpha.write.permit([owner, spender, value, deadline, v, r, s], { account: mallory });
    await wrap(units(2), second);
    await vpha.write.approve([votes.address, units(3)], { account: alice });
    await wrap(units(3), second);
    expect(await votesOf(g, alice)).toBe(units(6));
    await expectRevert(wrap(units(1), await sign(units(1)), mallory), "ERC20InsufficientAllowance");
  });
});
