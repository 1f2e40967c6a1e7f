/** Structured logs: one JSON line each, in which no secret appears. */

export type Level = "debug" | "info" | "warn" | "error";
export type Fields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(event: string, fields?: Fields): void;
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
}

/** Texts that must not be shown: keys, and endpoints with a key in them. */
export class Secrets {
  readonly #texts = new Set<string>();

  /** Also without 0x, as other programs write keys. */
  add(text: string): void {
    const bare = text.replace(/^0x/i, "");
    // What is shorter protects nothing, and would blot out half of a line.
    if (bare.length >= 8) this.#texts.add(bare);
  }

  scrub(text: string): string {
    let scrubbed = text;
    for (const secret of this.#texts) scrubbed = scrubbed.replaceAll(secret, "***");
    return scrubbed;
  }
}

const LEVELS: readonly Level[] = ["debug", "info", "warn", "error"];

/** A log that writes each line at `level` or above by `write`: standard output unless told otherwise. */
export function createLog(options: {
  readonly secrets: Secrets;
  readonly level?: Level;
  readonly write?: (line: string) => void;
}): Log {
  const { secrets, level: least = "info", write = (line) => process.stdout.write(`${line}\n`) } = options;
  const at =
    (level: Level) =>
    (event: string, fields: Fields = {}): void => {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
      const line = { time: new Date().toISOString(), level, event, ...fields };
      write(
        secrets.scrub(JSON.stringify(line, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))),
      );
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
