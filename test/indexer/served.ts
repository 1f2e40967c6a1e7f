/** The indexer's data in a real PostgreSQL, as many as one likes, and API processes over them: for the tests of the API and the bench. */
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import { indexerCommand } from "../../ponder/command.ts";
import { startPostgres } from "../../scripts/devnet/postgres.ts";
import { freePort, startService, waitFor } from "../../scripts/devnet/process.ts";
import { populate } from "./population.ts";
import { type Json, type Row, jsonOf, rowOf, rowsOf } from "./suite.ts";
import { startTroubledSuite } from "./troubledSuite.ts";

const SCHEMA = "phala";

/** What PostgreSQL wrote about one statement of an API process. */
export interface Statement {
  readonly sql: string;
  readonly plan: Plan;
}

export interface Plan {
  readonly node: string;
  readonly table: string | null;
  readonly plans: readonly Plan[];
}

export type Served = Awaited<ReturnType<typeof serveData>>;

/**
 * Indexes a history of `transactions` into a PostgreSQL in `folder`, and adds rows, `scale` times as many as `population.ts` says; or
 * opens what a run before has left there. The caller removes the folder after `stop`.
 */
export async function serveData(options: { folder: string; transactions: number; scale: number }) {
  const started: { stop: () => Promise<void> }[] = [];
  const stop = async () => {
    for (const each of started.splice(0).reverse()) await each.stop();
  };
  try {
    const postgres = await startPostgres({
      folder: path.join(options.folder, "postgres"),
      settings: {
        ...{ shared_buffers: "256MB", fsync: "off", random_page_cost: "1.1" },
        ...{ logging_collector: "on", log_destination: "jsonlog", log_directory: "log", log_filename: "log" },
        ...{ log_min_messages: "log", log_checkpoints: "off" },
      },
    });
    started.push(postgres);
    const manifestPath = path.join(options.folder, "deployment.json");
    const isBuilt = existsSync(manifestPath);
    const databaseUrl = isBuilt ? postgres.url("indexer") : await postgres.create("indexer");
    const at = (port: number, command: "start" | "serve", rpcUrl?: string) =>
      indexerCommand({
        command,
        deployment: manifestPath,
        // API processes ask nothing of the chain.
        rpcUrl: rpcUrl ?? "http://127.0.0.1:1",
        port,
        databaseUrl,
        directory: path.join(options.folder, "unused"),
        pollingInterval: 100,
        schema: SCHEMA,
        logLevel: "warn",
      });

    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    started.push({ stop: () => client.end() });
    if (!isBuilt) {
      const suite = await startTroubledSuite({
        seed: 11,
        transactions: options.transactions,
        sweepDays: 400,
        isSlow: true,
      });
      started.push(suite);
      await suite.trouble.play();
      const manifest = readFileSync(suite.manifestPath);
      // Where the settings look for it; it stays there once the rows are there too.
      writeFileSync(manifestPath, manifest);
      const port = await freePort();
      const indexer = startService({ name: "indexer", ...at(port, "start", suite.chain.url) });
      started.push(indexer);
      await waitFor({
        what: "the past is indexed",
        timeoutMs: 200_000,
        service: indexer,
        probe: async () => ((await fetch(`http://127.0.0.1:${port}/ready`)).ok ? true : undefined),
      });
      await indexer.stop();
      rmSync(manifestPath);
      await populate(client, SCHEMA, options.scale);
      writeFileSync(manifestPath, manifest);
    } else await client.query("SET session_replication_role = replica");

    return {
      client,
      schema: SCHEMA,
      stop,
      /** Starts an API process with more settings. */
      async api(env: Readonly<Record<string, string>> = {}) {
        const apiPort = await freePort();
        const { env: settings, ...process } = at(apiPort, "serve");
        const service = startService({ name: "API", ...process, env: { ...settings, ...env } });
        started.push(service);
        const url = `http://127.0.0.1:${apiPort}`;
        await waitFor({
          what: "the API answers",
          timeoutMs: 60_000,
          service,
          // Without a node and an indexer it is never ready.
          probe: async () => ((await fetch(`${url}/status`)).ok ? true : undefined),
        });
        return { url, service };
      },
      /** From now on, what new connections ask is written down with its plan. */
      async watchStatements(): Promise<void> {
        await client.query(`ALTER DATABASE indexer SET session_preload_libraries = 'auto_explain'`);
        await client.query(`ALTER DATABASE indexer SET auto_explain.log_min_duration = 0`);
        await client.query(`ALTER DATABASE indexer SET auto_explain.log_format = 'json'`);
      },
      /** What API processes asked so far since `watchStatements`. */
      async statements(): Promise<Statement[]> {
        const folder = path.join(options.folder, "postgres/data/log");
        mkdirSync(folder, { recursive: true });
        const lines = () =>
          readdirSync(folder)
            .filter((name) => name.endsWith(".json"))
            .flatMap((name) => readFileSync(path.join(folder, name), "utf8").split("\n"));
        // A collector writes the log, later than the answers go out, but in their order.
        const mark = `mark ${randomUUID()}`;
        await client.query(`DO $$ BEGIN RAISE LOG '${mark}'; END $$`);
        const written = await waitFor({
          what: "the log is written",
          timeoutMs: 10_000,
          probe: () => {
            const all = lines();
            const end = all.findIndex((line) => line.includes(`"message":"${mark}"`));
            return Promise.resolve(end === -1 ? undefined : all.slice(0, end));
          },
        });
        return written
          .filter((line) => line.includes(`${SCHEMA}_readonly`) && line.includes(" plan:"))
          .map((line) => {
            const message = textOf(rowOf(jsonOf(line))["message"]);
            const found = rowOf(jsonOf(message.slice(message.indexOf("{"))));
            return { sql: textOf(found["Query Text"]), plan: planOf(rowOf(found["Plan"])) };
          });
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The tables that a plan reads from end to end. */
export function scannedTables(plan: Plan): string[] {
  const own = plan.node === "Seq Scan" && plan.table !== null ? [plan.table] : [];
  return [...own, ...plan.plans.flatMap(scannedTables)];
}

function planOf(row: Row): Plan {
  const table = row["Relation Name"];
  return {
    node: textOf(row["Node Type"]),
    table: table === undefined ? null : textOf(table),
    plans: rowsOf(row["Plans"] ?? []).map(planOf),
  };
}

/** `value` as a text. */
export function textOf(value: Json | undefined): string {
  if (typeof value !== "string") throw new Error(`${JSON.stringify(value)} is no text`);
  return value;
}
