import { encodeDeployData } from "viem";
import { phaAbi } from "../generated/abis.ts";
import { allocated, emissionFunding } from "../parameters/parameters.ts";
import type { Module } from "./module.ts";

/**
 * Everything goes straight to where it belongs, but for the emission and the airdrop: their contracts need the token's
 * address, so governance holds these amounts until genesis.
 */
export const pha: Module = {
  source: "token/PHA",
  initCode: ({ parameters, bytecode, at }) => {
    const { token, accounts } = parameters;
    if ("adopt" in token) return null;
    const emission = emissionFunding(parameters);
    const share = (name: keyof typeof token.allocation) => allocated(token.allocation, name);
    const allocations = [
      { account: accounts.governance, amount: emission + share("airdrop") },
      { account: accounts.reserve, amount: share("mining") - emission },
      { account: accounts.privateSale, amount: share("privateSale") },
      { account: accounts.otherRewards, amount: share("other") },
      ...(share("team") === 0n ? [] : [{ account: at("teamVesting"), amount: share("team") }]),
    ];
    return encodeDeployData({ abi: phaAbi, bytecode, args: [allocations.filter(({ amount }) => amount !== 0n)] });
  },
};
