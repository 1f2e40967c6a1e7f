import { encodeDeployData } from "viem";
import { vphaAbi } from "../generated/abis.ts";
import type { Module } from "./module.ts";

export const vpha: Module = {
  source: "staking/VPHA",
  initCode: ({ bytecode, at }) =>
    encodeDeployData({ abi: vphaAbi, bytecode, args: [at("phalaAuthority"), at("emissionVault")] }),
};
