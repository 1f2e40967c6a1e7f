/** Bytecode and storage layouts of the compiled contracts. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { type Abi, type AbiParameter, type Hex, isHex } from "viem";

const FOLDER = path.join(import.meta.dirname, "../artifacts");

/** What solc says of a variable, or of a member of a struct. */
export interface StorageVariable {
  readonly label: string;
  /** Bytes from the right of its word. */
  readonly offset: number;
  /** Decimal; of a member, from the beginning of its struct. */
  readonly slot: string;
  readonly type: string;
}

/** What solc says of a type, by its encoding. */
export interface StorageType {
  readonly encoding: "inplace" | "mapping" | "dynamic_array" | "bytes";
  readonly label: string;
  /** Decimal. */
  readonly numberOfBytes: string;
  readonly members?: readonly StorageVariable[];
  readonly key?: string;
  readonly value?: string;
  readonly base?: string;
}

/** Where a contract keeps its variables: solc's `storageLayout`. */
export interface StorageLayout {
  readonly storage: readonly StorageVariable[];
  readonly types: Readonly<Record<string, StorageType>> | null;
}

/** Creation bytecode of `source`, such as `token/PHA`. */
export function creationCode(source: string): Hex {
  return codeOf(readArtifact(source), "bytecode", source);
}

/** The interface of `source`. */
export function abiOf(source: string): Abi {
  return readArtifact(source)["abi"] as Abi;
}

/** The parameters of the constructor of `source`. */
export function constructorOf(source: string): readonly AbiParameter[] {
  return abiOf(source).find((item) => item.type === "constructor")?.inputs ?? [];
}

/** Where the constructor writes what only it knows, in bytes. */
interface ImmutableReference {
  readonly start: number;
  readonly length: number;
}

/** What is at the address of a contract made from `source`, with zeros for the values of its immutables. */
export function runtimeCode(source: string): { readonly code: Hex; readonly immutables: ImmutableReference[] } {
  const artifact = readArtifact(source);
  const references = (artifact["immutableReferences"] ?? {}) as Readonly<Record<string, ImmutableReference[]>>;
  return { code: codeOf(artifact, "deployedBytecode", source), immutables: Object.values(references).flat() };
}

/** The parts of a build's output that are read here. */
interface BuildOutput {
  readonly output: {
    readonly contracts: Readonly<
      Record<string, Readonly<Record<string, { readonly storageLayout?: StorageLayout }>> | undefined>
    >;
  };
}

/** Builds hold many contracts, and are read once. */
const builds = new Map<string, BuildOutput>();

/** The storage layout of `source`, such as `token/PHA`. */
export function storageLayout(source: string): StorageLayout {
  const { buildInfoId, inputSourceName } = readArtifact(source) as { buildInfoId: string; inputSourceName: string };
  const file = path.join(FOLDER, "build-info", `${buildInfoId}.output.json`);
  const build = builds.get(file) ?? (JSON.parse(readFileSync(file, "utf8")) as BuildOutput);
  builds.set(file, build);
  const layout = build.output.contracts[inputSourceName]?.[path.basename(source)]?.storageLayout;
  if (layout === undefined) {
    throw new Error(
      `contracts/${source}.sol was compiled without its storage layout: run \`npx hardhat build --force\``,
    );
  }
  return layout;
}

function readArtifact(source: string): Readonly<Record<string, unknown>> {
  const file = path.join(FOLDER, "contracts", `${source}.sol`, `${path.basename(source)}.json`);
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, unknown>>;
  } catch {
    throw new Error(`contracts/${source}.sol has not been compiled: run \`npx hardhat build\` first`);
  }
}

function codeOf(artifact: Readonly<Record<string, unknown>>, member: string, source: string): Hex {
  const code = artifact[member];
  if (isHex(code) && code !== "0x") return code;
  throw new Error(`contracts/${source}.sol has no bytecode that can be deployed as it is`);
}
