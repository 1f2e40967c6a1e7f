/** One run of the indexer over a chain, from an empty schema until it is ready, and what it took. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { indexerCommand } from "../../ponder/command.ts";
import { engineProgram } from "../../ponder/watch/engine.ts";
import { freePort, startService, waitFor } from "../../scripts/devnet/process.ts";
import type { BenchChain } from "./chain.ts";

const PEAK = new URL("peak.mjs", import.meta.url).href;
/** Milliseconds that the longest run may take. */
const PATIENCE = 3_600_000;

/** What the backfill took. */
export interface Backfill {
  /** Events that handlers were called with, without the looks at the head. */
  readonly events: number;
  /** Seconds from the first request or read to the last row. */
  readonly seconds: number;
  /** Seconds from the start of the process until it is ready. */
  readonly readySeconds: number;
  /** Rows inserted and updated, per event. */
  readonly writesPerEvent: number;
}

export interface Running {
  readonly url: string;
  readonly backfill: Backfill;
  /** Bytes that the process has now. */
  memory(): Promise<number>;
  /** Ends it. Returns the most bytes it ever had. */
  stop(): Promise<number>;
}

/** Starts the indexer on an empty schema and waits until it has followed the chain to its head. */
export async function runIndexer(options: {
  readonly chain: BenchChain;
  /** PostgreSQL; PGlite in `directory` without it. */
  readonly databaseUrl?: string;
  readonly directory: string;
  readonly schema: string;
  /** The project of `reference/` in the place of the indexer; on PostgreSQL only. */
  readonly isReference?: boolean;
  /** Flags of Node. */
  readonly nodeOptions?: string;
}): Promise<Running> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const peaks = mkdtempSync(path.join(tmpdir(), "phala-bench-"));
  mkdirSync(options.directory, { recursive: true });
  const { isReference = false } = options;
  const indexer = indexerCommand({
    deployment: options.chain.manifestPath,
    rpcUrl: options.chain.chain.url,
    port,
    directory: options.directory,
    schema: options.schema,
    ...(options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl }),
  });
  const { command, args, cwd, env } = isReference ? { ...indexer, ...reference(port, options.schema) } : indexer;
  const times = { begun: 0, done: 0 };
  const started = Date.now();
  const service = startService({
    name: "indexer",
    command,
    args,
    cwd,
    env: {
      ...env,
      ...(options.databaseUrl === undefined ? { DATABASE_URL: undefined } : {}),
      // The chain of the benchmark never begins anew: what was read of it stays right.
      PONDER_RPC_CACHE: "on",
      NODE_OPTIONS: [options.nodeOptions, `--import=${PEAK}`].filter(Boolean).join(" "),
      BENCH_PEAK_FOLDER: peaks,
    },
    onLine: (line) => {
      if (process.env["BENCH_VERBOSE"]) console.log(line);
      if (times.begun === 0 && line.includes('"Started backfill indexing"')) times.begun = Date.now();
      if (line.includes('"Completed backfill indexing')) times.done = Date.now();
    },
  });
  const text = async (route: string) => {
    const response = await fetch(url + route);
    if (!response.ok) throw new Error(`${route} answered ${response.status}`);
    return response.text();
  };
  await waitFor({
    what: "the indexer is ready",
    timeoutMs: PATIENCE,
    service,
    probe: () => text("/ready"),
  });
  const ready = Date.now();
  const metrics = await text("/metrics");
  const events = sumOf(metrics, "ponder_indexing_completed_events", (labels) => !labels.includes('"Head:block"'));
  const writes = sumOf(metrics, "ponder_indexing_store_queries_total", (labels) => /"(insert|update)"/.test(labels));
  return {
    url,
    backfill: {
      events,
      seconds: (times.done - times.begun) / 1_000,
      readySeconds: (ready - started) / 1_000,
      writesPerEvent: writes / events,
    },
    memory: async () => sumOf(await text("/metrics"), "process_resident_memory_bytes", () => true),
    async stop() {
      await service.stop(30_000);
      const found = readdirSync(peaks).map((file) => Number(readFileSync(path.join(peaks, file), "utf8")));
      rmSync(peaks, { recursive: true, force: true });
      return Math.max(0, ...found);
    },
  };
}

/** How Ponder itself is started on the project that the indexer is compared with. */
function reference(port: number, schema: string) {
  return {
    command: process.execPath,
    args: [
      ...[engineProgram(), "start"],
      ...["--hostname", "127.0.0.1", "--port", String(port), "--schema", schema, "--log-format", "json"],
    ],
    cwd: fileURLToPath(new URL("reference", import.meta.url)),
  };
}

/** The sum of a metric's series whose labels are `wanted`. */
function sumOf(metrics: string, name: string, wanted: (labels: string) => boolean): number {
  return metrics
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => wanted(line.slice(name.length, line.lastIndexOf(" "))))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}
