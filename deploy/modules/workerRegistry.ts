import { encodeDeployData } from "viem";
import { workerRegistryAbi } from "../generated/abis.ts";
import type { Module } from "./module.ts";

export const workerRegistry: Module = {
  source: "compute/WorkerRegistry",
  initCode: ({ bytecode, at }) =>
    encodeDeployData({
      abi: workerRegistryAbi,
      bytecode,
      args: [at("phalaAuthority"), at("vpha"), at("attestationRegistry")],
    }),
};
