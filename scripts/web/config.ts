/** The page's `config.json`, from the manifest of a deployment. */
import type { Address } from "viem";
import type { Manifest } from "../../deploy/manifest.ts";
import { type Config, CONTRACTS } from "../../web/src/config/shape.ts";

/** As the page reads it, of any contracts that the manifest names. */
export type WebConfig = Omit<Config, "contracts"> & { readonly contracts: Readonly<Record<string, Address>> };

export function webConfig(
  { chainId, contracts }: Pick<Manifest, "chainId" | "contracts">,
  chain: Omit<WebConfig["chain"], "id">,
  indexerUrl: string | null,
): WebConfig {
  return {
    chain: { id: chainId, ...chain },
    indexerUrl,
    contracts: Object.fromEntries(CONTRACTS.map((name) => [name, contracts[name]] as const)),
  };
}
