/** Every rule of the static analyser that is off has its reason in docs/static-analysis.md. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

describe("rules that are off", () => {
  const { rules } = JSON.parse(read(".solhint.json")) as { rules: Readonly<Record<string, unknown>> };
  const off = Object.keys(rules).filter((rule) => rules[rule] === "off");
  const [, section = ""] = read("docs/static-analysis.md").split("## Rules that are off");
  const [list = ""] = section.split("\n## ");
  const explained = [...list.matchAll(/^- (.*)$/gm)].flatMap(([, line = ""]) => {
    const [names = ""] = line.split(": ");
    return [...names.matchAll(/`([\w-]+)`/g)].map(([, name = ""]) => name);
  });

  it("are explained, and no others", () => {
    expect(off.length).toBeGreaterThan(0);
    expect(explained.sort()).toEqual(off.sort());
  });
});
