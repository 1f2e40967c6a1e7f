/** Queries that nobody asks who wants an answer, and the bound that refuses each. */
import type { Row } from "./suite.ts";

interface Hostile {
  readonly name: string;
  readonly query: string;
  readonly variables?: Row;
  readonly bound: string;
}

const many = (count: number, each: (i: number) => string) => Array.from({ length: count }, (_, i) => each(i)).join(" ");

/** A fragment that spreads the next one twice, `levels` times: 2^levels fields in a few tokens. */
const doubling = (levels: number) =>
  many(levels, (i) => `fragment F${i} on vault { ...F${i + 1} ...F${i + 1} }`) +
  ` fragment F${levels} on vault { rate }`;

const conditions = (count: number) => Array.from({ length: count }, (_, i) => ({ shares_gt: String(i) }));

export const hostileQueries: readonly Hostile[] = [
  {
    name: "seven levels",
    query: `{ accounts(limit: 1) { items { requests(limit: 1) { items { controllerRow { position { shares } } } } } } }`,
    bound: "depth",
  },
  {
    name: "300 levels",
    query: "{ a ".repeat(300) + "}".repeat(300),
    bound: "depth",
  },
  {
    name: "levels hidden in fragments",
    query: `{ ...A } fragment A on Query { accounts(limit: 1) { ...B } } fragment B on accountPage { items { ...C } }
      fragment C on account { requests(limit: 1) { items { controllerRow { position { accountRow { balance } } } } } }`,
    bound: "depth",
  },
  { name: "31 aliases", query: `{ ${many(31, (i) => `a${i}: vaults { items { rate } }`)} }`, bound: "aliases" },
  {
    name: "aliases multiplied by fragments",
    query: `{ ${many(8, (i) => `a${i}: vaults { items { ...F } }`)} } fragment F on vault { ${many(4, (i) => `r${i}: rate`)} }`,
    bound: "aliases",
  },
  { name: "1,100 columns", query: `{ vaults { items { ${"rate ".repeat(1_100)} } } }`, bound: "tokens" },
  { name: "30,000 tokens in 60 kB", query: `{ ${"a ".repeat(30_000)} }`, bound: "tokens" },
  { name: "one column 900 times", query: `{ vaults { items { ${"rate ".repeat(900)} } } }`, bound: "fields" },
  { name: "fragments that double 40 times", query: `{ vaults { items { ...F0 } } } ${doubling(40)}`, bound: "fields" },
  {
    name: "fragments that double 90 times, for the schema",
    query: `{ ...F0 } ${many(90, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)}
      fragment F90 on Query { __schema { description } }`,
    bound: "fields",
  },
  {
    name: "a fragment that spreads itself",
    query: `{ vaults { items { ...F } } } fragment F on vault { rate ...F }`,
    bound: "depth",
  },
  {
    name: "fragments in a circle",
    query: `{ vaults { items { ...A } } } fragment A on vault { ...B } fragment B on vault { ...C } fragment C on vault { ...A }`,
    bound: "depth",
  },
  {
    name: "120 directives",
    query: `{ vaults { items { rate ${"@include(if: true) ".repeat(120)} } } }`,
    bound: "directives",
  },
  {
    name: "directives on fragments",
    query: `{ ...F ${"@a ".repeat(11)} } fragment F on Query { x }`,
    bound: "directives",
  },
  {
    name: "directives on the operation",
    query: `query ${"@a ".repeat(11)} { vaults { items { rate } } }`,
    bound: "directives",
  },
  {
    name: "lists in lists in lists",
    query: `{ accounts(limit: 1) { items { requests(limit: 1) { items { events(limit: 1) { totalCount } } } } } }`,
    bound: "nestedLists",
  },
  {
    name: "a thousand lists of a thousand rows",
    query: `{ accounts(limit: 1000) { items { events(limit: 1000) { items { kind } } } } }`,
    bound: "rows",
  },
  {
    name: "a thousand lists, by variables",
    query: `query Q($n: Int!, $m: Int = 1000) { accounts(limit: $n) { items { events(limit: $m) { items { kind } } } } }`,
    variables: { n: 1_000 },
    bound: "rows",
  },
  {
    name: "eleven lists of a thousand rows side by side",
    query: `{ ${many(11, (i) => `a${i}: stakingEvents(limit: 1000) { items { kind } }`)} }`,
    bound: "rows",
  },
  {
    name: "hundreds of statements",
    query: `{ accounts(limit: 300) { items { events(limit: 1) { items { kind } } } } }`,
    bound: "statements",
  },
  {
    name: "hundreds of statements for pages of which nothing is asked",
    query: `{ accounts(limit: 300) { items { events(limit: 1) { __typename } } } }`,
    bound: "statements",
  },
  {
    name: "counting again and again",
    query: `{ ${many(10, (i) => `a${i}: stakingEvents(limit: 1) { totalCount }`)} }`,
    bound: "statements",
  },
  {
    name: "counting per row",
    query: `{ accounts(limit: 20) { items { events(limit: 1) { totalCount } } } }`,
    bound: "statements",
  },
  { name: "a page of 100,000", query: `{ vaultHours(limit: 100000) { items { rate } } }`, bound: "pageSize" },
  {
    name: "a page beyond all integers",
    query: `{ vaultHours(limit: ${"9".repeat(400)}) { items { rate } } }`,
    bound: "pageSize",
  },
  { name: "a page of less than nothing", query: `{ vaultHours(limit: -1) { items { rate } } }`, bound: "request" },
  {
    name: "an offset of millions",
    query: `query Q($o: Int) { stakingEvents(offset: $o) { items { kind } } }`,
    variables: { o: 5_000_000 },
    bound: "offset",
  },
  {
    name: "a thousand conditions",
    query: `query Q($w: accountFilter) { positions(where: { OR: $w }) { items { shares } } }`,
    variables: { w: conditions(1_000) },
    bound: "conditions",
  },
  {
    name: "conditions inside each other",
    query: `{ positions(where: ${"{ AND: [".repeat(20)}{ shares_gt: "1" }${"] }".repeat(20)}) { items { shares } } }`,
    bound: "conditions",
  },
  {
    name: "5,000 values",
    query: `query Q($in: [String!]) { positions(where: { account_in: $in }) { items { shares } } }`,
    variables: { in: Array.from({ length: 5_000 }, () => "0x1") },
    bound: "values",
  },
  {
    name: "a search in texts",
    query: `{ stakingEvents(where: { transaction_contains: "a" }) { items { kind } } }`,
    bound: "filter",
  },
  {
    name: "a search in texts, by variables",
    query: `query Q($w: accountFilter) { budgets(where: $w) { items { title } } }`,
    variables: { w: { OR: [{ title_ends_with_nocase: "%a%" }] } },
    bound: "filter",
  },
  {
    name: "introspection beside data",
    query: `{ vaults { items { rate } } __schema { queryType { name } } }`,
    bound: "introspection",
  },
  {
    name: "introspection beside data, in fragments",
    query: `{ ...A ...B } fragment A on Query { __schema { queryType { name } } } fragment B on Query { vaults { items { rate } } }`,
    bound: "introspection",
  },
  {
    name: "introspection in circles",
    query: `{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }`,
    bound: "introspection",
  },
  {
    name: "introspection through interfaces and fields",
    query: `{ __schema { types { possibleTypes { interfaces { name } } } } }`,
    bound: "introspection",
  },
  {
    name: "introspection thirty times",
    query: `{ ${many(30, (i) => `a${i}: __schema { types { fields { name } } }`)} }`,
    bound: "introspection",
  },
  {
    name: "introspection of 40 levels",
    query: `{ __schema { types { ${"ofType { ".repeat(40)} name ${"} ".repeat(40)} } } }`,
    bound: "introspectionDepth",
  },
  {
    name: "a small operation beside a large one",
    query: `query Large($n: Int = 1000) { accounts(limit: $n) { items { events(limit: $n) { items { kind } } } } }
      query Small($n: Int = 1) { accounts(limit: $n) { items { balance } } }`,
    bound: "request",
  },
  { name: "fragments alone", query: `fragment F on vault { rate }`, bound: "request" },
  { name: "a mutation", query: `mutation { deleteEverything { id } }`, bound: "request" },
  { name: "a subscription", query: `subscription { vaults { items { rate } } }`, bound: "request" },
  { name: "a definition of types", query: `type Query { a: Int }`, bound: "request" },
  { name: "what is no GraphQL", query: `SELECT * FROM vault`, bound: "request" },
  { name: "nothing", query: "", bound: "request" },
  { name: "zero bytes", query: "{ vaults { items { \u0000 } } }", bound: "request" },
];
