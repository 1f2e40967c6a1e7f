/**
 * `repair`: after a reorganisation that was too deep, deletes what is orphaned: the tables of one schema, and what `ponder_sync`
 * keeps of blocks that the chain does not have any more. `start` then indexes again, from what is left of the cache.
 */
import { rmSync } from "node:fs";
import type { Chain } from "./chain.ts";
import { type Database, hasTable, shownBy } from "./database.ts";
import { log } from "./log.ts";
import { repairCommand } from "./watchdog.ts";

/** Tables of `ponder_sync` with rows of single blocks, and their columns of the block's number. */
const CACHE = [
  ["blocks", "number"],
  ["transactions", "block_number"],
  ["transaction_receipts", "block_number"],
  ["logs", "block_number"],
  ["traces", "block_number"],
  ["factory_addresses", "block_number"],
] as const;

/** Repairs a PostgreSQL. The lock of `schema` must be held. */
export async function repairPostgres(options: {
  database: Database;
  chain: Chain;
  chainId: number;
  schema: string;
  isWholeCache: boolean;
}): Promise<void> {
  const { database, chain, chainId, schema, isWholeCache } = options;
  const shown = await shownBy(database, schema);
  if (shown !== null)
    throw new Error(`schema ${schema} only shows ${shown}: repair that one, \`${repairCommand(shown)}\``);
  const last = isWholeCache ? -1 : await lastGood(database, chain, chainId);
  const purge = await purgeStatements(database, chainId, last);
  await database.query(["BEGIN", ...purge, `DROP SCHEMA IF EXISTS "${schema}" CASCADE`, "COMMIT"].join(";\n"));
  log("info", "Repaired: the next start indexes again", {
    schema,
    chainId,
    keptCache: last < 0 ? "nothing" : `up to block ${last}`,
  });
}

/** Repairs a PGlite, which holds one schema: all of it goes. */
export function repairPglite(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  log("info", "Repaired: the next start indexes again", { directory });
}

/** The newest cached block that the chain has as it is cached; −1 if there is none. Below it everything is good, above it nothing. */
async function lastGood(database: Database, chain: Chain, chainId: number): Promise<number> {
  if (!(await hasTable(database, "ponder_sync", "blocks"))) return -1;
  const blockAt = async (position: number) => {
    const [row] = await database.query(
      `SELECT number::text, hash FROM ponder_sync.blocks WHERE chain_id = $1 ORDER BY number OFFSET $2 LIMIT 1`,
      [chainId, position],
    );
    return { number: Number(row?.["number"]), hash: row?.["hash"] };
  };
  const [counted] = await database.query(`SELECT count(*)::text AS count FROM ponder_sync.blocks WHERE chain_id = $1`, [
    chainId,
  ]);
  let good = -1;
  let bad = Number(counted?.["count"]);
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    const { number, hash } = await blockAt(middle);
    if ((await chain.hashOf(number)) === hash) good = middle;
    else bad = middle;
  }
  return good < 0 ? -1 : (await blockAt(good)).number;
}

/** Takes everything above block `last` out of the cache, and out of what Ponder believes to have cached. */
async function purgeStatements(database: Database, chainId: number, last: number): Promise<string[]> {
  if (!(await hasTable(database, "ponder_sync", "intervals"))) return [];
  return [
    ...CACHE.map(
      ([table, column]) => `DELETE FROM ponder_sync.${table} WHERE chain_id = ${chainId} AND ${column} > ${last}`,
    ),
    // Block 0: what is asked of contracts once and for all, at whatever block was the head.
    `DELETE FROM ponder_sync.rpc_request_results
       WHERE chain_id = ${chainId} AND (coalesce(block_number, 0) = 0 OR block_number > ${last})`,
    // Blocks a to b are kept as the range [a, b + 1], both ends included.
    `UPDATE ponder_sync.intervals SET blocks = coalesce(
       (SELECT range_agg(kept * numrange(NULL, ${last + 1}, '[]')) FROM unnest(blocks) kept WHERE lower(kept) <= ${last}), '{}')
       WHERE chain_id = ${chainId}`,
    `DELETE FROM ponder_sync.intervals WHERE chain_id = ${chainId} AND isempty(blocks)`,
  ];
}
