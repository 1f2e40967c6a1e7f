/**
 * `npm run lint`: format, rules and types of everything. Prints what failed, exits with 1 if anything did.
 */
import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Name → script, and its arguments. Slow ones first. */
const CHECKS: readonly (readonly [name: string, script: string, ...args: string[]])[] = [
  ["types and rules", "scripts/lint/typescript.ts"],
  ["format", "node_modules/prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."],
  ["solhint", "node_modules/solhint/solhint.js", "--max-warnings", "0", "--disc", "contracts/**/*.sol"],
];

async function run([name, script, ...args]: (typeof CHECKS)[number]): Promise<boolean> {
  const started = Date.now();
  const child = spawn(process.execPath, [path.join(root, script), ...args], { cwd: root });
  let output = "";
  const collect = (chunk: Buffer) => (output += chunk.toString("utf8"));
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const code = await new Promise<number>((resolve) => {
    child.once("error", () => resolve(127));
    child.once("close", (exit) => resolve(exit ?? 1));
  });
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(`${code === 0 ? "clean " : "FAILED"}  ${name} (${seconds} s)`);
  if (code !== 0) console.log(output.trimEnd());
  return code === 0;
}

const waiting = [...CHECKS];
const results: boolean[] = [];
async function work(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results.push(await run(next));
}
await Promise.all([work(), work()]);
process.exit(results.every(Boolean) ? 0 : 1);
