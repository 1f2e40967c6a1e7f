/** What is deployed, as such: which compiler made it, what it can do at all, and what it is made of. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import solc from "solc";
import { type Hex, hexToBytes } from "viem";
import { describe, expect, it } from "vitest";

const ROOT = path.join(import.meta.dirname, "../..");
const ARTIFACTS = path.join(ROOT, "artifacts");

interface Artifact {
  readonly contractName: string;
  readonly buildInfoId: string;
  readonly deployedBytecode: Hex;
}

interface BuildInfo {
  readonly solcLongVersion: string;
  readonly input: { readonly settings: { readonly evmVersion: string; readonly viaIR?: boolean } };
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

/** Every contract that is deployed: interfaces, abstract contracts and libraries of internal functions have next to no code. */
const artifacts = readdirSync(path.join(ARTIFACTS, "contracts"), { recursive: true, encoding: "utf8" })
  .filter((file) => /\.sol[\\/]\w+\.json$/.test(file))
  .map((file) => readJson(path.join(ARTIFACTS, "contracts", file)) as Artifact)
  .filter(({ deployedBytecode }) => deployedBytecode.length > 2 + 2 * 200);

const PUSH1 = 0x60;
const PUSH32 = 0x7f;
const JUMPDEST = 0x5b;
/** STOP, JUMP, RETURN, REVERT, INVALID, SELFDESTRUCT: what follows is reached from elsewhere, or never. */
const ENDS: ReadonlySet<number> = new Set([0x00, 0x56, 0xf3, 0xfd, 0xfe, 0xff]);
/** Instructions by which a contract gives its storage or its life to other code, or makes some. */
const POWERS: ReadonlyMap<number, string> = new Map([
  [0xf0, "CREATE"],
  [0xf2, "CALLCODE"],
  [0xf4, "DELEGATECALL"],
  [0xf5, "CREATE2"],
  [0xff, "SELFDESTRUCT"],
]);

/** How many bytes follow an instruction that belong to it. */
const lengthOf = (instruction: number): number =>
  instruction >= PUSH1 && instruction <= PUSH32 ? instruction - PUSH1 + 1 : 0;

/** Where jumps may go, as the EVM finds it: read from the beginning, a JUMPDEST that is not in what is pushed. */
function jumpdestsOf(code: Uint8Array): ReadonlySet<number> {
  const places = new Set<number>();
  for (let at = 0; at < code.length; at += 1 + lengthOf(code[at] ?? 0)) if (code[at] === JUMPDEST) places.add(at);
  return places;
}

/**
 * Every instruction that can be executed. A jump goes to a JUMPDEST whose place some instruction has pushed: each place that is
 * pushed counts as reached, so that tables behind the code do not, and no instruction that can be executed is missed.
 */
function reachable(code: Uint8Array): ReadonlySet<number> {
  const jumpdests = jumpdestsOf(code);
  const instructions = new Set<number>();
  const seen = new Set<number>();
  const waiting = [0];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (let next = at; next < code.length && !seen.has(next);) {
      seen.add(next);
      const instruction = code[next] ?? 0;
      instructions.add(instruction);
      const length = lengthOf(instruction);
      const place = code.subarray(next + 1, next + 1 + length).reduce((sum, byte) => sum * 256 + byte, 0);
      if (length > 0 && jumpdests.has(place)) waiting.push(place);
      if (ENDS.has(instruction)) break;
      next += 1 + length;
    }
  }
  return instructions;
}

const powersOf = (code: Hex): string[] =>
  [...reachable(hexToBytes(code))].flatMap((instruction) => POWERS.get(instruction) ?? []).sort();

describe("bytecode", () => {
  it("can neither be replaced nor end: no contract lends its storage to other code, makes contracts, or destroys itself", () => {
    const found = artifacts
      .map(({ contractName, deployedBytecode }) => [contractName, powersOf(deployedBytecode)] as const)
      .filter(([, powers]) => powers.length > 0);
    expect(Object.fromEntries(found)).toEqual({
      // `multicall`, of OpenZeppelin: calls of its own functions by the same caller. None of them is payable.
      PhalaAuthority: ["DELEGATECALL"],
      // The tables of TCB infos are kept as code, which begins with STOP: it is read, and does nothing when it is called.
      TdxVerifier: ["CREATE2"],
    });
  });

  it("is found out where it can", () => {
    // A minimal proxy of EIP-1167, and one instruction behind a jump; the same in what is pushed, and behind the end.
    const proxy: Hex = "0x363d3d373d3d3d363d73bebebebebebebebebebebebebebebebebebebebe5af43d82803e903d91602b57fd5bf3";
    expect(powersOf(proxy)).toEqual(["DELEGATECALL"]);
    expect(powersOf("0x6004565b33ff")).toEqual([]);
    expect(powersOf("0x6003565b33ff")).toEqual(["SELFDESTRUCT"]);
    expect(powersOf("0x61fff45000f4ff")).toEqual([]);
  });
});

/**
 * Bugs that solc's authors have published since 0.8.0 and that could change what code does, and the version that has them no more.
 * Source: docs/bugs.json of Solidity and the announcements of its versions. None is known of the version that is used.
 */
const COMPILER_BUGS = {
  KeccakCaching: "0.8.3",
  ABIDecodeTwoDimensionalArrayMemory: "0.8.4",
  SignedImmutables: "0.8.9",
  UserDefinedValueTypesBug: "0.8.9",
  AbiEncodeCallLiteralAsFixedBytesBug: "0.8.11",
  NestedCalldataArrayAbiReencodingSizeValidation: "0.8.14",
  DataLocationChangeInInternalOverride: "0.8.14",
  DirtyBytesArrayToStorage: "0.8.15",
  InlineAssemblyMemorySideEffects: "0.8.15",
  AbiReencodingHeadOverflowWithStaticArrayCleanup: "0.8.16",
  StorageWriteRemovalBeforeConditionalTermination: "0.8.17",
  MissingSideEffectsOnSelectorAccess: "0.8.21",
  FullInlinerNonExpressionSplitArgumentEvaluationOrder: "0.8.21",
  VerbatimInvalidDeduplication: "0.8.23",
  LostStorageArrayWriteOnSlotOverflow: "0.8.32",
  TransientStorageClearingHelperCollision: "0.8.34",
  MemoryByteArrayElementDeleteClearsWholeWord: "0.8.37",
  SpillSlotCollisionAcrossMutualRecursion: "0.8.37",
} as const;

describe("the compiler", () => {
  const builds = [...new Set(artifacts.map(({ buildInfoId }) => buildInfoId))].map(
    (id) => readJson(path.join(ARTIFACTS, "build-info", `${id}.json`)) as BuildInfo,
  );
  const number = (version: string): number =>
    version.split(".").reduce((sum, part) => sum * 1_000 + Number.parseInt(part, 10), 0);

  it("of all that is deployed is one release, that of the package, for one version of the EVM", () => {
    const { version } = solc as { version: () => string };
    expect(version()).toMatch(/^\d+\.\d+\.\d+\+commit\.[0-9a-f]{8}\.Emscripten\.clang$/);
    for (const { solcLongVersion, input } of builds) {
      expect(version().startsWith(`${solcLongVersion}.`)).toBe(true);
      expect(input.settings.evmVersion).toBe("osaka");
    }
    expect(builds.some(({ input }) => input.settings.viaIR === true)).toBe(true);
    expect(builds.some(({ input }) => input.settings.viaIR !== true)).toBe(true);
  });

  it("has none of the bugs that are known", () => {
    const used = Math.min(...builds.map(({ solcLongVersion }) => number(solcLongVersion)));
    expect(Object.entries(COMPILER_BUGS).filter(([, fixed]) => number(fixed) > used)).toEqual([]);
  });

  it("is the one that every contract asks for, and no other", () => {
    const sources = readdirSync(path.join(ROOT, "contracts"), { recursive: true, encoding: "utf8" });
    const pragmas = sources
      .filter((file) => file.endsWith(".sol"))
      .map((file) => /^pragma solidity (.*);$/m.exec(readFileSync(path.join(ROOT, "contracts", file), "utf8"))?.[1]);
    expect(new Set(pragmas)).toEqual(new Set([/^\d+\.\d+\.\d+/.exec(builds[0]?.solcLongVersion ?? "")?.[0]]));
  });
});

describe("sources", () => {
  it("import nothing but their own and OpenZeppelin's: no oracle, no market, no bridge is asked for anything", () => {
    const folder = path.join(ROOT, "contracts");
    const foreign = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".sol"))
      .flatMap((file) => {
        const text = readFileSync(path.join(folder, file), "utf8");
        return [...text.matchAll(/^(?:import|\} from) [^"]*?"([^"]+)";|^} from "([^"]+)";/gm)].map(
          ([, one, other]) => one ?? other ?? "",
        );
      })
      .filter((source) => !source.startsWith("."));
    expect(foreign.length).toBeGreaterThan(0);
    expect(foreign.filter((source) => !source.startsWith("@openzeppelin/contracts/"))).toEqual([]);
    // What OpenZeppelin has for other chains and for upgrades is left there.
    expect(foreign.filter((source) => /\/(?:proxy|crosschain|metatx)\//.test(source))).toEqual([]);
  });
});
