import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { formatTask, jsonTask } from "../tasks/report.ts";
import { readTask } from "../tasks/status.ts";
import { command } from "./command.ts";
import { type TaskArguments, openTask } from "./governance.ts";

export default function action(options: TaskArguments & { json: boolean }, hre: HardhatRuntimeEnvironment) {
  return command(async () => {
    const { task, context, reader } = await openTask(options, hre);
    const status = await readTask(reader, task, context);
    console.log(options.json ? JSON.stringify(jsonTask(status), null, 2) : formatTask(status));
  });
}
