/** How PHA came to its first owners: Merkle distributors and team vesting. */
import { type Context, type Event, ponder } from "ponder:registry";
import { distributor, distributorClaim, supplyBucket } from "ponder:schema";
import { type Address, parseEther, zeroHash } from "viem";
import { lower } from "./maths/addresses.ts";
import { merkleDistributorAbi } from "../../deploy/generated/abis.ts";
import { advance } from "./series.ts";
import { addBucket } from "./supply.ts";
import { nameContract } from "./suiteContracts.ts";

/** What a bucket sends at least before somebody asks whether it went to a distributor. */
const LEAST_FUNDING = parseEther("100000");

const TREASURIES: ReadonlySet<string> = new Set(["treasury", "treasury_sink"]);

/**
 * A bucket of the supply has sent PHA to somebody who is none. If that is a distributor, it is followed from now on, and what it holds
 * does not circulate. A distributor is a contract that says so: a root, a deadline, PHA, and that what is left goes to the treasury.
 */
export async function noteFunding(
  context: Context,
  { args: { to, value }, block, log }: Event<"PHA:Transfer">,
): Promise<void> {
  if (value < LEAST_FUNDING) return;
  const { timestamp } = block;
  const terms = await termsOf(context, to, log.address);
  if (terms === null) return;
  await context.db.insert(distributor).values({
    address: to,
    ...terms,
    since: timestamp,
    ...{ claimedCumulative: 0n, claims: 0, sweptCumulative: 0n },
  });
  await nameContract(context, "MerkleDistributor", to, timestamp);
  await addBucket(context, { address: to, name: "distributor", timestamp });
}

/** Root, deadline and treasury of the distributor of `token` at `address`; null if there is none. They never change. */
async function termsOf({ client, db }: Context, address: Address, token: Address) {
  const cache = "immutable" as const;
  if ((await client.getCode({ address, cache })) === undefined) return null;
  const read = { address, abi: merkleDistributorAbi, cache, retryEmptyResponse: false } as const;
  try {
    const of = await client.readContract({ ...read, functionName: "token" });
    const root = await client.readContract({ ...read, functionName: "root" });
    const deadline = await client.readContract({ ...read, functionName: "deadline" });
    const treasury = lower(await client.readContract({ ...read, functionName: "treasury" }));
    const bucket = await db.find(supplyBucket, { address: treasury });
    const isOne = lower(of) === token && root !== zeroHash && bucket !== null && TREASURIES.has(bucket.name);
    return isOne ? { root, deadline, treasury } : null;
  } catch (error) {
    if (error instanceof Error && /revert|returned no data|is not in|out of bounds/i.test(error.message)) return null;
    throw error;
  }
}

ponder.on("MerkleDistributor:Claimed", async ({ event, context }) => {
  const { index, account, amount } = event.args;
  const { address } = event.log;
  if ((await context.db.find(distributor, { address })) === null) return;
  await advance(context, event.block);
  await context.db.insert(distributorClaim).values({
    distributor: address,
    index,
    account,
    amount,
    block: event.block.number,
    timestamp: event.block.timestamp,
    transaction: event.transaction.hash,
  });
  await context.db
    .update(distributor, { address })
    .set((row) => ({ claimedCumulative: row.claimedCumulative + amount, claims: row.claims + 1 }));
});

ponder.on("MerkleDistributor:Swept", async ({ event, context }) => {
  const { amount } = event.args;
  const { address } = event.log;
  if ((await context.db.find(distributor, { address })) === null) return;
  await advance(context, event.block);
  const sweptAt = event.block.timestamp;
  await context.db
    .update(distributor, { address })
    .set((row) => ({ sweptCumulative: row.sweptCumulative + amount, sweptAt }));
});
