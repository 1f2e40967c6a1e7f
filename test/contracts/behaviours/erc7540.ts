/** Asynchronous redemption of ERC-7540, on any vault whose requests become claimable with time alone. */
import { maxUint256, zeroAddress } from "viem";
import { expect } from "vitest";
import { expectRefusal } from "../../helpers/errors.ts";
import { eventsOf, expectEvent } from "../../helpers/events.ts";
import { type Checks, registerChecks } from "./behaviour.ts";
import { type VaultSubject, openVault } from "./vault.ts";

const DEPOSIT = 10n ** 20n;

/** The vault, with a deposit of Alice in it: her shares. */
async function openWithShares(subject: VaultSubject) {
  const opened = await openVault(subject);
  const { alice } = subject;
  await opened.vault.write.deposit([DEPOSIT, alice], { account: alice });
  const shares = await opened.share.read.balanceOf([alice]);

  const read = (requestId: bigint, controller = alice) =>
    Promise.all([
      opened.vault.read.pendingRedeemRequest([requestId, controller]),
      opened.vault.read.claimableRedeemRequest([requestId, controller]),
      opened.vault.read.maxRedeem([controller]),
    ]).then(([pending, claimable, max]) => ({ pending, claimable, max }));

  /** Requests for Alice, as Alice unless `account` is another. Returns the id that the event says. */
  const request = async (amount: bigint, controller = alice, account = alice) => {
    const hash = await opened.vault.write.requestRedeem([amount, controller, alice], { account });
    const [event] = await eventsOf(subject.stage, hash, opened.vault, "RedeemRequest");
    if (event === undefined) throw new Error("no RedeemRequest event");
    return event.args.requestId;
  };

  return { ...opened, shares, read, request };
}

export const erc7540RedeemChecks: Checks<VaultSubject> = {
  "previewRedeem and previewWithdraw revert for every input and caller": async (subject) => {
    const { vault } = await openWithShares(subject);
    for (const amount of [0n, 1n, 10n ** 18n, maxUint256]) {
      await expectRefusal(vault.read.previewRedeem([amount]), `previewRedeem(${amount})`);
      await expectRefusal(vault.read.previewWithdraw([amount], { account: subject.alice }), `previewWithdraw`);
    }
  },
  "a request takes the shares at once and tells of itself": async (subject) => {
    const { stage, alice } = subject;
    const { vault, share, shares } = await openWithShares(subject);
    const { result: requestId } = await vault.simulate.requestRedeem([shares / 3n, alice, alice], { account: alice });
    const hash = vault.write.requestRedeem([shares / 3n, alice, alice], { account: alice });
    await expectEvent(stage, hash, vault, "RedeemRequest", {
      controller: alice,
      owner: alice,
      requestId,
      sender: alice,
      shares: shares / 3n,
    });
    expect(await share.read.balanceOf([alice])).toBe(shares - shares / 3n);
  },
  "a request is pending until its time and claimable from then on, never both": async (subject) => {
    const { stage, unbonding } = subject;
    const { shares, read, request } = await openWithShares(subject);
    const id = await request(shares);
    expect(await read(id)).toEqual({ pending: shares, claimable: 0n, max: 0n });
    await stage.travel(unbonding - 1n);
    expect(await read(id)).toEqual({ pending: shares, claimable: 0n, max: 0n });
    await stage.travel(1n);
    expect(await read(id)).toEqual({ pending: 0n, claimable: shares, max: shares });
  },
  "a request of nothing, or of more than the owner has, is refused or empty": async (subject) => {
    const { alice } = subject;
    const { vault, shares } = await openWithShares(subject);
    await expectRefusal(vault.write.requestRedeem([shares + 1n, alice, alice], { account: alice }), "too much");
  },
  "an operator can request and claim for its controller until it is dismissed": async (subject) => {
    const { stage, alice, bob, unbonding } = subject;
    const { vault, asset, shares, read, request } = await openWithShares(subject);
    const approve = vault.write.setOperator([bob, true], { account: alice });
    await expectEvent(stage, approve, vault, "OperatorSet", { controller: alice, operator: bob, approved: true });
    expect(await vault.read.isOperator([alice, bob])).toBe(true);

    const id = await request(shares, alice, bob);
    await stage.travel(unbonding);
    const before = await asset.read.balanceOf([bob]);
    await vault.write.redeem([shares / 2n, bob, alice], { account: bob });
    expect(await asset.read.balanceOf([bob])).toBeGreaterThan(before);
    expect((await read(id)).claimable).toBe(shares - shares / 2n);

    const dismiss = vault.write.setOperator([bob, false], { account: alice });
    await expectEvent(stage, dismiss, vault, "OperatorSet", { controller: alice, operator: bob, approved: false });
    expect(await vault.read.isOperator([alice, bob])).toBe(false);
    await expectRefusal(vault.write.redeem([1n, bob, alice], { account: bob }), "a dismissed operator");
  },
  "an operator is one for its controller only": async (subject) => {
    const { alice, bob } = subject;
    const { vault } = await openWithShares(subject);
    await vault.write.setOperator([bob, true], { account: alice });
    expect(await vault.read.isOperator([bob, alice])).toBe(false);
  },
  "a spender can request with an allowance of the shares, which is used up": async (subject) => {
    const { alice, bob } = subject;
    const { vault, share, shares } = await openWithShares(subject);
    await share.write.approve([bob, shares / 2n], { account: alice });
    await vault.write.requestRedeem([shares / 2n, bob, alice], { account: bob });
    expect(await share.read.allowance([alice, bob])).toBe(0n);
    expect(await share.read.balanceOf([alice])).toBe(shares - shares / 2n);
    await expectRefusal(vault.write.requestRedeem([1n, bob, alice], { account: bob }), "allowance used up");
  },
  "an operator spends no allowance": async (subject) => {
    const { alice, bob } = subject;
    const { vault, share, shares } = await openWithShares(subject);
    await vault.write.setOperator([bob, true], { account: alice });
    await share.write.approve([bob, 7n], { account: alice });
    await vault.write.requestRedeem([shares, alice, alice], { account: bob });
    expect(await share.read.allowance([alice, bob])).toBe(7n);
  },
  "a stranger can neither request nor claim": async (subject) => {
    const { stage, alice, bob, unbonding } = subject;
    const { vault, shares, request } = await openWithShares(subject);
    await expectRefusal(vault.write.requestRedeem([1n, bob, alice], { account: bob }), "another's shares");
    await request(shares);
    await stage.travel(unbonding);
    await expectRefusal(vault.write.redeem([1n, bob, alice], { account: bob }), "another's request, in shares");
    await expectRefusal(vault.write.withdraw([1n, bob, alice], { account: bob }), "another's request, in assets");
  },
  "nothing can be claimed early": async (subject) => {
    const { stage, alice, unbonding } = subject;
    const { vault, shares, request } = await openWithShares(subject);
    await request(shares);
    for (const wait of [0n, 1n, unbonding - 2n]) {
      await stage.travel(wait);
      await expectRefusal(vault.write.redeem([1n, alice, alice], { account: alice }), "redeem of one wei");
      await expectRefusal(vault.write.withdraw([1n, alice, alice], { account: alice }), "withdraw of one wei");
    }
    expect(await vault.read.maxWithdraw([alice])).toBe(0n);
  },
  "redeem of maxRedeem pays maxWithdraw and leaves nothing": async (subject) => {
    const { stage, alice, bob, unbonding } = subject;
    const { vault, asset, shares, read, request } = await openWithShares(subject);
    const ids = [await request(shares / 3n), await request(shares / 3n)];
    await stage.travel(unbonding);
    const [max, assets] = [await vault.read.maxRedeem([alice]), await vault.read.maxWithdraw([alice])];
    expect(max).toBe((shares / 3n) * 2n);
    const before = await asset.read.balanceOf([bob]);
    const hash = vault.write.redeem([max, bob, alice], { account: alice });
    await expectEvent(stage, hash, vault, "Withdraw", {
      sender: alice,
      receiver: bob,
      owner: alice,
      assets,
      shares: max,
    });
    expect((await asset.read.balanceOf([bob])) - before).toBe(assets);
    for (const id of ids) expect(await read(id)).toEqual({ pending: 0n, claimable: 0n, max: 0n });
    expect(await vault.read.maxWithdraw([alice])).toBe(0n);
    await expectRefusal(vault.write.redeem([1n, alice, alice], { account: alice }), "a second time");
  },
  "withdraw of maxWithdraw uses maxRedeem and leaves nothing": async (subject) => {
    const { stage, alice, unbonding } = subject;
    const { vault, shares, request } = await openWithShares(subject);
    await request(shares);
    await stage.travel(unbonding);
    const [max, assets] = [await vault.read.maxRedeem([alice]), await vault.read.maxWithdraw([alice])];
    const hash = vault.write.withdraw([assets, alice, alice], { account: alice });
    await expectEvent(stage, hash, vault, "Withdraw", { owner: alice, assets, shares: max });
    expect(await vault.read.maxRedeem([alice])).toBe(0n);
    await expectRefusal(vault.write.withdraw([1n, alice, alice], { account: alice }), "a second time");
  },
  "more than maxRedeem or maxWithdraw is refused": async (subject) => {
    const { stage, alice, unbonding } = subject;
    const { vault, shares, request } = await openWithShares(subject);
    await request(shares / 2n);
    await stage.travel(unbonding);
    await request(shares / 4n);
    const [max, assets] = [await vault.read.maxRedeem([alice]), await vault.read.maxWithdraw([alice])];
    await expectRefusal(vault.write.redeem([max + 1n, alice, alice], { account: alice }), "redeem above the maximum");
    await expectRefusal(vault.write.withdraw([assets + 1n, alice, alice], { account: alice }), "withdraw above it");
  },
  "the id answers for its controller only": async (subject) => {
    const { stage, bob, unbonding } = subject;
    const { shares, read, request } = await openWithShares(subject);
    const id = await request(shares);
    expect(await read(id, bob)).toEqual({ pending: 0n, claimable: 0n, max: 0n });
    await stage.travel(unbonding);
    expect(await read(id, bob)).toEqual({ pending: 0n, claimable: 0n, max: 0n });
    expect(await read(id, zeroAddress)).toEqual({ pending: 0n, claimable: 0n, max: 0n });
  },
  "two requests have ids of their own": async (subject) => {
    const { shares, read, request } = await openWithShares(subject);
    const [first, second] = [await request(shares / 2n), await request(shares / 4n)];
    expect(first).not.toBe(second);
    expect((await read(first)).pending).toBe(shares / 2n);
    expect((await read(second)).pending).toBe(shares / 4n);
  },
};

/** Tests asynchronous redemption on what `load` returns. */
export const shouldBehaveLikeERC7540Redeem = (load: () => Promise<VaultSubject>): void =>
  registerChecks("behaves like ERC-7540 (redemption)", erc7540RedeemChecks, load);
