/** PHA: the whole supply is minted once, and only ever falls. */
import { zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { phaAbi } from "../../../deploy/generated/abis.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import { fixture } from "../../helpers/stage.ts";
import { actorsOf, units } from "../../helpers/suite.ts";
import { shouldBehaveLikeERC20 } from "../behaviours/erc20.ts";
import { shouldBehaveLikeERC2612 } from "../behaviours/erc2612.ts";

const SUPPLY = units(1_000_000_000);

const load = fixture(async (stage) => {
  const actors = actorsOf(stage);
  const { holder, treasury } = actors;
  const pha = await stage.deploy("PHA", phaAbi, [
    [
      { account: holder, amount: units(700_000_000) },
      { account: treasury, amount: units(299_999_999) },
      { account: treasury, amount: units(1) },
    ],
  ]);
  return {
    stage,
    actors,
    pha,
    token: pha.address,
    holder,
    spender: actors.operator,
    receiver: actors.stranger,
    other: actors.mallory,
  };
});

describe("PHA", () => {
  shouldBehaveLikeERC20(load);
  shouldBehaveLikeERC2612(load);

  describe("allocation", () => {
    it("mints each part, and the same account may have several", async () => {
      const { pha, actors } = await load();
      expect(await pha.read.totalSupply()).toBe(SUPPLY);
      expect(await pha.read.INITIAL_SUPPLY()).toBe(SUPPLY);
      expect(await pha.read.balanceOf([actors.holder])).toBe(units(700_000_000));
      expect(await pha.read.balanceOf([actors.treasury])).toBe(units(300_000_000));
    });

    it("must sum to one billion, to the wei", async () => {
      const { stage, actors } = await load();
      const deploy = (amounts: readonly bigint[]) =>
        stage.deploy("PHA", phaAbi, [amounts.map((amount) => ({ account: actors.holder, amount }))]);
      for (const amounts of [[], [0n], [SUPPLY - 1n], [SUPPLY + 1n], [SUPPLY, 1n], [SUPPLY / 2n, SUPPLY / 2n - 1n]]) {
        const sum = amounts.reduce((total, amount) => total + amount, 0n);
        await expectRevert(deploy(amounts), "PHA_InvalidAllocation", [sum, SUPPLY]);
      }
      // A sum that wraps around to one billion is no way past it.
      await expectRevert(deploy([2n ** 256n - 1n, SUPPLY + 1n]), "Panic", [0x11n]);
    });

    it("to nobody is refused", async () => {
      const { stage } = await load();
      const lost = [{ account: zeroAddress, amount: SUPPLY }];
      await expectRevert(stage.deploy("PHA", phaAbi, [lost]), "ERC20InvalidReceiver", [zeroAddress]);
    });
  });

  describe("burn", () => {
    it("takes from the holder and from the supply", async () => {
      const { stage, pha, actors } = await load();
      const { holder } = actors;
      const hash = pha.write.burn([units(5)], { account: holder });
      await expectEvent(stage, hash, pha, "Transfer", { from: holder, to: zeroAddress, value: units(5) });
      expect(await pha.read.totalSupply()).toBe(SUPPLY - units(5));
      expect(await pha.read.balanceOf([holder])).toBe(units(699_999_995));
      expect(await pha.read.INITIAL_SUPPLY()).toBe(SUPPLY);
    });

    it("of another's tokens needs and spends an allowance", async () => {
      const { pha, actors } = await load();
      const { holder, mallory } = actors;
      const call = (amount: bigint) => pha.write.burnFrom([holder, amount], { account: mallory });
      await expectRevert(call(1n), "ERC20InsufficientAllowance", [mallory, 0n, 1n]);
      await pha.write.approve([mallory, 10n], { account: holder });
      await call(7n);
      expect(await pha.read.allowance([holder, mallory])).toBe(3n);
      await expectRevert(call(4n), "ERC20InsufficientAllowance", [mallory, 3n, 4n]);
    });

    it("of more than there is, is refused", async () => {
      const { pha, actors } = await load();
      await expectRevert(pha.write.burn([1n], { account: actors.stranger }), "ERC20InsufficientBalance", [
        actors.stranger,
        0n,
        1n,
      ]);
    });
  });

  it("has no function that mints, pauses, owns or upgrades", () => {
    const names = phaAbi.flatMap((item) => (item.type === "function" ? [item.name] : []));
    expect(names.filter((name) => /mint|pause|owner|upgrade|admin|role|authority/i.test(name))).toEqual([]);
  });
});
