/**
 * `npm run lint`: format, rules and types of everything. Prints what failed, exits with 1 if anything did.
 * `npm run format`: formats everything instead.
 */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import ts from "typescript";
import { startService } from "./devnet/process.ts";
import { writeSchema } from "./web/schema.ts";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const { values: options } = parseArgs({ options: { format: { type: "boolean", default: false } } });

const OXLINT = "node_modules/oxlint/bin/oxlint";

type Check = readonly [name: string, script: string, ...args: string[]];

/** Solidity, which the other formatter does not know. */
const formatSolidity = (mode: string): Check => [
  ...(["format of Solidity", "node_modules/prettier/bin/prettier.cjs"] as const),
  ...[mode, "--log-level", "warn", "**/*.sol"],
];
const format = (...mode: string[]): Check => ["format", "node_modules/oxfmt/bin/oxfmt", ...mode, "."];

/** Slow ones first. */
const CHECKS: readonly Check[] = options.format
  ? [formatSolidity("--write"), format()]
  : [
      ["types and rules", OXLINT, "."],
      formatSolidity("--check"),
      ["solhint", "node_modules/solhint/solhint.js", "--max-warnings", "0", "--disc", "contracts/**/*.sol"],
      format("--check"),
    ];

async function run([name, script, ...args]: Check): Promise<boolean> {
  const started = Date.now();
  const lines: string[] = [];
  const service = startService({
    name,
    command: process.execPath,
    args: [path.join(root, script), ...args],
    cwd: root,
    onLine: (line) => lines.push(line),
  });
  const code = await service.ended;
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(`${code === 0 ? "clean " : "FAILED"}  ${name} (${seconds} s)`);
  if (code !== 0) console.log(lines.join("\n").trimEnd());
  return code === 0;
}

/** Each folder with a tsconfig.json. */
const PROJECTS = [".", "ponder", "web", "bench/indexer/reference"];

/** What is neither a source nor written by hand. */
const GENERATED = [
  "**/node_modules",
  "**/.*/**/*",
  "artifacts",
  "cache",
  "coverage",
  "deployments",
  "ponder/generated",
];

/** The files of a tsconfig.json. Throws if it is not there, or wrong. */
function filesOf(folder: string): readonly string[] {
  const file = path.join(root, folder, "tsconfig.json");
  const read: { config?: unknown; error?: ts.Diagnostic } = ts.readConfigFile(file, (name) => ts.sys.readFile(name));
  const parsed = ts.parseJsonConfigFileContent(read.config, ts.sys, path.dirname(file));
  const [error] = [...(read.error ? [read.error] : []), ...parsed.errors];
  if (error !== undefined) throw new Error(`${file}: ${ts.flattenDiagnosticMessageText(error.messageText, "\n")}`);
  return parsed.fileNames;
}

/** Whether each file in TypeScript is looked at, and as one of a project: of what is in none, the compiler would ask less. */
function isEachLookedAt(): boolean {
  const known = new Set(PROJECTS.flatMap(filesOf));
  const listed = spawnSync(process.execPath, [path.join(root, OXLINT), "--debug=files"], {
    cwd: root,
    encoding: "utf8",
  });
  const looked = new Set(listed.stdout.split("\n").map((file) => path.join(root, file)));
  const sources = ts.sys
    .readDirectory(root, [".ts", ".tsx", ".mts"], GENERATED)
    .filter((file) => file !== path.join(root, "web/src/indexer/schema.d.ts"));
  const problems = sources.flatMap((file) => [
    ...(known.has(file) || file.endsWith(".d.ts") ? [] : [`${path.relative(root, file)} is in no tsconfig.json`]),
    ...(looked.has(file) ? [] : [`${path.relative(root, file)} is not looked at: see .oxlintrc.json`]),
  ]);
  for (const problem of problems) console.log(`FAILED  ${problem}`);
  return problems.length === 0;
}

const results: boolean[] = [];
if (!options.format) {
  // What the page's types are made of.
  writeSchema();
  results.push(isEachLookedAt());
}
const waiting = [...CHECKS];
async function work(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results.push(await run(next));
}
await Promise.all([work(), work()]);
process.exit(results.every(Boolean) ? 0 : 1);
