/**
 * The indexer's commands: `start`, `serve` and `repair`. The first two run in a process of their own, which is started again
 * whenever it ends by accident: killed, out of memory, or because the database was away for long.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { heapOf, rowBytesOf } from "./settings.ts";
import { log, reasonOf, setLogFormat } from "./watch/log.ts";
import { HELP, type Options, parseOptions } from "./watch/options.ts";

const CHILD = fileURLToPath(new URL("./watch/child.ts", import.meta.url));

/** What Node has compiled of the modules, for the next start. */
const COMPILED = fileURLToPath(new URL("../node_modules/.cache/compiled", import.meta.url));

/** Megabytes of a half of the heap for what is new: with 8 a backfill is a tenth slower, with 32 some 70 MB more are resident. */
const YOUNG_MB = 16;

/** Pauses before a process is started again, in milliseconds: after the first end, and at most. */
const PAUSE_MS = { first: 200, most: 5_000 };

/** A process that lived this long, in milliseconds, was well. */
const WELL_MS = 30_000;

/** How long a process may take to end when it is asked to, in milliseconds. */
const GRACE_MS = 12_000;

/** Runs the process until it ends on purpose. Returns the exit code. */
async function supervise(options: Options): Promise<number> {
  const run = { isStopping: false };
  let pause = PAUSE_MS.first;
  for (;;) {
    const begun = Date.now();
    const child = fork(CHILD, process.argv.slice(2), {
      // Ponder's own memory of rows follows from the heap: without a limit, from that of the machine.
      execArgv: [
        "--disable-warning=ExperimentalWarning",
        `--max-old-space-size=${heapOf(process.env)}`,
        `--max-semi-space-size=${YOUNG_MB}`,
        ...process.execArgv,
      ],
      env: {
        MALLOC_ARENA_MAX: "2",
        NODE_COMPILE_CACHE: COMPILED,
        ...process.env,
        PONDER_CACHE_BYTES: String(rowBytesOf(process.env)),
      },
      stdio: "inherit",
    });
    log("info", "Started the process", { command: options.command, child: child.pid });
    const stop = (signal: NodeJS.Signals) => {
      run.isStopping = true;
      child.kill(signal);
      setTimeout(() => child.kill("SIGKILL"), GRACE_MS).unref();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once("exit", (...end) => resolve(end));
      child.once("error", (error) => {
        log("error", "The process cannot be run", { reason: reasonOf(error) });
        resolve([1, null]);
      });
    });
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(name, stop);
    if (run.isStopping || code === 0) return 0;
    // 1 is what settings, schema or handlers are to blame for: it would be the same again.
    if (code === 1) return 1;
    if (Date.now() - begun >= WELL_MS) pause = PAUSE_MS.first;
    log("warn", "The process ended by accident: it is started again", { code, signal, milliseconds: pause });
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(PAUSE_MS.most, 2 * pause);
  }
}

async function main(): Promise<number> {
  if (process.argv.includes("--help")) {
    process.stdout.write(HELP);
    return 0;
  }
  let options: Options;
  try {
    options = parseOptions(process.argv.slice(2), process.env);
  } catch (error) {
    process.stderr.write(`error: ${reasonOf(error)}\n\n${HELP}`);
    return 2;
  }
  setLogFormat(options.logFormat);
  if (options.command !== "repair") return supervise(options);
  // Only now: the launcher itself stays small.
  const { repair } = await import("./watch/process.ts");
  await repair(options, process.env);
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`error: ${reasonOf(error)}\n`);
    process.exit(1);
  },
);
