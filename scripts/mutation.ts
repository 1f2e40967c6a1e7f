/**
 * `npm run test:mutation -- GROUP… [--source NAME] [--every N] [--limit N] [--again]`: makes one small fault after the other in the
 * contracts, and runs the tests of their group on each. A fault that no test notices survives.
 *
 * What came of each fault is kept in `test/mutation/GROUP.json`, so that a run goes on where the last one ended; a fault counts
 * as known while its file is unchanged. Survivors are listed there with the reason why they may (`reason`, by hand): most change
 * nothing that can be seen. `--every 7` takes each seventh fault, `--again` forgets what survived. Without arguments, prints the results.
 *
 * Faults are compiled here, one contract at a time, and judged by the tests of their group, which wait for them in a copy of the
 * tree with its own artifacts.
 */
import { parseArgs } from "node:util";
import { type Compiled, type Genuine, astOf, codeOf, genuineOf } from "./mutation/compiler.ts";
import { GROUPS, type Group, type GroupName } from "./mutation/groups.ts";
import { type Mutation, apply, mutationsOf } from "./mutation/operators.ts";
import {
  type MutationRecord,
  type Outcome,
  type Result,
  readRecord,
  readSource,
  sha256,
  tallyOf,
  writeRecord,
} from "./mutation/record.ts";
import { type Tester, startTester } from "./mutation/tester.ts";

/** After so many faults, the tests that noticed them have to pass without one. */
const CONTROL = 100;

// FAULTS

interface Fault {
  readonly id: string;
  readonly source: string;
  readonly content: string;
  readonly described: Omit<Result, "outcome">;
}

function faultsOf(source: string): Fault[] {
  const bytes = readSource(source);
  return mutationsOf(bytes, astOf(source)).map((mutation) => faultOf(source, bytes, mutation));
}

function faultOf(source: string, bytes: Buffer, mutation: Mutation): Fault {
  const { operator, start, length, replacement } = mutation;
  const line = bytes.toString("utf8", 0, start).split("\n").length;
  const content = apply(bytes, mutation);
  const plain = (text: string) => text.replace(/\s+/g, " ").trim();
  const [before, after] =
    operator === "order" || length > 60
      ? [bytes.toString("utf8", start, start + length), replacement]
      : linesOf(bytes, mutation);
  const described = { source, line, operator, before: plain(before), after: plain(after) };
  return { id: sha256(`${source} ${start} ${length} ${replacement}`).slice(0, 16), source, content, described };
}

/** The line of a fault, before and after. */
function linesOf(bytes: Buffer, { start, length, replacement }: Mutation): [string, string] {
  const from = bytes.lastIndexOf("\n", start - 1) + 1;
  const next = bytes.indexOf("\n", start + length);
  const to = next < 0 ? bytes.length : next;
  const text = (a: number, b: number) => bytes.toString("utf8", a, b);
  return [text(from, to), text(from, start) + replacement + text(start + length, to)];
}

// RESULTS

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
    const known = new Set(record.sources[source] === hash ? faults.map(({ id }) => id) : []);
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

/** A fault, and the contracts that it changes; none, if it does not compile. */
interface Compiling {
  readonly fault: Fault;
  readonly changed: ReadonlyMap<string, Compiled> | undefined;
}

function compiled(genuine: ReadonlyMap<string, Genuine>, fault: Fault): Compiling {
  const changed = new Map<string, Compiled>();
  for (const [source, { files, bytecode, viaIR }] of genuine) {
    if (!files.has(`contracts/${fault.source}.sol`)) continue;
    const code = codeOf(source, { viaIR, changed: fault });
    if (code === undefined) return { fault, changed: undefined };
    if (code.bytecode !== bytecode) changed.set(source, code);
  }
  return { fault, changed };
}

async function tryGroup(name: GroupName, choice: Choice): Promise<void> {
  const group: Group = GROUPS[name];
  const record = recordOf(name);
  const faults = wantedFaults(group, record, choice);
  if (faults.length > 0) {
    const genuine = new Map(group.deployed.map((source) => [source, genuineOf(source)]));
    const tester = await startTester(group.tests, genuine);
    await tryFaults(faults, { genuine, tester, record, name });
    await tester.close();
  }
  writeRecord(name, record);
  console.log(summaryOf(name, record));
}

async function tryFaults(
  faults: readonly Fault[],
  on: { genuine: ReadonlyMap<string, Genuine>; tester: Tester; record: MutationRecord; name: GroupName },
): Promise<void> {
  const { genuine, tester, record, name } = on;
  let judging: Promise<void> = Promise.resolve();
  for (const [number, fault] of faults.entries()) {
    // The next one is compiled while the tests look at this one.
    const compiling = compiled(genuine, fault);
    await judging;
    if (number % CONTROL === 0) await tester.control();
    judging = judge(compiling, tester).then(({ outcome, killer }) => {
      const reason = record.results[fault.id]?.reason;
      record.results[fault.id] = {
        ...fault.described,
        outcome,
        ...(outcome === "survived" && reason !== undefined ? { reason } : {}),
      };
      writeRecord(name, record);
      const { source, line, operator, before, after } = fault.described;
      const how = outcome === "survived" ? `\n  - ${before}\n  + ${after}` : ` ${killer ?? ""}`;
      console.log(`${number + 1}/${faults.length} ${outcome.padEnd(8)} ${source}:${line} ${operator}${how}`);
    });
    // It is awaited in the next round; until then it must not count as forgotten.
    judging.catch(() => undefined);
  }
  await judging;
  await tester.control();
}

async function judge({ fault, changed }: Compiling, tester: Tester): Promise<{ outcome: Outcome; killer?: string }> {
  if (changed === undefined) return { outcome: "invalid" };
  if (changed.size === 0) return { outcome: "equal" };
  const killer = await tester.judge(fault.source, changed);
  return killer === undefined ? { outcome: "survived" } : { outcome: "killed", killer };
}

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
