/** Sentences for the errors of the compute contracts. */
import { type Abi, type AbiParameter, encodeErrorResult, pad, stringToHex, toHex, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { slashingAbi, workerRegistryAbi, workerRewardsAbi } from "../../deploy/generated/abis.ts";
import { Refusal } from "../../scripts/attestation/refusal.ts";
import { sentenceOf } from "../../scripts/attestation/sentence.ts";
import { amountOf, amountText } from "../../scripts/compute/amount.ts";
import { COMPUTE_PHRASES, computeRefusalOf } from "../../scripts/compute/refusal.ts";

const all: Abi = [...workerRegistryAbi, ...workerRewardsAbi, ...slashingAbi];
const errors = all.filter((item) => item.type === "error");

/** Some value of a parameter's type. */
function sample({ type }: AbiParameter): unknown {
  if (type === "address") return zeroAddress;
  if (type === "bytes32") return stringToHex("H100", { size: 32 });
  if (type === "string") return "text";
  return /^uint(8|16|32|40)$/.test(type) ? 1 : 1n;
}

const dataOf = (errorName: string, args?: readonly unknown[]) => {
  const item = errors.find(({ name }) => name === errorName);
  if (item === undefined) throw new Error(errorName);
  const abi: Abi = [item];
  return encodeErrorResult({ abi, errorName, args: args ?? item.inputs.map(sample) });
};

describe("the compute contracts' errors", () => {
  it("each have a sentence in which every argument is written", () => {
    expect(errors.length).toBeGreaterThan(60);
    for (const { name } of errors) {
      const { error, sentence } = sentenceOf(COMPUTE_PHRASES, dataOf(name), "call");
      expect(error).toBe(name);
      expect(sentence, name).toMatch(/^[A-Z0-9].*\.$/);
      expect(sentence, name).not.toMatch(/refused with|undefined|\{|\}/);
    }
  });

  it("say amounts, times and states as people do", () => {
    const say = (name: string, args: readonly unknown[]) =>
      sentenceOf(COMPUTE_PHRASES, dataOf(name, args), "x").sentence;
    expect(say("WorkerRegistry_InsufficientCollateral", [10n ** 18n, 1_250_500n * 10n ** 15n])).toBe(
      "1 vPHA of collateral: the GPUs need 1,250.5 vPHA.",
    );
    expect(say("Slashing_TooEarly", [1_767_225_600])).toMatch(/2026-01-01T00:00:00Z/);
    expect(say("WorkerRegistry_WrongState", [zeroAddress, 3])).toMatch(/is Exiting/);
    expect(say("Slashing_WrongState", [pad("0x01"), 3])).toMatch(/is Executed/);
    expect(say("WorkerRewards_NothingGranted", [4])).toMatch(/attest anew/);
  });

  it("are found in what a client throws; other failures stay what they are", () => {
    const refused = computeRefusalOf({ cause: { data: dataOf("WorkerRegistry_ZeroAmount") } }, "add");
    expect(refused).toBeInstanceOf(Refusal);
    expect(refused).toMatchObject({ error: "WorkerRegistry_ZeroAmount" });
    const failure = new Error("no answer");
    expect(computeRefusalOf(failure, "add")).toBe(failure);
    expect(computeRefusalOf({ data: toHex("abcd") }, "add")).toMatchObject({ error: "UnknownError" });
  });
});

describe("amounts", () => {
  it("are read and written in whole units", () => {
    expect(amountOf("1250.5")).toBe(1_250_500_000_000_000_000_000n);
    for (const bad of ["", "-1", "1e3", "1,000", ".5", "1.", `0.${"1".repeat(19)}`])
      expect(amountOf(bad), bad).toBeUndefined();
    expect(amountText(1_234_567n * 10n ** 18n)).toBe("1,234,567 vPHA");
    expect(amountText(1n, "PHA")).toBe("0.000000000000000001 PHA");
  });
});
