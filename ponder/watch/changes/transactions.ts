/** Transactions of the database, and what is asked of it. */
import type { Change } from "./change.ts";

export const transactionChanges: readonly Change[] = [
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
    file: "/ponder/dist/esm/runtime/multichain.js",
    // Ponder would run the handlers again over rows in memory that have what they did the first time, and over rows in the database,
    // where it was committed and only the answer was lost. Each transaction writes its chain's checkpoint: whose version it is tells who
    // was last, and what it was before, whether anything came between or was lost. The lock waits for an earlier try that PostgreSQL
    // has not ended yet.
    what: "a transaction that is tried again begins with what the database has, and none is done twice or after one that was lost",
    isNeeded: "always",
    replacements: [
      ["import { eq, getTableName, isTable, isView, sql }", "import { and, eq, getTableName, isTable, isView, sql }"],
      [
        "export async function runMultichain(",
        `const createAttempts = (common, indexingCache, table) => {
    const state = { writer: sql\`xmin::text\`, latest: table.latestCheckpoint };
    const committed = new Map();
    return ({ name }, checkpoint) => {
        let isFirst = true;
        let writer;
        const read = async (tx) => {
            const [row] = await tx.wrap((tx) => tx.select(state).from(table).where(eq(table.chainName, name)));
            return row;
        };
        return {
            // Whether an earlier one was committed.
            async areOver(tx) {
                const isAgain = isFirst === false;
                isFirst = false;
                if (isAgain) {
                    indexingCache.invalidate();
                    indexingCache.clear();
                    await tx.wrap((tx) => tx.execute(sql\`lock table \${table} in share row exclusive mode\`));
                }
                if (isAgain || committed.has(name) === false) {
                    const row = await read(tx);
                    if (writer !== undefined && row?.writer === writer)
                        return true;
                    if (row !== undefined && committed.has(name) === false)
                        committed.set(name, row.latest);
                }
                return false;
            },
            state,
            get before() {
                return committed.has(name) ? eq(table.latestCheckpoint, committed.get(name)) : undefined;
            },
            set written([row]) {
                if (row === undefined) {
                    common.logger.error({
                        msg: "The database is not as this process left it: ending, to go on from what it has",
                        chain: name,
                        checkpoint: committed.get(name),
                    });
                    process.exit(75);
                }
                writer = row.writer;
            },
            end() {
                if (checkpoint !== undefined)
                    committed.set(name, checkpoint);
            },
        };
    };
};
export async function runMultichain(`,
      ],
      [
        "    const indexingStore = createIndexingStore({",
        `    const attemptsAt = createAttempts(common, indexingCache, PONDER_CHECKPOINT);
    const indexingStore = createIndexingStore({`,
      ],
      [
        `        await database.userQB.transaction(async (tx) => {
            indexingStore.qb = tx;`,
        `        const attempts = attemptsAt(indexingBuild.chains[0]);
        await database.userQB.transaction(async (tx) => {
            if (await attempts.areOver(tx))
                return;
            indexingStore.qb = tx;`,
      ],
      [
        `            await indexingCache.flush();
            await tx.wrap({ label: "update_checkpoints" }`,
        `            await indexingCache.flush();
            attempts.written = await tx.wrap({ label: "update_checkpoints" }`,
      ],
      [
        `latestCheckpoint: sql \`excluded.latest_checkpoint\`,
                },
            }));`,
        `latestCheckpoint: sql \`excluded.latest_checkpoint\`,
                },
            })
                .returning(attempts.state));`,
      ],
      [
        `        await database.userQB.transaction(async (tx) => {
            const initialCompletedEvents`,
        `        const attempts = attemptsAt(chain, checkpoint);
        await database.userQB.transaction(async (tx) => {
            if (await attempts.areOver(tx))
                return;
            const initialCompletedEvents`,
      ],
      [
        `                await tx.wrap({ label: "update_checkpoints" }, (tx) => tx
                    .insert(PONDER_CHECKPOINT)
                    .values({`,
        `                attempts.written = await tx.wrap({ label: "update_checkpoints" }, (tx) => tx
                    .insert(PONDER_CHECKPOINT)
                    .values({`,
      ],
      [
        `latestCheckpoint: sql \`excluded.latest_checkpoint\`,
                    },
                }), context);`,
        `latestCheckpoint: sql \`excluded.latest_checkpoint\`,
                    },
                    setWhere: attempts.before,
                })
                    .returning(attempts.state), context);`,
      ],
      [
        `        }, undefined, context);
        cachedViemClient.clear();`,
        `        }, undefined, context);
        attempts.end();
        cachedViemClient.clear();`,
      ],
      [
        `                await database.userQB.transaction(async (tx) => {
                    if (database.userQB.$dialect === "postgres") {`,
        `                const attempts = attemptsAt(event.chain, event.checkpoint);
                await database.userQB.transaction(async (tx) => {
                    if (await attempts.areOver(tx))
                        return;
                    if (database.userQB.$dialect === "postgres") {`,
      ],
      [
        'await tx.wrap({ label: "update_checkpoints" }, (db) => db',
        'attempts.written = await tx.wrap({ label: "update_checkpoints" }, (db) => db',
      ],
      [
        ".where(eq(PONDER_CHECKPOINT.chainName, event.chain.name)), context);",
        `.where(and(eq(PONDER_CHECKPOINT.chainName, event.chain.name), attempts.before))
                            .returning(attempts.state), context);`,
      ],
      [
        `                }, undefined, context);
                event.blockCallback?.(true);`,
        `                }, undefined, context);
                attempts.end();
                event.blockCallback?.(true);`,
      ],
    ],
  },
  {
    file: "/ponder/dist/esm/utils/pg.js",
    // A crash of PostgreSQL would take back what it has already said is done, and the next block would be written over the one before.
    what: "what the indexer commits is on the disk",
    isNeeded: "always",
    replacements: [
      [
        `                super.connect(() => {
                    this.query(\`
            SET synchronous_commit = off;`,
        `                super.connect(() => {
                    this.query(\`
            SET synchronous_commit = \${config.application_name?.endsWith("_user") ? "on" : "off"};`,
      ],
      [
        `                return super.connect().then(() => this.query(\`
            SET synchronous_commit = off;`,
        `                return super.connect().then(() => this.query(\`
            SET synchronous_commit = \${config.application_name?.endsWith("_user") ? "on" : "off"};`,
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
    file: "/ponder/dist/esm/database/queryBuilder.js",
    // Ponder begins none there. `withTransactions` has what is asked beside a transaction's own way asked in it. What is read of the
    // chain is written without, as before: Ponder waits for the node in those, one for the other, and each can be written again.
    what: "on PGlite, a transaction is one",
    isNeeded: "on PGlite",
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
  {
    file: "/ponder/dist/esm/indexing-store/index.js",
    // Ponder reads each row before it makes it, since it has no transaction there whose statement could fail.
    what: "on PGlite, a row that is made is not looked for first",
    replacements: [
      [
        `checkTableAccess(table, "insert", value, chainId);
                                        if (qb.$dialect === "pglite") {`,
        `checkTableAccess(table, "insert", value, chainId);
                                        if (false) {`,
      ],
      [
        `let ponderRow;
                                    if (qb.$dialect === "pglite") {`,
        `let ponderRow;
                                    if (false) {`,
      ],
    ],
  },
  {
    file: "/ponder/dist/esm/indexing-store/cache.js",
    what: "on PGlite, a row that cannot be written is named",
    replacements: [
      [
        `                if (qb.$dialect === "postgres") {
                    await qb.wrap((db) => db.execute("SAVEPOINT flush"), context);
                    await promiseAllSettledWithThrow(Array.from(cache.keys()).map(flushTable));
                    await qb.wrap((db) => db.execute("RELEASE flush"), context);
                }`,
        `                await qb.wrap((db) => db.execute("SAVEPOINT flush"), context);
                if (qb.$dialect === "postgres") {
                    await promiseAllSettledWithThrow(Array.from(cache.keys()).map(flushTable));
                }`,
      ],
      [
        `                        await flushTable(table);
                    }
                }
`,
        `                        await flushTable(table);
                    }
                }
                await qb.wrap((db) => db.execute("RELEASE flush"), context);
`,
      ],
      ['if (error instanceof ShutdownError || qb.$dialect === "pglite") {', "if (error instanceof ShutdownError) {"],
    ],
  },
];
