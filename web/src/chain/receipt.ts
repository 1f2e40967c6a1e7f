/** What became of a transaction that was sent. */
import type { Hash, TransactionReceipt } from "viem";
import { waitForTransactionReceipt } from "viem/actions";
import type { Config } from "wagmi";
import { isUnanswered } from "./reasons.ts";

/** The wallet has put another transaction in its place. */
export class Replaced extends Error {
  constructor() {
    super("Another transaction took its place in the wallet, so that it was not made.");
  }
}

/**
 * The receipt of `hash`, or of the same transaction at another price. Waits as long as it takes, also for a node that does not
 * answer: what is sent may still succeed. Throws {@link Replaced}.
 */
export async function receiptOf(wagmi: Config, chainId: number, hash: Hash): Promise<TransactionReceipt> {
  const client = wagmi.getClient({ chainId });
  for (;;) {
    const replaced = { isOther: false };
    try {
      const receipt = await waitForTransactionReceipt(client, {
        hash,
        timeout: 0,
        onReplaced: ({ reason }) => {
          replaced.isOther = reason !== "repriced";
        },
      });
      if (!replaced.isOther) return receipt;
    } catch (error) {
      if (!isUnanswered(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, client.pollingInterval));
    }
    if (replaced.isOther) throw new Replaced();
  }
}
