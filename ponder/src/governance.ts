/** The authority: who holds which role, which role may call what, and what is scheduled. */
import { type Context, ponder } from "ponder:registry";
import { authority, functionRole, operation, roleMember } from "ponder:schema";
import { advance } from "./series.ts";

/** How long an operation can be executed after it became ready: a constant of the contract. */
const WINDOW = 14n * 86_400n;

ponder.on("PhalaAuthority:setup", async ({ context }) => {
  await context.db.insert(authority).values({ address: context.contracts.PhalaAuthority.address, operations: 0 });
});

ponder.on("PhalaAuthority:Sealed", async ({ event, context }) => {
  await advance(context, event.block);
  await context.db.update(authority, { address: event.log.address }).set({ sealedAt: event.block.timestamp });
});

ponder.on("PhalaAuthority:RoleGranted", async ({ event, context }) => {
  const { roleId: role, account, delay, since } = event.args;
  await advance(context, event.block);
  const granted = { isMember: true, since: BigInt(since), delay: BigInt(delay), ...stamp(event) };
  await context.db
    .insert(roleMember)
    .values({ role, account, ...granted })
    .onConflictDoUpdate(granted);
});

ponder.on("PhalaAuthority:RoleRevoked", async ({ event, context }) => {
  const { roleId: role, account } = event.args;
  await advance(context, event.block);
  await context.db.update(roleMember, { role, account }).set({ isMember: false, ...stamp(event) });
});

ponder.on("PhalaAuthority:TargetFunctionRoleUpdated", async ({ event, context }) => {
  const { target, selector, roleId: role } = event.args;
  await advance(context, event.block);
  const set = { role, ...stamp(event) };
  await context.db
    .insert(functionRole)
    .values({ target, selector, ...set })
    .onConflictDoUpdate(set);
});

ponder.on("PhalaAuthority:OperationScheduled", async ({ event, context }) => {
  const { operationId: hash, nonce, schedule, caller, target, data } = event.args;
  await advance(context, event.block);
  await context.db.insert(operation).values({
    hash,
    nonce,
    state: "scheduled",
    caller,
    target,
    data,
    scheduledAt: event.block.timestamp,
    readyAt: BigInt(schedule),
    expiresAt: BigInt(schedule) + WINDOW,
    scheduleTransaction: event.transaction.hash,
  });
  await context.db.update(authority, { address: event.log.address }).set((row) => ({ operations: row.operations + 1 }));
});

ponder.on("PhalaAuthority:OperationExecuted", async ({ event, context }) => {
  await advance(context, event.block);
  await close(context, event, "executed");
});

ponder.on("PhalaAuthority:OperationCanceled", async ({ event, context }) => {
  await advance(context, event.block);
  await close(context, event, "cancelled");
});

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
  await context.db
    .update(operation, { hash, nonce })
    .set({ state, closedAt: event.block.timestamp, closeTransaction: event.transaction.hash });
}

function stamp(event: { block: { number: bigint; timestamp: bigint }; transaction: { hash: `0x${string}` } }) {
  return {
    updatedAt: event.block.timestamp,
    updatedBlock: event.block.number,
    transaction: event.transaction.hash,
  };
}
