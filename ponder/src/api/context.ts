import type { IncomingMessage } from "node:http";
import type { Context } from "hono";

/** What Node's server tells of a request. */
export interface ApiEnv {
  Bindings: { readonly incoming?: IncomingMessage };
}

export type ApiContext = Context<ApiEnv>;
