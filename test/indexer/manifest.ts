/** A deployment as its manifest has it, on no chain. */
import { getAddress } from "viem";

export const contracts = Object.fromEntries(
  [
    "phalaAuthority",
    "pha",
    "emissionVault",
    "vpha",
    "teamVesting",
    "merkleDistributor",
    "tdxVerifier",
    "attestationRegistry",
    "workerRegistry",
    "workerRewards",
    "slashing",
  ].map((name, i) => [name, `0x${(i + 1).toString(16).repeat(40)}`]),
);
export const accounts = {
  governance: `0x${"c0".repeat(20)}`,
  reserve: `0x${"c1".repeat(20)}`,
  privateSale: getAddress(`0x${"c2".repeat(20)}`),
  otherRewards: `0x${"c1".repeat(20)}`,
};
const parameters = { accounts };
export const manifest = { network: "local", chainId: 31337, preset: "current", startBlock: 3, contracts, parameters };
