/** The authority: who holds which role, which role may call what, and what is scheduled. */
import { and, asc, eq, gt, inArray, lte } from "ponder";
import { type Context, ponder } from "ponder:registry";
import { authority, functionRole, operation, proposal, roleMember, roleName } from "ponder:schema";
import type { Hex } from "viem";
import { decodeCall, signatureOf } from "./maths/calls.ts";
import { adoptMandate } from "./mandate.ts";
import { nameOf } from "./maths/names.ts";
import { NEVER } from "./maths/worker.ts";
import { setParameters } from "./parameters.ts";
import { advance } from "./series.ts";
import { contractOf, openContracts } from "./suiteContracts.ts";
import { fixQuorums, nextSnapshot } from "./votes.ts";

/** How long an operation can be executed after it became ready: a constant of the contract. */
const WINDOW = 14n * 86_400n;

ponder.on("PhalaAuthority:setup", async ({ context }) => {
  const { address } = context.contracts.PhalaAuthority;
  await context.db.insert(authority).values({ address, operations: 0, review: NEVER });
  await openContracts(context);
});

ponder.on("PhalaAuthority:Sealed", async ({ event, context }) => {
  await advance(context, event.block);
  await context.db.update(authority, { address: event.log.address }).set({ sealedAt: event.block.timestamp });
  await setParameters(context, event, { isSealed: true });
});

ponder.on("PhalaAuthority:RoleGranted", async ({ event, context }) => {
  const { roleId: role, account, delay, since } = event.args;
  await advance(context, event.block);
  const granted = { isMember: true, since: BigInt(since), delay: BigInt(delay), ...stamp(event) };
  await context.db
    .insert(roleMember)
    .values({ role, account, name: nameOf(roleName, Number(role)), ...granted })
    .onConflictDoUpdate(granted);
  if (nameOf(roleName, Number(role)) === "guardian") await adoptMandate(context, account, event.block.timestamp);
});

ponder.on("PhalaAuthority:RoleRevoked", async ({ event, context }) => {
  const { roleId: role, account } = event.args;
  await advance(context, event.block);
  await context.db.update(roleMember, { role, account }).set({ isMember: false, ...stamp(event) });
});

ponder.on("PhalaAuthority:TargetFunctionRoleUpdated", async ({ event, context }) => {
  const { target, selector, roleId: role } = event.args;
  await advance(context, event.block);
  const set = { role, name: nameOf(roleName, Number(role)), ...stamp(event) };
  const found = await contractOf(context, target);
  const names = { contract: found?.name ?? null, signature: found ? signatureOf(found.abi, selector) : null };
  await context.db
    .insert(functionRole)
    .values({ target, selector, ...names, ...set })
    .onConflictDoUpdate(set);
});

ponder.on("PhalaAuthority:OperationScheduled", async ({ event, context }) => {
  const { operationId: hash, nonce, schedule, caller, target, data } = event.args;
  await advance(context, event.block);
  const selector = data.slice(0, 10) as Hex;
  // What has no class is admin's, and so is all that the authority itself restricts.
  const classed = await context.db.find(functionRole, { target, selector });
  const readyAt = BigInt(schedule);
  await context.db.insert(operation).values({
    hash,
    nonce,
    state: "scheduled",
    caller,
    target,
    data,
    ...decodeCall(await contractOf(context, target), data),
    role: classed?.name ?? "admin",
    scheduledAt: event.block.timestamp,
    readyAt,
    expiresAt: readyAt + WINDOW,
    scheduleTransaction: event.transaction.hash,
    lockedAgainst: 0n,
  });
  await context.db.update(authority, { address: event.log.address }).set((row) => ({ operations: row.operations + 1 }));
  await planGovernanceReview(context, readyAt);
});

ponder.on("PhalaAuthority:OperationExecuted", async ({ event, context }) => {
  await advance(context, event.block);
  await close(context, event, "executed");
  const { operationId: executedHash, nonce: executedNonce } = event.args;
  await context.db
    .update(authority, { address: event.log.address })
    .set({ executedHash, executedNonce, executedTransaction: event.transaction.hash });
});

ponder.on("PhalaAuthority:OperationCanceled", async ({ event, context }) => {
  await advance(context, event.block);
  // A veto cancels by a transaction of its own, and says so in an event after this one.
  await close(context, event, "cancelled");
});

/** Lets operations and proposals be looked at in the first block from `time` on, if not before. */
export async function planGovernanceReview({ db, contracts }: Context, time: bigint): Promise<void> {
  const key = { address: contracts.PhalaAuthority.address };
  const row = await db.find(authority, key);
  if (row !== null && time < row.review) await db.update(authority, key).set({ review: time });
}

/** What time alone has done by `timestamp`: operations that became ready or expired, quorums that are fixed. */
export async function reviewGovernance(context: Context, { timestamp }: { timestamp: bigint }): Promise<void> {
  const { db, contracts } = context;
  const key = { address: contracts.PhalaAuthority.address };
  const row = await db.find(authority, key);
  if (row === null || row.review > timestamp) return;

  const due = await db.sql
    .select({
      hash: operation.hash,
      nonce: operation.nonce,
      readyAt: operation.readyAt,
      expiresAt: operation.expiresAt,
    })
    .from(operation)
    .where(and(inArray(operation.state, ["scheduled", "ready"]), lte(operation.readyAt, timestamp)));
  for (const { hash, nonce, expiresAt } of due) {
    const change =
      expiresAt <= timestamp ? ({ state: "expired", closedAt: expiresAt } as const) : ({ state: "ready" } as const);
    const { proposalId } = await db.update(operation, { hash, nonce }).set(change);
    if (change.state === "expired" && proposalId !== null) {
      await db.update(proposal, { id: proposalId }).set(change);
    }
  }
  await fixQuorums(context, timestamp);

  const [ready] = await db.sql
    .select({ time: operation.readyAt })
    .from(operation)
    .where(and(eq(operation.state, "scheduled"), gt(operation.readyAt, timestamp)))
    .orderBy(asc(operation.readyAt))
    .limit(1);
  const [expiring] = await db.sql
    .select({ time: operation.expiresAt })
    .from(operation)
    .where(eq(operation.state, "ready"))
    .orderBy(asc(operation.expiresAt))
    .limit(1);
  const times = [ready?.time, expiring?.time, await nextSnapshot(context, timestamp)].filter(
    (time) => time !== undefined,
  );
  await db.update(authority, key).set({ review: times.reduce((least, time) => (time < least ? time : least), NEVER) });
}

async function close(
  context: Context,
  event: {
    args: { operationId: `0x${string}`; nonce: number };
    block: { timestamp: bigint };
    transaction: { hash: `0x${string}` };
  },
  state: "executed" | "cancelled",
): Promise<void> {
  const { operationId: hash, nonce } = event.args;
  const closed = { state, closedAt: event.block.timestamp, closeTransaction: event.transaction.hash };
  // What has expired can still be cancelled on chain, which changes nothing.
  const { proposalId, state: result } = await context.db
    .update(operation, { hash, nonce })
    .set((row) => (row.expiresAt <= event.block.timestamp ? { state: "expired", closedAt: row.expiresAt } : closed));
  // The proposal whose operation is cancelled can never be executed.
  if (result === "cancelled" && proposalId !== null) {
    await context.db.update(proposal, { id: proposalId }).set({ state, closedAt: event.block.timestamp });
  }
}

function stamp(event: { block: { number: bigint; timestamp: bigint }; transaction: { hash: `0x${string}` } }) {
  return {
    updatedAt: event.block.timestamp,
    updatedBlock: event.block.number,
    transaction: event.transaction.hash,
  };
}
