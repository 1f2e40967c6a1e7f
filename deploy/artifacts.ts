/** Bytecode of the compiled contracts. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { type Hex, isHex } from "viem";

const FOLDER = path.join(import.meta.dirname, "../artifacts/contracts");

/** Creation bytecode of `source`, such as `token/PHA`. */
export function creationCode(source: string): Hex {
  const file = path.join(FOLDER, `${source}.sol`, `${path.basename(source)}.json`);
  let artifact: unknown;
  try {
    artifact = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new Error(`contracts/${source}.sol has not been compiled: run \`npx hardhat build\` first`);
  }
  if (typeof artifact === "object" && artifact !== null && "bytecode" in artifact) {
    if (isHex(artifact.bytecode) && artifact.bytecode !== "0x") return artifact.bytecode;
  }
  throw new Error(`contracts/${source}.sol has no bytecode that can be deployed as it is`);
}
