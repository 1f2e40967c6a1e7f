/** Trees from CSV, proofs, and the command line around them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { parseEther } from "viem";
import { afterAll, describe, expect, it } from "vitest";
import { buildDistribution, claimOf } from "../../deploy/merkle.ts";
import { hardhat } from "../helpers/cli.ts";

const ALICE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const BOB = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
const CAROL = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";
const csv = (...lines: string[]) => ["account,amount", ...lines, ""].join("\n");

describe("a tree from CSV", () => {
  const distribution = buildDistribution(csv(`${ALICE},1.5`, `${BOB},200`, `${CAROL},0.000000000000000001`));

  it("holds each line, and their sum", () => {
    expect(distribution.total).toBe(parseEther("201.5") + 1n);
  });

  it("gives a proof that leads to its root", () => {
    for (const account of [ALICE, BOB, CAROL]) {
      const { index, amount, proof } = claimOf(distribution.tree, account.toLowerCase());
      const leaf = [String(index), account, String(amount)];
      const types = ["uint256", "address", "uint256"];
      expect(StandardMerkleTree.verify(distribution.root, types, leaf, [...proof])).toBe(true);
      expect(
        StandardMerkleTree.verify(distribution.root, types, [leaf[0], account, String(amount + 1n)], [...proof]),
      ).toBe(false);
    }
  });

  it("has no proof for anybody else", () => {
    expect(() => claimOf(distribution.tree, "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65")).toThrow(/0x15d34A/);
    expect(() => claimOf({ format: "other" }, ALICE)).toThrow();
  });

  it.each([
    ["no header", `${ALICE},1\n`, /header|account,amount/],
    ["nothing in it", csv(), /./],
    ["a bad address", csv(`${ALICE},1`, "0x12,1"), /line 3/],
    ["a wrong checksum", csv(ALICE.replace("C5181", "c5181") + ",1"), /line 2/],
    ["an account twice", csv(`${ALICE},1`, `${BOB},1`, `${ALICE.toLowerCase()},2`), /line 4/],
    ["an amount of zero", csv(`${ALICE},0`), /line 2/],
    ["a negative amount", csv(`${ALICE},-1`), /line 2/],
    ["an amount that is no number", csv(`${ALICE},lots`), /line 2/],
    ["parts of a wei", csv(`${ALICE},0.0000000000000000001`), /line 2/],
    ["a third column", csv(`${ALICE},1,2`), /line 2/],
  ])("is refused for %s", (_, content, message) => {
    expect(() => buildDistribution(content)).toThrow(message);
  });
});

describe("the command line", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "merkle-"));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("builds a tree and prints a proof", () => {
    const input = path.join(folder, "list.csv");
    const output = path.join(folder, "tree.json");
    writeFileSync(input, csv(`${ALICE},1.5`, `${BOB},200`));
    const built = hardhat("merkle", "build", "--csv", input, "--out", output);
    expect(built.status).toBe(0);
    expect(built.stdout).toContain(buildDistribution(csv(`${ALICE},1.5`, `${BOB},200`)).root);

    const found = hardhat("merkle", "proof", "--tree", output, "--account", ALICE, "--json");
    expect(found.status).toBe(0);
    expect(JSON.parse(found.stdout)).toMatchObject({ account: ALICE, amount: String(parseEther("1.5")) });

    const missing = hardhat("merkle", "proof", "--tree", output, "--account", CAROL);
    expect(missing.status).not.toBe(0);
    expect(missing.stderr.trim().split("\n")).toHaveLength(1);
    expect(missing.stderr).toContain(CAROL);
  });
});
