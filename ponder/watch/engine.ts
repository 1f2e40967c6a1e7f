/**
 * What is changed in Ponder while it is loaded: what costs too much time or memory, where no setting changes it, a limit, and that PGlite
 * has transactions. None changes a result. See `docs/decisions/0032-changes-in-ponder.md`.
 *
 * Each change names the text that it replaces. A version of Ponder that has another text there runs unchanged, and says so.
 */
import { findPackageJSON, registerHooks } from "node:module";
import path from "node:path";
import { log } from "./log.ts";

/** The file of Ponder's at `name`, within its package. */
export function engineFile(name: string): string {
  const manifest = findPackageJSON("ponder", import.meta.url);
  if (manifest === undefined) throw new Error("the package `ponder` is not installed: run `npm ci`");
  return path.join(path.dirname(manifest), name);
}

/** Ponder's command line. */
export const engineProgram = (): string => engineFile("dist/esm/bin/ponder.js");

interface Change {
  /** The file, as its URL ends. */
  readonly file: string;
  readonly what: string;
  readonly replacements: readonly (readonly [before: string, after: string])[];
  /** On PGlite, Ponder is not run without it. */
  readonly isNeededByPglite?: boolean;
}

/** Frames of an error with paths of files, from which Ponder takes lines, instead of the URLs that Node has in them. */
const FRAMES: readonly [before: string, after: string] = [
  'import { parse as parseStackTrace } from "stacktrace-parser";',
  `import { fileURLToPath } from "node:url";
import { parse } from "stacktrace-parser";
const parseStackTrace = (stack) => parse(stack).map((frame) =>
    frame.file?.startsWith("file:") ? { ...frame, file: fileURLToPath(frame.file) } : frame);`,
];

/** What loads settings, schema, handlers and API. */
const BUILDER = "/ponder/dist/esm/build/index.js";

const CHANGES: readonly Change[] = [
  {
    file: "/ponder/dist/esm/build/config.js",
    // Until an event has come a few times, Ponder reads every column of its block and transaction; some events never come. A
    // column that a handler misses is noticed by Ponder, which then reads all of them for that event.
    what: "only the columns of blocks and transactions that handlers use are read",
    replacements: [
      ["import { defaultBlockFilterInclude,", "import { requiredLogFilterInclude, defaultBlockFilterInclude,"],
      ["include: defaultLogFilterInclude.concat(", "include: requiredLogFilterInclude.concat("],
    ],
  },
  {
    file: "/ponder/dist/esm/runtime/events.js",
    what: "a log is compared with the filters of its own first topic only",
    replacements: [
      [
        "    let blocksIndex = 0;\n",
        `    const indexesByTopic = new Map();
    const callbackIndexesOf = (log) => {
        const topic = log.topics[0];
        let indexes = indexesByTopic.get(topic);
        if (indexes === undefined) {
            indexes = logEventCallbackIndexes.filter((index) => {
                const { topic0 } = eventCallbacks[index].filter;
                return isLogFilterMatched({ filter: { topic0 }, log });
            });
            indexesByTopic.set(topic, indexes);
        }
        return indexes;
    };
    let blocksIndex = 0;
`,
      ],
      [
        "for (const logEventCallbackIndex of logEventCallbackIndexes) {",
        "for (const logEventCallbackIndex of callbackIndexesOf(log)) {",
      ],
    ],
  },
  {
    file: "/ponder/dist/esm/sync-historical/index.js",
    what: "a log that is read from the node is, too",
    replacements: [
      [
        "            const perBlockLogs = new Map();\n",
        `            const filtersByTopic = new Map();
            const filtersOf = (log) => {
                const topic = log.topics[0];
                let filters = filtersByTopic.get(topic);
                if (filters === undefined) {
                    filters = logFilters.filter(({ topic0 }) => isLogFilterMatched({ filter: { topic0 }, log }));
                    filtersByTopic.set(topic, filters);
                }
                return filters;
            };
            const perBlockLogs = new Map();
`,
      ],
      ["for (const filter of logFilters) {", "for (const filter of filtersOf(log)) {"],
    ],
  },
  {
    file: "/ponder/dist/esm/runtime/multichain.js",
    // The tables are those whose triggers have named themselves in the transaction.
    what: "a block is committed in the tables that it changed, by one statement",
    replacements: [
      ["import { ZERO_CHECKPOINT_STRING, decode", "import { MAX_CHECKPOINT_STRING, ZERO_CHECKPOINT_STRING, decode"],
      [
        "await Promise.all(tables.map((table) => commitBlock(tx, { table, checkpoint, preBuild }, context)));",
        `await tx.wrap({ label: "commit_block" }, (tx) => tx.execute(\`DO $commit$
DECLARE changed text;
BEGIN
  FOR changed IN SELECT table_name FROM \${getLiveQueryTempTableName()} LOOP
    EXECUTE format('UPDATE %I.%I SET checkpoint = %L WHERE checkpoint = %L',
      '\${namespaceBuild.schema}', '_reorg__' || changed, '\${checkpoint}', '\${MAX_CHECKPOINT_STRING}');
  END LOOP;
END $commit$\`), context);`,
      ],
    ],
  },
  {
    file: "/ponder/dist/esm/runtime/multichain.js",
    // Ponder drops the triggers of every table, looks for what there is to undo, and makes them anew. There is one chain: what was written
    // after a block is what has a later checkpoint.
    what: "a reorganisation touches the tables that have something to undo",
    replacements: [
      [
        "import { getLiveQueryTempTableName } from '../drizzle/onchain.js';",
        `import { getLiveQueryTempTableName, getReorgTableName } from '../drizzle/onchain.js';
import { getTableConfig } from "drizzle-orm/pg-core";
const changedSince = async (tx, { tables, checkpoint }, context) => {
    const found = tables.map((table, i) => \`SELECT \${i} AS i WHERE EXISTS (SELECT FROM
"\${getTableConfig(table).schema ?? "public"}"."\${getReorgTableName(table)}" WHERE checkpoint > '\${checkpoint}')\`);
    const { rows } = await tx.wrap({ label: "revert" }, (tx) => tx.execute(found.join(" UNION ALL ")), context);
    return rows.map(({ i }) => tables[i]);
};`,
      ],
      [
        "                    await dropTriggers(tx, { tables }, context);",
        `                    const tables = await changedSince(tx, { tables: allTables, checkpoint: event.checkpoint }, context);
                    await dropTriggers(tx, { tables }, context);`,
      ],
      [
        "    const tables = Object.values(schemaBuild.schema).filter(isTable);",
        `    const tables = Object.values(schemaBuild.schema).filter(isTable);
    const allTables = tables;`,
      ],
    ],
  },
  {
    file: "/ponder/dist/esm/sync-store/index.js",
    // Each value would be a parameter of its own, for which the statement's text is put together piece by piece.
    what: "rows that are read from the node are written as one parameter",
    replacements: [
      [
        'import { and, asc, desc, eq, gte, inArray, isNull, lt, lte, or, sql, } from "drizzle-orm";\n',
        `import { and, asc, desc, eq, getTableColumns, gte, inArray, isNull, lt, lte, or, sql, } from "drizzle-orm";
import { toSnakeCase } from "drizzle-orm/casing";
const rowsOf = (table, rows) => {
    const columns = Object.keys(getTableColumns(table)).map((key) => [key, toSnakeCase(key)]);
    const named = rows.map((row) => {
        const values = {};
        for (const [key, name] of columns) values[name] = typeof row[key] === "bigint" ? row[key].toString() : row[key];
        return values;
    });
    const names = sql.join(columns.map(([, name]) => sql.identifier(name)), sql.raw(", "));
    return sql\`select \${names} from json_populate_recordset(null::\${table}, \${JSON.stringify(named)}::json)\`;
};
`,
      ],
      ...(["log", "block", "transaction"] as const).map((name): [string, string] => {
        const encode = `encode${name.charAt(0).toUpperCase()}${name.slice(1)}`;
        const rows = `${name}s
                    .slice(i, i + batchSize)
                    .map((${name}) => ${encode}({ ${name}, chainId }))`;
        return [`.values(${rows})`, `.select(rowsOf(PONDER_SYNC.${name}s, ${rows}))`];
      }),
    ],
  },
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
    file: "/ponder/dist/esm/utils/pg.js",
    // What no index serves is asked by dashboards, by accident or on purpose, and there are few connections.
    what: "a query of the API ends after ten seconds",
    replacements: [["statement_timeout: 30 * 1000,", "statement_timeout: 10 * 1000,"]],
  },
  {
    file: "/ponder/dist/esm/build/stacktrace.js",
    what: "errors of settings, schema and API show the line that they are of",
    replacements: [FRAMES],
  },
  {
    file: "/ponder/dist/esm/indexing/addStackTrace.js",
    what: "errors of handlers show the line that they are of",
    replacements: [FRAMES],
  },
  {
    file: "/ponder/dist/esm/index.js",
    // `src/api/graphql.ts` serves instead. Ponder's own brings three hundred files.
    what: "its GraphQL server is not loaded",
    replacements: [
      [
        "export { graphql } from './graphql/middleware.js';",
        'export const graphql = () => { throw new Error("This indexer serves GraphQL by its own executor."); };',
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
    file: "/ponder/dist/esm/database/queryBuilder.js",
    // Ponder begins none there. `withTransactions` has what is asked beside a transaction's own way asked in it. What is read of the
    // chain is written without, as before: Ponder waits for the node in those, one for the other, and each can be written again.
    what: "on PGlite, a transaction is one",
    isNeededByPglite: true,
    replacements: [
      [
        "import { startClock } from '../utils/timer.js';",
        "import * as PONDER_SYNC from '../sync-store/schema.js';\nimport { startClock } from '../utils/timer.js';",
      ],
      [
        '    if (dialect === "postgres") {\n        addQBMethods(db);',
        '    if (dialect === "postgres" || db._.fullSchema !== PONDER_SYNC) {\n        addQBMethods(db);',
      ],
    ],
  },
  // To open PGlite takes seconds. Ponder does so twice, the first time to see whether it can.
  {
    file: "/ponder/dist/esm/utils/pglite.js",
    what: "PGlite is opened once",
    isNeededByPglite: true,
    replacements: [["return new PGlite(options);", "return globalThis.PHALA_PGLITE ?? new PGlite(options);"]],
  },
  {
    file: BUILDER,
    what: "PGlite stays open once it has been tried",
    isNeededByPglite: true,
    replacements: [["await driver.close();", "if (driver !== globalThis.PHALA_PGLITE) await driver.close();"]],
  },
];

/** `source` with every replacement, or null where one of them does not occur exactly once. */
export function changed(source: string, { replacements }: Pick<Change, "replacements">): string | null {
  let text = source;
  for (const [before, after] of replacements) {
    if (text.split(before).length !== 2) return null;
    text = text.replace(before, () => after);
  }
  return text;
}

/** The changes, for the test that compares them with the version that is installed. */
export const engineChanges = CHANGES;

/** What stands in for Vite and its parts where Ponder's builder imports them. */
const LOADER = new URL("modules.ts", import.meta.url).href;
const isVite = (specifier: string): boolean => /^vite(-node|-tsconfig-paths)?($|\/)/.test(specifier);

/** What stands in for all chains that viem knows, where Ponder imports them. */
const CHAINS = new URL("chains.ts", import.meta.url).href;
/** The one file of Ponder's that does. */
export const CHAINS_IMPORTER = "dist/esm/utils/chains.js";

/** What is run instead of what `parent` imports, if anything is. */
function replacementOf(specifier: string, parent = ""): string | undefined {
  if (isVite(specifier) && parent.endsWith(BUILDER)) return LOADER;
  if (specifier === "viem/chains" && parent.endsWith(`/ponder/${CHAINS_IMPORTER}`)) return CHAINS;
  return undefined;
}

/**
 * Remembers of which kind the JavaScript in a folder of a package is: its files are imported by the hundred, and Node would look
 * for the `package.json` above each.
 */
function rememberingFolders() {
  const formats = new Map<string, string>();
  const folderOf = (url: string) => url.slice(0, url.lastIndexOf("/"));
  return {
    /** The file at a relative `specifier`, where files beside it are known. One that is not there fails when it is loaded. */
    known(specifier: string, parent: string | undefined) {
      if (!/^\.\.?\/.*\.js$/.test(specifier) || parent?.includes("/node_modules/") !== true) return undefined;
      const { href } = new URL(specifier, parent);
      const format = formats.get(folderOf(href));
      return format === undefined ? undefined : { url: href, format, shortCircuit: true };
    },
    note({ url, format }: { readonly url: string; readonly format?: string | null | undefined }): void {
      if (format === "module" && url.endsWith(".js")) formats.set(folderOf(url), format);
    },
  };
}

/** Changes Ponder's files as they are loaded from now on. Some of what it imports is replaced. */
export function adjustEngine(): void {
  const folders = rememberingFolders();
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const known = folders.known(specifier, context.parentURL);
      if (known !== undefined) return known;
      const resolved = nextResolve(replacementOf(specifier, context.parentURL) ?? specifier, context);
      folders.note(resolved);
      return resolved;
    },
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const changes = CHANGES.filter(({ file }) => url.endsWith(file));
      if (changes.length === 0 || loaded.source === undefined) return loaded;
      let source = typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
      for (const change of changes) {
        const text = changed(source, change);
        if (text === null && change.isNeededByPglite === true && Reflect.has(globalThis, "PHALA_PGLITE")) {
          throw new Error(
            `This version of Ponder cannot be run on PGlite: ${url} is not what it was. Set DATABASE_URL.`,
          );
        }
        if (text === null) log("warn", "This version of Ponder is run as it is", { without: change.what });
        source = text ?? source;
      }
      return { ...loaded, source };
    },
  });
}
