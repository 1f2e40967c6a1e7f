/** A node that answers what a test makes it, and the chain it is of. */
import { custom, defineChain } from "viem";
import { type CreateConnectorFn, createConfig } from "wagmi";

export const CHAIN = defineChain({
  id: 31_337,
  name: "Test chain",
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [] } },
});

export interface Question {
  readonly method: string;
  readonly params?: unknown;
}

/** What wallets and pages ask; an `answer` that throws is the node's error. */
export const requestOf = (answer: (question: Question) => unknown) => (question: Question) =>
  Promise.resolve().then(() => answer(question));

/** The page's way to the node, which it asks once every five milliseconds. */
export const wagmiOn = (answer: (question: Question) => unknown, connectors: CreateConnectorFn[] = []) =>
  createConfig({
    chains: [CHAIN],
    pollingInterval: 5,
    multiInjectedProviderDiscovery: false,
    storage: null,
    connectors,
    transports: { [CHAIN.id]: custom({ request: requestOf(answer) }, { retryCount: 0 }) },
  });
