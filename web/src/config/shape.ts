/** What `config.json` holds, for who reads and who writes it. */
import type { Address } from "viem";

/** The contracts that the page reads, as manifests name them. */
export const CONTRACTS = [
  "pha",
  "vpha",
  "emissionVault",
  "attestationRegistry",
  "tdxVerifier",
  "workerRegistry",
  "workerRewards",
  "slashing",
  "phalaAuthority",
  "phalaGovernor",
  "votingVpha",
  "vetoLock",
  "treasury",
] as const;

export type ContractName = (typeof CONTRACTS)[number];

export interface Config {
  readonly chain: {
    readonly id: number;
    readonly name: string;
    /** Name and symbol of what gas is paid in. */
    readonly currency: { readonly name: string; readonly symbol: string };
    /** JSON-RPC, http or https. */
    readonly rpcUrl: string;
    /** Where transactions and addresses can be looked up; null where nowhere. */
    readonly explorerUrl: string | null;
    /** Seconds between blocks: nothing is asked for more often. */
    readonly blockTime: number;
  };
  /** Base URL of the indexer; null for a page without one. */
  readonly indexerUrl: string | null;
  readonly contracts: Readonly<Record<ContractName, Address>>;
}
