/** What commands begin with that only read a deployment. */
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { chainReader } from "../executors/account.ts";
import { deployedParameters } from "../manifest.ts";
import { planSuite } from "../modules/suite.ts";
import { checkChain, startOf } from "../suite.ts";
import { type DeployArguments, blockNumber, connect, target } from "./command.ts";

/** The suite of the manifest, or of the parameters where there is none, on its chain. */
export async function openSuite(options: DeployArguments, hre: HardhatRuntimeEnvironment) {
  const { parameters, manifestPath } = target(options, hre);
  const { transport } = await connect(options, hre);
  const reader = chainReader(transport);
  await checkChain(reader, parameters);
  const plan = planSuite(deployedParameters(parameters, manifestPath));
  const start = await startOf(reader, plan, manifestPath, blockNumber(options.startBlock));
  return { reader, parameters, plan, start };
}
