/** What `npm run assure` finds in records of mutations, and that its parts are there. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type ReadRecord, problemsOf } from "../../scripts/assure/mutations.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const GOAL = { sources: ["a/One", "a/Two"], least: 75 };
const hashOf = (source: string) => `hash of ${source}`;

const result = (outcome: ReadRecord["results"][string]["outcome"], reason?: string) => ({
  source: "a/One",
  line: 7,
  outcome,
  ...(reason === undefined ? {} : { reason }),
});
const RECORD: ReadRecord = {
  sources: { "a/One": hashOf("a/One"), "a/Two": hashOf("a/Two") },
  faults: { "a/One": 5, "a/Two": 0 },
  results: {
    ...Object.fromEntries([1, 2, 3].map((n) => [`k${n}`, result("killed")])),
    s: result("survived", "is the same"),
    e: result("equal"),
  },
};

describe("a record of mutations", () => {
  it("is right where all its sources are those of now, enough was noticed, and what was not has a reason", () => {
    expect(problemsOf(GOAL, RECORD, hashOf)).toEqual([]);
  });

  it("is wrong where there is none, a source is another, not all has been tried, a survivor has no reason, or too many survive", () => {
    expect(problemsOf(GOAL, undefined, hashOf)).toEqual(["nothing has been tried"]);
    const changed = (source: string) => (source === "a/Two" ? "another" : hashOf(source));
    expect(problemsOf(GOAL, RECORD, changed)).toEqual(["a/Two has changed since its faults were tried"]);
    const bare = { ...RECORD, results: { ...RECORD.results, s: result("survived") } };
    expect(problemsOf(GOAL, bare, hashOf)).toEqual(["a/One:7: a fault survives without a reason"]);
    expect(problemsOf({ ...GOAL, least: 76 }, RECORD, hashOf)).toEqual([
      "75.0 % of all faults are noticed, and 76 % have to be",
    ]);
    const short = { ...RECORD, faults: { "a/One": 5, "a/Two": 2 } };
    expect(problemsOf(GOAL, short, hashOf)).toEqual(["a/Two: 0 of 2 faults have been tried"]);
    expect(problemsOf(GOAL, { ...RECORD, results: {} }, hashOf)).toHaveLength(2);
  });
});

describe("npm run assure", () => {
  it("runs scripts that there are, each a command of its own, too", () => {
    const script = readFileSync(path.join(ROOT, "scripts/assure.ts"), "utf8");
    const { scripts } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
      scripts: Readonly<Record<string, string>>;
    };
    const parts = [...script.matchAll(/\brun\("(\w+)"\)/g)].map(([, name = ""]) => `scripts/${name}.ts`);
    expect(parts).toHaveLength(3);
    for (const part of parts) {
      expect(existsSync(path.join(ROOT, part))).toBe(true);
      expect(Object.values(scripts).some((command) => command.endsWith(part))).toBe(true);
    }
    expect(scripts["assure"]).toBe("node scripts/bootstrap.mjs scripts/assure.ts");
  });
});
