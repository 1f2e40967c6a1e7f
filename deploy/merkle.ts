/** The tree that a MerkleDistributor is made from: leaves (index, account, amount in wei), hashed as OpenZeppelin does. */
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { type Address, type Hex, getAddress, isAddress, isHex, parseEther } from "viem";
import { InvalidParameter, TOTAL_SUPPLY, address, bytes32, pha } from "./parameters/validate.ts";

const LEAF = ["uint256", "address", "uint256"];

/** Index (decimal), account, wei (decimal). */
type Leaf = [index: string, account: string, amount: string];

type Dump = ReturnType<StandardMerkleTree<Leaf>["dump"]>;

export interface Distribution {
  readonly root: Hex;
  /** Sum of all amounts, in wei. */
  readonly total: bigint;
  readonly tree: Dump;
}

/** What a claimant passes to `MerkleDistributor.claim`. */
export interface Claim {
  readonly index: bigint;
  readonly account: Address;
  /** Wei. */
  readonly amount: bigint;
  readonly proof: readonly Hex[];
}

/**
 * Builds the tree from CSV with the header `account,amount`; amounts are PHA with at most 18 decimals. A leaf's index is
 * its row's place. Throws {@link InvalidParameter}, which names the line.
 */
export function buildDistribution(csv: string): Distribution {
  const lines = csv.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (lines[0]?.trim() !== "account,amount") {
    throw new InvalidParameter("line 1", "must be the header `account,amount`");
  }
  const leaves: Leaf[] = [];
  const lineOf = new Map<Address, number>();
  let total = 0n;
  for (const [offset, line] of lines.slice(1).entries()) {
    const number = offset + 2;
    if (line.trim() === "") continue;
    const cells = line.split(",").map((cell) => cell.trim());
    if (cells.length !== 2) throw new InvalidParameter(`line ${number}`, "must have two cells, account and amount");
    const account = address(cells[0], `line ${number}, account`);
    const amount = parseEther(pha(cells[1], `line ${number}, amount`));
    const first = lineOf.get(account);
    if (first !== undefined) {
      throw new InvalidParameter(
        `line ${number}, account`,
        `is the account of line ${first} again: one line per account`,
      );
    }
    lineOf.set(account, number);
    total += amount;
    if (total > TOTAL_SUPPLY) {
      throw new InvalidParameter(
        `line ${number}, amount`,
        "brings the sum above 1,000,000,000 PHA: amounts are PHA, not wei",
      );
    }
    leaves.push([String(leaves.length), account, String(amount)]);
  }
  if (leaves.length === 0) throw new InvalidParameter("line 2", "must be the first account: the file has none");
  const tree = StandardMerkleTree.of(leaves, LEAF);
  return { root: bytes32(tree.root, "root"), total, tree: tree.dump() };
}

/**
 * The claim of `account` in a tree that {@link buildDistribution} made. The whole tree is checked first, so that a
 * damaged file cannot give a proof that the contract refuses.
 */
export function claimOf(tree: unknown, account: string): Claim {
  if (!isAddress(account)) throw new InvalidParameter("account", "must be an address with the right checksum");
  const loaded = loadTree(tree);
  const wanted = getAddress(account);
  for (const [position, [index, owner, amount]] of loaded.entries()) {
    if (owner === wanted) {
      const proof = loaded.getProof(position).filter((node) => isHex(node));
      return { index: BigInt(index), account: wanted, amount: BigInt(amount), proof };
    }
  }
  throw new InvalidParameter("account", `${wanted} has no claim in this tree`);
}

/** Root and sum (wei) of a tree that {@link buildDistribution} made. Throws {@link InvalidParameter} if it is damaged. */
export function summaryOf(tree: unknown): Pick<Distribution, "root" | "total"> {
  const loaded = loadTree(tree);
  const leaves = [...loaded.entries()].map(([, leaf]) => leaf);
  if (new Set(leaves.map(([index]) => BigInt(index))).size !== leaves.length) {
    throw new InvalidParameter("tree", "has an index twice, of which only one could be claimed");
  }
  const total = leaves.reduce((sum, [, , amount]) => sum + BigInt(amount), 0n);
  return { root: bytes32(loaded.root, "root"), total };
}

function loadTree(tree: unknown): StandardMerkleTree<Leaf> {
  if (!isTree(tree)) throw new InvalidParameter("tree", "must be a tree that `merkle build` wrote");
  const loaded = StandardMerkleTree.load(tree);
  loaded.validate();
  return loaded;
}

function isTree(value: unknown): value is Dump {
  if (typeof value !== "object" || value === null) return false;
  if (!("format" in value && "leafEncoding" in value && "tree" in value && "values" in value)) return false;
  return (
    value.format === "standard-v1" &&
    JSON.stringify(value.leafEncoding) === JSON.stringify(LEAF) &&
    Array.isArray(value.tree) &&
    Array.isArray(value.values)
  );
}
