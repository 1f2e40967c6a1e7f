/** The API: GraphQL at / and /graphql. Ponder itself adds /health, /ready, /status and /metrics. */
import { Kind, parse } from "graphql";
import { Hono } from "hono";
import { graphql } from "ponder";
import { db } from "ponder:api";
import schema from "ponder:schema";

/** Enough for every query of `docs/graphql.md`, with room; too little to make the database suffer. */
const LIMITS = { maxOperationDepth: 7, maxOperationTokens: 1_000, maxOperationAliases: 30 };

/** Introspection reads no data, and is deep by nature. */
const INTROSPECTION = { ...LIMITS, maxOperationDepth: 16 };

const app = new Hono();
const answer = graphql({ db, schema }, LIMITS);
const introspect = graphql({ db, schema }, INTROSPECTION);

for (const route of ["/", "/graphql"]) {
  app.use(route, async (context, next) => {
    const isAllowed = context.req.method === "POST" && isIntrospection(await context.req.raw.clone().text());
    return (isAllowed ? introspect : answer)(context, next);
  });
}

/** Whether the body asks for the schema and for nothing else. */
function isIntrospection(body: string): boolean {
  if (!body.includes("__schema") && !body.includes("__type")) return false;
  try {
    const request: unknown = JSON.parse(body);
    if (typeof request !== "object" || request === null || !("query" in request)) return false;
    if (typeof request.query !== "string") return false;
    return parse(request.query, { maxTokens: LIMITS.maxOperationTokens }).definitions.every(
      (definition) =>
        definition.kind !== Kind.OPERATION_DEFINITION ||
        definition.selectionSet.selections.every(
          (selection) => selection.kind === Kind.FIELD && /^__(schema|type)$/.test(selection.name.value),
        ),
    );
  } catch {
    // Whatever it is, the other handler names what is wrong with it.
    return false;
  }
}

export default app;
