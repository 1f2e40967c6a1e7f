/** Which columns a list reads. */
import { type FieldNode, type FragmentDefinitionNode, Kind, parse } from "graphql";
import { describe, expect, test } from "vitest";
import { narrowed } from "../../ponder/src/api/narrow.ts";

const column = (name: string) => ({ name });
const TABLE = {
  columns: {
    id: column("id"),
    ownerId: column("owner_id"),
    amount: column("amount"),
    start: column("start"),
    note: column("note"),
  },
  primaryKey: [column("id")],
  relations: {
    owner: { config: { fields: [column("owner_id")] } },
    events: {},
  },
};

/** The columns that are read for the list in `query`; null for all. */
function read(query: string, orderBy?: string): string[] | null {
  const document = parse(query);
  const fragments: Record<string, FragmentDefinitionNode> = {};
  let fieldNodes: FieldNode[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
    if (definition.kind === Kind.OPERATION_DEFINITION) {
      fieldNodes = definition.selectionSet.selections.filter((each) => each.kind === Kind.FIELD);
    }
  }
  const builder = {
    wrap: null,
    raw: {
      select: (columns?: Readonly<Record<string, unknown>>) => (columns === undefined ? null : Object.keys(columns)),
    },
  };
  return narrowed(builder, { fieldNodes, fragments }, TABLE, orderBy === undefined ? {} : { orderBy }).raw.select();
}

describe("a list reads", () => {
  test.each<readonly [string, string, string | undefined, readonly string[] | null]>([
    ["what is asked for, and the key", "{ rows { items { amount } } }", undefined, ["id", "amount"]],
    ["what it is ordered by", "{ rows { items { amount } } }", "start", ["id", "amount", "start"]],
    ["the key, where nothing is asked for", "{ rows { totalCount } }", undefined, ["id"]],
    ["what has another name in the answer", "{ rows { list: items { much: amount } } }", undefined, ["id", "amount"]],
    [
      "what fragments ask for, and fragments in them",
      "{ rows { ...page } } fragment page on rowsPage { items { ... on rows { note } ...more } } fragment more on rows { amount }",
      undefined,
      ["id", "amount", "note"],
    ],
    [
      "what two selections of it ask for",
      "{ rows { items { amount } items { note } pageInfo { endCursor } } }",
      undefined,
      ["id", "amount", "note"],
    ],
    ["where a relation leads", "{ rows { items { owner { name } } } }", undefined, ["id", "ownerId"]],
    ["all, where many rows belong to each", "{ rows { items { events { totalCount } } } }", undefined, null],
  ])("%s", (_, query, orderBy, columns) => {
    expect(read(query, orderBy)).toEqual(columns);
  });
});
