/** Waiting that counts only the time in which this process runs: a machine that sleeps, or stops us, uses up no patience. */

const TICK_MS = 1000;

/** Calls `end` after `minutes`, unless the function that it returns is called before. */
export function patience(minutes: number, end: () => void): () => void {
  let left = minutes * 60;
  const ticking = setInterval(() => {
    if (--left > 0) return;
    clearInterval(ticking);
    end();
  }, TICK_MS);
  return () => clearInterval(ticking);
}
