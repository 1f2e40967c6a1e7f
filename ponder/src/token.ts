/** PHA: balances, supply, burns. */
import { type Context, ponder } from "ponder:registry";
import { account, burn, token } from "ponder:schema";
import { type Hex, zeroAddress } from "viem";
import { advance } from "./series.ts";

ponder.on("PHA:setup", async ({ context }) => {
  await context.db.insert(token).values({
    address: context.contracts.PHA.address,
    totalSupply: 0n,
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
  await advance(context, event.block);

  let holders = 0;
  if (from !== zeroAddress) holders += await move(context, from, -value, event.block);
  if (to !== zeroAddress) holders += await move(context, to, value, event.block);
  const minted = from === zeroAddress ? value : 0n;
  const burned = to === zeroAddress ? value : 0n;
  const { totalSupply } = await context.db.update(token, { address: event.log.address }).set((row) => ({
    totalSupply: row.totalSupply + minted - burned,
    mintedCumulative: row.mintedCumulative + minted,
    burnedCumulative: row.burnedCumulative + burned,
    holders: row.holders + holders,
    transfersCumulative: row.transfersCumulative + 1,
    block,
    timestamp,
  }));
  if (to === zeroAddress) {
    const transaction = event.transaction.hash;
    await context.db
      .insert(burn)
      .values({ id: event.id, account: from, amount: value, totalSupply, block, timestamp, transaction });
  }
});

/** Adds `amount` (wei, negative to take) to a balance. Returns by how many the number of holders changes. */
async function move(
  { db }: Context,
  address: Hex,
  amount: bigint,
  { number, timestamp }: { number: bigint; timestamp: bigint },
): Promise<number> {
  const before = await db.find(account, { address });
  const received = amount > 0n ? amount : 0n;
  const sent = amount < 0n ? -amount : 0n;
  const held = before?.balance ?? 0n;
  const balance = held + amount;
  if (before === null) {
    await db.insert(account).values({
      ...newAccount(address, { number, timestamp }),
      balance,
      receivedCumulative: received,
      sentCumulative: sent,
    });
  } else {
    await db.update(account, { address }).set({
      balance,
      receivedCumulative: before.receivedCumulative + received,
      sentCumulative: before.sentCumulative + sent,
      updatedAt: timestamp,
    });
  }
  // Not `before.balance`: the row that was found follows the update.
  return Number(balance > 0n) - Number(held > 0n);
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
