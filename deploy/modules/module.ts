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
}

export type ContractName = keyof Contracts;

/** How one contract is made. */
export interface Module {
  readonly name: ContractName;
  /** Below `contracts/`, without the ending. */
  readonly source: string;
  /** Creation bytecode with its arguments; null if these parameters need no such contract. */
  initCode(context: { parameters: Parameters; bytecode: Hex; at: (name: ContractName) => Address }): Hex | null;
}
