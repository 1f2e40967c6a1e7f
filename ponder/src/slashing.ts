/** Slashing: proposals and their stages, the workers' windows, the rules. */
import { type Context, type Event, ponder } from "ponder:registry";
import { faultClass, slashProposal, slashWindow, slashingRule } from "ponder:schema";
import { type Address, type Hex, zeroAddress } from "viem";
import { nameOf } from "./maths/names.ts";
import { atRiskBefore } from "./maths/worker.ts";
import { DAY } from "./maths/period.ts";
import { advance } from "./series.ts";
import { workerOf } from "./workerLog.ts";

/** How long a worker's proposals count together. */
const WINDOW = 30n * DAY;

type Rules = typeof slashingRule.$inferSelect;

// PROCESS

ponder.on("Slashing:SlashProposed", async ({ event, context }) => {
  const { id, worker, proposal, evidenceUri } = event.args;
  const { timestamp: now } = event.block;
  await advance(context, event.block);
  const { amount, bounty, reporter, evidenceHash } = proposal;
  const [faultAt, rebuttalUntil] = [BigInt(proposal.faultAt), BigInt(proposal.rebuttalUntil)];
  const { operator, ...held } = await workerOf(context, worker);
  await context.db.insert(slashProposal).values({
    ...{ id, slashing: event.log.address, worker, operator },
    faultClass: nameOf(faultClass, proposal.faultClass),
    state: "open",
    ...{ amount, bounty, reporter: reporter === zeroAddress ? null : reporter },
    ...{ faultAt, evidenceHash, evidenceUri },
    proposedAt: BigInt(proposal.proposedAt),
    proposeTransaction: event.transaction.hash,
    ...{ rebuttalUntil, judgementUntil: BigInt(proposal.judgementUntil), executableAt: rebuttalUntil },
  });

  const key = { slashing: event.log.address, worker };
  const window = await context.db.find(slashWindow, key);
  const atRisk = atRiskBefore(held, { amount, faultAt, now });
  if (window !== null && now < window.end) {
    const sum = atRisk + window.used;
    const base = sum > window.base ? sum : window.base;
    await context.db.update(slashWindow, key).set({ base, used: window.used + amount });
    return;
  }
  const base = atRisk;
  const fresh = { start: now, end: now + WINDOW, base, used: amount };
  await context.db
    .insert(slashWindow)
    .values({ ...key, ...fresh })
    .onConflictDoUpdate(fresh);
});

ponder.on("Slashing:SlashRebutted", async ({ event, context }) => {
  const { id, rebuttalHash, rebuttalUri } = event.args;
  await advance(context, event.block);
  await context.db.update(slashProposal, { id }).set((row) => ({
    state: "rebutted",
    ...{ rebuttalHash, rebuttalUri },
    rebuttedAt: event.block.timestamp,
    rebutTransaction: event.transaction.hash,
    executableAt: row.judgementUntil,
  }));
});

ponder.on("Slashing:SlashRejected", async ({ event, context }) => {
  await advance(context, event.block);
  await giveBack(context, await close(context, event, "rejected"));
});

ponder.on("Slashing:SlashWithdrawn", async ({ event, context }) => {
  await advance(context, event.block);
  await giveBack(context, await close(context, event, "withdrawn"));
});

ponder.on("Slashing:SlashExecuted", async ({ event, context }) => {
  await advance(context, event.block);
  await close(context, event, "executed");
});

async function close(
  { db }: Context,
  { args, block, transaction }: Event<"Slashing:SlashExecuted" | "Slashing:SlashRejected" | "Slashing:SlashWithdrawn">,
  state: "executed" | "rejected" | "withdrawn",
) {
  const id: Hex = args.id;
  return db.update(slashProposal, { id }).set({ state, closedAt: block.timestamp, closeTransaction: transaction.hash });
}

/** What was rejected or withdrawn can be used again, while its window lasts. */
async function giveBack({ db }: Context, proposal: typeof slashProposal.$inferSelect): Promise<void> {
  const key = { slashing: proposal.slashing, worker: proposal.worker };
  const window = await db.find(slashWindow, key);
  if (window === null || proposal.proposedAt < window.start) return;
  await db.update(slashWindow, key).set({ used: window.used - proposal.amount });
}

// RULES

ponder.on("Slashing:SlasherChanged", async ({ event, context }) => {
  await advance(context, event.block);
  await setRules(context, event.log.address, event.block.timestamp, { slasher: event.args.slasher });
});

ponder.on("Slashing:JudgeChanged", async ({ event, context }) => {
  await advance(context, event.block);
  await setRules(context, event.log.address, event.block.timestamp, { judge: event.args.judge });
});

ponder.on("Slashing:TreasuryChanged", async ({ event, context }) => {
  await advance(context, event.block);
  await setRules(context, event.log.address, event.block.timestamp, { treasury: event.args.treasury });
});

ponder.on("Slashing:LimitsChanged", async ({ event, context }) => {
  const { rebuttalWindow, processWindow, caps } = event.args.limits;
  const [capUnavailability, capMisreporting, capBreach] = caps;
  await advance(context, event.block);
  await setRules(context, event.log.address, event.block.timestamp, {
    ...{ rebuttalWindow, processWindow },
    ...{ capUnavailability, capMisreporting, capBreach },
  });
});

/** The constructor's events come one by one. */
async function setRules({ db }: Context, address: Address, updatedAt: bigint, change: Partial<Rules>): Promise<void> {
  const set = { ...change, updatedAt };
  await db
    .insert(slashingRule)
    .values({
      address,
      ...{ slasher: zeroAddress, judge: zeroAddress, treasury: zeroAddress },
      ...{ rebuttalWindow: 0, processWindow: 0 },
      ...{ capUnavailability: 0, capMisreporting: 0, capBreach: 0 },
      ...set,
    })
    .onConflictDoUpdate(set);
}
