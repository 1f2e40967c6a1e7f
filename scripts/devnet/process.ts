/** Child processes that are started together, watched, and ended together. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { NICENESS } from "./niceness.ts";

export interface Service {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process has ended, with its exit code or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** The last lines it wrote, for an error message. */
  output(): string;
  /** Asks it to end, and insists after `graceMs`. Resolves when it has ended. */
  stop(graceMs?: number): Promise<void>;
}

const KEPT_LINES = 40;
const LEASH = fileURLToPath(new URL("./leash.ts", import.meta.url));

/**
 * Starts `command`; `onLine` receives each line that it writes. The caller stops it. If the caller is killed instead, the
 * command ends by itself.
 */
export function startService(options: {
  name: string;
  command: string;
  args: readonly string[];
  cwd?: string;
  env?: Readonly<Record<string, string | undefined>>;
  /** Number of the user and group that it runs as. Default: ours. */
  uid?: number;
  /** How far it stands back where processors are scarce, with all that it starts: 0 to 19. Default: as far as we do. */
  niceness?: number;
  onLine?: (line: string) => void;
}): Service {
  const child: ChildProcess = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", LEASH, options.command, ...options.args],
    {
      cwd: options.cwd,
      env: {
        ...process.env,
        ...options.env,
        ...(options.niceness === undefined ? {} : { [NICENESS]: String(options.niceness) }),
      },
      stdio: ["pipe", "pipe", "pipe"],
      // A group of its own: the terminal's Ctrl-C reaches only us, and what its children leave behind can be ended.
      detached: process.platform !== "win32",
      windowsHide: true,
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    },
  );
  const lines: string[] = [];
  let rest = "";
  const read = (chunk: Buffer) => {
    const parts = (rest + chunk.toString("utf8")).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      options.onLine?.(line);
    }
  };
  child.stdout?.on("data", read);
  child.stderr?.on("data", read);
  child.stdin?.on("error", () => undefined);

  const killAll = () => {
    if (child.pid === undefined) return;
    try {
      if (process.platform === "win32") spawnSync("taskkill", ["/pid", String(child.pid), "/t", "/f"]);
      else process.kill(-child.pid, "SIGKILL");
    } catch {
      // Nothing is left of it.
    }
  };

  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once("error", (error) => {
      lines.push(error.message);
      resolve(127);
    });
    // The streams end after the last words.
    child.once("exit", () => killAll());
    child.once("close", (code, signal) => resolve(code ?? signal ?? 1));
  });

  return {
    name: options.name,
    pid: child.pid ?? 0,
    ended,
    output: () => [...lines, rest].filter((line) => line !== "").join("\n"),
    async stop(graceMs = 10_000) {
      child.stdin?.end();
      const timer = setTimeout(killAll, graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** A port on 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string") reject(new Error("no port"));
        else resolve(address.port);
      });
    });
  });
}

/** Whether nothing listens on `port` of 127.0.0.1. */
export async function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/**
 * Polls `probe` until it returns something, for at most `timeoutMs`, or until `service` ends. With `progress`, the time runs from its last
 * change: slow machines are waited for as long as they get on.
 */
export async function waitFor<T>(options: {
  what: string;
  timeoutMs: number;
  service?: Service;
  intervalMs?: number;
  progress?: () => unknown;
  probe: () => Promise<T | undefined>;
}): Promise<T> {
  let deadline = Date.now() + options.timeoutMs;
  let reached = options.progress?.();
  let exit: number | NodeJS.Signals | undefined;
  void options.service?.ended.then((code) => (exit = code));
  for (;;) {
    const result = await options.probe().catch(() => undefined);
    if (result !== undefined) return result;
    if (exit !== undefined) {
      throw new Error(`${options.service?.name} ended (${exit}) before ${options.what}:\n${options.service?.output()}`);
    }
    const now = options.progress?.();
    if (now !== reached) {
      reached = now;
      deadline = Date.now() + options.timeoutMs;
    }
    if (Date.now() > deadline) {
      throw new Error(
        `${options.what}: not within ${options.timeoutMs / 1000} s${options.service ? `:\n${options.service.output()}` : ""}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, options.intervalMs ?? 100));
  }
}
