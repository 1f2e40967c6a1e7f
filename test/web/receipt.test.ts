/** What became of a transaction: also when the wallet puts another one in its place, and when the node is silent for a while. */
import { HttpRequestError, custom, defineChain, numberToHex, padHex } from "viem";
import { expect, test } from "vitest";
import { createConfig } from "wagmi";
import { Replaced, receiptOf } from "../../web/src/chain/receipt.ts";

const CHAIN = defineChain({
  id: 31_337,
  name: "Test chain",
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [] } },
});
const [first, second] = [padHex("0x01"), padHex("0x02")];
const from = padHex("0xaa", { size: 20 });
const to = padHex("0xbb", { size: 20 });
const sent = { hash: first, from, to, nonce: "0x5", value: "0x0", input: "0x1234", type: "0x2", blockNumber: null };
type Mined = Omit<typeof sent, "blockNumber">;

interface Question {
  readonly method: string;
  readonly params?: unknown;
}

/** A node on which `mined` is in block 2, which comes after the first question for it. */
function chainWith(mined: Mined, options: { silences?: number } = {}) {
  let block = 1;
  let silences = options.silences ?? 0;
  const answer = ({ method, params }: Question): unknown => {
    const [hash] = Array.isArray(params) ? (params as readonly unknown[]) : [];
    switch (method) {
      case "eth_blockNumber":
        return numberToHex(block++);
      case "eth_getTransactionByHash":
        return hash === first ? sent : null;
      case "eth_getTransactionReceipt":
        if (silences-- > 0) throw new HttpRequestError({ url: "http://node" });
        return hash === mined.hash && block > 2
          ? { transactionHash: hash, status: "0x1", blockNumber: "0x2", logs: [] }
          : null;
      case "eth_getBlockByNumber":
        return { number: "0x2", transactions: block > 2 ? [{ ...mined, blockNumber: "0x2" }] : [] };
      default:
        throw new Error(method);
    }
  };
  return createConfig({
    chains: [CHAIN],
    pollingInterval: 5,
    transports: {
      [CHAIN.id]: custom(
        { request: (each: Question) => Promise.resolve().then(() => answer(each)) },
        { retryCount: 0 },
      ),
    },
  });
}

test("is in a block", async () => {
  expect(await receiptOf(chainWith(sent), CHAIN.id, first)).toMatchObject({
    status: "success",
    transactionHash: first,
  });
});

test("is in a block at another price, under another hash", async () => {
  const dearer = { ...sent, hash: second };
  expect(await receiptOf(chainWith(dearer), CHAIN.id, first)).toMatchObject({
    status: "success",
    transactionHash: second,
  });
});

test.each([
  ["cancelled", { to: from, input: "0x" }],
  ["replaced", { input: "0x5678" }],
])("was %s in the wallet: it was not made", async (_, change) => {
  const other = { ...sent, hash: second, ...change };
  await expect(receiptOf(chainWith(other), CHAIN.id, first)).rejects.toThrow(Replaced);
});

test("is waited for while the node is silent", async () => {
  expect(await receiptOf(chainWith(sent, { silences: 9 }), CHAIN.id, first)).toMatchObject({ status: "success" });
});
