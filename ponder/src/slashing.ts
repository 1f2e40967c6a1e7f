/** Slashing: proposals and their stages, the workers' windows, the rules. */
import { type Context, type Event, ponder } from "ponder:registry";
import { faultClass, slashProposal, slashWindow, slashingRule } from "ponder:schema";
import { type Address, type Hex, decodeEventLog, zeroAddress } from "viem";
import { slashingAbi } from "../../deploy/generated/abis.ts";
import { lower } from "./maths/addresses.ts";
import { nameOf } from "./maths/names.ts";
import { atRiskBefore } from "./maths/worker.ts";
import { DAY } from "./maths/period.ts";
import { setParameters } from "./parameters.ts";
import { advance } from "./series.ts";
import { type Logged, adopt, ofSuite } from "./suiteContracts.ts";
import { workerOf } from "./workerLog.ts";

/** How long a worker's proposals count together. */
const WINDOW = 30n * DAY;

type Rules = typeof slashingRule.$inferSelect;

// PROCESS

ponder.on("Slashing:SlashProposed", ofSuite("Slashing", slashProposed));
ponder.on("Slashing:SlashRebutted", ofSuite("Slashing", slashRebutted));
ponder.on("Slashing:SlashRejected", ofSuite("Slashing", slashRejected));
ponder.on("Slashing:SlashWithdrawn", ofSuite("Slashing", slashWithdrawn));
ponder.on("Slashing:SlashExecuted", ofSuite("Slashing", slashExecuted));

async function slashProposed(context: Context, event: Event<"Slashing:SlashProposed">): Promise<void> {
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
}

async function slashRebutted(context: Context, event: Event<"Slashing:SlashRebutted">): Promise<void> {
  const { id, rebuttalHash, rebuttalUri } = event.args;
  await advance(context, event.block);
  await context.db.update(slashProposal, { id }).set((row) => ({
    state: "rebutted",
    ...{ rebuttalHash, rebuttalUri },
    rebuttedAt: event.block.timestamp,
    rebutTransaction: event.transaction.hash,
    executableAt: row.judgementUntil,
  }));
}

async function slashRejected(context: Context, event: Event<"Slashing:SlashRejected">): Promise<void> {
  await advance(context, event.block);
  await giveBack(context, await close(context, event, "rejected"));
}

async function slashWithdrawn(context: Context, event: Event<"Slashing:SlashWithdrawn">): Promise<void> {
  await advance(context, event.block);
  await giveBack(context, await close(context, event, "withdrawn"));
}

async function slashExecuted(context: Context, event: Event<"Slashing:SlashExecuted">): Promise<void> {
  await advance(context, event.block);
  await close(context, event, "executed");
}

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

/** What its constructor says, and governance changes. */
type Rule = "SlasherChanged" | "JudgeChanged" | "TreasuryChanged" | "LimitsChanged";
type Said<Name extends Rule> = Logged & Pick<Event<`Slashing:${Name}`>, "args">;

ponder.on("Slashing:SlasherChanged", ofSuite("Slashing", slasherChanged));
ponder.on("Slashing:JudgeChanged", ofSuite("Slashing", judgeChanged));
ponder.on("Slashing:TreasuryChanged", ofSuite("Slashing", treasuryChanged));
ponder.on("Slashing:LimitsChanged", ofSuite("Slashing", limitsChanged));

/** The contract at `address` may slash from `timestamp` on: with the rules that it was made with. */
export async function adoptSlashing(context: Context, address: Address, timestamp: bigint): Promise<void> {
  for (const { topics, data, ...when } of await adopt(context, "Slashing", address, timestamp)) {
    const { eventName, args } = decodeEventLog({ abi: slashingAbi, topics, data });
    if (eventName === "SlasherChanged") await slasherChanged(context, { ...when, args });
    else if (eventName === "JudgeChanged") await judgeChanged(context, { ...when, args });
    else if (eventName === "TreasuryChanged") await treasuryChanged(context, { ...when, args });
    else if (eventName === "LimitsChanged") await limitsChanged(context, { ...when, args });
    // It can propose nothing before it is named: the registry reserves for nobody else.
    else throw new Error(`${address} said ${eventName} before it could`);
  }
}

async function slasherChanged(context: Context, event: Said<"SlasherChanged">): Promise<void> {
  const slasher = lower(event.args.slasher);
  await setParameters(context, event, { slasher });
  await setRules(context, event, { slasher });
}

async function judgeChanged(context: Context, event: Said<"JudgeChanged">): Promise<void> {
  const judge = lower(event.args.judge);
  await setParameters(context, event, { judge });
  await setRules(context, event, { judge });
}

async function treasuryChanged(context: Context, event: Said<"TreasuryChanged">): Promise<void> {
  const treasury = lower(event.args.treasury);
  await setParameters(context, event, { treasury });
  await setRules(context, event, { treasury });
}

async function limitsChanged(context: Context, event: Said<"LimitsChanged">): Promise<void> {
  const { rebuttalWindow, processWindow, caps } = event.args.limits;
  const [capUnavailability, capMisreporting, capBreach] = caps;
  await setParameters(context, event, {
    ...{ rebuttalWindow, processWindow },
    ...{ "cap.unavailability": capUnavailability, "cap.misreporting": capMisreporting, "cap.breach": capBreach },
  });
  await setRules(context, event, {
    ...{ rebuttalWindow, processWindow },
    ...{ capUnavailability, capMisreporting, capBreach },
  });
}

/** The constructor's events come one by one. */
async function setRules(context: Context, { log, block }: Logged, change: Partial<Rules>): Promise<void> {
  const { address } = log;
  await advance(context, block);
  const set = { ...change, updatedAt: block.timestamp };
  await context.db
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
