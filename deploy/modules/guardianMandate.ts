import { encodeDeployData } from "viem";
import { guardianMandateAbi } from "../generated/abis.ts";
import type { Module } from "./module.ts";

const DAY = 86_400;

export const guardianMandate: Module = {
  source: "governance/GuardianMandate",
  initCode: ({ parameters: { accounts, guardianTermDays }, bytecode, at }) =>
    encodeDeployData({
      abi: guardianMandateAbi,
      bytecode,
      args: [
        at("phalaAuthority"),
        accounts.guardian,
        guardianTermDays * DAY,
        at("vpha"),
        at("workerRegistry"),
        at("attestationRegistry"),
      ],
    }),
};
