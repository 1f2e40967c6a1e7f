/** What is read of the chain, from the node and from Ponder's cache of it. */
import type { Change } from "./change.ts";

export const readingChanges: readonly Change[] = [
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
    file: "/ponder/dist/esm/rpc/index.js",
    // For two seconds the others are waited for; after that, whoever answers. Ponder asks the fastest. See `logs.ts`.
    what: "what is asked twice is asked of two providers, where there are two",
    replacements: [
      [
        "    const getBucket = async () => {",
        `    const providerOf = ({ index }) => (Array.isArray(chain.rpc) ? chain.rpc[index] : undefined);
    const getBucket = async (isWanted) => {`,
      ],
      [
        "availableBuckets = buckets.filter(isAvailable);",
        "availableBuckets = buckets.filter((bucket) => isAvailable(bucket) && isWanted(bucket));",
      ],
      [
        `            const logger = context?.logger ?? common.logger;
            for (let i = 0;`,
        `            const logger = context?.logger ?? common.logger;
            const anybodyFrom = context?.apartFrom === undefined ? 0 : Date.now() + 2_000;
            for (let i = 0;`,
      ],
      [
        "const bucket = await getBucket();",
        "const bucket = await getBucket((bucket) => Date.now() >= anybodyFrom || providerOf(bucket) !== context.apartFrom);",
      ],
      [
        "                    bucket.reactivationDelay = INITIAL_REACTIVATION_DELAY;\n                    return response;",
        `                    bucket.reactivationDelay = INITIAL_REACTIVATION_DELAY;
                    context?.onAnswer?.(providerOf(bucket));
                    return response;`,
      ],
    ],
  },
  {
    file: "/ponder/dist/esm/sync-historical/index.js",
    // Ponder asks once for each contract, and once for each event of any address: a node looks through the same blocks some thirty times.
    // What nobody asked for is in the answer too, and is left out where logs are compared with the filters.
    what: "logs of several contracts are asked for by one request",
    replacements: [
      [
        "export const createHistoricalSync = (args) => {",
        `const mergedRequests = (requests) => {
    const merged = new Map();
    for (const request of requests) {
        const { address, topic0, topic1, topic2, topic3, interval } = request;
        const isAlike = topic0 && !topic1 && !topic2 && !topic3 && !Array.isArray(address);
        const key = isAlike ? \`\${interval} \${address === undefined}\` : JSON.stringify(request);
        const known = merged.get(key);
        if (known === undefined) {
            merged.set(key, isAlike && address !== undefined ? { ...request, address: [address] } : request);
            continue;
        }
        known.topic0 = [...new Set([known.topic0, topic0].flat())];
        if (address !== undefined) known.address = [...new Set([...known.address, address])];
    }
    return [...merged.values()];
};
export const createHistoricalSync = (args) => {`,
      ],
      [
        `            const ethGetLogsParams = dedupe([
                ...singleEthGetLogsParams,
                ...Array.from(mergedEthGetLogsParams.values()),
            ], (params) => JSON.stringify(params));`,
        `            const ethGetLogsParams = mergedRequests([...singleEthGetLogsParams, ...mergedEthGetLogsParams.values()]);`,
      ],
    ],
  },
  {
    file: "/ponder/dist/esm/sync-historical/index.js",
    // Ponder reads a hundred and more at once, with all their transactions: where they are large, or are written one after the other, as on
    // PGlite, it ran out of memory. How large they are shows in their logs, which are known by then.
    what: "few blocks are read at once, and fewer where they are large",
    replacements: [
      [
        "export const createHistoricalSync = (args) => {",
        `const blocksAtOnce = (logs, blocks) => {
    const most = globalThis.PHALA_PGLITE === undefined ? 24 : 16;
    return Math.min(most, Math.max(4, Math.floor(7200 * blocks / Math.max(1, logs))));
};
export const createHistoricalSync = (args) => {`,
      ],
      ["concurrency: MAX_BLOCKS_IN_MEM,", "concurrency: blocksAtOnce(logs.length, perBlockLogs.size),"],
    ],
  },
  {
    file: "/ponder/dist/esm/runtime/historical.js",
    // Ponder aims at ten seconds for a range, all of whose logs are in memory.
    what: "what is read from the node at once is small",
    replacements: [['target: params.common.options.command === "dev" ? 2000 : 10000,', "target: 2000,"]],
  },
];
