/**
 * Types and rules of everything in TypeScript and JavaScript, in one process: the rules need the types that the compiler
 * has just worked out, and `tsc` beside ESLint would work them out twice.
 *
 * What was clean is not looked at again until a source, a setting or the lockfile changes.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ESLint } from "eslint";
import ts from "typescript";

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
];

/** A digest of everything that the verdict depends on. */
function digest(): string {
  const hash = createHash("sha256").update(process.version);
  const files = ts.sys.readDirectory(root, [".ts", ".mts", ".js", ".mjs", ".json"], GENERATED);
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

async function isClean(): Promise<boolean> {
  const suite = load(root);
  const indexer = load(path.join(root, "ponder"));

  const diagnostics = [suite, indexer].flatMap((program) => ts.getPreEmitDiagnostics(program));
  if (diagnostics.length > 0) {
    console.log(
      ts.formatDiagnostics(ts.sortAndDeduplicateDiagnostics(diagnostics), {
        getCurrentDirectory: () => root,
        getCanonicalFileName: (file) => file,
        getNewLine: () => "\n",
      }),
    );
  }

  const typesOf = (program: ts.Program) => ({
    languageOptions: { parserOptions: { projectService: false, programs: [program] } },
  });
  const eslint = new ESLint({
    cwd: root,
    overrideConfig: [
      { files: ["**/*.{ts,mts}"], ...typesOf(suite) },
      { files: ["ponder/**/*.ts"], ...typesOf(indexer) },
    ],
  });
  const results = await eslint.lintFiles(["."]);
  const formatter = await eslint.loadFormatter("stylish");
  console.log(await formatter.format(results));
  return diagnostics.length === 0 && results.every(({ messages }) => messages.length === 0);
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
