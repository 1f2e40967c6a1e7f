/** Reads settings one by one, from the environment or else from a JSON file, and collects all that is wrong with them. */

/** What is wrong with the settings, all of it. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The settings cannot be used:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The environment's name of a setting: `heartbeat.blockEvery` is `WORKER_AGENT_HEARTBEAT_BLOCK_EVERY`. */
export const environmentName = (path: string): string =>
  `WORKER_AGENT_${path
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .replaceAll(".", "_")
    .toUpperCase()}`;

export type Environment = Readonly<Record<string, string | undefined>>;

export class Settings {
  readonly #file: Readonly<Record<string, unknown>>;
  readonly #environment: Environment;
  readonly #asked = new Set<string>();
  readonly #problems: string[] = [];

  constructor(file: unknown, environment: Environment) {
    this.#environment = environment;
    this.#file = isRecord(file) ? file : {};
    if (!isRecord(file)) this.#problems.push("the file has to hold a JSON object");
  }

  /** The setting at `path`, such as `gpu.count`: text from the environment, whatever it is from the file. */
  raw(path: string): unknown {
    this.#asked.add(path);
    const named = this.#environment[environmentName(path)];
    if (named !== undefined && named !== "") return named;
    let value: unknown = this.#file;
    for (const name of path.split(".")) value = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    return value;
  }

  fail(path: string, problem: string): void {
    this.#problems.push(`${path} (or ${environmentName(path)}): ${problem}`);
  }

  /**
   * The setting as `read` takes it; `fallback` where there is none. What `read` does not take (undefined) is a problem, and so
   * is a missing setting without a fallback; the result is only used if there are none.
   */
  get<T>(path: string, wanted: string, read: (value: unknown) => T | undefined, fallback?: T): T | undefined {
    const value = this.raw(path);
    if (value === undefined) {
      if (fallback === undefined) this.fail(path, `is missing: ${wanted}`);
      return fallback;
    }
    const result = read(value);
    // Not the value itself: it may be a secret in the wrong place.
    if (result === undefined) this.fail(path, `has to be ${wanted}`);
    return result;
  }

  /** Like {@link get}; undefined where there is no such setting. */
  optional<T>(path: string, wanted: string, read: (value: unknown) => T | undefined): T | undefined {
    return this.raw(path) === undefined ? undefined : this.get(path, wanted, read);
  }

  /** Whole numbers within bounds. */
  number(path: string, min: number, max: number, fallback?: number): number | undefined {
    const read = (value: unknown) => {
      const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
      return typeof number === "number" && Number.isInteger(number) && number >= min && number <= max
        ? number
        : undefined;
    };
    return this.get(path, `a whole number from ${min} to ${max}`, read, fallback);
  }

  /** Throws what was wrong, settings in the file that nobody asked for among it. */
  finish(): void {
    const check = (value: unknown, path: string) => {
      if (this.#asked.has(path)) return;
      if (isRecord(value) && [...this.#asked].some((asked) => asked.startsWith(`${path}.`))) {
        for (const [name, inner] of Object.entries(value)) check(inner, `${path}.${name}`);
        return;
      }
      this.#problems.push(`${path}: there is no such setting`);
    };
    for (const [name, value] of Object.entries(this.#file)) check(value, name);
    if (this.#problems.length > 0) throw new SettingsError(this.#problems);
  }
}
