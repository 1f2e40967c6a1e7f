import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { chainReader } from "../executors/account.ts";
import { deployedParameters } from "../manifest.ts";
import { planSuite } from "../modules/suite.ts";
import { formatStatus, readStatus } from "../status.ts";
import { checkChain, startOf } from "../suite.ts";
import { type DeployArguments, blockNumber, command, connect, target } from "./command.ts";

export default function action(options: DeployArguments & { json: boolean }, hre: HardhatRuntimeEnvironment) {
  return command(async () => {
    const { parameters, manifestPath } = target(options, hre);
    const { transport } = await connect(options, hre);
    const reader = chainReader(transport);
    await checkChain(reader, parameters);
    const plan = planSuite(deployedParameters(parameters, manifestPath));
    const status = await readStatus(
      reader,
      parameters,
      plan,
      await startOf(reader, plan, manifestPath, blockNumber(options.startBlock)),
    );
    console.log(options.json ? JSON.stringify(status, null, 2) : formatStatus(status));
  });
}
