import { setTimeout as sleep } from "node:timers/promises";

/** What `work` gives, or an error with `message` where that takes longer than `ms`. The work goes on, and nobody hears of it. */
export async function within<T>(work: Promise<T>, ms: number, message: string): Promise<T> {
  const waiting = new AbortController();
  const late = async (): Promise<never> => {
    await sleep(ms, undefined, { ref: false, signal: waiting.signal });
    throw new Error(message);
  };
  try {
    return await Promise.race([work, late()]);
  } finally {
    waiting.abort();
  }
}
