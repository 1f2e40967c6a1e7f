/** Operators: sums over their workers, and what they earn and claim. */
import { gt, ne, or } from "ponder";
import type { Context } from "ponder:registry";
import { operator, operatorDay, type worker } from "ponder:schema";
import type { Address } from "viem";
import { settle } from "./maths/lease.ts";
import { HOUR, startOf } from "./maths/period.ts";
import { contributionOf, sumsAfter } from "./maths/worker.ts";
import { accumulatorsFor } from "./rewardsBooks.ts";

type Operator = typeof operator.$inferSelect;
type WorkerRow = typeof worker.$inferSelect;
type Flow = Exclude<Extract<keyof Operator, `${string}Cumulative`>, `day${string}`>;
type Flows = Partial<Record<Flow, bigint>> & { readonly payouts?: number };

const NO_WORKER = contributionOf(null);

/** Moves the sums of a worker's operators from what the worker added before to what it adds now; `flows` are of the one that it has now. */
export async function tallyOperators(
  context: Context,
  timestamp: bigint,
  before: WorkerRow | null,
  after: WorkerRow,
  flows: Flows,
): Promise<void> {
  const isSame = before?.operator === after.operator;
  if (before !== null && !isSame) await changeOperator(context, before.operator, timestamp, { from: before, to: null });
  await changeOperator(context, after.operator, timestamp, { from: isSame ? before : null, to: after }, flows);
}

/** Adds to what an operator has earned, claimed and lost. */
export async function addToOperator(
  context: Context,
  account: Address,
  timestamp: bigint,
  flows: Flows,
): Promise<void> {
  await changeOperator(context, account, timestamp, { from: null, to: null }, flows);
}

async function changeOperator(
  { db }: Context,
  account: Address,
  timestamp: bigint,
  worker: { readonly from: WorkerRow | null; readonly to: WorkerRow | null },
  flows: Flows = {},
): Promise<void> {
  const [from, to] = [contributionOf(worker.from), contributionOf(worker.to)];
  const after = (row: Omit<Operator, "operator" | "createdAt">) => ({
    ...sumsAfter(row, from, to),
    addedCumulative: row.addedCumulative + (flows.addedCumulative ?? 0n),
    paidCumulative: row.paidCumulative + (flows.paidCumulative ?? 0n),
    slashedCumulative: row.slashedCumulative + (flows.slashedCumulative ?? 0n),
    earnedCumulative: row.earnedCumulative + (flows.earnedCumulative ?? 0n),
    claimedCumulative: row.claimedCumulative + (flows.claimedCumulative ?? 0n),
    payouts: row.payouts + (flows.payouts ?? 0),
    takenOverCumulative: row.takenOverCumulative + (flows.takenOverCumulative ?? 0n),
    handedOverCumulative: row.handedOverCumulative + (flows.handedOverCumulative ?? 0n),
    updatedAt: timestamp,
  });
  const fresh = {
    ...NO_WORKER,
    ...{ addedCumulative: 0n, paidCumulative: 0n, slashedCumulative: 0n },
    ...{ earnedCumulative: 0n, claimedCumulative: 0n, payouts: 0, takenOverCumulative: 0n, handedOverCumulative: 0n },
    ...{ dayEarnedCumulative: 0n, dayClaimedCumulative: 0n, daySlashedCumulative: 0n },
    updatedAt: timestamp,
  };
  await db
    .insert(operator)
    .values({ ...fresh, ...after(fresh), operator: account, createdAt: timestamp })
    .onConflictDoUpdate(after);
}

/**
 * A worker gets another operator: what it has earned so far is the former one's, but who operates it when it claims is paid. The row is
 * that of before.
 */
export async function handOver(
  context: Context,
  row: WorkerRow,
  to: Address,
  timestamp: bigint,
): Promise<Pick<WorkerRow, "creditedCumulative">> {
  const hour = startOf(HOUR, timestamp);
  const { accrued } = settle(row, hour, await accumulatorsFor(context, row, hour));
  const creditedCumulative = row.claimedCumulative + accrued;
  await addToOperator(context, row.operator, timestamp, {
    earnedCumulative: creditedCumulative - row.creditedCumulative,
    handedOverCumulative: accrued,
  });
  await addToOperator(context, to, timestamp, { takenOverCumulative: accrued });
  return { creditedCumulative };
}

/** Closes a day of the operators; what their workers earned in it has been added. */
export async function closeOperators({ db }: Context, day: { start: bigint; end: bigint }): Promise<void> {
  const rows = await db.sql
    .select()
    .from(operator)
    .where(
      or(
        gt(operator.active, 0),
        gt(operator.lapsed, 0),
        gt(operator.exiting, 0),
        gt(operator.collateral, 0n),
        ne(operator.earnedCumulative, operator.dayEarnedCumulative),
        ne(operator.claimedCumulative, operator.dayClaimedCumulative),
        ne(operator.slashedCumulative, operator.daySlashedCumulative),
      ),
    );
  for (const row of rows) {
    const { earnedCumulative, claimedCumulative, slashedCumulative } = row;
    await db.insert(operatorDay).values({
      ...day,
      operator: row.operator,
      ...{ workers: row.workers, active: row.active, lapsed: row.lapsed, exiting: row.exiting, exited: row.exited },
      ...{ removed: row.removed, attested: row.attested, attestedGpus: row.attestedGpus },
      ...{ activeGpus: row.activeGpus, activeWeight: row.activeWeight },
      ...{ collateral: row.collateral, required: row.required },
      ...{ pendingWithdrawals: row.pendingWithdrawals, reserved: row.reserved },
      earned: earnedCumulative - row.dayEarnedCumulative,
      claimed: claimedCumulative - row.dayClaimedCumulative,
      slashed: slashedCumulative - row.daySlashedCumulative,
      ...{ earnedCumulative, claimedCumulative, slashedCumulative },
    });
    await db.update(operator, { operator: row.operator }).set({
      dayEarnedCumulative: earnedCumulative,
      dayClaimedCumulative: claimedCumulative,
      daySlashedCumulative: slashedCumulative,
    });
  }
}
