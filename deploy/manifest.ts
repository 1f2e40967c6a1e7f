/** The record of a deployment: what everything that talks to the suite is configured from. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { CONTRACT_NAMES, type Contracts, contractsFrom } from "./modules/module.ts";
import { type Parameters, type Preset, parseParameters } from "./parameters/parameters.ts";
import { InvalidParameter, address, integer, members } from "./parameters/validate.ts";

export interface Manifest {
  readonly network: string;
  readonly chainId: number;
  readonly preset: Preset;
  /** No contract of the suite existed before this block: where an indexer starts. */
  readonly startBlock: number;
  readonly parameters: Parameters;
  readonly contracts: Contracts;
}

/** Where manifests are unless somebody says otherwise. */
export const DEPLOYMENTS = path.join(import.meta.dirname, "../deployments");

/** The manifest of `network` in `folder`. */
export function manifestPathFor(network: string, folder = DEPLOYMENTS): string {
  return path.join(folder, `${network}.json`);
}

/** The manifest `file`, if there is one. Throws if it is of another emission preset: that is another suite. */
export function findManifestOf(preset: string, file: string): Manifest | undefined {
  const manifest = findManifest(file);
  if (manifest !== undefined && manifest.preset !== preset) {
    throw new Error(
      `preset: ${preset} is not that of ${file}, ${manifest.preset}: for a second suite, name another manifest`,
    );
  }
  return manifest;
}

/** What was fixed when the suite was deployed: no decision of governance changes it. */
const FIXED: Readonly<Record<string, (parameters: Parameters) => unknown>> = {
  network: ({ network }) => network,
  "accounts.reserve": ({ accounts }) => accounts.reserve,
  "accounts.privateSale": ({ accounts }) => accounts.privateSale,
  "accounts.otherRewards": ({ accounts }) => accounts.otherRewards,
  token: ({ token }) => token,
  team: ({ team }) => team && { ...team, beneficiary: null },
  distributor: ({ distributor }) => distributor,
};

/**
 * What the suite of `parameters` was deployed from: the parameters that the manifest `file` records, if there is one. Since
 * then governance may have changed some, but none of {@link FIXED}: throws if one of these is another.
 */
export function deployedParameters(parameters: Parameters, file: string): Parameters {
  const deployed = findManifest(file)?.parameters;
  if (deployed === undefined) return parameters;
  for (const [field, valueOf] of Object.entries(FIXED)) {
    if (isDeepStrictEqual(valueOf(parameters), valueOf(deployed))) continue;
    throw new Error(`${field}: is not what ${file} records, and nobody can change it: this is another suite`);
  }
  return deployed;
}

/** Reads and checks a manifest. Throws an error that names the file and what is wrong with it. */
export function readManifest(file: string): Manifest {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new Error(`${file}: there is no such manifest; run \`npx hardhat deploy suite\` first`);
  }
  try {
    return parseManifest(JSON.parse(text));
  } catch (error) {
    if (error instanceof InvalidParameter || error instanceof SyntaxError) {
      throw new Error(`${file}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

/** Like {@link readManifest}; undefined if there is no such file. */
export function findManifest(file: string): Manifest | undefined {
  try {
    readFileSync(file);
  } catch {
    return undefined;
  }
  return readManifest(file);
}

/** Replaces the file in one step: who reads it at the same time sees the old one or the new one. */
export function writeManifest(file: string, manifest: Manifest): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(manifest, null, 2)}\n`);
  renameSync(temporary, file);
}

function parseManifest(value: unknown): Manifest {
  const file = members(value, "", ["network", "chainId", "preset", "startBlock", "parameters", "contracts"]);
  const parameters = parseParameters(file.parameters);
  const same = (field: "network" | "chainId" | "preset", expected: string | number) => {
    if (file[field] !== expected) throw new InvalidParameter(field, `is not what the parameters say, ${expected}`);
  };
  same("network", parameters.network.name);
  same("chainId", parameters.network.chainId);
  same("preset", parameters.preset);
  return {
    network: parameters.network.name,
    chainId: parameters.network.chainId,
    preset: parameters.preset,
    startBlock: integer(file.startBlock, "startBlock", 0, Number.MAX_SAFE_INTEGER),
    parameters,
    contracts: parseContracts(file.contracts),
  };
}

function parseContracts(value: unknown): Contracts {
  const contracts = members(value, "contracts", CONTRACT_NAMES);
  return contractsFrom((name) => (contracts[name] === null ? null : address(contracts[name], `contracts.${name}`)));
}
