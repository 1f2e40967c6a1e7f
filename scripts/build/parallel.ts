/**
 * A Hardhat plugin: compiles on all cores. By itself, Hardhat leaves one for the rest of the machine, so that of two cores only one
 * would compile; which takes the rest twice as long to wait for.
 */
import os from "node:os";
import type { HardhatPlugin } from "hardhat/types/plugins";
import type { SolidityHooks } from "hardhat/types/hooks";

const hooks = async (): Promise<Partial<SolidityHooks>> =>
  Promise.resolve({
    build: (context, files, options, next) =>
      next(context, files, { concurrency: os.availableParallelism(), ...options }),
  });

export const parallelBuild: HardhatPlugin = {
  id: "parallel-build",
  hookHandlers: { solidity: () => Promise.resolve({ default: hooks }) },
};
