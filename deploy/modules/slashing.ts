import { encodeDeployData } from "viem";
import { slashingAbi } from "../generated/abis.ts";
import { slashingLimitsOf } from "../parameters/compute.ts";
import type { Module } from "./module.ts";

export const slashing: Module = {
  source: "compute/Slashing",
  initCode: ({ parameters: { accounts, compute }, bytecode, at }) =>
    encodeDeployData({
      abi: slashingAbi,
      bytecode,
      args: [
        at("phalaAuthority"),
        at("workerRegistry"),
        accounts.slasher,
        accounts.governance,
        at("treasury"),
        slashingLimitsOf(compute),
      ],
    }),
};
