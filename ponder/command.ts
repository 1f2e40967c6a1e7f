/** How the indexer's process is started: by `npm start`, by the tests, by hand. */
import path from "node:path";
import { fileURLToPath } from "node:url";

export interface IndexerOptions {
  /** `serve` only serves what another process indexes. Default: `start`. */
  readonly command?: "start" | "serve";
  /** Manifest of the deployment. */
  readonly deployment: string;
  readonly rpcUrl: string;
  /** Port of the API on 127.0.0.1. */
  readonly port: number;
  /** PostgreSQL connection string. Default: DATABASE_URL of our environment, else PGlite. */
  readonly databaseUrl?: string;
  /** Directory of PGlite; ignored where there is a PostgreSQL. */
  readonly directory: string;
  /** Milliseconds between two looks at the head of the chain. */
  readonly pollingInterval?: number;
  /** Schema of the database that the tables are written to. */
  readonly schema?: string;
  /** Schema whose views show the tables once they are ready: see `docs/operations.md`. */
  readonly viewsSchema?: string;
  readonly logLevel?: "error" | "warn" | "info" | "debug";
}

/** Command, arguments, folder and environment of an indexer that serves on 127.0.0.1. */
export function indexerCommand(options: IndexerOptions) {
  return {
    command: process.execPath,
    args: [
      "--disable-warning=ExperimentalWarning",
      fileURLToPath(new URL("./main.ts", import.meta.url)),
      options.command ?? "start",
      ...["--hostname", "127.0.0.1", "--port", String(options.port), "--schema", options.schema ?? "phala"],
      ...(options.viewsSchema === undefined ? [] : ["--views-schema", options.viewsSchema]),
      ...["--log-level", options.logLevel ?? "info", "--log-format", "json"],
    ],
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: {
      PHALA_DEPLOYMENT: path.resolve(options.deployment),
      PONDER_RPC_URL: options.rpcUrl,
      PONDER_PGLITE_DIR: path.resolve(options.directory),
      PONDER_TELEMETRY_DISABLED: "1",
      ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
      ...(options.pollingInterval === undefined ? {} : { PONDER_POLLING_INTERVAL: String(options.pollingInterval) }),
    },
  };
}
