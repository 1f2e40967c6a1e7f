import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { reason } from "../../../deploy/executors/account.ts";
import { readInput } from "../../../deploy/hardhat/command.ts";
import { invalidInput } from "../../attestation/refusal.ts";
import { type SignedHeartbeat, readHeartbeats, sendHeartbeats } from "../heartbeats.ts";
import { answerRows } from "./answer.ts";
import { type ComputeArguments, openCompute, performedRows } from "./command.ts";

interface HeartbeatArguments extends ComputeArguments {
  readonly signed: string | undefined;
  readonly agents: string | undefined;
}

/** What an agent's endpoint has to send; nothing if nothing would change its lease. */
async function heartbeatOf(agent: string): Promise<SignedHeartbeat[]> {
  const url = `${agent.trim().replace(/\/$/, "")}/heartbeat`;
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(15_000) });
  } catch (error) {
    throw invalidInput(`${url} does not answer (${reason(error)}).`, error);
  }
  return response.status === 404 ? [] : readHeartbeats(await response.text(), url);
}

export default function action(options: HeartbeatArguments, hre: HardhatRuntimeEnvironment) {
  return answerRows(
    options.json,
    async () => {
      const { signed, agents } = options;
      if ((signed === undefined) === (agents === undefined)) {
        throw invalidInput("Either --signed or --agents has to be given.");
      }
      const heartbeats =
        signed === undefined
          ? (await Promise.all((agents ?? "").split(",").map(heartbeatOf))).flat()
          : readHeartbeats(readInput(signed), signed);
      const compute = await openCompute(options, hre);
      return { batches: await sendHeartbeats(await compute.actor(), await compute.contract("rewards"), heartbeats) };
    },
    ({ batches }) =>
      batches.flatMap(({ blockNumber, results, ...performed }) => [
        ["of block", blockNumber],
        ...results.map(({ worker, result }) => [worker, result] as const),
        ...performedRows(performed),
      ]),
  );
}
