/** vPHA locked against operations. */
import { type Context, ponder } from "ponder:registry";
import { operation, proposal, vetoLocker } from "ponder:schema";
import type { Hex } from "viem";
import { advance } from "./series.ts";

/** How long vPHA stays locked after its operation is gone: a constant of the contract. */
const COOLDOWN = 7n * 86_400n;

ponder.on("VetoLock:Locked", async ({ event, context }) => {
  const { operationId: hash, nonce, account, amount, total } = event.args;
  await advance(context, event.block);
  const { timestamp: updatedAt } = event.block;
  await context.db.update(operation, { hash, nonce }).set((row) => ({
    lockedAgainst: total,
    lockedUntil: row.lockedUntil ?? row.expiresAt + COOLDOWN,
  }));
  await context.db
    .insert(vetoLocker)
    .values({ hash, nonce, account, locked: amount, lockedCumulative: amount, updatedAt })
    .onConflictDoUpdate((row) => ({
      locked: row.locked + amount,
      lockedCumulative: row.lockedCumulative + amount,
      updatedAt,
    }));
});

ponder.on("VetoLock:Vetoed", async ({ event, context }) => {
  const { operationId: hash, nonce } = event.args;
  await advance(context, event.block);
  await markVetoed(context, hash, nonce);
});

/** The authority has said before, in the same transaction, that the operation was cancelled. */
async function markVetoed({ db }: Context, hash: Hex, nonce: number): Promise<void> {
  const { proposalId } = await db.update(operation, { hash, nonce }).set({ state: "vetoed" });
  if (proposalId !== null) await db.update(proposal, { id: proposalId }).set({ state: "vetoed" });
}

ponder.on("VetoLock:Barred", async ({ event, context }) => {
  const { operationId: hash, nonce } = event.args;
  await advance(context, event.block);
  await markVetoed(context, hash, nonce);
});

ponder.on("VetoLock:Ended", async ({ event, context }) => {
  const { operationId: hash, nonce, freeAt } = event.args;
  await advance(context, event.block);
  await context.db.update(operation, { hash, nonce }).set({ lockedUntil: freeAt });
});

ponder.on("VetoLock:Unlocked", async ({ event, context }) => {
  const { operationId: hash, nonce, account, amount } = event.args;
  await advance(context, event.block);
  await context.db.update(vetoLocker, { hash, nonce, account }).set({ locked: 0n, updatedAt: event.block.timestamp });
  await context.db.update(operation, { hash, nonce }).set((row) => ({ lockedAgainst: row.lockedAgainst - amount }));
});
