/** The API: GraphQL at / and /graphql. Ponder itself adds /health, /ready, /status and /metrics. */
import { Hono } from "hono";
import { graphql } from "ponder";
import { db } from "ponder:api";
import schema from "ponder:schema";

/** Enough for every query of `docs/graphql.md`, and for a client's introspection; too little to make the database suffer. */
const LIMITS = { maxOperationDepth: 14, maxOperationTokens: 1_000, maxOperationAliases: 10 };

const app = new Hono();
const handler = graphql({ db, schema }, LIMITS);
app.use("/", handler);
app.use("/graphql", handler);

export default app;
