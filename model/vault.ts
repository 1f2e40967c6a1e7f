/**
 * What each call changes in the vPHA, and all that it says, in order: a reference for `contracts/staking/VPHA.sol`, written
 * from its interface, without its storage, its shortcuts and its types.
 *
 * All amounts are in wei, all times in unix seconds.
 */
import { ceilDiv } from "./fraction.ts";
import { type Emission, type Income, MIN_SUPPLY, type Pool, accrue, toAssets, toShares, unvested } from "./pool.ts";

export const UNBONDING_PERIOD = 21n * 86_400n;
export const VESTING_PERIOD = 7n * 86_400n;

/** An event by its name and arguments, in their order; `Transfer` of the shares, `asset.Transfer` of the asset. */
export type Said = readonly [event: string, ...args: readonly unknown[]];

export interface Request {
  readonly id: bigint;
  readonly assets: bigint;
  readonly shares: bigint;
  readonly maturity: bigint;
}

/** The vault, and who asks for what. Addresses are strings. */
export interface Vault {
  pool: Pool;
  emission: Emission;
  pausedUntil: bigint;
  readonly address: string;
  readonly requests: Map<string, Request[]>;
  readonly counts: Map<string, bigint>;
}

const ZERO = "0x0000000000000000000000000000000000000000";

/** What of the income has not vested, and how many seconds that will take. */
function remaining(income: Income, now: bigint): [amount: bigint, seconds: bigint] {
  if (income.start === 0n) return [income.amount, income.end];
  return [unvested(income, now), income.end > now ? income.end - now : 0n];
}

/** Moves the pool to `now`. */
function advance(vault: Vault, now: bigint): Said[] {
  const { banked } = vault.pool;
  vault.pool = accrue(vault.pool, vault.emission, now);
  return vault.pool.banked === banked ? [] : [["Banked", vault.pool.banked]];
}

function setIncome(vault: Vault, now: bigint, amount: bigint, isVesting: boolean): Said[] {
  const [left, seconds] = remaining(vault.pool.income, now);
  const total = left + amount;
  if (total === 0n) return [];
  const duration = ceilDiv(left * seconds + amount * VESTING_PERIOD, total);
  const income = isVesting
    ? { amount: total, start: now, end: now + duration }
    : { amount: total, start: 0n, end: duration };
  vault.pool = { ...vault.pool, income };
  return [["IncomeUpdated", income.amount, income.start, income.end]];
}

/** Below the least supply the price stands still: what rounding would add to it is banked. */
function change(vault: Vault, assets: bigint, shares: bigint): Said[] {
  const before = vault.pool;
  const after = { ...before, assets: before.assets + assets, shares: before.shares + shares };
  const isSmall = before.shares < MIN_SUPPLY || after.shares < MIN_SUPPLY;
  const held = toAssets(before, after.shares + 1n) - 1n;
  const dust = isSmall && after.assets > held ? after.assets - held : 0n;
  vault.pool = { ...after, assets: after.assets - dust, banked: after.banked + dust };
  return dust === 0n ? [] : [["Banked", vault.pool.banked]];
}

const poolUpdated = ({ pool }: Vault): Said => ["PoolUpdated", pool.assets, pool.shares];

/** Puts `assets` into the pool and mints `shares`. */
function enter(vault: Vault, now: bigint, assets: bigint, shares: bigint, receiver: string): Said[] {
  const wasSmall = vault.pool.shares < MIN_SUPPLY;
  const said = change(vault, assets, shares);
  if (wasSmall && vault.pool.shares >= MIN_SUPPLY) {
    const { banked } = vault.pool;
    said.push(...setIncome(vault, now, banked, true));
    if (banked !== 0n) said.push(["Banked", 0n]);
    vault.pool = { ...vault.pool, banked: 0n };
  }
  return [...said, poolUpdated(vault), ["Transfer", ZERO, receiver, shares]];
}

/** Why nobody can enter now, if so. */
export function entryRefusal(vault: Vault, now: bigint, shares: bigint): string | undefined {
  if (now < vault.pausedUntil) return "VPHA_DepositsPaused";
  return shares === 0n ? "VPHA_ZeroShares" : undefined;
}

/** What `assets` buy now, and what `shares` cost now. */
export const sharesFor = (vault: Vault, now: bigint, assets: bigint): bigint =>
  toShares(accrue(vault.pool, vault.emission, now), assets);
export function costOf(vault: Vault, now: bigint, shares: bigint): bigint {
  const pool = accrue(vault.pool, vault.emission, now);
  return ceilDiv(shares * (pool.assets + 1n), pool.shares + 1n);
}

/** A deposit of `assets` for `shares`: by `deposit` and by `mint`. */
export function deposit(vault: Vault, now: bigint, from: string, assets: bigint, shares: bigint): Said[] {
  return [
    ...advance(vault, now),
    ...enter(vault, now, assets, shares, from),
    ["asset.Transfer", from, vault.address, assets],
    ["Deposit", from, from, assets, shares],
  ];
}

export function requestRedeem(vault: Vault, now: bigint, by: string, shares: bigint): Said[] {
  const said = advance(vault, now);
  const assets = toAssets(vault.pool, shares);
  const index = vault.counts.get(by) ?? 0n;
  vault.counts.set(by, index + 1n);
  const request = { id: (BigInt(by) << 96n) | index, assets, shares, maturity: now + UNBONDING_PERIOD };
  vault.requests.set(by, [...(vault.requests.get(by) ?? []), request]);

  const wasSmall = vault.pool.shares < MIN_SUPPLY;
  said.push(["Transfer", by, ZERO, shares], ...change(vault, -assets, -shares));
  if (!wasSmall && vault.pool.shares < MIN_SUPPLY) said.push(...setIncome(vault, now, 0n, false));
  return [
    ...said,
    poolUpdated(vault),
    ["RedeemRequest", by, by, request.id, by, shares],
    ["RedemptionRequested", request.id, assets, request.maturity],
  ];
}

export function cancelRedeem(vault: Vault, now: bigint, by: string, { id, assets }: Request): Said[] {
  forget(vault, by, id);
  const said = advance(vault, now);
  const shares = toShares(vault.pool, assets);
  return [...said, ...enter(vault, now, assets, shares, by), ["RedemptionCancelled", id, assets, shares]];
}

/** Claims one matured request. `fetched` is what the vault has pulled for it from the emission vault, which is `at`. */
export function claim(vault: Vault, by: string, { id, assets, shares }: Request, at: string, fetched: bigint): Said[] {
  forget(vault, by, id);
  return [
    ["RedemptionClaimed", id, assets, shares],
    ...(fetched === 0n ? [] : [["asset.Transfer", at, vault.address, fetched] as const]),
    ["Withdraw", by, by, by, assets, shares],
    ["asset.Transfer", vault.address, by, assets],
  ];
}

export function fund(vault: Vault, now: bigint, from: string, amount: bigint): Said[] {
  return [
    ...advance(vault, now),
    ...setIncome(vault, now, amount, vault.pool.shares >= MIN_SUPPLY),
    poolUpdated(vault),
    ["IncomeFunded", from, amount],
    ["asset.Transfer", from, vault.address, amount],
  ];
}

export function pauseDeposits(vault: Vault, by: string, until: bigint): Said[] {
  vault.pausedUntil = until;
  return [["DepositsPaused", by, until]];
}

export function resumeDeposits(vault: Vault, now: bigint, by: string): Said[] {
  vault.pausedUntil = now;
  return [["DepositsResumed", by]];
}

/** PHA that all open requests are owed. */
export const pendingOf = ({ requests }: Vault): bigint =>
  [...requests.values()].flat().reduce((sum, { assets }) => sum + assets, 0n);

function forget({ requests }: Vault, by: string, id: bigint): void {
  requests.set(
    by,
    (requests.get(by) ?? []).filter((request) => request.id !== id),
  );
}
