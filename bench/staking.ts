/** Gas of what stakers do: amounts have 18 significant decimals, deposits spend part of an allowance (the dearest case), time passes between
 * actions, claims are paid to accounts that hold PHA. */
import { type Address, encodeFunctionData, getAddress, pad, parseEther, toHex } from "viem";
import { emissionVaultAbi, phaAbi, phalaAuthorityAbi, vphaAbi } from "../deploy/generated/abis.ts";
import { createBenchChain } from "./chain.ts";
import type { Variant } from "./rows.ts";

const HOUR = 3_600;
const DAY = 24 * HOUR;
const BUDGET = parseEther("24300000");

/** An amount whose calldata is as dear as that of a wallet: few zero bytes. */
const amount = (pha: number): bigint => parseEther(String(pha)) + 123_456_789_012_345_678n;

const requestId = (controller: Address, index: number): bigint => (BigInt(controller) << 96n) | BigInt(index);

/** Gas of every action, in a system with `crowd` stakers and as many open requests. */
export async function measureStaking(crowd: number): Promise<Map<string, number>> {
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
