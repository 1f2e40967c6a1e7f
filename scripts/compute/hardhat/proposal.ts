/** What `slash rebut`, `reject`, `withdraw` and `execute` have in common. */
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { amountText } from "../amount.ts";
import { bytes32Option, given, wholeNumber } from "../../attestation/hardhat/command.ts";
import { type SlashAction, actOnProposal } from "../slash.ts";
import { answerRows } from "./answer.ts";
import { type ComputeArguments, openCompute, performedRows } from "./command.ts";

export interface ProposalArguments extends ComputeArguments {
  readonly proposal: string | undefined;
  readonly fromBlock: string | undefined;
}

/** Acts on the proposal that the options name. */
export function answerAction(options: ProposalArguments, hre: HardhatRuntimeEnvironment, read: () => SlashAction) {
  return answerRows(
    options.json,
    async () => {
      const id = bytes32Option(given(options.proposal, "proposal"), "proposal");
      const action = read();
      const compute = await openCompute(options, hre);
      const slashing = await compute.contract("slashing");
      const fromBlock =
        options.fromBlock === undefined
          ? BigInt(options.slashing === undefined ? ((await compute.manifest())?.startBlock ?? 0) : 0)
          : BigInt(wholeNumber(options.fromBlock, "from-block", Number.MAX_SAFE_INTEGER));
      return actOnProposal(await compute.actor(), slashing, { id, fromBlock, action });
    },
    ({ id, proposal, state, ...performed }) => [
      ["proposal", id],
      ["worker", proposal.worker],
      ["amount", amountText(proposal.amount)],
      ["state", state],
      ...performedRows(performed),
    ],
  );
}
