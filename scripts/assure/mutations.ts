/** Whether what is recorded of mutations still says something of the contracts that there are. */
import { GROUPS } from "../mutation/groups.ts";
import { type MutationRecord, type Result, readRecord, readSource, sha256, tallyOf } from "../mutation/record.ts";

/** What is read here of a record. */
export interface ReadRecord extends Pick<MutationRecord, "sources" | "faults"> {
  readonly results: Readonly<Record<string, Pick<Result, "source" | "line" | "outcome" | "reason">>>;
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
  record: ReadRecord | undefined,
  hashOf: (source: string) => string,
): string[] {
  if (record === undefined) return ["nothing has been tried"];
  const stale = sources.filter((source) => record.sources[source] !== hashOf(source));
  const results = Object.values(record.results);
  const untried = sources.flatMap((source) => {
    const [tried, all] = [results.filter((each) => each.source === source).length, record.faults[source] ?? 0];
    return tried === all ? [] : [`${source}: ${tried} of ${all} faults have been tried`];
  });
  const { survived, share } = tallyOf(results);
  return [
    ...stale.map((source) => `${source} has changed since its faults were tried`),
    ...untried,
    ...survived
      .filter(({ reason }) => reason === undefined)
      .map(({ source, line }) => `${source}:${line}: a fault survives without a reason`),
    ...(share >= least ? [] : [`${share.toFixed(1)} % of all faults are noticed, and ${least} % have to be`]),
  ];
}

/** What is wrong with the records of all groups. */
export const mutationProblems = (): string[] =>
  Object.entries(GROUPS).flatMap(([name, group]) =>
    problemsOf(group, readRecord(name), (source) => sha256(readSource(source))).map((problem) => `${name}: ${problem}`),
  );
