import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { addressOption, given } from "../../attestation/hardhat/command.ts";
import { withdrawCollateral } from "../worker.ts";
import { answerRows } from "./answer.ts";
import { type ComputeArguments, amountOption, openCompute, performedRows } from "./command.ts";

interface WithdrawArguments extends ComputeArguments {
  readonly worker: string | undefined;
  readonly amount: string | undefined;
  readonly receiver: string | undefined;
  readonly cancel: boolean;
}

const DONE = {
  withdraw: "a withdrawal has begun: what it takes thaws for 21 days",
  cancelWithdrawal: "the withdrawal is taken back",
  finishWithdrawal: "what has thawed is paid",
} as const;

export default function action(options: WithdrawArguments, hre: HardhatRuntimeEnvironment) {
  return answerRows(
    options.json,
    async () => {
      const worker = addressOption(given(options.worker, "worker"), "worker");
      const compute = await openCompute(options, hre);
      return withdrawCollateral(await compute.actor(), await compute.contract("registry"), worker, {
        amount: options.amount === undefined ? undefined : amountOption(options.amount, "amount"),
        receiver: options.receiver === undefined ? undefined : addressOption(options.receiver, "receiver"),
        isCancelled: options.cancel,
      });
    },
    ({ action: done, ...performed }) => [["collateral", DONE[done]], ...performedRows(performed)],
  );
}
