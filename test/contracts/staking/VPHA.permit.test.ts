/** depositWithPermit: whatever happens to the permit, the allowance decides. */
import { erc20Abi, parseAbi, zeroHash } from "viem";
import { describe, expect, it } from "vitest";
import { phaAbi } from "../../../deploy/generated/abis.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import { signPermit } from "../../helpers/permit.ts";
import { HOUR, fixture } from "../../helpers/stage.ts";
import { actorsOf, deploySuite, units } from "../../helpers/suite.ts";

const AMOUNT = units(2_000);

const load = fixture(async (stage) => {
  const suite = await deploySuite(stage);
  const { alice, bob, holder } = suite.actors;
  await suite.pha.write.transfer([alice, AMOUNT], { account: holder });
  const token = stage.at(phaAbi, suite.pha.address);
  const sign = (value = AMOUNT) =>
    signPermit(stage, token.address, {
      owner: alice,
      spender: suite.vpha.address,
      value,
      deadline: stage.now() + HOUR,
    });
  const deposit = (permit: Awaited<ReturnType<typeof sign>>) =>
    suite.vpha.write.depositWithPermit([AMOUNT, bob, permit.deadline, permit.v, permit.r, permit.s], {
      account: alice,
    });
  return { ...suite, token, sign, deposit };
});

describe("depositWithPermit", () => {
  it("needs one transaction and leaves no allowance", async () => {
    const { stage, vpha, token, actors, sign, deposit } = await load();
    const hash = deposit(await sign());
    await expectEvent(stage, hash, vpha, "Deposit", { sender: actors.alice, owner: actors.bob, assets: AMOUNT });
    expect(await token.read.allowance([actors.alice, vpha.address])).toBe(0n);
    expect(await vpha.read.balanceOf([actors.bob])).toBe(AMOUNT);
  });

  it("goes through although somebody has submitted the permit first", async () => {
    const { vpha, token, actors, sign, deposit } = await load();
    const { owner, spender, value, deadline, v, r, s } = { ...(await sign()) };
    await token.write.permit([owner, spender, value, deadline, v, r, s], { account: actors.mallory });
    await deposit({ owner, spender, value, deadline, v, r, s });
    expect(await vpha.read.balanceOf([actors.bob])).toBe(AMOUNT);
  });

  it("names the missing allowance where the permit does not help", async () => {
    const { stage, vpha, token, actors, sign, deposit } = await load();
    const permit = await sign();
    const refusal = (allowance: bigint) => ["VPHA_InsufficientAllowance", [allowance, AMOUNT]] as const;
    await expectRevert(deposit({ ...permit, r: zeroHash }), ...refusal(0n));
    await expectRevert(deposit(await sign(AMOUNT - 1n)), ...refusal(0n));
    await token.write.approve([vpha.address, AMOUNT - 1n], { account: actors.alice });
    await expectRevert(deposit({ ...permit, v: 26 }), ...refusal(AMOUNT - 1n));
    await stage.travel(HOUR + 1n);
    await expectRevert(deposit(permit), ...refusal(AMOUNT - 1n));
  });

  it("is somebody else's permit for nobody: the tokens are the caller's", async () => {
    const { vpha, actors, sign } = await load();
    const { deadline, v, r, s } = await sign();
    await expectRevert(
      vpha.write.depositWithPermit([AMOUNT, actors.mallory, deadline, v, r, s], { account: actors.mallory }),
      "VPHA_InsufficientAllowance",
      [0n, AMOUNT],
    );
  });

  it("works with a token without permit, by its allowance", async () => {
    const { stage } = await load();
    const { holder, alice } = actorsOf(stage);
    const { address } = await stage.deploy("AdoptedToken", parseAbi(["constructor(address holder)"]), [holder]);
    const { vpha } = await deploySuite(stage, { token: address });
    const token = stage.at(erc20Abi, address);
    await token.write.transfer([alice, AMOUNT], { account: holder });
    const call = () =>
      vpha.write.depositWithPermit([AMOUNT, alice, stage.now(), 27, zeroHash, zeroHash], { account: alice });
    await expectRevert(call(), "VPHA_InsufficientAllowance", [0n, AMOUNT]);
    await token.write.approve([vpha.address, AMOUNT], { account: alice });
    await call();
    expect(await vpha.read.balanceOf([alice])).toBe(AMOUNT);
  });
});
