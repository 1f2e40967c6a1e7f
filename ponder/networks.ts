/** What is known of the chains that the suite is deployed on. Others work too. */
export interface Network {
  /** As collectors of data call it. A chain without a name has none outside this machine. */
  readonly name?: string;
  /** What viem calls its description, and the file that this is in. */
  readonly definition: string;
  /** Seconds between two blocks, where they come at a known pace. */
  readonly blockTime?: number;
}

/** By chain id. */
export const NETWORKS: ReadonlyMap<number, Network> = new Map([
  [1, { name: "Ethereum", definition: "mainnet", blockTime: 12 }],
  [11_155_111, { name: "Sepolia", definition: "sepolia", blockTime: 12 }],
  [560_048, { name: "Hoodi", definition: "hoodi", blockTime: 12 }],
  [31_337, { definition: "anvil" }],
]);
