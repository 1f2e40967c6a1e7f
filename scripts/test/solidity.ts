/**
 * Runs the Solidity tests and writes what came of them, as {@link SuiteCounts}, to the file named by the first argument:
 * Hardhat prints its summary for people only. The second is a factor for the number of random runs.
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
const result: unknown = await hre.tasks.getTask(["test", "solidity"]).run({});

/** The number `name` in the summary, whatever wraps it. */
function count(name: keyof SuiteCounts): number {
  for (const at of [["value", "summary"], ["error", "summary"], ["summary"]]) {
    const summary = at.reduce<unknown>((value, key) => member(value, key), result);
    const found = member(summary, name);
    if (typeof found === "number") return found;
  }
  throw new Error("Hardhat's Solidity runner gave no summary");
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}

const counts: SuiteCounts = { passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
writeFileSync(file, JSON.stringify(counts));
process.exit(counts.failed === 0 && member(result, "success") !== false ? 0 : 1);
