import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { addressOption, given } from "../../attestation/hardhat/command.ts";
import { amountText } from "../amount.ts";
import { claimRewards } from "../worker.ts";
import { answerRows } from "./answer.ts";
import { type ComputeArguments, addressesOption, openCompute, performedRows } from "./command.ts";

interface ClaimArguments extends ComputeArguments {
  readonly workers: string | undefined;
  readonly receiver: string | undefined;
}

export default function action(options: ClaimArguments, hre: HardhatRuntimeEnvironment) {
  return answerRows(
    options.json,
    async () => {
      const workers = addressesOption(given(options.workers, "workers"), "workers");
      const receiver = options.receiver === undefined ? undefined : addressOption(options.receiver, "receiver");
      const compute = await openCompute(options, hre);
      return claimRewards(await compute.actor(), await compute.contract("rewards"), workers, receiver);
    },
    ({ receiver, assets, shares, ...performed }) => [
      ["rewards", amountText(assets, "PHA")],
      ["paid", `${amountText(shares)} to ${receiver}`],
      ...performedRows(performed),
    ],
  );
}
