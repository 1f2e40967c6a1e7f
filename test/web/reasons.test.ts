/** Why something was not done, in words. */
import { BaseError, HttpRequestError, TimeoutError, UserRejectedRequestError } from "viem";
import { expect, test } from "vitest";
import { reasonOf } from "../../web/src/chain/reasons.ts";

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
