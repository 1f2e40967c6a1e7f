/** What the indexer has of operators and of the network's hours, compared with the contracts and with the rows that they sum up. */
import type { Address } from "viem";
import { expect } from "vitest";
import { vphaAbi, workerRegistryAbi, workerRewardsAbi } from "../../deploy/generated/abis.ts";
import { type Row, big, lower, rowOf, rowsOf, sumOf, totalOf } from "./suite.ts";
import type { Indexed } from "./workerRows.ts";

const HOUR = 3_600n;
const DAY = 86_400n;
const SUMS = `workers active lapsed exiting exited removed attested attestedGpus activeGpus activeWeight collateral required
  pendingWithdrawals reserved`;

/** Columns of `operators` and of `operatorDays`: all there are. */
export const OPERATOR = `operator ${SUMS} addedCumulative paidCumulative slashedCumulative earnedCumulative claimedCumulative
  payouts takenOverCumulative handedOverCumulative dayEarnedCumulative dayClaimedCumulative daySlashedCumulative createdAt updatedAt`;
export const OPERATOR_DAY = `operator start end ${SUMS} earned claimed slashed earnedCumulative claimedCumulative slashedCumulative`;

/** Reads of the contracts in a block, at a time. */
function chainAt({ client, contracts }: Indexed["suite"], blockNumber: bigint, time?: bigint) {
  const at = { blockNumber, ...(time !== undefined && { blockOverrides: { time } }) };
  const registry = { ...at, address: contracts.workerRegistry, abi: workerRegistryAbi } as const;
  const rewards = { ...at, address: contracts.workerRewards, abi: workerRewardsAbi } as const;
  return {
    operatorOf: async (worker: Address) =>
      lower(await client.readContract({ ...registry, functionName: "operatorOf", args: [worker] })),
    collateralOf: async (worker: Address) =>
      (await client.readContract({ ...registry, functionName: "workerOf", args: [worker] })).collateral,
    rewardsOf: (worker: Address) => client.readContract({ ...rewards, functionName: "rewardsOf", args: [worker] }),
  };
}

const addressOf = (row: Row, column = "worker"): Address => {
  const value = row[column];
  if (typeof value !== "string") throw new Error(`${column} is no address`);
  return `0x${value.slice(2)}`;
};

/** All that the registry of workers has said by the name `eventName`. */
const saidOf = <const N extends "OperatorChanged" | "WorkerSlashed">({ suite }: Indexed, eventName: N) =>
  suite.client.getContractEvents({
    ...{ address: suite.contracts.workerRegistry, abi: workerRegistryAbi, eventName, strict: true },
    fromBlock: 0n,
  });

/** Each change of an operator: what the worker could claim then, by the contract. */
async function handovers(indexed: Indexed) {
  const { suite } = indexed;
  const logs = await saidOf(indexed, "OperatorChanged");
  return Promise.all(
    logs.map(async ({ args, blockNumber }) => ({
      from: lower(args.oldOperator),
      to: lower(args.newOperator),
      amount: await chainAt(suite, blockNumber).rewardsOf(args.worker),
      timestamp: (await suite.client.getBlock({ blockNumber })).timestamp,
    })),
  );
}

/** Every slash, of who operated the worker then: not of who did when it was proposed. */
async function slashes(indexed: Indexed): Promise<Row[]> {
  const logs = await saidOf(indexed, "WorkerSlashed");
  return Promise.all(
    logs.map(async ({ args, blockNumber }) => ({
      operator: await chainAt(indexed.suite, blockNumber).operatorOf(args.worker),
      amount: String(args.amount),
    })),
  );
}

/** Compares every operator with its workers, its claims, and what the contracts say at the head. */
export async function reconcileOperators(indexed: Indexed, workers: readonly Row[]): Promise<void> {
  const { suite, indexer } = indexed;
  const chain = chainAt(suite, await suite.client.getBlockNumber());
  const operators = await indexer.rows("operators", OPERATOR);
  const claims = await indexer.rows("rewardsClaims", "operator amount");
  const payouts = await indexer.rows("rewardsPayouts", "operator");
  const slashed = await slashes(indexed);
  const moved = await handovers(indexed);
  const { operatorStandings } = await indexer.query(
    `{ operatorStandings(limit: 1000) { items { operator rewards earnedCumulative } } }`,
  );
  const standings = rowsOf(rowOf(operatorStandings)["items"]);
  expect(standings).toHaveLength(operators.length);

  const rewards = new Map<string, bigint>();
  for (const row of workers) {
    const operator = await chain.operatorOf(addressOf(row));
    rewards.set(operator, (rewards.get(operator) ?? 0n) + (await chain.rewardsOf(addressOf(row))));
  }
  expect([...rewards.keys()].every((each) => operators.some(({ operator }) => operator === each))).toBe(true);
  for (const row of operators) {
    const key = addressOf(row, "operator");
    const own = workers.filter(({ operator }) => operator === key);
    const staying = own.filter(({ state }) => state === "active" || state === "lapsed");
    const active = own.filter(({ state }) => state === "active");
    const attested = staying.filter(({ isAttested }) => isAttested === true);
    const inState = (state: string) => own.filter((each) => each["state"] === state).length;
    const mine = (rows: readonly Row[]) => rows.filter(({ operator }) => operator === key);
    const [to, from] = [moved.filter((each) => each.to === key), moved.filter((each) => each.from === key)];
    const amount = (rows: readonly { amount: bigint }[]) => rows.reduce((all, each) => all + each.amount, 0n);
    expect(row, key).toMatchObject({
      workers: own.length,
      active: active.length,
      ...{ lapsed: inState("lapsed"), exiting: inState("exiting"), exited: inState("exited") },
      removed: inState("removed"),
      ...{ attested: attested.length, attestedGpus: totalOf(attested, "gpuCount") },
      ...{ activeGpus: totalOf(active, "gpuCount"), activeWeight: totalOf(active, "weight") },
      collateral: String(sumOf(own, "collateral")),
      required: String(sumOf(staying, "required")),
      pendingWithdrawals: String(sumOf(own, "pendingWithdrawal")),
      reserved: String(sumOf(own, "reserved")),
      slashedCumulative: String(sumOf(mine(slashed), "amount")),
      claimedCumulative: String(sumOf(mine(claims), "amount")),
      payouts: mine(payouts).length,
      takenOverCumulative: String(amount(to)),
      handedOverCumulative: String(amount(from)),
    });
    const standing = standings.find(({ operator }) => operator === key);
    expect(big(standing, "rewards"), key).toBe(rewards.get(key) ?? 0n);
    expect(big(standing, "earnedCumulative"), key).toBe(
      big(row, "claimedCumulative") + (rewards.get(key) ?? 0n) + amount(from) - amount(to),
    );
    const { holdings } = await indexer.query(
      `query ($account: String!) { holdings(where: { account: $account }) { items { shares collateral wrapped locked total } } }`,
      { account: key },
    );
    const [held] = rowsOf(rowOf(holdings)["items"]);
    const { vpha, votingVpha } = suite.contracts;
    const [shares, wrapped] = await Promise.all(
      [vpha, votingVpha].map((address) =>
        suite.client.readContract({ address, abi: vphaAbi, functionName: "balanceOf", args: [key] }),
      ),
    );
    expect(held, key).toEqual({
      ...{ shares: String(shares), collateral: row["collateral"], wrapped: String(wrapped), locked: "0" },
      total: String((shares ?? 0n) + (wrapped ?? 0n) + big(row, "collateral")),
    });
    expect(big(row, "earnedCumulative")).toBeLessThanOrEqual(big(standing, "earnedCumulative"));
  }
  for (const name of ["addedCumulative", "paidCumulative"]) {
    expect(sumOf(operators, name), name).toBe(big(await indexer.row("computeNetworks", name), name));
  }
}

/** Compares each operator's days with what the contracts would have said in the second in which each ended. */
export async function reconcileOperatorDays(indexed: Indexed, days: readonly Row[]): Promise<void> {
  const { suite, indexer } = indexed;
  const rows = await indexer.rows("operatorDays", OPERATOR_DAY, `orderBy: "start"`);
  const workers = await indexer.rows("workers", "worker registeredAt");
  const workerDays = await indexer.rows("workerDays", "start earned");
  const claims = await indexer.rows("rewardsClaims", "operator amount timestamp");
  const moved = await handovers(indexed);
  const head = await suite.client.getBlockNumber();
  const blocks = await Promise.all(
    Array.from({ length: Number(head) + 1 }, (_, i) => suite.client.getBlock({ blockNumber: BigInt(i) })),
  );
  for (const day of days) {
    const [start, end] = [big(day, "start"), big(day, "end")];
    const own = rows.filter((row) => big(row, "start") === start);
    expect(sumOf(own, "earned"), `earned from ${start}`).toBe(
      sumOf(
        workerDays.filter((row) => big(row, "start") === start),
        "earned",
      ),
    );
    expect(sumOf(own, "claimed")).toBe(big(day, "claimed"));
    expect(sumOf(own, "slashed")).toBe(big(day, "slashed"));
    for (const name of ["active", "lapsed", "exiting", "attested", "attestedGpus", "activeGpus", "activeWeight"]) {
      expect(totalOf(own, name), `${name} at ${end}`).toBe(day[name]);
    }
    const block = blocks.findLast(({ timestamp }) => timestamp < end);
    if (block === undefined) throw new Error("a day before the chain");
    const chain = chainAt(suite, block.number, end);
    const then = workers.filter((row) => big(row, "registeredAt") < end);
    const held = await Promise.all(
      then.map(async (row) => ({
        operator: await chain.operatorOf(addressOf(row)),
        collateral: await chain.collateralOf(addressOf(row)),
        rewards: await chain.rewardsOf(addressOf(row)),
      })),
    );
    for (const row of own) {
      const key = row["operator"];
      const mine = held.filter(({ operator }) => operator === key);
      const claimed = claims.filter((claim) => claim["operator"] === key && big(claim, "timestamp") < end);
      const handed = moved
        .filter(({ timestamp }) => timestamp < end)
        .reduce((all, { from, to, amount }) => all + (from === key ? amount : 0n) - (to === key ? amount : 0n), 0n);
      expect(big(row, "collateral")).toBe(mine.reduce((all, each) => all + each.collateral, 0n));
      expect(big(row, "claimedCumulative")).toBe(sumOf(claimed, "amount"));
      expect(big(row, "earnedCumulative"), `${JSON.stringify(key)} at ${end}`).toBe(
        sumOf(claimed, "amount") + mine.reduce((all, each) => all + each.rewards, 0n) + handed,
      );
    }
  }
}

/** Rows by their key: going through all of them for each would keep the process from all else for seconds. */
function grouped<Key>(rows: readonly Row[], keyOf: (row: Row) => Key): ReadonlyMap<Key, readonly Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

/** The network's hours have no gap, end each day with its row, and sum up to it; the models' hours sum up to the network's. */
export async function reconcileNetworkHours({ indexer }: Indexed, days: readonly Row[]): Promise<void> {
  const standing = `active lapsed exiting exited removed attested heldGpus attestedGpus activeGpus activeWeight collateral
    required pendingWithdrawals reserved weight reserve ceiling`;
  const flows = ["weightHours", "emitted", "earned", "claimed", "slashed"];
  const fields = `start end ${standing} ${flows.join(" ")} ${flows.map((name) => `${name}Cumulative`).join(" ")}`;
  const hours = await indexer.rows("computeHours", fields, `orderBy: "start"`);
  const whole = await indexer.rows("computeDays", fields, `orderBy: "start"`);
  const models = await indexer.rows("gpuModelHours", "start heldGpus attestedGpus activeGpus", `orderBy: "start"`);
  const modelsOf = grouped(models, ({ start }) => start);
  hours.forEach((row, i) => {
    expect(big(row, "start")).toBe(big(hours[0], "start") + BigInt(i) * HOUR);
    const own = modelsOf.get(row["start"]) ?? [];
    for (const name of ["heldGpus", "attestedGpus", "activeGpus"]) {
      expect(totalOf(own, name), name).toBe(row[name]);
    }
  });
  expect(whole).toHaveLength(days.length);
  const hoursOf = grouped(hours, (row) => big(row, "start") - (big(row, "start") % DAY));
  for (const day of whole) {
    const own = hoursOf.get(big(day, "start")) ?? [];
    for (const name of flows) expect(sumOf(own, name), name).toBe(big(day, name));
    const last = own.at(-1) ?? {};
    for (const name of [...standing.split(/\s+/), ...flows.map((flow) => `${flow}Cumulative`)]) {
      expect(last[name], `${name} at ${big(day, "end")}`).toEqual(day[name]);
    }
  }
}
