/** What `npm run prove` proves: each proof has a wrong variant that must be refuted, and each model is compared with the contracts. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const TEST = path.join(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(path.join(TEST, file), "utf8");

const models = readdirSync(path.join(TEST, "formal"))
  .map((file) => read(`formal/${file}`))
  .join("\n");
const comparisons = ["Formal", "FormalModels"].map((name) => read(`contracts/properties/${name}.t.sol`)).join("\n");

/** What the first group of `pattern` finds in the models. */
const found = (pattern: RegExp): string[] => [...models.matchAll(pattern)].map(([, name = ""]) => name).sort();

describe("what is proved", () => {
  const proofs = found(/^contract (\w+)Proof\b/gm);

  it("has a wrong variant each, which has to be refuted", () => {
    expect(proofs.length).toBeGreaterThanOrEqual(11);
    expect(found(/^contract (\w+)Wrong\b/gm)).toEqual(proofs);
    // What is asserted in the text of a proof, function by function.
    const functionsOf = (name: string) =>
      [...(new RegExp(`^contract ${name} \\{(.*?)^\\}`, "ms").exec(models)?.[1] ?? "").matchAll(/function (\w+)/g)]
        .map(([, each = ""]) => each)
        .sort();
    const asserted = proofs.filter((name) => functionsOf(`${name}Proof`).length > 0);
    expect(asserted.length).toBeGreaterThanOrEqual(5);
    for (const name of asserted) expect(functionsOf(`${name}Wrong`), name).toEqual(functionsOf(`${name}Proof`));
  });

  it("is arithmetic and state that a test compares with the contracts", () => {
    const libraries = [...models.matchAll(/^library (\w+) \{(.*?)^\}/gms)];
    const functions = libraries.flatMap(([, library = "", body = ""]) =>
      [...body.matchAll(/function (\w+)/g)].map(([, name = ""]) => `${library}.${name}`),
    );
    expect(functions.length).toBeGreaterThanOrEqual(5);
    // What only another function of the library calls is compared by way of that one.
    const isInner = (name: string) => models.includes(`return ${name.replace(/.*\./, "")}(`);
    expect(functions.filter((name) => !isInner(name) && !comparisons.includes(`${name}(`))).toEqual([]);
    const machines = found(/^abstract contract (\w+)/gm);
    expect(machines).toEqual(["Clock", "Cursor", "Order", "Payments", "Pulls"]);
    for (const machine of machines) expect(comparisons).toMatch(new RegExp(`contract \\w+ is ${machine} `));
  });

  it("proves that arithmetic, or a machine that it inherits, and nothing of its own", () => {
    const bodies = [...models.matchAll(/^contract (\w+Proof)( is \w+)? \{(\}|.*?^\})/gms)];
    expect(bodies).toHaveLength(proofs.length);
    const own = bodies.filter(([, , heir = "", body = ""]) => heir === "" && !body.includes("Arithmetic."));
    expect(own.map(([, name]) => name)).toEqual([]);
  });
});
