/**
 * WorkerRewards alone, with the real emission and the real vPHA, and a registry that says what it is told: what it takes to run
 * many schedules in little time. Everything of a step happens in one transaction, and heartbeats name blocks from before the
 * schedule, so that each one is signed once for all schedules.
 */
import {
  type Address,
  type ContractFunctionArgs,
  type Hex,
  type ParseEventLogsReturnType,
  concat,
  decodeAbiParameters,
  decodeFunctionResult,
  encodeFunctionData,
  isAddressEqual,
  parseAbi,
  parseAbiParameters,
  parseEventLogs,
  toEventSelector,
} from "viem";
import { emissionVaultAbi, workerRewardsAbi } from "../../deploy/generated/abis.ts";
import { signHeartbeat } from "../../scripts/compute/calls.ts";
import { CEILING, machineOf } from "./compute.ts";
import type { Stage } from "./stage.ts";
import { ROLE, STREAM, deploySuite } from "./suite.ts";

/** Heartbeats name one of these, in their order: fewer than the last 256 blocks, with those of a schedule. */
const BLOCKS = 100;

const batchAbi = parseAbi([
  "struct Call { address target; bytes data; }",
  "function run(Call[] calls)",
  "event Called(bool isDone, bytes result)",
]);

const registryAbi = parseAbi([
  "struct LeaseView { uint32 from; uint32 end; uint16 weight; uint40 blockNumber; }",
  "function setStanding(address worker, uint16 weight, uint40 validUntil)",
  "function setOperator(address[] workers, address operator)",
  "function books(address rewards, address[] workers) view returns (uint256[6] totals, uint256[] earned, LeaseView[] leases)",
]);

/** A call of a step. */
export interface Call {
  readonly target: Address;
  readonly data: Hex;
}

/** Of `Called`. */
const CALLED = parseAbiParameters("bool isDone, bytes result");

/** The events of WorkerRewards by what their logs begin with. */
const rewardsEvents = new Map(
  workerRewardsAbi.flatMap((item) => (item.type === "event" ? [[toEventSelector(item), [item]] as const] : [])),
);

/** What came of a call: what it returned, or was refused with, and the events of WorkerRewards. */
export interface Outcome {
  readonly isDone: boolean;
  readonly result: Hex;
  readonly events: readonly ParseEventLogsReturnType<typeof workerRewardsAbi, undefined, true>[number][];
}

export type RewardsChain = Awaited<ReturnType<typeof openRewardsChain>>;

/** Deploys everything but the start of the emission, for `count` workers. */
export async function openRewardsChain(stage: Stage, count: number) {
  const { authority, emission, vpha, pha, actors, budget } = await deploySuite(stage, { start: false });
  const { governance, treasury } = actors;
  const registry = await stage.deploy("WorkerRegistryProbe", registryAbi, []);
  const rewards = await stage.deploy("WorkerRewards", workerRewardsAbi, [
    authority.address,
    emission.address,
    vpha.address,
    registry.address,
    CEILING,
  ]);
  const openedAt = stage.now();
  const batch = await stage.deploy("CallBatch", batchAbi, []);
  // The batch is governance and every worker's operator.
  await authority.write.grantRole([ROLE.admin, batch.address, 0], { account: governance });
  const machines = Array.from({ length: count }, (_, i) => machineOf(i));
  const workers = machines.map(({ address }) => address);
  await registry.write.setOperator([workers, batch.address], { account: governance });

  const first = await stage.publicClient.getBlockNumber({ cacheTime: 0 });
  for (let i = 0; i < BLOCKS; i++) await stage.travel(1n);
  const signatures = new Map<string, Promise<Hex>>();
  const blocks = await Promise.all(
    Array.from({ length: BLOCKS }, (_, i) => stage.publicClient.getBlock({ blockNumber: first + BigInt(i) + 1n })),
  );
  const chainId = await stage.publicClient.getChainId();
  const sign = (worker: number, index: number): Promise<Hex> => {
    const key = `${worker} ${index}`;
    const block = blocks[index];
    const machine = machines[worker];
    if (block === undefined || machine === undefined) throw new RangeError(`no heartbeat ${key}`);
    const known = signatures.get(key);
    if (known !== undefined) return known;
    const context = { chainId, rewards: rewards.address, blockNumber: block.number, blockHash: block.hash };
    const made = signHeartbeat(machine, context);
    signatures.set(key, made);
    return made;
  };

  const toRewards = (data: Hex): Call => ({ target: rewards.address, data });
  const toEmission = (data: Hex): Call => ({ target: emission.address, data });
  const books = (of: readonly Address[]): Call => ({
    target: registry.address,
    data: encodeFunctionData({ abi: registryAbi, functionName: "books", args: [rewards.address, of] }),
  });
  const replaceSink = (sink: Address): Call =>
    toEmission(
      encodeFunctionData({ abi: emissionVaultAbi, functionName: "replaceSink", args: [STREAM.workers, sink] }),
    );

  return {
    stage,
    workers,
    budget,
    openedAt,
    pha,
    rewards,

    /** The number of the block that heartbeats number `index` name. */
    blockAt: (index: number): number => Number(first) + index + 1,

    call: {
      /** Reads the totals, and what `of` have. */
      books,
      closeHours: toRewards(encodeFunctionData({ abi: workerRewardsAbi, functionName: "closeHours" })),
      pull: toRewards(encodeFunctionData({ abi: workerRewardsAbi, functionName: "pull" })),
      start: toEmission(
        encodeFunctionData({
          abi: emissionVaultAbi,
          functionName: "start",
          args: [[vpha.address, rewards.address, treasury]],
        }),
      ),
      loseSink: replaceSink(treasury),
      regainSink: replaceSink(rewards.address),
      setCeiling: (ceiling: bigint) =>
        toRewards(encodeFunctionData({ abi: workerRewardsAbi, functionName: "setCeiling", args: [ceiling] })),
      claim: (claimers: readonly Address[]) =>
        toRewards(
          encodeFunctionData({ abi: workerRewardsAbi, functionName: "claim", args: [claimers, batch.address] }),
        ),
      setStanding: (...args: ContractFunctionArgs<typeof registryAbi, "nonpayable", "setStanding">): Call => ({
        target: registry.address,
        data: encodeFunctionData({ abi: registryAbi, functionName: "setStanding", args }),
      }),

      /** One heartbeat of each, which names block number `index`. `signer` is the worker itself but for a forgery. */
      heartbeat: async (
        index: number,
        beats: readonly { readonly worker: number; readonly signer: number }[],
      ): Promise<Call> => {
        const signed = await Promise.all(beats.map(({ signer }) => sign(signer, index)));
        const named = beats.map(({ worker }) => {
          const address = workers[worker];
          if (address === undefined) throw new RangeError(`no worker ${worker}`);
          return address;
        });
        const args = [Number(first) + index + 1, named, concat(signed)] as const;
        return toRewards(encodeFunctionData({ abi: workerRewardsAbi, functionName: "heartbeat", args }));
      },
    },

    /** Makes all `calls` in this second. Returns what came of each. */
    async run(calls: readonly Call[]): Promise<readonly Outcome[]> {
      const hash = await batch.write.run([calls], { account: governance });
      const { logs } = await stage.publicClient.getTransactionReceipt({ hash });
      const outcomes: Outcome[] = [];
      let events: Outcome["events"] = [];
      for (const log of logs) {
        // One event each: viem would hash the signatures of all of them for each log.
        const abi = rewardsEvents.get(log.topics[0] ?? "0x");
        if (abi !== undefined) events = [...events, ...parseEventLogs({ abi, logs: [log] })];
        else if (isAddressEqual(log.address, batch.address)) {
          const [isDone, result] = decodeAbiParameters(CALLED, log.data);
          outcomes.push({ isDone, result, events });
          events = [];
        }
      }
      return outcomes;
    },

    /** What a heartbeat returned. */
    readResults: (data: Hex) => decodeFunctionResult({ abi: workerRewardsAbi, functionName: "heartbeat", data }),

    /** What {@link RewardsChain.call.books} returned. */
    readBooks(data: Hex) {
      const [totals, earned, leases] = decodeFunctionResult({ abi: registryAbi, functionName: "books", data });
      const [weight, nextWeight, reserve, credited, received, paid] = totals;
      return { totals: { weight, nextWeight, reserve, credited, received, paid }, earned, leases };
    },
  };
}
