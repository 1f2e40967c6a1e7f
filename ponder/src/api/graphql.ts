/** GraphQL by POST, bounded by `bounds.ts`. */
import { sql } from "ponder";
import { db } from "ponder:api";
import { answerCacheOf } from "../../settings.ts";
import { createAnswers } from "./answers.ts";
import { BOUNDS, Refusal, type Request as Query, type Verdict, judge, requestOf } from "./bounds.ts";
import type { ApiContext } from "./context.ts";
import { execute } from "./execute.ts";

const answers = createAnswers({ bytes: answerCacheOf(process.env), snapshot });

/** Answers about the schema: they change with the program only. The tools that ask have a few ways to. */
const schemas = new Map<string, string>();
const KEPT_SCHEMAS = 8;

const HINT = "GraphQL is answered by POST, as application/json. The guide is docs/graphql.md.\n";

/**
 * The route's handler.
 *
 * @param charge Counts requests for the rate limit: how much this one weighs. Returns the answer if that is too much.
 */
export function graphqlHandler(charge: (context: ApiContext, weight: number) => Response | null) {
  return async (context: ApiContext): Promise<Response> => {
    const { method, raw } = context.req;
    // What the engine would show here loads scripts from elsewhere.
    if ((method === "GET" || method === "HEAD") && context.req.query("query") === undefined) return context.text(HINT);
    if (method !== "POST") return refuse(context, "request", "GraphQL is answered by POST.", 405, { allow: "POST" });
    if (!/^application\/json\b/i.test(context.req.header("content-type") ?? "")) {
      return refuse(context, "request", "The content-type must be application/json.", 415);
    }
    const body = await bodyOf(raw);
    if (body === null) {
      const message = `The body has more than ${BOUNDS.bytes} bytes. Ask in several queries.`;
      return refuse(context, "bytes", message, 413, { connection: "close" });
    }
    let query: Query;
    let verdict: Verdict;
    try {
      query = requestOf(textOf(body));
      verdict = judge(query);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return charge(context, 1) ?? refuse(context, error.bound, error.message, 400);
    }
    const limited = charge(context, weightOf(verdict));
    if (limited !== null) return limited;
    // As parsed: two bodies that mean the same share an answer.
    const asked = { ...query, variables: verdict.variables };
    const key = JSON.stringify(asked);
    const compute = () => execute(verdict.document, asked);
    const text = verdict.isIntrospection
      ? await schemaOf(key, compute)
      : await answers.of(key, async () => {
          const { text, hasErrors } = await compute();
          return { text, isKept: !hasErrors };
        });
    return new Response(text, { headers: { "content-type": "application/json; charset=utf-8" } });
  };
}

/** Of a request for the rate limit: one for the request, and more where its limits allow much. */
function weightOf({ rows, statements }: Verdict): number {
  return 1 + Math.floor(rows / 1_000) + Math.floor(statements / 20);
}

async function schemaOf(key: string, compute: () => ReturnType<typeof execute>): Promise<string> {
  const known = schemas.get(key);
  if (known !== undefined) return known;
  const { text, hasErrors } = await compute();
  if (schemas.size < KEPT_SCHEMAS && !hasErrors) schemas.set(key, text);
  return text;
}

/** The request's bytes; null if there are more than the bound, of which no more is read. */
async function bodyOf(request: Request): Promise<Uint8Array | null> {
  if (Number(request.headers.get("content-length") ?? 0) > BOUNDS.bytes) return null;
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > BOUNDS.bytes) {
      void reader.cancel();
      return null;
    }
    chunks.push(value);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw new Refusal("request", "The body is not UTF-8.");
  }
}

/** What identifies the state that a query reads from now on, or a later one. */
async function snapshot(): Promise<string> {
  const { rows } = await db.execute(sql`SELECT pg_current_snapshot()::text AS snapshot`);
  const [row] = rows;
  const text = row?.["snapshot"];
  if (typeof text !== "string") throw new Error("the database names no snapshot");
  return text;
}

function refuse(
  context: ApiContext,
  bound: Refusal["bound"],
  message: string,
  status: 400 | 405 | 413 | 415,
  headers: Record<string, string> = {},
): Response {
  const limit = bound in BOUNDS ? { limit: BOUNDS[bound as keyof typeof BOUNDS] } : {};
  return context.json({ errors: [{ message, extensions: { bound, ...limit } }] }, status, headers);
}
