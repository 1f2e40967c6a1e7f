/** What a request brings never becomes a part of a statement: the indexer's API has no way to write SQL from text. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const SOURCE = path.join(import.meta.dirname, "../../ponder/src");
const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

/** What takes text as SQL, of Drizzle and of the drivers. */
const FROM_TEXT: ReadonlySet<string> = new Set(["raw", "unsafe", "query", "identifier"]);

/** Where text becomes SQL otherwise than as a parameter of a tagged template. */
function holesIn(name: string, text: string): string[] {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const { expression } = node;
      const isTextual =
        ts.isPropertyAccessExpression(expression) &&
        FROM_TEXT.has(expression.name.text) &&
        // What a request asks for, of Hono.
        !expression.expression.getText().endsWith(".req");
      // `execute` takes what a tagged template makes, in its place.
      const isExecuted = ts.isPropertyAccessExpression(expression) && expression.name.text === "execute";
      const [first] = node.arguments;
      const isTagged = first !== undefined && ts.isTaggedTemplateExpression(first) && first.tag.getText() === "sql";
      if (isTextual || (isExecuted && !isTagged)) found.push(`${name}: ${node.getText().slice(0, 80)}`);
    }
    // Text that reads like a statement, and is put together otherwise than by Drizzle: its values would stand in it.
    const isTemplate = ts.isTemplateExpression(node) && !ts.isTaggedTemplateExpression(node.parent);
    const isSum = ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken;
    if (isTemplate || isSum) {
      if (/\b(?:select\s.*\sfrom|insert into|update\s.*\sset|delete from)\b/is.test(node.getText())) {
        found.push(`${name}: ${node.getText().slice(0, 80)}`);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe("SQL", () => {
  it("is written by tagged templates alone, whose values are parameters", () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.flatMap((file) => holesIn(file, readFileSync(path.join(SOURCE, file), "utf8")))).toEqual([]);
  });

  it("is found where it is not", () => {
    const bad = [
      "db.execute(sql.raw(`select ${x}`))",
      "db.execute(`select * from a where b = '${x}'`)",
      "client.query(text)",
      "const text = `delete from ${table}`;",
      "db.execute(text)",
      'const text = "select a from " + table;',
      "const text = `select a,\n b from ${table}`;",
      "sql`select ${sql.identifier(x)}`",
    ];
    for (const text of bad) expect(holesIn("x.ts", text), text).not.toEqual([]);
    expect(holesIn("x.ts", "db.execute(sql`select * from a where b = ${x}`)")).toEqual([]);
  });
});
