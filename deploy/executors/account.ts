/** Sends each call as a transaction of one account and waits for it. */
import {
  type Account,
  type Address,
  type Hash,
  type Transport,
  createPublicClient,
  createWalletClient,
  defineChain,
} from "viem";
import type { Call } from "../call.ts";
import { factoryInstallation } from "../factory.ts";
import type { Executor } from "./executor.ts";

/** A transaction that was mined. */
export interface Step {
  readonly description: string;
  readonly hash: Hash;
  readonly blockNumber: bigint;
}

/** Told of each mined transaction before the next one is sent. */
export type OnStep = (step: Step) => void | Promise<void>;

/** How long a transaction may take to be mined. */
const TIMEOUT_MS = 10 * 60_000;

export type ChainReader = ReturnType<typeof chainReader>;

/** Client that only reads. */
export function chainReader(transport: Transport) {
  return createPublicClient({ transport, cacheTime: 0, pollingInterval: 250 });
}

export interface AccountExecutorOptions {
  readonly transport: Transport;
  /** A local account signs itself; an address must be unlocked at the endpoint. */
  readonly account: Account | Address;
  readonly chainId: number;
  /**
   * The block whose state says what is to be sent. The account's nonces go on from there, so that nothing goes out a second
   * time if the account has sent something since: the chain refuses the nonce.
   */
  readonly blockNumber: bigint;
  readonly onStep?: OnStep | undefined;
}

/** The address of an account that signs itself, or that is unlocked at the endpoint. */
export function addressOf(account: Account | Address): Address {
  return typeof account === "string" ? account : account.address;
}

export interface AccountExecutor extends Executor {
  /** Sends one call and waits for it. Returns its transaction. */
  send(call: Call): Promise<Hash>;
  installFactory(): Promise<void>;
}

export function accountExecutor(options: AccountExecutorOptions): AccountExecutor {
  const { transport, account, chainId, blockNumber, onStep } = options;
  const chain = defineChain({
    id: chainId,
    name: `chain ${chainId}`,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [] } },
  });
  const reader = chainReader(transport);
  const wallet = createWalletClient({ account, chain, transport, cacheTime: 0 });

  const settle = async (description: string, hash: Hash) => {
    const receipt = await reader.waitForTransactionReceipt({ hash, timeout: TIMEOUT_MS });
    if (receipt.status !== "success") throw new Error(`${description}: transaction ${hash} was reverted`);
    await onStep?.({ description, hash, blockNumber: receipt.blockNumber });
  };
  let nextNonce: number | undefined;
  const send = async ({ to, data, value, gas, description }: Call): Promise<Hash> => {
    const nonce = nextNonce ?? (await reader.getTransactionCount({ address: addressOf(account), blockNumber }));
    let hash: Hash;
    try {
      hash = await wallet.sendTransaction({ to, data, value, nonce, ...(gas === undefined ? {} : { gas }) });
      nextNonce = nonce + 1;
    } catch (error) {
      throw new Error(`${description}: ${reason(error)}`, { cause: error });
    }
    await settle(description, hash);
    return hash;
  };

  return {
    send,
    async execute(calls) {
      for (const call of calls) await send(call);
    },
    async installFactory() {
      const { transaction, signer, cost } = factoryInstallation(chainId);
      const held = await reader.getBalance({ address: signer, blockNumber });
      if (held < cost) {
        const description = `fund the signer of the CREATE2 factory, ${signer}`;
        await send({ to: signer, data: "0x", value: cost - held, description });
      }
      await settle(
        "install the CREATE2 factory",
        await wallet.sendRawTransaction({ serializedTransaction: transaction }),
      );
    },
  };
}

/**
 * Waits until nothing that `account` sent is waiting to be mined: a run that was killed may have left a transaction, and
 * what is missing can be told only after it.
 */
export async function waitUntilIdle(reader: ChainReader, account: Address): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    const [mined, pending] = await Promise.all([
      reader.getTransactionCount({ address: account, blockTag: "latest" }),
      reader.getTransactionCount({ address: account, blockTag: "pending" }),
    ]);
    if (pending <= mined) return;
    if (Date.now() > deadline) {
      throw new Error(
        `${account} has ${pending - mined} transactions that are not mined: wait for them or replace them`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** The one line of an error that says what happened; viem's others hold the whole request. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const details = "details" in error && typeof error.details === "string" ? error.details : "";
  const text = "shortMessage" in error && typeof error.shortMessage === "string" ? error.shortMessage : error.message;
  const line = text.split("\n")[0] ?? text;
  return details === "" || line.includes(details) ? line : `${line} (${details.split("\n")[0]})`;
}
