/** What became of a transaction that was sent. */
import { type Address, type Client, type Hash, type Transaction, type TransactionReceipt } from "viem";
import { getBlock, getBlockNumber, getTransaction, getTransactionCount, getTransactionReceipt } from "viem/actions";
import type { Config } from "wagmi";

/** The wallet has put another transaction in its place. */
export class Replaced extends Error {
  constructor() {
    super("Another transaction took its place in the wallet, so that it was not made.");
  }
}

/** One that the node has not got, or that it could not be asked for: not known yet either way. */
async function known<Value>(read: Promise<Value>): Promise<Value | null> {
  try {
    return await read;
  } catch {
    return null;
  }
}

/** The block, in `(unused, used]`, in which the account used `nonce`. */
async function blockOfNonce(client: Client, from: Address, nonce: number, unused: bigint, used: bigint) {
  let [low, high] = [unused, used];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    const count = await getTransactionCount(client, { address: from, blockNumber: middle });
    if (count > nonce) high = middle;
    else low = middle;
  }
  return high;
}

/** Whether both do the same, at whatever price. */
const isSame = (a: Transaction, b: Transaction) => a.to === b.to && a.value === b.value && a.input === b.input;

/**
 * The receipt of `hash`, or of the same transaction at another price. Waits as long as it takes, whatever the node answers or does
 * not: what is sent may still succeed. Only a block with another transaction of the same account and nonce (EIP-2681: each is used
 * once) ends it: throws {@link Replaced}.
 */
export async function receiptOf(wagmi: Config, chainId: number, hash: Hash): Promise<TransactionReceipt> {
  const client = wagmi.getClient({ chainId });
  let sent: Transaction | null = null;
  /** A block up to which the transaction's nonce was not used. */
  let unused: bigint | null = null;

  /** What is in a block with the account and nonce of `sent`; null as long as nothing is. */
  const mined = async (sent: Transaction): Promise<Transaction | null> => {
    const { from, nonce } = sent;
    const head = await getBlockNumber(client, { cacheTime: 0 });
    if ((await getTransactionCount(client, { address: from, blockNumber: head })) <= nonce) {
      unused = head;
      return null;
    }
    const blockNumber = await blockOfNonce(client, from, nonce, unused ?? -1n, head);
    const { transactions } = await getBlock(client, { blockNumber, includeTransactions: true });
    return transactions.find((each) => each.from === from && each.nonce === nonce) ?? null;
  };

  for (;;) {
    const receipt = await known(getTransactionReceipt(client, { hash }));
    if (receipt !== null) return receipt;
    sent ??= await known(getTransaction(client, { hash }));
    const instead = sent && (await known(mined(sent)));
    if (sent !== null && instead !== null) {
      if (!isSame(sent, instead)) throw new Replaced();
      const receipt = await known(getTransactionReceipt(client, { hash: instead.hash }));
      if (receipt !== null) return receipt;
    }
    await new Promise((resolve) => setTimeout(resolve, client.pollingInterval));
  }
}
