/** Faults to choose from do what each of them does alone. */
import solc from "solc";
import { type Abi, type Hex, encodeFunctionData, parseAbi } from "viem";
import { beforeAll, describe, expect, it } from "vitest";
import { type Mutation, apply, mutationsOf } from "../../scripts/mutation/operators.ts";
import { choosable, choose, schemaOf } from "../../scripts/mutation/schema.ts";
import { type Chain, createChain } from "../helpers/chain.ts";

const FILE = "contracts/Sample.sol";
/** Everything that a function can have, and that a variant of it must have, too. */
const SOURCE = Buffer.from(`// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.0;

type Grams is uint256;
using { doubled } for Grams global;
function doubled(Grams g) pure returns (Grams) { return Grams.wrap(Grams.unwrap(g) * 2); }

library Words {
    uint256 internal constant STEP = 3;

    /// @notice Two values, named: ä is two bytes long.
    function split(bytes calldata data) internal pure returns (uint256 high, uint256 low) {
        unchecked {
            high = data.length + STEP;
        }
        assembly ("memory-safe") {
            low := add(calldatasize(), shl(1, high))
        }
    }
}

interface ISample {
    function over(uint256 x) external view returns (uint256);
}

contract Sample is ISample {
    error NotOwner(address caller);
    event Told(uint256 value);

    address private immutable OWNER = msg.sender;
    uint256 public total = 5;
    uint256[] private _values;

    modifier onlyOwner(uint256 least) {
        if (msg.sender != OWNER || least > 100) revert NotOwner(msg.sender);
        _;
    }

    constructor() {
        total += 1;
    }

    function over(uint256 x) public view virtual override returns (uint256) {
        return x < total ? total - x : over(x, 2);
    }

    function over(uint256 x, uint256) public pure returns (uint256) {
        return x % 7;
    }

    function set(uint256 value, string memory) external payable onlyOwner(value) {
        if (value == 0) return;
        total += value;
        _values.push(msg.value);
        emit Told(total);
    }

    function split(bytes calldata data) external pure returns (uint256 high, uint256 low) {
        (high, low) = Words.split(data);
        high = _least(high, 6);
    }

    function weigh(uint256 x) external view returns (uint256) {
        uint256[] storage values = _stored();
        return Grams.unwrap(Grams.wrap(x).doubled()) + values.length;
    }

    function _stored() private view returns (uint256[] storage values) {
        values = _values;
    }

    function _least(uint256 a, uint256 b) internal pure returns (uint256) {
        if (a > b) return b;
        return a;
    }
}
`);

const ABI: Abi = parseAbi([
  "function over(uint256) view returns (uint256)",
  "function over(uint256, uint256) view returns (uint256)",
  "function set(uint256, string) payable",
  "function split(bytes) view returns (uint256, uint256)",
  "function weigh(uint256) view returns (uint256)",
  "function total() view returns (uint256)",
]);
const call = (functionName: string, ...args: unknown[]) => encodeFunctionData({ abi: ABI, functionName, args });

/** What is asked of a contract, in this order; by the owner or by somebody else. */
const PROBES: readonly { readonly data: Hex; readonly isOwner: boolean }[] = [
  ...[call("over", 3n), call("over", 6n), call("over", 20n), call("over", 20n, 1n)],
  ...[call("split", "0x"), call("split", "0x0102"), call("split", "0x01020304"), call("weigh", 4n)],
  ...[call("set", 0n, "a"), call("set", 4n, ""), call("set", 100n, "b"), call("set", 101n, "c")],
  ...[call("total"), call("weigh", 4n), call("over", 107n)],
].flatMap((data) => [true, false].map((isOwner) => ({ data, isOwner })));

const { compile } = solc as { compile: (input: string) => string };

interface Output {
  readonly errors?: readonly {
    readonly severity: string;
    readonly sourceLocation?: { readonly start: number };
  }[];
  readonly sources: Readonly<Record<string, { readonly ast: unknown }>>;
  readonly contracts?: Readonly<
    Record<string, Readonly<Record<string, { readonly evm: { readonly bytecode: { readonly object: string } } }>>>
  >;
}

function outputOf(content: string, viaIR: boolean): Output {
  const settings = {
    ...{ evmVersion: "osaka", viaIR, metadata: { bytecodeHash: "none" } },
    ...(viaIR ? { optimizer: { enabled: true } } : {}),
    outputSelection: { "*": { "": ["ast"], "*": ["evm.bytecode.object"] } },
  };
  const input = { language: "Solidity", sources: { [FILE]: { content } }, settings };
  return JSON.parse(compile(JSON.stringify(input))) as Output;
}

const codeIn = (output: Output): string | undefined => output.contracts?.[FILE]?.["Sample"]?.evm.bytecode.object;

const ast = outputOf(SOURCE.toString(), false).sources[FILE]?.ast;
const all = mutationsOf(SOURCE, ast);
const inFunctions = choosable(
  SOURCE,
  ast,
  all.map((mutation) => ({ mutation })),
)
  .flat()
  .map(({ mutation }) => mutation);

let chain: Chain;
beforeAll(async () => {
  chain = await createChain();
});

/** What a contract answers to all probes: the data, or why not; and all events. */
async function behaviourOf(bytecode: string): Promise<string[]> {
  const [owner, other] = chain.accounts;
  if (owner === undefined || other === undefined) throw new Error("the chain has no accounts");
  const snapshot: unknown = await chain.provider.request({ method: "evm_snapshot", params: [] });
  const hash = await chain.wallet.sendTransaction({ account: owner, data: `0x${bytecode}` });
  const { contractAddress } = await chain.publicClient.getTransactionReceipt({ hash });
  const told: string[] = [];
  for (const { data, isOwner } of PROBES) {
    const from = isOwner ? owner : other;
    const params = [{ from, to: contractAddress, data, gas: "0x100000" }];
    try {
      told.push(String(await chain.provider.request({ method: "eth_call", params: [params[0], "latest"] })));
      const sent = (await chain.provider.request({ method: "eth_sendTransaction", params })) as Hex;
      const { logs } = await chain.publicClient.getTransactionReceipt({ hash: sent });
      told.push(JSON.stringify(logs.map((log) => [log.topics, log.data])));
    } catch (error) {
      told.push(JSON.stringify(Reflect.get(error as object, "data")));
    }
  }
  await chain.provider.request({ method: "evm_revert", params: [snapshot] });
  return told;
}

describe("faults to choose from", () => {
  it("are all those in bodies and modifiers of functions, and not those of constructors and modifiers' own bodies", () => {
    const left = all.filter((mutation) => !inFunctions.includes(mutation));
    const lineOf = ({ start }: Mutation) => SOURCE.toString("utf8", 0, start).split("\n").at(-1)?.trim();
    expect(new Set(left.map((mutation) => lineOf(mutation)))).toEqual(
      new Set([
        "uint256 internal constant STEP =",
        "uint256 public total =",
        "if (",
        "if (msg.sender",
        "if (msg.sender != OWNER",
        "if (msg.sender != OWNER || least",
        "if (msg.sender != OWNER || least >",
        "",
        "total",
        "total +=",
      ]),
    );
    expect(inFunctions.length).toBeGreaterThan(30);
  });

  // By way of the IR, it takes long: every twelfth.
  it.each([
    { viaIR: false, every: 1 },
    { viaIR: true, every: 12 },
  ])("do what each does alone, and nothing where none is chosen (by the IR: $viaIR)", async ({ viaIR, every }) => {
    const compiles = inFunctions
      .filter((_, i) => i % every === 0)
      .flatMap((fault) => {
        const code = codeIn(outputOf(apply(SOURCE, fault), viaIR));
        return code === undefined ? [] : [{ fault, code }];
      });
    expect(compiles.length).toBeGreaterThan(25 / every);
    const faults = compiles.map(({ fault }) => fault);
    const together = codeIn(outputOf(schemaOf(SOURCE, ast, faults).content, viaIR));
    if (together === undefined) throw new Error("the schema does not compile");
    const genuine = await behaviourOf(codeIn(outputOf(SOURCE.toString(), viaIR)) ?? "");
    for (const none of [0, compiles.length + 1]) {
      expect(await behaviourOf(choose(together, FILE, none))).toEqual(genuine);
    }
    let different = 0;
    for (const [i, { fault, code }] of compiles.entries()) {
      const alone = await behaviourOf(code);
      expect(await behaviourOf(choose(together, FILE, i + 1)), apply(SOURCE, fault)).toEqual(alone);
      if (JSON.stringify(alone) !== JSON.stringify(genuine)) different += 1;
    }
    expect(different).toBeGreaterThan(20 / every);
  });

  it("are named by the errors of what does not compile", () => {
    const fault = inFunctions.find(({ replacement }) => replacement === "-");
    if (fault === undefined) throw new Error("there is no fault to make wrong");
    const wrong = [...inFunctions.slice(0, 3), { ...fault, replacement: '- "text" -' }];
    const { content, faultAt } = schemaOf(SOURCE, ast, wrong);
    const errors = (outputOf(content, false).errors ?? []).filter(({ severity }) => severity === "error");
    expect(errors.map(({ sourceLocation }) => faultAt(sourceLocation?.start ?? 0))).toEqual([3]);
  });
});
