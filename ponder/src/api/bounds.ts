/**
 * What a GraphQL query may ask for. It is judged by its text and variables alone, in time linear in their length, before
 * anything touches the database.
 *
 * A list is a field whose answer is a page: of what it selects, all is `items`, `pageInfo`, `totalCount` or `__typename`. Rows and
 * statements are the most that the limits allow: a list in the items of another is asked for once per item.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
  Kind,
  OperationTypeNode,
  parse,
} from "graphql";

/** The most that a query may have. */
export const BOUNDS = {
  /** Bytes of the body. */
  bytes: 65_536,
  tokens: 1_000,
  /** Fields inside each other. */
  depth: 6,
  aliases: 30,
  /** Fields, those of fragments as often as they are spread. */
  fields: 300,
  directives: 10,
  /** Lists inside each other. */
  nestedLists: 2,
  /** `limit` of a list; without one it is 50. */
  pageSize: 1_000,
  offset: 10_000,
  /** Rows that the answer can have. */
  rows: 10_000,
  /** SQL statements that answer it; a `totalCount`, which counts rows, is as many as `COUNT_STATEMENTS`. */
  statements: 200,
  /** Conditions of all `where`, and values in them. */
  conditions: 100,
  values: 1_000,
  /** Fields inside each other of a query for the schema, which reads no data. */
  introspectionDepth: 16,
} as const;

export type Bound = keyof typeof BOUNDS;

const DEFAULT_PAGE = 50;
const COUNT_STATEMENTS = 20;
/** How deep the value of a `where` may be. */
const VALUE_DEPTH = 16;

const PAGE_FIELDS: ReadonlySet<string> = new Set(["items", "pageInfo", "totalCount", "__typename"]);
/** Fields of the schema's own schema that lead from types to more types. */
const TYPE_LISTS: ReadonlySet<string> = new Set(["fields", "inputFields", "interfaces", "possibleTypes"]);
/** Filters that no index serves. */
const TEXT_SEARCH = /_(contains|starts_with|ends_with)(_nocase)?$/;

/** Texts that were parsed before, the oldest first: dashboards ask the same with other variables. How many are kept, and up to which length. */
const documents = new Map<string, DocumentNode>();
const KEPT = { documents: 200, length: 4_096 };

/** Why a query is not answered. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** The bound that it is over; `request` if it is no query that can be judged. */
  readonly bound: Bound | "request" | "filter" | "introspection";

  constructor(bound: Refusal["bound"], message: string) {
    super(message);
    this.bound = bound;
  }
}

/** A request by its parts. */
export interface Request {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | null;
}

export interface Verdict {
  /** The text, parsed. */
  readonly document: DocumentNode;
  /** The variables that the text declares, in its order: no others can change an answer. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly isIntrospection: boolean;
  readonly rows: number;
  readonly statements: number;
}

/** The request in a body. Throws a Refusal that says what is wrong with it. */
export function requestOf(body: string): Request {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new Refusal("request", `The body is not JSON. Send {"query": …, "variables": …}.`);
  }
  if (Array.isArray(json)) throw new Refusal("request", "Batches are not answered: send one query per request.");
  if (!isRecord(json) || typeof json["query"] !== "string") {
    throw new Refusal("request", `The body has no query. Send {"query": …, "variables": …}.`);
  }
  const { query, variables, operationName } = json;
  if (variables !== undefined && variables !== null && !isRecord(variables)) {
    throw new Refusal("request", "`variables` must be an object.");
  }
  if (operationName !== undefined && operationName !== null && typeof operationName !== "string") {
    throw new Refusal("request", "`operationName` must be a text.");
  }
  return { query, variables: variables ?? {}, operationName: operationName ?? null };
}

/** Judges `request`. Throws a Refusal that names the bound it is over. */
export function judge({ query, variables }: Request): Verdict {
  const document = documentOf(query);
  const fragments = new Map<string, FragmentDefinitionNode>();
  const operations: OperationDefinitionNode[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    else if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
    else throw new Refusal("request", "Only operations and fragments can be asked for, no definitions of types.");
  }
  const [operation, ...more] = operations;
  if (operation === undefined || more.length > 0) {
    throw new Refusal("request", `The text has ${operations.length} operations. Send one per request.`);
  }
  if (operation.operation !== OperationTypeNode.QUERY) {
    throw new Refusal("request", "There are queries only: data come from the chain.");
  }
  const { selectionSet, directives = [], variableDefinitions = [] } = operation;
  const defaults = new Map(
    variableDefinitions.map(({ variable, defaultValue }) => [variable.name.value, defaultValue] as const),
  );
  const walk = new Walk(fragments, (name) =>
    Object.hasOwn(variables, name) ? { given: variables[name] } : { node: defaults.get(name) },
  );
  const shape = sum([walk.selections(selectionSet), { ...NOTHING, directives: directives.length }]);
  const isIntrospection = shape.introspects > 0;
  if (isIntrospection) {
    // It reads no data, and is deep by nature; with aliases or loops through types it could be made to answer megabytes.
    if (!walk.asksForSchemaOnly(selectionSet)) {
      throw new Refusal("introspection", "Ask for the schema in a query that asks for nothing else.");
    }
    if (shape.aliases > 0) throw new Refusal("introspection", "A query for the schema takes no aliases.");
    if (shape.typeLists > 1) {
      const names = [...TYPE_LISTS].join(", ");
      throw new Refusal("introspection", `A query for the schema has none of ${names} inside another.`);
    }
  }
  over(isIntrospection ? "introspectionDepth" : "depth", shape.depth, "levels of depth", "Ask in several queries.");
  over("aliases", shape.aliases, "aliases", "Ask in several queries.");
  over("fields", shape.fields, "fields", "Ask for the columns that you need.");
  over("directives", shape.directives, "directives", "Leave out what you do not need.");
  over("nestedLists", shape.lists, "lists inside each other", "Ask for the inner one by its key.");
  over("conditions", walk.conditions, "conditions in `where`", "Use `…_in` with a list of values.");
  over("values", walk.values, "values in `where`", "Ask in several queries.");
  over("rows", shape.rows, "rows that its limits allow", "Set a smaller `limit`, above all on outer lists.");
  const fewer =
    "Set a smaller `limit` on lists with lists in them, and count with columns that do, not with totalCount.";
  over("statements", shape.statements, "SQL statements that its limits allow", fewer);
  const declared = [...defaults.keys()].filter((name) => Object.hasOwn(variables, name));
  return {
    document,
    variables: Object.fromEntries(declared.map((name) => [name, variables[name]])),
    isIntrospection,
    rows: shape.rows,
    statements: shape.statements,
  };
}

/** Parsed, but no further than the bound. */
function documentOf(query: string): DocumentNode {
  return documents.get(query) ?? parsed(query);
}

/** Whether the document of this text is kept: the schema has found nothing wrong with it. */
export function isKept(query: string): boolean {
  return documents.has(query);
}

/** Keeps `document`, which the schema has found nothing wrong with, for when its text comes again. */
export function keepDocument(query: string, document: DocumentNode): void {
  if (query.length > KEPT.length || isKept(query)) return;
  const [oldest] = documents.keys();
  if (documents.size >= KEPT.documents && oldest !== undefined) documents.delete(oldest);
  documents.set(query, document);
}

function parsed(query: string): DocumentNode {
  try {
    return parse(query, { maxTokens: BOUNDS.tokens, noLocation: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (message.includes("tokens. Parsing aborted")) {
      throw new Refusal("tokens", `The query has more than ${BOUNDS.tokens} tokens. Ask in several queries.`);
    }
    if (error instanceof RangeError) throw new Refusal("depth", "The query is too deep to be read.");
    throw new Refusal("request", message);
  }
}

/** What a selection asks for, its fragments included. */
interface Shape {
  readonly depth: number;
  readonly fields: number;
  readonly aliases: number;
  readonly directives: number;
  /** Lists inside each other, and lists of types of a query for the schema. */
  readonly lists: number;
  readonly typeLists: number;
  readonly rows: number;
  readonly statements: number;
  /** Of these, what `items` ask for, per item. */
  readonly rowsPerItem: number;
  readonly statementsPerItem: number;
  /** Selections of `__schema` and `__type`. */
  readonly introspects: number;
  /** Whether only a page has all of these fields. */
  readonly isPage: boolean;
}

const NOTHING: Shape = {
  ...{ depth: 0, fields: 0, aliases: 0, directives: 0, lists: 0, typeLists: 0 },
  ...{ rows: 0, statements: 0, rowsPerItem: 0, statementsPerItem: 0, introspects: 0, isPage: true },
};

const DEEPEST = ["depth", "lists", "typeLists"] as const;
const ADDED = [
  ...(["fields", "aliases", "directives", "rows", "statements"] as const),
  ...(["rowsPerItem", "statementsPerItem", "introspects"] as const),
];

/** Side by side. */
function sum(shapes: readonly Shape[]): Shape {
  const total = { ...NOTHING };
  for (const shape of shapes) {
    for (const key of DEEPEST) total[key] = Math.max(total[key], shape[key]);
    for (const key of ADDED) total[key] += shape[key];
    total.isPage &&= shape.isPage;
  }
  return total;
}

type Variable = { readonly given: unknown } | { readonly node: ValueNode | undefined };

class Walk {
  conditions = 0;
  values = 0;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #variable: (name: string) => Variable;
  /** Each fragment is looked at once; null while that happens. */
  readonly #known = new Map<string, Shape | null>();
  /** Of those that were looked at for it, whether they ask for the schema only. */
  readonly #schemaOnly = new Map<string, boolean>();

  constructor(fragments: ReadonlyMap<string, FragmentDefinitionNode>, variable: (name: string) => Variable) {
    this.#fragments = fragments;
    this.#variable = variable;
  }

  selections({ selections }: SelectionSetNode): Shape {
    return sum(
      selections.map((selection) => {
        const directives = selection.directives?.length ?? 0;
        const shape =
          selection.kind === Kind.FIELD
            ? this.#field(selection)
            : selection.kind === Kind.INLINE_FRAGMENT
              ? this.selections(selection.selectionSet)
              : this.#fragment(selection.name.value);
        return { ...shape, directives: shape.directives + directives };
      }),
    );
  }

  /** Whether everything selected, at the top and in its fragments, is the schema. No fragment may contain itself. */
  asksForSchemaOnly({ selections }: SelectionSetNode): boolean {
    return selections.every((selection) => {
      if (selection.kind === Kind.FIELD) return /^__(schema|type|typename)$/.test(selection.name.value);
      if (selection.kind === Kind.INLINE_FRAGMENT) return this.asksForSchemaOnly(selection.selectionSet);
      const name = selection.name.value;
      const fragment = this.#fragments.get(name);
      const isSo =
        this.#schemaOnly.get(name) ?? (fragment !== undefined && this.asksForSchemaOnly(fragment.selectionSet));
      this.#schemaOnly.set(name, isSo);
      return isSo;
    });
  }

  #fragment(name: string): Shape {
    const known = this.#known.get(name);
    if (known === null) throw new Refusal("depth", `The fragment ${name} contains itself.`);
    if (known !== undefined) return known;
    const fragment = this.#fragments.get(name);
    // One that is not there is an error of validation.
    if (fragment === undefined) return NOTHING;
    this.#known.set(name, null);
    const shape = this.selections(fragment.selectionSet);
    this.#known.set(name, shape);
    return shape;
  }

  #field(field: FieldNode): Shape {
    const name = field.name.value;
    const inner = field.selectionSet === undefined ? undefined : this.selections(field.selectionSet);
    const own = inner ?? NOTHING;
    const shape: Shape = {
      ...own,
      depth: own.depth + 1,
      fields: own.fields + 1,
      aliases: own.aliases + (field.alias === undefined ? 0 : 1),
      typeLists: own.typeLists + (TYPE_LISTS.has(name) ? 1 : 0),
      ...{ rowsPerItem: 0, statementsPerItem: 0 },
      introspects: own.introspects + (name === "__schema" || name === "__type" ? 1 : 0),
      isPage: PAGE_FIELDS.has(name),
    };
    const page = this.#arguments(field);
    if (name === "totalCount") return { ...shape, statements: COUNT_STATEMENTS };
    if (inner === undefined || name === "pageInfo") return shape;
    if (name === "items") {
      const perItem = { rowsPerItem: 1 + inner.rows, statementsPerItem: inner.statements };
      return { ...shape, rows: 0, statements: 0, ...perItem };
    }
    if (!inner.isPage) return { ...shape, rows: shape.rows + 1 };
    return {
      ...shape,
      lists: inner.lists + 1,
      rows: inner.rows + page * Math.max(1, inner.rowsPerItem),
      statements: inner.statements + 1 + page * inner.statementsPerItem,
    };
  }

  /** Looks at a field's arguments. Returns its `limit`. */
  #arguments({ arguments: list = [] }: FieldNode): number {
    let limit = DEFAULT_PAGE;
    for (const { name, value } of list) {
      if (name.value === "where") this.#where(value, 0);
      if (name.value !== "limit" && name.value !== "offset") continue;
      const number = this.#number(value);
      if (number === undefined) continue;
      if (number < 0) throw new Refusal("request", `\`${name.value}\` is ${number}; the least is 0.`);
      if (name.value === "offset") over("offset", number, "rows of offset", "Go on by cursors: `after`.");
      else {
        over("pageSize", number, "rows in the limit of a page", "Go on by cursors: `after`.");
        limit = number;
      }
    }
    return limit;
  }

  /** Undefined where it is none: validation says so, or the default holds. */
  #number(value: ValueNode): number | undefined {
    if (value.kind === Kind.INT) return Number(value.value);
    if (value.kind !== Kind.VARIABLE) return undefined;
    const variable = this.#variable(value.name.value);
    if ("given" in variable) return typeof variable.given === "number" ? variable.given : undefined;
    return variable.node?.kind === Kind.INT ? Number(variable.node.value) : undefined;
  }

  #where(value: ValueNode, depth: number): void {
    if (depth > VALUE_DEPTH) throw new Refusal("conditions", `A \`where\` is deeper than ${VALUE_DEPTH} levels.`);
    if (value.kind === Kind.OBJECT) {
      for (const field of value.fields) {
        this.#condition(field.name.value);
        this.#where(field.value, depth + 1);
      }
    } else if (value.kind === Kind.LIST) for (const item of value.values) this.#where(item, depth + 1);
    else if (value.kind === Kind.VARIABLE) {
      const variable = this.#variable(value.name.value);
      if ("given" in variable) this.#given(variable.given, depth);
      else if (variable.node !== undefined) this.#where(variable.node, depth + 1);
    } else this.values++;
  }

  /** As `#where`, of a variable's value. */
  #given(value: unknown, depth: number): void {
    if (depth > VALUE_DEPTH) throw new Refusal("conditions", `A \`where\` is deeper than ${VALUE_DEPTH} levels.`);
    if (Array.isArray(value)) for (const item of value) this.#given(item, depth + 1);
    else if (isRecord(value)) {
      for (const [name, inner] of Object.entries(value)) {
        this.#condition(name);
        this.#given(inner, depth + 1);
      }
    } else this.values++;
  }

  #condition(name: string): void {
    this.conditions++;
    if (TEXT_SEARCH.test(name)) {
      throw new Refusal("filter", `\`${name}\`: no index serves a search in texts. Filter by equality or by range.`);
    }
  }
}

/** Throws if `found` is over the bound. */
function over(bound: Bound, found: number, what: string, advice: string): void {
  const most = BOUNDS[bound];
  if (found <= most) return;
  throw new Refusal(bound, `The query has ${found} ${what}; at most ${most} are answered. ${advice}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
