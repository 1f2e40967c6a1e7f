/** The suite on a chain of its own, and the indexer as the process that it is: what the indexer's tests run on. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Address, type Hash, type Hex, type TransactionReceipt, http, isHex, numberToHex } from "viem";
import { buildDistribution } from "../../deploy/merkle.ts";
import type { Parameters } from "../../deploy/parameters/parameters.ts";
import { deploySuite } from "../../deploy/suite.ts";
import { indexerCommand } from "../../ponder/command.ts";
import { chainClient, devAccount, startChain } from "../../scripts/devnet/chain.ts";
import { startPostgres } from "../../scripts/devnet/postgres.ts";
import { freePort, startService, waitFor } from "../../scripts/devnet/process.ts";
import { accountGoverned } from "../helpers/parameters.ts";

/** Midnight, 2026-06-01: the chain of every test begins an hour and a minute later, so that hours and days are near. */
export const MIDNIGHT = 1_780_272_000n;

/** A call that an unlocked account makes. */
export interface Order {
  readonly from: Address;
  readonly to: Address;
  readonly data: Hex;
}

export type Suite = Awaited<ReturnType<typeof startSuite>>;

/** Starts a chain, deploys the suite with the `current` preset, and gives its accounts `airdrop` to claim. */
export async function startSuite(
  options: { airdrop?: readonly (readonly [Address, bigint])[]; team?: Partial<Parameters["team"]> } = {},
) {
  const folder = mkdtempSync(path.join(tmpdir(), "phala-indexer-"));
  const chain = await startChain({ timestamp: Number(MIDNIGHT) + 3_660, accounts: 30 });
  const client = chainClient(chain.url);
  const airdrop = options.airdrop ?? [[devAccount(20).address, 90_000_000n]];
  const tree = buildDistribution(["account,amount", ...airdrop.map((row) => row.join(","))].join("\n"));
  const local = accountGoverned();
  if (local.distributor === null) throw new Error("the local parameters have no distributor");
  const distributor = { ...local.distributor, root: tree.root };
  const parameters = { ...local, distributor, team: local.team && { ...local.team, ...options.team } };
  const manifestPath = path.join(folder, "deployment.json");
  const manifest = await deploySuite({
    transport: http(chain.url, { retryCount: 0 }),
    parameters,
    deployer: devAccount(0),
    governance: devAccount(1),
    manifestPath,
  });

  await client.setAutomine(false);

  /**
   * Mines one block at `timestamp` with `orders` in it, in this order. Returns the receipts; throws if one failed, unless `mayFail`.
   */
  async function mine(
    timestamp: bigint,
    orders: readonly Order[] = [],
    mayFail = false,
  ): Promise<TransactionReceipt[]> {
    const hashes: Hash[] = [];
    for (const [i, order] of orders.entries()) {
      // The price decides the order in the block.
      const maxFeePerGas = 100_000_000_000n - BigInt(i) * 1_000_000_000n;
      const transaction = {
        from: order.from,
        to: order.to,
        data: order.data,
        gas: numberToHex(1_000_000),
        maxFeePerGas: numberToHex(maxFeePerGas),
        maxPriorityFeePerGas: numberToHex(maxFeePerGas),
      };
      hashes.push(await send(chain.url, transaction));
    }
    await client.setNextBlockTimestamp({ timestamp });
    await client.mine({ blocks: 1 });
    const receipts = await Promise.all(hashes.map((hash) => client.getTransactionReceipt({ hash })));
    const failed = receipts.findIndex((receipt) => receipt.status !== "success");
    if (failed >= 0 && !mayFail) throw new Error(`order ${failed} of the block at ${timestamp} failed`);
    return receipts;
  }

  return {
    chain,
    client,
    parameters,
    manifest,
    manifestPath,
    contracts: manifest.contracts,
    folder,
    tree,
    mine,
    now: async () => (await client.getBlock()).timestamp,
    async stop() {
      await chain.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Indexer = Awaited<ReturnType<typeof startIndexer>>;

/**
 * Starts the indexer of `suite` with a database of its own: a PostgreSQL, which takes long jumps of time in its stride, unless PGlite
 * is asked for. One that was stopped goes on under the same name.
 */
export async function startIndexer(
  suite: Pick<Suite, "chain" | "folder" | "manifestPath">,
  name = "indexer",
  database: "postgres" | "pglite" = "postgres",
  settings: Readonly<Record<string, string>> = {},
) {
  const port = await freePort();
  const postgres =
    database === "postgres"
      ? await startPostgres({ folder: path.join(suite.folder, name), settings: { fsync: "off" } })
      : null;
  const lines: string[] = [];
  const { command, args, cwd, env } = indexerCommand({
    deployment: suite.manifestPath,
    rpcUrl: suite.chain.url,
    port,
    directory: path.join(suite.folder, name),
    pollingInterval: 100,
    ...(postgres === null ? {} : { databaseUrl: postgres.url() }),
  });
  const service = startService({
    ...{ name, command, args, cwd, env: { ...env, ...settings } },
    onLine: (line) => lines.push(line),
  });
  const url = `http://127.0.0.1:${port}`;

  /** The block up to which everything is indexed; -1 before the first. */
  async function block(): Promise<number> {
    const status = rowOf(jsonOf(await (await fetch(`${url}/status`)).text()));
    const number = status["phala"] === undefined ? -1 : rowOf(rowOf(status["phala"])["block"])["number"];
    return typeof number === "number" ? number : -1;
  }

  return {
    url,
    service,
    lines,
    block,
    /** Waits until `number` (default: the head of the chain) is indexed. */
    async reach(number: bigint, timeoutMs = 150_000): Promise<void> {
      await waitFor({
        what: `the indexer reaches block ${number}`,
        timeoutMs,
        service,
        intervalMs: 50,
        probe: async () => ((await block()) >= Number(number) ? true : undefined),
      });
    },
    /** The data of a GraphQL query, which must have no errors. */
    async query(query: string, variables: Row = {}): Promise<Row> {
      const { data, errors } = await ask(url, query, variables);
      if (errors.length > 0 || data === null) throw new Error(`GraphQL: ${errors.join("; ")}`);
      return data;
    },
    /** All rows of a list, page by page. `fields` are the columns, `args` the list's arguments. */
    rows: (list: string, fields: string, args = "") => pagesOf(url, list, fields, args),
    /** The only row of a list. */
    async row(list: string, fields: string, args = ""): Promise<Row> {
      const [found, ...more] = await this.rows(list, fields, args);
      if (found === undefined || more.length > 0) throw new Error(`${list} has ${found ? "several rows" : "no row"}`);
      return found;
    },
    async stop() {
      await service.stop(15_000);
      await postgres?.stop();
    },
  };
}

export type Json = string | number | boolean | null | readonly Json[] | Row;

/** A row of an answer: integers beyond 32 bits are strings. */
export interface Row {
  readonly [column: string]: Json | undefined;
}

/** Asks without expecting anything. */
export async function ask(url: string, query: string, variables: Row = {}) {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const answer = rowOf(jsonOf(await response.text()));
  const data = answer["data"];
  return {
    data: data === undefined || data === null ? null : rowOf(data),
    errors: rowsOf(answer["errors"] ?? []).map(({ message }) =>
      typeof message === "string" ? message : JSON.stringify(message),
    ),
  };
}

/** All rows of a list of the indexer at `url`, page by page. `fields` are the columns, `args` the list's arguments. */
export async function pagesOf(url: string, list: string, fields: string, args = ""): Promise<Row[]> {
  const found: Row[] = [];
  for (let after = ""; ;) {
    const page = `limit: 1000 ${args} ${after}`;
    const query = `{ ${list}(${page}) { items { ${fields} } pageInfo { hasNextPage endCursor } } }`;
    const { data, errors } = await ask(url, query);
    if (errors.length > 0 || data === null) throw new Error(`GraphQL: ${errors.join("; ")}`);
    const answer = rowOf(data[list]);
    found.push(...rowsOf(answer["items"]));
    const { hasNextPage, endCursor } = rowOf(answer["pageInfo"]);
    if (hasNextPage !== true) return found;
    after = `after: ${JSON.stringify(endCursor)}`;
  }
}

/** Has the node sign and send; viem's way would ask it five more questions first. */
async function send(url: string, transaction: Row): Promise<Hash> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_sendTransaction", params: [transaction] }),
  });
  const { result, error } = rowOf(jsonOf(await response.text()));
  if (!isHash(result)) throw new Error(`eth_sendTransaction: ${JSON.stringify(error)}`);
  return result;
}

function isHash(value: Json | undefined): value is Hash {
  return isHex(value) && value.length === 66;
}

/** Parsed, with a type. */
export const jsonOf: (text: string) => Json = JSON.parse;

/** `value` as a row. */
export function rowOf(value: Json | undefined): Row {
  if (typeof value !== "object" || value === null || isList(value))
    throw new Error(`${JSON.stringify(value)} is no row`);
  return value;
}

/** `value` as a list of rows. */
export function rowsOf(value: Json | undefined): Row[] {
  if (value === undefined || !isList(value)) throw new Error(`${JSON.stringify(value)} is no list`);
  return value.map(rowOf);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** A column that holds an integer. */
export function big(row: Row | undefined, column: string): bigint {
  const value = row?.[column];
  if (typeof value !== "string" || !/^-?\d+$/.test(value)) {
    throw new Error(`${column} is ${JSON.stringify(value)}, not an integer`);
  }
  return BigInt(value);
}

export { lower } from "../../ponder/src/maths/addresses.ts";

/** Sums of a column over rows: of integers beyond 32 bits, and of those within. */
export const sumOf = (rows: readonly Row[], column: string) => rows.reduce((all, row) => all + big(row, column), 0n);
export const totalOf = (rows: readonly Row[], column: string) =>
  rows.reduce((all, row) => all + Number(row[column]), 0);
