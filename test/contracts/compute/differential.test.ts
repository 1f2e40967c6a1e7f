/**
 * The reference of WorkerRewards against the contract, on random schedules: every hour's weight, emission, pay and reserve, every
 * lease, every claim, and what each worker has earned after each step, seen before and after the hours were closed.
 *
 * Hours, leases and totals are equal to the wei. A worker has at most what is exact, and less than that by at most one wei for
 * each time that its lease was settled: by a claim, by a lease that begins, and by the view; once more for a lease that takes
 * the place of a running one, since then the hour between the two is settled by itself. (The accumulator rounds each hour
 * down, too, by 2^-64 wei per hundredth of weight: under a billionth of a wei in all.)
 */
import type { Address } from "viem";
import { beforeAll, describe, expect, it } from "vitest";
import { ZERO, floor } from "../../../model/fraction.ts";
import {
  type Rewards,
  allotted,
  claim,
  close,
  heartbeat,
  hourAt,
  lastLease,
  leasesIn,
  loseSink,
  openRewards,
  regainSink,
  setCeiling,
  startEmission,
  weightIn,
} from "../../../model/workerRewards.ts";
import { HEARTBEAT_RESULTS } from "../../../scripts/compute/calls.ts";
import { CEILING } from "../../helpers/compute.ts";
import { type Call, type Outcome, type RewardsChain, openRewardsChain } from "../../helpers/rewardsChain.ts";
import { type Operation, type SignedBeat, createSchedule } from "../../helpers/rewardsSchedule.ts";
import { DAY, HOUR, fixture } from "../../helpers/stage.ts";

const WORKERS = 4;
/** Schedules per test, and tests; `npm run test:deep` runs 16 times as many. */
const BUNCH = 25;
const BUNCHES = 20 * Number(process.env["PHALA_TEST_FACTOR"] ?? 1);
/** Milliseconds: a bunch takes about a tenth. */
const PATIENCE = 120_000;

const load = fixture((stage) => openRewardsChain(stage, WORKERS));

/** What schedules came across: one that never did shows nothing. */
const met = new Set<string>();

/** A call, and what has to come of it. */
interface Expected {
  readonly call: Call;
  readonly check: (outcome: Outcome) => void;
}

/** A worker: what the registry says of it, and what it had so far. */
interface Machine {
  readonly address: Address;
  weight: bigint;
  validUntil: bigint;
  /** Of its last heartbeat. */
  block: number;
  claimed: bigint;
  /** How often its lease was settled, and so how many wei it can lack. */
  settled: bigint;
}

/** Runs the schedule of `seed` on the chain and in the model, side by side. */
async function follow(chain: RewardsChain, seed: number): Promise<void> {
  const { stage, workers, call } = chain;
  let model = openRewards({ budget: chain.budget, ceiling: CEILING, timestamp: chain.openedAt });
  const machines = workers.map((address): Machine => {
    return { address, weight: 0n, validUntil: 0n, block: 0, claimed: 0n, settled: 0n };
  });
  const claimedBy = (worker: Address) => machines.find(({ address }) => address === worker)?.claimed ?? 0n;
  const machineAt = (index: number): Machine => {
    const machine = machines[index];
    if (machine === undefined) throw new RangeError(`no worker ${index}`);
    return machine;
  };
  let index = 0;
  let isSink = false;
  let received = 0n;
  let paid = 0n;
  /** The first hour that no event has closed. */
  let open = model.open;

  /** Hours in events are those of `model`, one after the other. */
  const checkEvents = ({ events }: Outcome, at: bigint, model: Rewards) => {
    const first = model.hours[0]?.hour ?? 0;
    for (const { eventName, args } of events) {
      if (eventName === "HourClosed") {
        const { hour, weight, emitted, paid, reserve } = args;
        expect(hour).toBe(open++);
        expect(model.hours[hour - first]).toMatchObject({ hour, weight, emitted, paid, reserve });
        if (paid === 0n && weight > 0n) met.add("an hour that pays nothing");
        else if (weight > 0n) met.add(reserve === 0n ? "an empty reserve" : "the ceiling");
      } else if (eventName === "HoursIdle") {
        expect(args.from).toBe(open);
        const hours = model.hours.slice(args.from - first, args.to - first);
        open += hours.length;
        expect(open).toBe(args.to);
        expect(hours.every(({ weight }) => weight === 0n)).toBe(true);
        expect(args.emitted).toBe(hours.reduce((sum, { emitted }) => sum + emitted, 0n));
        expect(args.reserve).toBe(hours.at(-1)?.reserve);
        met.add(hours.length > 24 * 365 ? "a year of silence" : "hours without a lease");
      } else if (eventName === "RewardsClaimed") {
        const machine = machines.find(({ address }) => address === args.worker);
        if (machine !== undefined) machine.claimed += args.amount;
        paid += args.amount;
      } else if (eventName === "RewardsPulled") {
        received += args.amount;
        expect(args.received).toBe(received);
        expect(received).toBe(allotted(model, at));
      }
    }
  };

  /** What can be read is what `closed` says, all of whose hours are closed. `of` is as it was then, but for its claims. */
  const checkBooks = ({ result }: Outcome, closed: Rewards, of: readonly Machine[]) => {
    const { totals, earned, leases } = chain.readBooks(result);
    expect(totals).toEqual({
      weight: weightIn(closed, closed.open),
      nextWeight: weightIn(closed, closed.open + 1),
      reserve: closed.reserve,
      credited: closed.credited,
      received,
      paid,
    });
    let sum = 0n;
    of.forEach(({ address, block, settled }, i) => {
      const has = claimedBy(address) + (earned[i] ?? 0n);
      sum += has;
      const lack = floor(closed.earned.get(address) ?? ZERO) - has;
      // What the view has to settle is rounded, too.
      expect(lack >= 0n && lack <= settled + 1n, `${address} lacks ${lack} wei, settled ${settled} times`).toBe(true);
      if (lack > 0n) met.add("dust");
      const { end, weight } = lastLease(closed, address) ?? { end: 0, weight: 0n };
      expect(leases[i]).toMatchObject({ end, weight: Number(weight), blockNumber: block });
    });
    expect(sum <= closed.credited - closed.reserve).toBe(true);
  };

  const heartbeats = async (at: bigint, beats: readonly SignedBeat[]): Promise<Expected> => {
    const block = chain.blockAt(index);
    const granted: Machine[] = [];
    let next = model;
    const results = beats.map(({ worker, signer }) => {
      const machine = machineAt(worker);
      const { address, weight, validUntil } = machine;
      if (signer !== worker) return "BadSignature";
      if (block <= machine.block) return "Stale";
      const before = lastLease(next, address);
      const beat = heartbeat(next, at, [{ worker: address, weight, validUntil }]);
      next = beat.rewards;
      const [result] = beat.results;
      if (result !== "Granted") return result;
      granted.push(machine);
      if (before === undefined || before.end <= hourAt(at)) machine.settled += 1n;
      else if (before.weight !== weight) {
        met.add("a weight that changes while a lease runs");
        machine.settled += 2n;
      } else if (hourAt(validUntil) < before.end) met.add("an attestation that ends before the lease");
      return result;
    });
    for (const machine of granted) machine.block = block;
    for (const result of results) met.add(String(result));
    const after = (model = next);
    return {
      call: await call.heartbeat(index, beats),
      check: (outcome) => {
        expect(outcome.isDone).toBe(granted.length > 0);
        if (outcome.isDone) {
          expect(chain.readResults(outcome.result).map((result) => HEARTBEAT_RESULTS[result])).toEqual(results);
        }
        const leases = outcome.events.flatMap(({ eventName, args }) => (eventName === "LeaseGranted" ? [args] : []));
        const extended = outcome.events.flatMap(({ eventName, args }) =>
          eventName === "LeasesExtended" ? args.workers.map((worker) => ({ worker, end: args.end })) : [],
        );
        for (const { worker, end } of extended) expect(lastLease(after, worker)?.end).toBe(end);
        const told = [...leases, ...extended].map(({ worker }) => worker);
        expect(told.sort()).toEqual(granted.map(({ address }) => address).sort());
        leases.forEach(({ from, end, weight, worker }) => {
          expect({ end, weight: BigInt(weight) }).toEqual({
            end: lastLease(after, worker)?.end,
            weight: lastLease(after, worker)?.weight,
          });
          // From this hour on, or from the next: before that it says nothing.
          expect(from).toBeLessThanOrEqual(hourAt(at) + 1);
          for (let hour = from; hour < end; hour++) {
            const covering = leasesIn(after, hour).filter((lease) => lease.worker === worker);
            expect(covering.map((lease) => lease.weight)).toEqual([BigInt(weight)]);
          }
        });
        checkEvents(outcome, at, after);
      },
    };
  };

  /** The operation in the model, and the call that does the same. */
  const perform = async (at: bigint, operation: Operation): Promise<Expected> => {
    const expecting = (call: Call, isDone = true): Expected => {
      const after = model;
      return {
        call,
        check: (outcome) => {
          expect(outcome.isDone).toBe(isDone);
          checkEvents(outcome, at, after);
        },
      };
    };
    switch (operation.kind) {
      case "heartbeat":
        if (operation.isNew) index++;
        return heartbeats(at, operation.beats);
      case "standing": {
        const machine = machineAt(operation.worker);
        const { weight, validUntil } = operation;
        machine.weight = BigInt(weight);
        machine.validUntil = validUntil;
        return expecting(call.setStanding(machine.address, weight, Number(validUntil)));
      }
      case "claim": {
        const claimers = operation.workers.map(machineAt);
        const addresses = claimers.map(({ address }) => address);
        const { rewards, amounts } = claim(model, at, addresses);
        const isDone = amounts.some(({ numerator }) => numerator > 0n);
        if (isDone) for (const claimer of claimers) claimer.settled++;
        met.add(isDone ? "a claim" : "nothing to claim");
        model = rewards;
        return expecting(call.claim(addresses), isDone);
      }
      case "ceiling": {
        const isDone = model.ceilings.at(-1)?.ceiling !== operation.ceiling;
        if (isDone) model = setCeiling(model, at, operation.ceiling);
        return expecting(call.setCeiling(operation.ceiling), isDone);
      }
      case "start":
        [model, isSink] = [startEmission(model, at), true];
        return expecting(call.start);
      case "loseSink":
        [model, isSink] = [loseSink(model, at), false];
        return expecting(call.loseSink);
      case "regainSink":
        [model, isSink] = [regainSink(model, at), true];
        return expecting(call.regainSink);
      case "closeHours":
        model = close(model, at);
        return expecting(call.closeHours);
      case "pull": {
        const [after, wasSink] = [model, isSink];
        return {
          call: call.pull,
          check: (outcome) => {
            // A former sink that has pulled everything is refused.
            expect(outcome.isDone).toBe(wasSink || allotted(after, at) > received);
            if (!outcome.isDone) met.add("nothing to pull");
            checkEvents(outcome, at, after);
          },
        };
      }
    }
  };

  /** Reads the totals and `of`, at this point of the step. */
  const read = (at: bigint, of: readonly Machine[]): Expected => {
    const closed = close(model, at);
    const then = of.map((machine) => ({ ...machine }));
    const { books } = call;
    return {
      call: books(then.map(({ address }) => address)),
      check: (outcome) => checkBooks(outcome, closed, then),
    };
  };

  const run = async (expected: readonly Expected[]) => {
    const outcomes = await chain.run(expected.map(({ call }) => call));
    expect(outcomes.length).toBe(expected.length);
    outcomes.forEach((outcome, i) => expected[i]?.check(outcome));
  };

  // One worker before the hours are closed and another one after it; all of them at the end.
  let turn = 0;
  const next = () => [machineAt(turn++ % WORKERS)];
  for (const { at, operations } of createSchedule(seed, WORKERS, stage.now())) {
    stage.waitUntil(at);
    const expected = [read(at, next())];
    for (const operation of operations) expected.push(await perform(at, operation));
    expected.push(read(at, next()));
    await run(expected);
  }
  stage.waitUntil(stage.now() + HOUR);
  await run([read(stage.now(), machines)]);
}

describe("WorkerRewards and its reference", () => {
  // Signing the heartbeats of all schedules is no bunch's time.
  beforeAll(async () => {
    await load();
  }, PATIENCE);

  it.each(Array.from({ length: BUNCHES }, (_, bunch) => [bunch * BUNCH + 1, (bunch + 1) * BUNCH] as const))(
    "agree on the schedules of the seeds %i to %i",
    async (from, to) => {
      for (let seed = from; seed <= to; seed++) {
        const chain = await load();
        await follow(chain, seed).catch((error: unknown) => {
          throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
        });
      }
    },
    PATIENCE,
  );

  it("met everything that can happen in these schedules", () => {
    expect([...met].sort()).toEqual(
      [
        ...HEARTBEAT_RESULTS,
        "a claim",
        "a weight that changes while a lease runs",
        "a year of silence",
        "an attestation that ends before the lease",
        "an empty reserve",
        "an hour that pays nothing",
        "dust",
        "hours without a lease",
        "nothing to claim",
        "nothing to pull",
        "the ceiling",
      ].sort(),
    );
  });
});

describe("the least weight", () => {
  it("counts from the next hour on, and ends with its lease", async () => {
    const chain = await load();
    const { stage, call } = chain;
    const [worker] = chain.workers;
    if (worker === undefined) expect.fail("no worker");
    const books = async () => {
      const outcome = (await chain.run([call.closeHours, call.books([worker])])).at(-1);
      return chain.readBooks(outcome?.result ?? "0x");
    };
    await chain.run([call.start, call.setStanding(worker, 1, Number(stage.now() + 30n * DAY))]);
    await stage.travel(2n * HOUR);
    await chain.run([await call.heartbeat(0, [{ worker: 0, signer: 0 }])]);
    expect((await books()).totals).toMatchObject({ weight: 0n, nextWeight: 1n });
    for (let hour = 1; hour <= 6; hour++) {
      await stage.travel(HOUR);
      expect((await books()).totals.weight).toBe(hour < 6 ? 1n : 0n);
    }
    const { earned } = await books();
    expect(earned[0]).toBeGreaterThan(0n);
    await stage.travel(10n * HOUR);
    const after = await books();
    expect(after.totals).toMatchObject({ weight: 0n, nextWeight: 0n });
    expect(after.earned).toEqual(earned);
  });
});
