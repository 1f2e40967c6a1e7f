/**
 * `npm test`: builds, checks what is generated, lints, runs every suite, and ends with one line that counts them all.
 * `npm test -- --only NAME` runs one suite; `--deep` repeats the randomised ones of Solidity more often.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type SuiteCounts, type SuiteResult, lastLine, problemOf, total, vitestCounts } from "./test/results.ts";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, "node_modules");
const vitest = path.join(modules, "vitest", "vitest.mjs");
const hardhat = path.join(modules, "hardhat", "dist", "src", "cli.js");

const PROJECTS = ["contracts", "attestation", "deploy", "indexer", "integration"] as const;
const SUITES = ["lint", "solidity", ...PROJECTS] as const;
type Suite = (typeof SUITES)[number];

/** How many times more random runs of the Solidity tests there are with `--deep`. */
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

/** Runs `command` on our output. Resolves to its exit code. */
function run(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...env },
    });
    const forward = (signal: NodeJS.Signals) => void child.kill(signal);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, forward);
    child.once("error", (error) => {
      console.error(`error: ${command} cannot be run: ${error.message}`);
      resolve(127);
    });
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

/** Runs one step; `read` finds its counts in the file that it was told to write. */
async function step(
  name: string,
  args: readonly string[],
  options: { env?: Readonly<Record<string, string>>; read?: (file: string) => SuiteCounts } = {},
): Promise<SuiteResult> {
  console.log(`\n== ${name}`);
  const started = Date.now();
  const exitCode = await run(process.execPath, args, {
    HARDHAT_DISABLE_TELEMETRY_PROMPT: "true",
    PONDER_TELEMETRY_DISABLED: "1",
    ...options.env,
  });
  let counts: SuiteCounts | null = null;
  try {
    counts = options.read?.(path.join(folder, name)) ?? null;
  } catch (error) {
    console.error(`error: no result of ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { name, exitCode, seconds: (Date.now() - started) / 1000, counts, hasTests: options.read !== undefined };
}

function suite(name: Suite, factor: number): Promise<SuiteResult> {
  const file = path.join(folder, name);
  switch (name) {
    case "lint":
      return step(name, [npm(), "run", "--silent", "lint"]);
    case "solidity":
      return step(name, [path.join(root, "scripts", "test", "solidity.ts"), file, String(factor)], {
        read: (result) => JSON.parse(readFileSync(result, "utf8")) as SuiteCounts,
      });
    default:
      return step(
        name,
        [vitest, "run", "--project", name, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`],
        {
          read: (result) => vitestCounts(JSON.parse(readFileSync(result, "utf8"))),
        },
      );
  }
}

/** npm's script: `npm test` names it. */
function npm(): string {
  const file = process.env["npm_execpath"];
  if (file === undefined) throw new Error("run the tests by `npm test`.");
  return file;
}

function hasLint(): boolean {
  const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
    scripts?: Record<string, string>;
  };
  return scripts?.["lint"] !== undefined;
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
  const results: SuiteResult[] = [];

  // The compiler takes one core, the linters take the other meanwhile.
  const linting = only === undefined && hasLint() ? suite("lint", 1) : undefined;
  if (only !== "lint") {
    results.push(await step("build", [hardhat, "build", "--quiet"]));
    results.push(await step("generated files", [path.join(root, "scripts", "generate.ts"), "--check"]));
  }
  if (linting !== undefined) results.push(await linting);
  const canTest = results.every((result) => result.exitCode === 0 || result.name !== "build");
  for (const name of only === undefined ? SUITES : [only]) {
    if (name === "lint" && only === undefined) continue;
    if (name !== "lint" && !canTest) continue;
    results.push(await suite(name, isDeep ? DEEP : 1));
  }

  console.log();
  for (const result of results) {
    const problem = problemOf(result);
    const counts = result.counts === null ? "" : lastLine(result.counts);
    const verdict = problem === undefined ? counts || "ok" : `FAILED: ${problem}${counts === "" ? "" : ` (${counts})`}`;
    console.log(`${result.name.padEnd(16)} ${`${result.seconds.toFixed(0)} s`.padStart(6)}  ${verdict}`);
  }
  const sum = total(results);
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
