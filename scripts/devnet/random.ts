/** Chance that is the same for the same seed. Not for secrets. */

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [from, to]. */
  integer(from: number, to: number): number;
  chance(probability: number): boolean;
  /** An element of `list`, which must not be empty. */
  pick<T>(list: readonly T[]): T;
  /** A key of `weights`, by weight. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K;
  /** A part of `amount`: uniform between the shares `from` and `to` of it, rounded down. */
  part(amount: bigint, from: number, to: number): bigint;
}

const PRECISION = 1_000_000_000;

/** Mulberry32, started with `seed`. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = <T>(list: readonly T[]): T => {
    const found = list[Math.floor(next() * list.length)];
    if (found === undefined) throw new RangeError("nothing to pick from");
    return found;
  };
  return {
    next,
    integer: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (probability) => next() < probability,
    pick,
    weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
      const names = Object.keys(weights).filter((name): name is K => Object.hasOwn(weights, name));
      let left = next() * names.reduce((sum, name) => sum + weights[name], 0);
      for (const name of names) {
        left -= weights[name];
        if (left < 0) return name;
      }
      return pick(names);
    },
    part: (amount, from, to) =>
      (amount * BigInt(Math.floor((from + next() * (to - from)) * PRECISION))) / BigInt(PRECISION),
  };
}
