/** Hears what Ponder says of its failures: that a disk is full is known to whoever wrote to it, and to nobody else. */
import { whenSet } from "./globals.ts";
import { reasonOf } from "./log.ts";
import type { Problem } from "./state.ts";

/** Longer than the longest pause between two tries of Ponder's, in milliseconds. */
const MEMORY_MS = 45_000;

/** How systems and PostgreSQL call it. EFBIG is what a quota on a file gives. */
const FULL = /no space left|disk full|disk quota|could not extend file|ENOSPC|EDQUOT|EFBIG|file too large|errno 51\b/i;

let last: { readonly at: number; readonly reason: string } | undefined;

/** Whether the disk was full a moment ago. */
export function fullDisk(): Problem | undefined {
  if (last === undefined || Date.now() - last.at > MEMORY_MS) return undefined;
  return {
    code: "disk_full",
    message: `The database cannot write (${last.reason}). Make room on its disk: indexing goes on by itself.`,
  };
}

/** Takes note of a failure. */
export function noteFailure(error: unknown): void {
  const reason = reasonOf(error);
  if (FULL.test(reason)) last = { at: Date.now(), reason };
}

/** Listens to Ponder's log, as soon as there is one. */
export function hearPonder(): void {
  whenSet("PONDER_COMMON", (common) => {
    if (typeof common === "object" && common !== null && "logger" in common && isLogger(common.logger))
      hear(common.logger);
  });
}

type Write = (entry: unknown, ...rest: readonly unknown[]) => void;

interface Logger {
  warn: Write;
  error: Write;
  child: (...bindings: readonly unknown[]) => unknown;
}

function isLogger(value: unknown): value is Logger {
  if (typeof value !== "object" || value === null) return false;
  return ["warn", "error", "child"].every((name) => typeof Reflect.get(value, name) === "function");
}

function hear(logger: Logger): void {
  for (const level of ["warn", "error"] as const) {
    const write = logger[level].bind(logger);
    logger[level] = (entry, ...rest) => {
      if (typeof entry === "object" && entry !== null && "error" in entry) noteFailure(entry.error);
      write(entry, ...rest);
    };
  }
  const child = logger.child.bind(logger);
  logger.child = (...bindings) => {
    const made = child(...bindings);
    if (isLogger(made)) hear(made);
    return made;
  };
}
