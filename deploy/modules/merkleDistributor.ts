import { encodeDeployData } from "viem";
import { merkleDistributorAbi } from "../generated/abis.ts";
import { unixTime } from "../parameters/parameters.ts";
import type { Module } from "./module.ts";

export const merkleDistributor: Module = {
  source: "token/MerkleDistributor",
  initCode: ({ parameters: { distributor }, bytecode, at }) =>
    distributor &&
    encodeDeployData({
      abi: merkleDistributorAbi,
      bytecode,
      args: [at("pha"), distributor.root, unixTime(distributor.deadline), at("treasury")],
    }),
};
