import { encodeDeployData } from "viem";
import { attestationRegistryAbi } from "../generated/abis.ts";
import { floorsOf } from "../parameters/attestation.ts";
import type { Module } from "./module.ts";

export const attestationRegistry: Module = {
  source: "attestation/AttestationRegistry",
  initCode: ({ parameters, bytecode, at }) =>
    encodeDeployData({
      abi: attestationRegistryAbi,
      bytecode,
      args: [at("phalaAuthority"), at("tdxVerifier"), floorsOf(parameters.attestation)],
    }),
};
