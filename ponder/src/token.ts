/** PHA: balances, supply, burns. */
import { type Context, ponder } from "ponder:registry";
import { account, burn, token } from "ponder:schema";
import { type Hex, zeroAddress } from "viem";
import { noteFunding } from "./distribution.ts";
import { circulationAfter } from "./maths/circulation.ts";
import { advance } from "./series.ts";
import { addressesOf, moveInBuckets, openBuckets } from "./supply.ts";

ponder.on("PHA:setup", async ({ context }) => {
  await context.db.insert(token).values({
    address: context.contracts.PHA.address,
    totalSupply: 0n,
    ...{ circulating: 0n, staked: 0n, buckets: await openBuckets(context) },
    mintedCumulative: 0n,
    burnedCumulative: 0n,
    holders: 0,
    transfersCumulative: 0,
    block: 0n,
    timestamp: 0n,
  });
});

ponder.on("PHA:Transfer", async ({ event, context }) => {
  const { from, to, value } = event.args;
  const { number: block, timestamp } = event.block;
  await advance(context, event.block, event);

  let holders = 0;
  if (from !== zeroAddress) holders += await move(context, from, -value, event.block);
  if (to !== zeroAddress) holders += await move(context, to, value, event.block);
  const minted = from === zeroAddress ? value : 0n;
  const burned = to === zeroAddress ? value : 0n;
  const vault = context.contracts.VPHA.address;
  const after = await context.db.update(token, { address: event.log.address }).set((row) => ({
    totalSupply: row.totalSupply + minted - burned,
    ...circulationAfter(row, event.args, { buckets: addressesOf(row), vault }),
    mintedCumulative: row.mintedCumulative + minted,
    burnedCumulative: row.burnedCumulative + burned,
    holders: row.holders + holders,
    transfersCumulative: row.transfersCumulative + 1,
    block,
    timestamp,
  }));
  const buckets = addressesOf(after);
  await moveInBuckets(context, buckets, event.args, timestamp);
  if (buckets.includes(from) && !buckets.includes(to)) await noteFunding(context, event);
  if (to === zeroAddress) {
    const transaction = event.transaction.hash;
    await context.db.insert(burn).values({
      id: event.id,
      account: from,
      amount: value,
      totalSupply: after.totalSupply,
      block,
      timestamp,
      transaction,
    });
  }
});

/** Adds `amount` (wei, negative to take) to a balance. Returns by how many the number of holders changes. */
async function move(
  { db }: Context,
  address: Hex,
  amount: bigint,
  { number, timestamp }: { number: bigint; timestamp: bigint },
): Promise<number> {
  const receivedCumulative = amount > 0n ? amount : 0n;
  const sentCumulative = amount < 0n ? -amount : 0n;
  const row = { ...newAccount(address, { number, timestamp }), balance: amount, receivedCumulative, sentCumulative };
  const { balance } = await db
    .insert(account)
    .values(row)
    .onConflictDoUpdate((before) => ({
      balance: before.balance + amount,
      receivedCumulative: before.receivedCumulative + receivedCumulative,
      sentCumulative: before.sentCumulative + sentCumulative,
      updatedAt: timestamp,
    }));
  return Number(balance > 0n) - Number(balance - amount > 0n);
}

/** The row of an account that appears in `block`, with nothing yet. */
export function newAccount(address: Hex, block: { number: bigint; timestamp: bigint }) {
  return {
    address,
    balance: 0n,
    receivedCumulative: 0n,
    sentCumulative: 0n,
    createdAt: block.timestamp,
    createdBlock: block.number,
    updatedAt: block.timestamp,
  };
}
