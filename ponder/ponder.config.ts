/**
 * What is indexed, from where, into which database. Settings come from the environment:
 *
 * - PHALA_DEPLOYMENT: manifest of the deployment. Default: `deployments/local.json` of the repository.
 * - PONDER_RPC_URL: JSON-RPC URL, or several, separated by commas. Default: http://127.0.0.1:8545.
 * - PONDER_RPC_LANES: how many times each URL is used side by side. Every lane starts with 20 requests per second and
 *   finds its own limit. Default: 20 for a node on this machine, 1 otherwise.
 * - PONDER_RPC_CACHE: `on` keeps what is read from the node in the database, so that a new schema need not read it again; `off`
 *   does not. Default: off for the chain ids of development nodes, which may begin anew and then are another chain, on otherwise.
 * - PONDER_POLLING_INTERVAL: milliseconds between two looks at the head of the chain, at least 100. Default: 500.
 * - DATABASE_URL: PostgreSQL connection string. Without it, PGlite in the directory PONDER_PGLITE_DIR (default: `.ponder`
 *   beside this file).
 * - PHALA_HEAP: megabytes of the process's heap, at least 128. Default: 200.
 *
 * Of the API alone:
 * - PHALA_CORS_ORIGINS: origins whose pages may read it, separated by commas. Default: *, all.
 * - PHALA_RATE_LIMIT: requests per minute and address; heavy ones count as several. 0: no limit. Default: 600, but none for
 *   clients on this machine.
 * - PHALA_TRUSTED_PROXIES: how many proxies in front of it append to x-forwarded-for. Default: 0.
 * - PHALA_ANSWER_CACHE: megabytes of GraphQL answers that are kept until the next block. 0: none. Default: 32.
 * - PHALA_SITE_URL: the page that `/api/yields` points to.
 */
import { fileURLToPath } from "node:url";
import { createConfig } from "ponder";
import {
  attestationRegistryAbi,
  emissionVaultAbi,
  guardianMandateAbi,
  merkleDistributorAbi,
  phaAbi,
  phalaAuthorityAbi,
  phalaGovernorAbi,
  slashingAbi,
  tdxVerifierAbi,
  teamVestingAbi,
  treasuryAbi,
  vetoLockAbi,
  votingVphaAbi,
  vphaAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "../deploy/generated/abis.ts";
import { manifestPath, readDeployment } from "./deployment.ts";
import { blockInterval, databaseOf, intervalOf, isCached, lanesOf, rpcUrls } from "./settings.ts";

const { chainId, startBlock, contracts } = readDeployment(manifestPath(process.env));
const at = { chain: "phala", startBlock } as const;

export default createConfig({
  database: databaseOf(process.env, fileURLToPath(new URL(".ponder", import.meta.url))),
  chains: {
    phala: {
      id: chainId,
      rpc: lanesOf(process.env, rpcUrls(process.env)),
      pollingInterval: intervalOf(process.env),
      disableCache: !isCached(process.env, chainId),
    },
  },
  contracts: {
    PhalaAuthority: { ...at, abi: phalaAuthorityAbi, address: contracts.phalaAuthority },
    PHA: { ...at, abi: phaAbi, address: contracts.pha },
    TeamVesting: { ...at, abi: teamVestingAbi, address: contracts.teamVesting },
    EmissionVault: { ...at, abi: emissionVaultAbi, address: contracts.emissionVault },
    VPHA: { ...at, abi: vphaAbi, address: contracts.vpha },
    AttestationRegistry: { ...at, abi: attestationRegistryAbi, address: contracts.attestationRegistry },
    WorkerRegistry: { ...at, abi: workerRegistryAbi, address: contracts.workerRegistry },
    WorkerRewards: { ...at, abi: workerRewardsAbi, address: contracts.workerRewards },
    VetoLock: { ...at, abi: vetoLockAbi, address: contracts.vetoLock },
    VotingVPHA: { ...at, abi: votingVphaAbi, address: contracts.votingVpha },
    PhalaGovernor: { ...at, abi: phalaGovernorAbi, address: contracts.phalaGovernor },
    Treasury: { ...at, abi: treasuryAbi, address: contracts.treasury },
    // Of any address, since the chain can name others: see `schema/contracts.ts`.
    MerkleDistributor: { ...at, abi: merkleDistributorAbi },
    TdxVerifier: { ...at, abi: tdxVerifierAbi },
    Slashing: { ...at, abi: slashingAbi },
    GuardianMandate: { ...at, abi: guardianMandateAbi },
  },
  blocks: {
    Head: { ...at, interval: blockInterval(chainId) },
  },
});
