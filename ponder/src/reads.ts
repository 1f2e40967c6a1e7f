/**
 * Questions to contracts, which the node may fail to answer and the contract may refuse. A handler that throws ends the process, so
 * none is left without an answer: these wait for the node as long as it takes, as the indexing of blocks does.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { BaseError } from "viem";

/** Between two tries, in milliseconds; the engine has made some of its own before it gives up. */
const PAUSE_MS = 1_000;

/** What viem calls failures between us and the contract. */
const OF_NODE: ReadonlySet<string> = new Set([
  ...["HttpRequestError", "WebSocketRequestError", "SocketClosedError", "TimeoutError"],
  ...["ParseRpcError", "InvalidRequestRpcError", "MethodNotFoundRpcError", "MethodNotSupportedRpcError"],
  ...["JsonRpcVersionUnsupportedError", "LimitExceededRpcError", "ResourceNotFoundRpcError"],
  ...["ResourceUnavailableRpcError", "ProviderDisconnectedError", "ChainDisconnectedError"],
  "UnauthorizedProviderError",
]);

/** The same where the node says it in words of its own. */
const IN_WORDS =
  /rate.?limit|too many|limit exceeded|timed? ?out|unavailable|overloaded|busy|quota|capacity|unauthori[sz]ed|forbidden|(header|block|state) (is )?not (found|available)|unknown block|missing trie node|not synced/i;

/** Whether `error` says nothing of the contract: the node did not ask it. */
export function isOfNode(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (OF_NODE.has(cause.name)) return true;
    if (/^(UnknownRpc|InternalRpc|RpcRequest)Error$/.test(cause.name)) {
      const words = cause instanceof BaseError ? cause.details : cause.message;
      // Reverted with words of its own, or given up because it takes too long, it is the contract's fault.
      return IN_WORDS.test(words) && !/revert|execution aborted/i.test(words);
    }
  }
  return false;
}

/** Whether `error` is of a transaction that has failed already: in it nothing is answered any more. */
const isOfTransaction = (error: unknown): boolean =>
  error instanceof Error && (/current transaction is aborted/i.test(error.message) || isOfTransaction(error.cause));

/** The answer to `question`, which has one: of the chain itself, or of a contract of the suite. */
export async function insist<T>(question: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof BaseError) || isOfTransaction(error)) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/** The answer of a contract that may be anything; null where it gives none that makes sense. */
export function ask<T>(question: () => Promise<T>): Promise<T | null> {
  return insist(async () => {
    try {
      return await question();
    } catch (error) {
      if (error instanceof BaseError && !isOfNode(error) && !isOfTransaction(error)) return null;
      throw error;
    }
  });
}
