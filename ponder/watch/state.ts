/**
 * What the watchdog of this process last saw, on the global object: whoever loads this module, there is one copy.
 */

/** Every reason why the data cannot be trusted, are not moving, or are not there yet. */
export const PROBLEMS = [
  "starting",
  "backfill",
  "reorg_beyond_window",
  "behind",
  "rpc",
  "rpc_rate_limited",
  "rpc_stalled",
  "rpc_behind",
  "rpc_inconsistent",
  "database",
  "disk_full",
  "indexer_gone",
  "watchdog",
] as const;

export type ProblemCode = (typeof PROBLEMS)[number];

/** Why the data cannot be trusted, or are not moving. */
export interface Problem {
  readonly code: ProblemCode;
  /** For people: what is wrong and what to do. */
  readonly message: string;
}

/** A block by its number and its time in unix seconds. */
export interface Point {
  readonly number: number;
  readonly timestamp: number;
}

/** Ponder's checkpoint begins with 10 digits of time, 16 of the chain's id and 16 of the block's number. */
export function pointOf(checkpoint: unknown): Point {
  const text = String(checkpoint);
  return { number: Number(text.slice(26, 42)), timestamp: Number(text.slice(0, 10)) };
}

export interface WatchState {
  /** Unix milliseconds of the last look. */
  readonly checkedAt: number;
  /** Head of the chain as the RPC says; null while it does not answer. */
  readonly head: Point | null;
  /** Up to where everything is indexed; null before the first block. */
  readonly indexed: Point | null;
  /** Seconds for which the oldest block that is not indexed has been known; 0 at the head. */
  readonly lagSeconds: number;
  readonly problems: readonly Problem[];
}

const KEY = Symbol.for("phala.indexer.watch");
const store: typeof globalThis & { [KEY]?: WatchState } = globalThis;

/** The last look; null before the first. */
export function watchState(): WatchState | null {
  return store[KEY] ?? null;
}

export function setWatchState(state: WatchState): void {
  store[KEY] = state;
}

/** A look that is older than this says nothing any more, in milliseconds. */
const STALE_MS = 30_000;

/** Why the process is not ready; empty if it is. Before the first look it is starting. */
export function problemsNow(): readonly Problem[] {
  const state = watchState();
  if (state === null) return [{ code: "starting", message: "The watchdog has not looked yet." }];
  const age = Date.now() - state.checkedAt;
  if (age <= STALE_MS) return state.problems;
  const message = `The watchdog's last look is ${Math.round(age / 1000)} s old: the process or its database is overloaded.`;
  return [...state.problems, { code: "watchdog", message }];
}

/** The gauges in Prometheus' text format. */
export function metricsText(): string {
  const state = watchState();
  const codes = new Set(problemsNow().map(({ code }) => code));
  const lag = state?.head && state.indexed ? Math.max(0, state.head.number - state.indexed.number) : null;
  const gauges: readonly (readonly [name: string, help: string, value: number | null | undefined])[] = [
    ["head_block", "Head of the chain as the RPC says", state?.head?.number],
    ["head_timestamp_seconds", "Unix time of the head", state?.head?.timestamp],
    ["indexed_block", "Block up to which everything is indexed", state?.indexed?.number],
    ["indexed_timestamp_seconds", "Unix time of the indexed block", state?.indexed?.timestamp],
    ["lag_blocks", "Blocks from the indexed one to the head", lag],
    ["lag_seconds", "Seconds for which the oldest block that is not indexed has been known", state?.lagSeconds],
    ["checked_timestamp_seconds", "Unix time of the watchdog's last look", state && state.checkedAt / 1000],
  ];
  const lines = gauges.flatMap(([name, help, value]) =>
    typeof value === "number" ? [...head(name, help), `phala_indexer_${name} ${value}`] : [],
  );
  const flags = PROBLEMS.map((code) => `phala_indexer_problem{code="${code}"} ${codes.has(code) ? 1 : 0}`);
  return `${[...lines, ...head("problem", "1 while there is this problem"), ...flags].join("\n")}\n`;
}

function head(name: string, help: string): string[] {
  return [`# HELP phala_indexer_${name} ${help}`, `# TYPE phala_indexer_${name} gauge`];
}
