import { encodeDeployData } from "viem";
import { phalaAuthorityAbi } from "../generated/abis.ts";
import type { Module } from "./module.ts";

export const phalaAuthority: Module = {
  source: "governance/PhalaAuthority",
  initCode: ({ parameters, bytecode }) =>
    encodeDeployData({ abi: phalaAuthorityAbi, bytecode, args: [parameters.accounts.governance] }),
};
