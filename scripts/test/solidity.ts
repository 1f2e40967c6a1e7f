/**
 * Runs the Solidity tests and writes what came of them, as {@link SuiteCounts}, to the file named by the first argument:
 * Hardhat prints its summary for people only. The second is a factor for the number of random runs. Nothing is compiled:
 * other suites read the artifacts meanwhile.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import config from "../../hardhat.config.ts";
import type { SuiteCounts } from "./results.ts";

const [file = "", factor = "1"] = process.argv.slice(2);

/** Hardhat's own number of runs. */
const DEFAULT_RUNS = 256;
const solidity = config.test?.solidity;
const { fuzz, invariant } = { fuzz: undefined, invariant: undefined, ...solidity };
const times = (runs: number | undefined) => (runs ?? DEFAULT_RUNS) * Number(factor);
const hre = await createHardhatRuntimeEnvironment(
  factor === "1"
    ? config
    : {
        ...config,
        test: {
          solidity: {
            ...solidity,
            fuzz: { ...fuzz, runs: times(fuzz?.runs) },
            invariant: { ...invariant, runs: times(invariant?.runs) },
          },
        },
      },
  {},
  path.join(import.meta.dirname, "../.."),
);
const result: unknown = await hre.tasks.getTask(["test", "solidity"]).run({ noCompile: true });

/** The statuses of all tests that ran. The summary that comes with them counts only what other runners did. */
function statuses(): unknown[] {
  const value = member(result, "value") ?? member(result, "error");
  const suites = member(value, "suiteResults");
  if (!Array.isArray(suites)) throw new Error("Hardhat's Solidity runner gave no results");
  return suites.flatMap((suite: unknown) => {
    const tests = member(suite, "testResults");
    if (!Array.isArray(tests)) throw new Error("Hardhat's Solidity runner gave a suite without results");
    return tests.map((test: unknown) => member(test, "status"));
  });
}

/** A property that may be a getter of the runner's native objects. */
function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

const all = statuses();
const passed = all.filter((status) => status === "Success").length;
const skipped = all.filter((status) => status === "Skipped").length;
const counts: SuiteCounts = { passed, failed: all.length - passed - skipped, skipped };
writeFileSync(file, JSON.stringify(counts));
process.exit(counts.failed === 0 && member(result, "success") !== false ? 0 : 1);
