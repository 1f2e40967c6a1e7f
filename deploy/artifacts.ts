/** Bytecode of the compiled contracts. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { type Abi, type AbiParameter, type Hex, isHex } from "viem";

const FOLDER = path.join(import.meta.dirname, "../artifacts/contracts");

/** Creation bytecode of `source`, such as `token/PHA`. */
export function creationCode(source: string): Hex {
  return codeOf(readArtifact(source), "bytecode", source);
}

/** The parameters of the constructor of `source`. */
export function constructorOf(source: string): readonly AbiParameter[] {
  const abi = readArtifact(source)["abi"] as Abi;
  return abi.find((item) => item.type === "constructor")?.inputs ?? [];
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

function readArtifact(source: string): Readonly<Record<string, unknown>> {
  const file = path.join(FOLDER, `${source}.sol`, `${path.basename(source)}.json`);
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
