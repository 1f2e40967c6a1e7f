/**
 * What Ponder imports as `viem/chains`, of which it looks for one: the chain of the deployment. All of viem's are seven hundred files.
 * See `docs/decisions/0032-changes-in-ponder.md`.
 */
import { findPackageJSON } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Chain } from "viem";
import { manifestPath, readDeployment } from "../deployment.ts";

/** What viem calls the files, and what is in them, of the chains that the suite is deployed on. */
const FILES = new Map([
  [1, "mainnet"],
  [11_155_111, "sepolia"],
  [31_337, "anvil"],
]);

/** The chain of that id as viem describes it, or an object without an id where it does not. */
export async function chainOf(id: number): Promise<Partial<Chain>> {
  const name = FILES.get(id);
  const manifest = findPackageJSON("viem", import.meta.url);
  if (name !== undefined && manifest !== undefined) {
    const file = path.join(path.dirname(manifest), "_esm", "chains", "definitions", `${name}.js`);
    return Reflect.get((await import(pathToFileURL(file).href)) as object, name) as Chain;
  }
  return Object.values<Chain>(await import("viem/chains")).find((chain) => chain.id === id) ?? {};
}

export const chain = await chainOf(readDeployment(manifestPath(process.env)).chainId);
