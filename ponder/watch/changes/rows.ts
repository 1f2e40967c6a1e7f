/** Rows in memory, and how they come from the database and go into it. */
import type { Change } from "./change.ts";

/** Numbers that are in the database, and in its words, what they are here. */
const IS_PLAIN = `const isPlain = (column, value) => typeof value === "bigint"
    ? column.columnType === "PgEvmBigint"
    : typeof value === "number" && column.columnType === "PgInteger";
`;

export const rowChanges: readonly Change[] = [
  {
    file: "/ponder/dist/esm/indexing-store/cache.js",
    // Ponder drops those that are read least, however little that frees: one that is read for every transfer, to see that it has no
    // such row, would be asked of the database ever after.
    what: "small tables stay in memory",
    replacements: [
      [
        "                    if (cache.get(table).isCacheComplete === false)\n                        continue;\n                    totalBytes -=",
        `                    if (cache.get(table).isCacheComplete === false || cache.get(table).bytes < common.options.indexingCacheMaxBytes / 100)
                        continue;
                    totalBytes -=`,
      ],
    ],
  },
  {
    file: "/ponder/dist/esm/indexing-store/cache.js",
    // Ponder asks for `key = a or key = b or …`, by the thousand, each a parameter of its own. PGlite knows no lists of enums that
    // are made while it is open.
    what: "rows that will be needed are asked for as a list of keys",
    replacements: [
      [
        ".map(([, prediction]) => getWhereCondition(table, prediction));",
        `.map(([, prediction]) => prediction);
                const [key, ...further] = getPrimaryKeyColumns(table);`,
      ],
      [
        ".where(or(...conditions))",
        `.where(further.length === 0 && table[key.js].columnType !== "PgEnumColumn"
                    ? sql\`\${table[key.js]} = any(\${sql.param(conditions.map((row) => table[key.js].mapToDriverValue(row[key.js])))})\`
                    : or(...conditions.map((row) => getWhereCondition(table, row))))`,
      ],
    ],
  },
  {
    file: "/ponder/dist/esm/indexing-store/cache.js",
    // Both are the same object: what is inserted is the row as it was left.
    what: "a row that was changed after it was made is written once",
    replacements: [
      [
        `            if (isUpdate) {
                updateBuffer.get(table).set(ck`,
        `            if (isUpdate) {
                if (insertBuffer.get(table).get(ck)?.row !== row)
                    updateBuffer.get(table).set(ck`,
      ],
    ],
  },
  {
    file: "/ponder/dist/esm/drizzle/index.js",
    what: "what a table's key is, is found out once",
    replacements: [
      [
        "export const getPrimaryKeyColumns = (table) => {\n",
        `const KEYS = new WeakMap();
export const getPrimaryKeyColumns = (table) => {
    let key = KEYS.get(table);
    if (key === undefined) {
        key = findPrimaryKeyColumns(table);
        KEYS.set(table, key);
    }
    return key;
};
const findPrimaryKeyColumns = (table) => {
`,
      ],
    ],
  },
  {
    file: "/ponder/dist/esm/indexing-store/utils.js",
    what: "what a table's columns are, is found out once",
    replacements: [
      [
        "export const normalizeRow = (table, row, isUpdate) => {\n",
        `const COLUMNS = new WeakMap();
const columnsOf = (table) => {
    let columns = COLUMNS.get(table);
    if (columns === undefined) {
        columns = Object.entries(getTableColumns(table));
        COLUMNS.set(table, columns);
    }
    return columns;
};
export const normalizeRow = (table, row, isUpdate) => {
`,
      ],
      ["of Object.entries(getTableColumns(table))) {", "of columnsOf(table)) {"],
    ],
  },
  {
    file: "/ponder/dist/esm/indexing-store/utils.js",
    // Ponder makes of each column of each row what the database would give back, which of these is the same.
    what: "numbers stay as they are",
    replacements: [
      [
        "    if (column.mapToDriverValue === undefined)\n        return value;\n    try {",
        `    if (isPlain(column, value) || column.mapToDriverValue === undefined)
        return value;
    try {`,
      ],
      ["export const normalizeColumn = ", `${IS_PLAIN}export const normalizeColumn = `],
    ],
  },
  {
    file: "/ponder/dist/esm/indexing-store/cache.js",
    // Nothing in them has to be escaped.
    what: "numbers are written as they are",
    replacements: [
      [
        "            let value = row[columnName];\n            if (isLastColumn) {",
        `            let value = row[columnName];
            if (isPlain(column, value)) {
                result += isLastColumn ? String(value) : \`\${value}\\t\`;
            }
            else if (isLastColumn) {`,
      ],
      ["export const getCopyText = ", `${IS_PLAIN}export const getCopyText = `],
    ],
  },
  {
    file: "/ponder/dist/esm/utils/copy.js",
    // Ponder makes nine functions each time, and leaves one of them on the row, which keeps what the handler made of it.
    what: "a row that a handler reads costs one object",
    replacements: [
      [
        "export const copyOnWrite = (obj) => {\n",
        `class Row {
    own = undefined;
    copied(target) {
        return (this.own ??= columnsOf(target));
    }
    get(target, prop, receiver) {
        if (prop === COPY_ON_WRITE) return target;
        const value = Reflect.get(this.own ?? target, prop, receiver);
        return typeof value === "object" && value !== null && this.own === undefined
            ? Reflect.get(this.copied(target), prop, receiver)
            : value;
    }
    set(target, prop, value, receiver) {
        return Reflect.set(this.copied(target), prop, value, receiver);
    }
    deleteProperty(target, prop) {
        return Reflect.deleteProperty(this.copied(target), prop);
    }
    defineProperty(target, prop, descriptor) {
        return Reflect.defineProperty(this.copied(target), prop, descriptor);
    }
    ownKeys(target) {
        return Reflect.ownKeys(this.own ?? target);
    }
    has(target, prop) {
        return Reflect.has(this.own ?? target, prop);
    }
    getOwnPropertyDescriptor(target, prop) {
        return Reflect.getOwnPropertyDescriptor(this.own ?? target, prop);
    }
}
export const copyOnWrite = (obj) => new Proxy(obj, new Row());
const isFlat = (value) => value === null || typeof value !== "object";
/** What is no object needs no copy of its own, and lists of such need no clone, which goes through a serialiser. */
const columnsOf = (row) => {
    const own = { ...row };
    for (const name in own) {
        const value = own[name];
        if (isFlat(value)) continue;
        own[name] = Array.isArray(value) && value.every(isFlat) ? [...value] : structuredClone(value);
    }
    return own;
};
const isFlatRow = (row) => {
    for (const name in row) if (!isFlat(row[name])) return false;
    return true;
};
const copyOnWriteOf = (obj) => {
`,
      ],
      [
        "    const proxy = obj[COPY_ON_WRITE];\n    if (proxy === undefined) {",
        `    const proxy = obj[COPY_ON_WRITE];
    if (proxy === undefined && !Array.isArray(obj) && isFlatRow(obj)) return { ...obj };
    if (proxy === undefined) {`,
      ],
      [
        `        if (isDeeplyNested(obj))
            return structuredClone(obj);
        return { ...obj };`,
        "        return columnsOf(obj);",
      ],
    ],
  },
  {
    file: "/ponder/dist/esm/utils/sql-parse.js",
    // For each statement of a handler, Ponder makes a parser of megabytes, to see whether it only reads, and another to see of what.
    what: "a statement of a handler is parsed once",
    replacements: [
      [
        "export const parseSQLQuery = async (sql) => {\n",
        `const PARSED = new Map();
export const parseSQLQuery = (sql) => {
    let parsed = PARSED.get(sql);
    if (parsed === undefined) {
        if (PARSED.size >= 300) PARSED.clear();
        parsed = parseAnew(sql);
        PARSED.set(sql, parsed);
        parsed.catch(() => PARSED.delete(sql));
    }
    return parsed;
};
const parseAnew = async (sql) => {
`,
      ],
    ],
  },
  {
    file: "/ponder/dist/esm/utils/mutex.js",
    what: "a lock that nobody has is taken without a promise",
    replacements: [["        lock: async () => {", "        lock: () => {"]],
  },
  {
    file: "/ponder/dist/esm/internal/metrics.js",
    // Several counts for each row that a handler asks for.
    what: "what is counted of rows is put into words when somebody asks",
    replacements: [
      [
        "export class MetricsService {",
        `class RowCounter extends prometheus.Counter {
    counts = new Map();
    constructor(config) {
        super(config);
        const [first, second] = config.labelNames;
        this.inc = (labels, value = 1) => {
            let counts = this.counts.get(labels[first]);
            if (counts === undefined) this.counts.set(labels[first], (counts = new Map()));
            counts.set(labels[second], (counts.get(labels[second]) ?? 0) + value);
        };
    }
    get() {
        this.hashMap = {};
        const [first, second] = this.labelNames;
        for (const [one, counts] of this.counts) {
            for (const [two, count] of counts) this.incWithoutExemplar({ [first]: one, [second]: two }, count);
        }
        return super.get();
    }
    reset() {
        this.counts?.clear();
        super.reset();
    }
}
export class MetricsService {`,
      ],
      [
        "this.ponder_indexing_cache_requests_total = new prometheus.Counter({",
        "this.ponder_indexing_cache_requests_total = new RowCounter({",
      ],
      [
        "this.ponder_indexing_store_queries_total = new prometheus.Counter({",
        "this.ponder_indexing_store_queries_total = new RowCounter({",
      ],
    ],
  },
  {
    file: "/drizzle-orm/utils.js",
    // Drizzle asks of each value of each row how it is read. In Ponder's queries, none is inside another object.
    what: "how the rows of an answer are read is found out once",
    replacements: [
      [
        "function mapResultRow(columns, row, joinsNotNullableMap) {\n",
        `const READERS = new WeakMap();
const readersOf = (columns) => {
  let readers = READERS.get(columns);
  if (readers === undefined) {
    readers = columns.some(({ path }) => path.length !== 1) ? null : columns.map(({ path, field }) => ({
      name: path[0],
      decoder: is(field, Column) ? field : is(field, SQL) ? field.decoder : field.sql.decoder
    }));
    READERS.set(columns, readers);
  }
  return readers;
};
function mapResultRow(columns, row, joinsNotNullableMap) {
  const readers = readersOf(columns);
  if (readers !== null) {
    const result = {};
    for (let i = 0; i < readers.length; i++) {
      const { name, decoder } = readers[i];
      result[name] = row[i] === null ? null : decoder.mapFromDriverValue(row[i]);
    }
    return result;
  }
`,
      ],
    ],
  },
];
