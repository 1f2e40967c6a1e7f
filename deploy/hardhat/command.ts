/** What the tasks share: their options, the connection to the chain, and how they fail. */
import { readFileSync } from "node:fs";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { Result } from "hardhat/types/utils";
import { errorResult, successfulResult } from "hardhat/utils/result";
import { type Address, type Transport, createWalletClient, custom, http } from "viem";
import { reason } from "../executors/account.ts";
import { DEPLOYMENTS, findManifest, findManifestOf, manifestPathFor } from "../manifest.ts";
import { networkIn, parameterFileFor, readParameters } from "../parameters/parameters.ts";

/** Runs an action; an error becomes one line and exit code 1. */
export async function command(action: () => Promise<void> | void): Promise<Result<undefined, undefined>> {
  try {
    await action();
    return successfulResult();
  } catch (error) {
    console.error(`Error: ${reason(error)}`);
    return errorResult();
  }
}

/** The value of an option that has to be given. */
export function required(value: string | undefined, option: string): string {
  if (value === undefined) throw new Error(`--${option} is missing`);
  return value;
}

/** The value of `--start-block`. */
export function blockNumber(value: string | undefined): bigint | undefined {
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value)) throw new Error("--start-block must be the number of a block");
  return BigInt(value);
}

/** The content of a file that the user named. */
export function readInput(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`${file} cannot be read (${reason(error)})`, { cause: error });
  }
}

export interface DeployArguments {
  readonly preset: string | undefined;
  readonly parameters: string | undefined;
  readonly manifest: string | undefined;
  readonly rpcUrl: string | undefined;
  readonly startBlock: string | undefined;
}

/**
 * Parameters and manifest that the options and `--network` name. The manifest goes by the name of the network in the
 * parameters, where it is read and written alike. Without `--preset`, that of the manifest is meant if there is one; another
 * one is refused.
 */
export function target(
  options: Pick<DeployArguments, "preset" | "parameters" | "manifest">,
  hre: HardhatRuntimeEnvironment,
  folder = DEPLOYMENTS,
) {
  const file = options.parameters ?? parameterFileFor(networkName(hre));
  const manifestPath = options.manifest ?? manifestPathFor(networkIn(file), folder);
  const parameters = readParameters(file, options.preset ?? findManifest(manifestPath)?.preset);
  findManifestOf(parameters.preset, manifestPath);
  return { parameters, manifestPath };
}

/** The chain behind `--network`, with the accounts that can sign there. */
export async function connect(options: Pick<DeployArguments, "rpcUrl">, hre: HardhatRuntimeEnvironment) {
  const connection = await hre.network.getOrCreate(networkName(hre));
  let transport: Transport = custom(connection.provider, { retryCount: 0 });
  if (options.rpcUrl !== undefined) {
    const { accounts } = connection.networkConfig.type === "http" ? connection.networkConfig : { accounts: "remote" };
    if (accounts !== "remote") throw new Error("--rpc-url is for networks whose accounts are the endpoint's own");
    transport = http(options.rpcUrl, { retryCount: 0 });
  }
  const accounts = async (): Promise<readonly Address[]> => createWalletClient({ transport }).getAddresses();
  return { transport, accounts };
}

/** What `--network` is where nobody gave it: Hardhat leaves it out then, against its type. */
const UNNAMED: readonly (string | undefined)[] = [undefined, "", "default"];

/** The in-process chain ends with the command, so the local one is meant where no network is named. */
export function networkName(hre: Pick<HardhatRuntimeEnvironment, "globalOptions">): string {
  const name = hre.globalOptions.network;
  return UNNAMED.includes(name) ? "local" : name;
}
