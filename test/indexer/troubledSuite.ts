/** The suite under a real multisig on a chain of its own, and a history that looks for trouble in it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createPublicClient, http } from "viem";
import { anvil } from "viem/chains";
import { buildDistribution, claimOf } from "../../deploy/merkle.ts";
import { parametersFor } from "../../deploy/parameters/parameters.ts";
import { deploySuite } from "../../deploy/suite.ts";
import { devAccount, startChain } from "../../scripts/devnet/chain.ts";
import { signingOwners } from "../../scripts/devnet/multisig.ts";
import { Trouble, troubledStakers } from "../../scripts/devnet/trouble/history.ts";
import { MIDNIGHT } from "./suite.ts";

/** PHA of the airdrop. */
const AIRDROP = 90_000_000n;

export type TroubledSuite = Awaited<ReturnType<typeof startTroubledSuite>>;

/** Deploys the suite with the `current` preset; its stakers have something to claim until `sweepDays` later. */
export async function startTroubledSuite(options: {
  seed: number;
  transactions: number;
  stakers?: number;
  sweepDays: number;
  isSlow?: boolean;
}) {
  const { seed, transactions, stakers = 12, sweepDays, isSlow = false } = options;
  const folder = mkdtempSync(path.join(tmpdir(), "phala-trouble-"));
  // Past states may become many gigabytes: they go when the folder does.
  const args = ["--cache-path", path.join(folder, "states")];
  const chain = await startChain({ timestamp: Number(MIDNIGHT) + 3_660, args });
  const stop = async () => {
    await chain.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const accounts = troubledStakers(stakers);
    // A part is left for the sweep.
    const rows = [...accounts, devAccount(20).address].map((each) => `${each},${AIRDROP / BigInt(stakers + 1)}`);
    const rest = AIRDROP - (AIRDROP / BigInt(stakers + 1)) * BigInt(stakers + 1);
    const csv = ["account,amount", ...rows, ...(rest > 0n ? [`${devAccount(21).address},${rest}`] : [])].join("\n");
    const { root, tree } = buildDistribution(csv);
    const local = parametersFor("local", "current");
    if (local.distributor === null) throw new Error("the local parameters have no distributor");
    const deadline = new Date((Number(MIDNIGHT) + sweepDays * 86_400) * 1_000).toISOString().replace(".000Z", "Z");
    const manifestPath = path.join(folder, "deployment.json");
    const manifest = await deploySuite({
      transport: http(chain.url, { retryCount: 0 }),
      parameters: { ...local, distributor: { ...local.distributor, root, deadline } },
      deployer: devAccount(0),
      governance: { owners: signingOwners() },
      manifestPath,
    });
    const claims = accounts.map((each) => claimOf(tree, each));
    const trouble = await Trouble.begin({ url: chain.url, manifest, seed, transactions, stakers, claims, isSlow });
    // Many reads at once become few requests.
    const transport = http(chain.url, {
      ...{ batch: { batchSize: 500 }, timeout: 120_000, retryCount: 0 },
      // A long history has more logs than that.
      maxResponseBodySize: false,
    });
    const client = createPublicClient({ chain: anvil, transport, cacheTime: 0 });
    return { folder, chain, manifest, manifestPath, contracts: manifest.contracts, trouble, client, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
