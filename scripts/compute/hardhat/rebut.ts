import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { given } from "../../attestation/hardhat/command.ts";
import { documentHash } from "./document.ts";
import { type ProposalArguments, answerAction } from "./proposal.ts";

interface RebutArguments extends ProposalArguments {
  readonly rebuttal: string | undefined;
  readonly rebuttalHash: string | undefined;
  readonly uri: string | undefined;
}

export default function action(options: RebutArguments, hre: HardhatRuntimeEnvironment) {
  return answerAction(options, hre, () => ({
    name: "rebut",
    rebuttalHash: documentHash(options.rebuttal, options.rebuttalHash, "rebuttal"),
    rebuttalUri: given(options.uri, "uri"),
  }));
}
