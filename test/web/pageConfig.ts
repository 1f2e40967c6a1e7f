/** A configuration of the page, for tests that need no chain. */
import { CONTRACTS } from "../../web/src/config/shape.ts";
import type { WebConfig } from "../../scripts/web/config.ts";

/** Its contracts have addresses that nobody has. */
export function pageConfig(urls: { rpcUrl: string; indexerUrl: string | null }): WebConfig {
  const { rpcUrl, indexerUrl } = urls;
  const currency = { name: "Ether", symbol: "ETH" };
  return {
    chain: { id: 31_337, name: "Test chain", currency, rpcUrl, explorerUrl: null, blockTime: 1 },
    indexerUrl,
    contracts: Object.fromEntries(
      CONTRACTS.map((name, i) => [name, `0x${(i + 1).toString(16).padStart(40, "0")}`] as const),
    ),
  };
}
