/**
 * `npm test`: builds, checks what is generated, lints, runs every suite, and ends with one line that counts them all.
 * `npm test -- --only NAME` runs one suite; `--deep` repeats the randomised ones of Solidity, and of WorkerRewards, more often,
 * and plays the indexer a history of 20,000 transactions and 100 reorganisations.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { exitCodeOf } from "./bootstrap/plan.mjs";
import { type Service, startService } from "./devnet/process.ts";
import {
  type SuiteCounts,
  type SuiteResult,
  lastLine,
  problemOf,
  total,
  vitestCounts,
  vitestFailures,
} from "./test/results.ts";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, "node_modules");
const vitest = path.join(modules, "vitest", "vitest.mjs");
const hardhat = path.join(modules, "hardhat", "dist", "src", "cli.js");

/**
 * What starts the whole house, drives a browser, or measures seconds. They wait more than they work: two at a time, with all that
 * they want of the processors, and what they leave is for the rest. Of the first two the files follow each other.
 */
const WAITING = ["e2e", "operations", "integration"] as const;
const ONE_BY_ONE: readonly string[] = ["e2e", "operations"];

/** What keeps processors busy, in the order in which it starts: the linters beside the compiler, then the long ones first. */
const BUSY = ["lint", "indexer", "solidity", "attestation", "deploy", "contracts", "web", "gas"] as const;

const SUITES = [...BUSY, ...WAITING] as const;
type Suite = (typeof SUITES)[number];

/** How many times more random runs there are with `--deep`. */
const DEEP = 16;

const HELP = `npm test -- [--only ${SUITES.join("|")}] [--deep]`;

function parse(): { only: Suite | undefined; isDeep: boolean } {
  const { values } = parseArgs({ options: { only: { type: "string" }, deep: { type: "boolean", default: false } } });
  const only = SUITES.find((name) => name === values.only);
  if (values.only !== undefined && only === undefined) throw new Error(`there is no suite ${values.only}`);
  return { only, isDeep: values.deep };
}

const folder = mkdtempSync(path.join(os.tmpdir(), "suite-test-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

/** How far those that are {@link BUSY} stand back. */
const NICENESS = 10;

/** How long a step may take before it counts as hung, in minutes. */
const PATIENCE = { usual: 30, deep: 480 };

interface Step {
  readonly name: string;
  readonly args: readonly string[];
  /** Finds the counts in what the step wrote to its file. A step without it has no tests. */
  readonly countsIn?: (report: unknown) => SuiteCounts;
  readonly failuresIn?: (report: unknown) => readonly string[];
}

/** What runs now. Each is a group of processes, which ends with its first one, and with us, however that happens. */
const running = new Set<Service>();
let isInterrupted = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    isInterrupted = true;
    for (const service of running) void service.stop();
  });
}

/** Runs one step and prints what it wrote, in one piece once it has ended; `isAlone`: as it comes. */
async function run(
  { name, args, countsIn, failuresIn }: Step,
  options: { isAlone: boolean; minutes: number; factor: number },
  niceness: number,
): Promise<SuiteResult> {
  const lines: string[] = [];
  const print = (line: string) => {
    if (options.isAlone) console.log(line);
    else lines.push(line);
  };
  const started = Date.now();
  const elapsed = () => (Date.now() - started) / 1000;
  print(`\n== ${name}`);
  const service = startService({
    name,
    command: process.execPath,
    args,
    cwd: root,
    env: {
      HARDHAT_DISABLE_TELEMETRY_PROMPT: "true",
      PONDER_TELEMETRY_DISABLED: "1",
      PHALA_TEST_FACTOR: String(options.factor),
      ...(process.stdout.isTTY && process.env["NO_COLOR"] === undefined ? { FORCE_COLOR: "1" } : {}),
    },
    niceness,
    onLine: print,
  });
  running.add(service);
  const hung = setTimeout(() => {
    print(`error: ${name} has not ended within ${options.minutes} minutes`);
    void service.stop();
  }, options.minutes * 60_000);
  const ended = await service.ended;
  clearTimeout(hung);
  running.delete(service);

  let counts: SuiteCounts | null = null;
  let failures: readonly string[] = [];
  try {
    const report: unknown = countsIn && JSON.parse(readFileSync(path.join(folder, name), "utf8"));
    counts = countsIn?.(report) ?? null;
    failures = failuresIn?.(report) ?? [];
  } catch (error) {
    print(`error: no result of ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (lines.length > 0) console.log(lines.join("\n"));
  const exitCode = typeof ended === "number" ? ended : exitCodeOf(null, os.constants.signals[ended]);
  return { name, exitCode, seconds: elapsed(), counts, hasTests: countsIn !== undefined, failures };
}

function suite(name: Suite, factor: number): Step {
  const file = path.join(folder, name);
  switch (name) {
    case "lint":
      return { name, args: [path.join(root, "scripts", "lint.ts")] };
    case "gas":
      return { name, args: [path.join(root, "bench", "gas.ts"), "--check", "--many", "10"] };
    case "solidity":
      return {
        name,
        args: [path.join(root, "scripts", "test", "solidity.ts"), file, String(factor)],
        countsIn: (report) => report as SuiteCounts,
      };
    default:
      return {
        name,
        args: [
          ...[vitest, "run", "--project", name, ...(ONE_BY_ONE.includes(name) ? ["--no-file-parallelism"] : [])],
          ...["--reporter=default", "--reporter=json", `--outputFile.json=${file}`],
        ],
        countsIn: vitestCounts,
        failuresIn: vitestFailures,
      };
  }
}

async function main(): Promise<number> {
  let wanted: ReturnType<typeof parse>;
  try {
    wanted = parse();
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}\n${HELP}`);
    return 2;
  }
  const { only, isDeep } = wanted;
  const factor = isDeep ? DEEP : 1;
  const options = { isAlone: only !== undefined, minutes: isDeep ? PATIENCE.deep : PATIENCE.usual, factor };
  const results: SuiteResult[] = [];
  const perform = async (step: Step, niceness = 0): Promise<boolean> => {
    if (isInterrupted) return false;
    const result = await run(step, options, niceness);
    results.push(result);
    return result.exitCode === 0;
  };

  const build = async (): Promise<boolean> => {
    if (!(await perform({ name: "build", args: [hardhat, "build", "--quiet"] }))) return false;
    await perform({ name: "generated files", args: [path.join(root, "scripts", "generate.ts"), "--check"] });
    return true;
  };
  /** Runs `names`, two at a time, in their order. */
  const work = async (names: readonly Suite[], niceness: number): Promise<void> => {
    const steps = names.map((name) => suite(name, factor));
    const lane = async () => {
      for (let next = steps.shift(); next !== undefined; next = steps.shift()) await perform(next, niceness);
    };
    await Promise.all([lane(), lane()]);
  };
  if (only === "lint") await perform(suite(only, factor));
  else if (only !== undefined) {
    if (await build()) await perform(suite(only, factor));
  } else {
    const [first, ...others] = BUSY;
    const linting = perform(suite(first, factor), NICENESS);
    // No suite starts before what it runs is built.
    if (await build()) await Promise.all([work(WAITING, 0), linting.then(async () => work(others, NICENESS))]);
    await linting;
  }

  console.log();
  for (const { name, failures } of results) for (const failure of failures) console.log(`FAILED ${name}: ${failure}`);
  for (const result of results) {
    const problem = problemOf(result);
    const counts = result.counts === null ? "" : lastLine(result.counts);
    const verdict = problem === undefined ? counts || "ok" : `FAILED: ${problem}${counts === "" ? "" : ` (${counts})`}`;
    console.log(`${result.name.padEnd(16)} ${`${result.seconds.toFixed(0)} s`.padStart(6)}  ${verdict}`);
  }
  if (isInterrupted) console.log("interrupted");
  const counted = total(results);
  const sum = isInterrupted && counted.failed === 0 ? { ...counted, failed: 1 } : counted;
  console.log(lastLine(sum));
  return sum.failed === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    console.log(lastLine({ passed: 0, failed: 1, skipped: 0 }));
    process.exit(1);
  },
);
