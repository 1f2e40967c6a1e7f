/** The registry's policy as it stands, and the history of all that happens to it. */
import type { Context } from "ponder:registry";
import { attestationEvent, attestationPolicy } from "ponder:schema";
import type { Logged } from "./suiteContracts.ts";
import { momentOf } from "./workerLog.ts";
import { review } from "./workerReview.ts";

type Policy = typeof attestationPolicy.$inferSelect;
type History = typeof attestationEvent.$inferInsert;

/** What all events have in common. */
export type Occurrence = Omit<Logged, "log">;

/** What can end attestations of workers, or bring them back; whatever else raises the epoch ends those of which the key has a newer one. */
const DECISIONS: ReadonlySet<History["kind"]> = new Set([
  "switched_off",
  "switch_confirmed",
  "switch_lifted",
  "floors_changed",
  "certificates_revoked",
  "verifier_replaced",
] as const);

/** The policy. Throws before the registry's first event. */
export async function policyOf(context: Context): Promise<Policy> {
  const { address } = context.contracts.AttestationRegistry;
  const policy = await context.db.find(attestationPolicy, { address });
  if (policy === null) throw new Error(`the registry ${address} has emitted nothing yet`);
  return policy;
}

/** Changes the policy, with its epoch, puts `entry` into the history, and looks at the workers. Returns the policy after it. */
export async function recordPolicyEvent(
  context: Context,
  event: Occurrence,
  change: Partial<Policy>,
  entry: Pick<History, "kind"> & Partial<History>,
): Promise<Policy> {
  const before = await policyOf(context);
  const policy = { ...before, ...change };
  const epoch = policy.policyEpoch + policy.revocationEpoch;
  const isDecision = DECISIONS.has(entry.kind) || epoch !== before.epoch;
  const { id, block, transaction } = event;
  const { number, timestamp } = block;
  await context.db
    .update(attestationPolicy, { address: policy.address })
    .set({ ...change, epoch, block: number, timestamp });
  await context.db
    .insert(attestationEvent)
    .values({ id, epoch, block: number, timestamp, transaction: transaction.hash, ...entry });
  if (isDecision) await review(context, momentOf(event));
  return { ...policy, epoch };
}

/** Brings the policy's clock to `block`: attestations and switches end with time alone. */
export async function refreshAttestation(
  { db, contracts }: Context,
  { number, timestamp }: { number: bigint; timestamp: bigint },
): Promise<void> {
  const { address } = contracts.AttestationRegistry;
  if ((await db.find(attestationPolicy, { address })) === null) return;
  await db.update(attestationPolicy, { address }).set({ block: number, timestamp });
}
