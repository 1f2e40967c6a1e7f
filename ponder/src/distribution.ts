/** How PHA came to its first owners: Merkle distributors and team vesting. */
import { type Context, type Event, ponder } from "ponder:registry";
import { distributor, distributorClaim, supplyBucket } from "ponder:schema";
import { type Address, getAbiItem, parseEther, toFunctionSelector, zeroHash } from "viem";
import { lower } from "./maths/addresses.ts";
import { merkleDistributorAbi } from "../../deploy/generated/abis.ts";
import { ask, insist } from "./reads.ts";
import { advance } from "./series.ts";
import { addBucket } from "./supply.ts";
import { nameContract } from "./suiteContracts.ts";

/** What a bucket sends at least before somebody asks whether it went to a distributor. */
const LEAST_FUNDING = parseEther("100000");

const TREASURIES: ReadonlySet<string> = new Set(["treasury", "treasury_sink"]);

/** What the code of a distributor has in it: the functions that are asked, as its dispatcher compares them. */
const SELECTORS = (["token", "root", "deadline", "treasury"] as const).map((name) =>
  toFunctionSelector(getAbiItem({ abi: merkleDistributorAbi, name })).slice(2),
);

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
  const code = await insist(() => client.getCode({ address, cache }));
  // Whoever has none of these functions is not asked: nodes take long over what fails.
  if (code === undefined || !SELECTORS.every((selector) => code.includes(selector))) return null;
  const read = { address, abi: merkleDistributorAbi, cache, retryEmptyResponse: false } as const;
  const of = await ask(() => client.readContract({ ...read, functionName: "token" }));
  if (of === null || lower(of) !== token) return null;
  const root = await ask(() => client.readContract({ ...read, functionName: "root" }));
  const deadline = await ask(() => client.readContract({ ...read, functionName: "deadline" }));
  const treasury = await ask(() => client.readContract({ ...read, functionName: "treasury" }));
  if (root === null || root === zeroHash || deadline === null || treasury === null) return null;
  const bucket = await db.find(supplyBucket, { address: lower(treasury) });
  return bucket !== null && TREASURIES.has(bucket.name) ? { root, deadline, treasury: lower(treasury) } : null;
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
