/**
 * `npm run verify:build`: clones a commit (`-- --commit REF`, HEAD unless given) into an empty folder, installs what its lockfile
 * says, compiles, and fails unless the bytecode of every contract and every address of the deployment are those in git.
 *
 * The paths, the machine and everything that is not committed differ from where they were made; what is compared is
 * `snapshots` (keccak of the bytecode) and `deploy/generated/addresses.ts` (CREATE2: of bytecode and parameters).
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

const root = path.dirname(import.meta.dirname);
const { values: options } = parseArgs({ options: { commit: { type: "string", default: "HEAD" } } });

const git = (...args: readonly string[]): string =>
  execFileSync("git", ["-C", root, ...args], { encoding: "utf8" }).trim();

const commit = git("rev-parse", "--verify", `${options.commit}^{commit}`);
if (git("status", "--porcelain") !== "")
  console.warn(`Not committed, and not part of what is verified: see \`git status\`.`);
const folder = mkdtempSync(path.join(os.tmpdir(), "verify-build-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Runs a script of the clone by the clone's own bootstrap, which installs first. */
function run(what: string, ...args: readonly string[]): void {
  console.log(`== ${what}`);
  const { status } = spawnSync(process.execPath, [path.join(folder, "scripts/bootstrap.mjs"), ...args], {
    cwd: folder,
    stdio: "inherit",
    env: { ...process.env, HARDHAT_DISABLE_TELEMETRY_PROMPT: "true" },
  });
  if (status === 0) return;
  console.error(`error: ${what} failed at ${commit}: this commit does not give what it has in git`);
  process.exit(1);
}

console.log(`== clone of ${commit}`);
// No hard links: nothing of the clone is a file of this folder.
execFileSync("git", ["clone", "--quiet", "--no-hardlinks", "--no-checkout", root, folder]);
execFileSync("git", ["-C", folder, "checkout", "--quiet", "--detach", commit]);
run("installation and build", "node_modules/hardhat/dist/src/cli.js", "build", "--no-tests");
run("bytecode and addresses", "scripts/generate.ts", "--check");

for (const file of readdirSync(path.join(folder, "snapshots")).sort()) {
  const [, hash = ""] = /^keccak +(0x\w+)$/m.exec(readFileSync(path.join(folder, "snapshots", file), "utf8")) ?? [];
  console.log(`${path.basename(file, ".txt").padEnd(20)} ${hash}`);
}
console.log(`ok: ${commit} gives this bytecode, and the addresses in deploy/generated/addresses.ts`);
