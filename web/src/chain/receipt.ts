/** What became of a transaction that was sent. */
import { type Address, type Client, type Hash, type Transaction, type TransactionReceipt, isAddressEqual } from "viem";
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

/**
 * The block in which the account used `nonce`, which it has by `head`; a later one on a node that does not know the states of so long
 * ago.
 */
async function blockOfNonce(client: Client, from: Address, nonce: number, head: bigint): Promise<bigint> {
  const isUsedAt = async (blockNumber: bigint): Promise<boolean> => {
    if (blockNumber < 0n) return false;
    const count = await known(getTransactionCount(client, { address: from, blockNumber }));
    return count !== null && count > nonce;
  };
  let high = head;
  let step = 1n;
  for (; await isUsedAt(high - step); step *= 2n) high -= step;
  let low = high - step;
  while (high - low > 1n) {
    const middle = low + (high - low) / 2n;
    if (await isUsedAt(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Some nodes write addresses with a checksum, some without; null is a new contract's. */
const isSameAddress = (a: Address | null, b: Address | null) =>
  a === b || (a !== null && b !== null && isAddressEqual(a, b));

/** Whether both do the same, at whatever price. */
const isSame = (a: Transaction, b: Transaction) =>
  isSameAddress(a.to, b.to) && a.value === b.value && a.input === b.input;

/**
 * The receipt of `hash`, which `account` has sent, or of the same transaction at another price. Waits as long as it takes, whatever
 * the node answers or does not: what is sent may still succeed. Only a block with another transaction of the same account and nonce
 * ends it: throws {@link Replaced}. Where somebody else has sent it for the account, he may put the same into another transaction:
 * then only a receipt of this one counts.
 */
export async function receiptOf(
  wagmi: Config,
  chainId: number,
  { hash, account }: { readonly hash: Hash; readonly account: Address },
): Promise<TransactionReceipt> {
  const client = wagmi.getClient({ chainId });
  let sent: Transaction | null = null;

  /** What is in a block with the account and nonce of `sent`; null as long as nothing is. */
  const mined = async ({ from, nonce }: Transaction): Promise<Transaction | null> => {
    const head = await getBlockNumber(client, { cacheTime: 0 });
    if ((await getTransactionCount(client, { address: from, blockNumber: head })) <= nonce) return null;
    const blockNumber = await blockOfNonce(client, from, nonce, head);
    const { transactions } = await getBlock(client, { blockNumber, includeTransactions: true });
    return transactions.find((each) => isSameAddress(each.from, from) && each.nonce === nonce) ?? null;
  };

  for (;;) {
    const receipt = await known(getTransactionReceipt(client, { hash }));
    if (receipt !== null) return receipt;
    sent ??= await known(getTransaction(client, { hash }));
    const instead = sent !== null && isSameAddress(sent.from, account) ? await known(mined(sent)) : null;
    if (sent !== null && instead !== null) {
      if (instead.hash !== hash && !isSame(sent, instead)) throw new Replaced();
      const receipt = await known(getTransactionReceipt(client, { hash: instead.hash }));
      if (receipt !== null) return receipt;
    }
    await new Promise((resolve) => setTimeout(resolve, client.pollingInterval));
  }
}
