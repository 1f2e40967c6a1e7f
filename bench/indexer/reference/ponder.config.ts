/** The contracts of the hot events; environment as for the indexer. */
import { createConfig } from "ponder";
import { phaAbi, vphaAbi } from "../../../deploy/generated/abis.ts";
import { manifestPath, readDeployment } from "../../../ponder/deployment.ts";
import { lanesOf, rpcUrls } from "../../../ponder/settings.ts";

const { chainId, startBlock, contracts } = readDeployment(manifestPath(process.env));
const at = { chain: "phala", startBlock } as const;

export default createConfig({
  database: { kind: "postgres", connectionString: process.env["DATABASE_URL"] ?? "" },
  chains: { phala: { id: chainId, rpc: lanesOf(process.env, rpcUrls(process.env)) } },
  contracts: {
    PHA: { ...at, abi: phaAbi, address: contracts.pha },
    VPHA: { ...at, abi: vphaAbi, address: contracts.vpha },
  },
});
