/** The indexer's settings, read from the environment and checked. */
import path from "node:path";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Lanes to a node on this machine: enough that the node, and not the limit of each lane, sets the pace. */
const LOCAL_LANES = 20;

/** Whether the chain is one that development nodes use, and that begins anew at will. */
export function isLocalChain(chainId: number): boolean {
  return chainId === 31337 || chainId === 1337;
}

/** Every how many blocks the head moves the series on when nothing happens: each one locally, every 5 minutes of 12-second blocks elsewhere. */
export function blockInterval(chainId: number): number {
  return isLocalChain(chainId) ? 1 : 25;
}

/** The JSON-RPC URLs of PONDER_RPC_URL. */
export function rpcUrls(env: Environment): string[] {
  const urls = (env["PONDER_RPC_URL"] || "http://127.0.0.1:8545").split(",").map((url) => url.trim());
  for (const url of urls) {
    if (!URL.canParse(url) || !/^(http|ws)s?:$/.test(new URL(url).protocol)) {
      throw new Error(`PONDER_RPC_URL must hold http or ws URLs, separated by commas, not ${JSON.stringify(url)}`);
    }
  }
  return urls;
}

/** Each URL as many times as it has lanes. */
export function lanesOf(env: Environment, urls: readonly string[]): string[] {
  const local = urls.every((url) => ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname));
  const lanes = integer(env, "PONDER_RPC_LANES", local ? LOCAL_LANES : 1, 1);
  return Array.from({ length: lanes }, () => urls).flat();
}

/** Milliseconds between two looks at the head. */
export function intervalOf(env: Environment): number {
  return integer(env, "PONDER_POLLING_INTERVAL", 500, 100);
}

/** PostgreSQL where DATABASE_URL names one, PGlite otherwise. */
export function databaseOf(env: Environment, defaultDirectory: string) {
  const url = env["DATABASE_URL"];
  if (url) return { kind: "postgres", connectionString: url } as const;
  return { kind: "pglite", directory: path.resolve(env["PONDER_PGLITE_DIR"] || defaultDirectory) } as const;
}

function integer(env: Environment, name: string, fallback: number, min: number): number {
  const text = env[name];
  if (!text) return fallback;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < min) {
    throw new Error(`${name} must be an integer of at least ${min}, not ${JSON.stringify(text)}`);
  }
  return value;
}
