/** Wrapped vPHA and the governor: who votes with how much, what is proposed, and what becomes of it. */
import { and, asc, desc, eq, gt, isNull, lte } from "ponder";
import { type Context, ponder } from "ponder:registry";
import { operation, proposal, proposalCall, support, vault, vote, voter, votingToken } from "ponder:schema";
import { type Address, zeroAddress } from "viem";
import { operationId } from "../../deploy/operation.ts";
import { ceilDiv } from "../../model/fraction.ts";
import { planGovernanceReview, reviewGovernance } from "./governance.ts";
import { decodeCall } from "./maths/calls.ts";
import { nameOf } from "./maths/names.ts";
import { advance } from "./series.ts";
import { contractOf } from "./suiteContracts.ts";

/** Of all votes, of all vPHA: see `PhalaGovernor.quorum`. */
const [QUORUM_DIVISOR, FLOOR_DIVISOR] = [10n, 50n];

// TOKEN

ponder.on("VotingVPHA:Transfer", async ({ event, context }) => {
  const { from, to, value } = event.args;
  await begin(context, event.block);
  const { timestamp } = event.block;
  const { address } = event.log;
  let holders = 0;
  if (from !== zeroAddress) {
    const { balance } = await change(context, from, timestamp, ({ balance }) => ({ balance: balance - value }));
    if (balance === 0n && value !== 0n) holders -= 1;
  }
  if (to !== zeroAddress) {
    const { balance } = await change(context, to, timestamp, ({ balance }) => ({ balance: balance + value }));
    if (balance === value && value !== 0n) holders += 1;
  }
  const minted = (from === zeroAddress ? value : 0n) - (to === zeroAddress ? value : 0n);
  await context.db
    .insert(votingToken)
    .values({ address, totalSupply: minted, holders, updatedAt: timestamp })
    .onConflictDoUpdate((row) => ({
      totalSupply: row.totalSupply + minted,
      holders: row.holders + holders,
      updatedAt: timestamp,
    }));
});

ponder.on("VotingVPHA:DelegateVotesChanged", async ({ event, context }) => {
  const { delegate, newVotes } = event.args;
  await begin(context, event.block);
  await change(context, delegate, event.block.timestamp, () => ({ votes: newVotes }));
});

ponder.on("VotingVPHA:DelegateChanged", async ({ event, context }) => {
  const { delegator, toDelegate } = event.args;
  await begin(context, event.block);
  const delegate = toDelegate === zeroAddress ? null : toDelegate;
  await change(context, delegator, event.block.timestamp, () => ({ delegate }));
});

type Voter = typeof voter.$inferSelect;

/** Changes a voter, who may be new. */
async function change(
  { db }: Context,
  account: Address,
  updatedAt: bigint,
  to: (row: Voter) => Partial<Voter>,
): Promise<Voter> {
  const fresh: Voter = { account, balance: 0n, votes: 0n, delegate: null, updatedAt };
  return db
    .insert(voter)
    .values({ ...fresh, ...to(fresh) })
    .onConflictDoUpdate((row) => ({ ...to(row), updatedAt }));
}

// GOVERNOR

ponder.on("PhalaGovernor:ProposalCreated", async ({ event, context }) => {
  const { proposalId, proposer, targets, values, calldatas, voteStart, voteEnd, description } = event.args;
  await begin(context, event.block);
  const { timestamp } = event.block;
  const id = String(proposalId);
  const staked = await context.db.find(vault, { address: context.contracts.VPHA.address });
  await context.db.insert(proposal).values({
    id,
    governor: event.log.address,
    state: "proposed",
    proposer,
    description,
    proposedAt: timestamp,
    voteStart,
    voteEnd,
    forVotes: 0n,
    againstVotes: 0n,
    abstainVotes: 0n,
    voters: 0,
    quorumFloor: ceilDiv(staked?.shares ?? 0n, FLOOR_DIVISOR),
    transaction: event.transaction.hash,
  });
  for (const [index, target] of targets.entries()) {
    const data = calldatas[index] ?? "0x";
    await context.db.insert(proposalCall).values({
      proposalId: id,
      index,
      target,
      value: values[index] ?? 0n,
      data,
      ...decodeCall(await contractOf(context, target), data),
    });
  }
  // In the first second after the snapshot, when nothing changes it any more.
  await planGovernanceReview(context, voteStart + 1n);
});

for (const name of ["PhalaGovernor:VoteCast", "PhalaGovernor:VoteCastWithParams"] as const) {
  ponder.on(name, async ({ event, context }) => {
    const { voter: account, proposalId, support: number, weight, reason } = event.args;
    await begin(context, event.block);
    const id = String(proposalId);
    const choice = nameOf(support, number);
    const { timestamp } = event.block;
    await context.db.insert(vote).values({
      proposalId: id,
      voter: account,
      support: choice,
      weight,
      reason,
      timestamp,
      transaction: event.transaction.hash,
    });
    await context.db.update(proposal, { id }).set((row) => ({
      voters: row.voters + 1,
      forVotes: row.forVotes + (choice === "for" ? weight : 0n),
      againstVotes: row.againstVotes + (choice === "against" ? weight : 0n),
      abstainVotes: row.abstainVotes + (choice === "abstain" ? weight : 0n),
    }));
  });
}

ponder.on("PhalaGovernor:ProposalExtended", async ({ event, context }) => {
  const { proposalId, extendedDeadline: voteEnd } = event.args;
  await begin(context, event.block);
  await context.db.update(proposal, { id: String(proposalId) }).set({ voteEnd });
});

ponder.on("PhalaGovernor:ProposalQueued", async ({ event, context }) => {
  const { proposalId, etaSeconds: readyAt } = event.args;
  await begin(context, event.block);
  const id = String(proposalId);
  await context.db.update(proposal, { id }).set({ state: "queued", queuedAt: event.block.timestamp, readyAt });
  // Its calls were scheduled by the same transaction, before this event.
  const calls = await context.db.sql.select().from(proposalCall).where(eq(proposalCall.proposalId, id));
  for (const { target, data } of calls) {
    const hash = operationId(event.log.address, { to: target, data });
    const [latest] = await context.db.sql
      .select({ nonce: operation.nonce })
      .from(operation)
      .where(and(eq(operation.hash, hash), eq(operation.scheduledAt, event.block.timestamp)))
      .orderBy(desc(operation.nonce))
      .limit(1);
    if (latest) await context.db.update(operation, { hash, nonce: latest.nonce }).set({ proposalId: id });
  }
});

ponder.on("PhalaGovernor:ProposalExecuted", async ({ event, context }) => {
  await begin(context, event.block);
  const closed = { state: "executed", closedAt: event.block.timestamp } as const;
  await context.db.update(proposal, { id: String(event.args.proposalId) }).set(closed);
});

ponder.on("PhalaGovernor:ProposalCanceled", async ({ event, context }) => {
  await begin(context, event.block);
  const closed = { state: "cancelled", closedAt: event.block.timestamp } as const;
  await context.db.update(proposal, { id: String(event.args.proposalId) }).set(closed);
});

/** Fixes the quorum of proposals whose snapshot is before `timestamp`. */
export async function fixQuorums({ db, contracts }: Context, timestamp: bigint): Promise<void> {
  const open = await db.sql
    .select({ id: proposal.id, voteStart: proposal.voteStart })
    .from(proposal)
    .where(and(isNull(proposal.quorum), lte(proposal.voteStart, timestamp - 1n)));
  if (open.length === 0) return;
  const token = await db.find(votingToken, { address: contracts.VotingVPHA.address });
  const part = ceilDiv(token?.totalSupply ?? 0n, QUORUM_DIVISOR);
  for (const { id, voteStart } of open) {
    // Proposals of one second share the higher floor.
    const alike = await db.sql
      .select({ floor: proposal.quorumFloor })
      .from(proposal)
      .where(eq(proposal.voteStart, voteStart));
    const quorum = alike.reduce((most, { floor }) => (floor > most ? floor : most), part);
    await db.update(proposal, { id }).set({ quorum });
  }
}

/** When the next quorum can be fixed. */
export async function nextSnapshot({ db }: Context, timestamp: bigint): Promise<bigint | undefined> {
  const [next] = await db.sql
    .select({ time: proposal.voteStart })
    .from(proposal)
    .where(and(isNull(proposal.quorum), gt(proposal.voteStart, timestamp - 1n)))
    .orderBy(asc(proposal.voteStart))
    .limit(1);
  return next && next.time + 1n;
}

/** What every handler does first. */
async function begin(context: Context, block: { timestamp: bigint }): Promise<void> {
  await advance(context, block);
  await reviewGovernance(context, block);
}
