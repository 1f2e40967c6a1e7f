/** Whose PHA does not circulate: the buckets of `schema/supply.ts`. */
import type { Context } from "ponder:registry";
import { account, supplyBucket, token } from "ponder:schema";
import { type Address, isAddress } from "viem";
import { deployment } from "./manifest.ts";

type Bucket = typeof supplyBucket.$inferSelect;

/** The last list that was split. */
let split: { readonly text: string; readonly addresses: readonly Address[] } = { text: "", addresses: [] };

/** The addresses that a token's row lists. */
export function addressesOf({ buckets: text }: { readonly buckets: string }): readonly Address[] {
  if (split.text !== text) split = { text, addresses: text === "" ? [] : text.split(",").map(asAddress) };
  return split.addresses;
}

function asAddress(text: string): Address {
  if (!isAddress(text, { strict: false })) throw new Error(`the token's row lists ${text} among the buckets`);
  return text;
}

/** Adds the buckets that the manifest names. Returns their list. */
export async function openBuckets({ db }: Context): Promise<string> {
  const { buckets } = deployment;
  await db
    .insert(supplyBucket)
    .values(buckets.map(({ name, address }) => ({ address, name, balance: 0n, since: 0n, updatedAt: 0n })));
  return buckets.map(({ address }) => address).join();
}

/** From `timestamp` on, the PHA of `address` does not circulate. Changes nothing if it is a bucket already. */
export async function addBucket(
  { db, contracts }: Context,
  { address, name, timestamp }: { readonly address: Address; readonly name: string; readonly timestamp: bigint },
): Promise<void> {
  const key = { address: contracts.PHA.address };
  const row = await db.find(token, key);
  if (row === null || addressesOf(row).includes(address)) return;
  const balance = (await db.find(account, { address }))?.balance ?? 0n;
  await db.insert(supplyBucket).values({ address, name, balance, since: timestamp, updatedAt: timestamp });
  await db
    .update(token, key)
    .set({ buckets: [...addressesOf(row), address].join(), circulating: row.circulating - balance });
}

/** Follows a transfer of PHA in the buckets of `buckets` that it is from or to. */
export async function moveInBuckets(
  { db }: Context,
  buckets: readonly Address[],
  { from, to, value }: { readonly from: Address; readonly to: Address; readonly value: bigint },
  updatedAt: bigint,
): Promise<void> {
  for (const [address, change] of [
    [from, -value],
    [to, value],
  ] as const) {
    if (!buckets.includes(address)) continue;
    await db.update(supplyBucket, { address }).set((row) => ({ balance: row.balance + change, updatedAt }));
  }
}

/** The rows of `buckets`. */
export async function bucketsOf({ db }: Context, buckets: readonly Address[]): Promise<Bucket[]> {
  const rows = await Promise.all(buckets.map((address) => db.find(supplyBucket, { address })));
  return rows.filter((row) => row !== null);
}
