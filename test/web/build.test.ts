/** The page as it is built: what is loaded at first, what by a screen, and that nothing in it comes from elsewhere. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { builtPage } from "../helpers/page.ts";
import { startWebServer } from "../../scripts/web/server.ts";
import { pageConfig } from "./pageConfig.ts";

/** Of JavaScript, in bytes after gzip. */
const MOST = { first: 180_000, screen: 40_000 } as const;

/** A file of the build, as Vite's manifest has it. */
interface Chunk {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
}

const folder = mkdtempSync(path.join(tmpdir(), "phala-page-"));
let chunks: Readonly<Record<string, Chunk>>;

beforeAll(async () => {
  await builtPage(folder);
  chunks = JSON.parse(readFileSync(path.join(folder, ".vite/manifest.json"), "utf8")) as typeof chunks;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The chunk and all that it needs. */
function closure(name: string, found = new Set<string>()): Set<string> {
  if (!found.has(name)) {
    found.add(name);
    for (const each of chunks[name]?.imports ?? []) closure(each, found);
  }
  return found;
}

const size = (names: Iterable<string>) =>
  [...names]
    .map((name) => chunks[name]?.file ?? "")
    .filter((file) => file.endsWith(".js"))
    .reduce((sum, file) => sum + gzipSync(readFileSync(path.join(folder, file))).length, 0);

test("what is loaded at first is small, and what each screen adds, too", () => {
  const entry = Object.entries(chunks).find(([, { isEntry }]) => isEntry === true)?.[0] ?? "";
  const first = closure(entry);
  expect(size(first)).toBeLessThanOrEqual(MOST.first);
  const screens = [...first].flatMap((name) => chunks[name]?.dynamicImports ?? []);
  expect(screens.length).toBeGreaterThanOrEqual(9);
  const sizes = screens.map((name) => [name, size([...closure(name)].filter((each) => !first.has(each)))] as const);
  expect(sizes.filter(([, bytes]) => bytes > MOST.screen)).toEqual([]);
});

test("no script or style stands in the page itself, and nothing is loaded from elsewhere", () => {
  const html = readFileSync(path.join(folder, "index.html"), "utf8");
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/i);
  for (const [, url = ""] of html.matchAll(/(?:src|href)="([^"]*)"/g)) expect(url).toMatch(/^\.\//);
  const styles = readdirSync(path.join(folder, "assets")).filter((name) => name.endsWith(".css"));
  expect(styles.length).toBeGreaterThan(0);
  for (const name of styles)
    expect(readFileSync(path.join(folder, "assets", name), "utf8")).not.toMatch(/url\(|@import/);
});

test("the server sends strict headers, its own files, and nothing else", async () => {
  const config = pageConfig({ rpcUrl: "http://127.0.0.1:1234", indexerUrl: "https://indexer.example/base" });
  const server = await startWebServer({ folder, port: 0, config });
  try {
    const page = await fetch(server.url);
    expect(page.status).toBe(200);
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self' http://127.0.0.1:1234 https://indexer.example;");
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await (await fetch(`${server.url}/config.json`)).json()).toEqual(config);
    for (const outside of ["/../package.json", "/..%2fpackage.json", "/assets/", "/%00", "/nothing"]) {
      expect((await fetch(`${server.url}${outside}`)).status, outside).toBe(404);
    }
    expect((await fetch(server.url, { method: "POST" })).status).toBe(405);
    const asset = Object.values(chunks).find(({ isEntry }) => isEntry === true)?.file ?? "";
    expect((await fetch(`${server.url}/${asset}`)).headers.get("cache-control")).toContain("immutable");
  } finally {
    await server.stop();
  }
});
