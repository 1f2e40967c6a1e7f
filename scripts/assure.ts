/**
 * `npm run assure [-- NAME…]`: what takes too long for `npm test`, one after the other: coverage, proofs, a build of a clean clone,
 * and whether the records of mutations are of these contracts. Ends with a line for each, and with 1 if one failed. A run of coverage
 * that comes to other numbers than those in git fails, too: it has written the new ones, to be looked at and committed.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { mutationProblems } from "./assure/mutations.ts";
import { startService } from "./devnet/process.ts";

const ROOT = path.join(import.meta.dirname, "..");

/** Runs a script of this folder, and prints what it says as it comes. */
async function run(name: string): Promise<string[]> {
  const service = startService({
    name,
    command: process.execPath,
    args: [path.join(import.meta.dirname, `${name}.ts`)],
    cwd: ROOT,
    env: { HARDHAT_DISABLE_TELEMETRY_PROMPT: "true" },
    onLine: (line) => console.log(line),
  });
  const code = await service.ended;
  return code === 0 ? [] : [`ended with ${code}`];
}

const COVERAGE = ["docs/coverage.md", "scripts/coverage/record.json"];
const readAll = (files: readonly string[]) => files.map((file) => readFileSync(path.join(ROOT, file), "utf8"));

/** By name: each says what is wrong. */
const CHECKS: Readonly<Record<string, () => Promise<string[]>>> = {
  coverage: async () => {
    const before = readAll(COVERAGE);
    const problems = await run("coverage");
    const after = readAll(COVERAGE);
    const changed = COVERAGE.filter((_, i) => before[i] !== after[i]);
    return [...problems, ...changed.map((file) => `${file} was stale: commit what is there now`)];
  },
  prove: () => run("prove"),
  verifyBuild: () => run("verifyBuild"),
  mutations: () => Promise.resolve(mutationProblems()),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(CHECKS, name));
if (unknown.length > 0) {
  console.error(`error: there is no ${unknown.join(", ")}: ${Object.keys(CHECKS).join(", ")}`);
  process.exit(2);
}

const lines: string[] = [];
let failed = 0;
for (const [name, check] of Object.entries(CHECKS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n== ${name}`);
  const started = Date.now();
  const problems = await check();
  for (const problem of problems) console.error(`error: ${problem}`);
  if (problems.length > 0) ++failed;
  const seconds = `${((Date.now() - started) / 1000).toFixed(0)} s`;
  lines.push(`${name.padEnd(12)} ${seconds.padStart(7)}  ${problems.length === 0 ? "ok" : `FAILED: ${problems[0]}`}`);
}
console.log(`\n${lines.join("\n")}`);
console.log(`${lines.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
