/** How the indexer's process is started: by `npm start`, by the tests, by hand. */
import { findPackageJSON } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

export interface IndexerOptions {
  /** Manifest of the deployment. */
  readonly deployment: string;
  readonly rpcUrl: string;
  /** Port of the API on 127.0.0.1. */
  readonly port: number;
  /** Directory of PGlite; ignored where DATABASE_URL is set. */
  readonly directory: string;
  /** Milliseconds between two looks at the head of the chain. */
  readonly pollingInterval?: number;
  /** Schema of the database that the tables are written to. */
  readonly schema?: string;
  readonly logLevel?: "error" | "warn" | "info" | "debug";
}

/** Command, arguments, folder and environment of an indexer that serves on 127.0.0.1. */
export function indexerCommand(options: IndexerOptions) {
  const manifest = findPackageJSON("ponder", import.meta.url);
  if (manifest === undefined) throw new Error("The package `ponder` is not installed: run `npm ci`.");
  return {
    command: process.execPath,
    args: [
      path.join(path.dirname(manifest), "dist/esm/bin/ponder.js"),
      "start",
      ...["--hostname", "127.0.0.1", "--port", String(options.port), "--schema", options.schema ?? "phala"],
      ...["--log-level", options.logLevel ?? "info", "--log-format", "json"],
    ],
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: {
      PHALA_DEPLOYMENT: path.resolve(options.deployment),
      PONDER_RPC_URL: options.rpcUrl,
      PONDER_PGLITE_DIR: path.resolve(options.directory),
      PONDER_TELEMETRY_DISABLED: "1",
      ...(options.pollingInterval === undefined ? {} : { PONDER_POLLING_INTERVAL: String(options.pollingInterval) }),
    },
  };
}
