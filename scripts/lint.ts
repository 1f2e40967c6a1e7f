/**
 * `npm run lint`: format, rules and types of everything. Prints what failed, exits with 1 if anything did.
 */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startService } from "./devnet/process.ts";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Name → script, and its arguments. Slow ones first. */
const CHECKS: readonly (readonly [name: string, script: string, ...args: string[]])[] = [
  ["types and rules", "scripts/lint/typescript.ts"],
  ["format", "node_modules/prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."],
  ["solhint", "node_modules/solhint/solhint.js", "--max-warnings", "0", "--disc", "contracts/**/*.sol"],
];

async function run([name, script, ...args]: (typeof CHECKS)[number]): Promise<boolean> {
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

const waiting = [...CHECKS];
const results: boolean[] = [];
async function work(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results.push(await run(next));
}
await Promise.all([work(), work()]);
process.exit(results.every(Boolean) ? 0 : 1);
