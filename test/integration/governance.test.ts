/** What governance does in the devnet's history: by the multisig and the holders, as the contracts have it afterwards. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Hex, encodeFunctionData, http, maxUint256, parseEther, stringToHex } from "viem";
import { afterAll, beforeAll, expect, it } from "vitest";
import { chainReader } from "../../deploy/executors/account.ts";
import {
  phaAbi,
  phalaAuthorityAbi,
  phalaGovernorAbi,
  treasuryAbi,
  vetoLockAbi,
  vphaAbi,
} from "../../deploy/generated/abis.ts";
import type { Manifest } from "../../deploy/manifest.ts";
import { planSuite } from "../../deploy/modules/suite.ts";
import { parametersFor } from "../../deploy/parameters/parameters.ts";
import { deploySuite } from "../../deploy/suite.ts";
import { verifySuite } from "../../deploy/verify/verify.ts";
import { type HistoryScript, type ScriptContext, playHistory, together } from "../../scripts/devnet/activity.ts";
import { type LocalChain, chainClient, devAccount, startChain } from "../../scripts/devnet/chain.ts";
import { scriptGovernance } from "../../scripts/devnet/governance.ts";
import { Multisig, signingOwners } from "../../scripts/devnet/multisig.ts";

const DAY = 86_400;
const DAYS = 170;
const folder = mkdtempSync(path.join(tmpdir(), "governance-"));
const parameters = parametersFor("local", "current");
let chain: LocalChain;
let manifest: Manifest;

/** Somebody stakes as much as all others together, between the first lock against an operation and the last. */
function rush({ from, bank }: ScriptContext): HistoryScript {
  const { pha, vpha } = manifest.contracts;
  const at = from + 62n * BigInt(DAY);
  let isOver = false;
  return {
    accounts: [bank.address],
    times: [at],
    async orders(now) {
      if (isOver || now < at) return [];
      isOver = true;
      const total = { address: vpha, abi: vphaAbi, functionName: "totalAssets" } as const;
      const assets = await chainClient(chain.url).readContract(total);
      const approve = encodeFunctionData({ abi: phaAbi, functionName: "approve", args: [vpha, maxUint256] });
      const deposit = encodeFunctionData({ abi: vphaAbi, functionName: "deposit", args: [assets, bank.address] });
      const order = { from: bank, gas: 1_500_000n };
      return [
        { ...order, to: pha, data: approve, what: "approve" },
        { ...order, to: vpha, data: deposit, what: "deposit" },
      ];
    },
  };
}

beforeAll(async () => {
  chain = await startChain({ timestamp: Math.floor(Date.now() / 1000) - DAYS * DAY });
  manifest = await deploySuite({
    transport: http(chain.url, { retryCount: 0 }),
    parameters,
    deployer: devAccount(0),
    governance: { owners: signingOwners() },
    manifestPath: path.join(folder, "manifest.json"),
  });
  await playHistory({
    url: chain.url,
    manifest,
    seed: 1,
    stakers: 5,
    transactions: 60,
    script: async (context) => {
      const multisig = await Multisig.connect(chain.url, manifest.parameters.accounts.governance);
      return together([scriptGovernance({ ...context, url: chain.url, manifest, multisig }), rush(context)]);
    },
  });
}, 180_000);

afterAll(async () => {
  await chain.stop();
  rmSync(folder, { recursive: true });
});

const events = async (eventName: "OperationScheduled" | "OperationExecuted" | "OperationCanceled") => {
  const at = { address: manifest.contracts.phalaAuthority, abi: phalaAuthorityAbi } as const;
  return chainClient(chain.url).getContractEvents({ ...at, eventName, fromBlock: 0n, strict: true });
};

it("schedules six operations: three budgets are executed, one is vetoed, one has expired, one waits", async () => {
  const client = chainClient(chain.url);
  const { phalaAuthority, vetoLock } = manifest.contracts;
  expect(await events("OperationScheduled")).toHaveLength(6);
  expect(await events("OperationExecuted")).toHaveLength(3);
  const [cancelled, ...others] = await events("OperationCanceled");
  expect(others).toEqual([]);
  const vetoes = { address: vetoLock, abi: vetoLockAbi, eventName: "Vetoed", fromBlock: 0n, strict: true } as const;
  const [vetoed] = await client.getContractEvents(vetoes);
  expect(vetoed?.args.operationId).toBe(cancelled?.args.operationId);
  expect((vetoed?.args.total ?? 0n) * 10n).toBeGreaterThanOrEqual(vetoed?.args.supply ?? 0n);
  const closed = [...(await events("OperationExecuted")), ...(await events("OperationCanceled"))];
  const left = (await events("OperationScheduled"))
    .map(({ args }) => args.operationId)
    .filter((id) => !closed.some(({ args }) => args.operationId === id));
  const schedules = await Promise.all(
    left.map((id: Hex) =>
      client.readContract({ address: phalaAuthority, abi: phalaAuthorityAbi, functionName: "getSchedule", args: [id] }),
    ),
  );
  // Zero is what has expired.
  expect(schedules.map((time) => time > 0).sort()).toEqual([false, true]);
});

it("pays by budgets, equal amounts among them, and what the holders voted in is one of them", async () => {
  const client = chainClient(chain.url);
  const at = { address: manifest.contracts.treasury, abi: treasuryAbi } as const;
  const budget = (name: string) =>
    client.readContract({ ...at, functionName: "budgetOf", args: [stringToHex(name, { size: 32 })] });
  expect((await budget("grants")).paid).toBe(parseEther("125000"));
  expect((await budget("core-development")).paid).toBeGreaterThan(0n);
  expect((await budget("community")).total).toBe(parseEther("90000"));
  const proposals = await client.getContractEvents({
    address: manifest.contracts.phalaGovernor,
    abi: phalaGovernorAbi,
    eventName: "ProposalExecuted",
    fromBlock: 0n,
  });
  expect(proposals).toHaveLength(1);
});

it("is a suite that is as its parameters say", async () => {
  const { findings } = await verifySuite(chainReader(http(chain.url)), parameters, planSuite(parameters), 0n);
  expect(findings.filter(({ kind }) => kind === "fail")).toEqual([]);
});
