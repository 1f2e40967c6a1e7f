/** Rows in memory, and how they come from the database and go into it. */
import type { Change } from "./change.ts";

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
    // Ponder asks for `key = a or key = b or …`, by the thousand.
    what: "rows that will be needed are asked for as a list of keys",
    replacements: [
      [
        "import { getTableColumns, getTableName, isTable, or, sql, }",
        `import { getTableColumns, getTableName, inArray, isTable, or, sql, }`,
      ],
      [
        ".map(([, prediction]) => getWhereCondition(table, prediction));",
        `.map(([, prediction]) => prediction);
                const [key, ...further] = getPrimaryKeyColumns(table);`,
      ],
      [
        ".where(or(...conditions))",
        `.where(further.length === 0
                    ? inArray(table[key.js], conditions.map((row) => row[key.js]))
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
    file: "/ponder/dist/esm/utils/copy.js",
    // Ponder makes nine functions each time, and leaves one of them on the row, which keeps what the handler made of it.
    what: "a row that a handler reads costs one object",
    replacements: [
      [
        "export const copyOnWrite = (obj) => {\n",
        `class Row {
    own = undefined;
    copied(target) {
        return (this.own ??= structuredClone(target));
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
const copyOnWriteOf = (obj) => {
`,
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
];
