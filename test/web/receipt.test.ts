/** What became of a transaction: also when the wallet puts another one in its place, and when the node is silent for a while. */
import { HttpRequestError, getAddress, numberToHex, padHex } from "viem";
import { describe, expect, test } from "vitest";
import { Replaced, receiptOf } from "../../web/src/chain/receipt.ts";
import { CHAIN, type Question, wagmiOn } from "./node.ts";

const [first, second] = [padHex("0x01"), padHex("0x02")];
const from = padHex("0xaa", { size: 20 });
const to = padHex("0xbb", { size: 20 });
const sent = { hash: first, from, to, nonce: "0x5", value: "0x0", input: "0x1234", type: "0x2", blockNumber: null };
type Mined = Omit<typeof sent, "blockNumber">;

/** What the node answers instead, as often as it is said. */
interface Trouble {
  readonly method: string;
  readonly times: number;
  readonly error: Error;
}

/** A node on which `mined` is in block 2, which comes after some questions for the newest; the first of them finds block `first`. */
function chainWith(mined: Mined, trouble?: Trouble, { first: begin = 1, states = 128 } = {}) {
  let block = begin - 1;
  let left = trouble?.times ?? 0;
  const answer = ({ method, params }: Question): unknown => {
    const [first, second] = Array.isArray(params) ? (params as readonly unknown[]) : [];
    if (method === trouble?.method && left-- > 0) throw trouble.error;
    const isMined = block >= 2;
    switch (method) {
      case "eth_blockNumber":
        return numberToHex(++block);
      case "eth_getTransactionByHash":
        return first === sent.hash ? sent : null;
      case "eth_getTransactionCount":
        if (Number(second) < block - states) throw new Error("missing trie node");
        return Number(second) >= 2 ? "0x6" : "0x5";
      case "eth_getTransactionReceipt":
        return first === mined.hash && isMined
          ? { transactionHash: first, status: "0x1", blockNumber: "0x2", logs: [] }
          : null;
      case "eth_getBlockByNumber":
        return { number: "0x2", transactions: first === "0x2" ? [{ ...mined, blockNumber: "0x2" }] : [] };
      default:
        throw new Error(method);
    }
  };
  return wagmiOn(answer);
}

test("is in a block", async () => {
  expect(await receiptOf(chainWith(sent), CHAIN.id, { hash: first, account: from })).toMatchObject({
    status: "success",
    transactionHash: first,
  });
});

test("is in a block at another price, under another hash", async () => {
  const dearer = { ...sent, hash: second };
  expect(await receiptOf(chainWith(dearer), CHAIN.id, { hash: first, account: from })).toMatchObject({
    status: "success",
    transactionHash: second,
  });
});

test.each([
  ["cancelled", { to: from, input: "0x" }],
  ["replaced", { input: "0x5678" }],
])("was %s in the wallet: it was not made", async (_, change) => {
  const other = { ...sent, hash: second, ...change };
  await expect(receiptOf(chainWith(other), CHAIN.id, { hash: first, account: from })).rejects.toThrow(Replaced);
});

test.each([1, 2, 3, 50, 100, 120])("a replacement is found %i blocks later", async (later) => {
  const other = { ...sent, hash: second, input: "0x5678" };
  const chain = chainWith(other, undefined, { first: 2 + later });
  await expect(receiptOf(chain, CHAIN.id, { hash: first, account: from })).rejects.toThrow(Replaced);
});

test("addresses are the same with a checksum and without", async () => {
  const other = { ...sent, hash: second, from: getAddress(from), to: getAddress(to) };
  expect(await receiptOf(chainWith(other), CHAIN.id, { hash: first, account: getAddress(from) })).toMatchObject({
    transactionHash: second,
  });
});

test("what somebody else has sent for the account is not called replaced: his next one may do the same", async () => {
  const other = { ...sent, hash: second, input: "0x5678" };
  const waiting = receiptOf(chainWith(other), CHAIN.id, { hash: first, account: to }).then(String, String);
  const patience = new Promise((resolve) => setTimeout(resolve, 200, "waiting"));
  expect(await Promise.race([waiting, patience])).toBe("waiting");
});

describe.each([
  ["is silent", new HttpRequestError({ url: "http://node" })],
  ["has had enough of our questions", Object.assign(new Error("Too many requests"), { code: 429 })],
  ["fails", Object.assign(new Error("internal error"), { code: -32_603 })],
])("while the node %s", (_, error) => {
  test.each([
    "eth_getTransactionReceipt",
    "eth_getTransactionByHash",
    "eth_blockNumber",
    "eth_getTransactionCount",
    "eth_getBlockByNumber",
  ])("(%s), it is waited for", async (method) => {
    const trouble = { method, times: 9, error };
    expect(await receiptOf(chainWith(sent, trouble), CHAIN.id, { hash: first, account: from })).toMatchObject({
      status: "success",
    });
    const other = { ...sent, hash: second, input: "0x5678" };
    await expect(receiptOf(chainWith(other, trouble), CHAIN.id, { hash: first, account: from })).rejects.toThrow(
      Replaced,
    );
  });
});
