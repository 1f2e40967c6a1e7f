/**
 * One indexer and two processes of the API on a PostgreSQL, under load, while a new version indexes beside the old one and takes
 * over: no query fails, and afterwards the new one answers.
 */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Postgres, startPostgres } from "../../scripts/devnet/postgres.ts";
import { openPostgres } from "../../ponder/watch/database.ts";
import { prepareTables } from "../../ponder/watch/takeover.ts";
import { NOTES } from "../../ponder/watch/watchdog.ts";
import { type IndexerProcess, startProcess, startTrade } from "./operations.ts";
import { type Suite, ask, rowOf, rowsOf, startSuite } from "./suite.ts";

const root = path.join(import.meta.dirname, "../..");

/** Queries that are under way at any time, in each process. */
const CONNECTIONS = 8;

/** What the load asks for; the new version's rows are told apart by their slots. */
const QUERY = `{
  vaults { items { totalAssets shares } }
  positions(orderBy: "shares", orderDirection: "desc", limit: 5) { items { account shares } }
  indexedBlocks(orderBy: "number", orderDirection: "desc", limit: 1) { items { slot number } }
}`;

let suite: Suite;
let postgres: Postgres;
const started: { stop: () => Promise<unknown> }[] = [];

beforeAll(async () => {
  suite = await startSuite();
  started.push(suite);
  postgres = await startPostgres({ folder: path.join(suite.folder, "postgres") });
  started.push(postgres);
});

afterAll(async () => {
  for (const { stop } of started.reverse()) await stop();
});

/** A folder with another version of the indexer: one more column, and rows that differ. */
function newVersion(): string {
  const folder = path.join(suite.folder, "next");
  mkdirSync(folder);
  for (const name of ["deploy", "model", "node_modules", "package.json", "scripts", "tsconfig.json"]) {
    symlinkSync(path.join(root, name), path.join(folder, name));
  }
  const ponder = path.join(folder, "ponder");
  cpSync(path.join(root, "ponder"), ponder, {
    recursive: true,
    filter: (file) => !/\/(\.ponder|generated|node_modules)$/.test(file),
  });
  const change = (file: string, from: string, to: string) => {
    const text = readFileSync(path.join(ponder, file), "utf8");
    expect(text).toContain(from);
    writeFileSync(path.join(ponder, file), text.replace(from, to));
  };
  change(
    "ponder.schema.ts",
    "slot: t.integer().primaryKey(),",
    "slot: t.integer().primaryKey(),\n    added: t.integer(),",
  );
  change("src/head.ts", "% KEPT_BLOCKS)", "% KEPT_BLOCKS) + 1000");
  return ponder;
}

/** Asks both processes without a pause until it is ended. */
function startLoad(processes: readonly IndexerProcess[]) {
  const failures: string[] = [];
  let isOn = true;
  let answered = 0;
  let highest = 0;
  const begun = Date.now();
  const loops = processes.flatMap(({ url }) =>
    Array.from({ length: CONNECTIONS }, async () => {
      while (isOn) {
        try {
          const { data, errors } = await ask(url, QUERY);
          const [newest] = rowsOf(rowOf(data?.["indexedBlocks"])["items"]);
          if (errors.length > 0 || newest === undefined) failures.push(JSON.stringify({ errors, data }));
          // What is served does not go back by more than one process is behind the other.
          const number = Number(newest?.["number"]);
          if (number < highest - 5) failures.push(`went back from block ${highest} to ${number}`);
          highest = Math.max(highest, number);
          answered += 1;
        } catch (error) {
          failures.push(String(error));
        }
      }
    }),
  );
  return {
    failures,
    async end() {
      isOn = false;
      await Promise.all(loops);
      return { answered, perSecond: (answered * 1000) / (Date.now() - begun) };
    },
  };
}

describe.skipIf(process.platform !== "linux")("a new version", () => {
  test("takes over under load without a failed query", { timeout: 240_000 }, async () => {
    const trade = await startTrade(suite, 3);
    await trade.blocks(40, 4);
    const databaseUrl = await postgres.create("takeover");
    const old = await startProcess(suite, { databaseUrl, schema: "v1", viewsSchema: "phala" });
    started.push(old);
    // They may be started before there is anything to serve.
    const serving = await Promise.all(
      [1, 2].map(() => startProcess(suite, { command: "serve", databaseUrl, schema: "phala" })),
    );
    started.push(...serving);
    await old.ready();
    for (const api of serving) await api.ready();
    const slotsOf = async (api: IndexerProcess) => {
      const { indexedBlocks } = await api.query("{ indexedBlocks(limit: 1) { items { slot } } }");
      return rowsOf(rowOf(indexedBlocks)["items"]).map(({ slot }) => Number(slot));
    };
    for (const api of serving) expect(Math.max(...(await slotsOf(api)))).toBeLessThan(1000);

    const load = startLoad(serving);
    const market = { isOpen: true };
    started.push({
      stop() {
        market.isOpen = false;
        return load.end();
      },
    });
    const trading = (async () => {
      while (market.isOpen) {
        await trade.blocks(1, 2);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    })();
    // It fails where the chain ends, after something else did.
    trading.catch(() => undefined);
    const readiness: string[] = [];
    const watching = setInterval(() => {
      for (const api of serving) {
        void api.problems().then((found) => {
          if (found === null || found.length > 0) readiness.push(JSON.stringify(found));
        });
      }
    }, 250);

    const next = await startProcess(suite, { databaseUrl, schema: "v2", viewsSchema: "phala", version: newVersion() });
    started.push(next);
    await next.ready(120_000);
    for (const api of serving) await expect.poll(() => slotsOf(api), { timeout: 10_000 }).toEqual([expect.any(Number)]);
    for (const api of serving) expect(Math.min(...(await slotsOf(api)))).toBeGreaterThanOrEqual(1000);
    // The old one is not needed any more, and does not come back for the views.
    await old.stop();
    const restarted = await startProcess(suite, { databaseUrl, schema: "v1", viewsSchema: "phala" });
    started.push(restarted);
    await restarted.ready(60_000);
    for (const api of serving) expect(Math.min(...(await slotsOf(api)))).toBeGreaterThanOrEqual(1000);

    clearInterval(watching);
    market.isOpen = false;
    await trading;
    const { answered, perSecond } = await load.end();
    console.log(`${answered} queries answered, ${perSecond.toFixed(0)} per second, ${load.failures.length} failed`);
    expect(load.failures).toEqual([]);
    expect(readiness).toEqual([]);
    expect(perSecond).toBeGreaterThan(50);

    // API processes of the new version, one after the other, serve its column too.
    const api = await startProcess(suite, {
      command: "serve",
      databaseUrl,
      schema: "phala",
      version: path.join(suite.folder, "next/ponder"),
    });
    started.push(api);
    await api.ready();
    expect(await api.query("{ indexedBlocks(limit: 1) { items { added } } }")).toEqual({
      indexedBlocks: { items: [{ added: null }] },
    });
  });

  test("waits until it is as far as the version that is shown", async () => {
    const database = openPostgres(await postgres.create("behind"), "test");
    const schemas = { v1: 173, v2: 166 };
    for (const [schema, number] of Object.entries(schemas)) {
      await database.query(`CREATE SCHEMA ${schema}`);
      for (const name of ["_ponder_meta", "_ponder_checkpoint", NOTES]) {
        await database.query(`CREATE TABLE ${schema}.${name} (key text PRIMARY KEY, value jsonb)`);
      }
      await database.query(
        `INSERT INTO ${schema}._ponder_meta VALUES ('app', '{"table_names":["indexed_block"],"view_names":[]}')`,
      );
      await database.query(`CREATE TABLE ${schema}.indexed_block (number numeric)`);
      await database.query(`INSERT INTO ${schema}.indexed_block VALUES (${number})`);
    }
    let head = 173;
    const chain = { head: () => Promise.resolve({ number: head, timestamp: 0 }), hashOf: () => Promise.resolve(null) };
    const newest = async () => Number((await database.query("SELECT number FROM shown.indexed_block"))[0]?.["number"]);
    await prepareTables(database, chain, "v1", "shown");
    expect(await newest()).toBe(173);

    await expect(prepareTables(database, chain, "v2", "shown")).rejects.toThrow("v2 is 7 blocks behind v1");
    expect(await newest()).toBe(173);
    const taking = prepareTables(database, chain, "v2", "shown");
    await database.query("UPDATE v2.indexed_block SET number = 173");
    await taking;
    await database.query("UPDATE v2.indexed_block SET number = 174");
    expect(await newest()).toBe(174);
    // What the chain has taken back nobody waits for.
    head = 170;
    await database.query("UPDATE v1.indexed_block SET number = 170");
    await database.query(`DELETE FROM v1.${NOTES}`);
    await prepareTables(database, chain, "v1", "shown");
    expect(await newest()).toBe(170);
    await database.close();
  });

  test("API processes say so when nobody indexes", { timeout: 180_000 }, async () => {
    const databaseUrl = await postgres.create("lonely");
    // Where it is started is what the manifest's name is relative to.
    const env = { PHALA_DEPLOYMENT: path.basename(suite.manifestPath) };
    const indexer = await startProcess(suite, { databaseUrl, schema: "lonely", cwd: suite.folder, env });
    started.push(indexer);
    await indexer.ready();
    const api = await startProcess(suite, { command: "serve", databaseUrl, schema: "lonely" });
    started.push(api);
    await api.ready();
    await indexer.stop();
    await api.problem("indexer_gone", 60_000);
  });
});
