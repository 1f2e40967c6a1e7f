/** What governance decides: scheduled and executed by a real Safe, built to the byte, compared with what it changed. */
import { type Hex, encodeFunctionData, parseEther, zeroHash } from "viem";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { accountExecutor, chainReader } from "../../deploy/executors/account.ts";
import { emissionVaultAbi, phaAbi, phalaAuthorityAbi, workerRegistryAbi } from "../../deploy/generated/abis.ts";
import { deploymentCalls, planSuite } from "../../deploy/modules/suite.ts";
import { modelOf } from "../../deploy/parameters/compute.ts";
import {
  checksumOf,
  readTransactionBuilderFile,
  transactionBuilderFile,
} from "../../deploy/safe/transactionBuilder.ts";
import { genesisTask } from "../../deploy/tasks/0001-genesis/task.ts";
import { catalogChange } from "../../deploy/tasks/0002-catalog-change/task.ts";
import { attestationPolicy } from "../../deploy/tasks/0003-attestation-policy/task.ts";
import { replaceWorkersSink } from "../../deploy/tasks/0004-replace-workers-sink/task.ts";
import { executeCall, scheduleCall } from "../../deploy/tasks/batches.ts";
import { buildTask } from "../../deploy/tasks/build.ts";
import { callTree } from "../../deploy/tasks/decode.ts";
import { type PrestateDiff, findings } from "../../deploy/tasks/diff.ts";
import { formatDiff, formatSimulation, formatTask, jsonTask } from "../../deploy/tasks/report.ts";
import { simulateTask } from "../../deploy/tasks/simulate.ts";
import { readTask } from "../../deploy/tasks/status.ts";
import { storageRanges } from "../../deploy/tasks/storage.ts";
import { TASK_NAMES, loadTask } from "../../deploy/tasks/tasks.ts";
import type { Task } from "../../deploy/tasks/task.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { type Chain, createChain } from "../helpers/chain.ts";
import { CONTEXT, DEPLOYER, OWNERS, deployUnderSafe, sendBatch } from "../helpers/safe.ts";

const DAY = 86_400;
const { parameters, contracts } = CONTEXT;

/** The workers' next sink: the same contract with another ceiling. */
const nextRewards = planSuite({ ...parameters, compute: { ...parameters.compute, ceiling: "8" } });
const sink = nextRewards.contracts.workerRewards;

const [workload] = parameters.attestation.workloads;
if (workload === undefined) throw new Error("the local parameters have a workload");
const nextWorkload = { image: { ...workload.image, mrTd: `0x${"ab".repeat(48)}` }, shapes: workload.shapes };

const catalog = () =>
  catalogChange({
    models: [
      { name: "H100", collateral: "1500", weight: 100 },
      { name: "B300", collateral: "2500", weight: 200 },
      { name: "GB300", collateral: "3000", weight: 220 },
    ],
  });
const policy = () =>
  attestationPolicy({
    floors: { minTcbDate: "2025-05-14", minQeIsvSvn: 8, allowedStatuses: ["UpToDate"] },
    workloads: [nextWorkload],
  });
const replaceSink = () => replaceWorkersSink({ sink });

let chain: Chain;
let genesis: Awaited<ReturnType<typeof simulate>>;
let genesisFiles: Awaited<ReturnType<typeof build>>;
let snapshot: Hex;

const reader = () => chainReader(chain.transport);
const build = (task: Task) => buildTask(reader(), task, CONTEXT);
const status = (task: Task) => readTask(reader(), task, CONTEXT);
const states = async (task: Task) => (await status(task)).operations.map(({ state }) => state);
const simulate = (task: Task, options: Partial<Parameters<typeof simulateTask>[0]> = {}) =>
  simulateTask({ transport: chain.transport, task, context: CONTEXT, owners: OWNERS, ...options });
const pass = async (seconds: number) => {
  await chain.clock.increaseTime({ seconds });
  await chain.clock.mine({ blocks: 1 });
};

beforeAll(async () => {
  chain = await createChain();
  await deployUnderSafe(chain, { owners: null });
  genesisFiles = await build(genesisTask({}));
  genesis = await simulate(genesisTask({}));
  const rewards = nextRewards.deployments.filter(({ name }) => name === "workerRewards");
  await accountExecutor({
    transport: chain.transport,
    account: DEPLOYER,
    chainId: parameters.network.chainId,
    blockNumber: await chain.publicClient.getBlockNumber(),
  }).execute(deploymentCalls({ ...nextRewards, deployments: rewards }, () => false));
});
beforeEach(async () => {
  snapshot = await chain.clock.snapshot();
});
afterEach(async () => {
  await chain.clock.revert({ id: snapshot });
});

describe("genesis", () => {
  it("is one batch without a schedule, and changes nothing but the suite", async () => {
    expect(Object.keys(genesisFiles).sort()).toEqual(["VALIDATION.md", "execute.json"]);
    expect(genesisFiles["VALIDATION.md"]).toContain("phalaAuthority.seal");
    expect(genesis.isSignedByOwners).toBe(true);
    expect(genesis.batches.map(({ name, findings }) => ({ name, findings }))).toEqual([
      { name: "execute", findings: [] },
    ]);
    expect(genesis.batches[0]?.gasUsed).toBeLessThan(16_777_216n);
    expect(genesis.status.operations).toEqual([]);
    expect(formatTask(await status(genesisTask({})))).toContain("nothing is left to do");
    await expect(build(genesisTask({}))).rejects.toThrow(/nothing is left to do/);
  });
});

describe.each([
  ["0002-catalog-change", catalog, 7],
  ["0003-attestation-policy", policy, 7],
  ["0004-replace-workers-sink", replaceSink, 52],
])("%s", (name, make, days) => {
  it("is scheduled and executed by the Safe, after its class's delay, with exactly the changes it names", async () => {
    const task = make();
    expect(task.name).toBe(name);
    const { isSignedByOwners, batches, status: after } = await simulate(task);
    expect(isSignedByOwners).toBe(true);
    expect(batches.map((batch) => batch.name)).toEqual(["schedule", "execute"]);
    expect(batches.flatMap(({ findings }) => findings)).toEqual([]);
    const [scheduled, executed] = batches;
    expect(Number((executed?.timestamp ?? 0n) - (scheduled?.timestamp ?? 0n))).toBeGreaterThanOrEqual(days * DAY);
    expect(Number((executed?.timestamp ?? 0n) - (scheduled?.timestamp ?? 0n))).toBeLessThan(days * DAY + 60);
    expect(after.operations.map(({ state, operation }) => [state, operation.isInEffect])).toEqual(
      after.operations.map(() => ["executed", true]),
    );
    await expect(build(task)).rejects.toThrow(/nothing is left to do/);
  });

  it("is built byte for byte alike, from the state of the chain and the parameters alone", async () => {
    const first = await build(make());
    await pass(100);
    expect(await build(make())).toEqual(first);
    expect(Object.keys(first).sort()).toEqual(["VALIDATION.md", "execute.json", "schedule.json"]);
    expect(first["VALIDATION.md"]).toContain(`${days} days after it is scheduled | ${days + 14} days after`);
    for (const file of ["schedule.json", "execute.json"] as const) {
      const content = JSON.parse(first[file] ?? "") as { meta: { checksum: Hex } };
      expect(content.meta.checksum).toBe(checksumOf(content));
      expect(first[file]).not.toMatch(/20\d\d-\d\d/);
    }
  });
});

describe("status", () => {
  const task = catalog();

  it("follows an operation from nothing to its execution", async () => {
    expect(await states(task)).toEqual(["unscheduled", "unscheduled", "unscheduled"]);
    await sendBatch(chain, task, "schedule");
    const scheduled = await status(task);
    expect(await states(task)).toEqual(["scheduled", "scheduled", "scheduled"]);
    const [first] = scheduled.operations;
    expect(first?.readyAt).toBe(Number(scheduled.block.timestamp) + 7 * DAY);
    expect(first?.expiresAt).toBe(Number(scheduled.block.timestamp) + 21 * DAY);
    expect(formatTask(scheduled)).toMatch(/scheduled, ready at 20/);
    expect(JSON.parse(JSON.stringify(jsonTask(scheduled)))).toMatchObject({
      task: "0002-catalog-change",
      window: 14 * DAY,
    });
    await expect(sendBatch(chain, task, "execute")).rejects.toThrow(/AccessManagerNotReady/);
    await pass(7 * DAY);
    expect(await states(task)).toEqual(["ready", "ready", "ready"]);
    await sendBatch(chain, task, "execute");
    expect(await states(task)).toEqual(["executed", "executed", "executed"]);
    expect(await sendBatch(chain, task, "execute")).toBe(false);
  });

  it("an operation that nobody executed expires, is refused, and can be scheduled again", async () => {
    await sendBatch(chain, task, "schedule");
    await pass(21 * DAY);
    expect(await states(task)).toEqual(["expired", "expired", "expired"]);
    expect(formatTask(await status(task))).toMatch(/^expired at 20/m);
    await expect(sendBatch(chain, task, "execute")).rejects.toThrow(/AccessManagerExpired/);
    expect(Object.keys(await build(task))).toContain("schedule.json");
    await sendBatch(chain, task, "schedule");
    await pass(7 * DAY);
    await sendBatch(chain, task, "execute");
    expect(await states(task)).toEqual(["executed", "executed", "executed"]);
  });

  it("says what was cancelled", async () => {
    await sendBatch(chain, task, "schedule");
    const [first] = (await status(task)).operations;
    if (first === undefined) throw new Error("the task has operations");
    const { to, data } = first.operation.call;
    const cancelling: Task = {
      ...task,
      isDelayed: false,
      read: () => Promise.resolve(undefined),
      operations: () => [
        {
          call: {
            to: contracts.phalaAuthority,
            value: 0n,
            data: encodeFunctionData({
              abi: phalaAuthorityAbi,
              functionName: "cancel",
              args: [parameters.accounts.governance, to, data],
            }),
            description: "cancel",
          },
          changes: [],
          isInEffect: false,
        },
      ],
    };
    await sendBatch(chain, cancelling, "execute");
    expect(await states(task)).toEqual(["cancelled", "scheduled", "scheduled"]);
  });
});

describe("a task whose runner dies between scheduling and executing", () => {
  it("goes on where it was: nothing is scheduled twice, and the files say what is left", async () => {
    const task = catalog();
    await sendBatch(chain, task, "schedule");
    expect(await sendBatch(chain, task, "schedule")).toBe(false);
    expect(Object.keys(await build(task)).sort()).toEqual(["VALIDATION.md", "execute.json"]);
    const { batches, status: after } = await simulate(task);
    expect(batches.map(({ name, findings }) => ({ name, findings }))).toEqual([{ name: "execute", findings: [] }]);
    expect(after.operations.every(({ operation }) => operation.isInEffect)).toBe(true);
  });

  it("executes what somebody else has left of it", async () => {
    const task = catalog();
    await sendBatch(chain, task, "schedule");
    await pass(7 * DAY);
    const [, second] = (await status(task)).operations;
    if (second === undefined) throw new Error("the task has operations");
    const only: Task = { ...task, read: () => Promise.resolve(undefined), operations: () => [second.operation] };
    await sendBatch(chain, only, "execute");
    expect(await states(task)).toEqual(["ready", "executed", "ready"]);
    await sendBatch(chain, task, "execute");
    expect((await status(task)).operations.every(({ operation }) => operation.isInEffect)).toBe(true);
  });
});

describe("diff", () => {
  const allFindings = async (task: Task, options: Parameters<typeof simulate>[1] = {}) =>
    (await simulate(task, options)).batches.flatMap(({ findings }) => findings);

  /** The task, with operations that `change` makes of its own. */
  const tampered = <State>(
    task: Task<State>,
    change: (operations: ReturnType<Task["operations"]>) => ReturnType<Task["operations"]>,
  ): Task<State> => ({ ...task, operations: (state, context) => change(task.operations(state, context)) });

  /** The batches that the files of `task` hold. */
  const batchesFor = async (task: Task) => {
    const operations = (await status(task)).operations.map(({ operation }) => operation);
    return {
      schedule: operations.map((operation) => scheduleCall(operation, CONTEXT)),
      execute: operations.map((operation) => executeCall(operation, CONTEXT)),
    };
  };

  it("fails on another value than the one that was announced", async () => {
    const [id] = modelOf({ name: "H100", collateral: "1500", weight: 100 });
    const data = encodeFunctionData({
      abi: workerRegistryAbi,
      functionName: "setModel",
      args: [id, parseEther("1500"), 150],
    });
    const found = await allFindings(
      tampered(catalog(), ([first, ...others]) =>
        first === undefined ? [] : [{ ...first, call: { ...first.call, data } }, ...others],
      ),
    );
    expect(found).toEqual([
      expect.stringMatching(/^workerRegistry\._models\[0x48313030\w+\]\.weight became 150 instead of 100$/),
    ]);
  });

  it("fails on a call that the task does not name, and on a change that does not happen", async () => {
    const catalogTask = catalog();
    const { operations } = await status(policy());
    const [stowaway] = operations;
    if (stowaway === undefined) throw new Error("the task has an operation");
    const found = await allFindings(tampered(catalogTask, (own) => [...own, { ...stowaway.operation, changes: [] }]));
    expect(found).toEqual([
      expect.stringMatching(/^0x\w+, slot 0x0+1: 0x\w+ became 0x\w+, which nothing accounts for$/),
    ]);
    expect(found[0]).toContain(contracts.attestationRegistry);
  });

  it("fails on what was announced and does not happen", async () => {
    const catalogTask = catalog();

    const { schedule, execute } = await batchesFor(catalogTask);
    const without = await allFindings(catalogTask, { batches: { schedule, execute: execute.slice(0, 2) } });
    expect(without).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^call 3 is missing: execute: list the model GB300/),
        expect.stringMatching(/_modelNames\.length|_modelNames\[4\] did not change/),
      ]),
    );
  });

  it("fails on calls in another order", async () => {
    const task = catalog();
    const { schedule, execute } = await batchesFor(task);
    const [first, second, ...others] = execute;
    if (first === undefined || second === undefined) throw new Error("the task has operations");
    expect(await allFindings(task, { batches: { schedule, execute: [second, first, ...others] } })).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^call 1 is not the task's own, execute: list the model H100.*: execute: list the .* B300/,
        ),
        expect.stringMatching(/^call 2 is not the task's own/),
      ]),
    );
  });

  it("fails on a call beside the task's own, though it changes nothing", async () => {
    const task = catalog();
    const { schedule, execute } = await batchesFor(task);
    const data = encodeFunctionData({ abi: phalaAuthorityAbi, functionName: "expiration" });
    const view = { to: contracts.phalaAuthority, value: 0n, data, description: "look" };
    expect(await allFindings(task, { batches: { schedule, execute: [...execute, view] } })).toEqual([
      "call 4 is none of the task's: look",
    ]);
  });

  it("refuses files that hold another batch than those that are left, or not all of them", async () => {
    const task = catalog();
    const batches = await batchesFor(task);
    await expect(simulate(task, { batches: { execute: batches.execute } })).rejects.toThrow(
      /holds execute\.json, but what is left of 0002-catalog-change is schedule\.json and execute\.json/,
    );
    await sendBatch(chain, task, "schedule");
    await expect(simulate(task, { batches })).rejects.toThrow(
      /but what is left of 0002-catalog-change is execute\.json:/,
    );
    await expect(simulate(genesisTask({}), { batches })).rejects.toThrow(/what is left of 0001-genesis is nothing/);
  });

  it("fails on a stowaway in genesis, where any storage of the suite may change", async () => {
    const fresh = await createChain();
    await deployUnderSafe(fresh, { owners: null });
    const task = genesisTask({});
    const own = (await readTask(chainReader(fresh.transport), task, CONTEXT)).operations.map(
      ({ operation }) => operation.call,
    );
    const data = encodeFunctionData({ abi: phaAbi, functionName: "approve", args: [DEPLOYER.address, 1n] });
    const stowaway = { to: contracts.pha, value: 0n, data, description: "a stowaway" };
    const { batches } = await simulateTask({
      transport: fresh.transport,
      task,
      context: CONTEXT,
      owners: OWNERS,
      batches: { execute: [...own, stowaway] },
    });
    expect(batches.flatMap(({ findings }) => findings)).toEqual([
      `call ${own.length + 1} is none of the task's: a stowaway`,
    ]);
  });

  it("fails on files that were changed after they were built", async () => {
    const task = replaceSink();
    const files = await build(task);
    const expected = { chainId: parameters.network.chainId, safe: parameters.accounts.governance };
    const changed = (name: "schedule.json" | "execute.json", repair: boolean) => {
      const content = JSON.parse(
        (files[name] ?? "").replaceAll(sink.slice(2).toLowerCase(), devAccount(9).address.slice(2).toLowerCase()),
      ) as { meta: { checksum: Hex } };
      const meta = repair ? { ...content.meta, checksum: checksumOf(content) } : content.meta;
      return readTransactionBuilderFile({ ...content, meta }, expected);
    };
    expect(() => changed("schedule.json", false)).toThrow(/meta\.checksum: is not that of the batch/);
    const found = await allFindings(task, {
      batches: { schedule: changed("schedule.json", true), execute: changed("execute.json", true) },
    });
    expect(found.join("\n")).toMatch(/phalaAuthority\._schedules\[0x\w+\]\.timepoint did not change/);
    expect(found.join("\n")).toMatch(/emissionVault\._streams\[1\]\.sink became 0x\w+ instead of 0x\w+/);
  });

  it("fails on what no task may do: code, balances, nonces, another contract's storage", () => {
    const [payer, miner, other] = [devAccount(1).address, devAccount(2).address, devAccount(3).address];
    const found = (pre: PrestateDiff["pre"], post: PrestateDiff["post"]) =>
      findings({ pre, post }, [], { payer, miner });
    expect(
      found(
        { [payer]: { balance: "0x2", nonce: 1 }, [miner]: { balance: "0x0" } },
        { [payer]: { balance: "0x1", nonce: 2 }, [miner]: { balance: "0x1" } },
      ),
    ).toEqual([]);
    expect(found({}, { [other]: { code: "0x00" } })).toEqual([`${other}: its code changed`]);
    expect(found({ [payer]: {} }, { [payer]: { code: "0xef" } })).toEqual([`${payer}: its code changed`]);
    expect(found({ [other]: { balance: "0x2" } }, { [other]: { balance: "0x1" } })).toEqual([
      `${other}: its balance changed`,
    ]);
    expect(found({ [other]: { nonce: 1 } }, { [other]: { nonce: 2 } })).toEqual([`${other}: its nonce changed`]);
    // A slot that becomes zero stands in `pre` alone, and one that was zero in `post` alone.
    expect(found({ [other]: { storage: { "0x1": "0x5" } } }, {})).toEqual([expect.stringContaining("0005 became 0x0")]);
    expect(found({}, { [other]: { storage: { "0x1": "0x5" } } })).toEqual([expect.stringContaining("0000 became 0x0")]);
  });

  it("names what changed, and who signed", async () => {
    const simulation = await simulate(replaceSink());
    expect(formatDiff(simulation)).toContain("emissionVault._streams[1].sink");
    expect(formatSimulation(simulation)).toContain("signed by owners of the Safe");
  });

  it("without the owners' keys, throw-away owners sign, and it says so", async () => {
    const simulation = await simulate(catalog(), { owners: OWNERS.slice(0, 2) });
    expect(simulation.isSignedByOwners).toBe(false);
    expect(simulation.batches.flatMap(({ findings }) => findings)).toEqual([]);
    expect(formatSimulation(simulation)).toMatch(/^NOT SIGNED BY OWNERS/);
  });
});

it("calls are decoded with what is beside their arguments", () => {
  const data = encodeFunctionData({
    abi: emissionVaultAbi,
    functionName: "replaceSink",
    args: [1, devAccount(9).address],
  });
  const head = (bytes: Hex) => callTree(contracts, { to: contracts.emissionVault, value: 0n, data: bytes })[0];
  expect(head(data)).toBe(`emissionVault.replaceSink (${contracts.emissionVault})`);
  expect(head(`${data}c0ffee`)).toBe(`emissionVault.replaceSink (${contracts.emissionVault}) with 3 further bytes`);
  const schedule = { abi: phalaAuthorityAbi, functionName: "schedule" } as const;
  const nested = encodeFunctionData({ ...schedule, args: [contracts.emissionVault, `${data}00`, 0] });
  expect(callTree(contracts, { to: contracts.phalaAuthority, value: 0n, data: nested }).join("\n")).toMatch(
    /replaceSink \(0x\w+\) with 1 further byte$/m,
  );
});

it("the Transaction Builder's checksum is of everything but the name", () => {
  const batch = { chainId: 1, safe: devAccount(0).address, name: "one", description: "" };
  const call = { to: devAccount(1).address, value: 5n, data: "0x1234", description: "" } as const;
  const file = transactionBuilderFile(batch, [call]);
  expect(file.meta.checksum).toBe("0xc4e26d8560151bf51c596fa2fa71cd231b1d8d5aadf436575538194c61cc91a7");
  expect(transactionBuilderFile({ ...batch, name: "other" }, [call]).meta.checksum).toBe(file.meta.checksum);
  expect(transactionBuilderFile(batch, [{ ...call, value: 6n }]).meta.checksum).not.toBe(file.meta.checksum);
  expect(readTransactionBuilderFile(file, batch)).toMatchObject([{ to: call.to, value: 5n, data: "0x1234" }]);
  expect(() => readTransactionBuilderFile(file, { ...batch, chainId: 2 })).toThrow(/chainId: must be "2"/);
  expect(() => readTransactionBuilderFile(file, { ...batch, safe: call.to })).toThrow(
    /createdFromSafeAddress: must be/,
  );
});

describe("tasks and their parameters", () => {
  it("are found by name or number, with the parameters beside them", () => {
    expect(TASK_NAMES).toHaveLength(4);
    expect(loadTask("0002").name).toBe("0002-catalog-change");
    expect(loadTask("0003-attestation-policy").name).toBe("0003-attestation-policy");
    expect(() => loadTask("0009")).toThrow(/0009 is no task: there are 0001-genesis, /);
    expect(() => loadTask("0004")).toThrow(/parameters\.json: sink: must be an address/);
    expect(() => loadTask("0002", "nowhere.json")).toThrow(/nowhere\.json: there are no such parameters/);
  });

  it("operations whose windows do not meet are refused", async () => {
    const [first] = (await status(catalog())).operations;
    const [second] = (await status(replaceSink())).operations;
    if (first === undefined || second === undefined) throw new Error("the tasks have operations");
    const both: Task = {
      ...catalog(),
      read: () => Promise.resolve(undefined),
      operations: () => [first.operation, second.operation],
    };
    await expect(build(both)).rejects.toThrow(/expire before others are ready/);
  });

  it("a sink without a contract is refused", async () => {
    await expect(status(replaceWorkersSink({ sink: devAccount(9).address }))).rejects.toThrow(
      /there is no contract at/,
    );
  });

  it("governance that is no Safe has no batches", async () => {
    const accounts = { ...parameters.accounts, governance: devAccount(9).address };
    const context = { ...CONTEXT, parameters: { ...parameters, accounts, safe: null } };
    await expect(buildTask(reader(), catalog(), context)).rejects.toThrow(/may not: list the model|there is no Safe/);
  });
});

describe("storage", () => {
  it("ranges hold what the contracts return", async () => {
    const read = async (contract: "emissionVault" | "workerRegistry", path: Parameters<typeof storageRanges>[1]) => {
      const [range] = storageRanges(contract, path);
      if (range === undefined) throw new Error("a variable has a place");
      const word = await chain.publicClient.getStorageAt({ address: contracts[contract], slot: range.slot });
      return (BigInt(word ?? zeroHash) >> BigInt(8 * range.offset)) & ((1n << BigInt(8 * range.size)) - 1n);
    };
    const start = await chain.publicClient.readContract({
      abi: emissionVaultAbi,
      address: contracts.emissionVault,
      functionName: "startTime",
    });
    expect(await read("emissionVault", ["startTime"])).toBe(start);
    expect(await read("emissionVault", ["_streams", 2, "sink"])).toBe(BigInt(contracts.treasury));
    const [h200, collateral, weight] = modelOf({ name: "H200", collateral: "1875", weight: 150 });
    expect(await read("workerRegistry", ["_models", h200, "collateral"])).toBe(collateral);
    expect(await read("workerRegistry", ["_models", h200, "weight"])).toBe(BigInt(weight));
    expect(await read("workerRegistry", ["_modelNames", 1])).toBe(BigInt(h200));
  });

  it("a path that leads nowhere is refused", () => {
    expect(() => storageRanges("emissionVault", ["nothing"])).toThrow(/emissionVault has no variable nothing/);
    expect(() => storageRanges("emissionVault", ["_streams"])).not.toThrow();
    expect(() => storageRanges("emissionVault", ["_settled"])).toThrow(/is not one value/);
    expect(() => storageRanges("emissionVault", ["_streams", 1, "nothing"])).toThrow(/has no member nothing/);
    expect(() => storageRanges("emissionVault", ["startTime", 1])).toThrow(/has no 1 in it/);
  });
});
