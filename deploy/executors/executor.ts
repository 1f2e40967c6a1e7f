import type { Call } from "../call.ts";

/** Carries out calls, in order: an account sends them, another executor may only write them down. */
export interface Executor {
  execute(calls: readonly Call[]): Promise<void>;
}
