/**
 * What `npm run coverage` last wrote is what it counted, and of the sources that there are. Whether they are still run like that, it
 * says when it runs.
 */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { documentOf, percent } from "../../scripts/coverage/document.ts";
import { EXCUSED } from "../../scripts/coverage/exceptions.ts";
import { readRecord, shapeOf, shapesNow } from "../../scripts/coverage/record.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const CONTRACTS = path.join(ROOT, "contracts");
const DOCUMENT = path.join(ROOT, "docs/coverage.md");
const document = readFileSync(DOCUMENT, "utf8");

/** Rows of the table: source, lines and statements as run and all. */
const rows = [...document.matchAll(/^\| (\S+\.sol) +\| +(\d+) \/ (\d+) \| +(\d+) \/ (\d+) \|$/gm)].map(
  ([, file = "", ...counts]) => ({ file, counts: counts.map(Number) }),
);

/** Without comments: what has a body with a statement in it. */
const hasCode = (file: string): boolean => {
  const text = readFileSync(path.join(CONTRACTS, file), "utf8").replace(/\/\/.*|\/\*[^]*?\*\//g, "");
  return /^(?:abstract contract|contract|library|function)\b/m.test(text) && /\)[^;{}]*\{[^}]*;/.test(text);
};

describe("docs/coverage.md", () => {
  test("has every source that has code", () => {
    const sources = readdirSync(CONTRACTS, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".sol"),
    );
    expect(rows.map(({ file }) => file)).toEqual(expect.arrayContaining(sources.filter(hasCode)));
    expect(sources).toEqual(expect.arrayContaining(rows.map(({ file }) => file)));
  });

  test("has the numbers of the last run, and their sums", () => {
    const record = Object.entries(readRecord());
    const counted = record.map(([file, { lines, statements }]) => ({
      file,
      counts: [lines.covered, lines.total, statements.covered, statements.total],
    }));
    expect(rows).toEqual(counted);
    const sums = (["lines", "statements"] as const).map((what) => {
      const sum = (member: "covered" | "total") => record.reduce((all, [, source]) => all + source[what][member], 0);
      const ratio = { covered: sum("covered"), total: sum("total") };
      return `${ratio.covered} / ${ratio.total} (${percent(ratio)})`;
    });
    expect(/^\| all +\| +(.*?) +\| +(.*?) +\|$/m.exec(document)?.slice(1)).toEqual(sums);
  });

  test("is of the functions and statements that the sources have now", () => {
    const record = readRecord();
    const then = new Map(Object.entries(record).map(([file, { shape }]) => [file, shape]));
    const now = [...shapesNow()].filter(([file]) => hasCode(file));
    const changed = now.flatMap(([file, shape]) => {
      const before = then.get(file) ?? {};
      const names = [...new Set([...Object.keys(before), ...Object.keys(shape)])];
      return names
        .filter((name) => before[name] !== shape[name])
        .map((name) => `${file}, ${name}: ${before[name] ?? "none"} → ${shape[name] ?? "none"}`);
    });
    expect(changed, "stale: run `npm run coverage` and commit what it writes").toEqual([]);
  });

  test("would see another statement, another name, and no comment", () => {
    const source = "function a() { b(); for (;;) { c(); } } // d();\nmodifier e() { _; }\nfunction f() external;";
    expect(shapeOf(source)).toEqual({ a: 4, e: 1 });
    expect(shapeOf(source.replace("b();", "b(); g();"))).toEqual({ a: 5, e: 1 });
    expect(shapeOf(source.replace("a()", "h()"))).toEqual({ e: 1, h: 4 });
    expect(shapeOf(source.replace("b()", 'b("; }") /* i(); */'))).toEqual({ a: 4, e: 1 });
  });

  test("misses nothing but what is excused, with its reason", () => {
    const incomplete = rows.filter(({ counts: [lines, allLines, run, all] }) => lines !== allLines || run !== all);
    const excused = new Set(EXCUSED.map(({ file }) => file));
    expect(incomplete.map(({ file }) => file).filter((file) => !excused.has(file))).toEqual([]);
  });

  test("lists the excuses that there are, each of a statement that there is", async () => {
    const written = await documentOf([], DOCUMENT);
    const list = (text: string) => text.slice(text.indexOf("## What is not run"));
    expect(list(document)).toBe(list(written));
    const text = (file: string) => readFileSync(path.join(CONTRACTS, file), "utf8").replace(/\s+/g, " ");
    for (const { file, statement } of EXCUSED) expect(text(file)).toContain(statement);
  });
});
