/** Contracts that governance puts in the place of others: the chain names them, and the indexer knows all that they said before. */
import { readFileSync } from "node:fs";
import { type Abi, type Address, type Hex, encodeFunctionData, padHex, parseEther } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { creationCode } from "../../deploy/artifacts.ts";
import { guardianMandateAbi, phalaAuthorityAbi, slashingAbi, tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import { rootKeyOf } from "../../deploy/parameters/attestation.ts";
import { slashingLimitsOf } from "../../deploy/parameters/compute.ts";
import { ROLES } from "../../deploy/roles.ts";
import { uploadsOf } from "../../scripts/attestation/calls.ts";
import { devnetAuthority } from "../../scripts/devnet/attestation.ts";
import { reconcileParameters } from "./parameterRows.ts";
import { type Indexer, type Suite, big, jsonOf, lower, rowOf, startIndexer, startSuite } from "./suite.ts";
import { hex } from "./workerRows.ts";
import { ACTORS, type Workers, machineOf, startWorkers, subjectOf } from "./workers.ts";

const DAY = 86_400n;
const GAS = 16_000_000n;
const { alice, governance, guardian, slasher, stranger, reporter } = ACTORS;
const machine = machineOf("1");

let suite: Suite;
let workers: Workers;
let indexer: Indexer;
const started: { stop: () => Promise<void> }[] = [];
let added: Record<"verifier" | "slashing" | "mandate", Address>;
/** A verifier that nobody will ever name. */
let strange: Address;
let execute: Record<"verifier" | "slashing" | "mandate", () => Promise<unknown>>;

async function deploy(source: string, abi: Abi, args: readonly unknown[]): Promise<Address> {
  const { client } = suite;
  const hash = await client.deployContract({ abi, bytecode: creationCode(source), args, account: stranger, gas: GAS });
  const { contractAddress } = await confirm(hash);
  if (!contractAddress) throw new Error(`${source} was not deployed`);
  return contractAddress;
}

async function confirm(hash: Hex) {
  const { client } = suite;
  await workers.passTo((await suite.now()) + 12n);
  const receipt = await client.getTransactionReceipt({ hash });
  if (receipt.status !== "success") throw new Error(`the transaction ${hash} failed`);
  return receipt;
}

/** Uploads today's collateral to `verifier`: all of it, or only by these functions. */
async function fill(verifier: Address, only?: readonly string[]): Promise<void> {
  const now = Number(await suite.now());
  const issued = now - (now % Number(DAY));
  const dates = { thisUpdate: issued, nextUpdate: issued + 30 * Number(DAY) };
  for (const { functionName, args } of uploadsOf(
    devnetAuthority().collateral({ issued, rootCrl: dates, pckCrl: dates }),
  )) {
    if (only !== undefined && !only.includes(functionName)) continue;
    const call: { address: Address; abi: Abi; functionName: string; args: readonly unknown[] } = {
      ...{ address: verifier, abi: tdxVerifierAbi, functionName, args },
    };
    await confirm(await suite.client.writeContract({ ...call, account: stranger, gas: GAS }));
  }
}

/** How many logs a contract has emitted until now. */
async function logsOf(address: Address): Promise<number> {
  return (await suite.client.getLogs({ address, fromBlock: 0n })).length;
}

const head = async () => indexer.reach(await suite.client.getBlockNumber(), 170_000);
const own = (list: string, address: Address, fields: string, column = "address") =>
  indexer.rows(list, fields, `where: { ${column}: "${lower(address)}" }`);

beforeAll(async () => {
  suite = await startSuite();
  started.push(suite);
  workers = await startWorkers(suite);
  const { contracts, parameters } = suite;
  const root = rootKeyOf(parameters.attestation);
  const limits = { ...slashingLimitsOf(parameters.compute), rebuttalWindow: 4 * 86_400 };
  added = {
    verifier: await deploy("attestation/TdxVerifier", tdxVerifierAbi, [root]),
    slashing: await deploy("compute/Slashing", slashingAbi, [
      ...[contracts.phalaAuthority, contracts.workerRegistry, slasher, governance, contracts.treasury, limits],
    ]),
    mandate: await deploy("governance/GuardianMandate", guardianMandateAbi, [
      ...[contracts.phalaAuthority, reporter, 300n * DAY],
      ...[contracts.vpha, contracts.workerRegistry, contracts.attestationRegistry],
    ]),
  };
  strange = await deploy("attestation/TdxVerifier", tdxVerifierAbi, [root]);
  await fill(added.verifier);
  await fill(strange);
  await workers.register(machine, subjectOf(alice, "H100", "1a"), parseEther("1250"));

  const delay = 52n * DAY;
  const grant = encodeFunctionData({
    abi: phalaAuthorityAbi,
    functionName: "grantRole",
    args: [ROLES.guardian, added.mandate, 0],
  });
  const manager: { address: Address; abi: Abi } = { address: contracts.phalaAuthority, abi: phalaAuthorityAbi };
  const send = async (functionName: string, ...args: readonly unknown[]) =>
    confirm(await suite.client.writeContract({ ...manager, functionName, args, account: governance, gas: GAS }));
  await send("schedule", contracts.phalaAuthority, grant, Number((await suite.now()) + delay + 60n));
  execute = {
    verifier: await workers.schedule("attestation", delay, "setVerifier", added.verifier),
    slashing: await workers.schedule("registry", delay, "setSlashing", added.slashing),
    mandate: () => send("execute", contracts.phalaAuthority, grant),
  };
  indexer = await startIndexer(suite);
  started.push(indexer);
});

afterAll(async () => {
  for (const { stop } of started.reverse()) await stop();
});

/** What a contract said before it was named is put aside, and nowhere else. */
async function expectStrangers(...addresses: readonly Address[]): Promise<void> {
  await head();
  const rows = await indexer.rows("strangers", "address logs");
  expect(rows.map(({ address }) => address).sort()).toEqual(addresses.map(lower).sort());
  for (const row of rows) {
    expect(await own("strangerLogs", hex(row, "address"), "id")).toHaveLength(Number(row["logs"]));
  }
}

describe("contracts that are named later", { timeout: 600_000 }, () => {
  test("are strangers until then", async () => {
    await expectStrangers(added.verifier, added.slashing, added.mandate, strange);
    expect(await own("strangers", added.verifier, "logs")).toEqual([{ logs: await logsOf(added.verifier) }]);
    expect(await own("collateralVersions", added.verifier, "id", "verifier")).toEqual([]);
    expect(await own("slashingRules", added.slashing, "address")).toEqual([]);
    expect(await own("guardianMandates", added.mandate, "id", "mandate")).toEqual([]);
    expect(await own("suiteContracts", added.verifier, "name")).toEqual([]);
    await reconcileParameters({ suite, indexer });
  });

  test("what they said outlasts the indexer's process", async () => {
    await indexer.stop();
    // What the process that ended says of the last block is true only once the next one has gone on.
    await workers.passTo((await suite.now()) + 12n);
    indexer = await startIndexer(suite);
    started.push(indexer);
    await expectStrangers(added.verifier, added.slashing, added.mandate, strange);
  });

  test("are the suite's with all that they said, in its order and of its time, once governance names them", async () => {
    await workers.passTo((await suite.now()) + 52n * DAY + 120n);
    const id = await suite.client.snapshot();
    const names = async () => {
      await execute.verifier();
      await execute.slashing();
      await execute.mandate();
    };
    await names();
    await expectStrangers(strange);
    // And are strangers again where that is taken back.
    await suite.client.revert({ id });
    for (let i = 0; i < 5; ++i) await workers.passTo((await suite.now()) + 13n);
    await expectStrangers(added.verifier, added.slashing, added.mandate, strange);
    await names();
    await expectStrangers(strange);

    const versions = await own("collateralVersions", added.verifier, "id timestamp kind transaction", "verifier");
    const uploads = await suite.client.getContractEvents({
      ...{ address: added.verifier, abi: tdxVerifierAbi, eventName: "CollateralUploaded", fromBlock: 0n },
    });
    expect(versions).toHaveLength(uploads.length);
    expect(versions.map((row) => row["transaction"]).sort()).toEqual(uploads.map((log) => log.transactionHash).sort());
    const since = await own("suiteContracts", added.verifier, "since name");
    expect(since).toMatchObject([{ name: "TdxVerifier" }]);
    expect(versions.every((row) => big(row, "timestamp") < big(since[0], "since"))).toBe(true);

    const [mandate] = await own("guardianMandates", added.mandate, "guardian end appointedAt isDismissed", "mandate");
    const read = { address: added.mandate, abi: guardianMandateAbi } as const;
    expect(mandate).toMatchObject({
      guardian: lower(reporter),
      end: String(await suite.client.readContract({ ...read, functionName: "end" })),
      isDismissed: false,
    });
    const [rules] = await own("slashingRules", added.slashing, "slasher judge treasury rebuttalWindow");
    expect(rules).toEqual({
      ...{ slasher: lower(slasher), judge: lower(governance), treasury: lower(suite.contracts.treasury) },
      rebuttalWindow: 4 * 86_400,
    });
  });

  test("are followed from then on: attestations by the new verifier, slashes, a guardian", async () => {
    await fill(added.verifier, ["uploadRootCrl", "uploadPckCrl", "uploadTcbInfo", "uploadQeIdentity"]);
    const subject = subjectOf(alice, "H100", "2a");
    await workers.register(machineOf("2"), subject, parseEther("1250"), workers.platforms.two);
    await head();
    expect(await own("platforms", added.verifier, "attestations verifications", "verifier")).toEqual([
      { attestations: 1, verifications: 1 },
    ]);
    const worker = lower(machineOf("2").address);
    const faultAt = Number(await suite.now());
    const args = [
      worker,
      2,
      parseEther("100"),
      0n,
      padHex("0x", { size: 20 }),
      faultAt,
      padHex("0x1", { size: 32 }),
      "ipfs://",
    ];
    const slashing: { address: Address; abi: Abi } = { address: added.slashing, abi: slashingAbi };
    await confirm(
      await suite.client.writeContract({ ...slashing, functionName: "propose", args, account: slasher, gas: GAS }),
    );
    const mandate: { address: Address; abi: Abi } = { address: added.mandate, abi: guardianMandateAbi };
    const until = (await suite.now()) + DAY;
    await confirm(
      await suite.client.writeContract({
        ...{ ...mandate, functionName: "pauseDeposits", args: [until], account: reporter, gas: GAS },
      }),
    );
    await confirm(
      await suite.client.writeContract({ ...mandate, functionName: "resign", args: [], account: reporter, gas: GAS }),
    );
    await head();
    expect(await own("slashProposals", added.slashing, "worker state amount", "slashing")).toEqual([
      { worker, state: "open", amount: String(parseEther("100")) },
    ]);
    expect(await indexer.row("vaults", "depositsPausedUntil")).toEqual({ depositsPausedUntil: String(until) });
    const [row] = await own("guardianMandates", added.mandate, "isDismissed end", "mandate");
    expect(row).toEqual({ isDismissed: true, end: String(await suite.now()) });
    // The former ones are not forgotten.
    expect(
      await indexer.rows("guardianMandates", "guardian", `where: { guardian: "${lower(guardian)}" }`),
    ).toHaveLength(1);
    expect(await indexer.rows("slashingRules", "address")).toHaveLength(2);
  });

  test("set parameters by the operations that named them, and have parameters of their own", async () => {
    const { contracts } = suite;
    const changes = await reconcileParameters(
      { suite, indexer },
      { slashings: [contracts.slashing, added.slashing], mandates: [contracts.guardianMandate, added.mandate] },
    );
    for (const [contract, name, to] of [
      [contracts.attestationRegistry, "verifier", added.verifier],
      [contracts.workerRegistry, "slashing", added.slashing],
    ] as const) {
      const change = changes.findLast((row) => row["contract"] === lower(contract) && row["name"] === name);
      expect(change?.["newValue"]).toBe(lower(to));
      expect(change?.["operationHash"], name).toMatch(/^0x[0-9a-f]{64}$/);
    }
  });

  test("are no news to an indexer that begins now, and a stranger stays one", async () => {
    const fresh = await startIndexer(suite, "fresh");
    started.push(fresh);
    await fresh.reach(await suite.client.getBlockNumber(), 170_000);
    for (const [list, fields] of [
      ["suiteContracts", "address name since"],
      ["strangers", "address logs"],
      ["strangerLogs", "id address topics data block timestamp transaction"],
      ["collateralVersions", "id verifier kind fmspc isCurrent replacedAt"],
      ["platforms", "verifier id attestations verifications"],
      ["slashingRules", "address slasher judge treasury rebuttalWindow processWindow"],
      ["guardianMandates", "id mandate guardian appointedAt end isDismissed"],
      ["parameterChanges", "id contract name oldValue newValue operationHash"],
    ] as const) {
      expect(await fresh.rows(list, fields), list).toEqual(await indexer.rows(list, fields));
    }
    await fresh.stop();
    expect(await own("collateralVersions", strange, "id", "verifier")).toEqual([]);
    const manifest = rowOf(rowOf(jsonOf(readFileSync(suite.manifestPath, "utf8")))["contracts"]);
    expect(manifest["tdxVerifier"]).toBe(suite.contracts.tdxVerifier);
  });
});
