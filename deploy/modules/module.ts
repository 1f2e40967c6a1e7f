import type { Address, Hex } from "viem";
import type { Parameters } from "../parameters/parameters.ts";

/** The contracts of the suite, by the name under which manifests and generated addresses list them. */
export interface Contracts {
  readonly phalaAuthority: Address;
  /** Null where the token is adopted. */
  readonly teamVesting: Address | null;
  readonly pha: Address;
  readonly emissionVault: Address;
  readonly vpha: Address;
  /** Null where there is nothing to claim. */
  readonly merkleDistributor: Address | null;
  readonly tdxVerifier: Address;
  readonly attestationRegistry: Address;
  readonly workerRegistry: Address;
  readonly workerRewards: Address;
  readonly slashing: Address;
}

export type ContractName = keyof Contracts;

/** In the order in which they can be deployed: each after those whose addresses it needs. */
export const CONTRACT_NAMES = [
  "phalaAuthority",
  "teamVesting",
  "pha",
  "emissionVault",
  "vpha",
  "merkleDistributor",
  "tdxVerifier",
  "attestationRegistry",
  "workerRegistry",
  "workerRewards",
  "slashing",
] as const satisfies readonly ContractName[];

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
