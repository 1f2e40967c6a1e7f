import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { addressOption, given } from "../../attestation/hardhat/command.ts";
import { amountText } from "../amount.ts";
import { addCollateral } from "../worker.ts";
import { answerRows } from "./answer.ts";
import { type ComputeArguments, amountOption, openCompute, performedRows } from "./command.ts";

interface AddArguments extends ComputeArguments {
  readonly worker: string | undefined;
  readonly amount: string | undefined;
}

export default function action(options: AddArguments, hre: HardhatRuntimeEnvironment) {
  return answerRows(
    options.json,
    async () => {
      const worker = addressOption(given(options.worker, "worker"), "worker");
      const amount = amountOption(given(options.amount, "amount"), "amount");
      const compute = await openCompute(options, hre);
      return addCollateral(await compute.actor(), await compute.contract("registry"), worker, amount);
    },
    ({ amount, ...performed }) => [["added", amountText(amount)], ...performedRows(performed)],
  );
}
