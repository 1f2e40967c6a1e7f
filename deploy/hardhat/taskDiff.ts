import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { formatDiff, jsonDiff } from "../tasks/report.ts";
import { command } from "./command.ts";
import { type SimulateArguments, simulateOnFork } from "./governance.ts";

export default function action(options: SimulateArguments & { json: boolean }, hre: HardhatRuntimeEnvironment) {
  return command(async () => {
    const { task, simulation } = await simulateOnFork(options, hre);
    if (simulation.batches.length === 0)
      throw new Error(`nothing is left of ${task.name}: there is nothing to compare`);
    console.log(options.json ? JSON.stringify(jsonDiff(simulation), null, 2) : formatDiff(simulation));
    const wrong = simulation.batches.flatMap(({ findings }) => findings);
    if (wrong.length !== 0) {
      throw new Error(
        `${task.name} changes what it should not, or not what it should: do not sign it (${wrong.length} findings)`,
      );
    }
  });
}
