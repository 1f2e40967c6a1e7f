/** Why something was not done, in words. */
import {
  BaseError,
  HttpRequestError,
  InternalRpcError,
  RpcRequestError,
  TimeoutError,
  UserRejectedRequestError,
  encodeErrorResult,
  getContractError,
} from "viem";
import { expect, test } from "vitest";
import { vphaAbi } from "../../deploy/generated/abis.ts";
import { reasonOf, refusalOf } from "../../web/src/chain/reasons.ts";

const within = (cause: Error) => new BaseError("Something else.", { cause });

test.each([
  [within(new UserRejectedRequestError(new Error("no"))), "You declined it in the wallet. Nothing was sent."],
  [{ code: 4001, message: "User rejected" }, "You declined it in the wallet. Nothing was sent."],
  [{ code: -32002, message: "A request waits already." }, "A request waits already."],
  [within(new HttpRequestError({ url: "http://key@node" })), "The chain's node does not answer."],
  [within(new TimeoutError({ body: {}, url: "http://key@node" })), "The chain's node does not answer."],
  [new Error("plain"), "plain"],
  ["text", "text"],
  [null, "null"],
])("%s", (error, reason) => {
  expect(reasonOf(error)).toContain(reason);
  expect(reasonOf(error)).not.toContain("key@node");
});

test.each([
  ["missing trie node", undefined, false],
  ["Internal error", undefined, false],
  ["execution reverted", undefined, true],
  ["VM Exception: revert", undefined, true],
  ["Internal error", encodeErrorResult({ abi: vphaAbi, errorName: "VPHA_ZeroShares" }), true],
])("a node's %s with data %s is a refusal by the contract: %s", (message, data, isRefusal) => {
  const cause = new InternalRpcError(
    new RpcRequestError({ body: {}, url: "http://node", error: { code: -32_603, message, data } }),
  );
  const error = getContractError(cause, { abi: vphaAbi, functionName: "deposit", args: [] });
  expect(refusalOf(error) !== null).toBe(isRefusal);
});
