/** The agent's endpoint on 127.0.0.1: /health, /metrics, and /heartbeat for aggregators. */
import { createServer } from "node:http";
import type { Secrets } from "./log.ts";
import type { Monitor } from "./monitor.ts";

export interface Endpoint {
  readonly port: number;
  close(): Promise<void>;
}

type Page = readonly [status: number, type: string, body: string];

const json = (status: number, value: object): Page => [status, "application/json", `${JSON.stringify(value)}\n`];

function pageOf(path: string, monitor: Monitor): Page {
  if (path === "/health") {
    const health = monitor.health();
    return json(health.ok ? 200 : 503, health);
  }
  if (path === "/metrics") return [200, "text/plain; version=0.0.4; charset=utf-8", monitor.metrics()];
  if (path === "/heartbeat") {
    return monitor.heartbeat === undefined
      ? json(404, { reason: "no heartbeat would change the lease now" })
      : json(200, monitor.heartbeat);
  }
  return json(404, { reason: "there are /health, /metrics and /heartbeat" });
}

/** Serves `monitor` on `port`. Throws if the port is taken. */
export async function serve(port: number, monitor: Monitor, secrets: Secrets): Promise<Endpoint> {
  const server = createServer((request, response) => {
    const isRead = request.method === "GET" || request.method === "HEAD";
    const [status, type, body] = isRead
      ? pageOf(new URL(request.url ?? "/", "http://127.0.0.1").pathname, monitor)
      : json(405, { reason: "GET only" });
    response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
    response.end(request.method === "HEAD" ? "" : secrets.scrub(body));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
