/** What a transaction changed, beside what it may change. */
import { type Address, type Hash, type Hex, type Transport, getAddress, padHex, toHex, zeroHash } from "viem";
import type { Call } from "../call.ts";
import type { ExpectedChange } from "./batches.ts";
import { type StorageRange, valueIn } from "./storage.ts";

const WORD = 32;

/** An account before or after a transaction, as the tracer has it: only what changed, and no slot that holds zero. */
interface TracedAccount {
  readonly balance?: Hex;
  readonly nonce?: number;
  readonly code?: Hex;
  readonly storage?: Readonly<Record<Hex, Hex>>;
}

/** What `debug_traceTransaction` returns with `prestateTracer` and `diffMode`. */
export interface PrestateDiff {
  readonly pre: Readonly<Record<Address, TracedAccount>>;
  readonly post: Readonly<Record<Address, TracedAccount>>;
}

/** What the transaction `hash` changed; the node has to be able to trace. */
export async function traceChanges(transport: Transport, hash: Hash): Promise<PrestateDiff> {
  const { request } = transport({});
  const options = { tracer: "prestateTracer", tracerConfig: { diffMode: true } };
  const changes: PrestateDiff = await request({ method: "debug_traceTransaction", params: [hash, options] });
  return changes;
}

/** A word of storage that changed. */
export interface WordChange {
  readonly address: Address;
  readonly slot: Hex;
  readonly from: Hex;
  readonly to: Hex;
}

/** All words of storage that changed. */
export function wordChanges({ pre, post }: PrestateDiff): WordChange[] {
  const changes: WordChange[] = [];
  for (const account of keys(pre, post)) {
    const [before, after] = [normalised(pre[account]?.storage), normalised(post[account]?.storage)];
    for (const slot of new Set([...before.keys(), ...after.keys()])) {
      const [from, to] = [before.get(slot) ?? zeroHash, after.get(slot) ?? zeroHash];
      if (from !== to) changes.push({ address: getAddress(account), slot, from, to });
    }
  }
  return changes;
}

/** What is there only before or after the other keeps its key in one of both. */
function keys(pre: PrestateDiff["pre"], post: PrestateDiff["post"]): Set<Address> {
  return new Set([...Object.keys(pre), ...Object.keys(post)] as Address[]);
}

function normalised(storage: TracedAccount["storage"] = {}): Map<Hex, Hex> {
  return new Map(
    Object.entries(storage).map(([slot, value]) => [
      padHex(slot as Hex, { size: WORD }),
      padHex(value, { size: WORD }),
    ]),
  );
}

/**
 * What is wrong with the changes: anything that is not among the expected ones, another value than the expected one, and
 * what should have changed and did not. Empty if nothing is.
 *
 * @param payer Sent the transaction: its balance and nonce change, and the balance of whoever made the block.
 */
export function findings(
  diff: PrestateDiff,
  expected: readonly ExpectedChange[],
  { payer, miner }: { readonly payer: Address; readonly miner: Address },
): string[] {
  const changes = wordChanges(diff);
  const found = [...otherFindings(diff, payer, miner)];
  for (const change of changes) {
    const allowed = expected.filter(({ address }) => address === change.address);
    if (allowed.some(({ ranges }) => ranges === null)) continue;
    const ranges = allowed.flatMap((each) => each.ranges ?? []).filter(({ slot }) => slot === change.slot);
    if (differsOutside(change, ranges)) {
      const name = allowed[0]?.name.split(".")[0];
      found.push(
        `${change.address}${name === undefined ? "" : ` (${name})`}, slot ${change.slot}: ${change.from} became ${change.to}, which nothing accounts for`,
      );
    }
  }
  for (const { address, name, ranges, to, optional } of expected) {
    for (const range of ranges ?? []) {
      const change = changes.find((each) => each.address === address && each.slot === range.slot);
      const before = change && valueIn(change.from, range);
      const after = change && valueIn(change.to, range);
      if (before === after) {
        if (!optional) found.push(`${name} did not change`);
      } else if (to !== undefined && after !== undefined && after !== to) {
        found.push(`${name} became ${numberText(after)} instead of ${numberText(to)}`);
      }
    }
  }
  return found;
}

/** What is wrong with the calls of a batch: any that is not, byte for byte, the task's own in its place. */
export function callFindings(calls: readonly Call[], own: readonly Call[]): string[] {
  return Array.from({ length: Math.max(calls.length, own.length) }).flatMap((_, i) => {
    const [call, expected] = [calls[i], own[i]];
    if (call === undefined) return [`call ${i + 1} is missing: ${expected?.description}`];
    if (expected === undefined) return [`call ${i + 1} is none of the task's: ${call.description}`];
    const isOwn = call.to === expected.to && call.value === expected.value && call.data === expected.data;
    return isOwn ? [] : [`call ${i + 1} is not the task's own, ${expected.description}: ${call.description}`];
  });
}

/** Small numbers as they are, ids and addresses in hexadecimal. */
export function numberText(value: bigint): string {
  return value < 1n << 96n ? String(value) : toHex(value);
}

/** Code, balances and nonces: none of them is for a task to change. */
function* otherFindings({ pre, post }: PrestateDiff, payer: Address, miner: Address): Generator<string> {
  for (const key of keys(pre, post)) {
    const address = getAddress(key);
    const [before, after] = [pre[key], post[key]];
    if (after?.code !== undefined && after.code !== before?.code) yield `${address}: its code changed`;
    if (address === payer || address === miner) continue;
    if (after?.balance !== undefined && after.balance !== before?.balance) yield `${address}: its balance changed`;
    if (after?.nonce !== undefined && after.nonce !== before?.nonce) yield `${address}: its nonce changed`;
  }
}

/** Whether the word differs in a byte that is in none of `ranges`. */
function differsOutside({ from, to }: WordChange, ranges: readonly StorageRange[]): boolean {
  const mask = ranges.reduce(
    (bits, { offset, size }) => bits | (((1n << BigInt(8 * size)) - 1n) << BigInt(8 * offset)),
    0n,
  );
  return ((BigInt(from) ^ BigInt(to)) & ~mask) !== 0n;
}
