import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { formatSimulation } from "../tasks/report.ts";
import { command } from "./command.ts";
import { type SimulateArguments, simulateOnFork } from "./governance.ts";

export default function action(options: SimulateArguments, hre: HardhatRuntimeEnvironment) {
  return command(async () => {
    const { simulation } = await simulateOnFork(options, hre);
    console.log(formatSimulation(simulation));
  });
}
