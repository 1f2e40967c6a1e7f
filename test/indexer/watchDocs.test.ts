/** What docs/operations.md and ops/compose.yaml say is what there is: settings, commands, metrics, problems. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parseOptions } from "../../ponder/watch/options.ts";
import { PROBLEMS, metricsText, setWatchState } from "../../ponder/watch/state.ts";

const root = path.join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const operations = read("docs/operations.md");
const compose = read("ops/compose.yaml");

/** Every match of the pattern's first group, once each, in order. */
const all = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].map(([, found]) => found))].sort();

/** Names of the variables that the indexer reads. */
function variables(): (string | undefined)[] {
  const files = readdirSync(path.join(root, "ponder"), { recursive: true, encoding: "utf8" });
  const sources = files.filter(
    (file) => file.endsWith(".ts") && !/(^|\/)(node_modules|generated|\.ponder)\//.test(file),
  );
  const text = sources.map((file) => read(path.join("ponder", file))).join("\n");
  // Set for Ponder, and not by those who run it.
  const own = new Set(["PONDER_TELEMETRY_DISABLED"]);
  return all(text, /(?:\benv\["|\benv, ")([A-Z][A-Z_]+)"/g).filter((name) => name !== undefined && !own.has(name));
}

describe("the guide of operations", () => {
  test("names every setting that there is, and no other", () => {
    expect(all(operations, /^\| `([A-Z][A-Z_]+)`/gm)).toEqual(variables());
  });

  test("its commands are understood", () => {
    const commands = [...`${operations}\n${compose}`.matchAll(/npm run indexer -- ((?:start|serve|repair)[^`#\n]*)/g)];
    expect(commands.length).toBeGreaterThan(6);
    for (const [, text = ""] of commands) {
      const argv = text.trim().split(/\s+/);
      expect(() => parseOptions(argv, { DATABASE_SCHEMA: "v1" }), text).not.toThrow();
    }
    expect(JSON.parse(read("package.json"))).toHaveProperty(["scripts", "indexer"]);
  });

  test("it names every problem, and only metrics that there are", () => {
    const rows = operations.match(/^\| `[a-z_]+`.*$/gm) ?? [];
    const codes = rows.flatMap((row) =>
      [...(row.split("|")[1] ?? "").matchAll(/`([a-z_]+)`/g)].map(([, code]) => code),
    );
    expect([...new Set(codes)].sort()).toEqual([...PROBLEMS].sort());
    const point = { number: 1, timestamp: 1 };
    setWatchState({ checkedAt: 0, head: point, indexed: point, lagSeconds: 0, problems: [] });
    const metrics = metricsText();
    for (const name of all(operations, /\b(phala_indexer_[a-z_]+[a-z])/g))
      expect(metrics).toContain(`# TYPE ${name} gauge`);
  });

  test("what compose mounts and sets is there", () => {
    for (const file of all(compose, /- (\.\/\S+):\S+:ro/g))
      expect(existsSync(path.join(root, "ops", file ?? ""))).toBe(true);
    const names = [...compose.matchAll(/^\s+((?:PHALA|PONDER|DATABASE)_[A-Z_]+):/gm)].map(([, name]) => name);
    expect(names).not.toHaveLength(0);
    for (const name of names) expect(variables()).toContain(name);
    const backends = all(read("ops/haproxy.cfg"), /^ {2}server (\S+) /gm);
    for (const name of backends) expect(compose).toContain(`\n  ${name}: *api\n`);
    // Without both, everybody has the proxy's address, and one limit of requests.
    expect(read("ops/haproxy.cfg")).toMatch(/^ {2}option forwardfor$/m);
    expect(/^x-api: [\s\S]*?^services:/m.exec(compose)?.[0]).toMatch(/^ {4}PHALA_TRUSTED_PROXIES: 1$/m);
    const services = all(compose, /^ {2}([a-z][a-z0-9-]*):(?: |$)/gm);
    for (const name of all(
      operations,
      /compose\.yaml (?:stop|start|run(?: (?:--?\S+|[\w-]+=\S+|indexer-v2))*) ([a-z-]+)/g,
    ))
      expect(services).toContain(name);
  });
});
