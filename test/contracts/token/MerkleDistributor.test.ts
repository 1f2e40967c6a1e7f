/** The distributor, with trees of OpenZeppelin's package: what the tasks that build a distribution use. */
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { type Address, type Hex, encodeAbiParameters, isHex, keccak256, zeroAddress, zeroHash } from "viem";
import { describe, expect, it } from "vitest";
import { merkleDistributorAbi, phaAbi } from "../../../deploy/generated/abis.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import { DAY, fixture } from "../../helpers/stage.ts";
import { actorsOf, units } from "../../helpers/suite.ts";

const LEAVES = 300;
const PERIOD = 90n * DAY;

function hex(value: string): Hex {
  if (!isHex(value)) throw new Error(`${value} is not hex`);
  return value;
}

const load = fixture(async (stage) => {
  const actors = actorsOf(stage);
  const { holder, treasury } = actors;
  const pha = await stage.deploy("PHA", phaAbi, [[{ account: holder, amount: units(1_000_000_000) }]]);
  const entries = Array.from({ length: LEAVES }, (_, index): [bigint, Address, bigint] => {
    const account = stage.accounts[index % stage.accounts.length];
    if (account === undefined) throw new Error("no account");
    return [BigInt(index), account, units(index + 1)];
  });
  const tree = StandardMerkleTree.of(entries, ["uint256", "address", "uint256"]);
  const deadline = stage.now() + PERIOD;
  const args = [pha.address, hex(tree.root), deadline, treasury] as const;
  const distributor = await stage.deploy("MerkleDistributor", merkleDistributorAbi, args);
  const total = entries.reduce((sum, [, , amount]) => sum + amount, 0n);
  await pha.write.transfer([distributor.address, total], { account: holder });

  /** The arguments of a right claim of leaf `index`. */
  const leaf = (index: number): [bigint, Address, bigint, Hex[]] => {
    const entry = entries[index];
    if (entry === undefined) throw new Error(`no leaf ${index}`);
    return [...entry, tree.getProof(index).map(hex)];
  };
  return { stage, actors, pha, distributor, tree, deadline, total, leaf, as: { account: actors.mallory } };
});

describe("claim", () => {
  it("by anybody pays the account of the leaf", async () => {
    const { stage, pha, distributor, leaf, as } = await load();
    for (const index of [0, 7, 255, 256, 299]) {
      const [, account, amount] = leaf(index);
      const before = await pha.read.balanceOf([account]);
      expect(await distributor.read.isClaimed([BigInt(index)])).toBe(false);
      const hash = distributor.write.claim(leaf(index), as);
      await expectEvent(stage, hash, distributor, "Claimed", { index: BigInt(index), account, amount });
      expect((await pha.read.balanceOf([account])) - before).toBe(amount);
      expect(await distributor.read.isClaimed([BigInt(index)])).toBe(true);
    }
    // Neighbours in the bitmap are untouched.
    for (const index of [1n, 6n, 8n, 254n, 257n, 298n]) expect(await distributor.read.isClaimed([index])).toBe(false);
  });

  it("twice is refused, and so is another leaf's claim under the same number", async () => {
    const { distributor, leaf, as } = await load();
    await distributor.write.claim(leaf(5), as);
    await expectRevert(distributor.write.claim(leaf(5), as), "MerkleDistributor_AlreadyClaimed", [5n]);
    const [, account, amount, proof] = leaf(6);
    await expectRevert(distributor.write.claim([5n, account, amount, proof], as), "MerkleDistributor_AlreadyClaimed");
  });

  it("with another number, account, amount or proof than the leaf's is refused", async () => {
    const { distributor, leaf, actors, as } = await load();
    const [index, account, amount, proof] = leaf(5);
    const wrong: [bigint, Address, bigint, Hex[]][] = [
      [index + 1n, account, amount, proof],
      [index, actors.mallory, amount, proof],
      [index, account, amount + 1n, proof],
      [index, account, amount, leaf(6)[3]],
      [index, account, amount, []],
      [index, account, amount, proof.slice(1)],
      [index, account, amount, [...proof, zeroHash]],
      [index, account, amount, [...proof].reverse()],
    ];
    for (const args of wrong) {
      await expectRevert(distributor.write.claim(args, as), "MerkleDistributor_InvalidProof", args.slice(0, 3));
    }
    await distributor.write.claim([index, account, amount, proof], as);
  });

  it("of an inner node as a leaf is refused, whatever it is taken for", async () => {
    const { stage, actors, pha, as } = await load();
    // With leaves hashed once, this tree's inner node would be the leaf (index, account, amount) that its children spell.
    const forged = [9n, actors.mallory, units(1_000)] as const;
    const once = keccak256(
      encodeAbiParameters([{ type: "uint256" }, { type: "address" }, { type: "uint256" }], forged),
    );
    const other = keccak256("0x01");
    const pair = once < other ? [once, other] : [other, once];
    const root = keccak256(`0x${pair.map((node) => node.slice(2)).join("")}`);
    const args = [pha.address, root, stage.now() + DAY, actors.treasury] as const;
    const naive = await stage.deploy("MerkleDistributor", merkleDistributorAbi, args);
    await expectRevert(naive.write.claim([...forged, [other]], as), "MerkleDistributor_InvalidProof", [...forged]);
  });

  it("of a tree with one leaf needs no proof", async () => {
    const { stage, actors, pha, as } = await load();
    const entry: [bigint, Address, bigint] = [0n, actors.alice, units(3)];
    const tree = StandardMerkleTree.of([entry], ["uint256", "address", "uint256"]);
    const args = [pha.address, hex(tree.root), stage.now() + DAY, actors.treasury] as const;
    const single = await stage.deploy("MerkleDistributor", merkleDistributorAbi, args);
    await pha.write.transfer([single.address, units(3)], { account: actors.holder });
    await single.write.claim([...entry, []], as);
    expect(await pha.read.balanceOf([actors.alice])).toBe(units(3));
  });

  it("is open until the second before the deadline", async () => {
    const { stage, distributor, leaf, deadline, as } = await load();
    await stage.travelTo(deadline - 1n);
    await distributor.write.claim(leaf(1), as);
    for (const time of [deadline, deadline + 1n]) {
      await stage.travelTo(time);
      await expectRevert(distributor.write.claim(leaf(2), as), "MerkleDistributor_DeadlinePassed", [deadline]);
    }
  });
});

describe("sweep", () => {
  it("sends the rest to the treasury, from the deadline on, whoever calls", async () => {
    const { stage, pha, distributor, leaf, deadline, total, actors, as } = await load();
    const [, , amount] = leaf(10);
    await distributor.write.claim(leaf(10), as);
    for (const time of [stage.now(), deadline - 1n]) {
      await stage.travelTo(time);
      await expectRevert(distributor.write.sweep(as), "MerkleDistributor_DeadlineNotPassed", [deadline]);
    }
    await stage.travelTo(deadline);
    const { treasury } = actors;
    await expectEvent(stage, distributor.write.sweep(as), distributor, "Swept", { treasury, amount: total - amount });
    expect(await pha.read.balanceOf([treasury])).toBe(total - amount);
    expect(await pha.read.balanceOf([distributor.address])).toBe(0n);
    // What arrives later can be swept as well.
    await pha.write.transfer([distributor.address, 5n], { account: actors.holder });
    await distributor.write.sweep(as);
    expect(await pha.read.balanceOf([treasury])).toBe(total - amount + 5n);
  });
});

describe("constructor", () => {
  it("refuses what makes no sense", async () => {
    const { stage, actors, pha, tree } = await load();
    const right = [pha.address, hex(tree.root), stage.now() + 1n, actors.treasury] as const;
    const wrong = [
      [zeroAddress, right[1], right[2], right[3]],
      [right[0], zeroHash, right[2], right[3]],
      [right[0], right[1], stage.now(), right[3]],
      [right[0], right[1], 0n, right[3]],
      [right[0], right[1], right[2], zeroAddress],
    ] as const;
    for (const args of wrong) {
      await expectRevert(
        stage.deploy("MerkleDistributor", merkleDistributorAbi, args),
        "MerkleDistributor_InvalidConfiguration",
        [],
      );
    }
    const { address } = await stage.deploy("MerkleDistributor", merkleDistributorAbi, right);
    const distributor = stage.at(merkleDistributorAbi, address);
    expect(await distributor.read.token()).toBe(pha.address);
    expect(await distributor.read.root()).toBe(tree.root);
    expect(await distributor.read.deadline()).toBe(right[2]);
    expect(await distributor.read.treasury()).toBe(actors.treasury);
  });
});
