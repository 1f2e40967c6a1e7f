/**
 * `npm run test:mutation -- GROUP… [--source NAME] [--every N] [--limit N] [--again]`: makes one small fault after the other in the
 * contracts, and runs the tests of their group on each. A fault that no test notices survives.
 *
 * What came of each fault is kept in `test/mutation/GROUP.json`, so that a run goes on where the last one ended; a fault counts
 * as known while its file is unchanged. Survivors are listed there with the reason why they may (`reason`, by hand): most change
 * nothing that can be seen. `--every 7` takes each seventh fault, `--again` forgets what survived. Without arguments, prints the results.
 *
 * Faults are compiled here, many at once to choose from, and judged by the tests of their group, which wait for them in a copy of
 * the tree with its own artifacts.
 */
import { parseArgs } from "node:util";
import { type Build, type Known, buildAlone, buildsOf } from "./mutation/builds.ts";
import { type Genuine, genuineOf } from "./mutation/compiler.ts";
import { type Fault, faultsOf } from "./mutation/faults.ts";
import { GROUPS, type Group, type GroupName } from "./mutation/groups.ts";
import {
  type MutationRecord,
  type Outcome,
  dropReasons,
  keepReasons,
  readRecord,
  readSource,
  sha256,
  tallyOf,
  writeRecord,
} from "./mutation/record.ts";
import { type Tester, problemOf, startTester } from "./mutation/tester.ts";

const recordOf = (name: string): MutationRecord => readRecord(name) ?? { sources: {}, faults: {}, results: {} };

function summaryOf(name: string, { results }: MutationRecord): string {
  const all = Object.values(results);
  const count = (wanted: Outcome) => all.filter(({ outcome }) => outcome === wanted).length;
  const { killed, survived, share } = tallyOf(all);
  const excused = survived.filter(({ reason }) => reason !== undefined).length;
  return `${name.padEnd(12)} ${killed} killed, ${survived.length} survived (${excused} with a reason), ${count("equal")} equal, ${count("invalid")} invalid: ${share.toFixed(1)} %`;
}

interface Choice {
  readonly source: string | undefined;
  readonly every: number;
  readonly limit: number;
  readonly again: boolean;
}

/** The faults of the group that are to be tried, those that are known left out. What is known of another version of a file, or of a fault that is not made any more, is forgotten. */
function wantedFaults(group: Group, record: MutationRecord, { source: only, every, limit, again }: Choice): Fault[] {
  const wanted: Fault[] = [];
  for (const source of group.sources) {
    if (only !== undefined && only !== source) continue;
    const hash = sha256(readSource(source));
    const faults = faultsOf(source);
    const isSame = record.sources[source] === hash;
    if (!isSame) keepReasons(record, source);
    const known = new Set(isSame ? faults.map(({ id }) => id) : []);
    record.results = Object.fromEntries(
      Object.entries(record.results).filter(([id, result]) => result.source !== source || known.has(id)),
    );
    record.sources[source] = hash;
    record.faults[source] = faults.length;
    const isOpen = ({ id }: Fault) =>
      record.results[id] === undefined || (again && record.results[id].outcome === "survived");
    wanted.push(...faults.filter((fault, number) => number % every === 0 && isOpen(fault)));
  }
  return wanted.slice(0, limit);
}

async function tryGroup(name: GroupName, choice: Choice): Promise<void> {
  const group: Group = GROUPS[name];
  const record = recordOf(name);
  const faults = wantedFaults(group, record, choice);
  if (faults.length > 0) {
    const genuine = new Map(group.deployed.map((source) => [source, genuineOf(source)]));
    const tester = await startTester(group, genuine);
    let done = 0;
    const tell = (verdict: Verdict) => console.log(`${++done}/${faults.length} ${lineOf(verdict)}`);
    for (const build of buildsOf(genuine, faults)) {
      const { verdicts, problem } = await judge(build, { tester, genuine, tell });
      for (const { fault, outcome, killer } of verdicts) {
        const known = record.results[fault.id]?.reason ?? record.reasons?.[fault.place];
        const reason = outcome === "survived" ? known : undefined;
        record.results[fault.id] = {
          ...fault.described,
          outcome,
          ...(killer && { killer }),
          ...(reason && { reason }),
        };
      }
      writeRecord(name, record);
      if (problem !== undefined) throw new Error(problem);
    }
    await tester.close();
  }
  dropReasons(record);
  writeRecord(name, record);
  console.log(summaryOf(name, record));
}

function lineOf({ fault, outcome, killer }: Verdict): string {
  const { source, line, operator, before, after } = fault.described;
  const how = outcome === "survived" ? `\n  - ${before}\n  + ${after}` : ` ${killer ?? ""}`;
  return `${outcome.padEnd(8)} ${source}:${line} ${operator}${how}`;
}

interface Verdict {
  readonly fault: Fault;
  readonly outcome: Outcome;
  readonly killer?: string;
}

interface Judging {
  readonly tester: Tester;
  readonly genuine: ReadonlyMap<string, Genuine>;
  /** Hears each verdict; they hold once they have been returned. */
  readonly tell: (verdict: Verdict) => void;
}

interface Judged {
  readonly verdicts: readonly Verdict[];
  /** What is wrong with a test, whose verdicts are left out. */
  readonly problem?: string;
}

/** What the tests say of each fault of a build: those that pass on the same code with none. */
async function judge(build: Build | Known, { tester, genuine, tell }: Judging): Promise<Judged> {
  if ("outcome" in build) {
    tell(build);
    return { verdicts: [build] };
  }
  const verdictOn = async (fault: Fault): Promise<Verdict> => {
    const killer = await tester.judge(fault.source, build.code(fault), build.code());
    if (killer !== undefined) return { fault, outcome: "killed", killer };
    // Whether it is a fault at all, only its code alone says.
    const alone = build.faults.length === 1 ? build : buildAlone(genuine, fault);
    return "outcome" in alone ? alone : { fault, outcome: "survived" };
  };
  const found: Verdict[] = [];
  for (const fault of build.faults) {
    const verdict = await verdictOn(fault);
    tell(verdict);
    found.push(verdict);
  }
  const killers = found.flatMap(({ killer }) => killer ?? []);
  const answer = await tester.control(killers, build.code());
  const problem = problemOf(answer);
  return problem === undefined
    ? { verdicts: found }
    : { verdicts: found.filter(({ killer }) => killer !== answer.failed), problem };
}

// However it ends, the copy of the tree is cleared away.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

const { values, positionals } = parseArgs({
  options: {
    source: { type: "string" },
    every: { type: "string", default: "1" },
    limit: { type: "string", default: "1000000" },
    again: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const isGroup = (name: string): name is GroupName => Object.hasOwn(GROUPS, name);
for (const name of positionals) {
  if (!isGroup(name)) throw new Error(`there is no group ${name}: ${Object.keys(GROUPS).join(", ")}`);
  await tryGroup(name, {
    source: values.source,
    every: Number(values.every),
    limit: Number(values.limit),
    again: values.again,
  });
}
if (positionals.length === 0) for (const name of Object.keys(GROUPS)) console.log(summaryOf(name, recordOf(name)));
process.exit(0);
