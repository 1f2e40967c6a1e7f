/**
 * Some of the local chain's workers as they are in life: each one the agent's own process, in a simulated guest with simulated
 * GPUs. The others are looked after by {@link createLiveFleet}.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Address, parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { workerRegistryAbi } from "../../deploy/generated/abis.ts";
import type { Manifest } from "../../deploy/manifest.ts";
import { isStaying } from "../compute/calls.ts";
import { agentKey } from "../worker-agent/simulator/identity.ts";
import { type RunningGuest, startGuestAgent } from "../worker-agent/simulator/guestAgent.ts";
import { chainClient } from "./chain.ts";
import { KEY_PATH, type Machine } from "./fleet.ts";
import { type Service, startService, waitFor } from "./process.ts";

/** Machines that have an agent: one of each model, and none of whose GPUs ever moves. */
export const AGENT_MACHINES: readonly number[] = [0, 6, 8];

const AGENT = path.join(import.meta.dirname, "../worker-agent");
const PAYER_PATH = "phala/worker-payer";
const PAYER_BALANCE = parseEther("10");

/** What GPUs of a model call themselves. */
const HARDWARE: Readonly<Record<Machine["model"], string>> = { H100: "GH100", H200: "GH100", B200: "GB100" };

export interface RunningAgent {
  readonly machine: Machine;
  readonly worker: Address;
  readonly service: Service;
  /** Where it answers, once its worker is well. */
  readonly healthy: (timeoutMs: number) => Promise<string>;
}

/** Starts the agents of those of `machines` that are registered and stay. Their settings and evidence are in `folder`. */
export async function startAgents(options: {
  readonly url: string;
  readonly manifest: Pick<Manifest, "chainId" | "contracts">;
  readonly machines: readonly Machine[];
  readonly folder: string;
}): Promise<{ agents: RunningAgent[]; stop: () => Promise<void> }> {
  const { url, manifest, machines, folder } = options;
  const { workerRegistry: address } = manifest.contracts;
  const client = chainClient(url);
  const views = await Promise.all(
    machines.map(({ key }) =>
      client.readContract({ address, abi: workerRegistryAbi, functionName: "workerOf", args: [key.address] }),
    ),
  );
  const staying = machines.filter((_, i) => isStaying(views[i]?.state ?? 0));
  // A socket's path has to be short.
  const sockets = mkdtempSync(path.join(tmpdir(), "phala-guest-"));
  const guests: RunningGuest[] = [];
  const agents: RunningAgent[] = [];
  const stop = async () => {
    await Promise.all(agents.map(({ service }) => service.stop()));
    await Promise.all(guests.map((guest) => guest.stop()));
    rmSync(sockets, { recursive: true, force: true });
  };
  try {
    for (const machine of staying) {
      const { index, seed, platform } = machine;
      const socket = path.join(sockets, `${index}.sock`);
      guests.push(await startGuestAgent({ socket, platform, seed }));
      const payer = privateKeyToAccount(agentKey(seed, PAYER_PATH)).address;
      await client.setBalance({ address: payer, value: PAYER_BALANCE });
      agents.push(startAgent(machine, { url, manifest, socket, folder: path.join(folder, `machine-${index}`) }));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { agents, stop };
}

function startAgent(
  machine: Machine,
  at: { url: string; manifest: Pick<Manifest, "chainId" | "contracts">; socket: string; folder: string },
): RunningAgent {
  const { index, seed, key, operator, model, gpuIds } = machine;
  const hwModel = HARDWARE[model];
  const settings = {
    rpcUrls: [at.url],
    chainId: at.manifest.chainId,
    registry: at.manifest.contracts.workerRegistry,
    rewards: at.manifest.contracts.workerRewards,
    operator: operator.address,
    model,
    key: { source: "dstack", path: KEY_PATH },
    payer: { source: "dstack", path: PAYER_PATH },
    guestAgent: at.socket,
    gpu: {
      command: [
        ...[process.execPath, path.join(AGENT, "simulator", "gpuVerifier.ts"), "--nonce", "{nonce}"],
        ...["--seed", seed, "--count", String(gpuIds.length), "--model", `${hwModel} A01 GSP BROM`],
      ],
      count: gpuIds.length,
      hwModel,
      evidenceFolder: path.join(at.folder, "evidence"),
    },
    heartbeat: { blockEvery: 4, jitterSeconds: 0 },
    confirmations: 1,
    pollSeconds: 2,
    retry: { minSeconds: 2, maxSeconds: 60 },
    port: 0,
  };
  mkdirSync(at.folder, { recursive: true });
  const file = path.join(at.folder, "agent.json");
  writeFileSync(file, `${JSON.stringify(settings, null, 2)}\n`);
  let endpoint: string | undefined;
  const service = startService({
    name: `agent of machine ${index}`,
    command: process.execPath,
    args: [path.join(AGENT, "main.ts"), "--config", file],
    onLine: (line) => {
      const [, found] = /"event":"listening".*"url":"([^"]+)"/.exec(line) ?? [];
      endpoint ??= found;
    },
  });
  return {
    machine,
    worker: key.address,
    service,
    healthy: (timeoutMs) =>
      waitFor({
        what: `the ${service.name} is healthy`,
        timeoutMs,
        service,
        probe: async () =>
          endpoint !== undefined && (await fetch(`${endpoint}/health`)).status === 200 ? endpoint : undefined,
      }),
  };
}
