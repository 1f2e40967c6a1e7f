/** What a question to a contract that fails says: of the node, which is waited for, or of the contract. */
import {
  AbiDecodingDataSizeTooSmallError,
  type BaseError,
  ContractFunctionExecutionError,
  ContractFunctionZeroDataError,
  HttpRequestError,
  InternalRpcError,
  LimitExceededRpcError,
  RpcRequestError,
  TimeoutError,
  UnknownRpcError,
} from "viem";
import { describe, expect, test } from "vitest";
import { merkleDistributorAbi } from "../../deploy/generated/abis.ts";
import { ask, insist, isOfNode } from "../../ponder/src/reads.ts";

const url = "http://127.0.0.1:1";
const body = { method: "eth_call" };

/** A failed read, as viem has it. */
const readOf = (cause: BaseError) =>
  new ContractFunctionExecutionError(cause, { abi: merkleDistributorAbi, functionName: "root" });

const saying = (message: string, code: number) => new RpcRequestError({ body, error: { code, message }, url });

const OF_NODE: readonly (readonly [string, BaseError])[] = [
  ["no answer", new HttpRequestError({ url, details: "connect ECONNREFUSED" })],
  ["too many requests", new HttpRequestError({ url, status: 429, details: "Too Many Requests" })],
  ["no answer in time", new TimeoutError({ body, url })],
  ["a limit", new LimitExceededRpcError(saying("daily request count exceeded", -32_005))],
  ["a limit in words", new UnknownRpcError(saying("rate limit reached, upgrade your plan", -32_097))],
  ["a state that is not there", new InternalRpcError(saying("missing trie node 12ab", -32_603))],
  ["a block that is not there yet", saying("header not found", -32_000)],
];

const OF_CONTRACT: readonly (readonly [string, BaseError])[] = [
  ["no data", new ContractFunctionZeroDataError({ functionName: "root" })],
  ["too little data", new AbiDecodingDataSizeTooSmallError({ data: "0x01", params: [{ type: "bytes32" }], size: 1 })],
  ["a revert", saying("execution reverted", 3)],
  ["a revert that talks like a node", saying("execution reverted: rate limit, header not found", 3)],
  ["an opcode that there is not", new InternalRpcError(saying("EVM error InvalidFEOpcode", -32_603))],
  ["no gas left", saying("out of gas", -32_000)],
  ["a loop that the node ends", saying("execution aborted (timeout = 5s)", -32_000)],
];

describe("a read that fails", () => {
  test.each(OF_NODE)("by %s is the node's fault", (_, error) => {
    expect(isOfNode(readOf(error))).toBe(true);
  });

  test.each(OF_CONTRACT)("by %s is the contract's", (_, error) => {
    expect(isOfNode(readOf(error))).toBe(false);
  });

  test("waits for the node, and takes nonsense for no answer", async () => {
    const failingOnce = (error: BaseError) => {
      let asked = 0;
      return () => ((asked += 1) === 1 ? Promise.reject(readOf(error)) : Promise.resolve(asked));
    };
    for (const [, error] of OF_NODE.slice(0, 2)) {
      expect(await ask(failingOnce(error))).toBe(2);
      expect(await insist(failingOnce(error))).toBe(2);
    }
    for (const [, error] of OF_CONTRACT) {
      expect(await ask(failingOnce(error))).toBeNull();
      // What must have an answer is asked until it has.
      expect(await insist(failingOnce(error))).toBe(2);
    }
  });

  test("for another reason fails", async () => {
    const bug = () => Promise.reject(new TypeError("undefined is not a function"));
    await expect(ask(bug)).rejects.toThrow(TypeError);
    await expect(insist(bug)).rejects.toThrow(TypeError);
    // In a transaction that has failed, nothing is answered any more, nor is that the contract's answer.
    const reason = new Error("current transaction is aborted, commands ignored until end of transaction block");
    const failed = () => Promise.reject(readOf(new UnknownRpcError(reason)));
    await expect(ask(failed)).rejects.toThrow("aborted");
    await expect(insist(failed)).rejects.toThrow("aborted");
  });
});
