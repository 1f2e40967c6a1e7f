import { encodeDeployData } from "viem";
import { emissionVaultAbi } from "../generated/abis.ts";
import { emissionBudget } from "../parameters/parameters.ts";
import type { Module } from "./module.ts";

export const emissionVault: Module = {
  source: "emission/EmissionVault",
  initCode: ({ parameters, bytecode, at }) =>
    encodeDeployData({
      abi: emissionVaultAbi,
      bytecode,
      args: [at("phalaAuthority"), at("pha"), emissionBudget(parameters)],
    }),
};
