/** What the tests said on instrumented contracts. */
import path from "node:path";
import { FAILING } from "./exceptions.ts";

/** The parts of a report of Vitest's JSON reporter that are read here. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** What a report of Vitest's says that {@link FAILING} does not, and the other way round. */
export function surprisesOf({ testResults }: Report, tree: string): string[] {
  const surprises: string[] = [];
  const expected = new Set(
    Object.entries(FAILING).flatMap(([file, { tests }]) => tests.map((test) => `${file}: ${test}`)),
  );
  const seen = new Set<string>();
  for (const { name, status, assertionResults } of testResults) {
    const file = path.relative(tree, name);
    const failed = assertionResults
      .filter((each) => each.status === "failed")
      .map((each) => `${file}: ${each.fullName}`);
    for (const test of failed) seen.add(test);
    if (status === "failed" && failed.length === 0) surprises.push(`${file} could not be run`);
    surprises.push(...failed.filter((test) => !expected.has(test)).map((test) => `${test} failed`));
  }
  const stale = [...expected].filter((test) => !seen.has(test));
  return [
    ...surprises,
    ...stale.map((test) => `${test} did not fail: scripts/coverage/exceptions.ts says that it does`),
  ];
}
