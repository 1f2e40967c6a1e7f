/** What anybody may do and somebody must: each duty looks at the chain and says which calls are due. */
import { type Address, type ContractFunctionArgs, type Hex, encodeFunctionData, getAbiItem } from "viem";
import type { ChainReader } from "../../deploy/executors/account.ts";
import {
  attestationRegistryAbi,
  emissionVaultAbi,
  slashingAbi,
  vphaAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "../../deploy/generated/abis.ts";
import type { Contracts } from "../../deploy/modules/module.ts";
import { STREAMS } from "../../model/emission.ts";
import { PROPOSAL_STATES, isStaying, modelName } from "../compute/calls.ts";

/** The duties, in the order in which they are done. */
export const DUTIES = ["collateral", "restamp", "remove", "execute", "clear", "harvest", "pull"] as const;

export type Duty = (typeof DUTIES)[number];

/** A call that is due. */
export interface Chore {
  readonly duty: Duty;
  readonly what: string;
  readonly to: Address;
  readonly data: Hex;
}

/** What a keeper has learnt from the chain's events so far. */
export interface Knowledge {
  /** The first block that was not read yet. */
  next: bigint;
  readonly workers: Set<Address>;
  readonly proposals: Map<Hex, Proposal>;
  readonly switches: Map<string, { readonly kind: number; readonly id: Hex }>;
}

/** `Proposal` of the slashing contract. */
type Proposal = ContractFunctionArgs<typeof slashingAbi, "nonpayable", "execute">[0];

/** Blocks per log query: what public endpoints allow. */
const LOG_RANGE = 10_000n;
/** Workers per `restamp`. */
const BATCH = 50;
const DECIMALS = 10n ** 18n;

/** A keeper that begins at `startBlock`. */
export function createKnowledge(startBlock: bigint): Knowledge {
  return { next: startBlock, workers: new Set(), proposals: new Map(), switches: new Map() };
}

/** Reads the events since the last time. */
export async function learn(reader: ChainReader, contracts: Contracts, knowledge: Knowledge): Promise<void> {
  const head = await reader.getBlockNumber();
  const { workerRegistry, slashing, attestationRegistry } = contracts;
  while (knowledge.next <= head) {
    const last = knowledge.next + LOG_RANGE - 1n;
    const range = { fromBlock: knowledge.next, toBlock: last < head ? last : head, strict: true } as const;
    const [registered, proposed, switched] = await Promise.all([
      reader.getLogs({
        ...range,
        address: workerRegistry,
        event: getAbiItem({ abi: workerRegistryAbi, name: "WorkerRegistered" }),
      }),
      reader.getLogs({ ...range, address: slashing, event: getAbiItem({ abi: slashingAbi, name: "SlashProposed" }) }),
      reader.getLogs({
        ...range,
        address: attestationRegistry,
        event: getAbiItem({ abi: attestationRegistryAbi, name: "SwitchedOff" }),
      }),
    ]);
    for (const { args } of registered) knowledge.workers.add(args.worker);
    for (const { args } of proposed) knowledge.proposals.set(args.id, args.proposal);
    for (const { args } of switched) knowledge.switches.set(`${args.kind} ${args.id}`, args);
    knowledge.next = range.toBlock + 1n;
  }
}

export interface ChoreOptions {
  readonly reader: ChainReader;
  readonly contracts: Contracts;
  readonly knowledge: Knowledge;
  /** Wei of PHA from which bringing in an emission stream is worth its gas. */
  readonly minimum: bigint;
}

/** All calls that are due now, but for collateral. */
export async function choresOf(options: ChoreOptions): Promise<Chore[]> {
  const [ofWorkers, ofSlashes, ofSwitches, ofStreams] = await Promise.all([
    workerChores(options),
    slashChores(options),
    switchChores(options),
    streamChores(options),
  ]);
  return [...ofWorkers, ...ofSlashes, ...ofSwitches, ...ofStreams];
}

/** Stamps for whoever was judged before the last decision, and the end of those whose switch was confirmed. */
async function workerChores({ reader, contracts, knowledge }: ChoreOptions): Promise<Chore[]> {
  const { workerRegistry: to, attestationRegistry } = contracts;
  const views = await Promise.all(
    [...knowledge.workers].map(async (worker) => ({
      worker,
      view: await reader.readContract({
        address: to,
        abi: workerRegistryAbi,
        functionName: "workerOf",
        args: [worker],
      }),
    })),
  );
  const staying = views.filter(({ view }) => isStaying(view.state));
  const stale = staying.filter(({ view }) => !view.isStamped && view.validUntil !== 0).map(({ worker }) => worker);
  const chores: Chore[] = [];
  for (let i = 0; i < stale.length; i += BATCH) {
    const workers = stale.slice(i, i + BATCH);
    chores.push({
      duty: "restamp",
      what: `judge ${workers.length} workers again after a decision`,
      to,
      data: encodeFunctionData({ abi: workerRegistryAbi, functionName: "restamp", args: [workers] }),
    });
  }
  for (const { worker, view } of staying.filter(({ view: { validUntil } }) => validUntil === 0)) {
    const isOff = await reader.readContract({
      address: attestationRegistry,
      abi: attestationRegistryAbi,
      functionName: "isConfirmedOff",
      args: [worker, view.operator],
    });
    if (!isOff) continue;
    chores.push({
      duty: "remove",
      what: `remove ${worker} (${view.gpuCount} × ${modelName(view.model)}): governance confirmed a switch of it`,
      to,
      data: encodeFunctionData({ abi: workerRegistryAbi, functionName: "remove", args: [worker] }),
    });
  }
  return chores;
}

/** Proposals whose windows are over. What is settled is forgotten. */
async function slashChores({ reader, contracts: { slashing: to }, knowledge }: ChoreOptions): Promise<Chore[]> {
  const { timestamp } = await reader.getBlock({ blockTag: "latest" });
  const chores: Chore[] = [];
  for (const [id, proposal] of knowledge.proposals) {
    const number = await reader.readContract({ address: to, abi: slashingAbi, functionName: "stateOf", args: [id] });
    const state = PROPOSAL_STATES[number];
    if (state !== "Open" && state !== "Rebutted") {
      knowledge.proposals.delete(id);
      continue;
    }
    if (timestamp < (state === "Open" ? proposal.rebuttalUntil : proposal.judgementUntil)) continue;
    chores.push({
      duty: "execute",
      what: `execute the slash ${id} of ${proposal.worker}`,
      to,
      data: encodeFunctionData({ abi: slashingAbi, functionName: "execute", args: [proposal] }),
    });
  }
  return chores;
}

/** Switches that have lapsed: while none is set, attesting costs less. */
async function switchChores({ reader, contracts, knowledge }: ChoreOptions): Promise<Chore[]> {
  const to = contracts.attestationRegistry;
  const chores: Chore[] = [];
  for (const [name, { kind, id }] of knowledge.switches) {
    const args = [kind, id] as const;
    const until = await reader.readContract({
      address: to,
      abi: attestationRegistryAbi,
      functionName: "switchedOffUntil",
      args,
    });
    if (until !== 0) continue;
    const data = encodeFunctionData({ abi: attestationRegistryAbi, functionName: "clearLapsed", args });
    const isLapsed = await reader.call({ to, data }).then(
      () => true,
      () => false,
    );
    if (isLapsed) chores.push({ duty: "clear", what: `forget the lapsed switch ${id}`, to, data });
    else knowledge.switches.delete(name);
  }
  return chores;
}

/** Streams that owe enough to be brought in, so that claims need not do it. */
async function streamChores({ reader, contracts, minimum }: ChoreOptions): Promise<Chore[]> {
  const { emissionVault, vpha, workerRewards } = contracts;
  const at = { address: emissionVault, abi: emissionVaultAbi } as const;
  const owed = async (stream: (typeof STREAMS)[number], sink: Address): Promise<bigint> => {
    const args = [STREAMS.indexOf(stream)] as const;
    const current = await reader.readContract({ ...at, functionName: "sinkOf", args });
    return current === sink
      ? reader.readContract({ ...at, functionName: "due", args })
      : reader.readContract({ ...at, functionName: "settledOf", args: [...args, sink] });
  };
  const [stakers, workers] = await Promise.all([owed("stakers", vpha), owed("workers", workerRewards)]);
  const chores: Chore[] = [];
  if (stakers >= minimum && stakers !== 0n) {
    const data = encodeFunctionData({ abi: vphaAbi, functionName: "harvest" });
    chores.push({ duty: "harvest", what: `bring in ${stakers / DECIMALS} PHA of the stakers`, to: vpha, data });
  }
  if (workers >= minimum && workers !== 0n) {
    const data = encodeFunctionData({ abi: workerRewardsAbi, functionName: "pull" });
    chores.push({ duty: "pull", what: `bring in ${workers / DECIMALS} PHA of the workers`, to: workerRewards, data });
  }
  return chores;
}
