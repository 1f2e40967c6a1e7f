/** When to try again: waits that end with the program, and delays that grow with each failure. */

/** Waits `ms`, or until `signal` is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}

/** Holds an action back after failures: each doubles the delay, up to a bound; success ends it. */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #now: () => number;
  readonly #random: () => number;
  #failures = 0;
  #next = 0;

  constructor(options: { minMs: number; maxMs: number; now?: () => number; random?: () => number }) {
    this.#minMs = options.minMs;
    this.#maxMs = options.maxMs;
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? Math.random;
  }

  get failures(): number {
    return this.#failures;
  }

  get isOpen(): boolean {
    return this.waitMs === 0;
  }

  /** Milliseconds until the next attempt. */
  get waitMs(): number {
    return Math.max(0, this.#next - this.#now());
  }

  /** Returns the milliseconds until the next attempt: spread by a quarter, so that a fleet does not come back at once. */
  failed(): number {
    const delay = Math.min(this.#maxMs, this.#minMs * 2 ** Math.min(this.#failures, 30));
    const spread = Math.round(delay * (1 + this.#random() / 4));
    this.#failures += 1;
    this.#next = this.#now() + spread;
    return spread;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#next = 0;
  }
}
