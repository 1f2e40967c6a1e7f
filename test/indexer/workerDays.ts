/** Days of workers, compared with what the contracts would have said in the second in which each ended, and with their logs. */
import type { Address } from "viem";
import { expect } from "vitest";
import { workerRewardsAbi } from "../../deploy/generated/abis.ts";
import { createRandom } from "../../scripts/devnet/random.ts";
import { reconcileNetworkHours, reconcileOperatorDays } from "./operatorRows.ts";
import { type Row, big, lower, sumOf, totalOf } from "./suite.ts";
import { type Indexed, TABLES, chainAt, hex, text } from "./workerRows.ts";

const HOUR = 3_600n;
const DAY = 86_400n;

/** Compares days that are over: all, or `most` of them chosen by `seed`. Returns how many there are. */
export async function reconcileDays(
  { suite, indexer }: Indexed,
  sample: { readonly seed: number; readonly most: number } = { seed: 0, most: Number.POSITIVE_INFINITY },
): Promise<number> {
  const days = await indexer.rows("computeDays", TABLES.computeDays, `orderBy: "start"`);
  const workerDays = await indexer.rows("workerDays", TABLES.workerDays, `orderBy: "start"`);
  const modelDays = await indexer.rows("gpuModelDays", TABLES.gpuModelDays);
  const hours = await indexer.rows("rewardsHours", TABLES.rewardsHours, `orderBy: "start"`);
  const claims = await indexer.rows("rewardsClaims", TABLES.rewardsClaims);
  const slashed = await indexer.rows("workerEvents", "amount timestamp", "where: { kind: slashed }");
  const up = await hoursUp({ suite, indexer });
  const blocks = await blocksOf({ suite, indexer });
  const within = (rows: readonly Row[], { start, end }: { start: bigint; end: bigint }, column = "timestamp") =>
    rows.filter((row) => big(row, column) >= start && big(row, column) < end);

  const random = createRandom(sample.seed);
  const workers = await indexer.rows("workers", "worker registeredAt");
  for (const [i, row] of days.entries()) {
    if (!random.chance(sample.most / days.length)) continue;
    const day = { start: big(row, "start"), end: big(row, "end") };
    expect(day).toEqual({ start: big(days[0], "start") + BigInt(i) * DAY, end: day.start + DAY });
    // The last block before the end, as if time had gone on.
    const block = blocks.findLast(({ timestamp }) => timestamp < day.end);
    if (block === undefined) throw new Error("a day before the chain");
    const chain = chainAt(suite, block.number, day.end);
    const [weight, , reserve, credited, , paid] = await chain.totals();
    expect(
      [
        BigInt(Number(row["weight"])),
        ...["reserve", "emittedCumulative", "claimedCumulative", "ceiling"].map((name) => big(row, name)),
      ],
      `the day from ${day.start}`,
    ).toEqual([weight, reserve, credited, paid, await chain.ceiling()]);
    expect(big(row, "earnedCumulative") + big(row, "reserve")).toBe(big(row, "emittedCumulative"));
    for (const name of ["emitted", "earned", "claimed", "slashed", "weightHours"]) {
      const before = i === 0 ? 0n : big(days[i - 1], `${name}Cumulative`);
      expect(big(row, name), name).toBe(big(row, `${name}Cumulative`) - before);
    }
    const ownHours = within(hours, day, "start");
    expect(big(row, "weightHours")).toBe(BigInt(totalOf(ownHours, "weight")));
    expect([big(row, "emitted"), big(row, "earned")]).toEqual([sumOf(ownHours, "emitted"), sumOf(ownHours, "paid")]);
    expect(big(row, "claimed")).toBe(sumOf(within(claims, day), "amount"));
    expect(big(row, "slashed")).toBe(sumOf(within(slashed, day), "amount"));

    const models = modelDays.filter((each) => big(each, "start") === day.start);
    for (const name of ["heldGpus", "activeGpus", "activeWeight"]) expect(totalOf(models, name), name).toBe(row[name]);
    expect(totalOf(models, "activeWorkers")).toBe(row["active"]);
    expect(big(row, "collateral")).toBe(await chain.held());

    const own = workerDays.filter((each) => big(each, "start") === day.start);
    const counts: Record<string, number> = { active: 0, lapsed: 0, exiting: 0, exited: 0, removed: 0 };
    let [activeGpus, activeWeight, required] = [0, 0, 0n];
    const said = await Promise.all(
      workers.map(async (worker) => {
        const key = hex(worker, "worker");
        const [state, view, rewards] = await Promise.all([
          chain.stateOf(key),
          chain.workerOf(key),
          chain.rewardsOf(key),
        ]);
        return { key, state, view, rewards };
      }),
    );
    for (const { key, state, view, rewards } of said) {
      const dayOf = own.find((each) => each["worker"] === key);
      if (state.state === "none") {
        expect(dayOf).toBeUndefined();
        continue;
      }
      counts[state.state ?? ""] = (counts[state.state ?? ""] ?? 0) + 1;
      if (state.state === "active")
        [activeGpus, activeWeight] = [activeGpus + view.gpuCount, activeWeight + view.weight];
      if (state.state === "active" || state.state === "lapsed") required += view.required;
      const hoursOf = [...(up.get(key) ?? [])].filter((time) => time >= day.start && time < day.end).length;
      if (dayOf === undefined) {
        expect([state.state === "active" || state.state === "lapsed", hoursOf], `${key} ${day.start}`).toEqual([
          false,
          0,
        ]);
        continue;
      }
      expect({ state: dayOf["state"], lapse: dayOf["lapse"] }, `${key} at ${day.end}`).toEqual(state);
      expect(dayOf["hoursUp"], `${key} from ${day.start}`).toBe(hoursOf);
      const ownClaims = claims.filter((claim) => claim["worker"] === key);
      expect(big(dayOf, "claimed")).toBe(sumOf(within(ownClaims, day), "amount"));
      expect(big(dayOf, "earnedCumulative") - big(dayOf, "claimedCumulative")).toBe(rewards);
    }
    expect(row).toMatchObject({ ...counts, activeGpus, activeWeight });
    expect(big(row, "required")).toBe(required);
    // Rounding leaves less than two wei per worker and settlement.
    const missing = big(row, "earned") - sumOf(own, "earned");
    expect(missing >= 0n && missing < 100n, `${missing} wei`).toBe(true);
  }
  await reconcileNetworkHours({ suite, indexer }, days);
  await reconcileOperatorDays({ suite, indexer }, days);
  // Each worker's days are its whole life.
  for (const key of new Set(workerDays.map((row) => text(row, "worker")))) {
    const own = workerDays.filter(({ worker }) => worker === key);
    for (const name of ["earned", "claimed"]) expect(sumOf(own, name)).toBe(big(own.at(-1), `${name}Cumulative`));
    expect(totalOf(own, "hoursUp")).toBe(own.at(-1)?.["hoursUpCumulative"]);
  }
  return days.length;
}

/**
 * The hours that each worker's leases covered, by the events alone: a grant takes back all later hours and gives its own, an extension
 * adds all until its end.
 */
async function hoursUp({ suite }: Indexed): Promise<Map<string, Set<bigint>>> {
  const { client, contracts } = suite;
  const logs = await client.getContractEvents({
    ...{ address: contracts.workerRewards, abi: workerRewardsAbi },
    ...{ fromBlock: 0n, strict: true },
  });
  const times = new Map((await blocksOf({ suite })).map(({ number, timestamp }) => [number, timestamp]));
  const found = new Map<string, Set<bigint>>();
  const ownOf = (worker: Address): Set<bigint> => {
    const own = found.get(lower(worker)) ?? new Set<bigint>();
    found.set(lower(worker), own);
    return own;
  };
  for (const { eventName, args, blockNumber } of logs) {
    const now = times.get(blockNumber) ?? 0n;
    const start = now - (now % HOUR);
    if (eventName === "LeasesExtended") {
      for (const worker of args.workers) {
        const own = ownOf(worker);
        for (let time = start + HOUR; time < BigInt(args.end) * HOUR; time += HOUR) own.add(time);
      }
    } else if (eventName === "LeaseGranted") {
      const own = ownOf(args.worker);
      for (const time of own) if (time > start) own.delete(time);
      for (let hour = BigInt(args.from); hour < BigInt(args.end); ++hour) if (hour * HOUR > start) own.add(hour * HOUR);
    }
  }
  return found;
}

async function blocksOf({ suite }: Pick<Indexed, "suite"> & Partial<Indexed>) {
  const head = await suite.client.getBlockNumber();
  return Promise.all(
    Array.from({ length: Number(head) + 1 }, (_, i) => suite.client.getBlock({ blockNumber: BigInt(i) })),
  );
}
