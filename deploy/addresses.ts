/** Where the suite is on each network: recorded by manifests, predicted from parameters and bytecode elsewhere. */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { readManifest } from "./manifest.ts";
import type { Contracts } from "./modules/module.ts";
import { planSuite } from "./modules/suite.ts";
import { PRESETS, readParameters } from "./parameters/parameters.ts";

/** The manifest of the chain on this machine: not committed, and not the same on the next one. */
const LOCAL = "local.json";

/** Chain id → preset → contracts. */
export type AddressBook = Record<number, Record<string, Contracts>>;

/**
 * The addresses of every parameter file in `parameters` with every preset, and of every manifest in `deployments`. What was
 * deployed counts, whatever would be deployed now.
 */
export function collectAddresses(parameters: string, deployments: string): AddressBook {
  const book: AddressBook = {};
  for (const file of jsonFiles(parameters)) {
    for (const preset of Object.keys(PRESETS)) {
      const read = readParameters(path.join(parameters, file), preset);
      (book[read.network.chainId] ??= {})[preset] = planSuite(read).contracts;
    }
  }
  const origins = new Map<string, string>();
  for (const file of jsonFiles(deployments).filter((name) => name !== LOCAL)) {
    const { chainId, preset, contracts } = readManifest(path.join(deployments, file));
    const key = `chain ${chainId}, preset ${preset}`;
    const other = origins.get(key);
    if (other !== undefined) throw new Error(`${other} and ${file} in ${deployments} are both of ${key}`);
    origins.set(key, file);
    (book[chainId] ??= {})[preset] = contracts;
  }
  return book;
}

function jsonFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort();
}
