/** The faults of a source, and what is said of each. */
import { astOf } from "./compiler.ts";
import { type Mutation, mutationsOf } from "./operators.ts";
import { type Result, placesOf, readSource, sha256 } from "./record.ts";

export interface Fault {
  readonly id: string;
  /** Such as `token/PHA`. */
  readonly source: string;
  readonly mutation: Mutation;
  readonly described: Omit<Result, "outcome">;
  /** See `placesOf`. */
  readonly place: string;
}

export function faultsOf(source: string): Fault[] {
  const bytes = readSource(source);
  const faults = mutationsOf(bytes, astOf(source)).map((mutation) => faultOf(source, bytes, mutation));
  const places = placesOf(faults.map(({ described }) => described));
  return faults.map((fault, i) => ({ ...fault, place: places[i] ?? "" }));
}

function faultOf(source: string, bytes: Buffer, mutation: Mutation): Omit<Fault, "place"> {
  const { operator, start, length, replacement } = mutation;
  const line = bytes.toString("utf8", 0, start).split("\n").length;
  const plain = (text: string) => text.replace(/\s+/g, " ").trim();
  const [before, after] =
    operator === "order" || length > 60
      ? [bytes.toString("utf8", start, start + length), replacement]
      : linesOf(bytes, mutation);
  const described = { source, line, operator, before: plain(before), after: plain(after) };
  return { id: sha256(`${source} ${start} ${length} ${replacement}`).slice(0, 16), source, mutation, described };
}

/** The line of a fault, before and after. */
function linesOf(bytes: Buffer, { start, length, replacement }: Mutation): [string, string] {
  const from = bytes.lastIndexOf("\n", start - 1) + 1;
  const next = bytes.indexOf("\n", start + length);
  const to = next < 0 ? bytes.length : next;
  const text = (a: number, b: number) => bytes.toString("utf8", a, b);
  return [text(from, to), text(from, start) + replacement + text(start + length, to)];
}
