/**
 * Serves the built page on 127.0.0.1, with the headers that a host of it should send: `docs/page.md` names them for others.
 */
import { readFile, readdir } from "node:fs/promises";
import { type Server, createServer } from "node:http";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { WebConfig } from "./config.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json; charset=utf-8",
};

/** Nothing but the page's own files, and the two servers that it is configured with. */
export function securityHeaders(config: WebConfig): Readonly<Record<string, string>> {
  const origins = [config.chain.rpcUrl, config.indexerUrl].flatMap((url) =>
    url === null ? [] : [new URL(url).origin],
  );
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Wallets bring their pictures along as data.
    "img-src 'self' data:",
    `connect-src 'self' ${origins.join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ];
  return {
    "content-security-policy": policy.join("; "),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin-allow-popups",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
  };
}

/** A file as it is sent, plain and compressed. */
interface Asset {
  readonly type: string;
  /** Built files carry a hash in their name. */
  readonly isImmutable: boolean;
  readonly plain: Buffer;
  readonly gzip: Buffer;
}

const assetOf = (name: string, plain: Buffer): Asset => ({
  type: TYPES[path.extname(name)] ?? "application/octet-stream",
  isImmutable: name.startsWith("/assets/"),
  plain,
  gzip: gzipSync(plain, { level: 9 }),
});

/** Serves the files of `folder`, and `config` as config.json. Nothing outside of `folder` can be asked for: only what it held at first. */
export async function startWebServer(options: {
  folder: string;
  /** 0: any free one. */
  port: number;
  config: WebConfig;
}): Promise<{ readonly url: string; stop: () => Promise<void> }> {
  const entries = await readdir(options.folder, { recursive: true, withFileTypes: true });
  const assets = new Map<string, Asset>();
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    const name = `/${path.relative(options.folder, file).split(path.sep).join("/")}`;
    assets.set(name, assetOf(name, await readFile(file)));
  }
  if (!assets.has("/index.html"))
    throw new Error(`${options.folder} holds no page: build it with \`npm run build:web\`.`);
  assets.set("/config.json", assetOf("/config.json", Buffer.from(JSON.stringify(options.config, null, 2))));
  const headers = securityHeaders(options.config);
  const server: Server = createServer((request, response) => {
    const refuse = (status: number, extra: Record<string, string>, body: string) => {
      response.writeHead(status, { ...headers, ...extra, "content-type": "text/plain" });
      response.end(body);
    };
    if (request.method !== "GET" && request.method !== "HEAD") {
      return refuse(405, { allow: "GET, HEAD" }, "Only GET and HEAD.\n");
    }
    const asked = (request.url ?? "/").split(/[?#]/)[0] ?? "/";
    const asset = assets.get(asked === "/" ? "/index.html" : asked);
    if (asset === undefined) return refuse(404, {}, "There is no such file.\n");
    const isCompressed = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
    const body = isCompressed ? asset.gzip : asset.plain;
    response.writeHead(200, {
      ...headers,
      "content-type": asset.type,
      "content-length": body.length,
      ...(isCompressed ? { "content-encoding": "gzip" } : {}),
      vary: "accept-encoding",
      "cache-control": asset.isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
    });
    response.end(request.method === "HEAD" ? undefined : body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = address === null || typeof address === "string" ? options.port : address.port;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
