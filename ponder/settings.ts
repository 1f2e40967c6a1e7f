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

/** Whether every URL is of this machine. */
export function isLocalNode(urls: readonly string[]): boolean {
  return urls.every((url) => ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname));
}

/** Each URL as many times as it has lanes. */
export function lanesOf(env: Environment, urls: readonly string[]): string[] {
  const lanes = integer(env, "PONDER_RPC_LANES", isLocalNode(urls) ? LOCAL_LANES : 1, 1);
  return Array.from({ length: lanes }, () => urls).flat();
}

/**
 * Whether what is read from the node is kept in the database, for the next schema. By default on chains that stay; one that
 * begins anew under the same id would be mistaken for the one before.
 */
export function isCached(env: Environment, chainId: number): boolean {
  const text = env["PONDER_RPC_CACHE"];
  if (!text) return !isLocalChain(chainId);
  if (text !== "on" && text !== "off") {
    throw new Error(`PONDER_RPC_CACHE must be on or off, not ${JSON.stringify(text)}`);
  }
  return text === "on";
}

/** Milliseconds between two looks at the head. */
export function intervalOf(env: Environment): number {
  return integer(env, "PONDER_POLLING_INTERVAL", 500, 100);
}

/** Megabytes that the process may have in JavaScript's heap, of PHALA_HEAP. */
export function heapOf(env: Environment): number {
  return integer(env, "PHALA_HEAP", 200, 128);
}

/** Bytes of rows, by Ponder's estimate, that it keeps in memory: in the heap they take about three times as much. */
export function rowBytesOf(env: Environment): number {
  return integer(env, "PONDER_CACHE_BYTES", Math.round((heapOf(env) * 2 ** 20) / 7), 0);
}

/** PostgreSQL where DATABASE_URL names one, PGlite otherwise. */
export function databaseOf(env: Environment, defaultDirectory: string) {
  const url = env["DATABASE_URL"];
  if (url) return { kind: "postgres", connectionString: url } as const;
  return { kind: "pglite", directory: path.resolve(env["PONDER_PGLITE_DIR"] || defaultDirectory) } as const;
}

/** The integer of the variable `name`, or `fallback` where it is not set. Throws where it is none, or below `min`. */
export function integer(env: Environment, name: string, fallback: number, min: number): number {
  const text = env[name];
  if (!text) return fallback;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < min) {
    throw new Error(`${name} must be an integer of at least ${min}, not ${JSON.stringify(text)}`);
  }
  return value;
}

/** Origins whose pages may read the API, of PHALA_CORS_ORIGINS; null for all. */
export function originsOf(env: Environment): readonly string[] | null {
  const text = env["PHALA_CORS_ORIGINS"] || "*";
  if (text.trim() === "*") return null;
  return text.split(",").map((each) => {
    const origin = each.trim();
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new Error(
        `PHALA_CORS_ORIGINS must be * or hold origins like https://example.org, separated by commas, not ${JSON.stringify(origin)}`,
      );
    }
    return origin;
  });
}

/** Requests per minute and address, of PHALA_RATE_LIMIT, 0 for no limit; and whether those of this machine count too. */
export function rateLimitOf(env: Environment): { readonly perMinute: number; readonly includesLocal: boolean } {
  return { perMinute: integer(env, "PHALA_RATE_LIMIT", 600, 0), includesLocal: Boolean(env["PHALA_RATE_LIMIT"]) };
}

/** How many proxies in front of the API append to x-forwarded-for. */
export function trustedProxiesOf(env: Environment): number {
  return integer(env, "PHALA_TRUSTED_PROXIES", 0, 0);
}

/** Bytes of answers that the API keeps until the next block. */
export function answerCacheOf(env: Environment): number {
  return integer(env, "PHALA_ANSWER_CACHE", 32, 0) * 2 ** 20;
}

/** The page that yields point to, of PHALA_SITE_URL; null if there is none. */
export function siteUrlOf(env: Environment): string | null {
  const text = env["PHALA_SITE_URL"];
  if (!text) return null;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new Error(`PHALA_SITE_URL must be an http or https URL, not ${JSON.stringify(text)}`);
  }
  return text;
}
