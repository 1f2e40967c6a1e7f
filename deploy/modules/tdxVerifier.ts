import { encodeDeployData } from "viem";
import { tdxVerifierAbi } from "../generated/abis.ts";
import { rootKeyOf } from "../parameters/attestation.ts";
import type { Module } from "./module.ts";

export const tdxVerifier: Module = {
  source: "attestation/TdxVerifier",
  initCode: ({ parameters, bytecode }) =>
    encodeDeployData({ abi: tdxVerifierAbi, bytecode, args: [rootKeyOf(parameters.attestation)] }),
};
