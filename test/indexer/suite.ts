/** The suite on a chain of its own, and the indexer as the process that it is: what the indexer's tests run on. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Address, type Hash, type Hex, type TransactionReceipt, getAddress, http } from "viem";
import { buildDistribution } from "../../deploy/merkle.ts";
import { parametersFor } from "../../deploy/parameters/parameters.ts";
import { deploySuite } from "../../deploy/suite.ts";
import { indexerCommand } from "../../ponder/command.ts";
import { chainClient, devAccount, startChain } from "../../scripts/devnet/chain.ts";
import { freePort, startService, waitFor } from "../../scripts/devnet/process.ts";

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
export async function startSuite(options: { airdrop?: readonly (readonly [Address, bigint])[] } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), "phala-indexer-"));
  const chain = await startChain({ timestamp: Number(MIDNIGHT) + 3_660, accounts: 30 });
  const client = chainClient(chain.url);
  const airdrop = options.airdrop ?? [[devAccount(20).address, 90_000_000n]];
  const tree = buildDistribution(["account,amount", ...airdrop.map((row) => row.join(","))].join("\n"));
  const local = parametersFor("local", "current");
  if (local.distributor === null) throw new Error("the local parameters have no distributor");
  const parameters = { ...local, distributor: { ...local.distributor, root: tree.root } };
  const manifestPath = path.join(folder, "deployment.json");
  const manifest = await deploySuite({
    transport: http(chain.url, { retryCount: 0 }),
    parameters,
    deployer: devAccount(0),
    governance: devAccount(1),
    manifestPath,
  });

  /**
   * Mines one block at `timestamp` with `orders` in it, in this order. Orders of one account must not depend on each other.
   * Returns the receipts; throws if one failed, unless `mayFail`.
   */
  async function mine(timestamp: bigint, orders: readonly Order[] = [], mayFail = false): Promise<TransactionReceipt[]> {
    await client.setAutomine(false);
    const hashes: Hash[] = [];
    for (const [i, order] of orders.entries()) {
      // The price decides the order in the block.
      const maxFeePerGas = 100_000_000_000n - BigInt(i) * 1_000_000_000n;
      hashes.push(
        await client.sendTransaction({
          account: order.from,
          to: order.to,
          data: order.data,
          gas: 1_000_000n,
          maxFeePerGas,
          maxPriorityFeePerGas: maxFeePerGas,
        }),
      );
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

/** Starts the indexer of `suite` with a database of its own. */
export async function startIndexer(suite: Pick<Suite, "chain" | "folder" | "manifestPath">, name = "indexer") {
  const port = await freePort();
  const lines: string[] = [];
  const { command, args, cwd, env } = indexerCommand({
    deployment: suite.manifestPath,
    rpcUrl: suite.chain.url,
    port,
    directory: path.join(suite.folder, name),
    pollingInterval: 100,
  });
  const service = startService({ name, command, args, cwd, env, onLine: (line) => lines.push(line) });
  const url = `http://127.0.0.1:${port}`;

  /** The block up to which everything is indexed; -1 before the first. */
  async function block(): Promise<number> {
    const status: unknown = await (await fetch(`${url}/status`)).json();
    return numberAt(status, "phala", "block", "number") ?? -1;
  }

  return {
    url,
    service,
    lines,
    block,
    /** Waits until `number` (default: the head of the chain) is indexed. */
    async reach(number: bigint, timeoutMs = 90_000): Promise<void> {
      await waitFor({
        what: `the indexer reaches block ${number}`,
        timeoutMs,
        service,
        intervalMs: 50,
        probe: async () => ((await block()) >= Number(number) ? true : undefined),
      });
    },
    /** The answer to a GraphQL query, which must have no errors. */
    async query(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Readonly<Record<string, Row>>> {
      const { data, errors } = await ask(url, query, variables);
      if (errors !== undefined) throw new Error(`GraphQL: ${JSON.stringify(errors)}`);
      return data;
    },
    /** All rows of a list, page by page. `fields` are the columns. */
    async all(list: string, fields: string, args = ""): Promise<Row[]> {
      const rows: Row[] = [];
      for (let after: string | null = null; ; ) {
        const page: string = [`limit: 1000`, args, after === null ? "" : `after: ${JSON.stringify(after)}`]
          .filter((part) => part !== "")
          .join(", ");
        const { data, errors } = await ask(url, `{ ${list}(${page}) { items { ${fields} } pageInfo { hasNextPage endCursor } } }`);
        if (errors !== undefined) throw new Error(`GraphQL: ${JSON.stringify(errors)}`);
        const { items, pageInfo } = data[list] as { items: Row[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
        rows.push(...items);
        if (!pageInfo.hasNextPage) return rows;
        after = pageInfo.endCursor;
      }
    },
    stop: () => service.stop(15_000),
  };
}

/** A row of an answer. Its values are strings where the column is a bigint or hex, numbers where it is an integer. */
export type Row = Readonly<Record<string, any>>;

/** Asks without expecting anything. */
export async function ask(url: string, query: string, variables: Readonly<Record<string, unknown>> = {}) {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as { data: Readonly<Record<string, Row>>; errors?: readonly { message: string }[] };
}

/** A column that holds an integer. */
export function big(row: Row | null | undefined, column: string): bigint {
  const value: unknown = row?.[column];
  if (typeof value !== "string") throw new Error(`${column} is ${JSON.stringify(value)}, not an integer`);
  return BigInt(value);
}

/** Addresses as the indexer writes them. */
export function lower(address: Address): string {
  return getAddress(address).toLowerCase();
}

function numberAt(value: unknown, ...keys: readonly string[]): number | undefined {
  let at = value;
  for (const key of keys) {
    if (typeof at !== "object" || at === null) return undefined;
    at = Object.entries(at).find(([name]) => name === key)?.[1];
  }
  return typeof at === "number" ? at : undefined;
}
