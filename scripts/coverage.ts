/**
 * `npm run coverage`: which lines and statements of `contracts/` are run by the Solidity tests and by those of Vitest's that
 * mutations are tried on, together. Writes docs/coverage.md, what it counted in `scripts/coverage/record.json`, and
 * `coverage/lcov.info`; fails unless everything is run but what `coverage/exceptions.ts` excuses, and nothing that it excuses is.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { documentOf, percent } from "./coverage/document.ts";
import { EXCUSED, FAILING } from "./coverage/exceptions.ts";
import { writeRecord } from "./coverage/record.ts";
import { type FileCoverage, type Uncovered, readCoverage, totalOf } from "./coverage/report.ts";
import { surprisesOf } from "./coverage/tests.ts";
import { FOLDER, buildTree, copyTree } from "./coverage/tree.ts";
import { startService } from "./devnet/process.ts";

const DOCUMENT = path.join(import.meta.dirname, "../docs/coverage.md");

/** Runs a script in the tree, on instrumented contracts. What it says is in `coverage/NAME.log`. */
async function run(name: string, tree: string, args: readonly string[]): Promise<number | NodeJS.Signals> {
  const lines: string[] = [];
  const service = startService({
    name,
    command: process.execPath,
    args,
    cwd: tree,
    env: { HARDHAT_COVERAGE: "true", HARDHAT_DISABLE_TELEMETRY_PROMPT: "true" },
    onLine: (line) => lines.push(line),
  });
  const code = await service.ended;
  writeFileSync(path.join(FOLDER, `${name}.log`), lines.join("\n"));
  return code;
}

/** Says how long something took. */
async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  const result = await work();
  console.log(`${what.padEnd(16)} ${((Date.now() - started) / 1000).toFixed(0).padStart(5)} s`);
  return result;
}

/** Runs the Solidity tests. Returns what is wrong. */
async function runSolidity(tree: string): Promise<string[]> {
  const code = await run("solidity", tree, ["scripts/test/solidity.ts", path.join(FOLDER, "solidity.json")]);
  return code === 0 ? [] : [`Solidity tests fail on instrumented contracts: see coverage/solidity.log`];
}

/** Runs the suites of Vitest. Returns what is wrong. */
async function runVitest(tree: string): Promise<string[]> {
  const file = path.join(FOLDER, "vitest.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const config = ["--root", ".", "--config", "scripts/coverage/vitest.config.ts"];
  rmSync(file, { force: true });
  const code = await run("vitest", tree, ["node_modules/vitest/vitest.mjs", "run", ...config, ...reporters]);
  const report: unknown = JSON.parse(readFileSync(file, "utf8"));
  const surprises = surprisesOf(report as Parameters<typeof surprisesOf>[0], tree);
  // Failures that are expected end it with 1, too.
  return surprises.length === 0 && code !== 0 && Object.keys(FAILING).length === 0
    ? ["Vitest fails on instrumented contracts: see coverage/vitest.log"]
    : surprises;
}

/** Whether an entry of the list speaks of a statement. */
const isSame = (a: Omit<Uncovered, "line">, b: Omit<Uncovered, "line">): boolean =>
  a.file === b.file && a.within === b.within && a.statement === b.statement;

/** What is not run and not excused, and what is excused and run. */
function faultsOf(files: readonly FileCoverage[]): string[] {
  const uncovered = files.flatMap((file) => file.uncovered);
  const missing = uncovered.filter((each) => !EXCUSED.some((excuse) => isSame(excuse, each)));
  const stale = EXCUSED.filter((excuse) => !uncovered.some((each) => isSame(excuse, each)));
  return [
    ...missing.map(({ file, line, within, statement }) => `contracts/${file}:${line} ${within}: not run: ${statement}`),
    ...stale.map(
      ({ file, within, statement }) => `contracts/${file} ${within}: excused, but run or gone: ${statement}`,
    ),
  ];
}

function print(files: readonly FileCoverage[]): void {
  const width = Math.max(...files.map(({ file }) => file.length));
  const row = (name: string, lines: string, statements: string) =>
    console.log(`${name.padEnd(width)} ${lines.padStart(10)} ${statements.padStart(10)}`);
  row("contracts/", "lines", "statements");
  for (const { file, lines, statements } of files) row(file, percent(lines), percent(statements));
  row("all", percent(totalOf(files, "lines")), percent(totalOf(files, "statements")));
}

mkdirSync(FOLDER, { recursive: true });
const tree = copyTree();
const hre = await timed("build", () => buildTree(tree));
const wrong = [
  ...(await timed("Solidity tests", () => runSolidity(tree))),
  ...(await timed("Vitest", () => runVitest(tree))),
];
const { files, lcov } = await readCoverage(hre, ["solidity", "vitest"]);
writeFileSync(path.join(FOLDER, "lcov.info"), lcov);
writeFileSync(DOCUMENT, await documentOf(files, DOCUMENT));
writeRecord(files);
print(files);
const faults = [...wrong, ...faultsOf(files)];
for (const fault of faults) console.error(`error: ${fault}`);
process.exit(faults.length === 0 ? 0 : 1);
