/** A worker's agent as its own process, with a simulated guest and GPUs, behind an endpoint that can be cut off. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type Socket, connect, createServer } from "node:net";
import path from "node:path";
import type { Hex } from "viem";
import { startGuestAgent } from "../../scripts/worker-agent/simulator/guestAgent.ts";
import type { Health } from "../../scripts/worker-agent/monitor.ts";
import type { LocalCompute } from "./localCompute.ts";

const AGENT = path.join(import.meta.dirname, "../../scripts/worker-agent");

/** A way to `port` of 127.0.0.1 that can be closed and opened. */
export async function startGate(port: number) {
  const sockets = new Set<Socket>();
  let isOpen = true;
  const server = createServer((socket) => {
    if (!isOpen) return void socket.destroy();
    const onward = connect(port, "127.0.0.1");
    for (const end of [socket, onward]) {
      sockets.add(end);
      end.on("error", () => end.destroy());
      end.on("close", () => {
        sockets.delete(end);
        socket.destroy();
        onward.destroy();
      });
    }
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    close() {
      isOpen = false;
      cut();
    },
    open() {
      isOpen = true;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

export interface Line {
  readonly level: string;
  readonly event: string;
  readonly reason?: string;
  readonly error?: string;
  readonly [field: string]: unknown;
}

/** Starts `main.ts`; `settings` are the file's, `environment` is beside it. */
export function runAgentProcess(settings: object, folder: string, environment: Record<string, string> = {}) {
  const file = path.join(folder, "agent.json");
  writeFileSync(file, JSON.stringify(settings));
  const child: ChildProcess = spawn(process.execPath, [path.join(AGENT, "main.ts"), "--config", file], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const lines = (): Line[] =>
    output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Line);
  const find = (event: string) => lines().filter((line) => line.event === event);

  /** Waits for `probe`; fails with the log. */
  const until = async <T>(what: string, probe: () => Promise<T | undefined> | T | undefined, timeoutMs = 45_000) => {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const result = await probe();
      if (result !== undefined && result !== false) return result;
      if (child.exitCode !== null) throw new Error(`the agent ended (${child.exitCode}) before ${what}:\n${output}`);
      if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}\n${output}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const url = () => until("it listens", () => find("listening")[0]?.["url"] as string | undefined);

  return {
    output: () => output,
    lines,
    find,
    until,
    ended,
    get: async (page: string) => fetch(`${await url()}${page}`),
    health: async (): Promise<{ status: number; health: Health }> => {
      const response = await fetch(`${await url()}/health`);
      return { status: response.status, health: (await response.json()) as Health };
    },
    /** Asks it to end, and returns its exit code. */
    stop: async (signal: NodeJS.Signals = "SIGTERM") => {
      if (child.exitCode === null) child.kill(signal);
      return ended;
    },
  };
}

export type Agent = ReturnType<typeof runAgentProcess>;

/** A machine of one operator: guest, GPUs and endpoint, and an agent that can be started again. */
export async function openMachine(
  compute: LocalCompute,
  options: { folder: string; name: string; operator: Hex; payerKey: Hex; settings?: object },
) {
  const folder = path.join(options.folder, options.name);
  mkdirSync(folder, { recursive: true });
  const socket = path.join(folder, "dstack.sock");
  const faultFile = path.join(folder, "fault");
  const guest = await startGuestAgent({ socket, platform: compute.platform, seed: options.name });
  const gate = await startGate(compute.chain.port);
  const command = [
    ...[process.execPath, path.join(AGENT, "simulator/gpuVerifier.ts"), "--nonce", "{nonce}"],
    ...["--seed", options.name, "--fault-file", faultFile],
  ];
  const settings = {
    rpcUrls: [gate.url],
    chainId: 31_337,
    registry: compute.registry.address,
    rewards: compute.rewards.address,
    operator: options.operator,
    model: "H100",
    guestAgent: socket,
    gpu: { command, count: 1, hwModel: "GH100", evidenceFolder: path.join(folder, "evidence") },
    heartbeat: { blockEvery: 4, jitterSeconds: 0 },
    confirmations: 1,
    pollSeconds: 1,
    retry: { minSeconds: 1, maxSeconds: 2 },
    port: 0,
    ...options.settings,
  };
  const agents: Agent[] = [];
  return {
    folder,
    guest,
    gate,
    settings,
    /** Makes the GPUs' verifier fail, or work again. */
    breakGpus: (fault: string | null) =>
      fault === null ? rmSync(faultFile, { force: true }) : writeFileSync(faultFile, fault),
    evidence: (hash: Hex) => readFileSync(path.join(folder, "evidence", `${hash}.json`)),
    start(): Agent {
      const agent = runAgentProcess(settings, folder, { WORKER_AGENT_PAYER_KEY: options.payerKey });
      agents.push(agent);
      return agent;
    },
    async stop(): Promise<void> {
      await Promise.all(agents.map((agent) => agent.stop("SIGKILL")));
      await guest.stop();
      await gate.stop();
    },
  };
}
