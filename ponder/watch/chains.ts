/**
 * What Ponder imports as `viem/chains`, of which it looks for one: the chain of the deployment. All of viem's are seven hundred files.
 * See `docs/decisions/0032-changes-in-ponder.md`.
 */
import { findPackageJSON } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Chain } from "viem";
import { manifestPath, readDeployment } from "../deployment.ts";
import { NETWORKS } from "../networks.ts";

/** `name` of viem's file of that name; undefined where a version of viem has it elsewhere. */
export async function definitionOf(name: string): Promise<Chain | undefined> {
  const manifest = findPackageJSON("viem", import.meta.url);
  if (manifest === undefined) return undefined;
  const file = path.join(path.dirname(manifest), "_esm", "chains", "definitions", `${name}.js`);
  const loading = import(pathToFileURL(file).href) as Promise<Readonly<Record<string, Chain | undefined>>>;
  return (await loading.catch(() => null))?.[name];
}

/** The chain of that id as viem describes it, or an object without an id where it does not. */
export async function chainOf(id: number): Promise<Partial<Chain>> {
  const name = NETWORKS.get(id)?.definition;
  const chain = name === undefined ? undefined : await definitionOf(name);
  if (chain !== undefined) return chain;
  return Object.values<Chain>(await import("viem/chains")).find((chain) => chain.id === id) ?? {};
}

export const chain = await chainOf(readDeployment(manifestPath(process.env)).chainId);
