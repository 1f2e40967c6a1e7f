/**
 * Runs the Solidity tests and writes what came of them, as {@link SuiteCounts}, to the file named by the first argument:
 * Hardhat prints its summary for people only. The second is a factor for the number of random runs; further ones are the files that
 * are run, instead of all. Nothing is compiled: other suites read the artifacts meanwhile.
 *
 * Each suite of invariants makes at least 10,000 calls in all, and 62,500 per unit of a factor: 1,000,000 with `npm run test:deep`;
 * fewer are a failure. With a factor the sequences are twice as long, too: they get to where short ones do not.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import config from "../../hardhat.config.ts";
import type { SuiteCounts } from "./results.ts";

const [file = "", factor = "1", ...testFiles] = process.argv.slice(2);

/** Hardhat's own number of runs. */
const DEFAULT_RUNS = 256;
const solidity = config.test?.solidity;
const { fuzz, invariant } = { fuzz: undefined, invariant: undefined, ...solidity };
const times = (runs: number | undefined) => (runs ?? DEFAULT_RUNS) * Number(factor);
/** Calls that the invariants of a suite have to make in all. */
const LEAST_CALLS = factor === "1" ? 10_000 : 62_500 * Number(factor);
/** Calls of one sequence, with a factor. */
const DEPTH = 320;
/** Of invariants, a suite has at least so many: each makes its share of {@link LEAST_CALLS}. */
const LEAST_INVARIANTS = 4;
const RUNS = Math.ceil(LEAST_CALLS / LEAST_INVARIANTS / DEPTH);
const hre = await createHardhatRuntimeEnvironment(
  factor === "1"
    ? config
    : {
        ...config,
        test: {
          solidity: {
            ...solidity,
            fuzz: { ...fuzz, runs: times(fuzz?.runs) },
            invariant: { ...invariant, runs: RUNS, depth: DEPTH },
          },
        },
      },
  {},
  path.join(import.meta.dirname, "../.."),
);
const result: unknown = await hre.tasks.getTask(["test", "solidity"]).run({ noCompile: true, testFiles });

/** All suites that ran, with their name. The summary that comes with them counts only what other runners did. */
function suites(): { readonly name: string; readonly tests: readonly unknown[] }[] {
  const value = member(result, "value") ?? member(result, "error");
  const list = member(value, "suiteResults");
  if (!Array.isArray(list)) throw new Error("Hardhat's Solidity runner gave no results");
  return list.map((suite: unknown) => {
    const tests = member(suite, "testResults");
    if (!Array.isArray(tests)) throw new Error("Hardhat's Solidity runner gave a suite without results");
    return { name: String(member(member(suite, "id"), "name")), tests };
  });
}

/** What a suite's invariants called in all; undefined if it has none. */
function callsOf(tests: readonly unknown[]): number | undefined {
  const calls = tests.map((test) => member(member(test, "kind"), "calls")).filter((count) => count !== undefined);
  return calls.length === 0 ? undefined : calls.reduce<number>((sum, count) => sum + Number(count), 0);
}

/** A property that may be a getter of the runner's native objects. */
function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

const all = suites();
const statuses = all.flatMap(({ tests }) => tests.map((test) => member(test, "status")));
const passed = statuses.filter((status) => status === "Success").length;
const skipped = statuses.filter((status) => status === "Skipped").length;
let idle = 0;
for (const { name, tests } of all) {
  const calls = callsOf(tests);
  if (calls === undefined) continue;
  console.log(`${name}: ${calls} calls`);
  if (calls >= LEAST_CALLS) continue;
  console.error(`${name} has to make ${LEAST_CALLS} calls: see \`invariant\` in hardhat.config.ts`);
  ++idle;
}
const counts: SuiteCounts = { passed, failed: statuses.length - passed - skipped + idle, skipped };
writeFileSync(file, JSON.stringify(counts));
process.exit(counts.failed === 0 && member(result, "success") !== false ? 0 : 1);
