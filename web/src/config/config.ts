/**
 * What the page is configured with when it runs: `config.json` beside `index.html`. It names the chain, its RPC, the indexer and
 * the contracts; the page asks nobody else.
 */
import { type Address, isAddress } from "viem";
import type { Config, ContractName } from "./shape.ts";

/** What is wrong with `config.json`, in words for whoever serves the page. */
export class InvalidConfig extends Error {}

/** Reads `config.json` beside the page at `base`. Throws {@link InvalidConfig}. */
export async function loadConfig(base: string): Promise<Config> {
  const url = new URL("config.json", base);
  const response = await fetch(url, { cache: "no-cache" }).catch(() => null);
  if (response === null || !response.ok) {
    throw new InvalidConfig(`config.json cannot be read from ${url.href}: put it beside index.html.`);
  }
  const json: unknown = await response.json().catch(() => {
    throw new InvalidConfig("config.json is not JSON.");
  });
  return parseConfig(json, base);
}

/** Checks the content of `config.json` of the page at `base`. Throws {@link InvalidConfig}, which names the field. */
export function parseConfig(json: unknown, base: string): Config {
  const file = record(json, "config.json");
  const chain = record(file["chain"], "chain");
  const currency = record(chain["currency"], "chain.currency");
  const contracts = record(file["contracts"], "contracts");
  const addressOf = (name: ContractName): Address => {
    const value = contracts[name];
    if (typeof value === "string" && isAddress(value)) return value;
    throw new InvalidConfig(`contracts.${name} must be an address, not ${JSON.stringify(value)}`);
  };
  return {
    chain: {
      id: positive(chain["id"], "chain.id"),
      name: text(chain["name"], "chain.name"),
      currency: {
        name: text(currency["name"], "chain.currency.name"),
        symbol: text(currency["symbol"], "chain.currency.symbol"),
      },
      rpcUrl: httpUrl(chain["rpcUrl"], base, "chain.rpcUrl"),
      explorerUrl: chain["explorerUrl"] === null ? null : httpUrl(chain["explorerUrl"], base, "chain.explorerUrl"),
      blockTime: positive(chain["blockTime"], "chain.blockTime"),
    },
    indexerUrl: file["indexerUrl"] === null ? null : httpUrl(file["indexerUrl"], base, "indexerUrl"),
    contracts: {
      pha: addressOf("pha"),
      vpha: addressOf("vpha"),
      emissionVault: addressOf("emissionVault"),
      attestationRegistry: addressOf("attestationRegistry"),
      tdxVerifier: addressOf("tdxVerifier"),
      workerRegistry: addressOf("workerRegistry"),
      workerRewards: addressOf("workerRewards"),
      slashing: addressOf("slashing"),
      phalaAuthority: addressOf("phalaAuthority"),
      phalaGovernor: addressOf("phalaGovernor"),
      votingVpha: addressOf("votingVpha"),
      vetoLock: addressOf("vetoLock"),
      treasury: addressOf("treasury"),
    },
  };
}

function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return Object.fromEntries(Object.entries(value));
  throw new InvalidConfig(`${name} must be an object`);
}

function text(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new InvalidConfig(`${name} must be a text, not ${JSON.stringify(value)}`);
}

function positive(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidConfig(`${name} must be a positive integer, not ${JSON.stringify(value)}`);
}

/** An http(s) URL; a relative one is of the page's own host. */
function httpUrl(value: unknown, base: string, name: string): string {
  if (typeof value === "string" && URL.canParse(value, base)) {
    const url = new URL(value, base);
    if (url.protocol === "http:" || url.protocol === "https:") return url.href.replace(/\/$/, "");
  }
  throw new InvalidConfig(`${name} must be an http or https URL, not ${JSON.stringify(value)}`);
}
