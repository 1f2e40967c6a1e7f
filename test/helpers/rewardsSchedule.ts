/** Random histories of WorkerRewards, the same for the same seed. */
import { createRandom } from "../../scripts/devnet/random.ts";
import { CEILING } from "./compute.ts";
import { DAY, HOUR, YEAR } from "./stage.ts";

/** Who signs `worker`'s heartbeat: another one for a forgery. */
export interface SignedBeat {
  readonly worker: number;
  readonly signer: number;
}

export type Operation =
  /** `isNew`: of a block that no heartbeat has named yet. */
  | { readonly kind: "heartbeat"; readonly beats: readonly SignedBeat[]; readonly isNew: boolean }
  | { readonly kind: "standing"; readonly worker: number; readonly weight: number; readonly validUntil: bigint }
  | { readonly kind: "claim"; readonly workers: readonly number[] }
  | { readonly kind: "ceiling"; readonly ceiling: bigint }
  | { readonly kind: "start" | "loseSink" | "regainSink" | "closeHours" | "pull" };

/** What happens in one second. */
export interface Step {
  readonly at: bigint;
  readonly operations: readonly Operation[];
}

const STEPS = { from: 9, to: 15 };
/** How long it is to the next step. */
const WAITS = { second: 5, minutes: 22, hour: 34, hours: 14, lease: 14, days: 7, year: 0.6 };
const OPERATIONS = { heartbeat: 50, standing: 20, claim: 14, ceiling: 6, sink: 4, closeHours: 4, pull: 4 };
/** Whoever has been registered gets some hours out of an attestation, often few. */
const VALIDITIES = { long: 60, hours: 30, past: 4, boundary: 6 };
const WEIGHTS = { same: 45, none: 12, usual: 28, any: 15 };
const CEILINGS = [CEILING, CEILING / 500n, 2n * CEILING, 200n * CEILING];

/** The history that `seed` stands for, of `count` workers, from `start` on. */
export function createSchedule(seed: number, count: number, start: bigint): readonly Step[] {
  const random = createRandom(seed);
  const workers = Array.from({ length: count }, (_, i) => i);
  const some = (probability: number) => workers.filter(() => random.chance(probability));
  const between = (from: bigint, to: bigint) => BigInt(random.integer(Number(from), Number(to)));
  let at = start;
  let isSink = true;
  const weights = workers.map(() => random.pick([100, 150]));

  const wait = (): bigint => {
    const to = {
      second: () => at + between(0n, 2n),
      minutes: () => at + between(1n, HOUR),
      hour: () => (at / HOUR + 1n) * HOUR + between(0n, HOUR - 1n),
      hours: () => at + between(HOUR, 5n * HOUR),
      lease: () => at + between(5n * HOUR, 9n * HOUR),
      days: () => at + between(DAY, 30n * DAY),
      year: () => at + between(YEAR, 2n * YEAR),
    }[random.weighted(WAITS)]();
    // Where hours meet is where mistakes are.
    const hour = (to / HOUR) * HOUR;
    return random.chance(0.2) && hour >= at ? hour : random.chance(0.1) ? hour + HOUR - 1n : to;
  };

  const standing = (worker: number): Operation => {
    const validUntil = {
      long: () => at + 7n * DAY,
      hours: () => at + between(0n, 8n * HOUR),
      past: () => at - between(0n, HOUR),
      boundary: () => (at / HOUR + between(0n, 7n)) * HOUR,
    }[random.weighted(VALIDITIES)]();
    const weight = {
      same: () => weights[worker] ?? 0,
      none: () => 0,
      usual: () => random.pick([100, 150, 180, 800]),
      any: () => random.integer(1, 4_000),
    }[random.weighted(WEIGHTS)]();
    weights[worker] = weight;
    return { kind: "standing", worker, weight, validUntil };
  };

  const heartbeat = (): Operation => {
    const chosen = random.chance(0.6) ? some(0.9) : some(0.4);
    const named = chosen.length === 0 ? [random.pick(workers)] : chosen;
    const beats = named.map((worker) => ({ worker, signer: random.chance(0.03) ? random.pick(workers) : worker }));
    return { kind: "heartbeat", beats, isNew: !random.chance(0.08) };
  };

  const operation = (): Operation => {
    const kind = random.weighted(OPERATIONS);
    switch (kind) {
      case "heartbeat":
        return heartbeat();
      case "standing":
        return standing(random.pick(workers));
      case "claim":
        return { kind, workers: random.chance(0.5) ? [random.pick(workers)] : workers };
      case "ceiling":
        return { kind, ceiling: random.chance(0.7) ? random.pick(CEILINGS) : CEILING + between(1n, 1_000_000n) };
      case "sink":
        isSink = !isSink;
        return { kind: isSink ? "regainSink" : "loseSink" };
      case "closeHours":
      case "pull":
        return { kind };
    }
  };

  const last = random.integer(STEPS.from, STEPS.to);
  // Sometimes there are workers before there is anything to earn.
  const started = random.chance(0.8) ? 0 : random.integer(1, 4);
  const steps: Step[] = [{ at, operations: workers.map(standing) }];
  for (let i = 0; i <= last; i++) {
    if (i > 0) at = wait();
    if (i < started) {
      steps.push({ at, operations: [random.chance(0.7) ? heartbeat() : standing(random.pick(workers))] });
      continue;
    }
    const operations = Array.from({ length: random.integer(1, 3) }, operation);
    steps.push({ at, operations: i === started ? [{ kind: "start" }, ...operations] : operations });
  }
  return steps;
}
