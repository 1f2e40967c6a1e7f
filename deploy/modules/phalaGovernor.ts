import { encodeDeployData } from "viem";
import { phalaGovernorAbi } from "../generated/abis.ts";
import type { Module } from "./module.ts";

export const phalaGovernor: Module = {
  source: "governance/PhalaGovernor",
  initCode: ({ bytecode, at }) =>
    encodeDeployData({ abi: phalaGovernorAbi, bytecode, args: [at("phalaAuthority"), at("votingVpha"), at("vpha")] }),
};
