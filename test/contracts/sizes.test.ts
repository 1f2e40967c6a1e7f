/** Sizes of what is deployed, by the limits of EIP-170 and EIP-3860. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const MAX_RUNTIME = 24_576;
const MAX_INITCODE = 49_152;
const ROOT = path.join(import.meta.dirname, "../..");

interface Artifact {
  readonly contractName: string;
  readonly bytecode: string;
  readonly deployedBytecode: string;
}

/** Every contract under contracts/ that has code: interfaces, libraries of internal functions and abstract contracts have none. */
const artifacts = readdirSync(path.join(ROOT, "artifacts/contracts"), { recursive: true, encoding: "utf8" })
  .filter((file) => /\.sol[\\/]\w+\.json$/.test(file))
  .map((file) => JSON.parse(readFileSync(path.join(ROOT, "artifacts/contracts", file), "utf8")) as Artifact)
  .filter(({ deployedBytecode }) => deployedBytecode.length > 2 + 2 * 200);

const bytesOf = (code: string): number => code.length / 2 - 1;

describe("contracts fit the chain", () => {
  it("are all here", () => {
    const names = artifacts.map(({ contractName }) => contractName);
    for (const name of [
      "PHA",
      "VPHA",
      "EmissionVault",
      "PhalaAuthority",
      "TdxVerifier",
      "TcbCodec",
      "AttestationRegistry",
    ]) {
      expect(names).toContain(name);
    }
  });

  it("have each a snapshot of size, storage and interface, and nothing else has", () => {
    const snapshots = readdirSync(path.join(ROOT, "snapshots")).map((file) => path.basename(file, ".txt"));
    expect(snapshots.sort()).toEqual(artifacts.map(({ contractName }) => contractName).sort());
  });

  it.each(artifacts.map((artifact) => [artifact.contractName, artifact] as const))("%s", (_name, artifact) => {
    expect(bytesOf(artifact.deployedBytecode)).toBeLessThan(MAX_RUNTIME);
    expect(bytesOf(artifact.bytecode)).toBeLessThan(MAX_INITCODE);
  });
});
