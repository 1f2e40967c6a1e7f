/** Every rule of the static analyser that is off has its reason: in docs/static-analysis.md, or where it is off for a file. */
import { readFileSync, readdirSync } from "node:fs";
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

describe("rules that are off in a file", () => {
  const folder = new URL("../../contracts/", import.meta.url);
  const lines = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sol"))
    .flatMap((name) =>
      readFileSync(new URL(name, folder), "utf8")
        .split("\n")
        .map((line, i, all) => ({ name, line, before: all[i - 1] ?? "" })),
    )
    .filter(({ line }) => line.includes("solhint-disable"));

  it("are named, and have their reason in the line before", () => {
    expect(lines.length).toBeGreaterThan(0);
    const bare = lines.filter(
      ({ line, before }) => !(/solhint-disable(?:-\S+)? \S/.test(line) && /^\s*\/\/ .{20}/.test(before)),
    );
    expect(bare.map(({ name, line }) => `${name}: ${line}`)).toEqual([]);
  });
});
