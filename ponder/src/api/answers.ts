/**
 * Answers that are kept until the database changes, at most `bytes` of them.
 *
 * An answer belongs to the snapshot that PostgreSQL named before it was computed: whoever reads later and is told the same snapshot
 * would read the same rows, since every commit, of any transaction, makes another one and none ever returns. So nothing is
 * served that a block has outdated, and nothing has to be told when a block comes.
 */
export interface Answers {
  /** The text under `key`, or else what `compute` makes of it. One that is not `isKept` is for this asker only. */
  of(key: string, compute: () => Promise<Computed>): Promise<string>;
}

export interface Computed {
  readonly text: string;
  readonly isKept: boolean;
}

/** @param snapshot Asks the database for its snapshot. */
export function createAnswers(options: { bytes: number; snapshot: () => Promise<string> }): Answers {
  const latest = coalesced(options.snapshot);
  let held = "";
  let used = 0;
  let kept = new Map<string, string>();
  let awaited = new Map<string, Promise<Computed>>();

  return {
    async of(key, compute) {
      if (options.bytes === 0) return (await compute()).text;
      const now = await latest();
      if (now !== held) {
        held = now;
        used = 0;
        kept = new Map();
        awaited = new Map();
      }
      const known = kept.get(key);
      if (known !== undefined) return known;
      const [texts, pending] = [kept, awaited];
      const running = pending.get(key);
      if (running !== undefined) return (await running).text;
      const made = compute();
      pending.set(key, made);
      try {
        const { text, isKept } = await made;
        // UTF-16 in memory, and the key beside it.
        const size = 2 * (text.length + key.length);
        if (isKept && texts === kept && used + size <= options.bytes) {
          texts.set(key, text);
          used += size;
        }
        return text;
      } finally {
        pending.delete(key);
      }
    },
  };
}

/** `read`, such that all who ask while one read runs share the next: each gets a value that was read after it asked. */
function coalesced<T>(read: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  const start = (): Promise<T> => {
    const mine = read().finally(() => {
      if (running === mine) running = undefined;
    });
    running = mine;
    return mine;
  };
  return () => {
    if (running === undefined) return start();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return start();
      });
    return next;
  };
}
