import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { chainReader } from "../executors/account.ts";
import { deployedParameters } from "../manifest.ts";
import { planSuite } from "../modules/suite.ts";
import { checkChain, startOf } from "../suite.ts";
import { formatVerification, verifySuite } from "../verify/verify.ts";
import { type DeployArguments, blockNumber, command, connect, target } from "./command.ts";

export default function action(options: DeployArguments & { json: boolean }, hre: HardhatRuntimeEnvironment) {
  return command(async () => {
    const { parameters, manifestPath } = target(options, hre);
    const { transport } = await connect(options, hre);
    const reader = chainReader(transport);
    await checkChain(reader, parameters);
    const plan = planSuite(deployedParameters(parameters, manifestPath));
    const start = await startOf(reader, plan, manifestPath, blockNumber(options.startBlock));
    const verification = await verifySuite(reader, parameters, plan, start);
    console.log(options.json ? JSON.stringify(verification, null, 2) : formatVerification(verification));
    if (!verification.ok) throw new Error("the deployment is not what it should be: see the lines marked FAIL");
  });
}
