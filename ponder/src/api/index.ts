/**
 * The API: GraphQL at / and /graphql, the rest under /api. Ponder itself adds /health, /ready, /status and /metrics, which are
 * not limited.
 */
import { Hono, type MiddlewareHandler } from "hono";
import { originsOf, rateLimitOf, trustedProxiesOf } from "../../settings.ts";
import type { ApiContext, ApiEnv } from "./context.ts";
import { exportHandler } from "./export.ts";
import { graphqlHandler } from "./graphql.ts";
import { lagHandler } from "./lag.ts";
import { clientOf, createLimiter, isLoopback } from "./limits.ts";
import { supplyHandler } from "./supply.ts";
import { yieldsHandler } from "./yields.ts";

/** What a file of any size counts for. */
const EXPORT_WEIGHT = 20;

const origins = originsOf(process.env);
const proxies = trustedProxiesOf(process.env);
const { perMinute, includesLocal } = rateLimitOf(process.env);
const limiter = createLimiter(perMinute);

const app = new Hono<ApiEnv>();

app.onError((error, context) => {
  console.error(`${context.req.method} ${context.req.path}:`, error);
  return context.json({ message: "The answer could not be made; the log of the indexer says why. Try again." }, 500);
});

// Ponder allows all origins before it asks us; what a page may read is decided by the answer, not by the preflight.
app.use(async (context, next) => {
  await next();
  if (origins === null) return;
  const origin = context.req.header("origin");
  context.res.headers.delete("access-control-allow-origin");
  if (origin !== undefined && origins.includes(origin)) context.res.headers.set("access-control-allow-origin", origin);
  context.res.headers.append("vary", "origin");
});

for (const route of ["/", "/graphql"]) app.all(route, graphqlHandler(charge));
app.get("/api/total-supply", limited(1), supplyHandler("total"));
app.get("/api/circulating-supply", limited(1), supplyHandler("circulating"));
app.get("/api/yields", limited(1), yieldsHandler);
app.get("/api/lag", limited(1), lagHandler);
app.get("/api/export/:file", limited(EXPORT_WEIGHT), exportHandler);
app.all("/api/*", (context) =>
  context.json(
    { message: "There are /api/total-supply, circulating-supply, yields, lag and export/NAME.csv, all by GET." },
    404,
  ),
);

function limited(weight: number): MiddlewareHandler<ApiEnv> {
  return async (context, next) => charge(context, weight) ?? (await next());
}

/** Counts a request for its client. Returns the answer if that is too much, else null. */
function charge(context: ApiContext, weight: number): Response | null {
  if (perMinute === 0) return null;
  const peer = context.env.incoming?.socket.remoteAddress ?? "";
  const client = clientOf(peer, context.req.header("x-forwarded-for"), proxies);
  if (!includesLocal && isLoopback(client)) return null;
  const seconds = limiter.take(client, weight);
  if (seconds === 0) return null;
  const message = `Too many requests from ${client}: ${perMinute} a minute are answered, heavy ones count as several. Try again in ${seconds} s.`;
  return context.json({ message, errors: [{ message }] }, 429, { "retry-after": String(seconds) });
}

export default app;
