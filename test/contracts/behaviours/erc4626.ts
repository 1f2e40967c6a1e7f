/** The half of ERC-4626 that is about deposits, on a vault whose price is not one to one. */
import { type Address, maxUint256, zeroAddress } from "viem";
import { expect } from "vitest";
import { expectRefusal } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import { type Checks, registerChecks } from "./behaviour.ts";
import { type VaultSubject, openVault } from "./vault.ts";

/** Amounts that round, and some that do not. */
const AMOUNTS = [2n, 3n, 7n, 1_000_003n, 10n ** 18n, 123_456_789_012_345_678_901n] as const;

async function balances(subject: VaultSubject, account: Address) {
  const { vault, share, asset } = await openVault(subject);
  return {
    assets: await asset.read.balanceOf([account]),
    shares: await share.read.balanceOf([account]),
    supply: await share.read.totalSupply(),
    total: await vault.read.totalAssets(),
  };
}

/** What came in belongs to the shares that were given for it, and at most rounding dust is kept out of the pool. */
function expectTotal(added: bigint, assets: bigint, worth: bigint): void {
  expect(added).toBeLessThanOrEqual(assets);
  expect(added).toBeGreaterThanOrEqual(worth);
}

export const erc4626DepositChecks: Checks<VaultSubject> = {
  "the price is not one to one, or rounding would go unseen": async (subject) => {
    const { vault } = await openVault(subject);
    const assets = await vault.read.convertToAssets([10n ** 18n]);
    expect(assets % 10n ** 18n).not.toBe(0n);
  },
  "deposit gives what previewDeposit said and takes exactly the assets": async (subject) => {
    const { stage, alice, bob } = subject;
    const { vault, asset, share } = await openVault(subject);
    for (const assets of AMOUNTS) {
      const shares = await vault.read.previewDeposit([assets]);
      // A vault may refuse what buys nothing.
      if (shares === 0n) continue;
      const [payer, before] = [await asset.read.balanceOf([alice]), await balances(subject, bob)];
      const hash = vault.write.deposit([assets, bob], { account: alice });
      await expectEvent(stage, hash, vault, "Deposit", { sender: alice, owner: bob, assets, shares });
      await expectEvent(stage, hash, share, "Transfer", { from: zeroAddress, to: bob, value: shares });
      const after = await balances(subject, bob);
      expect(payer - (await asset.read.balanceOf([alice]))).toBe(assets);
      expect(after.shares - before.shares).toBe(shares);
      expect(after.supply - before.supply).toBe(shares);
      expectTotal(after.total - before.total, assets, await vault.read.convertToAssets([shares]));
    }
  },
  "mint takes what previewMint said and gives exactly the shares": async (subject) => {
    const { stage, alice, bob } = subject;
    const { vault, asset } = await openVault(subject);
    for (const shares of AMOUNTS) {
      const assets = await vault.read.previewMint([shares]);
      const [payer, before] = [await asset.read.balanceOf([alice]), await balances(subject, bob)];
      const hash = vault.write.mint([shares, bob], { account: alice });
      await expectEvent(stage, hash, vault, "Deposit", { sender: alice, owner: bob, assets, shares });
      const after = await balances(subject, bob);
      expect(payer - (await asset.read.balanceOf([alice]))).toBe(assets);
      expect(after.shares - before.shares).toBe(shares);
      expectTotal(after.total - before.total, assets, await vault.read.convertToAssets([shares]));
    }
  },
  "a deposit rounds against the depositor: its shares are never worth more than it": async (subject) => {
    const { vault, share } = await openVault(subject);
    const [total, supply] = [await vault.read.totalAssets(), await share.read.totalSupply()];
    for (const assets of AMOUNTS) {
      const shares = await vault.read.previewDeposit([assets]);
      expect(await vault.read.convertToAssets([shares]), `${assets} assets`).toBeLessThanOrEqual(assets);
      // The exact share of the pool, without the virtual one, is an upper bound of what may be given out.
      expect(shares * (total + 1n), `${assets} assets`).toBeLessThanOrEqual(assets * (supply + 1n));
    }
  },
  "a mint rounds against the minter: its shares never cost less than they are worth": async (subject) => {
    const { vault, share } = await openVault(subject);
    const [total, supply] = [await vault.read.totalAssets(), await share.read.totalSupply()];
    for (const shares of AMOUNTS) {
      const assets = await vault.read.previewMint([shares]);
      expect(assets * (supply + 1n), `${shares} shares`).toBeGreaterThanOrEqual(shares * (total + 1n));
      expect(await vault.read.previewDeposit([assets])).toBeGreaterThanOrEqual(shares);
    }
  },
  "conversions round down, so that back and forth never gains": async (subject) => {
    const { vault } = await openVault(subject);
    for (const amount of AMOUNTS) {
      const shares = await vault.read.convertToShares([amount]);
      expect(await vault.read.convertToAssets([shares])).toBeLessThanOrEqual(amount);
      const assets = await vault.read.convertToAssets([amount]);
      expect(await vault.read.convertToShares([assets])).toBeLessThanOrEqual(amount);
    }
  },
  "previews and conversions do not depend on who asks": async (subject) => {
    const { vault } = await openVault(subject);
    for (const account of [subject.alice, subject.carol]) {
      expect(await vault.read.convertToShares([10n ** 20n], { account })).toBe(
        await vault.read.convertToShares([10n ** 20n]),
      );
      expect(await vault.read.previewDeposit([10n ** 20n], { account })).toBe(
        await vault.read.previewDeposit([10n ** 20n]),
      );
    }
  },
  "maxDeposit and maxMint answer for every account, and allow what they say": async (subject) => {
    const { vault, asset } = await openVault(subject);
    for (const account of [subject.alice, subject.carol, zeroAddress]) {
      expect(await vault.read.maxDeposit([account])).toBeGreaterThan(0n);
      expect(await vault.read.maxMint([account])).toBeGreaterThan(0n);
    }
    const owned = await asset.read.balanceOf([subject.alice]);
    const most = await vault.read.maxDeposit([subject.alice]);
    await vault.write.deposit([owned < most ? owned : most, subject.alice], { account: subject.alice });
  },
  "max functions, totalAssets and asset never revert, whatever the amount": async (subject) => {
    const { vault } = await openVault(subject);
    await vault.read.totalAssets();
    await vault.read.maxRedeem([zeroAddress]);
    await vault.read.maxWithdraw([zeroAddress]);
    await vault.read.maxDeposit([zeroAddress]);
    await vault.read.maxMint([zeroAddress]);
  },
  "a deposit without allowance, or beyond the balance, is refused": async (subject) => {
    const { alice, carol } = subject;
    const { vault, asset } = await openVault(subject);
    await expectRefusal(vault.write.deposit([10n ** 18n, carol], { account: carol }), "no allowance");
    const owned = await asset.read.balanceOf([alice]);
    await expectRefusal(vault.write.deposit([owned + 1n, alice], { account: alice }), "more than owned");
    await expectRefusal(vault.write.mint([maxUint256 / 2n, alice], { account: alice }), "more than there is");
  },
};

/** Tests the deposits of ERC-4626 on what `load` returns. */
export const shouldBehaveLikeERC4626Deposits = (load: () => Promise<VaultSubject>): void =>
  registerChecks("behaves like ERC-4626 (deposits)", erc4626DepositChecks, load);
