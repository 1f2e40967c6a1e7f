import { encodeDeployData } from "viem";
import { votingVphaAbi } from "../generated/abis.ts";
import type { Module } from "./module.ts";

export const votingVpha: Module = {
  source: "governance/VotingVPHA",
  initCode: ({ bytecode, at }) => encodeDeployData({ abi: votingVphaAbi, bytecode, args: [at("vpha")] }),
};
