/** What came of the faults of a group: kept in `test/mutation/GROUP.json`, written by `mutation.ts`, judged by `assure`. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Operator } from "./operators.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const FOLDER = path.join(ROOT, "test", "mutation");

/** What came of a fault: noticed, not noticed, not compiled, or compiled to the same code. */
export type Outcome = "killed" | "survived" | "invalid" | "equal";

export interface Result {
  readonly source: string;
  readonly line: number;
  readonly operator: Operator;
  readonly before: string;
  readonly after: string;
  readonly outcome: Outcome;
  /** The test that noticed; where none did but one came to no end, that says so. */
  readonly killer?: string;
  /** Why it may survive. */
  readonly reason?: string;
}

export interface MutationRecord {
  /** SHA-256 of each source when its faults were tried. */
  readonly sources: Record<string, string>;
  /** How many faults there are in each. */
  readonly faults: Record<string, number>;
  results: Record<string, Result>;
  /** Of survivors in an earlier version of a source, by {@link placesOf}, until all faults of the new one have been tried. */
  reasons?: Record<string, string>;
}

/** Where each of these faults of a source is, also after lines before it have been added. */
export function placesOf(faults: readonly Omit<Result, "outcome">[]): string[] {
  const seen = new Map<string, number>();
  return faults.map(({ source, operator, before, after }) => {
    const place = [source, operator, before, after].join(" | ");
    const count = (seen.get(place) ?? 0) + 1;
    seen.set(place, count);
    return `${place} | ${count}`;
  });
}

/** What was said of survivors in `source`, before they are forgotten. */
export function keepReasons(record: MutationRecord, source: string): void {
  const own = Object.values(record.results).filter((result) => result.source === source);
  const inOrder = own.toSorted((a, b) => a.line - b.line);
  const places = placesOf(inOrder);
  record.reasons = { ...record.reasons };
  for (const [i, { reason }] of inOrder.entries()) if (reason !== undefined) record.reasons[places[i] ?? ""] = reason;
}

/** Forgets what was kept for sources that have been tried as a whole. */
export function dropReasons(record: MutationRecord): void {
  const tried = (source: string) => Object.values(record.results).filter((result) => result.source === source).length;
  const isOpen = (place: string) => {
    const [source = ""] = place.split(" | ");
    return tried(source) < (record.faults[source] ?? 0);
  };
  const left = Object.entries(record.reasons ?? {}).filter(([place]) => isOpen(place));
  if (left.length > 0) record.reasons = Object.fromEntries(left);
  else delete record.reasons;
}

export const sha256 = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");

/** The bytes of a source, such as `token/PHA`. */
export const readSource = (source: string): Buffer => readFileSync(path.join(ROOT, "contracts", `${source}.sol`));

const fileOf = (group: string): string => path.join(FOLDER, `${group}.json`);

/** The record of a group, if anything of it has been tried. */
export function readRecord(group: string): MutationRecord | undefined {
  const file = fileOf(group);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as MutationRecord) : undefined;
}

export function writeRecord(group: string, record: MutationRecord): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(fileOf(group), `${JSON.stringify(record, null, 2)}\n`);
}

/** How many faults were noticed, those that were not, and the share of the former in percent: 0 where there are none of either. */
export function tallyOf<T extends Pick<Result, "outcome">>(results: readonly T[]) {
  const killed = results.filter(({ outcome }) => outcome === "killed").length;
  const survived = results.filter(({ outcome }) => outcome === "survived");
  return { killed, survived, share: killed === 0 ? 0 : (100 * killed) / (killed + survived.length) };
}
