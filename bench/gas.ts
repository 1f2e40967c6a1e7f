/**
 * What the users of the suite pay: gas of each action, receipts including the 21,000 of the transaction, on the
 * optimised build (the one that is deployed), EDR with the rules of osaka.
 *
 *     npm run bench:gas -- [--json FILE] [--check]
 *
 * `first` is an account's first use, `repeat` a later one. Amounts have 18 significant decimals, deposits spend part of
 * an allowance (the dearest case), time passes between actions, claims are paid to accounts that hold PHA. The
 * references are receipts of live systems that do the same. Each action is measured with 10 and again with 10,000
 * stakers and open requests: the cost must not depend on them.
 *
 * A run rewrites the committed snapshot `bench/gas.snapshot.json`; `--check` compares with it instead (± 2 %).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import hre from "hardhat";
import {
  type Abi,
  type Address,
  type Hex,
  encodeDeployData,
  encodeFunctionData,
  getAddress,
  pad,
  parseEther,
  toHex,
} from "viem";
import { emissionVaultAbi, phaAbi, phalaAuthorityAbi, vphaAbi } from "../deploy/generated/abis.ts";
import { printTable } from "./table.ts";

type Variant = "first" | "repeat";

interface Row {
  action: string;
  variant: Variant;
  gas: number;
  /** Gas of the same action in the system that the table names. */
  reference: number | null;
  /** What has to be beaten. */
  bar: number | null;
  aim: number | null;
}

interface Target {
  source: string;
  reference: number | null;
  aim: number | null;
}

const SNAPSHOT = new URL("gas.snapshot.json", import.meta.url);
const TOLERANCE = 0.02;
const FEW = 10;
const MANY = 10_000;

/** Costs of the same action elsewhere, and what we aim at. Actions without an entry are printed for information. */
const TARGETS: Readonly<Record<string, Target>> = {
  "deposit first": { source: "sUSDe", reference: 86_054, aim: 83_000 },
  "deposit repeat": { source: "sUSDe", reference: 68_954, aim: 66_000 },
  "requestRedeem first": { source: "Bittensor", reference: 123_059, aim: 95_000 },
  "requestRedeem repeat": { source: "Bittensor", reference: 105_959, aim: 77_000 },
  "claim 1 repeat": { source: "Frax", reference: 70_218, aim: 50_000 },
  "claim 5 repeat": { source: "Lido", reference: 181_872, aim: 72_000 },
  "cancelRedeem repeat": { source: "none", reference: null, aim: 75_000 },
  "harvest first": { source: "sUSDe", reference: 65_000, aim: 60_000 },
  "harvest repeat": { source: "sUSDe", reference: 53_789, aim: 50_000 },
};

const HOUR = 3_600;
const DAY = 24 * HOUR;
const BUDGET = parseEther("24300000");

/** An amount whose calldata is as dear as that of a wallet: few zero bytes. */
const amount = (pha: number): bigint => parseEther(String(pha)) + 123_456_789_012_345_678n;

const requestId = (controller: Address, index: number): bigint => (BigInt(controller) << 96n) | BigInt(index);

async function createBenchChain() {
  const { provider } = await hre.network.create({ network: "default", override: { initialBaseFeePerGas: 0n } });
  const accounts = (await provider.request({ method: "eth_accounts" })) as Address[];

  async function send(from: Address, to: Address | undefined, data: Hex): Promise<{ gas: number; address: Address }> {
    const transaction = { from, ...(to === undefined ? {} : { to }), data, gas: toHex(16_000_000), gasPrice: "0x0" };
    const hash: unknown = await provider.request({ method: "eth_sendTransaction", params: [transaction] });
    const receipt = (await provider.request({ method: "eth_getTransactionReceipt", params: [hash] })) as {
      status: Hex;
      gasUsed: Hex;
      contractAddress: Address | null;
    };
    if (receipt.status !== "0x1") throw new Error(`a transaction of ${from} failed`);
    return { gas: Number(receipt.gasUsed), address: receipt.contractAddress ?? "0x" };
  }

  return {
    accounts,
    send,
    async deploy(name: string, abi: Abi, args: readonly unknown[]): Promise<Address> {
      const { bytecode } = await hre.artifacts.readArtifact(name);
      const [from] = accounts;
      if (from === undefined) throw new Error("the chain has no accounts");
      return (await send(from, undefined, encodeDeployData({ abi, bytecode: bytecode as Hex, args: [...args] })))
        .address;
    },
    async wait(seconds: number) {
      await provider.request({ method: "evm_increaseTime", params: [seconds] });
    },
    async impersonate(account: Address) {
      await provider.request({ method: "hardhat_impersonateAccount", params: [account] });
    },
  };
}

/** Gas of every action, in a system with `crowd` stakers and as many open requests. */
async function measure(crowd: number): Promise<Map<string, number>> {
  const chain = await createBenchChain();
  const [governance, treasury, whale, staker, keeper] = chain.accounts as [Address, Address, Address, Address, Address];
  const gas = new Map<string, number>();
  const record = (action: string, variant: Variant, used: number) => gas.set(`${action} ${variant}`, used);

  const authority = await chain.deploy("PhalaAuthority", phalaAuthorityAbi, [governance]);
  const pha = await chain.deploy("PHA", phaAbi, [[{ account: governance, amount: parseEther("1000000000") }]]);
  const vault = await chain.deploy("EmissionVault", emissionVaultAbi, [authority, pha, BUDGET]);
  const vpha = await chain.deploy("VPHA", vphaAbi, [authority, vault]);

  const token = (from: Address, functionName: "transfer" | "approve", to: Address, value: bigint) =>
    chain.send(from, pha, encodeFunctionData({ abi: phaAbi, functionName, args: [to, value] }));
  const deposit = (from: Address, value: bigint, receiver: Address) =>
    chain.send(from, vpha, encodeFunctionData({ abi: vphaAbi, functionName: "deposit", args: [value, receiver] }));
  const request = (from: Address, shares: bigint) =>
    chain.send(
      from,
      vpha,
      encodeFunctionData({ abi: vphaAbi, functionName: "requestRedeem", args: [shares, from, from] }),
    );
  const claim = (from: Address, indexes: readonly number[]) =>
    chain.send(
      from,
      vpha,
      encodeFunctionData({
        abi: vphaAbi,
        functionName: "claim",
        args: [indexes.map((index) => requestId(from, index)), from],
      }),
    );
  const harvest = () => chain.send(keeper, vpha, encodeFunctionData({ abi: vphaAbi, functionName: "harvest" }));

  await token(governance, "transfer", vault, 4n * BUDGET);
  const start = encodeFunctionData({
    abi: emissionVaultAbi,
    functionName: "start",
    args: [[vpha, treasury, treasury]],
  });
  await chain.send(governance, vault, start);
  for (const account of [whale, staker]) {
    await token(governance, "transfer", account, parseEther("10000000"));
    await token(account, "approve", vpha, parseEther("10000000"));
  }

  // The crowd: each staker holds vPHA and has one open request.
  await deposit(whale, amount(100_000), whale);
  await chain.wait(8 * DAY);
  await deposit(whale, amount(1), whale);
  for (let i = 0; i < crowd; ++i) {
    const account = getAddress(pad(toHex(0x10000 + i), { size: 20 }));
    await deposit(whale, amount(10), account);
    await chain.impersonate(account);
    await request(account, amount(1));
  }
  await chain.wait(30 * DAY);

  record("harvest", "first", (await harvest()).gas);
  await chain.wait(HOUR);
  record("harvest", "repeat", (await harvest()).gas);

  record("deposit", "first", (await deposit(staker, amount(1_000), staker)).gas);
  await chain.wait(HOUR);
  record("deposit", "repeat", (await deposit(staker, amount(1_000), staker)).gas);

  for (let i = 0; i < 8; ++i) {
    await chain.wait(HOUR);
    const { gas: used } = await request(staker, amount(10));
    if (i < 2) record("requestRedeem", i === 0 ? "first" : "repeat", used);
  }
  await chain.wait(HOUR);
  const cancel = encodeFunctionData({ abi: vphaAbi, functionName: "cancelRedeem", args: [requestId(staker, 7)] });
  record("cancelRedeem", "repeat", (await chain.send(staker, vpha, cancel)).gas);

  await chain.wait(22 * DAY);
  await harvest();
  record("claim 1", "repeat", (await claim(staker, [0])).gas);
  record("claim 5", "repeat", (await claim(staker, [1, 2, 3, 4, 5])).gas);
  const redeem = encodeFunctionData({ abi: vphaAbi, functionName: "redeem", args: [amount(5), staker, staker] });
  record("redeem, in part", "repeat", (await chain.send(staker, vpha, redeem)).gas);

  await token(whale, "transfer", keeper, parseEther("100000"));
  await token(keeper, "approve", vpha, parseEther("100000"));
  for (const variant of ["first", "repeat"] as const) {
    await chain.wait(HOUR);
    const fund = encodeFunctionData({ abi: vphaAbi, functionName: "fund", args: [amount(2_000)] });
    record("fund", variant, (await chain.send(keeper, vpha, fund)).gas);
  }
  await chain.wait(HOUR);
  record("deposit, income vesting", "repeat", (await deposit(staker, amount(1_000), staker)).gas);
  const transfer = encodeFunctionData({ abi: vphaAbi, functionName: "transfer", args: [treasury, amount(1)] });
  record("transfer", "first", (await chain.send(staker, vpha, transfer)).gas);
  record("transfer", "repeat", (await chain.send(staker, vpha, transfer)).gas);
  return gas;
}

function compareWithSnapshot(rows: readonly Row[]): string[] {
  const snapshot = JSON.parse(readFileSync(SNAPSHOT, "utf8")) as Row[];
  const key = (row: Row) => `${row.action} ${row.variant}`;
  const before = new Map(snapshot.map((row) => [key(row), row.gas]));
  const problems = rows.flatMap((row) => {
    const known = before.get(key(row));
    if (known === undefined) return [`${key(row)} is not in the snapshot`];
    before.delete(key(row));
    const change = row.gas / known - 1;
    return Math.abs(change) > TOLERANCE ? [`${key(row)}: ${known} → ${row.gas} (${(100 * change).toFixed(1)} %)`] : [];
  });
  return [...problems, ...[...before.keys()].map((name) => `${name} is in the snapshot and was not measured`)];
}

function verdictOf({ gas, bar, aim }: Row): string | null {
  if (bar !== null && gas > bar) return "MISSED";
  if (aim !== null && gas <= aim) return "aim reached";
  return bar === null ? null : "beaten";
}

const { values: options } = parseArgs({ options: { json: { type: "string" }, check: { type: "boolean" } } });
await hre.tasks.getTask("build").run({ quiet: true });
const few = await measure(FEW);
const many = await measure(MANY);

const rows: Row[] = [...many].map(([key, gas]) => {
  const variant: Variant = key.endsWith(" first") ? "first" : "repeat";
  const { reference = null, aim = null } = TARGETS[key] ?? {};
  return { action: key.slice(0, -variant.length - 1), variant, gas, reference, bar: reference, aim };
});

printTable(
  rows.map((row) => {
    const key = `${row.action} ${row.variant}`;
    const alone = few.get(key) ?? Number.NaN;
    return {
      action: row.action,
      variant: row.variant,
      [`gas, ${FEW.toLocaleString("en-US")} stakers`]: alone,
      [`gas, ${MANY.toLocaleString("en-US")} stakers`]: row.gas,
      change: `${((100 * (row.gas - alone)) / alone).toFixed(2)} %`,
      "must beat": row.bar,
      of: TARGETS[key]?.source ?? null,
      aim: row.aim,
      verdict: verdictOf(row),
    };
  }),
);

if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
if (options.check === true) {
  const problems = compareWithSnapshot(rows);
  for (const problem of problems) console.error(problem);
  process.exit(problems.length === 0 ? 0 : 1);
}
writeFileSync(SNAPSHOT, `${JSON.stringify(rows, null, 2)}\n`);
process.exit(0);
