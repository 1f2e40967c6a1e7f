/**
 * Installs what is missing, then runs a script of the suite with the Node that the suite wants:
 *
 *     node scripts/bootstrap.mjs scripts/start.ts [arguments]
 *
 * Needs Node 20 or later and npm, and nothing else. Arguments, input, output, signals and the exit code are the script's.
 * Once `node_modules` is what the lockfile asks for, it needs no network. The stamp that says so is written last, and
 * `npm ci` removes it first, so that an installation that was interrupted is never taken for a finished one.
 */
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { clearInterval, setInterval } from "node:timers";
import { fileURLToPath } from "node:url";
import {
  MINIMUM_NODE,
  exitCodeOf,
  installArguments,
  installedNode,
  isAtLeast,
  isInside,
  npmCandidates,
  stampOf,
  unnamedScripts,
} from "./bootstrap/plan.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, "node_modules");
const stampFile = path.join(modules, ".suite-install");
const lockFile = path.join(root, ".devnet", "install.lock");
const node = installedNode(root, process.platform);

class Failure extends Error {}

/** Runs a program on our input and output, and hands it our signals. Resolves to its exit code. */
function run(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit", cwd: root, env: { ...process.env, ...env } });
    const forward = (signal) => child.kill(signal);
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, forward);
    // npm passes a signal to its shell, and some shells end of it without passing it on: then we have another parent.
    const parent = process.ppid;
    const orphaned = setInterval(() => {
      if (process.env.npm_lifecycle_event === undefined || process.ppid === parent) return;
      clearInterval(orphaned);
      child.kill("SIGTERM");
    }, 500);
    child.once("error", (error) => {
      clearInterval(orphaned);
      reject(new Failure(`${command} does not run: ${error.message}`));
    });
    child.once("exit", (code, signal) => {
      clearInterval(orphaned);
      for (const name of signals) process.off(name, forward);
      resolve(exitCodeOf(code, signal === null ? undefined : os.constants.signals[signal]));
    });
  });
}

function read(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Waits until no other bootstrap installs into this folder, then holds the lock until this process ends. */
async function lock() {
  fs.mkdirSync(path.dirname(lockFile), { recursive: true });
  for (let told = false; ;) {
    try {
      fs.writeFileSync(lockFile, String(process.pid), { flag: "wx" });
      process.once("exit", () => fs.rmSync(lockFile, { force: true }));
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const owner = Number(read(lockFile));
    if (owner > 0 && !isAlive(owner)) {
      fs.rmSync(lockFile, { force: true });
      continue;
    }
    if (!told) console.error(`Waiting for another installation into this folder (process ${owner}).`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

function findNpm() {
  const candidates = npmCandidates({
    npmExecPath: process.env.npm_execpath,
    execPath: process.execPath,
    searchPath: process.env.PATH ?? "",
  });
  for (const candidate of candidates) {
    try {
      const file = fs.realpathSync(candidate);
      if (path.basename(file) === "npm-cli.js") return file;
    } catch {
      // Not there.
    }
  }
  throw new Failure("npm was not found. It comes with Node: install both from https://nodejs.org, or run `npm start`.");
}

/** npm removes `node_modules`: if our own Node lives in there, a copy of it has to run npm. */
function installerNode() {
  if (!isInside(fs.realpathSync(process.execPath), modules)) return process.execPath;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "suite-node-"));
  process.once("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
  const copy = path.join(folder, path.basename(process.execPath));
  fs.copyFileSync(process.execPath, copy);
  return copy;
}

async function install(wanted, stamp) {
  await lock();
  if (read(stampFile) === stamp) return;
  console.error("Installing dependencies. This is done once, and takes about a minute.");
  const args = installArguments({ running: process.version, wanted, npm: findNpm() });
  const installer = installerNode();
  // What is left of an interrupted or foreign installation must not be found by npm while it looks for a newer Node.
  fs.rmSync(modules, { recursive: true, force: true, maxRetries: 3 });
  const code = await run(installer, args);
  if (code !== 0) {
    throw new Failure(
      `npm could not install the dependencies (exit code ${code}): see its message above. Is the registry reachable?`,
    );
  }
  const check = spawnSync(node, ["--version"], { encoding: "utf8" });
  if (check.stdout?.trim() !== `v${wanted}`) {
    throw new Failure(
      `${path.relative(root, node)} should be Node ${wanted}, but it ${check.error ? "does not run here" : "is not"}: ` +
        `${check.error?.message ?? (check.stdout || check.stderr).trim()}`,
    );
  }
  fs.writeFileSync(stampFile, stamp);
}

async function main() {
  const [target, ...args] = process.argv.slice(2);
  if (target === undefined) throw new Failure("usage: node scripts/bootstrap.mjs <script> [arguments]");
  if (!isAtLeast(process.version, MINIMUM_NODE)) {
    throw new Failure(`Node ${MINIMUM_NODE.split(".")[0]} or later is needed; this is ${process.version}.`);
  }
  const lockfile = read(path.join(root, "package-lock.json"));
  if (lockfile === undefined) throw new Failure("package-lock.json is missing: this is not a complete checkout.");
  const { devDependencies, allowScripts = {} } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  const wanted = devDependencies.node;
  // A checkout may turn line ends into others.
  const source = {
    lockfile: lockfile.replaceAll("\r\n", "\n"),
    platform: process.platform,
    arch: os.arch(),
    node: wanted,
  };
  const stamp = stampOf(source);
  if (read(stampFile) !== stamp || !fs.existsSync(node)) {
    const unnamed = unnamedScripts(JSON.parse(lockfile), allowScripts);
    if (unnamed.length > 0) {
      throw new Failure(
        `${unnamed.join(", ")} would run a script at installation: look at it, then name it in \`allowScripts\` of package.json.`,
      );
    }
    await install(wanted, stamp);
  }

  const script = path.resolve(target);
  if (!fs.existsSync(script)) throw new Failure(`there is no ${target}.`);
  const bin = path.join(modules, ".bin");
  // Windows has one variable of this name, however it is spelt.
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  return run(node, [script, ...args], { [key]: `${bin}${path.delimiter}${process.env[key] ?? ""}` });
}

main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(`error: ${error instanceof Failure ? error.message : (error.stack ?? error)}`);
    process.exit(1);
  },
);
