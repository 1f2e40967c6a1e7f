import { encodeDeployData } from "viem";
import { treasuryAbi } from "../generated/abis.ts";
import type { Module } from "./module.ts";

export const treasury: Module = {
  source: "governance/Treasury",
  initCode: ({ bytecode, at }) =>
    encodeDeployData({ abi: treasuryAbi, bytecode, args: [at("phalaAuthority"), at("emissionVault")] }),
};
