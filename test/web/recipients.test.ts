/**
 * Who gets what the page sends: the account itself, or the suite's contracts by the page's settings. A history that somebody has
 * filled with addresses like one's own, or a name that an indexer has made up, leads nowhere.
 */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import type { Abi, AbiFunction } from "viem";
import { describe, expect, test } from "vitest";
import * as abis from "../../deploy/generated/abis.ts";

const FOLDER = path.join(import.meta.dirname, "../../web/src");

/** What an address in a call is called in the page, by what the contracts call it. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  // Who gets tokens, shares, votes, or a request.
  ...Object.fromEntries(
    ["receiver", "account", "controller", "owner", "to"].map((name) => [name, ["account", "owner"]]),
  ),
  // Who may take tokens: of the page's settings.
  spender: ["spender"],
  // What is acted on: a worker of one's own, a scheduled call.
  worker: ["worker"],
  caller: ["caller"],
  target: ["target", "addressOf(row.target)"],
};

const functions = Object.values(abis).flatMap((abi: Abi) =>
  abi.filter((item): item is AbiFunction => item.type === "function"),
);

interface Use {
  readonly file: string;
  readonly name: string;
  readonly args: readonly string[];
}

/** A member of an object literal, as it is written. */
function memberOf(literal: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  const found = literal.properties.find((each) => each.name?.getText() === name);
  return found !== undefined && ts.isPropertyAssignment(found) ? found.initializer : undefined;
}

/** All calls that a file encodes. */
function usesIn(file: string): Use[] {
  const source = ts.createSourceFile(file, readFileSync(path.join(FOLDER, file), "utf8"), ts.ScriptTarget.Latest, true);
  const uses: Use[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === "encodeFunctionData") {
      const [literal] = node.arguments;
      const [name, args] =
        literal !== undefined && ts.isObjectLiteralExpression(literal)
          ? [memberOf(literal, "functionName"), memberOf(literal, "args")]
          : [];
      if (name === undefined || !ts.isStringLiteral(name))
        throw new Error(`${file}: a call whose name is not written there`);
      if (args !== undefined && !ts.isArrayLiteralExpression(args))
        throw new Error(`${file}: ${name.text} without a list`);
      uses.push({ file, name: name.text, args: args?.elements.map((each) => each.getText()) ?? [] });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return uses;
}

const uses = readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".d.ts"))
  .flatMap(usesIn);

describe("what the page sends", () => {
  test("pays nobody but the account that sends it, and lets nobody take but the contracts of its settings", () => {
    expect(uses.length).toBeGreaterThan(15);
    const wrong = uses.flatMap(({ file, name, args }) => {
      const item = functions.find((each) => each.name === name && each.inputs.length === args.length);
      if (item === undefined) return [`${file}: ${name} is no function of the suite`];
      return item.inputs.flatMap((input, i) => {
        if (input.type !== "address") return [];
        const wanted = ALLOWED[input.name ?? ""] ?? [];
        return wanted.includes(args[i] ?? "") ? [] : [`${file}: ${name} has ${args[i] ?? ""} for ${input.name ?? ""}`];
      });
    });
    expect(wrong).toEqual([]);
  });

  test("goes to contracts of its settings", () => {
    const sending = readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".d.ts"))
      .map((file) => ({ file, text: readFileSync(path.join(FOLDER, file), "utf8") }))
      .filter(({ text }) => /\bsend\(/.test(text));
    const targets = sending.flatMap(({ file, text }) =>
      [...text.matchAll(/\bto: ([\w.]+),/g)].map(([, target = ""]) => ({ file, text, target })),
    );
    expect(targets.length).toBeGreaterThan(6);
    const strange = targets.filter(({ file, text, target }) => {
      // The token of a payment is its caller's, from the settings; what it is for, too.
      if (file === path.join("chain", "payment.ts")) return target !== "token";
      const bound = [...text.matchAll(/const \{([^}]*)\} = contracts;/g)].map(([, names = ""]) => names).join();
      return !target.startsWith("contracts.") && !new RegExp(`(?:^|[\\s,:])${target}(?:[\\s,]|$)`).test(bound);
    });
    expect(strange.map(({ file, target }) => `${file}: ${target}`)).toEqual([]);
  });
});
