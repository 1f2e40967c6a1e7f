import { encodeDeployData } from "viem";
import { teamVestingAbi } from "../generated/abis.ts";
import { unixTime } from "../parameters/parameters.ts";
import type { Module } from "./module.ts";

const DAY = 86_400n;

export const teamVesting: Module = {
  source: "token/TeamVesting",
  initCode: ({ parameters: { team }, bytecode }) =>
    team &&
    encodeDeployData({
      abi: teamVestingAbi,
      bytecode,
      args: [team.beneficiary, unixTime(team.start), BigInt(team.durationDays) * DAY, BigInt(team.cliffDays) * DAY],
    }),
};
