import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { type ProposalArguments, answerAction } from "./proposal.ts";

export default function action(options: ProposalArguments, hre: HardhatRuntimeEnvironment) {
  return answerAction(options, hre, () => ({ name: "execute" }));
}
