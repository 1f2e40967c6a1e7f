import { verifyContract } from "@nomicfoundation/hardhat-verify/verify";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { reason } from "../executors/account.ts";
import { deployedParameters } from "../manifest.ts";
import { planSuite } from "../modules/suite.ts";
import { publicationsOf } from "../verify/publication.ts";
import { type DeployArguments, command, target } from "./command.ts";

const EXPLORERS = ["etherscan", "blockscout", "sourcify"] as const;

export default function action(
  options: Pick<DeployArguments, "preset" | "parameters" | "manifest"> & { explorer: string | undefined },
  hre: HardhatRuntimeEnvironment,
) {
  return command(async () => {
    const { parameters, manifestPath } = target(options, hre);
    const explorer = EXPLORERS.find((name) => name === (options.explorer ?? "sourcify"));
    if (explorer === undefined) throw new Error(`--explorer must be one of ${EXPLORERS.join(", ")}`);
    const plan = planSuite(deployedParameters(parameters, manifestPath));
    const failed: string[] = [];
    for (const { name, address, contract, constructorArguments } of publicationsOf(plan)) {
      const constructorArgs = [...constructorArguments];
      try {
        await verifyContract({ address, contract, constructorArgs, provider: explorer }, hre);
      } catch (error) {
        // The others do not depend on it.
        console.error(`${name}: ${reason(error)}`);
        failed.push(name);
      }
    }
    if (failed.length !== 0) throw new Error(`${explorer} did not verify ${failed.join(", ")}: run this again`);
  });
}
