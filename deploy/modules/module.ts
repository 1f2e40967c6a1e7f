import type { Address, Hex } from "viem";
import type { Parameters } from "../parameters/parameters.ts";

/** In the order in which they can be deployed: each after those whose addresses it needs. */
export const CONTRACT_NAMES = [
  "phalaAuthority",
  "teamVesting",
  "pha",
  "emissionVault",
  "vpha",
  "treasury",
  "merkleDistributor",
  "tdxVerifier",
  "attestationRegistry",
  "workerRegistry",
  "workerRewards",
  "slashing",
  "guardianMandate",
  "votingVpha",
  "phalaGovernor",
  "vetoLock",
  "stateAssertion",
] as const;

/** The name under which manifests and generated addresses list a contract. */
export type ContractName = (typeof CONTRACT_NAMES)[number];

/** What not every suite has: no vesting where the token is adopted, no distributor where there is nothing to claim. */
const OPTIONAL = ["teamVesting", "merkleDistributor"] as const satisfies readonly ContractName[];

type Optional = (typeof OPTIONAL)[number];

/** The contracts of the suite; null for those that these parameters do not call for. */
export type Contracts = Readonly<Record<Exclude<ContractName, Optional>, Address> & Record<Optional, Address | null>>;

/** All contracts from the address of each. Throws if one that every suite has is null. */
export function contractsFrom(at: (name: ContractName) => Address | null): Contracts {
  const entries = CONTRACT_NAMES.map((name) => {
    const address = at(name);
    if (address === null && !OPTIONAL.some((each) => each === name)) throw new Error(`there is no address of ${name}`);
    return [name, address] as const;
  });
  return Object.fromEntries(entries) as Contracts;
}

/** Which of `contracts` is at `address`; undefined if none is. */
export function contractAt(contracts: Contracts, address: Address): ContractName | undefined {
  return CONTRACT_NAMES.find((name) => contracts[name] === address);
}

/** One value for each of `names`, by its name; all are asked for at once. */
export async function byName<K extends string, V>(
  names: readonly K[],
  value: (name: K) => Promise<V>,
): Promise<Record<K, V>> {
  const values = await Promise.all(names.map(async (name) => [name, await value(name)] as const));
  return Object.fromEntries(values) as Record<K, V>;
}

/** How one contract is made. */
export interface Module {
  /** Below `contracts/`, without the ending. */
  readonly source: string;
  /** Creation bytecode with its arguments; null if these parameters need no such contract. */
  initCode(context: { parameters: Parameters; bytecode: Hex; at: (name: ContractName) => Address }): Hex | null;
}
