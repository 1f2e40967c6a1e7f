import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { BUILD_FILES, buildTask } from "../tasks/build.ts";
import { command } from "./command.ts";
import { type TaskArguments, openTask } from "./governance.ts";

/** Beside the task, by the network's name: to be reviewed and committed. */
const TASKS = path.join(import.meta.dirname, "../tasks");

export default function action(options: TaskArguments & { out: string | undefined }, hre: HardhatRuntimeEnvironment) {
  return command(async () => {
    const { task, context, reader } = await openTask(options, hre);
    const out = options.out ?? path.join(TASKS, task.name, context.parameters.network.name);
    const files = await buildTask(reader, task, context);
    mkdirSync(out, { recursive: true });
    for (const name of BUILD_FILES) {
      const file = path.join(out, name);
      const content = files[name];
      // Of an earlier build: what was scheduled since must not be signed again.
      if (content === undefined) rmSync(file, { force: true });
      else {
        writeFileSync(file, content);
        console.log(file);
      }
    }
  });
}
