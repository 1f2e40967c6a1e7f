/** The local chain's workers after their history: they go on in real time, and a keeper with them. */
import { type Account, type Address, type Hex, http } from "viem";
import { chainReader } from "../../deploy/executors/account.ts";
import { workerRegistryAbi, workerRewardsAbi } from "../../deploy/generated/abis.ts";
import type { Manifest } from "../../deploy/manifest.ts";
import { HEARTBEAT_RESULTS, isStaying } from "../compute/calls.ts";
import { type Knowledge, DUTIES, createKnowledge } from "../keeper/duties.ts";
import { keep } from "../keeper/keeper.ts";
import { chainClient, mined } from "./chain.ts";
import { AHEAD, type Machine, heartbeatOf, quoteOf, subjectOf } from "./fleet.ts";

/** PHA: what a stream must owe to be brought in. */
const MINIMUM = 1_000n * 10n ** 18n;

export interface LiveOptions {
  readonly url: string;
  readonly manifest: Pick<Manifest, "contracts" | "startBlock">;
  /** Pays. */
  readonly account: Account;
  /** Those that have no agent of their own. */
  readonly machines: readonly Machine[];
}

/** What one round has come to. */
export interface LiveRound {
  /** Workers that stay. */
  readonly workers: number;
  readonly reattested: number;
  readonly heartbeats: number;
  /** Chores of the keeper that were done. */
  readonly chores: number;
  readonly failures: readonly string[];
}

/** Keeps the devnet's workers alive; each call is one round. */
export function createLiveFleet({ url, manifest, account, machines: fleet }: LiveOptions): () => Promise<LiveRound> {
  const { contracts } = manifest;
  const { workerRegistry, workerRewards, attestationRegistry } = contracts;
  const client = chainClient(url);
  const reader = chainReader(http(url, { retryCount: 0 }));
  const registry = { address: workerRegistry, abi: workerRegistryAbi } as const;
  const knowledge: Knowledge = createKnowledge(BigInt(manifest.startBlock));

  /** What quotes and heartbeats name: not the last block, whose hash a simulation in that block cannot know. */
  const namedBlock = async () => {
    const { number, hash } = await reader.getBlock({ blockNumber: (await reader.getBlockNumber()) - 1n });
    return { number, hash };
  };

  /** Which GPUs are in which machine now: one may have moved. */
  const gpusByHolder = async (): Promise<Map<Address, Hex[]>> => {
    const ids = fleet.flatMap(({ gpuIds }) => gpuIds);
    const holders = await Promise.all(
      ids.map((id) => reader.readContract({ ...registry, functionName: "holderOf", args: [id] })),
    );
    const held = new Map<Address, Hex[]>();
    for (const [i, [holder, , isHeld]] of holders.entries()) {
      const id = ids[i];
      // One that was taken out counts for nobody.
      if (id !== undefined && isHeld) held.set(holder, [...(held.get(holder) ?? []), id]);
    }
    return held;
  };

  const reattest = async (machine: Machine, gpuIds: readonly Hex[], chainId: number): Promise<void> => {
    const subject = subjectOf(machine, gpuIds);
    const at = { chainId, registry: attestationRegistry, isKnown: true };
    const args = [subject, quoteOf(machine, subject, await namedBlock(), at)] as const;
    const { request } = await client.simulateContract({ ...registry, functionName: "reattest", args, account });
    await mined(client, await client.writeContract(request));
  };

  return async () => {
    const failures: string[] = [];
    const attempt = async (what: string, action: () => Promise<void>): Promise<boolean> => {
      try {
        await action();
        return true;
      } catch (error) {
        failures.push(`${what}: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`);
        return false;
      }
    };
    const results = await keep({
      transport: http(url, { retryCount: 0 }),
      account,
      contracts,
      knowledge,
      duties: DUTIES,
      collateral: null,
      minimum: MINIMUM,
      isDryRun: false,
    });
    for (const { what, reason } of results) if (reason !== undefined) failures.push(`${what}: ${reason}`);

    const [chainId, { timestamp }, held] = await Promise.all([reader.getChainId(), reader.getBlock(), gpusByHolder()]);
    const views = await Promise.all(
      fleet.map(async (machine) => ({
        machine,
        view: await reader.readContract({ ...registry, functionName: "workerOf", args: [machine.key.address] }),
      })),
    );
    const staying = views.filter(({ view }) => isStaying(view.state));
    let reattested = 0;
    for (const { machine, view } of staying) {
      const gpuIds = held.get(machine.key.address);
      if (BigInt(view.validUntil) > timestamp + AHEAD || gpuIds === undefined) continue;
      if (await attempt(`machine ${machine.index} attests`, () => reattest(machine, gpuIds, chainId))) reattested += 1;
    }
    const machines = staying.map(({ machine }) => machine);
    let heartbeats = 0;
    if (machines.length !== 0) {
      await attempt("heartbeat", async () => {
        const args = await heartbeatOf(machines, await namedBlock(), { chainId, rewards: workerRewards });
        const { request, result } = await client.simulateContract({
          address: workerRewards,
          abi: workerRewardsAbi,
          functionName: "heartbeat",
          args,
          account,
        });
        await mined(client, await client.writeContract(request));
        for (const [i, each] of result.entries()) {
          const name = HEARTBEAT_RESULTS[each];
          if (name === "Granted") heartbeats += 1;
          else failures.push(`machine ${machines[i]?.index} gets no lease: ${name}`);
        }
      });
    }
    const chores = results.filter(({ result }) => result === "done").length;
    return { workers: staying.length, reattested, heartbeats, chores, failures };
  };
}
