/** What staking yields, in the format that aggregators of yields collect: the fields of DefiLlama's pools. */
import { db } from "ponder:api";
import { vault } from "ponder:schema";
import { formatEther } from "viem";
import { manifestPath, readDeployment } from "../../deployment.ts";
import { NETWORKS } from "../../networks.ts";
import { siteUrlOf } from "../../settings.ts";
import type { ApiContext } from "./context.ts";
import { cached } from "./headers.ts";

const { chainId } = readDeployment(manifestPath(process.env));
const chain = NETWORKS.get(chainId)?.name ?? `Chain ${chainId}`;
const url = siteUrlOf(process.env);

export async function yieldsHandler(context: ApiContext): Promise<Response> {
  const vaults = await db.select().from(vault);
  const pools = vaults.map((row) => ({
    pool: `${row.address}-${chain}`.toLowerCase(),
    chain,
    project: "phala",
    symbol: "PHA",
    /** What a PHA costs no chain says: `tvl` times the collector's price. */
    tvlUsd: null,
    /** PHA of the holders of vPHA. */
    tvl: Number(formatEther(row.totalAssets)),
    /** Per cent a year, compounded daily; emission alone. `aprBase` is without compounding, as the contract says it. */
    apyBase: percentOf(row.apy),
    aprBase: percentOf(row.apr),
    /** Nothing comes on top, in another token. */
    apyReward: null,
    rewardTokens: [],
    underlyingTokens: [row.asset],
    poolMeta: "21 days to unstake",
    url,
    /** PHA for 1 vPHA. */
    exchangeRate: Number(formatEther(row.rate)),
    block: Number(row.block),
    timestamp: Number(row.timestamp),
  }));
  return cached(context, context.json({ status: "success", data: pools }));
}

/** Per cent with four decimals, of a yield times 1e18. */
function percentOf(rate: bigint): number {
  return Number(rate / 10n ** 12n) / 1e4;
}
