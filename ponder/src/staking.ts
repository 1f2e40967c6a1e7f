/**
 * vPHA: the pool, positions, redemption requests, and the history of all that happens to them.
 *
 * An interaction emits several events; each handler takes from its own what the others do not say. The pool's events
 * (Banked, IncomeUpdated, PoolUpdated) come before those that name the interaction, so the history shows the state after.
 */
import { type Context, type EventNames, type Event, ponder } from "ponder:registry";
import { account, operatorApproval, position, redemptionRequest, stakingEvent, vault } from "ponder:schema";
import { type Hex, zeroAddress } from "viem";
import { type Pool, EMPTY_POOL, accrue } from "../../model/pool.ts";
import { costOf } from "./maths/position.ts";
import { type PoolColumns, emissionOf, poolColumns, poolOf, priceColumns } from "./maths/vault.ts";
import { rateOf } from "./maths/yield.ts";
import { advance } from "./series.ts";
import { newAccount } from "./token.ts";

type VaultEvent = Event<Extract<EventNames, `VPHA:${string}`> & Exclude<EventNames, "VPHA:setup">>;
type Position = typeof position.$inferSelect;
type History = typeof stakingEvent.$inferInsert;

ponder.on("VPHA:setup", async ({ context }) => {
  const unknown = { budget: 0n, start: 0n };
  await context.db.insert(vault).values({
    address: context.contracts.VPHA.address,
    asset: context.contracts.PHA.address,
    ...poolColumns(EMPTY_POOL),
    emissionBudget: unknown.budget,
    emissionStart: unknown.start,
    ...priceColumns(EMPTY_POOL, unknown, 0n),
    block: 0n,
    pendingAssets: 0n,
    pendingRequests: 0,
    stakers: 0,
    depositsPausedUntil: 0n,
    depositedCumulative: 0n,
    requestedCumulative: 0n,
    cancelledCumulative: 0n,
    claimedCumulative: 0n,
    fundedCumulative: 0n,
    deposits: 0,
    requests: 0,
    cancellations: 0,
    claims: 0,
  });
});

// THE POOL

ponder.on("VPHA:Banked", async ({ event, context }) => {
  await setPool(context, event, { banked: event.args.banked });
});

ponder.on("VPHA:IncomeUpdated", async ({ event, context }) => {
  await setPool(context, event, { income: event.args });
});

ponder.on("VPHA:PoolUpdated", async ({ event, context }) => {
  await setPool(context, event, event.args);
});

// SHARES

ponder.on("VPHA:Transfer", async ({ event, context }) => {
  const { from, to, value: shares } = event.args;
  await advance(context, event.block, event);
  if (shares === 0n) return;
  // What minted shares cost, and what burnt ones had cost, follows with the event that names the interaction.
  if (from === zeroAddress) return changeShares(context, event, to, shares, {});
  if (to === zeroAddress) return changeShares(context, event, from, -shares, {});
  if (from !== to) {
    const sender = await context.db.find(position, { account: from });
    const cost = sender === null ? 0n : costOf(sender, shares);
    await changeShares(context, event, from, -shares, { cost: -cost, transferredOutCumulative: shares });
    await changeShares(context, event, to, shares, { cost, transferredInCumulative: shares });
  }
  await record(context, event, { kind: "transfer", account: from, counterparty: to, shares });
});

ponder.on("VPHA:Deposit", async ({ event, context }) => {
  const { sender, owner, assets, shares } = event.args;
  await advance(context, event.block, event);
  await changePosition(context, event, owner, { cost: assets, depositedCumulative: assets });
  const after = await context.db.update(vault, { address: event.log.address }).set((row) => ({
    depositedCumulative: row.depositedCumulative + assets,
    deposits: row.deposits + 1,
  }));
  await record(context, event, { kind: "deposit", account: owner, counterparty: sender, assets, shares }, after);
});

// REQUESTS

ponder.on("VPHA:RedeemRequest", async ({ event, context }) => {
  const { controller, owner, requestId: id, sender, shares } = event.args;
  await advance(context, event.block, event);
  const left = await context.db.find(position, { account: owner });
  const cost = left === null ? 0n : costOf({ shares: left.shares + shares, cost: left.cost }, shares);
  await changePosition(context, event, owner, { cost: -cost });
  await context.db.insert(redemptionRequest).values({
    id,
    controller,
    number: id % 2n ** 96n,
    owner,
    sender,
    state: "pending",
    shares,
    pendingShares: shares,
    cost,
    // Named by the next event, RedemptionRequested.
    assets: 0n,
    pendingAssets: 0n,
    realisedReward: 0n,
    maturity: 0n,
    claimedCumulative: 0n,
    requestedAt: event.block.timestamp,
    requestedBlock: event.block.number,
    requestTransaction: event.transaction.hash,
  });
});

ponder.on("VPHA:RedemptionRequested", async ({ event, context }) => {
  const { requestId, assets, maturity } = event.args;
  await advance(context, event.block, event);
  const { owner, controller, shares, realisedReward } = await context.db
    .update(redemptionRequest, { id: requestId })
    .set((row) => ({ assets, pendingAssets: assets, maturity, realisedReward: assets - row.cost }));
  const given = { realisedReward, requestedCumulative: assets };
  const pending = { pendingAssets: assets, pendingRequests: 1 };
  if (owner === controller) await changePosition(context, event, owner, { ...given, ...pending });
  else {
    await changePosition(context, event, owner, given);
    await changePosition(context, event, controller, pending);
  }
  const after = await context.db.update(vault, { address: event.log.address }).set((row) => ({
    pendingAssets: row.pendingAssets + assets,
    pendingRequests: row.pendingRequests + 1,
    requestedCumulative: row.requestedCumulative + assets,
    requests: row.requests + 1,
  }));
  const what = { kind: "request", account: controller, counterparty: owner, assets, shares, requestId } as const;
  await record(context, event, what, after);
});

ponder.on("VPHA:RedemptionCancelled", async ({ event, context }) => {
  const { requestId, assets, shares } = event.args;
  await advance(context, event.block, event);
  const { controller } = await context.db.update(redemptionRequest, { id: requestId }).set({
    state: "cancelled",
    pendingAssets: 0n,
    pendingShares: 0n,
    cancelledShares: shares,
    closedAt: event.block.timestamp,
    closeTransaction: event.transaction.hash,
  });
  await changePosition(context, event, controller, {
    cost: assets,
    cancelledCumulative: assets,
    pendingAssets: -assets,
    pendingRequests: -1,
  });
  const after = await context.db.update(vault, { address: event.log.address }).set((row) => ({
    pendingAssets: row.pendingAssets - assets,
    pendingRequests: row.pendingRequests - 1,
    cancelledCumulative: row.cancelledCumulative + assets,
    cancellations: row.cancellations + 1,
  }));
  await record(context, event, { kind: "cancel", account: controller, assets, shares, requestId }, after);
});

ponder.on("VPHA:RedemptionClaimed", async ({ event, context }) => {
  const { requestId, assets, shares } = event.args;
  await advance(context, event.block, event);
  const request = await context.db.update(redemptionRequest, { id: requestId }).set((row) => ({
    pendingAssets: row.pendingAssets - assets,
    pendingShares: row.pendingShares - shares,
    claimedCumulative: row.claimedCumulative + assets,
    ...(row.pendingAssets === assets
      ? { state: "claimed", closedAt: event.block.timestamp, closeTransaction: event.transaction.hash }
      : { state: "partially_claimed" }),
  }));
  const closed = Number(request.state === "claimed");
  await changePosition(context, event, request.controller, {
    claimedCumulative: assets,
    pendingAssets: -assets,
    pendingRequests: -closed,
  });
  const after = await context.db.update(vault, { address: event.log.address }).set((row) => ({
    pendingAssets: row.pendingAssets - assets,
    pendingRequests: row.pendingRequests - closed,
    claimedCumulative: row.claimedCumulative + assets,
    claims: row.claims + 1,
  }));
  await record(context, event, { kind: "claim", account: request.controller, assets, shares, requestId }, after);
});

ponder.on("VPHA:Withdraw", async ({ event, context }) => {
  const { receiver, owner, assets, shares } = event.args;
  await advance(context, event.block, event);
  await record(context, event, { kind: "payout", account: owner, counterparty: receiver, assets, shares });
});

ponder.on("VPHA:OperatorSet", async ({ event, context }) => {
  const { controller, operator, approved } = event.args;
  const updatedAt = event.block.timestamp;
  await advance(context, event.block, event);
  await context.db
    .insert(operatorApproval)
    .values({ controller, operator, approved, updatedAt })
    .onConflictDoUpdate({ approved, updatedAt });
});

// INCOME

ponder.on("VPHA:IncomeFunded", async ({ event, context }) => {
  const { from, amount } = event.args;
  await advance(context, event.block, event);
  await context.db
    .update(vault, { address: event.log.address })
    .set((row) => ({ fundedCumulative: row.fundedCumulative + amount }));
  await record(context, event, { kind: "fund", account: from, assets: amount });
});

/** Emission came in: the pull is an event of the emission vault, whose handler tells of it here. */
export async function recordHarvest(context: Context, event: Event<"EmissionVault:Pulled">): Promise<void> {
  await record(context, event, { kind: "harvest", account: event.transaction.from, assets: event.args.amount });
}

// PAUSE

ponder.on("VPHA:DepositsPaused", async ({ event, context }) => {
  const { by, until } = event.args;
  await advance(context, event.block, event);
  await context.db.update(vault, { address: event.log.address }).set({ depositsPausedUntil: until });
  await record(context, event, { kind: "pause", account: by, until });
});

ponder.on("VPHA:DepositsResumed", async ({ event, context }) => {
  await advance(context, event.block, event);
  await context.db.update(vault, { address: event.log.address }).set({ depositsPausedUntil: event.block.timestamp });
  await record(context, event, { kind: "resume", account: event.args.by });
});

// SHARED

/** Brings the vault's price up to `block`. */
export async function refreshVault(
  { db, contracts }: Context,
  { number: block, timestamp }: { number: bigint; timestamp: bigint },
): Promise<void> {
  await db
    .update(vault, { address: contracts.VPHA.address })
    .set((row) => ({ ...priceColumns(poolOf(row), emissionOf(row), timestamp), block }));
}

/** Accrues the pool to the event's second, as the contract has, and sets what the event says. */
async function setPool(context: Context, event: VaultEvent, said: Partial<Pool>): Promise<void> {
  const { number: block, timestamp } = event.block;
  await advance(context, event.block, event);
  await context.db.update(vault, { address: event.log.address }).set((row) => {
    const emission = emissionOf(row);
    const pool = { ...accrue(poolOf(row), emission, timestamp), ...said };
    return { ...poolColumns(pool), ...priceColumns(pool, emission, timestamp), block };
  });
}

type Change = Partial<Omit<Position, "account" | "createdAt" | "updatedAt">>;

const NO_POSITION = {
  shares: 0n,
  cost: 0n,
  realisedReward: 0n,
  pendingAssets: 0n,
  pendingRequests: 0,
  depositedCumulative: 0n,
  requestedCumulative: 0n,
  cancelledCumulative: 0n,
  claimedCumulative: 0n,
  transferredInCumulative: 0n,
  transferredOutCumulative: 0n,
};

/** Adds `change`, column by column, to the position of `owner`. */
async function changePosition({ db }: Context, event: VaultEvent, owner: Hex, change: Change): Promise<Position> {
  const { timestamp } = event.block;
  const outcome = { isNew: true };
  const row = { account: owner, ...sumOf(NO_POSITION, change), createdAt: timestamp, updatedAt: timestamp };
  const after = await db
    .insert(position)
    .values(row)
    .onConflictDoUpdate((before) => {
      outcome.isNew = false;
      return { ...sumOf(before, change), updatedAt: timestamp };
    });
  if (outcome.isNew) await db.insert(account).values(newAccount(owner, event.block)).onConflictDoNothing();
  return after;
}

function sumOf(row: typeof NO_POSITION, change: Change): typeof NO_POSITION {
  return {
    shares: row.shares + (change.shares ?? 0n),
    cost: row.cost + (change.cost ?? 0n),
    realisedReward: row.realisedReward + (change.realisedReward ?? 0n),
    pendingAssets: row.pendingAssets + (change.pendingAssets ?? 0n),
    pendingRequests: row.pendingRequests + (change.pendingRequests ?? 0),
    depositedCumulative: row.depositedCumulative + (change.depositedCumulative ?? 0n),
    requestedCumulative: row.requestedCumulative + (change.requestedCumulative ?? 0n),
    cancelledCumulative: row.cancelledCumulative + (change.cancelledCumulative ?? 0n),
    claimedCumulative: row.claimedCumulative + (change.claimedCumulative ?? 0n),
    transferredInCumulative: row.transferredInCumulative + (change.transferredInCumulative ?? 0n),
    transferredOutCumulative: row.transferredOutCumulative + (change.transferredOutCumulative ?? 0n),
  };
}

/** {changePosition} with `shares` more; counts who became, or is no longer, a staker. */
async function changeShares(
  context: Context,
  event: VaultEvent,
  owner: Hex,
  shares: bigint,
  change: Change,
): Promise<void> {
  const after = await changePosition(context, event, owner, { ...change, shares });
  const stakers = Number(after.shares > 0n) - Number(after.shares - shares > 0n);
  if (stakers === 0) return;
  await context.db.update(vault, { address: event.log.address }).set((row) => ({ stakers: row.stakers + stakers }));
}

/** Writes the event into the history, with the price after it. Who has just changed the vault's row hands it over. */
async function record(
  { db, contracts }: Context,
  event: VaultEvent | Event<"EmissionVault:Pulled">,
  what: Pick<History, "kind" | "account" | "counterparty" | "assets" | "shares" | "requestId" | "until">,
  known?: PoolColumns,
): Promise<void> {
  const row = known ?? (await db.find(vault, { address: contracts.VPHA.address }));
  const pool = row === null ? EMPTY_POOL : accrue(poolOf(row), emissionOf(row), event.block.timestamp);
  await db.insert(stakingEvent).values({
    id: event.id,
    ...what,
    totalAssets: pool.assets,
    totalShares: pool.shares,
    rate: rateOf(pool),
    block: event.block.number,
    timestamp: event.block.timestamp,
    transaction: event.transaction.hash,
  });
}
