import { fileURLToPath } from "node:url";
import keystore from "@nomicfoundation/hardhat-keystore";
import verify from "@nomicfoundation/hardhat-verify";
import { configVariable, defineConfig } from "hardhat/config";
import { parallelBuild } from "./scripts/build/parallel.ts";
import { deploymentTasks } from "./deploy/hardhat/tasks.ts";
import { keeperTasks } from "./scripts/keeper/hardhat/tasks.ts";
import { attestationTasks } from "./scripts/attestation/hardhat/tasks.ts";
import { computeTasks } from "./scripts/compute/hardhat/tasks.ts";

/** solc from npm: compilers are never downloaded. */
const path = fileURLToPath(import.meta.resolve("solc/soljson.js"));
const version = "0.8.37";
const evmVersion = "osaka";

/** No hash of the sources in the bytecode: CREATE2 addresses follow from the code, and a comment does not change them. */
const metadata = { bytecodeHash: "none" };

/** Where each variable is in storage: what the tasks of governance say of the slots that they change. */
const outputSelection = { "*": { "*": ["storageLayout"] } };

/** For contracts that are called rarely, and for Solidity tests: compiles in a quarter of the time. */
const plain = {
  version,
  path,
  settings: { evmVersion, metadata, outputSelection, optimizer: { enabled: true, runs: 200 } },
};

/** For contracts whose gas stakers and operators pay. */
const hot = {
  version,
  path,
  settings: { evmVersion, metadata, outputSelection, viaIR: true, optimizer: { enabled: true, runs: 1_000_000 } },
};

/** For what would not fit the limit of EIP-170 (24,576 bytes) otherwise. */
const small = {
  version,
  path,
  settings: { evmVersion, metadata, outputSelection, viaIR: true, optimizer: { enabled: true, runs: 200 } },
};

const build = {
  compilers: [plain],
  overrides: {
    "contracts/attestation/AttestationRegistry.sol": hot,
    "contracts/attestation/TcbCodec.sol": hot,
    "contracts/compute/Slashing.sol": hot,
    "contracts/compute/WorkerRegistry.sol": small,
    "contracts/compute/WorkerRewards.sol": hot,
    "contracts/attestation/TdxVerifier.sol": small,
    "contracts/emission/EmissionVault.sol": hot,
    "contracts/staking/VPHA.sol": hot,
    "contracts/token/PHA.sol": hot,
  },
};

/** Endpoint and deployer of a network, from the keystore or the environment. */
const remoteAccess = (network: string) => ({
  url: configVariable(`${network}_URL`),
  accounts: [configVariable(`${network}_DEPLOYER_KEY`)],
});

export default defineConfig({
  plugins: [keystore, verify, parallelBuild],
  // What is built by default is what is deployed. Without an entry of its own, Hardhat's production profile would have its
  // settings and no overrides; and isolated, each file on its own, it would take several times as long for the same code.
  solidity: { profiles: { default: build, production: { ...build, isolated: false } } },
  paths: { sources: ["./contracts", "./test/mocks"], tests: { solidity: "./test/contracts" } },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
    // What the tasks of governance are tried out on: a fork, of the type of the chain that it is made from.
    fork: { type: "edr-simulated" },
    local: { type: "http", url: "http://127.0.0.1:8545" },
    // Any chain: endpoint and keys come from the keystore (or the environment), never from a file in the tree.
    remote: { type: "http", url: configVariable("REMOTE_URL"), accounts: [configVariable("REMOTE_DEPLOYER_KEY")] },
    // Those that the suite is meant for. A multisig governs there, so that the deployer's key is all that is needed.
    ethereum: { type: "http", chainId: 1, ...remoteAccess("ETHEREUM") },
    sepolia: { type: "http", chainId: 11_155_111, ...remoteAccess("SEPOLIA") },
    phala: { type: "http", chainId: 2035, chainType: "op", ...remoteAccess("PHALA") },
    // The same where an account governs, and its key is at hand.
    remoteGovernance: {
      type: "http",
      url: configVariable("REMOTE_URL"),
      accounts: [configVariable("REMOTE_DEPLOYER_KEY"), configVariable("REMOTE_GOVERNANCE_KEY")],
    },
  },
  // Ethereum and Sepolia, and their explorers, Hardhat knows.
  chainDescriptors: {
    2035: {
      name: "Phala",
      chainType: "op",
      blockExplorers: {
        blockscout: {
          name: "Phala Explorer",
          url: "https://explorer.phala.network",
          apiUrl: "https://explorer.phala.network/api",
        },
      },
    },
  },
  // `deploy explorer` publishes the sources. Etherscan alone asks for a key.
  verify: { etherscan: { apiKey: configVariable("ETHERSCAN_API_KEY") } },
  test: {
    solidity: {
      fuzz: { runs: 200 },
      invariant: { runs: 16, depth: 160, shrinkRunLimit: 200 },
    },
  },
  tasks: [...deploymentTasks, ...attestationTasks, ...computeTasks, ...keeperTasks],
});
