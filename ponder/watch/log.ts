/** The launcher's own lines, in the format of those that Ponder writes. */

export type Level = "error" | "warn" | "info" | "debug";

let isJson = true;

/** How lines are written from now on: as JSON, or for people. */
export function setLogFormat(format: "json" | "pretty"): void {
  isJson = format === "json";
}

export function log(level: Level, msg: string, details: Readonly<Record<string, unknown>> = {}): void {
  const text = isJson
    ? JSON.stringify({ level, time: Date.now(), msg, ...details })
    : [
        `${level.toUpperCase()} ${msg}`,
        ...Object.entries(details).map(([key, value]) => `${key}=${String(value)}`),
      ].join(" ");
  process.stdout.write(`${text}\n`);
}

export function reasonOf(error: unknown): string {
  // A refused connection to a name with several addresses says why in its parts only.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
