import { encodeDeployData } from "viem";
import { tdxVerifierAbi } from "../generated/abis.ts";
import { rootOf } from "../parameters/attestation.ts";
import type { Module } from "./module.ts";

export const tdxVerifier: Module = {
  source: "attestation/TdxVerifier",
  initCode: ({ parameters: { attestation }, bytecode }) =>
    encodeDeployData({ abi: tdxVerifierAbi, bytecode, args: [rootOf(attestation)] }),
};
