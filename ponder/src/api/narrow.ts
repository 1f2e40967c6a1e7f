/** Reads only the columns of a table that a GraphQL list asks for: rows are wide, and each column is decoded by itself. */
import { type FieldNode, type FragmentDefinitionNode, type SelectionSetNode, Kind } from "graphql";

interface Column {
  readonly name: string;
}

/** A table, as drizzle describes it for relations. */
export interface Table {
  readonly columns: Readonly<Record<string, Column>>;
  readonly primaryKey: readonly Column[];
  /** `config.fields`: the columns that a relation to one row goes by. Relations to many have none. */
  readonly relations: Readonly<Record<string, { readonly config?: { readonly fields?: readonly Column[] } }>>;
}

/** What the engine reads rows with. */
interface QueryBuilder<Query> {
  readonly wrap: unknown;
  readonly raw: { select(columns?: Readonly<Record<string, Column>>): Query };
}

/** The question, as resolvers get it. */
interface Info {
  readonly fieldNodes: readonly FieldNode[];
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
}

/** `qb`, such that a whole row is what the list's answer needs: what is asked for, the key, the order, and where relations lead. */
export function narrowed<Query>(
  qb: QueryBuilder<Query>,
  info: Info,
  table: Table,
  { orderBy }: { readonly orderBy?: string },
): QueryBuilder<Query> {
  const columns = columnsOf(info, table, orderBy);
  return columns === null ? qb : { wrap: qb.wrap, raw: { select: () => qb.raw.select(columns) } };
}

/** The columns that have to be read; null for all of them. */
function columnsOf(info: Info, table: Table, orderBy: string | undefined): Record<string, Column> | null {
  const asked = new Set<string>();
  const items = info.fieldNodes
    .flatMap((field) => fieldsOf(field.selectionSet, info))
    .filter((field) => field.name.value === "items");
  for (const field of items.flatMap(({ selectionSet }) => fieldsOf(selectionSet, info))) asked.add(field.name.value);
  if (orderBy !== undefined) asked.add(orderBy);

  const needed = new Set(table.primaryKey.map(({ name }) => name));
  for (const name of asked) {
    const relation = table.relations[name];
    if (relation === undefined) continue;
    const fields = relation.config?.fields;
    // Which columns lead to many rows, the other table knows.
    if (fields === undefined) return null;
    for (const field of fields) needed.add(field.name);
  }
  const entries = Object.entries(table.columns);
  return Object.fromEntries(entries.filter(([key, { name }]) => asked.has(key) || needed.has(name)));
}

/** The fields of a selection, those of its fragments among them. */
function fieldsOf(selectionSet: SelectionSetNode | undefined, info: Info): readonly FieldNode[] {
  return (selectionSet?.selections ?? []).flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    const { selectionSet: inner } =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection
        : (info.fragments[selection.name.value] ?? { selectionSet: undefined });
    return fieldsOf(inner, info);
  });
}
