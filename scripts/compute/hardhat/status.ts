import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { addressOption, given } from "../../attestation/hardhat/command.ts";
import { amountText } from "../amount.ts";
import { workerStatus } from "../worker.ts";
import { answerRows } from "./answer.ts";
import { type ComputeArguments, openCompute } from "./command.ts";

interface StatusArguments extends Omit<ComputeArguments, "from" | "dryRun" | "slashing"> {
  readonly worker: string | undefined;
}

export default function action(options: StatusArguments, hre: HardhatRuntimeEnvironment) {
  return answerRows(
    options.json,
    async () => {
      const worker = addressOption(given(options.worker, "worker"), "worker");
      const compute = await openCompute({ ...options, from: undefined, dryRun: true, slashing: undefined }, hre);
      const [registry, rewards] = [await compute.contract("registry"), await compute.contract("rewards")];
      return workerStatus(compute.transport, { registry, rewards }, worker);
    },
    (status) => {
      const state = status.lapse === "None" ? status.state : `${status.state} (${status.lapse})`;
      const rows: [string, string | number][] = [
        ["worker", status.worker],
        ["state", state],
      ];
      if (status.state === "None") return rows;
      const at = (what: string, when: string | null) => (when === null ? [] : [[what, when] as [string, string]]);
      return [
        ...rows,
        ["operator", status.operator],
        ...at("proposed operator", status.proposedOperator),
        ["GPUs", `${status.gpus} × ${status.model ?? "?"}, weight ${status.weight}`],
        ["attested", `block ${status.attestedBlock}, valid until ${status.validUntil ?? "(not valid)"}`],
        ["lease until", status.leaseEnd ?? "never had one"],
        ["collateral", `${amountText(status.collateral)} of ${amountText(status.required)} required`],
        ...at("  thawing", status.withdrawableAt && `${amountText(status.thawing)} until ${status.withdrawableAt}`),
        ...at("  reserved", status.reserved === 0n ? null : amountText(status.reserved)),
        ...at("exit pays from", status.exitAt),
        ["rewards", amountText(status.rewards, "PHA")],
      ];
    },
  );
}
