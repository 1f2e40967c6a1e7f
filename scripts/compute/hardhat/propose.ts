import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { zeroAddress } from "viem";
import { isoTime } from "../../attestation/collateral.ts";
import { addressOption, given, wholeNumber } from "../../attestation/hardhat/command.ts";
import { invalidInput } from "../../attestation/refusal.ts";
import { amountText } from "../amount.ts";
import { FAULT_CLASSES } from "../calls.ts";
import { proposeSlash } from "../slash.ts";
import { answerRows } from "./answer.ts";
import { type ComputeArguments, amountOption, openCompute, performedRows } from "./command.ts";
import { documentHash } from "./document.ts";

interface ProposeArguments extends ComputeArguments {
  readonly worker: string | undefined;
  readonly fault: string | undefined;
  readonly amount: string | undefined;
  readonly bounty: string | undefined;
  readonly reporter: string | undefined;
  readonly faultAt: string | undefined;
  readonly evidence: string | undefined;
  readonly evidenceHash: string | undefined;
  readonly uri: string | undefined;
}

function faultOption(value: string): (typeof FAULT_CLASSES)[number] {
  const found = FAULT_CLASSES.find((name) => name.toLowerCase() === value.toLowerCase());
  if (found === undefined) throw invalidInput(`--fault has to be one of ${FAULT_CLASSES.join(", ")}, not ${value}.`);
  return found;
}

export default function action(options: ProposeArguments, hre: HardhatRuntimeEnvironment) {
  return answerRows(
    options.json,
    async () => {
      const { bounty = "0", reporter = zeroAddress } = options;
      const slash = {
        worker: addressOption(given(options.worker, "worker"), "worker"),
        faultClass: faultOption(given(options.fault, "fault")),
        amount: amountOption(given(options.amount, "amount"), "amount"),
        bounty: amountOption(bounty, "bounty"),
        reporter: addressOption(reporter, "reporter"),
        faultAt: wholeNumber(given(options.faultAt, "fault-at"), "fault-at", 2 ** 40 - 1),
        evidenceHash: documentHash(options.evidence, options.evidenceHash, "evidence"),
        evidenceUri: given(options.uri, "uri"),
      };
      const compute = await openCompute(options, hre);
      return proposeSlash(await compute.actor(), await compute.contract("slashing"), slash);
    },
    ({ id, proposal, ...performed }) => [
      ["proposal", id],
      ["amount", amountText(proposal.amount)],
      ["can be rebutted until", isoTime(proposal.rebuttalUntil)],
      ["executable if rebutted", isoTime(proposal.judgementUntil)],
      ...performedRows(performed),
    ],
  );
}
