import { fileURLToPath } from "node:url";
import keystore from "@nomicfoundation/hardhat-keystore";
import { defineConfig } from "hardhat/config";

/** solc from npm: compilers are never downloaded. */
const path = fileURLToPath(import.meta.resolve("solc/soljson.js"));
const version = "0.8.37";
const evmVersion = "osaka";

/** For contracts that are called rarely, and for Solidity tests: compiles in a quarter of the time. */
const plain = { version, path, settings: { evmVersion, optimizer: { enabled: true, runs: 200 } } };

/** For contracts whose gas stakers and operators pay. */
const hot = { version, path, settings: { evmVersion, viaIR: true, optimizer: { enabled: true, runs: 1_000_000 } } };

export default defineConfig({
  plugins: [keystore],
  solidity: {
    compilers: [plain],
    overrides: {
      "contracts/emission/EmissionVault.sol": hot,
      "contracts/staking/VPHA.sol": hot,
      "contracts/token/PHA.sol": hot,
    },
  },
  paths: { sources: ["./contracts", "./test/mocks"], tests: { solidity: "./test/contracts" } },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
  },
});
