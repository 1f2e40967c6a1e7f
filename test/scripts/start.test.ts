import { describe, expect, test } from "vitest";
import { HELP, parseStartOptions } from "../../scripts/start/options.ts";
import { keyOf } from "../../scripts/start/instance.ts";
import {
  lastLine,
  problemOf,
  total,
  vitestCounts,
  vitestFailures,
  type SuiteResult,
} from "../../scripts/test/results.ts";

describe("flags of npm start", () => {
  test("defaults", () => {
    expect(parseStartOptions([])).toMatchObject({
      chainPort: 8545,
      indexerPort: 42069,
      webPort: 4173,
      hasPage: true,
      preset: "current",
      stakers: 200,
      days: 200,
      transactions: 4400,
      hasHistory: true,
      isTroubled: false,
      isReset: false,
    });
  });

  test("every flag", () => {
    const args =
      "--chain-port 1 --indexer-port 2 --web-port 6 --no-page --preset genesis --seed 3 --stakers 4 --days 5 --trouble --no-history --reset";
    expect(parseStartOptions(args.split(" "))).toMatchObject({
      chainPort: 1,
      indexerPort: 2,
      webPort: 6,
      hasPage: false,
      preset: "genesis",
      seed: 3,
      stakers: 4,
      days: 5,
      transactions: 88,
      hasHistory: false,
      isTroubled: true,
      isReset: true,
    });
  });

  test("help names every flag", () => {
    expect(parseStartOptions(["--help"])).toBeNull();
    for (const flag of [
      "--chain-port",
      "--indexer-port",
      "--web-port",
      "--no-page",
      "--preset",
      "--seed",
      "--stakers",
      "--days",
      "--trouble",
      "--no-history",
      "--reset",
    ]) {
      expect(HELP).toContain(flag);
    }
  });

  test.each([
    [["--prest", "current"], /--prest/],
    [["--preset", "cheap"], /--preset must be one of genesis, published, current/],
    [["--chain-port", "80000"], /--chain-port must be an integer from 1 to 65535/],
    [["--chain-port", ""], /--chain-port/],
    [["--seed", "1.5"], /--seed/],
    [["--chain-port", "42069"], /must differ/],
    [["current"], /current/],
    [["--chain-port"], /chain-port/],
  ])("%j is refused", (args, message) => {
    expect(() => parseStartOptions(args)).toThrow(message);
  });
});

test("a chain's key depends on every part, and on where parts end", () => {
  expect(keyOf("a", ["x", "y"])).toBe(keyOf("a", ["x", "y"]));
  expect(keyOf("a", ["xy", ""])).not.toBe(keyOf("a", ["x", "y"]));
});

describe("the result of npm test", () => {
  const result = (change: Partial<SuiteResult>): SuiteResult => ({
    name: "suite",
    exitCode: 0,
    seconds: 1,
    hasTests: true,
    counts: { passed: 2, failed: 0, skipped: 0 },
    failures: [],
    ...change,
  });

  test("sums", () => {
    const results = [result({}), result({ counts: { passed: 3, failed: 1, skipped: 4 }, exitCode: 1 })];
    expect(lastLine(total(results))).toBe("5 passed, 1 failed, 4 skipped");
    expect(lastLine(total([result({})]))).toBe("2 passed, 0 failed");
  });

  test.each([
    ["crashed", { exitCode: 139, counts: null }],
    ["ran no test", { counts: { passed: 0, failed: 0, skipped: 1 } }],
    ["failed after its tests", { exitCode: 1 }],
    ["is a step that failed", { exitCode: 1, counts: null, hasTests: false }],
  ])("a suite that %s counts as a failure", (_, change) => {
    expect(problemOf(result(change))).toBeDefined();
    expect(total([result(change)]).failed).toBe(1);
  });

  test("a test file that cannot be loaded counts as a failure", () => {
    const report = {
      numPassedTests: 1,
      numFailedTests: 0,
      numFailedTestSuites: 1,
      numPendingTests: 0,
      numTodoTests: 0,
    };
    expect(vitestCounts(report)).toEqual({ passed: 1, failed: 1, skipped: 0 });
    expect(() => vitestCounts({})).toThrow("numFailedTests");
  });

  test("names each failed test, and each file that cannot be run, with the head of its message", () => {
    const passed = { status: "passed", fullName: "holds", failureMessages: [] };
    const failed = { status: "failed", fullName: "breaks", failureMessages: ["1\n2\n3\n4\n5"] };
    const testResults = [
      { name: "/house/test/a.test.ts", status: "failed", assertionResults: [passed, failed] },
      { name: "/house/test/b.test.ts", status: "failed", message: "no such module", assertionResults: [] },
      { name: "/house/test/c.test.ts", status: "passed", assertionResults: [passed] },
    ];
    expect(vitestFailures({ testResults })).toEqual([
      "a.test.ts: breaks\n    1\n    2\n    3\n    4",
      "b.test.ts: the file itself\n    no such module",
    ]);
  });
});
