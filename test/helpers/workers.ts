/** What happens to workers on a stage, in one word each. */
import { type Address, type Hex, decodeFunctionResult, encodeFunctionData, pad, zeroAddress } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { attestationRegistryAbi, workerRewardsAbi } from "../../deploy/generated/abis.ts";
import {
  HEARTBEAT_RESULTS,
  LAPSES,
  WORKER_STATES,
  type WorkerSubject,
  subjectHash,
} from "../../scripts/compute/calls.ts";
import type { Compute } from "./compute.ts";
import { SWITCH } from "./registry.ts";
import { DAY, HOUR } from "./stage.ts";

export type StateName = (typeof WORKER_STATES)[number];
export type LapseName = (typeof LAPSES)[number];
export type ResultName = (typeof HEARTBEAT_RESULTS)[number];

/** The name at `index` of a list of names. */
export function nameAt<const T extends string>(names: readonly T[], index: number): T {
  const name = names[index];
  if (name === undefined) throw new Error(`nothing has number ${index}`);
  return name;
}

/** The number of the full hour that contains the unix second `at`. */
export const hourOf = (at: bigint): number => Number(at / HOUR);

/** The id that the switch of an operator has. */
export const operatorId = (operator: Address): Hex => pad(operator, { size: 32, dir: "right" });

/** The worker's state as the registry has it, and why it is lapsed. */
export async function registryState(c: Compute, worker: Address): Promise<[StateName, LapseName]> {
  const { state, lapse } = await c.registry.read.workerOf([worker]);
  return [nameAt(WORKER_STATES, state), nameAt(LAPSES, lapse)];
}

/** The same with heartbeats. */
export async function fullState(c: Compute, worker: Address): Promise<[StateName, LapseName]> {
  const [state, lapse] = await c.rewards.read.stateOf([worker]);
  return [nameAt(WORKER_STATES, state), nameAt(LAPSES, lapse)];
}

/** Lets time pass to the next full hour. */
export const nextHour = (c: Compute): Promise<bigint> => c.stage.travel(HOUR - (c.stage.now() % HOUR));

/** Sends a heartbeat of each machine, as anybody. */
export async function beat(c: Compute, ...machines: readonly PrivateKeyAccount[]): Promise<Hex> {
  return c.rewards.write.heartbeat(await c.heartbeatOf(machines), { account: c.actors.stranger });
}

/** What would become of the heartbeats of a batch, each by name. Refused as a whole, it throws. */
export async function resultsOf(
  c: Compute,
  [blockNumber, workers, signatures]: readonly [number, readonly Address[], Hex],
): Promise<ResultName[]> {
  const { data } = await c.stage.publicClient.call({
    to: c.rewards.address,
    data: encodeFunctionData({
      abi: workerRewardsAbi,
      functionName: "heartbeat",
      args: [blockNumber, workers, signatures],
    }),
    blockTag: "pending",
  });
  if (data === undefined) throw new Error("heartbeat returned nothing");
  const results = decodeFunctionResult({ abi: workerRewardsAbi, functionName: "heartbeat", data });
  return results.map((result) => nameAt(HEARTBEAT_RESULTS, result));
}

/** Brings in Intel's data of today, by which quotes are judged for the next weeks. */
export async function freshen(c: Compute): Promise<void> {
  const issued = Number(c.stage.now() - DAY);
  const list = { thisUpdate: issued, nextUpdate: issued + Number(30n * DAY), number: issued };
  const file = c.attestation.authority.collateral({ issued, rootCrl: list, pckCrl: list });
  await c.attestation.verifier.upload(file, ["uploadRootCrl", "uploadPckCrl", "uploadTcbInfo", "uploadQeIdentity"]);
}

/** Attests `machine` in the attestation registry alone: the worker registry is not told. */
export async function attestElsewhere(c: Compute, machine: { address: Address }, of: WorkerSubject): Promise<void> {
  const { blockNumber, signedData, signatureData } = await c.quote(machine, of);
  const { abi, address } = { abi: attestationRegistryAbi, address: c.attestation.registry.address };
  await c.stage.wallet.writeContract({
    abi,
    address,
    functionName: "attest",
    args: [subjectHash(of), blockNumber, signedData, signatureData],
    account: c.actors.stranger,
  });
}

/** The guardian switches `operator` off until `until`. */
export async function switchOffOperator(c: Compute, operator: Address, until: bigint): Promise<void> {
  await c.attestation.registry.write.switchOff([SWITCH.operator, operatorId(operator), Number(until)], {
    account: c.actors.guardian,
  });
}

/** Governance switches `operator` off for good. */
export async function confirmOperatorOff(c: Compute, operator: Address): Promise<void> {
  await c.attestation.registry.write.confirmSwitch([SWITCH.operator, operatorId(operator)], c.asGovernance);
}

/** Proposes a slash of a worker and executes it after the rebuttal window, unrebutted. Seven days pass. */
export async function slash(
  c: Compute,
  worker: Address,
  amount: bigint,
  options: { faultClass?: number; bounty?: bigint; reporter?: Address } = {},
): Promise<Hex> {
  const proposal = await c.propose(worker, amount, options);
  await c.stage.travelTo(BigInt(proposal.rebuttalUntil));
  return c.slashing.write.execute([proposal], { account: c.actors.stranger });
}

/** vPHA that the registry holds for the workers named, and what it holds in all. */
export async function collateralOf(c: Compute, ...workers: readonly Address[]) {
  const views = await Promise.all(workers.map((worker) => c.registry.read.workerOf([worker])));
  return {
    counted: views.reduce((sum, { collateral }) => sum + collateral, 0n),
    held: await c.vpha.read.balanceOf([c.registry.address]),
  };
}

export const NOBODY: Address = zeroAddress;
