/** What the attestation tasks share: options, the contracts of `--network`, and how results and refusals are printed. */
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { Result } from "hardhat/types/utils";
import { errorResult, successfulResult } from "hardhat/utils/result";
import { type Address, type Hex, getAddress, isAddress, isHash } from "viem";
import { chainReader, reason } from "../../../deploy/executors/account.ts";
import { attestationRegistryAbi } from "../../../deploy/generated/abis.ts";
import { addresses } from "../../../deploy/generated/addresses.ts";
import { connect, networkName, required } from "../../../deploy/hardhat/command.ts";
import { findManifest, manifestPathFor } from "../../../deploy/manifest.ts";
import { Refusal, invalidInput } from "../refusal.ts";

/**
 * Runs an action and prints what it returns: as JSON with `ok`, or as `text` writes it. A refusal is printed with the name of
 * the error and its reason, on stdout as JSON or as one line on stderr; the exit code is 1 then.
 */
export async function answer<T extends object>(
  json: boolean,
  action: () => Promise<T>,
  text: (value: T) => string,
): Promise<Result<undefined, undefined>> {
  try {
    const value = await action();
    console.log(json ? JSON.stringify({ ok: true, ...value }, null, 2) : text(value));
    return successfulResult();
  } catch (failure) {
    const error = failure instanceof Refusal ? failure.error : "Failed";
    const line = failure instanceof Refusal ? failure.message : reason(failure);
    if (json) console.log(JSON.stringify({ ok: false, error, reason: line }, null, 2));
    else console.error(`Error: ${error}: ${line}`);
    return errorResult();
  }
}

/** Lines of a table: a name, and its value in one column. */
export const table = (rows: readonly (readonly [string, string | number])[]): string => {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
};

/** The value of an option that has to be given. */
export function given(value: string | undefined, option: string): string {
  try {
    return required(value, option);
  } catch (error) {
    throw invalidInput(`${reason(error)}.`, error);
  }
}

/** An option as an integer from 0 to `max`. */
export function wholeNumber(value: string, option: string, max: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number <= max)) throw invalidInput(`--${option} has to be a whole number from 0 to ${max}, not ${value}.`);
  return number;
}

/** An option as an address. */
export function addressOption(value: string, option: string): Address {
  if (!isAddress(value)) throw invalidInput(`--${option} has to be an address, not ${value}.`);
  return getAddress(value);
}

/** An option as 32 bytes. */
export function bytes32Option(value: string, option: string): Hex {
  if (!isHash(value)) throw invalidInput(`--${option} has to be 32 bytes of hex (0x…), not ${value}.`);
  return value.toLowerCase() as Hex;
}

export interface ChainArguments {
  readonly rpcUrl: string | undefined;
  readonly manifest: string | undefined;
}

/** The address of `name`, if `contracts` has one. */
function addressIn(contracts: object, name: string): Address | undefined {
  const address: unknown = Reflect.get(contracts, name);
  return typeof address === "string" && isAddress(address) ? getAddress(address) : undefined;
}

/** The chain behind `--network`. */
export async function openChain(options: ChainArguments, hre: HardhatRuntimeEnvironment) {
  const { transport, accounts } = await connect(options, hre);
  const reader = chainReader(transport);

  /** Refuses an address without a contract. */
  const requireCode = async (address: Address, what: string): Promise<Address> => {
    if ((await reader.getCode({ address })) !== undefined) return address;
    throw invalidInput(`There is no ${what} at ${address} on this chain: no contract at all.`);
  };

  /** Where `name` would be on this chain by the generated addresses, whatever the preset; those that are there. */
  const predicted = async (name: string, chainId: number): Promise<Address[]> => {
    const book: Readonly<Record<number, Readonly<Record<string, object>>>> = addresses;
    const all = new Set(Object.values(book[chainId] ?? {}).flatMap((contracts) => addressIn(contracts, name) ?? []));
    const codes = await Promise.all([...all].map((address) => reader.getCode({ address })));
    return [...all].filter((_, i) => codes[i] !== undefined);
  };

  const manifestFile = options.manifest ?? manifestPathFor(networkName(hre));
  /** The deployment's manifest, if there is one; refuses that of another chain. */
  const manifest = async () => {
    const found = findManifest(manifestFile);
    const chainId = await reader.getChainId();
    if (found !== undefined && found.chainId !== chainId) {
      throw invalidInput(`${manifestFile} is of chain ${found.chainId}, but this is chain ${chainId}.`);
    }
    return found;
  };

  /** `--option`, or the contract `name` of the deployment's manifest, or the one at an address that follows from the parameters. */
  const contract = async (name: string, option: string, given: string | undefined): Promise<Address> => {
    if (given !== undefined) return requireCode(addressOption(given, option), option);
    const deployment = await manifest();
    if (deployment === undefined) {
      const [found, other] = options.manifest === undefined ? await predicted(name, await reader.getChainId()) : [];
      if (found !== undefined && other === undefined) return found;
      throw invalidInput(
        `There is no ${manifestFile}: give --${option} ADDRESS, or the --manifest of another deployment.`,
      );
    }
    const address = addressIn(deployment.contracts, name);
    if (address === undefined) throw invalidInput(`${manifestFile} has no ${name}: give --${option} ADDRESS.`);
    return requireCode(address, option);
  };

  /** `--registry`, or the suite's attestation registry. */
  const registry = (given: string | undefined) => contract("attestationRegistry", "registry", given);

  return {
    transport,
    manifest,
    contract,
    registry,

    /** `--verifier`, or the one that the registry asks. */
    async verifier(given: string | undefined): Promise<Address> {
      if (given !== undefined) return requireCode(addressOption(given, "verifier"), "verifier");
      const address = await registry(undefined);
      return reader.readContract({ address, abi: attestationRegistryAbi, functionName: "verifier" });
    },

    /** The account that pays: the network's first. */
    async account(): Promise<Address> {
      const [account] = await accounts();
      if (account === undefined) throw invalidInput("This network has no account to send from.");
      return account;
    },

    /** All accounts that can sign here. */
    accounts,
  };
}
