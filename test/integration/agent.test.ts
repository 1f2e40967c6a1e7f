/** The worker's agent as it runs in a guest: real process, real chain, real contracts; simulated guest agent and GPUs. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Address, type Hex, keccak256, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WORKER_STATES } from "../../scripts/compute/calls.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { type Agent, openMachine, runAgentProcess } from "../helpers/agent.ts";
import { MODELS } from "../helpers/compute.ts";
import { type LocalCompute, startLocalCompute } from "../helpers/localCompute.ts";

const HOUR = 3_600;
const DAY = 86_400;
const operator = devAccount(9).address;
const folder = mkdtempSync(path.join(tmpdir(), "agent-"));
let compute: LocalCompute;
const machines: Awaited<ReturnType<typeof openMachine>>[] = [];

/** A machine whose payer has collateral for one H100. */
async function machineNamed(name: string, settings: object = {}) {
  const payerKey = keccak256(toHex(`payer of ${name}`));
  await compute.fund(privateKeyToAccount(payerKey).address, MODELS.H100.collateral);
  const machine = await openMachine(compute, { folder, name, operator, payerKey, settings });
  machines.push(machine);
  return { ...machine, payerKey };
}

const workerOf = (worker: Address) => compute.registry.read.workerOf([worker]);
const stateOf = async (worker: Address) => WORKER_STATES[(await workerOf(worker)).state];
const leaseOf = (worker: Address) => compute.rewards.read.leaseOf([worker]);
const keyOf = (agent: Agent) =>
  agent.until("it has a key", () => agent.find("started")[0]?.["worker"] as Address | undefined);
const isHealthy = (agent: Agent) =>
  agent.until("it is healthy", async () => ((await agent.health()).status === 200 ? true : undefined));

beforeAll(async () => {
  compute = await startLocalCompute();
});

afterAll(async () => {
  await Promise.all(machines.map((machine) => machine.stop()));
  await compute.chain.stop();
  rmSync(folder, { recursive: true });
});

describe("a worker's agent", () => {
  it("registers with its collateral, takes a lease, beats once an hour, attests anew in time, and keeps its key", async () => {
    const machine = await machineNamed("steady");
    const agent = machine.start();
    const worker = await keyOf(agent);
    await isHealthy(agent);

    const view = await workerOf(worker);
    expect(view).toMatchObject({
      operator,
      collateral: MODELS.H100.collateral,
      weight: MODELS.H100.weight,
      gpuCount: 1,
    });
    const { health } = await agent.health();
    expect(health).toMatchObject({ ok: true, worker, state: "Active", reasons: [], warnings: [] });
    const [attested] = agent.find("attested");
    expect(attested).toMatchObject({ action: "register", form: "full", gpus: 1 });
    expect(keccak256(machine.evidence(attested?.["evidenceHash"] as Hex))).toBe(attested?.["evidenceHash"]);
    // The registry may take no more than it has taken.
    const payer = privateKeyToAccount(machine.payerKey).address;
    expect(await compute.vpha.read.allowance([payer, compute.registry.address])).toBe(0n);

    // One heartbeat, and no other in this hour.
    const first = await leaseOf(worker);
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(agent.find("heartbeat")).toHaveLength(1);
    expect((await agent.get("/heartbeat")).status).toBe(404);
    await compute.travel(HOUR);
    await agent.until("the next hour's heartbeat", async () => (await leaseOf(worker)).end > first.end || undefined);
    await agent.until("it says so", () => agent.find("heartbeat").length === 2 || undefined);
    const { blockNumber } = await leaseOf(worker);
    expect(blockNumber % 4).toBe(0);

    // A restart goes on with the same key, and sends nothing that is not due.
    expect(await agent.stop()).toBe(0);
    const again = machine.start();
    expect(await keyOf(again)).toBe(worker);
    await isHealthy(again);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(again.find("transaction.sent")).toEqual([]);

    // Two thirds of seven days later, while the attestation still holds.
    const before = await workerOf(worker);
    await compute.travel(5 * DAY);
    await again.until(
      "it attests anew",
      async () => (await workerOf(worker)).validUntil > before.validUntil || undefined,
    );
    await again.until("it says so", () => again.find("attested")[0]);
    expect(again.find("attested")).toMatchObject([{ action: "reattest", form: "short" }]);
    await isHealthy(again);
    expect((await workerOf(worker)).collateral).toBe(MODELS.H100.collateral);

    const metrics = await (await again.get("/metrics")).text();
    expect(metrics).toMatch(/^phala_worker_healthy 1$/m);
    expect(metrics).toMatch(/^phala_worker_state\{state="Active"\} 1$/m);
    expect(metrics).toMatch(/^phala_worker_attempts_total\{duty="attestation",result="done"\} 1$/m);

    for (const { output } of [agent, again]) {
      expect(output()).not.toContain(machine.payerKey.slice(2));
      expect(output()).not.toMatch(/"event":"\w+\.failed"/);
    }
    expect(await again.stop()).toBe(0);
  });

  it("outlives the loss of its endpoint: says so, and goes on when it is back", async () => {
    const machine = await machineNamed("cut off");
    const agent = machine.start();
    const worker = await keyOf(agent);
    await isHealthy(agent);
    const first = await leaseOf(worker);

    machine.gate.close();
    const lost = await agent.until("it is not healthy", async () => {
      const answer = await agent.health();
      return answer.status === 503 ? answer.health : undefined;
    });
    expect(lost.reasons.join()).toMatch(/chain has not been read for \d+ s: Unreachable/);
    expect(agent.find("chain.failed").length).toBeGreaterThan(0);
    // Two hours later the lease still runs, and the next heartbeat finds it.
    await compute.travel(2 * HOUR);
    machine.gate.open();
    await agent.until("the lease goes on", async () => (await leaseOf(worker)).end > first.end || undefined);
    await isHealthy(agent);
    expect((await leaseOf(worker)).from).toBe(first.from);
    expect(agent.find("chain.recovered").length).toBeGreaterThan(0);
    await agent.stop();
  });

  it("says in words why it is refused, and registers once that is mended", async () => {
    const machine = await machineNamed("foreign image");
    machine.guest.measure({ measurements: { rtMr1: `0x${"77".repeat(48)}` } });
    const agent = machine.start();
    const worker = await keyOf(agent);
    const refused = await agent.until("it is refused", () => agent.find("attestation.failed")[1]);
    expect(refused).toMatchObject({ error: "AttestationRegistry_UnknownWorkload" });
    expect(refused.reason).toMatch(/^Policy: the workload is not listed/);
    const { status, health } = await agent.health();
    expect(status).toBe(503);
    expect(health.reasons.join()).toMatch(/^Not registered yet: AttestationRegistry_UnknownWorkload: Policy: /);
    expect(await (await agent.get("/metrics")).text()).toMatch(
      /^phala_worker_failures_total\{duty="attestation",error="AttestationRegistry_UnknownWorkload"\} [2-9]/m,
    );
    expect(agent.find("transaction.sent").map((line) => line["what"])).not.toContain("register");
    expect(await stateOf(worker)).toBe("None");

    machine.guest.measure({});
    await isHealthy(agent);
    expect(await stateOf(worker)).toBe("Active");
    await agent.stop();
  });

  it("attests nothing whose GPUs NVIDIA's verifier does not accept", async () => {
    const machine = await machineNamed("broken GPU");
    machine.breakGpus("exit");
    const agent = machine.start();
    const worker = await keyOf(agent);
    const failures = async (reason: RegExp) =>
      agent.until(
        String(reason),
        () => agent.find("attestation.failed").some((line) => reason.test(line.reason ?? "")) || undefined,
      );
    await failures(/no NVIDIA driver is loaded/);
    machine.breakGpus("nonce");
    await failures(/the evidence is not of this nonce/);
    machine.breakGpus("debug");
    await failures(/can be debugged/);
    expect(agent.find("transaction.sent")).toEqual([]);
    expect(await stateOf(worker)).toBe("None");
    expect((await agent.health()).health.reasons.join()).toMatch(/GpuRefusal/);
    machine.breakGpus(null);
    await isHealthy(agent);
    await agent.stop();
  });

  it("does nothing more for a worker that has left", async () => {
    const machine = await machineNamed("leaving");
    const agent = machine.start();
    const worker = await keyOf(agent);
    await isHealthy(agent);
    await compute.client.setBalance({ address: operator, value: 10n ** 20n });
    await compute.mined(compute.registry.write.requestExit([worker], compute.by(operator)));
    await agent.until("it knows", () => agent.find("worker.left")[0]);
    const sent = agent.find("transaction.sent").length;
    await compute.travel(2 * HOUR);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(agent.find("transaction.sent")).toHaveLength(sent);
    const { status, health } = await agent.health();
    expect(status).toBe(503);
    expect(health.reasons).toEqual(["The worker is Exiting: to work again, it needs a new key."]);
    await agent.stop();
  });

  it("keeps a key in a file where it is told to, and says what its payer lacks", async () => {
    const file = path.join(folder, "worker.key");
    const payerKey = keccak256(toHex("poor payer"));
    await compute.client.setBalance({ address: privateKeyToAccount(payerKey).address, value: 10n ** 20n });
    const machine = await openMachine(compute, {
      ...{ folder, name: "poor", operator, payerKey },
      settings: { key: { source: "file", file } },
    });
    machines.push(machine);
    const agent = machine.start();
    const worker = await keyOf(agent);
    const refused = await agent.until("it is refused", () => agent.find("attestation.failed")[0]);
    expect(refused).toMatchObject({ error: "ERC20InsufficientBalance" });
    expect(refused.reason).toMatch(/has 0 vPHA; 1,250 vPHA of collateral are needed/);
    await agent.stop();
    const again = machine.start();
    expect(await keyOf(again)).toBe(worker);
    await again.stop();
    for (const { output } of [agent, again]) expect(output()).not.toContain(payerKey.slice(2));
  });

  it("waits for a guest agent that is not there yet", async () => {
    const machine = await machineNamed("late");
    await machine.guest.stop();
    const agent = machine.start();
    await agent.until("it says so", () => agent.find("keys.failed")[0]);
    const { status, health } = await agent.health();
    expect([status, health.worker]).toEqual([503, null]);
    expect(health.reasons.join()).toMatch(/GuestError: dstack's guest agent/);
    expect(await agent.stop()).toBe(0);
  });

  it("ends with 2 and all that is wrong with its settings", async () => {
    const agent = runAgentProcess({ rpcUrls: "ftp://x", chainId: 0, oprator: operator }, folder);
    expect(await agent.ended).toBe(2);
    const [line] = agent.find("config.invalid");
    const problems = line?.["problems"];
    expect(Array.isArray(problems) ? problems.map((text) => String(text).split(/[ :]/)[0]).sort() : []).toEqual(
      ["chainId", "model", "operator", "oprator", "registry", "rewards", "rpcUrls"].sort(),
    );
  });
});
