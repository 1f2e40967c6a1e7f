/** The local chain: anvil from npm, on 127.0.0.1, with the rules of the osaka hardfork. */
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import {
  type Address,
  type Hash,
  bytesToHex,
  createTestClient,
  hexToBytes,
  http,
  publicActions,
  walletActions,
} from "viem";
import { type PrivateKeyAccount, mnemonicToAccount, privateKeyToAccount } from "viem/accounts";
import { anvil } from "viem/chains";
import { type Service, freePort, startService, waitFor } from "./process.ts";

/** The public test mnemonic that every development chain uses: worthless anywhere else. */
export const MNEMONIC = "test test test test test test test test test test test junk";

/** Account number `index` of {@link MNEMONIC}. */
export function devAccount(index: number) {
  return mnemonicToAccount(MNEMONIC, { addressIndex: index });
}

/** Accounts `from` … `from + count − 1` of {@link MNEMONIC}: much faster than one by one. */
export function devAccounts(from: number, count: number): PrivateKeyAccount[] {
  const parent = mnemonicToAccount(MNEMONIC, { path: "m/44'/60'/0'/0" }).getHdKey();
  return Array.from({ length: count }, (_, i) => {
    const { privateKey } = parent.deriveChild(from + i);
    if (privateKey === null) throw new Error("a derived key has no private part");
    return privateKeyToAccount(bytesToHex(privateKey));
  });
}

export interface LocalChain {
  readonly url: string;
  readonly port: number;
  readonly service: Service;
  stop(): Promise<void>;
}

/** Client for a local chain that can also set its clock, impersonate and mine. */
export function chainClient(url: string, account?: Address) {
  return createTestClient({
    chain: anvil,
    mode: "anvil",
    // Of any size: a state of the chain is tens of megabytes.
    transport: http(url, { timeout: 60_000, retryCount: 0, maxResponseBodySize: false }),
    pollingInterval: 20,
    cacheTime: 0,
    ...(account === undefined ? {} : { account }),
  })
    .extend(publicActions)
    .extend(walletActions);
}

/**
 * Waits until the transaction is mined. Its receipt is asked for until it is there: on a chain that only mines what is sent, no
 * later block would tell of it.
 */
export async function mined(client: ReturnType<typeof chainClient>, hash: Hash): Promise<void> {
  await waitFor({
    what: `the transaction ${hash} is mined`,
    timeoutMs: 60_000,
    intervalMs: 20,
    probe: () => client.getTransactionReceipt({ hash }),
  });
}

/** How anvil's builds are called, by platform and architecture. */
const BUILDS: Readonly<Record<string, string>> = {
  "darwin-arm64": "darwin-arm64",
  "darwin-x64": "darwin-amd64",
  "linux-arm64": "linux-arm64",
  "linux-x64": "linux-amd64",
  "win32-x64": "win32-amd64",
};

/** The chain's program for this machine. */
function anvilBinary(): string {
  const name = process.platform === "win32" ? "anvil.exe" : "anvil";
  const machine = `${process.platform}-${process.arch}`;
  const build = BUILDS[machine];
  if (build === undefined) throw new Error(`the local chain (anvil) does not exist for ${machine}.`);
  const wanted = `@foundry-rs/anvil-${build}`;
  try {
    const require = createRequire(import.meta.url);
    // Beside anvil's own package, whose dependency it is.
    const from = createRequire(require.resolve("@foundry-rs/anvil/package.json"));
    const file = path.join(path.dirname(from.resolve(`${wanted}/package.json`)), "bin", name);
    if (existsSync(file)) return file;
  } catch {
    // Not installed.
  }
  throw new Error(`the local chain's program, ${wanted}, is not installed: delete node_modules and start again.`);
}

/**
 * Starts a chain and waits until it answers.
 *
 * @param port Default: any free one.
 * @param timestamp Unix time of the genesis block. Default: now.
 * @param accounts How many funded accounts of {@link MNEMONIC} there are.
 * @param state File that the chain is loaded from if it exists, and written to when it ends.
 * @param load File that the chain is loaded from: see {@link saveChain}.
 * @param blockTime Seconds between blocks; transactions are still mined at once. Default: blocks by transactions only.
 */
export async function startChain(
  options: {
    port?: number;
    timestamp?: number;
    accounts?: number;
    state?: string;
    load?: string;
    blockTime?: number;
    args?: readonly string[];
  } = {},
): Promise<LocalChain> {
  const port = options.port ?? (await freePort());
  const service = startService({
    name: "chain",
    command: anvilBinary(),
    args: [
      ...["--host", "127.0.0.1", "--port", String(port), "--chain-id", "31337", "--hardfork", "osaka"],
      ...["--mnemonic", MNEMONIC, "--accounts", String(options.accounts ?? 10), "--balance", "1000000", "--silent"],
      ...(options.timestamp === undefined ? [] : ["--timestamp", String(options.timestamp)]),
      ...(options.state === undefined ? [] : ["--state", options.state, "--preserve-historical-states"]),
      ...(options.load === undefined ? [] : ["--load-state", options.load]),
      ...(options.blockTime === undefined ? [] : ["--mixed-mining", "--block-time", String(options.blockTime)]),
      ...(options.args ?? []),
    ],
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await waitFor({
      what: `the chain answers on ${url}`,
      timeoutMs: 30_000,
      service,
      probe: async () => chainClient(url).getBlockNumber(),
    });
  } catch (error) {
    await service.stop();
    throw error;
  }
  return { url, port, service, stop: () => service.stop(30_000) };
}

/** Writes the whole chain to `file`, for `load` of {@link startChain}. `file` is replaced at once or not at all. */
export async function saveChain(url: string, file: string): Promise<void> {
  const dump = await chainClient(url).request({ method: "anvil_dumpState" });
  const partial = `${file}.partial`;
  writeFileSync(partial, gunzipSync(hexToBytes(dump)));
  renameSync(partial, file);
}
