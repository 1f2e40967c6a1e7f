/** Whether what is recorded of mutations still says something of the contracts that there are. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { GROUPS } from "../mutation/groups.ts";

const ROOT = path.join(import.meta.dirname, "../..");

/** What is read here of a record in `test/mutation`. */
export interface MutationRecord {
  /** SHA-256 of each source when its faults were tried. */
  readonly sources: Readonly<Record<string, string>>;
  /** How many faults there are in each. */
  readonly faults: Readonly<Record<string, number>>;
  readonly results: Readonly<
    Record<
      string,
      { readonly source: string; readonly line: number; readonly outcome: string; readonly reason?: string }
    >
  >;
}

/** What a record has to be of. */
export interface MutationGoal {
  readonly sources: readonly string[];
  /** How much of all faults must be noticed, in percent. */
  readonly least: number;
}

/** What is wrong with the record of a group, where `hashOf` gives each source's SHA-256 of now. */
export function problemsOf(
  { sources, least }: MutationGoal,
  record: MutationRecord | undefined,
  hashOf: (source: string) => string,
): string[] {
  if (record === undefined) return ["nothing has been tried"];
  const stale = sources.filter((source) => record.sources[source] !== hashOf(source));
  const results = Object.values(record.results);
  const untried = sources.flatMap((source) => {
    const [tried, all] = [results.filter((each) => each.source === source).length, record.faults[source] ?? 0];
    return tried === all ? [] : [`${source}: ${tried} of ${all} faults have been tried`];
  });
  const killed = results.filter(({ outcome }) => outcome === "killed").length;
  const survived = results.filter(({ outcome }) => outcome === "survived");
  const share = (100 * killed) / (killed + survived.length);
  return [
    ...stale.map((source) => `${source} has changed since its faults were tried`),
    ...untried,
    ...survived
      .filter(({ reason }) => reason === undefined)
      .map(({ source, line }) => `${source}:${line}: a fault survives without a reason`),
    ...(share >= least ? [] : [`${share.toFixed(1)} % of all faults are noticed, and ${least} % have to be`]),
  ];
}

const sha256Of = (source: string): string =>
  createHash("sha256")
    .update(readFileSync(path.join(ROOT, "contracts", `${source}.sol`)))
    .digest("hex");

/** What is wrong with the records of all groups. */
export const mutationProblems = (): string[] =>
  Object.entries(GROUPS).flatMap(([name, group]) => {
    const file = path.join(ROOT, "test/mutation", `${name}.json`);
    const record = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as MutationRecord) : undefined;
    return problemsOf(group, record, sha256Of).map((problem) => `${name}: ${problem}`);
  });
