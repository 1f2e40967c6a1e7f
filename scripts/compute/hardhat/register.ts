import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { addressOption, bytes32Option, given, wholeNumber } from "../../attestation/hardhat/command.ts";
import { readQuoteFile } from "../../attestation/files.ts";
import { invalidInput } from "../../attestation/refusal.ts";
import { amountText } from "../amount.ts";
import { modelId } from "../calls.ts";
import { registerWorker } from "../worker.ts";
import { answerRows } from "./answer.ts";
import { type ComputeArguments, amountOption, openCompute, performedRows } from "./command.ts";

interface RegisterArguments extends ComputeArguments {
  readonly quote: string | undefined;
  readonly block: string | undefined;
  readonly operator: string | undefined;
  readonly model: string | undefined;
  readonly gpus: string | undefined;
  readonly evidence: string | undefined;
  readonly collateral: string | undefined;
}

function modelOption(value: string) {
  try {
    return modelId(value);
  } catch (cause) {
    throw invalidInput(`--model has to be 1 to 32 ASCII characters, not ${value}.`, cause);
  }
}

export default function action(options: RegisterArguments, hre: HardhatRuntimeEnvironment) {
  return answerRows(
    options.json,
    async () => {
      const quote = readQuoteFile(given(options.quote, "quote"));
      const subject = {
        operator: addressOption(given(options.operator, "operator"), "operator"),
        model: modelOption(given(options.model, "model")),
        gpuIds: given(options.gpus, "gpus")
          .split(",")
          .map((id) => bytes32Option(id.trim(), "gpus")),
        evidenceHash: bytes32Option(given(options.evidence, "evidence"), "evidence"),
      };
      const blockNumber = BigInt(wholeNumber(given(options.block, "block"), "block", 2 ** 40 - 1));
      const collateral = options.collateral === undefined ? undefined : amountOption(options.collateral, "collateral");
      const compute = await openCompute(options, hre);
      const registry = await compute.contract("registry");
      return registerWorker(await compute.actor(), { registry, subject, quote, blockNumber, collateral });
    },
    ({ worker, action: done, form, collateral, ...performed }) => [
      ["worker", worker],
      ["done", done === "register" ? `registered with ${amountText(collateral)}` : "attested anew"],
      ["quote", `${form} form`],
      ...performedRows(performed),
    ],
  );
}
