/** How PHA came to its first owners: Merkle distributor and team vesting. */
import { ponder } from "ponder:registry";
import { distributor, distributorClaim, vestingRelease } from "ponder:schema";
import { advance } from "./series.ts";

ponder.on("MerkleDistributor:Claimed", async ({ event, context }) => {
  const { index, account, amount } = event.args;
  await advance(context, event.block);
  await context.db.insert(distributorClaim).values({
    distributor: event.log.address,
    index,
    account,
    amount,
    block: event.block.number,
    timestamp: event.block.timestamp,
    transaction: event.transaction.hash,
  });
  await context.db
    .insert(distributor)
    .values({ address: event.log.address, claimedCumulative: amount, claims: 1, sweptCumulative: 0n })
    .onConflictDoUpdate((row) => ({ claimedCumulative: row.claimedCumulative + amount, claims: row.claims + 1 }));
});

ponder.on("MerkleDistributor:Swept", async ({ event, context }) => {
  const { amount } = event.args;
  const sweptAt = event.block.timestamp;
  await advance(context, event.block);
  await context.db
    .insert(distributor)
    .values({ address: event.log.address, claimedCumulative: 0n, claims: 0, sweptCumulative: amount, sweptAt })
    .onConflictDoUpdate((row) => ({ sweptCumulative: row.sweptCumulative + amount, sweptAt }));
});

ponder.on("TeamVesting:ERC20Released", async ({ event, context }) => {
  const { token, amount } = event.args;
  await advance(context, event.block);
  await context.db.insert(vestingRelease).values({
    id: event.id,
    wallet: event.log.address,
    token,
    amount,
    block: event.block.number,
    timestamp: event.block.timestamp,
    transaction: event.transaction.hash,
  });
});
