/** The guardian's mandates: who acts, and until when. */
import { desc, eq } from "ponder";
import { type Context, type Event, ponder } from "ponder:registry";
import { guardianMandate } from "ponder:schema";
import { type Address, decodeEventLog } from "viem";
import { guardianMandateAbi } from "../../deploy/generated/abis.ts";
import { lower } from "./maths/addresses.ts";
import { setParameters } from "./parameters.ts";
import { advance } from "./series.ts";
import { type Logged, adopt, isHeard, ofSuite } from "./suiteContracts.ts";

type EventName = "GuardianAppointed" | "GuardianDismissed";
type Said<Name extends EventName> = Logged & Pick<Event<`GuardianMandate:${Name}`>, "args">;

ponder.on("GuardianMandate:GuardianAppointed", ofSuite("GuardianMandate", guardianAppointed));
ponder.on("GuardianMandate:GuardianDismissed", ofSuite("GuardianMandate", guardianDismissed));

/** `account` has the guardian's role from `timestamp` on. If it is a mandate, its constructor has named a guardian. */
export async function adoptMandate(context: Context, account: Address, timestamp: bigint): Promise<void> {
  if (!(await isHeard(context, account))) return;
  for (const { topics, data, ...when } of await adopt(context, "GuardianMandate", account, timestamp)) {
    const { eventName, args } = decodeEventLog({ abi: guardianMandateAbi, topics, data });
    if (eventName === "GuardianAppointed") await guardianAppointed(context, { ...when, args });
    else if (eventName === "GuardianDismissed") await guardianDismissed(context, { ...when, args });
  }
}

async function guardianAppointed(context: Context, event: Said<"GuardianAppointed">): Promise<void> {
  const { end } = event.args;
  const guardian = lower(event.args.guardian);
  await advance(context, event.block);
  await setParameters(context, event, { guardian, end });
  await context.db.insert(guardianMandate).values({
    id: event.id,
    mandate: event.log.address,
    guardian,
    appointedAt: event.block.timestamp,
    end: BigInt(end),
    isDismissed: false,
    transaction: event.transaction.hash,
  });
}

async function guardianDismissed(context: Context, event: Said<"GuardianDismissed">): Promise<void> {
  await advance(context, event.block);
  const [last] = await context.db.sql
    .select({ id: guardianMandate.id })
    .from(guardianMandate)
    .where(eq(guardianMandate.mandate, event.log.address))
    .orderBy(desc(guardianMandate.id))
    .limit(1);
  await setParameters(context, event, { end: event.block.timestamp });
  if (last) await context.db.update(guardianMandate, last).set({ end: event.block.timestamp, isDismissed: true });
}
