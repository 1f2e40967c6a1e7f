/** The attack book and the list of sources prove what they say by tests: each entry names some, and they exist. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const DOCS = fileURLToPath(new URL("../../docs", import.meta.url));

/** The entries of a page: its list items, with what follows on indented lines. */
function entriesOf(page: string): string[] {
  const text = readFileSync(path.join(DOCS, page), "utf8");
  return [...text.matchAll(/^- .*(?:\n {2}.*)*/gm)].map(([entry]) => entry.replace(/\s+/g, " "));
}

/** The links of an entry that lead to tests: what they say, and the file. */
function linksOf(entry: string): { readonly title: string; readonly file: string }[] {
  return [...entry.matchAll(/\[([^[\]]+)\]\(\.\.\/(test\/[^)]+)\)/g)].map(([, title = "", file = ""]) => ({
    title,
    file,
  }));
}

/** The name from which a chain of calls starts: `it` of `it.each([…])(…)`. */
function startOf(node: ts.Expression): string {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isCallExpression(node) || ts.isPropertyAccessExpression(node)) return startOf(node.expression);
  return ts.isTaggedTemplateExpression(node) ? startOf(node.tag) : "";
}

const titles = new Map<string, ReadonlySet<string>>();

/** The titles of the tests in a file, as they stand in the source; of a Solidity file, the names of its test functions. */
function titlesOf(file: string): ReadonlySet<string> {
  const known = titles.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(path.join(DOCS, "..", file), "utf8");
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ["it", "test", "describe"].includes(startOf(node.expression))) {
      const [title] = node.arguments;
      if (title !== undefined && ts.isStringLiteralLike(title)) found.add(title.text.replace(/\s+/g, " "));
    }
    ts.forEachChild(node, visit);
  };
  if (file.endsWith(".sol")) {
    for (const [, name = ""] of text.matchAll(/function ((?:test|invariant)\w+)/g)) found.add(name);
  } else {
    visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  }
  titles.set(file, found);
  return found;
}

/** What an entry says of tests that is not so. */
function problemsOf(entry: string): string[] {
  const links = linksOf(entry);
  if (links.length === 0) return [`no test: ${entry.slice(0, 80)}`];
  return links.flatMap(({ title, file }) => {
    try {
      return titlesOf(file).has(title) ? [] : [`${file} has no test "${title}"`];
    } catch {
      return [`${file} does not exist`];
    }
  });
}

describe("tests that prove what a page says", () => {
  it.each([
    ["attacks.md", 90],
    ["sources.md", 10],
  ])("%s: each entry names some that exist", (page, least) => {
    const entries = entriesOf(page);
    expect(entries.length).toBeGreaterThanOrEqual(least);
    expect(entries.flatMap(problemsOf)).toEqual([]);
  });

  it("are missed where an entry has none, another title, or another file", () => {
    const file = "test/contracts/staking/VPHA.attacks.test.ts";
    expect(problemsOf(`- **x** → [claiming twice](../${file})`)).toEqual([]);
    expect(problemsOf("- **x**, and nothing else")).toEqual(["no test: - **x**, and nothing else"]);
    expect(problemsOf(`- **x** → [claiming thrice](../${file})`)).toEqual([`${file} has no test "claiming thrice"`]);
    expect(problemsOf("- **x** → [y](../test/z.test.ts)")).toEqual(["test/z.test.ts does not exist"]);
  });
});
