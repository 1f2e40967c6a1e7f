/**
 * Puts the watchdog before Ponder's server: /ready is the watchdog's answer, /metrics has its gauges too. Ponder answers these
 * routes before it asks the API, so this is done where it makes its server.
 */
import http, { type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { metricsText, problemsNow } from "./state.ts";

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Every server that Ponder makes from now on has the watchdog before it. */
export function guardServers(): void {
  const create = http.createServer.bind(http);
  const guarded = (...args: Parameters<typeof create>): Server => {
    const server = create(...args);
    const listeners = server.listeners("request");
    if (listeners.length === 0) return server;
    server.removeAllListeners("request");
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      const route = request.method === "GET" || request.method === "HEAD" ? pathOf(request) : undefined;
      if (route === "/ready") return answerReady(response);
      if (route === "/metrics") append(response, metricsText());
      for (const listener of listeners) Reflect.apply(listener, server, [request, response]);
    });
    return server;
  };
  Object.defineProperty(http, "createServer", { configurable: true, writable: true, value: guarded });
}

/** Answers /health, /ready and /metrics until Ponder does. Resolves when it listens. */
export async function waitingServer(port: number, hostname: string): Promise<{ close(): Promise<void> }> {
  const listener: Listener = (request, response) => {
    const route = pathOf(request);
    if (route === "/health") return void response.end();
    if (route === "/metrics")
      return void response.setHeader("content-type", "text/plain; version=0.0.4").end(metricsText());
    answerReady(response);
  };
  const server = http.createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const pathOf = ({ url }: IncomingMessage) => url?.split("?", 1)[0];

function answerReady(response: ServerResponse): void {
  const problems = problemsNow();
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("cache-control", "no-store");
  if (problems.length === 0) {
    response.end();
    return;
  }
  response.writeHead(503, { "content-type": "application/json" });
  response.end(JSON.stringify({ ready: false, problems }));
}

/** Adds `text` to what is answered. */
function append(response: ServerResponse, text: string): void {
  const end = response.end.bind(response);
  const writeHead = response.writeHead.bind(response);
  // The length that Ponder states is that of its own part.
  response.writeHead = (status: number, ...rest: unknown[]) => {
    const headers = rest.find((value) => typeof value === "object" && value !== null);
    const kept = Object.entries(headers ?? {}).filter(([name]) => name.toLowerCase() !== "content-length");
    return writeHead(status, Object.fromEntries(kept));
  };
  response.end = (chunk?: unknown, ...rest: unknown[]) => {
    const own = typeof chunk === "string" || chunk instanceof Uint8Array ? Buffer.from(chunk).toString() : "";
    const done = rest.find((value): value is () => void => typeof value === "function");
    return end(`${own}${own === "" || own.endsWith("\n") ? "" : "\n"}${text}`, done);
  };
}
