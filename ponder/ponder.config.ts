/**
 * What is indexed, from where, into which database. Settings come from the environment:
 *
 * - PHALA_DEPLOYMENT: manifest of the deployment. Default: `deployments/local.json` of the repository.
 * - PONDER_RPC_URL: JSON-RPC URL, or several, separated by commas. Default: http://127.0.0.1:8545.
 * - PONDER_RPC_LANES: how many times each URL is used side by side. Every lane starts with 20 requests per second and
 *   finds its own limit. Default: 20 for a node on this machine, 1 otherwise.
 * - PONDER_POLLING_INTERVAL: milliseconds between two looks at the head of the chain, at least 100. Default: 500.
 * - DATABASE_URL: PostgreSQL connection string. Without it, PGlite in the directory PONDER_PGLITE_DIR (default: `.ponder`
 *   beside this file).
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
import { blockInterval, databaseOf, intervalOf, isLocalChain, lanesOf, rpcUrls } from "./settings.ts";

const { chainId, startBlock, contracts } = readDeployment(manifestPath(process.env));
const at = { chain: "phala", startBlock } as const;

export default createConfig({
  database: databaseOf(process.env, fileURLToPath(new URL(".ponder", import.meta.url))),
  chains: {
    phala: {
      id: chainId,
      rpc: lanesOf(process.env, rpcUrls(process.env)),
      pollingInterval: intervalOf(process.env),
      // A local chain begins anew under the same id: what was cached of the one before would be wrong.
      disableCache: isLocalChain(chainId),
    },
  },
  contracts: {
    PhalaAuthority: { ...at, abi: phalaAuthorityAbi, address: contracts.phalaAuthority },
    PHA: { ...at, abi: phaAbi, address: contracts.pha },
    TeamVesting: { ...at, abi: teamVestingAbi, address: contracts.teamVesting },
    MerkleDistributor: { ...at, abi: merkleDistributorAbi, address: contracts.merkleDistributor },
    EmissionVault: { ...at, abi: emissionVaultAbi, address: contracts.emissionVault },
    VPHA: { ...at, abi: vphaAbi, address: contracts.vpha },
    TdxVerifier: { ...at, abi: tdxVerifierAbi, address: contracts.tdxVerifier },
    AttestationRegistry: { ...at, abi: attestationRegistryAbi, address: contracts.attestationRegistry },
    WorkerRegistry: { ...at, abi: workerRegistryAbi, address: contracts.workerRegistry },
    WorkerRewards: { ...at, abi: workerRewardsAbi, address: contracts.workerRewards },
    Slashing: { ...at, abi: slashingAbi, address: contracts.slashing },
    GuardianMandate: { ...at, abi: guardianMandateAbi, address: contracts.guardianMandate },
    VetoLock: { ...at, abi: vetoLockAbi, address: contracts.vetoLock },
    VotingVPHA: { ...at, abi: votingVphaAbi, address: contracts.votingVpha },
    PhalaGovernor: { ...at, abi: phalaGovernorAbi, address: contracts.phalaGovernor },
    Treasury: { ...at, abi: treasuryAbi, address: contracts.treasury },
  },
  blocks: {
    Head: { ...at, interval: blockInterval(chainId) },
  },
});
