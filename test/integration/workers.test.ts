/** The devnet's workers: their history, how they go on, and the keeper beside them, on a chain of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Address, erc20Abi, http } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guardianMandateAbi, slashingAbi, workerRegistryAbi, workerRewardsAbi } from "../../deploy/generated/abis.ts";
import type { Manifest } from "../../deploy/manifest.ts";
import { parametersFor } from "../../deploy/parameters/parameters.ts";
import { deploySuite } from "../../deploy/suite.ts";
import { PROPOSAL_STATES, WORKER_STATES } from "../../scripts/compute/calls.ts";
import { type HistorySummary, playHistory } from "../../scripts/devnet/activity.ts";
import { AGENT_MACHINES, startAgents } from "../../scripts/devnet/agents.ts";
import { ATTESTER, attestDemo, devnetAuthority } from "../../scripts/devnet/attestation.ts";
import { type LocalChain, chainClient, devAccount, saveChain, startChain } from "../../scripts/devnet/chain.ts";
import { WORKERS, createFleet } from "../../scripts/devnet/fleet.ts";
import { createLiveFleet } from "../../scripts/devnet/live.ts";
import { scriptWorkers } from "../../scripts/devnet/workers.ts";
import { DUTIES, createKnowledge } from "../../scripts/keeper/duties.ts";
import { type ChoreResult, keep } from "../../scripts/keeper/keeper.ts";
import { hardhat } from "../helpers/cli.ts";
import { Multisig, signingOwners } from "../../scripts/devnet/multisig.ts";

const DAY = 86_400;
const DAYS = 27;
const KEEPER = 9;
const folder = mkdtempSync(path.join(tmpdir(), "workers-"));
const manifestPath = path.join(folder, "manifest.json");
let chain: LocalChain;
let manifest: Manifest;
let summary: HistorySummary;

beforeAll(async () => {
  const past = await startChain({ timestamp: Math.floor(Date.now() / 1000) - DAYS * DAY });
  manifest = await deploySuite({
    transport: http(past.url, { retryCount: 0 }),
    parameters: parametersFor("local", "current"),
    deployer: devAccount(0),
    governance: { owners: signingOwners() },
    manifestPath,
  });
  summary = await playHistory({
    url: past.url,
    manifest,
    seed: 1,
    stakers: 5,
    transactions: 20,
    script: async (context) => {
      const multisig = await Multisig.connect(past.url, manifest.parameters.accounts.governance);
      return scriptWorkers({ ...context, url: past.url, manifest, multisig });
    },
  });
  const state = path.join(folder, "chain.json");
  await saveChain(past.url, state);
  await past.stop();
  chain = await startChain({ load: state });
}, 180_000);

afterAll(async () => {
  await chain.stop();
  rmSync(folder, { recursive: true });
});

const registry = () => ({ abi: workerRegistryAbi, address: manifest.contracts.workerRegistry }) as const;
const views = () => {
  const client = chainClient(chain.url);
  return Promise.all(
    createFleet().map(({ key }) =>
      client.readContract({ ...registry(), functionName: "workerOf", args: [key.address] }),
    ),
  );
};
const tally = async () => {
  const found: Record<string, number> = {};
  for (const { state } of await views()) {
    const name = WORKER_STATES[state] ?? "?";
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
};

describe("the history of workers", () => {
  it("has registrations, lapses, re-attestations, slashes, a switch and exits, and nothing fails", async () => {
    expect(summary.kinds).toMatchObject({
      register: WORKERS,
      "propose slash": 2,
      "rebut slash": 1,
      "reject slash": 1,
      "execute slash": 1,
      switchOff: 1,
      liftOwnSwitch: 1,
      requestExit: 3,
      finishExit: 1,
    });
    expect(summary.kinds["reattest"]).toBeGreaterThan(WORKERS);
    expect(await tally()).toEqual({ Active: WORKERS - 3, Exiting: 2, Exited: 1 });
  });

  it("leaves one slash rejected and one executed, each with its evidence", async () => {
    const client = chainClient(chain.url);
    const at = { abi: slashingAbi, address: manifest.contracts.slashing } as const;
    const events = await client.getContractEvents({ ...at, eventName: "SlashProposed", fromBlock: 0n, strict: true });
    const states = await Promise.all(
      events.map(({ args: { id } }) => client.readContract({ ...at, functionName: "stateOf", args: [id] })),
    );
    expect(states.map((state) => PROPOSAL_STATES[state])).toEqual(["Rejected", "Executed"]);
    for (const { args } of events) expect(args.evidenceUri).toMatch(/^ipfs:\/\/.+/);
  });

  it("holds the collateral of all workers, and pays no more than what came", async () => {
    const client = chainClient(chain.url);
    const sum = (await views()).reduce((total, { collateral }) => total + collateral, 0n);
    const vpha = { abi: erc20Abi, address: manifest.contracts.vpha } as const;
    const held = await client.readContract({ ...vpha, functionName: "balanceOf", args: [registry().address] });
    expect(held).toBe(sum);
    const rewards = { abi: workerRewardsAbi, address: manifest.contracts.workerRewards } as const;
    const [, , , , received, paid] = await client.readContract({ ...rewards, functionName: "totals" });
    expect(paid).toBeGreaterThan(0n);
    expect(paid).toBeLessThanOrEqual(received);
  });
});

describe("the keeper", () => {
  const knowledge = createKnowledge(0n);
  const round = (options: { isDryRun: boolean; collateral?: string | null }): Promise<ChoreResult[]> =>
    keep({
      transport: http(chain.url, { retryCount: 0 }),
      account: devAccount(KEEPER),
      contracts: manifest.contracts,
      knowledge,
      duties: DUTIES,
      collateral: devnetAuthority().collateral(dates()),
      minimum: 1n,
      ...options,
    });
  /** The authority's documents of today. */
  const dates = () => {
    const now = Math.floor(Date.now() / 1000);
    const issued = now - (now % DAY);
    const list = { thisUpdate: issued, nextUpdate: issued + 30 * DAY };
    return { issued, rootCrl: list, pckCrl: list };
  };
  /** Lets the streams grow. */
  const wait = async (seconds: number) => {
    const client = chainClient(chain.url);
    await client.increaseTime({ seconds });
    await client.mine({ blocks: 1 });
    return client;
  };
  const dutiesOf = (results: readonly ChoreResult[], result: ChoreResult["result"]) => [
    ...new Set(results.filter((each) => each.result === result).map(({ duty }) => duty)),
  ];

  it("says what is due, and sends nothing", async () => {
    const client = await wait(3_600);
    const before = await client.getBlockNumber();
    const results = await round({ isDryRun: true });
    expect(dutiesOf(results, "due")).toEqual(expect.arrayContaining(["collateral", "harvest", "pull"]));
    expect(dutiesOf(results, "failed")).toEqual([]);
    expect(await client.getBlockNumber()).toBe(before);
  });

  it("does it once; the next round finds nothing but what the blocks between have emitted", async () => {
    expect(dutiesOf(await round({ isDryRun: false }), "failed")).toEqual([]);
    const again = await round({ isDryRun: true });
    expect(again.every(({ duty }) => duty === "harvest" || duty === "pull")).toBe(true);
  });

  it("stamps workers after a decision, and forgets a switch that has lapsed", async () => {
    const client = chainClient(chain.url);
    const { timestamp } = await client.getBlock();
    const stranger: Address = "0x1234567890123456789012345678901234567890";
    await client.writeContract({
      account: devAccount(2),
      abi: guardianMandateAbi,
      address: manifest.contracts.guardianMandate,
      functionName: "switchOff",
      args: [4, `${stranger}${"0".repeat(24)}`, Number(timestamp) + 600],
    });
    expect((await views()).some(({ isStamped }) => isStamped)).toBe(false);
    expect(dutiesOf(await round({ isDryRun: false, collateral: null }), "done")).toContain("restamp");
    expect((await views()).filter(({ isStamped }) => isStamped)).toHaveLength(WORKERS - 3);

    await wait(700);
    const cleared = await round({ isDryRun: false, collateral: null });
    expect(dutiesOf(cleared, "done")).toContain("clear");
    expect(dutiesOf(await round({ isDryRun: true, collateral: null }), "due")).not.toContain("clear");
  });

  it("runs as a task, with a line of JSON for each thing that was due", async () => {
    await wait(3_600);
    const args = ["keeper", "--once", "--json", "--minimum", "0", "--duties", "pull,harvest"];
    const run = hardhat(...args, "--manifest", manifestPath, "--rpc-url", chain.url);
    expect(run.status, run.stderr).toBe(0);
    const lines = run.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as ChoreResult);
    expect(lines.map(({ duty, result }) => [duty, result])).toEqual([
      ["harvest", "done"],
      ["pull", "done"],
    ]);
    const wrong = hardhat("keeper", "--once", "--duties", "sweep", "--manifest", manifestPath);
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toMatch(/--duties: sweep is none of collateral, restamp/);
  });
});

describe("workers that go on", () => {
  it("beat, attest anew and are all Active a week later", async () => {
    await attestDemo({ url: chain.url, contracts: manifest.contracts, account: devAccount(ATTESTER) });
    const live = createLiveFleet({ url: chain.url, manifest, account: devAccount(KEEPER), machines: createFleet() });
    const first = await live();
    expect(first).toMatchObject({ workers: WORKERS - 3, heartbeats: WORKERS - 3, failures: [] });
    const client = chainClient(chain.url);
    await client.increaseTime({ seconds: 6 * DAY });
    await client.mine({ blocks: 1 });
    const later = await live();
    expect(later).toMatchObject({ heartbeats: WORKERS - 3, failures: [] });
    expect(later.reattested).toBeGreaterThan(0);
    expect(await tally()).toMatchObject({ Active: WORKERS - 3 });
  });
});

describe("workers that run the agent", () => {
  it("attest anew with the same GPUs and beat, as processes that end when they are told to", async () => {
    const client = chainClient(chain.url);
    await client.increaseTime({ seconds: 7 * DAY });
    await client.mine({ blocks: 2 });
    const machines = createFleet().filter(({ index }) => index === AGENT_MACHINES[0]);
    const [machine] = machines;
    if (machine === undefined) throw new Error("no machine has an agent");
    const { key, gpuIds } = machine;
    const read = () => client.readContract({ ...registry(), functionName: "workerOf", args: [key.address] });
    const { attestedBlock: before } = await read();
    const { agents, stop } = await startAgents({ url: chain.url, manifest, machines, folder });
    try {
      expect(agents.map(({ worker }) => worker)).toEqual([key.address]);
      const endpoint = await agents[0]?.healthy(60_000);
      const health: unknown = await (await fetch(`${endpoint}/health`)).json();
      expect(health).toMatchObject({ ok: true, worker: key.address, state: "Active", warnings: [] });
      expect((await read()).attestedBlock).toBeGreaterThan(before);
      for (const id of gpuIds) {
        const holder = await client.readContract({ ...registry(), functionName: "holderOf", args: [id] });
        expect(holder).toMatchObject([key.address, expect.anything(), true]);
      }
    } finally {
      await stop();
    }
    expect(await agents[0]?.service.ended).toBe(0);
  });
});
