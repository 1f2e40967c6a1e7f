import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { addressOption, given } from "../../attestation/hardhat/command.ts";
import { amountText } from "../amount.ts";
import { exitWorker } from "../worker.ts";
import { answerRows } from "./answer.ts";
import { type ComputeArguments, openCompute, performedRows } from "./command.ts";

interface ExitArguments extends ComputeArguments {
  readonly worker: string | undefined;
  readonly receiver: string | undefined;
}

export default function action(options: ExitArguments, hre: HardhatRuntimeEnvironment) {
  return answerRows(
    options.json,
    async () => {
      const worker = addressOption(given(options.worker, "worker"), "worker");
      const receiver = options.receiver === undefined ? undefined : addressOption(options.receiver, "receiver");
      const compute = await openCompute(options, hre);
      return exitWorker(await compute.actor(), await compute.contract("registry"), worker, receiver);
    },
    ({ action: done, exitAt, paid, ...performed }) => [
      done === "requestExit"
        ? ["exit", exitAt === null ? "would be requested" : `requested; it pays from ${exitAt} on`]
        : ["paid", amountText(paid)],
      ...performedRows(performed),
    ],
  );
}
