/** `worker …` and `slash …` as people run them, on a chain of its own: a worker's whole life. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import hre from "hardhat";
import { type Hex, http, keccak256, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { chainReader } from "../../deploy/executors/account.ts";
import { commitOf, reportDataOf } from "../../scripts/attestation/calls.ts";
import { Refusal } from "../../scripts/attestation/refusal.ts";
import { waitForBlockAfter } from "../../scripts/attestation/submit.ts";
import { modelId, signHeartbeat, subjectHash } from "../../scripts/compute/calls.ts";
import { afterBlock } from "../../scripts/compute/perform.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { freePort } from "../../scripts/devnet/process.ts";
import { hardhat } from "../helpers/cli.ts";
import { EVIDENCE_HASH, MODELS, gpuOf } from "../helpers/compute.ts";
import { type LocalCompute, startLocalCompute } from "../helpers/localCompute.ts";
import { units } from "../helpers/suite.ts";

const HOUR = 3_600;
const DAY = 86_400;
const operator = devAccount(9).address;
const stranger = devAccount(8).address;
const machine = privateKeyToAccount(keccak256(toHex("machine of tasks")));
const subject = { operator, model: modelId("H100"), gpuIds: [gpuOf("tasks")], evidenceHash: EVIDENCE_HASH };
const folder = mkdtempSync(path.join(tmpdir(), "worker-tasks-"));
let compute: LocalCompute;

const write = (name: string, content: string | Uint8Array): string => {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
};

type Contract = "registry" | "rewards" | "slashing";

interface Answer {
  readonly code: number | null;
  readonly out: Readonly<Record<string, unknown>>;
}

function readAnswer(code: number | null, text: string): Answer {
  const out: unknown = JSON.parse(text);
  if (typeof out !== "object" || out === null) throw new Error(`no JSON object: ${text}`);
  return { code, out: { ...out } };
}

const optionsOf = (contract: Contract, options: readonly string[]): string[] => [
  ...["--rpc-url", compute.chain.url, `--${contract}`, compute[contract].address, "--json"],
  ...options,
];

/** Runs a task with `--json` in this process, as starting Hardhat takes seconds each time; the code is what Hardhat would exit with. */
async function run(name: string, contract: Contract, ...options: string[]): Promise<Answer> {
  const words = optionsOf(contract, options);
  const values: Record<string, string | boolean> = {};
  for (const [i, word] of words.entries()) {
    if (!word.startsWith("--")) continue;
    const next = words[i + 1];
    const option = word.slice(2).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    values[option] = next === undefined || next.startsWith("--") ? true : next;
  }
  const printed = vi.spyOn(console, "log").mockImplementation(() => undefined);
  try {
    const result: unknown = await hre.tasks.getTask(name.split(" ")).run(values);
    const isDone = typeof result === "object" && result !== null && Reflect.get(result, "success") === true;
    return readAnswer(isDone ? 0 : 1, String(printed.mock.calls.at(-1)?.[0]));
  } finally {
    printed.mockRestore();
  }
}

/** The same as people run it. */
function runCommand(name: string, contract: Contract, ...options: string[]): Answer {
  const { status, stdout } = hardhat(...name.split(" "), ...optionsOf(contract, options));
  return readAnswer(status, stdout);
}

/** Expects a refusal by `error` with a reason like this, and exit code 1. */
function expectRefused({ code, out }: Answer, error: string, reason: RegExp): void {
  expect(out).toMatchObject({ ok: false, error });
  expect(out["reason"]).toMatch(reason);
  expect(code).toBe(1);
}

function expectDone({ code, out }: Answer, like: object): void {
  expect(out["reason"]).toBeUndefined();
  expect(out).toMatchObject({ ok: true, ...like });
  expect(code).toBe(0);
}

/** Options for a quote of the machine by the last block. */
async function quoted(): Promise<string[]> {
  const { number: blockNumber, hash: blockHash } = await compute.client.getBlock();
  const registry = compute.attestation.address;
  const commit = commitOf({ chainId: 31_337, registry, subject: subjectHash(subject), blockNumber, blockHash });
  const raw = compute.platform.quote({ measurements: { reportData: reportDataOf(machine.address, commit) } });
  return [
    ...["--quote", write("quote", raw), "--block", String(blockNumber), "--operator", operator],
    ...["--model", "H100", "--gpus", subject.gpuIds.join(), "--evidence", EVIDENCE_HASH],
  ];
}

const nonceOf = (address: Hex) => compute.client.getTransactionCount({ address });
const viewOf = () => compute.registry.read.workerOf([machine.address]);

beforeAll(async () => {
  compute = await startLocalCompute();
  await compute.fund(operator, units(5_000));
  await compute.fund(stranger, 1n);
});

afterAll(async () => {
  await compute.chain.stop();
  rmSync(folder, { recursive: true });
});

describe("the tasks of workers and slashes", () => {
  it("register a worker: tried first, with the approval that it needs; then attest it anew", async () => {
    const before = await nonceOf(operator);
    const options = [...(await quoted()), "--from", operator];
    expectDone(await run("worker register", "registry", ...options, "--dry-run"), {
      ...{ dryRun: true, transaction: null, worker: machine.address, action: "register", form: "full" },
      collateral: String(MODELS.H100.collateral),
    });
    expectRefused(
      runCommand("worker register", "registry", ...options, "--dry-run", "--collateral", "1249.5"),
      "WorkerRegistry_InsufficientCollateral",
      /^1,249\.5 vPHA of collateral: the GPUs need 1,250 vPHA\.$/,
    );
    const poor = [...(await quoted()), "--from", stranger, "--dry-run"];
    expectRefused(
      await run("worker register", "registry", ...poor),
      "ERC20InsufficientBalance",
      /1,250 vPHA of collateral/,
    );
    expect(await nonceOf(operator)).toBe(before);

    expectDone(await run("worker register", "registry", ...(await quoted()), "--from", operator), {
      action: "register",
    });
    expect(await viewOf()).toMatchObject({ operator, collateral: MODELS.H100.collateral });
    const again = await run("worker register", "registry", ...(await quoted()));
    expectDone(again, { action: "reattest", form: "short", collateral: "0" });
    expect((await viewOf()).collateral).toBe(MODELS.H100.collateral);
  });

  it("try a quote of the last block again, also if the next block has come since it was not known", async () => {
    const transport = http(compute.chain.url);
    const blockNumber = await compute.client.getBlockNumber();
    let tries = 0;
    const known = await afterBlock(transport, blockNumber, async () => {
      if (++tries > 1) return compute.client.getBlockNumber();
      expect(await waitForBlockAfter(chainReader(transport), blockNumber)).toBe(true);
      throw new Refusal("AttestationRegistry_UnknownBlock", "the last block's hash is not known in the last block");
    });
    expect(tries).toBe(2);
    expect(known).toBeGreaterThan(blockNumber);
  });

  it("send heartbeats that workers have signed, and say what became of each", async () => {
    const block = await compute.client.getBlock();
    const context = {
      chainId: 31_337,
      rewards: compute.rewards.address,
      blockNumber: block.number,
      blockHash: block.hash,
    };
    const signature = await signHeartbeat(machine, context);
    const blockNumber = Number(block.number);
    const signed = [
      { worker: machine.address, blockNumber, signature },
      { worker: stranger, blockNumber, signature },
    ];
    const file = write("heartbeats.json", JSON.stringify(signed));
    const results = [
      { worker: machine.address, result: "Granted" },
      { worker: stranger, result: "BadSignature" },
    ];
    const tried = await run("worker heartbeat", "rewards", "--signed", file, "--dry-run");
    expectDone(tried, { batches: [{ dryRun: true, blockNumber, results }] });
    expectDone(await run("worker heartbeat", "rewards", "--signed", file), { batches: [{ dryRun: false, results }] });
    expectRefused(
      runCommand("worker heartbeat", "rewards", "--signed", file),
      "WorkerRewards_NothingGranted",
      /already\.$/,
    );
    // The same from an agent's endpoint; one without anything to send is left out.
    const next = await compute.client.getBlock();
    const again = { ...context, blockNumber: next.number, blockHash: next.hash };
    const fresh = {
      worker: machine.address,
      blockNumber: Number(next.number),
      signature: await signHeartbeat(machine, again),
    };
    const server = createServer((request, response) => {
      response.statusCode = request.url === "/heartbeat" ? 200 : 404;
      response.end(JSON.stringify(fresh));
    });
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${port}`;
    expectDone(await run("worker heartbeat", "rewards", "--agents", `${url},${url}/idle`), {
      batches: [{ blockNumber: fresh.blockNumber, results: [results[0]] }],
    });
    const idle = await run("worker heartbeat", "rewards", "--agents", `${url}/idle`);
    expectRefused(idle, "InvalidInput", /no heartbeats to send/);
    await new Promise((resolve) => server.close(resolve));

    const other = write("other.json", `{ "worker": "${operator}" }`);
    expectRefused(await run("worker heartbeat", "rewards", "--signed", other), "InvalidInput", /holds no heartbeats/);
  });

  it("show a worker, and claim what it has earned", async () => {
    const claim = ["--workers", machine.address, "--from", operator];
    const none = await run("worker claim", "rewards", ...claim);
    expectRefused(none, "WorkerRewards_NothingToClaim", /nothing to claim/);
    await compute.travel(3 * HOUR);
    const rewards = ["--rewards", compute.rewards.address];
    const { out } = await run("worker status", "registry", ...rewards, "--worker", machine.address);
    expect(out).toMatchObject({
      ok: true,
      state: "Active",
      lapse: "None",
      operator,
      model: "H100",
      gpus: 1,
      weight: 1,
    });
    const earned = BigInt(String(out["rewards"]));
    expect(earned).toBe(await compute.rewards.read.rewardsOf([machine.address]));
    expect(earned).toBeGreaterThan(0n);
    expectRefused(
      await run("worker claim", "rewards", "--workers", machine.address, "--from", stranger, "--dry-run"),
      "WorkerRewards_NotOperator",
      /is not the operator of/,
    );
    const tried = runCommand("worker claim", "rewards", ...claim, "--receiver", stranger, "--dry-run");
    expectDone(tried, { dryRun: true, assets: String(earned) });
    const before = await compute.vpha.read.balanceOf([stranger]);
    const paid = await run("worker claim", "rewards", ...claim, "--receiver", stranger);
    expectDone(paid, { assets: String(earned), receiver: stranger });
    expect((await compute.vpha.read.balanceOf([stranger])) - before).toBe(BigInt(String(paid.out["shares"])));
    const { status, stdout } = hardhat(
      ...["worker", "status", "--rpc-url", compute.chain.url, "--registry", compute.registry.address, ...rewards],
      ...["--worker", machine.address],
    );
    expect(stdout).toMatch(/^collateral +1,250 vPHA of 1,250 vPHA required$/m);
    expect(status).toBe(0);
  });

  it("move collateral: add, withdraw what is not required, take it back", async () => {
    const collateral = (what: "add" | "withdraw", ...options: string[]) =>
      run(`worker collateral ${what}`, "registry", "--worker", machine.address, "--from", operator, ...options);
    expectDone(await collateral("add", "--amount", "750", "--dry-run"), { dryRun: true });
    expectDone(await collateral("add", "--amount", "750"), { amount: String(units(750)) });
    expect((await viewOf()).collateral).toBe(units(2_000));
    expectRefused(
      await collateral("withdraw", "--amount", "751"),
      "WorkerRegistry_ExceedsSurplus",
      /more than 750 vPHA/,
    );
    expectDone(await collateral("withdraw", "--amount", "500"), { action: "withdraw" });
    expectRefused(await collateral("withdraw"), "WorkerRegistry_Thawing", /thaws until \d{4}-/);
    expectDone(await collateral("withdraw", "--cancel"), { action: "cancelWithdrawal" });
    expect((await viewOf()).thawing).toBe(0n);
  });

  it("propose slashes, contradict them, end them and carry them out", async () => {
    const { slasher, governance, treasury } = compute.accounts;
    const evidence = write("evidence.txt", "what happened");
    /** Two that say the same within a second would be one proposal. */
    const propose = async (amount: string, ...options: string[]) => {
      const faultAt = String((await compute.client.getBlock()).timestamp - 60n);
      const fault = ["--worker", machine.address, "--fault", "misreporting", "--amount", amount, "--fault-at", faultAt];
      return run("slash propose", "slashing", ...fault, "--evidence", evidence, "--uri", "ipfs://evidence", ...options);
    };
    const decide = (name: string, id: unknown, ...options: string[]) =>
      run(`slash ${name}`, "slashing", "--proposal", String(id), ...options);

    expectRefused(await propose("100", "--from", operator, "--dry-run"), "Slashing_NotSlasher", /is not the slasher/);
    expectRefused(
      await propose("100", "--from", slasher, "--bounty", "11"),
      "Slashing_InvalidBounty",
      /at most 10 vPHA/,
    );
    const tried = await propose("90", "--from", slasher, "--dry-run");
    expectDone(tried, { dryRun: true });
    expectRefused(await decide("execute", tried.out["id"]), "InvalidInput", /There is no proposal/);
    const first = await propose("110", "--from", slasher);
    expectDone(first, { proposal: { worker: machine.address, evidenceHash: keccak256(toHex("what happened")) } });

    const rebuttal = ["--rebuttal", write("rebuttal.txt", "it did not"), "--uri", "ipfs://rebuttal"];
    expectRefused(
      await decide("rebut", first.out["id"], ...rebuttal, "--from", slasher),
      "Slashing_NotOperator",
      /operator/,
    );
    expectDone(await decide("rebut", first.out["id"], ...rebuttal, "--from", operator), { state: "Rebutted" });
    expectRefused(await decide("reject", first.out["id"], "--from", operator), "Slashing_NotJudge", /is not the judge/);
    expectDone(await decide("reject", first.out["id"], "--from", governance), { state: "Rejected" });

    const second = await propose("120", "--from", slasher);
    expectDone(await decide("withdraw", second.out["id"], "--from", slasher), { state: "Withdrawn" });
    const third = await propose("100", "--from", slasher);
    expectRefused(
      runCommand("slash execute", "slashing", "--proposal", String(third.out["id"]), "--dry-run"),
      "Slashing_TooEarly",
      /can be executed from \d{4}-/,
    );
    await compute.travel(7 * DAY);
    const before = await compute.vpha.read.balanceOf([treasury]);
    expectDone(await decide("execute", third.out["id"], "--dry-run"), { dryRun: true, state: "Open" });
    expectDone(await decide("execute", third.out["id"]), { state: "Executed" });
    expect((await compute.vpha.read.balanceOf([treasury])) - before).toBe(units(100));
  });

  it("let a worker leave: requested, thawed, paid", async () => {
    const exit = (...options: string[]) => run("worker exit", "registry", "--worker", machine.address, ...options);
    expectRefused(await exit("--from", stranger), "WorkerRegistry_NotOperator", /is not the worker's operator/);
    expectRefused(
      runCommand("worker exit", "registry", "--worker", machine.address, "--from", machine.address),
      "InvalidInput",
      /is no account of this network/,
    );
    expectDone(await exit("--from", operator, "--dry-run"), { action: "requestExit", dryRun: true, exitAt: null });
    expectDone(await exit("--from", operator), { action: "requestExit" });
    expectRefused(await exit("--from", operator), "WorkerRegistry_Thawing", /thaws until/);
    await compute.travel(21 * DAY);
    const before = await compute.vpha.read.balanceOf([stranger]);
    expectDone(await exit("--from", operator, "--receiver", stranger), {
      action: "finishExit",
      paid: String(units(1_900)),
    });
    expect((await compute.vpha.read.balanceOf([stranger])) - before).toBe(units(1_900));
  });

  it("name what is missing or wrong among the options", async () => {
    expectRefused(await run("worker exit", "registry"), "InvalidInput", /--worker/);
    const amount = ["--worker", operator, "--amount", "1,000"];
    expectRefused(
      await run("worker collateral add", "registry", ...amount),
      "InvalidInput",
      /--amount has to be an amount/,
    );
    expectRefused(
      runCommand("slash propose", "slashing", "--worker", operator, "--fault", "x"),
      "InvalidInput",
      /Unavailability/,
    );
    const { status, stderr } = hardhat("slash", "execute", "--proposal", "0x01");
    expect(stderr).toMatch(/^Error: InvalidInput: --proposal has to be 32 bytes/m);
    expect(status).toBe(1);
  });
});
