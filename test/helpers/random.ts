/** A generator of numbers that look random and are the same in every run: mulberry32. */
export function createRandom(seed: number) {
  let state = seed >>> 0;
  /** A number in [0, 1). */
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    /** An integer from `from` to `to`, both included. */
    between(from: bigint, to: bigint): bigint {
      let bits = 0n;
      for (let i = 0; i < 4; i++) bits = (bits << 32n) | BigInt(Math.floor(next() * 2 ** 32));
      return from + (bits % (to - from + 1n));
    },
    /** One of `items`. */
    pick<T>(items: readonly [T, ...T[]]): T {
      return items[Math.floor(next() * items.length)] ?? items[0];
    },
  };
}
