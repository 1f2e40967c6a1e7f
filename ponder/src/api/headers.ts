/** Headers of answers that a block outdates. */
import { createHash } from "node:crypto";
import type { ApiContext } from "./context.ts";

/** Seconds for which others may keep an answer without asking: less than a block of Ethereum. */
const MAX_AGE = 5;

/** `response` with its tag and for how long it may be kept; 304 without a body if the client has it. */
export async function cached(context: ApiContext, response: Response): Promise<Response> {
  const text = await response.text();
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  const headers = new Headers(response.headers);
  headers.set("etag", etag);
  headers.set("cache-control", `public, max-age=${MAX_AGE}`);
  const known = (context.req.header("if-none-match") ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  if (known.includes(etag) || known.includes("*")) return new Response(null, { status: 304, headers });
  return new Response(text, { status: response.status, headers });
}
