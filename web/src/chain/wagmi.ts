/** Chain and wallets: the RPC of the configuration, and the wallets that announce themselves (EIP-6963). */
import { type Chain, defineChain } from "viem";
import { createConfig, http } from "wagmi";
import type { Config } from "../config/shape.ts";

export function chainOf({ chain }: Config): Chain {
  return defineChain({
    id: chain.id,
    name: chain.name,
    nativeCurrency: { ...chain.currency, decimals: 18 },
    rpcUrls: { default: { http: [chain.rpcUrl] } },
    ...(chain.explorerUrl === null
      ? {}
      : { blockExplorers: { default: { name: "Explorer", url: chain.explorerUrl } } }),
  });
}

export function wagmiConfigOf(config: Config) {
  const chain = chainOf(config);
  return createConfig({
    chains: [chain],
    connectors: [],
    multiInjectedProviderDiscovery: true,
    // Never more often than there can be something new.
    pollingInterval: config.chain.blockTime * 1000,
    transports: { [chain.id]: http(config.chain.rpcUrl, { batch: { wait: 10 }, retryCount: 2 }) },
  });
}
