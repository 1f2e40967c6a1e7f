/** The chain as the watchdog sees it: the head, and what block has which hash. */
import {
  type Hash,
  BaseError,
  BlockNotFoundError,
  HttpRequestError,
  createPublicClient,
  fallback,
  http,
  webSocket,
} from "viem";
import { reasonOf } from "./log.ts";
import type { Point, Problem } from "./state.ts";

/** How long one node may take to answer, in milliseconds. */
const PATIENCE_MS = 5_000;

export interface Chain {
  head(): Promise<Point>;
  /** Hash of block `number`; null where the chain is shorter. */
  hashOf(number: number): Promise<Hash | null>;
}

/** The chain through the first of `urls` that answers. */
export function openChain(urls: readonly string[]): Chain {
  const options = { timeout: PATIENCE_MS, retryCount: 0 };
  const nodes = urls.map((url) => (url.startsWith("ws") ? webSocket(url, options) : http(url, options)));
  const client = createPublicClient({ transport: fallback(nodes, { retryCount: 0 }), cacheTime: 0 });
  return {
    async head() {
      const { number, timestamp } = await client.getBlock();
      return { number: Number(number), timestamp: Number(timestamp) };
    },
    async hashOf(number) {
      try {
        return (await client.getBlock({ blockNumber: BigInt(number) })).hash;
      } catch (error) {
        if (error instanceof BlockNotFoundError) return null;
        throw error;
      }
    },
  };
}

/** What is wrong where both node and database are asked: what failed is of the node, or `other`. */
export const problemOr =
  (other: (error: unknown) => Problem) =>
  (error: unknown): Problem =>
    error instanceof BaseError ? problemOf(error) : other(error);

/** What a failed request says about the node. */
export function problemOf(error: unknown): Problem {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof HttpRequestError && cause.status === 429) {
      return {
        code: "rpc_rate_limited",
        message:
          "The RPC node limits our requests: the data stand still until it answers. Use a larger plan, or add a URL to PONDER_RPC_URL.",
      };
    }
  }
  const [reason] = reasonOf(error).split("\n");
  return {
    code: "rpc",
    message: `The RPC node does not answer (${reason}): the data stand still until it does. Check PONDER_RPC_URL and the node.`,
  };
}
