/**
 * Runs a command that must not outlive the process which asked for it, however that one ends:
 *
 *     node leash.ts COMMAND [arguments]
 *
 * When standard input closes, because the other side closed it or is gone, the command is asked to end, and made to
 * after {@link GRACE_MS}. Its output and the way it ended are passed on.
 *
 * With {@link NICENESS} in the environment, the command and all that it starts stand back where processors are scarce.
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import os from "node:os";
import { NICENESS } from "./niceness.ts";

/** Longer than any service needs; whoever holds the other end insists earlier. */
const GRACE_MS = 30_000;

const niceness = Number(process.env[NICENESS] ?? 0);
if (niceness > 0) {
  try {
    os.setPriority(niceness);
    // Linux may share processors out by session first, and each leash has one of its own.
    writeFileSync("/proc/self/autogroup", String(niceness));
  } catch {
    // There is no such file, or it was written a moment ago: it is a matter of speed only.
  }
}

const [command = "", ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });

child.once("error", (error) => {
  console.error(`${command} cannot be run: ${error.message}`);
  process.exit(127);
});
child.once("exit", (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.removeAllListeners(name);
  process.kill(process.pid, signal);
});

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => child.kill(name));
process.stdin.on("error", () => undefined);
process.stdin.once("close", () => {
  child.kill("SIGTERM");
  setTimeout(() => child.kill("SIGKILL"), GRACE_MS).unref();
});
process.stdin.resume();
