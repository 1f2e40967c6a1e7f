/** `deploy verify`: says yes to a deployment that is as it should be, and no to each of these that are not. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type Address,
  type Hex,
  encodeAbiParameters,
  encodeFunctionData,
  keccak256,
  numberToHex,
  padHex,
  parseEther,
} from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { runtimeCode } from "../../deploy/artifacts.ts";
import { chainReader } from "../../deploy/executors/account.ts";
import {
  attestationRegistryAbi,
  emissionVaultAbi,
  guardianMandateAbi,
  phalaAuthorityAbi,
  slashingAbi,
  treasuryAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "../../deploy/generated/abis.ts";
import type { ContractName } from "../../deploy/modules/module.ts";
import { planSuite } from "../../deploy/modules/suite.ts";
import { floorsOf, imageIdOf, measurementsOf } from "../../deploy/parameters/attestation.ts";
import { GOVERNED, ROLES } from "../../deploy/roles.ts";
import { deploySuite } from "../../deploy/suite.ts";
import { storageRanges } from "../../deploy/tasks/storage.ts";
import { committedGraph, plannedGraph } from "../../deploy/verify/roleGraph.ts";
import { formatVerification, verifySuite } from "../../deploy/verify/verify.ts";
import { modelId } from "../../scripts/compute/calls.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { createChain } from "../helpers/chain.ts";
import { accountGoverned } from "../helpers/parameters.ts";

const DAY = 86_400;
const parameters = accountGoverned();
const plan = planSuite(parameters);
const { contracts } = plan;
const [deployer, governance, stranger] = [devAccount(0), devAccount(1), devAccount(19)];
const [workload] = parameters.attestation.workloads;
if (workload === undefined) throw new Error("the local parameters have a workload");
const OTHER_SHAPE: Hex = `0x${"cd".repeat(48)}`;
const otherWorkload = { image: { ...workload.image, mrTd: OTHER_SHAPE }, shapes: workload.shapes };
const folder = mkdtempSync(path.join(tmpdir(), "verify-"));

let chain: Awaited<ReturnType<typeof createChain>>;
let clean: Hex;

beforeAll(async () => {
  chain = await createChain();
  const manifestPath = path.join(folder, "manifest.json");
  await deploySuite({ transport: chain.transport, parameters, deployer, governance, manifestPath });
  clean = await chain.clock.snapshot();
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** By a parameter file that says `expected`; the plan is that of the deployment. */
const verify = (expected = parameters) => verifySuite(chainReader(chain.transport), expected, plan, 0n);
const failures = async (expected = parameters) =>
  (await verify(expected)).findings.filter(({ kind }) => kind === "fail").map(({ name }) => name);

/** What governance decides, and carries out after the wait. */
async function decide(target: Address, data: Hex): Promise<void> {
  const authority = { address: contracts.phalaAuthority, abi: phalaAuthorityAbi, account: governance.address } as const;
  await chain.wallet.writeContract({ ...authority, functionName: "schedule", args: [target, data, 0] });
  const id = { functionName: "hashOperation", args: [governance.address, target, data] } as const;
  const operation = await chain.publicClient.readContract({ ...authority, ...id });
  const ready = { functionName: "getSchedule", args: [operation] } as const;
  await chain.clock.setNextBlockTimestamp({
    timestamp: BigInt(await chain.publicClient.readContract({ ...authority, ...ready })),
  });
  await chain.wallet.writeContract({ ...authority, functionName: "execute", args: [target, data] });
}

const ofAuthority = (
  functionName:
    | "grantRole"
    | "revokeRole"
    | "setTargetFunctionRole"
    | "setTargetClosed"
    | "setGrantDelay"
    | "setTargetAdminDelay",
  args: readonly unknown[],
) =>
  decide(contracts.phalaAuthority, encodeFunctionData({ abi: phalaAuthorityAbi, functionName, args: args as never }));

/** Changes the code of a contract in place. */
async function alter(name: ContractName, change: (code: string) => string): Promise<void> {
  const address = contracts[name];
  if (address === null) throw new Error(`${name} is not deployed`);
  const code = (await chain.publicClient.getCode({ address })) ?? "0x";
  const changed = change(code);
  expect(changed).not.toBe(code);
  await chain.clock.setCode({ address, bytecode: changed as Hex });
}

/** The slot of AccessManager that holds who has `role`, since when, with which delay. */
function accessSlot(role: bigint, account: Address): Hex {
  const slotOf = (key: Hex, slot: Hex | bigint) =>
    keccak256(`0x${key.slice(2)}${(typeof slot === "bigint" ? numberToHex(slot, { size: 32 }) : slot).slice(2)}`);
  const roleSlot = slotOf(numberToHex(role, { size: 32 }), 1n);
  return slotOf(encodeAbiParameters([{ type: "address" }], [account]), roleSlot);
}

it("the committed role graph is the one that genesis makes", () => {
  expect(committedGraph()).toEqual(plannedGraph());
});

it("a deployment as it should be is verified, and the table says so", async () => {
  const verification = await verify();
  expect(verification.findings.filter(({ kind }) => kind === "fail")).toEqual([]);
  const text = formatVerification(verification);
  expect(text).toMatch(/ok +bytecode +vpha 0x/);
  expect(text).toMatch(/ok +roles +role graph, from the events +\d+ edges/);
  expect(text).toMatch(/note attestation root key +another key/);
  expect(text.endsWith("verified")).toBe(true);
});

it("a longer delay is no fault", async () => {
  await ofAuthority("grantRole", [ROLES.core, governance.address, 60 * DAY]);
  expect((await verify()).ok).toBe(true);
  await chain.clock.revert({ id: clean });
  clean = await chain.clock.snapshot();
});

it("what was listed and taken off again is no fault", async () => {
  const ofRegistry = (functionName: "allowImage" | "removeImage", args: readonly unknown[]) =>
    decide(
      contracts.attestationRegistry,
      encodeFunctionData({ abi: attestationRegistryAbi, functionName, args: args as never }),
    );
  await ofRegistry("allowImage", [measurementsOf(otherWorkload)]);
  await ofRegistry("removeImage", [imageIdOf(otherWorkload)]);
  expect((await verify()).ok).toBe(true);
  await chain.clock.revert({ id: clean });
  clean = await chain.clock.snapshot();
});

it("delays that were set back to nothing are no fault, once that is in force", async () => {
  await ofAuthority("setGrantDelay", [ROLES.core, DAY]);
  await ofAuthority("setTargetAdminDelay", [contracts.vpha, DAY]);
  await ofAuthority("setGrantDelay", [ROLES.core, 0]);
  await ofAuthority("setTargetAdminDelay", [contracts.vpha, 0]);
  expect(await failures()).toContain("admin delay of vpha");
  await chain.clock.increaseTime({ seconds: 6 * DAY });
  await chain.clock.mine({ blocks: 1 });
  expect(await failures()).toEqual([]);
  await chain.clock.revert({ id: clean });
  clean = await chain.clock.snapshot();
});

it("a start block after the authority's first event is refused in words", async () => {
  const late = (startBlock: bigint) => verifySuite(chainReader(chain.transport), parameters, plan, startBlock);
  const last = await chain.publicClient.getBlockNumber();
  for (const startBlock of [last - 5n, last + 1n]) {
    await expect(late(startBlock)).rejects.toThrow(/do not begin with its first, .*--start-block/);
  }
});

it("an open budget is a note", async () => {
  const { timestamp } = await chain.publicClient.getBlock();
  const [start, end, reason] = [Number(timestamp) + 90 * DAY, Number(timestamp) + 180 * DAY, keccak256("0x01")];
  const open = (name: string) =>
    encodeFunctionData({
      abi: treasuryAbi,
      functionName: "openStream",
      args: [modelId(name), contracts.pha, stranger.address, 5n, start, end, reason, reason],
    });
  await decide(contracts.treasury, open("grants"));
  await decide(contracts.treasury, open("closed"));
  const close = { functionName: "closeBudget", args: [modelId("closed")] } as const;
  await decide(contracts.treasury, encodeFunctionData({ abi: treasuryAbi, ...close }));
  const verification = await verify();
  expect(verification.ok).toBe(true);
  expect(verification.findings.filter(({ part }) => part === "treasury")).toMatchObject([
    { kind: "note", name: "budget grants", found: expect.stringContaining(`0 of 5 wei of ${contracts.pha}`) as string },
  ]);
  await chain.clock.revert({ id: clean });
  clean = await chain.clock.snapshot();
});

const REPLACE_SINK = encodeFunctionData({
  abi: emissionVaultAbi,
  functionName: "replaceSink",
  args: [1, stranger.address],
});

describe("after a change, a deployment is verified by the changed parameters, and by the former ones it is not", () => {
  it("floors", async () => {
    const { attestation } = parameters;
    const floors = { ...attestation.floors, minQeIsvSvn: attestation.floors.minQeIsvSvn + 1 };
    const args = [floorsOf({ floors })] as const;
    await decide(
      contracts.attestationRegistry,
      encodeFunctionData({ abi: attestationRegistryAbi, functionName: "raiseFloors", args }),
    );
    expect(await failures({ ...parameters, attestation: { ...attestation, floors } })).toEqual([]);
    expect(await failures()).toEqual(["attestationRegistry.floors"]);
  });

  it("the workers' sink", async () => {
    await decide(contracts.emissionVault, REPLACE_SINK);
    const changed = { ...parameters, replaced: { workersSink: stranger.address } };
    expect(await failures(changed)).toEqual([]);
    expect(formatVerification(await verify(changed))).toMatch(/note bytecode +workersSink 0x\w+ +a replacement/);
    expect(await failures()).toEqual(["emissionVault.sink of workers"]);
  });

  afterEach(async () => {
    await chain.clock.revert({ id: clean });
    clean = await chain.clock.snapshot();
  });
});

describe("a deployment is refused, and what is wrong with it is named, that has", () => {
  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      "an unknown guardian",
      () => ofAuthority("grantRole", [ROLES.guardian, stranger.address, 0]),
      new RegExp(`roles +guardian: ${stranger.address}`, "i"),
    ],
    [
      "a role of the deployer",
      () => ofAuthority("grantRole", [ROLES.admin, deployer.address, 52 * DAY]),
      new RegExp(`roles +admin: ${deployer.address}`, "i"),
    ],
    [
      "no veto",
      () => ofAuthority("revokeRole", [ROLES.veto, contracts.vetoLock]),
      /roles +veto: vetoLock +- instead of 0 s/,
    ],
    [
      "a function in another class",
      () => ofAuthority("setTargetFunctionRole", [contracts.workerRegistry, [GOVERNED.setModel.selector], ROLES.core]),
      /roles +workerRegistry\.setModel +core instead of parameters/,
    ],
    [
      "a function with a class that nobody knows of",
      () => ofAuthority("setTargetFunctionRole", [contracts.pha, ["0xa9059cbb"], ROLES.guardian]),
      /roles +pha\.0xa9059cbb +guardian instead of -/,
    ],
    [
      "a closed target",
      () => ofAuthority("setTargetClosed", [contracts.vpha, true]),
      /roles +closed target vpha +yes instead of -/,
    ],
    [
      "a grant delay",
      () => ofAuthority("setGrantDelay", [ROLES.core, DAY]),
      /roles +grant delay of core +86400 s instead of -/,
    ],
    [
      "an announced admin delay of a target",
      () => ofAuthority("setTargetAdminDelay", [contracts.vpha, DAY]),
      /roles +admin delay of vpha +86400 s instead of -/,
    ],
    [
      "a member of whom no event tells",
      async () => {
        const address = contracts.phalaAuthority;
        const at = (...way: (string | number)[]) =>
          storageRanges("phalaAuthority", ["_members", ROLES.guardian, "_inner", "_values", ...way])[0]?.slot ?? "0x";
        const values = { address, index: at("length") };
        await chain.clock.setStorageAt({ ...values, value: numberToHex(2, { size: 32 }) });
        const member = { address, index: at(1), value: padHex(stranger.address, { size: 32 }) };
        await chain.clock.setStorageAt(member);
      },
      new RegExp(`roles +guardian: ${stranger.address} +0 s instead of -`, "i"),
    ],
    [
      "a delay below its floor",
      async () => {
        const slot = accessSlot(ROLES.core, governance.address);
        const held = BigInt(
          (await chain.publicClient.getStorageAt({ address: contracts.phalaAuthority, slot })) ?? "0x",
        );
        const since = held & ((1n << 48n) - 1n);
        await chain.clock.setStorageAt({
          address: contracts.phalaAuthority,
          index: slot,
          value: numberToHex(since | (BigInt(DAY) << 48n), { size: 32 }),
        });
      },
      /roles +core: governance +86400 s instead of 4492800 s/,
    ],
    ["another sink", () => decide(contracts.emissionVault, REPLACE_SINK), /parameters +emissionVault\.sink of workers/],
    [
      "another slasher",
      () =>
        decide(
          contracts.slashing,
          encodeFunctionData({ abi: slashingAbi, functionName: "setSlasher", args: [stranger.address] }),
        ),
      /parameters +slashing\.slasher/,
    ],
    [
      "another guardian",
      async () => {
        const { timestamp } = await chain.publicClient.getBlock();
        const end = Number(timestamp) + 100 * DAY;
        const args = [stranger.address, end] as const;
        await decide(
          contracts.guardianMandate,
          encodeFunctionData({ abi: guardianMandateAbi, functionName: "appoint", args }),
        );
      },
      /parameters +guardianMandate\.guardian/,
    ],
    [
      "another ceiling",
      () =>
        decide(
          contracts.workerRewards,
          encodeFunctionData({ abi: workerRewardsAbi, functionName: "setCeiling", args: [parseEther("1")] }),
        ),
      /parameters +workerRewards\.ceiling/,
    ],
    [
      "another catalog",
      () =>
        decide(
          contracts.workerRegistry,
          encodeFunctionData({
            abi: workerRegistryAbi,
            functionName: "setModel",
            args: [modelId("H100"), parseEther("200"), 100],
          }),
        ),
      /parameters +workerRegistry\.model H100 +200 vPHA, weight 1 instead of 1250 vPHA, weight 1/,
    ],
    [
      "an image that nobody named",
      () =>
        decide(
          contracts.attestationRegistry,
          encodeFunctionData({
            abi: attestationRegistryAbi,
            functionName: "allowImage",
            args: [measurementsOf(otherWorkload)],
          }),
        ),
      new RegExp(`parameters +attestationRegistry\\.image ${imageIdOf(otherWorkload)} +listed instead of not listed`),
    ],
    [
      "a shape that nobody named",
      () =>
        decide(
          contracts.attestationRegistry,
          encodeFunctionData({
            abi: attestationRegistryAbi,
            functionName: "allowShape",
            args: [imageIdOf(workload), OTHER_SHAPE],
          }),
        ),
      new RegExp(`parameters +attestationRegistry\\.shape ${OTHER_SHAPE} of 0x`),
    ],
    [
      "a model that nobody named",
      () =>
        decide(
          contracts.workerRegistry,
          encodeFunctionData({
            abi: workerRegistryAbi,
            functionName: "setModel",
            args: [modelId("GT710"), parseEther("100"), 1000],
          }),
        ),
      /parameters +workerRegistry\.model GT710 +listed instead of not listed/,
    ],
    [
      "one byte of code altered",
      () => alter("vpha", (code) => `${code.slice(0, 200)}${code[200] === "0" ? "1" : "0"}${code.slice(201)}`),
      /bytecode +vpha 0x/,
    ],
    ["code appended", () => alter("slashing", (code) => `${code}00`), /bytecode +slashing 0x/],
    [
      "another root key",
      () =>
        alter("tdxVerifier", (code) => replaceImmutable(code, "attestation/TdxVerifier", parameters.attestation.root)),
      /parameters +tdxVerifier\.rootKey/,
    ],
  ])("%s", async (_, tamper, message) => {
    await tamper();
    const verification = await verify();
    expect(verification.ok).toBe(false);
    const text = formatVerification(verification);
    const failed = text.split("\n").filter((line) => line.startsWith("FAIL"));
    expect(failed.join("\n")).toMatch(message);
    expect(failed.length).toBeLessThanOrEqual(2);
    expect(text).toMatch(/NOT VERIFIED: \d failed$/);
    await chain.clock.revert({ id: clean });
    clean = await chain.clock.snapshot();
  });
});

/** The code with another first coordinate of the root key: an immutable, so that no byte of the build is changed. */
function replaceImmutable(code: string, source: string, root: typeof parameters.attestation.root): string {
  if (root === "intel") throw new Error("the local parameters have a test root");
  expect(runtimeCode(source).immutables.length).toBeGreaterThan(0);
  return code.replaceAll(root.x.slice(2).toLowerCase(), "11".repeat(32));
}

it("a deployment before genesis is refused", async () => {
  const unsealed = await createChain();
  const manifestPath = path.join(folder, "unsealed.json");
  await deploySuite({ transport: unsealed.transport, parameters, deployer, governance: null, manifestPath });
  const verification = await verifySuite(chainReader(unsealed.transport), parameters, plan, 0n);
  expect(verification.ok).toBe(false);
  const failed = verification.findings.filter(({ kind }) => kind === "fail").map(({ name }) => name);
  expect(failed).toEqual(expect.arrayContaining(["authority.sealed", "core: governance", "emissionVault.started"]));
  expect(verification.findings.filter(({ part }) => part === "bytecode").every(({ kind }) => kind === "ok")).toBe(true);
});
