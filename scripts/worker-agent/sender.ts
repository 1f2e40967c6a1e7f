/** Sends the payer's transactions, one at a time: simulated first, and replaced if the chain leaves them lying. */
import { type Hex, type PrivateKeyAccount, type TransactionReceipt, createWalletClient, defineChain } from "viem";
import { type Step, gasLimit } from "../compute/perform.ts";
import { computeRefusalOf } from "../compute/refusal.ts";
import type { Chain } from "./chain.ts";
import type { Log } from "./log.ts";
import { pause } from "./pace.ts";

export interface SenderOptions {
  readonly chain: Pick<Chain, "reader" | "transport">;
  readonly chainId: number;
  readonly payer: PrivateKeyAccount;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** How long a transaction may wait before it is replaced by a dearer one. */
  readonly patienceMs?: number;
}

export type Sender = ReturnType<typeof openSender>;

const POLL_MS = 1_000;

export function openSender(options: SenderOptions) {
  const { chain, chainId, payer, log, signal, patienceMs = 180_000 } = options;
  const { reader, transport } = chain;
  const wallet = createWalletClient({
    account: payer,
    chain: defineChain({
      id: chainId,
      name: `chain ${chainId}`,
      nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
      rpcUrls: { default: { http: [] } },
    }),
    transport,
    cacheTime: 0,
  });
  /** How often a transaction was replaced since one was mined: each time for half as much again. */
  let replacements = 0n;

  const count = (blockTag: "latest" | "pending") => reader.getTransactionCount({ address: payer.address, blockTag });

  /** Waits until nothing of the payer's is waiting to be mined; false if that takes too long. */
  const idle = async (): Promise<boolean> => {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const [mined, pending] = await Promise.all([count("latest"), count("pending")]);
      if (pending <= mined) return true;
      if (Date.now() > deadline || signal.aborted) return false;
      await pause(POLL_MS, signal);
    }
  };

  const receiptOf = async (hash: Hex): Promise<TransactionReceipt | undefined> => {
    const deadline = Date.now() + patienceMs;
    while (Date.now() < deadline && !signal.aborted) {
      const receipt = await reader.getTransactionReceipt({ hash }).catch((error: unknown) => {
        if (error instanceof Error && error.name === "TransactionReceiptNotFoundError") return undefined;
        throw error;
      });
      if (receipt !== undefined) return receipt;
      await pause(POLL_MS, signal);
    }
    return undefined;
  };

  return {
    /** The gas of a call. @throws Refusal by the contract's error, before anything is sent. */
    async simulate({ to, data, what }: Step): Promise<bigint> {
      try {
        return await reader.estimateGas({ account: payer, to, data });
      } catch (failure) {
        throw computeRefusalOf(failure, what);
      }
    },

    /**
     * Simulates the transaction, sends it, and waits until it is mined. One that an earlier run or an earlier try has left
     * unmined is waited for, and replaced if it stays.
     * @throws Refusal
     */
    async send(transaction: Step): Promise<TransactionReceipt> {
      const { to, data, what } = transaction;
      if (!(await idle())) {
        replacements += 1n;
        log.warn("transaction.stuck", { what, replacements });
      }
      const gas = gasLimit(await this.simulate(transaction));
      const fees = await reader.estimateFeesPerGas();
      const dearer = (fee: bigint) => (fee * 3n ** replacements) / 2n ** replacements;
      const hash = await wallet.sendTransaction({
        to,
        data,
        gas,
        nonce: await count("latest"),
        maxFeePerGas: dearer(fees.maxFeePerGas),
        maxPriorityFeePerGas: dearer(fees.maxPriorityFeePerGas),
      });
      log.info("transaction.sent", { what, hash });
      const receipt = await receiptOf(hash);
      if (receipt === undefined) throw new Error(`${what}: transaction ${hash} is not mined yet`);
      replacements = 0n;
      if (receipt.status !== "success") throw new Error(`${what}: transaction ${hash} was reverted`);
      log.info("transaction.mined", { what, hash, block: receipt.blockNumber, gas: receipt.gasUsed });
      return receipt;
    },
  };
}
