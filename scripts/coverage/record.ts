/**
 * What the last run counted, in git beside docs/coverage.md: of each source its lines and statements, and how many statements each
 * function has by our own counting. So a test can say without a run that the numbers are those of the sources that there are: who
 * renames, adds or removes a function or a statement has to run it again; who changes a comment, an operator or a number has not.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { FileCoverage, Ratio } from "./report.ts";

const FILE = path.join(import.meta.dirname, "record.json");
const CONTRACTS = path.join(import.meta.dirname, "../../contracts");

/** Statements of each function, by its name; of functions with the same name together. */
export type Shape = Readonly<Record<string, number>>;

export interface SourceRecord {
  readonly lines: Ratio;
  readonly statements: Ratio;
  readonly shape: Shape;
}

/** By source, below `contracts/`. */
export type CoverageRecord = Readonly<Record<string, SourceRecord>>;

/** Comments and literals, in which a semicolon ends nothing. */
const NO_CODE = /\/\/.*|\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;

/** What begins a body: a function with its name, a constructor, a modifier. */
const BEGINNING = /\b(?:(?:function|modifier)\s+(\w+)|constructor)\b/g;

/** The functions of a source that have a body, each with the semicolons in it: a statement each, and two of a loop's head. */
export function shapeOf(source: string): Shape {
  const text = source.replace(NO_CODE, "");
  const beginnings = [...text.matchAll(BEGINNING)];
  const shape: Record<string, number> = {};
  for (const { index, 1: name = "constructor" } of beginnings) {
    const opens = /[;{]/.exec(text.slice(index));
    // Declared, and made elsewhere.
    if (opens === null || opens[0] === ";") continue;
    let depth = 0;
    let statements = 0;
    for (let at = index + opens.index; at < text.length; ++at) {
      if (text[at] === "{") ++depth;
      else if (text[at] === ";") ++statements;
      else if (text[at] === "}" && --depth === 0) break;
    }
    shape[name] = (shape[name] ?? 0) + statements;
  }
  return Object.fromEntries(Object.entries(shape).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The shape of every source that has a function with a body. */
export function shapesNow(): ReadonlyMap<string, Shape> {
  const sources = readdirSync(CONTRACTS, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".sol"));
  const shapes = sources.map((file) => [file, shapeOf(readFileSync(path.join(CONTRACTS, file), "utf8"))] as const);
  return new Map(shapes.filter(([, shape]) => Object.keys(shape).length > 0));
}

export const readRecord = (): CoverageRecord => JSON.parse(readFileSync(FILE, "utf8")) as CoverageRecord;

/** Writes what `files` came to, of the sources as they are now. */
export function writeRecord(files: readonly FileCoverage[]): void {
  const shapes = shapesNow();
  const record: CoverageRecord = Object.fromEntries(
    files.map(({ file, lines, statements }) => [file, { lines, statements, shape: shapes.get(file) ?? {} }]),
  );
  writeFileSync(FILE, `${JSON.stringify(record, null, 2)}\n`);
}
