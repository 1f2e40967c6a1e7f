/** The local chain: anvil from npm, on 127.0.0.1, with the rules of the osaka hardfork. */
import { createRequire } from "node:module";
import path from "node:path";
import { type Address, createTestClient, http, publicActions, walletActions } from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { anvil } from "viem/chains";
import { type Service, freePort, startService, waitFor } from "./process.ts";

/** The public test mnemonic that every development chain uses: worthless anywhere else. */
export const MNEMONIC = "test test test test test test test test test test test junk";

/** Account number `index` of {@link MNEMONIC}. */
export function devAccount(index: number) {
  return mnemonicToAccount(MNEMONIC, { addressIndex: index });
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
    transport: http(url, { timeout: 60_000, retryCount: 0 }),
    pollingInterval: 20,
    cacheTime: 0,
    ...(account === undefined ? {} : { account }),
  })
    .extend(publicActions)
    .extend(walletActions);
}

/**
 * Starts a chain and waits until it answers.
 *
 * @param port Default: any free one.
 * @param timestamp Unix time of the genesis block. Default: now.
 * @param accounts How many funded accounts of {@link MNEMONIC} there are.
 * @param state File that the chain is loaded from if it exists, and written to when it ends.
 */
export async function startChain(
  options: { port?: number; timestamp?: number; accounts?: number; state?: string; args?: readonly string[] } = {},
): Promise<LocalChain> {
  const port = options.port ?? (await freePort());
  const bin = path.join(
    path.dirname(createRequire(import.meta.url).resolve("@foundry-rs/anvil/package.json")),
    "bin.mjs",
  );
  const service = startService({
    name: "chain",
    command: process.execPath,
    args: [
      bin,
      ...["--host", "127.0.0.1", "--port", String(port), "--chain-id", "31337", "--hardfork", "osaka"],
      ...["--mnemonic", MNEMONIC, "--accounts", String(options.accounts ?? 10), "--balance", "1000000", "--silent"],
      ...(options.timestamp === undefined ? [] : ["--timestamp", String(options.timestamp)]),
      ...(options.state === undefined ? [] : ["--state", options.state, "--preserve-historical-states"]),
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
