/** What came of the suites, and the line that says so. */

export interface SuiteCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface SuiteResult {
  readonly name: string;
  readonly exitCode: number;
  readonly seconds: number;
  /** Null for a step that has no tests, or if the suite ended without a result. */
  readonly counts: SuiteCounts | null;
  /** Whether the suite must have run at least one test. */
  readonly hasTests: boolean;
  /** The tests that failed, and why: to be said again at the end, where logs that are cut short still have it. */
  readonly failures: readonly string[];
}

const NONE: SuiteCounts = { passed: 0, failed: 0, skipped: 0 };

/** Why a suite did not pass; undefined if it did. */
export function problemOf({ exitCode, counts, hasTests }: SuiteResult): string | undefined {
  if (hasTests && counts === null) return `ended without a result (exit code ${exitCode})`;
  if (counts !== null && counts.failed > 0) return `${counts.failed} failed`;
  if (exitCode !== 0) return `failed (exit code ${exitCode})`;
  if (hasTests && counts !== null && counts.passed === 0) return "ran no test";
  return undefined;
}

/**
 * All suites together. One that crashed, or a step that failed, counts as one failure beside what its tests say, so that
 * the line can never say "0 failed" when something did.
 */
export function total(results: readonly SuiteResult[]): SuiteCounts {
  let sum = NONE;
  for (const result of results) {
    const { passed, failed, skipped } = result.counts ?? NONE;
    const failures = failed === 0 && problemOf(result) !== undefined ? 1 : failed;
    sum = { passed: sum.passed + passed, failed: sum.failed + failures, skipped: sum.skipped + skipped };
  }
  return sum;
}

/** `N passed, N failed`, and how many were skipped if any were. */
export function lastLine({ passed, failed, skipped }: SuiteCounts): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
}

/** The counts in a report of Vitest's JSON reporter. Throws if it is not one. */
export function vitestCounts(report: unknown): SuiteCounts {
  const count = (name: string): number => {
    const value =
      typeof report === "object" && report !== null ? Object.entries(report).find(([key]) => key === name) : [];
    if (typeof value?.[1] !== "number") throw new Error(`the test report has no ${name}`);
    return value[1];
  };
  // A file that cannot even be loaded is a suite that failed without a test that did.
  const failed = count("numFailedTests");
  const suites = failed === 0 && count("numFailedTestSuites") > 0 ? count("numFailedTestSuites") : 0;
  return {
    passed: count("numPassedTests"),
    failed: failed + suites,
    skipped: count("numPendingTests") + count("numTodoTests"),
  };
}

interface Outcome {
  readonly status?: string;
  readonly fullName?: string;
  readonly message?: string;
  readonly failureMessages?: readonly string[];
}

/** How much of a message is worth repeating, in lines. */
const MESSAGE_LINES = 4;

/** Each failed test of a report of Vitest's JSON reporter, and each file that could not be run, with the head of its message. */
export function vitestFailures(report: unknown): string[] {
  const { testResults = [] } = report as {
    readonly testResults?: readonly (Outcome & {
      readonly name: string;
      readonly assertionResults: readonly Outcome[];
    })[];
  };
  return testResults.flatMap(({ name, status, message = "", assertionResults }) => {
    const failed = assertionResults.filter((each) => each.status === "failed");
    const outcomes =
      failed.length === 0 && status === "failed"
        ? [{ fullName: "the file itself", failureMessages: [message] }]
        : failed;
    return outcomes.map(({ fullName = "", failureMessages = [] }) => {
      const text = failureMessages.join("\n").split("\n").slice(0, MESSAGE_LINES).join("\n    ");
      return `${name.split(/[\\/]test[\\/]/).at(-1) ?? name}: ${fullName}\n    ${text}`;
    });
  });
}
