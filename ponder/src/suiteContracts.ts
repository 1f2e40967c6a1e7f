/** The contracts of the suite, of all times: see `schema/contracts.ts`. */
import { asc, eq } from "ponder";
import type { Context } from "ponder:registry";
import { stranger, strangerLog, suiteContract } from "ponder:schema";
import { type Address, type Hex, zeroAddress } from "viem";
import { lower } from "./maths/addresses.ts";
import type { Named } from "./maths/calls.ts";
import { deployment } from "./manifest.ts";

type Name = keyof Context["contracts"];

/** Contracts that the chain names, and that may have said something before. */
export type Late = "TdxVerifier" | "Slashing" | "GuardianMandate";

/** What handlers need of an event, whether it comes now or was put aside. */
export interface Logged {
  readonly id: string;
  readonly block: { readonly number: bigint; readonly timestamp: bigint };
  readonly transaction: { readonly hash: Hex };
  readonly log: { readonly address: Address };
}

/** In the past, topics that an event has no use for are null, whatever Ponder's type says. */
interface RawLog extends Logged {
  readonly log: { readonly address: Address; readonly topics: readonly (Hex | null)[]; readonly data: Hex };
}

/** A log that was put aside, as it can be decoded. */
export interface Staged extends Logged {
  readonly topics: [Hex, ...Hex[]];
  readonly data: Hex;
}

/** Of each stranger, so that none can fill the database. */
const MAX_LOGS = 20_000;

/** Writes down the contracts that the manifest names. */
export async function openContracts({ db, contracts }: Context): Promise<void> {
  const { tdxVerifier, slashing, guardianMandate } = deployment.contracts;
  const named: readonly (readonly [Name, Address | readonly Address[] | undefined])[] = [
    ...namesOf(contracts).map((name) => [name, contracts[name].address] as const),
    ["TdxVerifier", tdxVerifier],
    ["Slashing", slashing],
    ["GuardianMandate", guardianMandate],
  ];
  const rows = named.flatMap(([name, address]) =>
    [address ?? []]
      .flat()
      .filter((each) => each !== zeroAddress)
      .map((each) => ({ address: lower(each), name, since: 0n })),
  );
  await db.insert(suiteContract).values(rows);
}

/** The suite's contract at `target`, if it is one. */
export async function contractOf({ db, contracts }: Context, target: Address): Promise<Named | undefined> {
  const row = await db.find(suiteContract, { address: target });
  const name = namesOf(contracts).find((each) => each === row?.name);
  return name && { name, abi: contracts[name].abi };
}

/** From `timestamp` on, `address` is one of the suite. */
export async function nameContract({ db }: Context, name: Name, address: Address, timestamp: bigint): Promise<void> {
  await db.insert(suiteContract).values({ address, name, since: timestamp }).onConflictDoNothing();
}

/** A handler of one of the contracts `name`, that only hears what these say; what a stranger says is put aside. */
export function ofSuite<E extends Logged>(name: Late, handle: (context: Context, event: E) => Promise<void>) {
  return async ({ event, context }: { event: E & RawLog; context: Context }): Promise<void> => {
    const { address } = event.log;
    const known = await context.db.find(suiteContract, { address });
    if (known?.name === name) return handle(context, event);
    await putAside(context, event);
  };
}

async function putAside({ db }: Context, { id, log, block, transaction }: RawLog): Promise<void> {
  const { address, topics, data } = log;
  const { logs } = await db
    .insert(stranger)
    .values({ address, logs: 1 })
    .onConflictDoUpdate((row) => ({ logs: row.logs + 1 }));
  if (logs > MAX_LOGS) return;
  const { number, timestamp } = block;
  const said = { topics: topics.filter((topic) => topic !== null), data };
  await db
    .insert(strangerLog)
    .values({ id, address, ...said, block: number, timestamp, transaction: transaction.hash });
}

/** Whether `address` has said anything that one of {@link Late} says. */
export async function isHeard({ db }: Context, address: Address): Promise<boolean> {
  return (await db.find(stranger, { address })) !== null;
}

/**
 * The chain names `address` as the contract `name`. Returns what it said before, in order: nothing if it is known already.
 */
export async function adopt(context: Context, name: Late, address: Address, timestamp: bigint): Promise<Staged[]> {
  const { db } = context;
  await nameContract(context, name, address, timestamp);
  const heard = await db.find(stranger, { address });
  if (heard === null) return [];
  if (heard.logs > MAX_LOGS) {
    throw new Error(
      `${address}, now the suite's ${name}, had said more than ${MAX_LOGS} things before: name it in the manifest, and index anew`,
    );
  }
  const rows = await db.sql
    .select()
    .from(strangerLog)
    .where(eq(strangerLog.address, address))
    .orderBy(asc(strangerLog.id));
  for (const { id } of rows) await db.delete(strangerLog, { id });
  await db.delete(stranger, { address });
  return rows.map(({ id, topics: [signature, ...topics], data, block, timestamp: then, transaction }) => {
    if (signature === undefined) throw new Error(`the log ${id} of ${address} has no signature`);
    return {
      ...{ id, data, topics: [signature, ...topics], log: { address } },
      block: { number: block, timestamp: then },
      transaction: { hash: transaction },
    };
  });
}

function namesOf(contracts: Context["contracts"]): Name[] {
  return Object.keys(contracts).filter((name): name is Name => name in contracts);
}
