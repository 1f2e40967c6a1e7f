/** The launcher's command line and settings, checked. */
import { parseArgs } from "node:util";
import { NETWORKS } from "../networks.ts";
import { type Environment, integer } from "../settings.ts";

export const COMMANDS = ["start", "serve", "repair"] as const;
export type Command = (typeof COMMANDS)[number];

export const HELP = `The indexer of the Phala protocol suite. Settings in the environment: docs/operations.md.

  start    indexes, and serves what is indexed
  serve    serves what another process indexes (PostgreSQL only); any number of them
  repair   after a reorganisation that was too deep: deletes what is orphaned, so that \`start\` indexes it again

  --schema NAME         schema of the tables; \`serve\`: or of the views             (phala)
  --views-schema NAME   \`start\`: schema whose views show this one's tables once it is ready
  --port N              port of the API                                           (42069)
  --hostname HOST       address that it listens on                                (127.0.0.1)
  --log-level LEVEL     error, warn, info, debug or trace                         (info)
  --log-format FORMAT   json or pretty                                            (json)
  --whole-cache         \`repair\`: deletes everything that is cached of the chain, and not only what is orphaned
`;

export interface Options {
  readonly command: Command;
  readonly schema: string;
  readonly viewsSchema: string | undefined;
  readonly port: number;
  readonly hostname: string;
  readonly logLevel: string;
  readonly logFormat: "json" | "pretty";
  readonly isWholeCache: boolean;
}

/** Reads the arguments after the script's name. Throws an error that says what is wrong. */
export function parseOptions(argv: readonly string[], env: Environment): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      schema: { type: "string", default: env["DATABASE_SCHEMA"] || "phala" },
      "views-schema": { type: "string", default: env["DATABASE_VIEWS_SCHEMA"] || "" },
      port: { type: "string", short: "p", default: env["PORT"] || "42069" },
      hostname: { type: "string", short: "H", default: "127.0.0.1" },
      "log-level": { type: "string", default: env["PONDER_LOG_LEVEL"] || "info" },
      "log-format": { type: "string", default: "json" },
      "whole-cache": { type: "boolean", default: false },
    },
  });
  const command = COMMANDS.find((name) => name === positionals[0]);
  if (command === undefined || positionals.length > 1) {
    throw new Error(`the command is one of ${COMMANDS.join(", ")}, not ${JSON.stringify(positionals.join(" "))}`);
  }
  const logFormat = values["log-format"];
  if (logFormat !== "json" && logFormat !== "pretty") throw new Error("--log-format is json or pretty");
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`--port is 1 to 65535, not ${values.port}`);
  const viewsSchema = values["views-schema"] === "" ? undefined : name("--views-schema", values["views-schema"]);
  const schema = name("--schema", values.schema);
  if (viewsSchema === schema) throw new Error("--views-schema and --schema must differ");
  if (viewsSchema !== undefined && command !== "start") throw new Error("--views-schema belongs to `start`");
  return {
    command,
    schema,
    viewsSchema,
    port,
    hostname: values.hostname,
    logLevel: values["log-level"],
    logFormat,
    isWholeCache: values["whole-cache"],
  };
}

/** Plain names only: they go into SQL, and Ponder makes longer ones of them. */
function name(flag: string, value: string): string {
  if (!/^[a-z][a-z0-9_]{0,44}$/.test(value) || value === "ponder_sync" || value === "public") {
    throw new Error(`${flag} is up to 45 of a-z, 0-9 and _, and not public or ponder_sync: ${JSON.stringify(value)}`);
  }
  return value;
}

export interface WatchSettings {
  /** Milliseconds between two looks. */
  readonly interval: number;
  /** Seconds that a block may wait until it is indexed before that is a problem. */
  readonly maxLag: number;
  /** Seconds between two blocks where that is known: then a head that stands still is a problem. */
  readonly blockTime: number | undefined;
}

/** How the watchdog looks, and what it minds. */
export function watchSettings(env: Environment, chainId: number): WatchSettings {
  const blockTime = integer(env, "PHALA_BLOCK_TIME", NETWORKS.get(chainId)?.blockTime ?? 0, 0);
  return {
    interval: integer(env, "PHALA_WATCH_INTERVAL", 3_000, 100),
    maxLag: integer(env, "PHALA_MAX_LAG", 60, 1),
    blockTime: blockTime === 0 ? undefined : blockTime,
  };
}

/** Whether logs are asked for twice and compared: unless every node is on this machine. */
export function isVerifying(env: Environment, isLocal: boolean): boolean {
  return integer(env, "PHALA_VERIFY_LOGS", isLocal ? 0 : 1, 0) > 0;
}
