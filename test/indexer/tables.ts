/** The tables of the schema, and all that an indexer has in them. */
import * as schema from "../../ponder/ponder.schema.ts";
import { type Indexer, type Row, jsonOf, pagesOf, rowOf } from "./suite.ts";

/** A table or view of the schema, by the name of its export. */
export type TableName = keyof typeof schema;

/** What Drizzle marks tables and views with. */
const [TABLE, VIEW, COLUMNS] = ["drizzle:IsDrizzleTable", "drizzle:IsDrizzleView", "drizzle:Columns"].map((mark) =>
  Symbol.for(mark),
) as [symbol, symbol, symbol];

const marked = (mark: symbol): TableName[] =>
  Object.entries(schema)
    .filter(([, value]) => mark in value)
    .map(([name]) => name as TableName);

/** All tables and views. */
export const tableNames = (): TableName[] => [...marked(TABLE), ...marked(VIEW)];

/** The columns of a table. */
function columnsOf(name: TableName): string[] {
  const table: object = schema[name];
  const columns: unknown = Reflect.get(table, COLUMNS);
  if (typeof columns !== "object" || columns === null) throw new Error(`${name} has no columns`);
  return Object.keys(columns);
}

/** Every row of every table but those of `without`, in the order of their keys. Views follow from tables. */
export async function contentOf(
  { url }: Pick<Indexer, "url">,
  without: readonly TableName[] = [],
): Promise<Record<string, Row[]>> {
  const content: Record<string, Row[]> = {};
  for (const name of marked(TABLE)) {
    if (!without.includes(name)) content[name] = await pagesOf(url, `${name}s`, columnsOf(name).join(" "));
  }
  return content;
}

/** The block up to which `indexer` has everything: its number and time. */
export async function positionOf({ url }: Indexer): Promise<{ number: number; timestamp: number }> {
  const status = rowOf(jsonOf(await (await fetch(`${url}/status`)).text()));
  const { number, timestamp } = rowOf(rowOf(status["phala"])["block"]);
  return { number: Number(number), timestamp: Number(timestamp) };
}
