import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { formatStatus, readStatus } from "../status.ts";
import { type DeployArguments, command } from "./command.ts";
import { openSuite } from "./openSuite.ts";

export default function action(options: DeployArguments & { json: boolean }, hre: HardhatRuntimeEnvironment) {
  return command(async () => {
    const { reader, parameters, plan, start } = await openSuite(options, hre);
    const status = await readStatus(reader, parameters, plan, start);
    console.log(options.json ? JSON.stringify(status, null, 2) : formatStatus(status));
  });
}
