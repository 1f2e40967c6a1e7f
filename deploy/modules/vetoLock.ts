import { encodeDeployData } from "viem";
import { vetoLockAbi } from "../generated/abis.ts";
import type { Module } from "./module.ts";

export const vetoLock: Module = {
  source: "governance/VetoLock",
  initCode: ({ bytecode, at }) =>
    encodeDeployData({ abi: vetoLockAbi, bytecode, args: [at("phalaAuthority"), at("vpha")] }),
};
