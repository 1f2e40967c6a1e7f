import { encodeDeployData } from "viem";
import { workerRewardsAbi } from "../generated/abis.ts";
import { ceilingOf } from "../parameters/compute.ts";
import type { Module } from "./module.ts";

export const workerRewards: Module = {
  source: "compute/WorkerRewards",
  initCode: ({ parameters, bytecode, at }) =>
    encodeDeployData({
      abi: workerRewardsAbi,
      bytecode,
      args: [
        at("phalaAuthority"),
        at("emissionVault"),
        at("vpha"),
        at("workerRegistry"),
        ceilingOf(parameters.compute),
      ],
    }),
};
