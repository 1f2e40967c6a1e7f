/** The assertion that ends a batch: it holds, or nothing of the batch does. */
import { type Address, type Hex, encodeAbiParameters, encodeFunctionData } from "viem";
import { describe, expect, it } from "vitest";
import { stateAssertionAbi, vphaAbi } from "../../../deploy/generated/abis.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { fixture } from "../../helpers/stage.ts";
import { deploySuite, units } from "../../helpers/suite.ts";

interface Expectation {
  readonly target: Address;
  readonly data: Hex;
  readonly result: Hex;
}

const uint = (value: bigint): Hex => encodeAbiParameters([{ type: "uint256" }], [value]);

const load = fixture(async (stage) => {
  const suite = await deploySuite(stage);
  await suite.stake(suite.actors.alice, units(10));
  const assertion = await stage.deploy("StateAssertion", stateAssertionAbi, []);
  const target = suite.vpha.address;
  const supply = encodeFunctionData({ abi: vphaAbi, functionName: "totalSupply" });
  const holds: Expectation = { target, data: supply, result: uint(units(10)) };
  const check = (...expectations: readonly Expectation[]) => assertion.read.check([expectations]);
  return { ...suite, assertion, holds, check };
});

describe("an assertion", () => {
  it("holds where every answer is the expected one, or nothing is expected", async () => {
    const { vpha, holds, check, actors } = await load();
    const balance = encodeFunctionData({ abi: vphaAbi, functionName: "balanceOf", args: [actors.alice] });
    await check();
    await check(holds);
    await check(holds, holds, { ...holds, data: balance });
    const name = encodeFunctionData({ abi: vphaAbi, functionName: "symbol" });
    const result = encodeAbiParameters([{ type: "string" }], [await vpha.read.symbol()]);
    await check({ ...holds, data: name, result });
  });

  it("fails at the first answer that is another, and says which", async () => {
    const { holds, check } = await load();
    const { target, data, result } = holds;
    const others: readonly Hex[] = [uint(units(10) + 1n), "0x", `${result}00`, `0x${result.slice(4)}`];
    for (const other of others) {
      await expectRevert(
        check(holds, { ...holds, result: other }, { ...holds, result: "0x" }),
        "StateAssertion_Unexpected",
        [1n, target, data, result],
      );
    }
  });

  it("fails where the call is refused, also with exactly what it is refused with", async () => {
    const { vpha, check, actors } = await load();
    const data = encodeFunctionData({ abi: vphaAbi, functionName: "previewRedeem", args: [1n] });
    const refusal = encodeFunctionData({ abi: vphaAbi, functionName: "harvest" });
    const deposit = encodeFunctionData({ abi: vphaAbi, functionName: "deposit", args: [1n, actors.alice] });
    const found: Hex = "0x";
    for (const result of [found, "0x12345678"] as const) {
      await expectRevert(check({ target: vpha.address, data, result }), "StateAssertion_Unexpected");
      // Nothing that would change anything answers: the call is static.
      for (const changing of [refusal, deposit]) {
        await expectRevert(check({ target: vpha.address, data: changing, result }), "StateAssertion_Unexpected");
      }
    }
  });

  it("fails where there is no code, also when nothing is expected", async () => {
    const { check, actors, holds } = await load();
    for (const result of ["0x", holds.result] as const) {
      await expectRevert(check({ ...holds, target: actors.bob, result }), "StateAssertion_Unexpected", [
        0n,
        actors.bob,
        holds.data,
        "0x",
      ]);
    }
  });

  it("changes nothing itself: it is a view without storage", () => {
    const functions = stateAssertionAbi.filter((item) => item.type === "function");
    expect(functions.map(({ name, stateMutability }) => [name, stateMutability])).toEqual([["check", "view"]]);
  });
});
