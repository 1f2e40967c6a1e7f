/**
 * Rows by the hundred thousand, written straight into the tables that the indexer made: for what depends on size and not on what
 * the rows say, plans and speed.
 */
import type { Client } from "pg";

/** Start of the rows, unix seconds, full day: years before the chain of a test begins. */
const BEGIN = 1_699_920_000;
const DAY = 86_400;

/** Rows by table; all others stay as they are. Those of `workers`, `accounts` and so on are the same addresses everywhere. */
const SIZES = {
  account: 20_000,
  position: 20_000,
  redemption_request: 60_000,
  staking_event: 300_000,
  burn: 30_000,
  vault_hour: 17_520,
  vault_day: 730,
  supply_day: 730,
  supply_hour: 17_520,
  operator_day: 50_000,
  parameter_change: 5_000,
  emission_day: 730,
  emission_pull: 20_000,
  compute_day: 730,
  gpu_model_day: 2_190,
  rewards_hour: 17_520,
  rewards_claim: 50_000,
  rewards_payout: 50_000,
  worker: 2_000,
  worker_day: 100_000,
  worker_event: 100_000,
  gpu: 8_000,
  gpu_event: 40_000,
  attested_key: 2_000,
  attestation: 50_000,
  attestation_event: 50_000,
  platform: 2_000,
  slash_proposal: 5_000,
  slash_window: 2_000,
  operation: 5_000,
  payment: 10_000,
  proposal: 2_000,
} as const;

export type Grown = keyof typeof SIZES;
export const grownTables = Object.keys(SIZES) as readonly Grown[];

/** How many owners each kind of address has. */
const OWNERS = { account: 20_000, worker: 2_000, gpu: 8_000, model: 3, operator: 200 };

/** An address or hash by number, as SQL. */
const hex = (number: string, digits: number) => `'0x' || lpad(to_hex((${number})::bigint), ${digits}, '0')`;

/** The `n`-th address that the rows speak of, as the indexer writes it. */
export function addressOf(n: number): `0x${string}` {
  return `0x${n.toString(16).padStart(40, "0")}`;
}

interface Column {
  readonly name: string;
  /** Of PostgreSQL: text, numeric, int4, bool, _numeric, …; an enum's name. */
  readonly type: string;
  readonly isEnum: boolean;
}

/** Fills `schema`, `scale` times as many rows. Tables that this version does not have are left out. Then the statistics are made. */
export async function populate(client: Client, schema: string, scale = 1): Promise<void> {
  // The indexer's triggers note every change for a reorg; these rows will see none.
  await client.query("SET session_replication_role = replica");
  for (const [table, size] of Object.entries(SIZES)) {
    const columns = await columnsOf(client, schema, table);
    if (columns.length === 0) continue;
    const values = columns.map((column) => `${expressionOf(schema, table, column)} AS "${column.name}"`);
    await client.query(
      `INSERT INTO "${schema}"."${table}" (${columns.map(({ name }) => `"${name}"`).join(", ")})
       SELECT ${values.join(", ")} FROM generate_series(1, ${Math.round(size * scale)}) AS i ON CONFLICT DO NOTHING`,
    );
  }
  await client.query("VACUUM ANALYZE");
}

async function columnsOf(client: Client, schema: string, table: string): Promise<Column[]> {
  const { rows } = await client.query<Column>(
    `SELECT a.attname AS name, t.typname AS type, t.typtype = 'e' AS "isEnum"
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_type t ON t.oid = a.atttypid
     WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [schema, table],
  );
  return rows;
}

/** What row `i` has in the column, as SQL. */
function expressionOf(schema: string, table: string, { name, type, isEnum }: Column): string {
  const special = KEYS[`${table}.${name}`];
  if (special !== undefined) return special;
  if (isEnum) {
    const values = `enum_range(NULL::"${schema}"."${type}")`;
    // Nearly all that was ever scheduled is executed, the third; the second is ready.
    const pick = table === "operation" && name === "state" ? "CASE WHEN i % 500 = 0 THEN 2 ELSE 3 END" : undefined;
    return `(${values})[${pick ?? `1 + i % array_length(${values}, 1)`}]`;
  }
  if (type === "bool") return "i % 3 <> 0";
  if (type.startsWith("_")) return "'{}'";
  if (type === "int4") return "i % 1000";
  if (name === "id" && type === "text") return eventId(STEP);
  if (type === "text") return ownerOf(name);
  if (/^(start|hour|day)$/.test(name)) return `${BEGIN} + (i - 1) * ${name === "day" ? DAY : periodOf(table)}`;
  if (name === "end") return `${BEGIN} + i * ${periodOf(table)}`;
  if (/(timestamp|At|_at|until|_until|maturity)$/.test(name)) return `${BEGIN} + i * ${STEP}`;
  if (/^(block|.*_block)$/.test(name)) return "i";
  return "i::numeric * 1000000000000000000 + 7";
}

/** Seconds between two events. */
const STEP = 200;

const periodOf = (table: string) => (table.endsWith("_hour") ? 3_600 : DAY);

/** As the engine's: time, chain, block, transaction, type, number. */
const eventId = (step: number) =>
  `lpad((${BEGIN} + i * ${step})::text, 10, '0') || lpad('31337', 16, '0') || lpad(i::text, 16, '0') || repeat('0', 16) || '5' || lpad('1', 16, '0')`;

/** The address of the account, worker, … that a row belongs to; anything else is a text of its own. */
function ownerOf(column: string): string {
  const spread = (count: number) => `1 + (i::bigint * 7919) % ${count}`;
  if (column === "worker" || column === "key" || column === "subject") return hex(spread(OWNERS.worker), 40);
  if (column === "operator") return hex(spread(OWNERS.operator), 40);
  if (column === "gpu") return hex(spread(OWNERS.gpu), 64);
  if (column === "model") return hex(spread(OWNERS.model), 64);
  if (/^(account|controller|owner|counterparty|receiver|sender|caller|reporter|to|sink)$/.test(column)) {
    return hex(spread(OWNERS.account), 40);
  }
  return hex("i", 64);
}

/** Keys of tables, which must not repeat. */
const KEYS: Readonly<Record<string, string>> = {
  "account.address": hex("i", 40),
  "position.account": hex("i", 40),
  "worker.worker": hex("i", 40),
  "attested_key.key": hex("i", 40),
  "gpu.worker": hex(`1 + i % ${OWNERS.worker}`, 40),
  "redemption_request.id": `(1 + (i::bigint * 7919) % ${OWNERS.account})::numeric * power(2::numeric, 96) + i`,
  "worker_day.worker": hex(`1 + i % ${OWNERS.worker}`, 40),
  "worker_day.start": `${BEGIN} + (i / ${OWNERS.worker}) * ${DAY}`,
  "worker_day.end": `${BEGIN} + (i / ${OWNERS.worker} + 1) * ${DAY}`,
  "operator_day.operator": hex(`1 + i % ${OWNERS.operator}`, 40),
  "operator_day.start": `${BEGIN} + (i / ${OWNERS.operator}) * ${DAY}`,
  "operator_day.end": `${BEGIN} + (i / ${OWNERS.operator} + 1) * ${DAY}`,
  "gpu_model_day.model": hex(`1 + i % ${OWNERS.model}`, 64),
  "gpu_model_day.start": `${BEGIN} + (i / ${OWNERS.model}) * ${DAY}`,
  "slash_window.worker": hex("i", 40),
  "payment.id": "1000000 + i",
};
