import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { formatVerification, verifySuite } from "../verify/verify.ts";
import { type DeployArguments, command } from "./command.ts";
import { openSuite } from "./openSuite.ts";

export default function action(options: DeployArguments & { json: boolean }, hre: HardhatRuntimeEnvironment) {
  return command(async () => {
    const { reader, parameters, plan, start } = await openSuite(options, hre);
    const verification = await verifySuite(reader, parameters, plan, start);
    console.log(options.json ? JSON.stringify(verification, null, 2) : formatVerification(verification));
    if (!verification.ok) throw new Error("the deployment is not what it should be: see the lines marked FAIL");
  });
}
