/**
 * Types and rules of everything in TypeScript and JavaScript, in one process: the rules need the types that the compiler
 * has just worked out, and `tsc` beside ESLint would work them out twice.
 *
 * What was clean is not looked at again until a source, a setting or the lockfile changes.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ESLint, type Linter } from "eslint";
import ts from "typescript";
import { writeSchema } from "../web/schema.ts";

const root = path.join(import.meta.dirname, "../..");
const stampFile = path.join(root, "node_modules/.cache/suite-lint");

/** What is neither a source nor written by hand. */
const GENERATED = [
  "**/node_modules",
  "**/.*/**/*",
  "artifacts",
  "cache",
  "coverage",
  "deployments",
  "ponder/generated",
  "web/dist",
  "web/src/indexer/schema.d.ts",
];

/** A digest of everything that the verdict depends on. */
function digest(): string {
  const hash = createHash("sha256").update(process.version);
  const files = ts.sys.readDirectory(root, [".ts", ".tsx", ".mts", ".js", ".mjs", ".json"], GENERATED);
  for (const file of files.sort()) {
    const content = readFileSync(file);
    hash.update(`${path.relative(root, file)}\n${content.length}\n`).update(content);
  }
  return hash.digest("hex");
}

function load(folder: string): ts.Program {
  const config = ts.getParsedCommandLineOfConfigFile(
    path.join(folder, "tsconfig.json"),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic(diagnostic) {
        throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"));
      },
    },
  );
  if (config === undefined) throw new Error(`${folder} has no tsconfig.json`);
  const { fileNames, options, errors } = config;
  return ts.createProgram({ rootNames: fileNames, options, configFileParsingDiagnostics: errors });
}

/** Each folder with a tsconfig.json, after what the page's types are made of. */
const FOLDERS = [".", "ponder", "web", "bench/indexer/reference"];

/** Whether the TypeScript of one folder has neither errors nor findings. `seen` gets its files. */
async function isCleanIn(folder: string, seen: Set<string>): Promise<boolean> {
  const program = load(path.join(root, folder));
  const diagnostics = ts.getPreEmitDiagnostics(program);
  if (diagnostics.length > 0) {
    console.log(
      ts.formatDiagnostics(ts.sortAndDeduplicateDiagnostics(diagnostics), {
        getCurrentDirectory: () => root,
        getCanonicalFileName: (file) => file,
        getNewLine: () => "\n",
      }),
    );
  }
  const files = program.getRootFileNames();
  for (const file of files) seen.add(path.resolve(file));
  const types = { languageOptions: { parserOptions: { projectService: false, programs: [program] } } };
  const rules = await isCleanByRules([...files], { files: ["**/*.{ts,tsx,mts}"], ...types });
  return diagnostics.length === 0 && rules;
}

async function isCleanByRules(files: string[], override: Linter.Config): Promise<boolean> {
  const eslint = new ESLint({ cwd: root, overrideConfig: [override], warnIgnored: false });
  const results = await eslint.lintFiles(files);
  const formatter = await eslint.loadFormatter("stylish");
  console.log(await formatter.format(results));
  return results.every(({ messages }) => messages.length === 0);
}

/** One folder after the other: the types of all of them together are more than a process has memory for. */
async function isClean(): Promise<boolean> {
  writeSchema();
  const seen = new Set<string>();
  let isFine = await isCleanByRules(["**/*.{js,mjs}"], {});
  for (const folder of FOLDERS) isFine = (await isCleanIn(folder, seen)) && isFine;
  const forgotten = ts.sys
    .readDirectory(root, [".ts", ".tsx", ".mts"], GENERATED)
    .filter((file) => !seen.has(path.resolve(file)) && !file.endsWith(".d.ts"));
  for (const file of forgotten) console.log(`${path.relative(root, file)} is in no tsconfig.json`);
  return isFine && forgotten.length === 0;
}

function lastClean(): string | undefined {
  try {
    return readFileSync(stampFile, "utf8");
  } catch {
    return undefined;
  }
}

const now = digest();
if (lastClean() !== now) {
  if (!(await isClean())) process.exit(1);
  mkdirSync(path.dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, now);
}
