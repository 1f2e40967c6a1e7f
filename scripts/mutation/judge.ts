/**
 * Within Vitest, in a sandbox of mutation: instead of running the tests once, waits for faults. For each that `tester.ts` has put
 * into the artifacts, it runs tests on fresh chains until one fails, those first that have noticed most faults of the same
 * file. To start processes and load modules for each fault would take many times as long.
 */
import { once } from "node:events";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { connect } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { type RunnerTask, type RunnerTestSuite, TestRunner } from "vitest";
import { forgetFixtures } from "../../test/helpers/stage.ts";

/**
 * What is asked: which test fails now that `source` has a fault, which `contracts` hold; or, where there is none, whether those of
 * these names pass.
 */
export type Question =
  | { readonly source: string; readonly contracts: readonly string[] }
  | { readonly names: readonly string[] };

/** The first test that failed, if any did. After one that did not end, nothing more can be asked of this process. */
export interface Answer {
  readonly failed?: string;
  readonly isEndless?: boolean;
  /** Of the genuine contracts: why. */
  readonly message?: string;
}

/** How often a test has noticed a fault, by source. */
type Kills = Map<string, number>;

interface Test {
  readonly name: string;
  /** Without folder and ending. */
  readonly file: string;
  readonly run: () => Promise<void>;
  readonly kills: Kills;
  /** In milliseconds, of the genuine contracts. */
  duration: number;
}

/** Judges until `tester.ts` has no more questions. Vitest itself runs none of the tests in `all`. */
export async function judge(all: RunnerTestSuite): Promise<void> {
  const tests = testsIn(all);
  const socket = connect(Number(process.env["MUTATION_PORT"]), "127.0.0.1");
  await once(socket, "connect");
  const answer = (said: Answer) => socket.write(`${JSON.stringify(said)}\n`);
  const readBy = new Map<string, ReadonlySet<string>>();
  let first: Answer = {};
  for (const file of new Set(tests.map((test) => test.file))) {
    readBy.set(file, watchArtifacts());
    if (first.failed === undefined) first = await firstFailure(tests.filter((test) => test.file === file));
  }
  answer(first);
  // A fault in a contract that a file never deploys is none for its tests.
  const mayNotice = ({ file }: Test, contracts: readonly string[]): boolean => {
    const read = readBy.get(file) ?? new Set();
    return read.size === 0 || contracts.some((name) => read.has(name));
  };
  for await (const line of createInterface({ input: socket })) {
    const question = JSON.parse(line) as Question;
    if ("source" in question) {
      const able = tests.filter((test) => mayNotice(test, question.contracts));
      answer(await firstFailure(inOrder(able, question.source), question.source));
    } else answer(await firstFailure(tests.filter(({ name }) => question.names.includes(name))));
  }
}

/** The contracts whose artifacts are read from now on, by Hardhat or by the deployment. */
function watchArtifacts(): ReadonlySet<string> {
  const read = new Set<string>();
  noteRead = (file) => {
    const [, name] = /artifacts.contracts.*[/\\](\w+)\.json$/.exec(file) ?? [];
    if (name !== undefined) read.add(name);
  };
  return read;
}

let noteRead: (file: string) => void = () => undefined;
for (const [owner, name] of [
  [fs, "readFileSync"],
  [fs.promises, "readFile"],
] as const) {
  const genuine: unknown = Reflect.get(owner, name);
  if (typeof genuine !== "function") throw new Error(`node:fs has no ${name}`);
  Reflect.set(owner, name, (...args: unknown[]): unknown => {
    noteRead(String(args[0]));
    return Reflect.apply(genuine, owner, args) as unknown;
  });
}
syncBuiltinESMExports();

function testsIn(suite: RunnerTestSuite, names: readonly string[] = []): Test[] {
  if (TestRunner.getSuiteHooks(suite).beforeEach.length > 0) {
    throw new Error(`${names.join(" > ")}: tests that faults are tried on have fixtures instead of beforeEach`);
  }
  return suite.tasks.flatMap((task: RunnerTask) => {
    if (task.mode !== "run") return [];
    const path_ = [...names, task.name];
    if (task.type === "suite") return testsIn(task, path_);
    // Run here, and by nobody else.
    task.mode = "skip";
    const run = async () => TestRunner.getTestFn(task)();
    const file = path.basename(path_[0] ?? "", ".test.ts");
    return [{ name: path_.join(" > "), file, run, kills: new Map(), duration: 0 }];
  });
}

/** First those that have noticed most of this source, then those that are named after it, quick ones before slow ones. */
function inOrder(tests: readonly Test[], source: string): Test[] {
  const name = path.basename(source);
  const killsOf = ({ kills }: Test) => kills.get(source) ?? 0;
  const isOwn = ({ file }: Test) => Number(file.startsWith(name));
  return tests.toSorted((a, b) => killsOf(b) - killsOf(a) || isOwn(b) - isOwn(a) || a.duration - b.duration);
}

/** Runs tests on fresh chains until one fails. Counts it as a kill of `source`; without one, measures durations. */
async function firstFailure(tests: readonly Test[], source?: string): Promise<Answer> {
  await forgetFixtures();
  for (const test of tests) {
    const started = performance.now();
    try {
      await test.run();
      if (source === undefined) test.duration = performance.now() - started;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (source === undefined) return { failed: test.name, message };
      test.kills.set(source, (test.kills.get(source) ?? 0) + 1);
      return { failed: test.name, isEndless: message.startsWith("Test timed out") };
    }
  }
  return {};
}
