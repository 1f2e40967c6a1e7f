/**
 * Tables as CSV files of any size: read page by page while the client takes them, so that memory stays as it is and a client that is
 * gone costs nothing more.
 */
import { type PgColumn, type PgTable, and, asc, gte, lt, or, eq, sql } from "ponder";
import { db } from "ponder:api";
import * as schema from "ponder:schema";
import { isAddress } from "viem";
import type { ApiContext } from "./context.ts";
import { lineOf } from "./csv.ts";

type SQL = ReturnType<typeof sql>;

/** Rows that are read at once. */
const PAGE = 1_000;

interface Export {
  readonly table: PgTable;
  /** Columns that name a row, and whose order is the file's; an index has them. */
  readonly key: readonly string[];
  /** As `key`, of the rows of one account, where another index serves these. */
  readonly keyOfAccount?: readonly string[];
  /** Columns that `?account=` is looked for in. */
  readonly accounts: readonly string[];
  /** Column that `?from=` and `?to=` are about. `id`: of events, whose ids begin with their time. */
  readonly time?: string;
}

const event = { key: ["id"], time: "id" } as const;
const period = { key: ["start"], time: "start", accounts: [] } as const;

/** What there is to export, by the name of the file. */
const EXPORTS: Readonly<Record<string, Export>> = {
  accounts: { table: schema.account, key: ["address"], accounts: ["address"] },
  burns: { table: schema.burn, ...event, accounts: ["account"] },
  "compute-days": { table: schema.computeDay, ...period },
  "emission-days": { table: schema.emissionDay, ...period },
  "emission-pulls": { table: schema.emissionPull, ...event, accounts: [] },
  "gpu-model-days": { table: schema.gpuModelDay, key: ["start", "model"], time: "start", accounts: [] },
  operations: { table: schema.operation, key: ["scheduledAt", "hash", "nonce"], time: "scheduledAt", accounts: [] },
  "operator-days": {
    table: schema.operatorDay,
    key: ["start", "operator"],
    keyOfAccount: ["start"],
    time: "start",
    accounts: ["operator"],
  },
  "parameter-changes": { table: schema.parameterChange, ...event, accounts: [] },
  payments: { table: schema.payment, key: ["id"], time: "timestamp", accounts: ["to"] },
  positions: { table: schema.position, key: ["account"], accounts: ["account"] },
  requests: {
    table: schema.redemptionRequest,
    key: ["requestedAt", "id"],
    keyOfAccount: ["id"],
    time: "requestedAt",
    accounts: ["controller"],
  },
  "rewards-claims": { table: schema.rewardsClaim, ...event, accounts: ["worker", "operator"] },
  "rewards-hours": { table: schema.rewardsHour, ...period },
  "rewards-payouts": { table: schema.rewardsPayout, ...event, accounts: ["operator", "receiver"] },
  slashes: {
    table: schema.slashProposal,
    key: ["proposedAt", "id"],
    time: "proposedAt",
    accounts: ["worker", "operator"],
  },
  "staking-events": { table: schema.stakingEvent, ...event, accounts: ["account", "counterparty"] },
  "supply-bucket-days": {
    table: schema.supplyBucketDay,
    key: ["start", "address"],
    keyOfAccount: ["start"],
    time: "start",
    accounts: ["address"],
  },
  "supply-days": { table: schema.supplyDay, ...period },
  "supply-hours": { table: schema.supplyHour, ...period },
  "vault-days": { table: schema.vaultDay, ...period },
  "vault-hours": { table: schema.vaultHour, ...period },
  "worker-days": {
    table: schema.workerDay,
    key: ["start", "worker"],
    keyOfAccount: ["start"],
    time: "start",
    accounts: ["worker"],
  },
  "worker-events": { table: schema.workerEvent, ...event, accounts: ["worker"] },
};

const exportNames: readonly string[] = Object.keys(EXPORTS);

/** Answers `/api/export/NAME.csv?account=&from=&to=`. */
export async function exportHandler(context: ApiContext): Promise<Response> {
  const name = context.req.param("file").replace(/\.csv$/, "");
  const found = Object.hasOwn(EXPORTS, name) ? EXPORTS[name] : undefined;
  if (found === undefined || !context.req.path.endsWith(".csv")) {
    const files = exportNames.map((each) => `${each}.csv`).join(", ");
    return context.json({ message: `There is no such export. There are ${files}.` }, 404);
  }
  let query: Selection;
  try {
    query = selectionOf(found, context.req.query());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return context.json({ message: error.message }, 400);
  }
  const pages = pagesOf(found, query);
  // The first page is read before anything is sent: an error has its own status.
  const first = await pages.next();
  const encoder = new TextEncoder();
  let next: typeof first | undefined = first;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = next ?? (await pages.next());
        next = undefined;
        if (done === true) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      async cancel() {
        await pages.return(undefined);
      },
    },
    { highWaterMark: 1 },
  );
  return new Response(stream, {
    headers: {
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": `attachment; filename="${name}.csv"`,
      "cache-control": "no-store",
    },
  });
}

interface Selection {
  readonly account: string | null;
  /** Unix seconds, [from, to). */
  readonly from: bigint | null;
  readonly to: bigint | null;
}

/** The filters of a request. Throws a RangeError that says what is wrong. */
function selectionOf({ accounts, time }: Export, query: Readonly<Record<string, string>>): Selection {
  for (const name of Object.keys(query)) {
    if (!["account", "from", "to"].includes(name)) {
      throw new RangeError(`There is no filter ${JSON.stringify(name)}; there are account, from and to.`);
    }
  }
  const account = query["account"]?.toLowerCase() ?? null;
  if (account !== null && accounts.length === 0) throw new RangeError("These rows are of no account.");
  if (account !== null && !isAddress(account)) throw new RangeError("`account` must be an address: 0x and 40 digits.");
  const second = (name: "from" | "to"): bigint | null => {
    const text = query[name];
    if (text === undefined) return null;
    if (time === undefined) throw new RangeError("These rows are of no time.");
    if (!/^\d{1,10}$/.test(text)) throw new RangeError(`\`${name}\` must be in unix seconds.`);
    return BigInt(text);
  };
  return { account, from: second("from"), to: second("to") };
}

/** The file, a page of rows at a time, with its head before the first. */
async function* pagesOf(of: Export, { account, from, to }: Selection): AsyncGenerator<string, undefined> {
  const { table, accounts, time } = of;
  const key = (account === null ? undefined : of.keyOfAccount) ?? of.key;
  const columns = columnsOf(table);
  const names = Object.keys(columns);
  const column = (name: string): PgColumn => {
    const found = columns[name];
    if (found === undefined) throw new Error(`the table has no column ${name}`);
    return found;
  };
  const filters: ReturnType<typeof and>[] = [];
  if (account !== null) filters.push(or(...accounts.map((name) => eq(column(name), account))));
  if (time !== undefined) {
    const bound = (second: bigint) => (time === "id" ? String(second).padStart(10, "0") : second);
    if (from !== null) filters.push(gte(column(time), bound(from)));
    if (to !== null) filters.push(lt(column(time), bound(to)));
  }
  const tuple = (parts: readonly SQL[]) => sql`(${sql.join([...parts], sql`, `)})`;
  let after: Readonly<Record<string, unknown>> | undefined;
  let head = lineOf(names);
  for (;;) {
    const last = after;
    const rest =
      last === undefined
        ? undefined
        : sql`${tuple(key.map((name) => sql`${column(name)}`))} > ${tuple(
            key.map((name) => sql`${sql.param(last[name], column(name))}`),
          )}`;
    const rows: Readonly<Record<string, unknown>>[] = await db
      .select()
      .from(table)
      .where(and(...filters, rest))
      .orderBy(...key.map((name) => asc(column(name))))
      .limit(PAGE);
    yield head + rows.map((row) => lineOf(names.map((name) => row[name]))).join("");
    head = "";
    after = rows.at(-1);
    if (rows.length < PAGE) return undefined;
  }
}

/** The columns of a table, by their names. */
function columnsOf(table: PgTable): Record<string, PgColumn> {
  return Object.fromEntries(
    Object.entries(table).filter((entry): entry is [string, PgColumn] => "columnType" in entry[1]),
  );
}
