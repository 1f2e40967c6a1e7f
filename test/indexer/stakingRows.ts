/** What the indexer has of the token, its distribution, the emission and the vault, compared with what the contracts say in the same block. */
import {
  type Address,
  type Hex,
  decodeFunctionResult,
  encodeFunctionData,
  parseEventLogs,
  parseAbi,
  zeroAddress,
} from "viem";
import { expect } from "vitest";
import { emissionVaultAbi, merkleDistributorAbi, phaAbi, vphaAbi } from "../../deploy/generated/abis.ts";
import { STREAMS, emissionCap } from "../../model/emission.ts";
import { unvested } from "../../model/pool.ts";
import { poolOf } from "../../ponder/src/maths/vault.ts";
import { createRandom } from "../../scripts/devnet/random.ts";
import { type Row, big, lower } from "./suite.ts";
import { type Reconciled, hex } from "./workerRows.ts";

const vestingAbi = parseAbi(["function released(address token) view returns (uint256)"]);

/** Balances of PHA, its supply and its burns. */
export async function reconcileToken({ suite, indexer, blockNumber }: Reconciled): Promise<void> {
  const { client, contracts } = suite;
  const at = { address: contracts.pha, abi: phaAbi, blockNumber } as const;
  const supply = await client.readContract({ ...at, functionName: "totalSupply" });
  const token = await indexer.row(
    "tokens",
    "totalSupply mintedCumulative burnedCumulative holders transfersCumulative",
  );
  expect(big(token, "totalSupply")).toBe(supply);
  expect(big(token, "mintedCumulative") - big(token, "burnedCumulative")).toBe(supply);

  const rows = await indexer.rows("accounts", "address balance receivedCumulative sentCumulative");
  await Promise.all(
    rows.map(async (row) => {
      const owner = hex(row, "address");
      const balance = await client.readContract({ ...at, functionName: "balanceOf", args: [owner] });
      expect(big(row, "balance"), owner).toBe(balance);
      expect(big(row, "receivedCumulative") - big(row, "sentCumulative"), owner).toBe(balance);
    }),
  );
  // Nobody is missing.
  expect(sum(rows, "balance")).toBe(supply);
  expect(token["holders"]).toBe(rows.filter((row) => big(row, "balance") > 0n).length);

  const logs = await client.getContractEvents({
    ...{ address: contracts.pha, abi: phaAbi, eventName: "Transfer", strict: true },
    ...{ fromBlock: 0n, toBlock: blockNumber },
  });
  expect(token["transfersCumulative"]).toBe(logs.length);
  const burnt = logs.filter(({ args }) => args.to === zeroAddress);
  const burns = await indexer.rows("burns", "account amount totalSupply block", `orderBy: "id"`);
  expect(burns.map((row) => [row["account"], big(row, "amount"), big(row, "block")])).toEqual(
    burnt.map(({ args, blockNumber: block }) => [lower(args.from), args.value, block]),
  );
  if (burns.length > 0) expect(big(burns.at(-1), "totalSupply")).toBe(supply);
}

/** Claims from the distributor, what was swept, and what vesting released. */
export async function reconcileDistribution({ suite, indexer, blockNumber }: Reconciled): Promise<void> {
  const { client, contracts } = suite;
  const claims = await indexer.rows("distributorClaims", "distributor index account amount");
  const { merkleDistributor, teamVesting } = contracts;
  if (merkleDistributor !== null) {
    const at = { address: merkleDistributor, abi: merkleDistributorAbi, blockNumber } as const;
    const most = claims.reduce((all, row) => (big(row, "index") > all ? big(row, "index") : all), 0n);
    const known = new Set(claims.map((row) => big(row, "index")));
    await Promise.all(
      Array.from({ length: Number(most) + 2 }, async (_, index) => {
        const isClaimed = await client.readContract({ ...at, functionName: "isClaimed", args: [BigInt(index)] });
        expect(known.has(BigInt(index)), `claim ${index}`).toBe(isClaimed);
      }),
    );
    const held = { address: contracts.pha, abi: phaAbi, functionName: "balanceOf", blockNumber } as const;
    const [row] = await indexer.rows("distributors", "address claimedCumulative claims sweptCumulative sweptAt");
    if (row === undefined) expect(claims).toEqual([]);
    else {
      expect(row["claims"]).toBe(claims.length);
      expect(big(row, "claimedCumulative")).toBe(sum(claims, "amount"));
      const got = await client.getContractEvents({
        ...{ address: contracts.pha, abi: phaAbi, eventName: "Transfer", strict: true, fromBlock: 0n },
        ...{ args: { to: merkleDistributor }, toBlock: blockNumber },
      });
      const received = got.reduce((all, { args }) => all + args.value, 0n);
      expect(received - big(row, "claimedCumulative") - big(row, "sweptCumulative")).toBe(
        await client.readContract({ ...held, args: [merkleDistributor] }),
      );
      expect(row["sweptAt"] !== null).toBe(big(row, "sweptCumulative") !== 0n);
    }
  }
  if (teamVesting === null) return;
  const released = await client.readContract({
    ...{ address: teamVesting, abi: vestingAbi, functionName: "released", args: [contracts.pha], blockNumber },
  });
  const releases = await indexer.rows("vestingReleases", "wallet token amount");
  expect(
    sum(
      releases.filter((row) => row["token"] === lower(contracts.pha)),
      "amount",
    ),
  ).toBe(released);
}

/** The emission, its epochs, and what each stream was pulled. */
export async function reconcileEmission({ suite, indexer, blockNumber, timestamp }: Reconciled): Promise<void> {
  const { client } = suite;
  const row = await indexer.row(
    "emissions",
    `budget cap start emittedCumulative emittedStakersCumulative emittedWorkersCumulative emittedTreasuryCumulative`,
  );
  const at = { address: suite.contracts.emissionVault, abi: emissionVaultAbi, blockNumber } as const;
  const budget = await client.readContract({ ...at, functionName: "budget" });
  const start = await client.readContract({ ...at, functionName: "startTime" });
  expect([big(row, "budget"), big(row, "start"), big(row, "cap")]).toEqual([budget, start, emissionCap(budget)]);
  expect(big(row, "emittedCumulative")).toBe(
    await client.readContract({ ...at, functionName: "emitted", args: [timestamp] }),
  );
  const columns = ["emittedStakersCumulative", "emittedWorkersCumulative", "emittedTreasuryCumulative"];
  const streams = await indexer.rows("emissionStreams", "stream sink pulledCumulative pendingSettled pulls");
  const pulls = await indexer.rows("emissionPulls", "stream kind sink amount pulledCumulative", `orderBy: "id"`);
  for (const [i, stream] of STREAMS.entries()) {
    const emitted = await client.readContract({ ...at, functionName: "emittedTo", args: [i, timestamp] });
    const pulled = await client.readContract({ ...at, functionName: "pulled", args: [i] });
    const sink = await client.readContract({ ...at, functionName: "sinkOf", args: [i] });
    expect(big(row, columns[i] ?? ""), stream).toBe(emitted);
    const found = streams.find((each) => each["stream"] === stream);
    expect([found?.["sink"], big(found, "pulledCumulative")], stream).toEqual([lower(sink), pulled]);
    const own = pulls.filter((each) => each["stream"] === stream);
    const sinks = [...new Set(own.map((each) => hex(each, "sink")))];
    const settled = await Promise.all(
      sinks.map((each) => client.readContract({ ...at, functionName: "settledOf", args: [i, each] })),
    );
    expect(big(found, "pendingSettled"), stream).toBe(settled.reduce((all, each) => all + each, 0n));
    const amount = (kind: string) =>
      sum(
        own.filter((each) => each["kind"] === kind),
        "amount",
      );
    // What is paid out of what was reserved had left the stream before.
    expect(amount("pull") + amount("pull_settled") + big(found, "pendingSettled"), stream).toBe(pulled);
    if (own.length > 0) expect(big(own.at(-1), "pulledCumulative"), stream).toBe(pulled);
  }
  const epochs = await indexer.rows("emissionEpochs", "epoch start end budget emittedBefore", `orderBy: "epoch"`);
  expect(epochs).toHaveLength(104);
  await Promise.all(
    epochs.map(async (epoch) => {
      const [before, after] = await Promise.all(
        ["start", "end"].map((column) =>
          client.readContract({ ...at, functionName: "emitted", args: [big(epoch, column)] }),
        ),
      );
      expect(big(epoch, "emittedBefore")).toBe(before);
      // When the last one ends, what rounding leaves is emitted, too.
      if (epoch["epoch"] !== 103) expect(big(epoch, "emittedBefore") + big(epoch, "budget")).toBe(after);
    }),
  );
}

/** The vault itself. */
export async function reconcileVault({ suite, indexer, blockNumber, timestamp }: Reconciled): Promise<void> {
  const { client } = suite;
  const at = { address: suite.contracts.vpha, abi: vphaAbi, blockNumber } as const;
  const row = await indexer.row(
    "vaults",
    `totalAssets shares rate apr block timestamp poolAssets banked incomeAmount incomeStart incomeEnd accruedAt
     emissionBudget emissionStart pendingAssets pendingRequests stakers depositsPausedUntil`,
  );
  expect([big(row, "block"), big(row, "timestamp")]).toEqual([blockNumber, timestamp]);
  expect(big(row, "totalAssets")).toBe(await client.readContract({ ...at, functionName: "totalAssets" }));
  expect(big(row, "shares")).toBe(await client.readContract({ ...at, functionName: "totalSupply" }));
  expect(big(row, "rate")).toBe(
    await client.readContract({ ...at, functionName: "convertToAssets", args: [10n ** 18n] }),
  );
  expect(big(row, "apr")).toBe(await client.readContract({ ...at, functionName: "apr" }));
  expect(big(row, "banked")).toBe(await client.readContract({ ...at, functionName: "banked" }));
  expect(big(row, "pendingAssets")).toBe(await client.readContract({ ...at, functionName: "pendingRedemptions" }));
  expect(big(row, "depositsPausedUntil")).toBe(
    await client.readContract({ ...at, functionName: "depositsPausedUntil" }),
  );
  const [left] = await client.readContract({ ...at, functionName: "incomeStream" });
  expect(unvested(poolFrom(row).income, timestamp)).toBe(left);
  expect(await client.readContract({ ...at, functionName: "solvency" })).toBeGreaterThanOrEqual(0n);
}

/** Everybody's shares, requests and operators. */
export async function reconcilePositions({ suite, indexer, blockNumber }: Reconciled): Promise<void> {
  const { client } = suite;
  const at = { address: suite.contracts.vpha, abi: vphaAbi, blockNumber } as const;
  const positions = await indexer.rows("positions", "account shares pendingAssets pendingRequests");
  const requests = await indexer.rows("redemptionRequests", "id controller state pendingAssets pendingShares maturity");
  const open = requests.filter(({ state }) => state === "pending" || state === "partially_claimed");
  await Promise.all(
    positions.map(async (row) => {
      const owner = hex(row, "account");
      const [shares, onChain, count] = await Promise.all([
        client.readContract({ ...at, functionName: "balanceOf", args: [owner] }),
        client.readContract({ ...at, functionName: "requestsOf", args: [owner, 0n, 100_000n] }),
        client.readContract({ ...at, functionName: "requestCount", args: [owner] }),
      ]);
      expect(big(row, "shares"), owner).toBe(shares);
      const own = open.filter(({ controller }) => controller === owner);
      const found = own.map((request) => ({
        requestId: big(request, "id"),
        assets: big(request, "pendingAssets"),
        shares: big(request, "pendingShares"),
        maturity: big(request, "maturity"),
      }));
      expect(found.sort((a, b) => (a.requestId < b.requestId ? -1 : 1))).toEqual(onChain);
      expect(row["pendingRequests"]).toBe(onChain.length);
      expect(big(row, "pendingAssets")).toBe(onChain.reduce((total, { assets }) => total + assets, 0n));
      expect(BigInt(requests.filter(({ controller }) => controller === owner).length)).toBe(count);
    }),
  );
  const vault = await indexer.row("vaults", "stakers pendingRequests");
  expect(sum(positions, "shares")).toBe(await client.readContract({ ...at, functionName: "totalSupply" }));
  expect(sum(open, "pendingAssets")).toBe(await client.readContract({ ...at, functionName: "pendingRedemptions" }));
  expect(vault["pendingRequests"]).toBe(open.length);
  expect(vault["stakers"]).toBe(positions.filter((row) => big(row, "shares") > 0n).length);

  const approvals = await indexer.rows("operatorApprovals", "controller operator approved");
  await Promise.all(
    approvals.map(async (row) => {
      const args = [hex(row, "controller"), hex(row, "operator")] as const;
      expect(row["approved"], args.join()).toBe(await client.readContract({ ...at, functionName: "isOperator", args }));
    }),
  );
}

/** Cost, realised reward and the vault's events are those of a replay of the logs, by the rules of the schema's comment and by other code. */
export async function reconcileCosts(indexed: Reconciled): Promise<void> {
  const { indexer } = indexed;
  const { book, events } = await replay(indexed);
  const rows = await indexer.rows(
    "positions",
    "account shares cost realisedReward depositedCumulative cancelledCumulative",
  );
  for (const row of rows) {
    const { cost, reward } = book.get(hex(row, "account")) ?? { cost: 0n, reward: 0n };
    expect({ cost: big(row, "cost"), reward: big(row, "realisedReward") }, hex(row, "account")).toEqual({
      cost,
      reward,
    });
    if (big(row, "shares") === 0n) expect(cost).toBe(0n);
  }
  const requests = await indexer.rows("redemptionRequests", "assets cost realisedReward");
  expect(sum(rows, "cost") + sum(requests, "cost")).toBe(
    sum(rows, "depositedCumulative") + sum(rows, "cancelledCumulative"),
  );
  expect(sum(rows, "realisedReward")).toBe(sum(requests, "assets") - sum(requests, "cost"));
  const found = await indexer.rows("stakingEvents", "kind");
  for (const [kind, count] of Object.entries(events)) {
    expect(found.filter((row) => row["kind"] === kind).length, kind).toBe(count);
  }
}

/** Average cost from the raw logs, and how many events of each kind there were. */
async function replay({ suite, blockNumber }: Reconciled) {
  const { client, contracts } = suite;
  const logs = await client.getLogs({ address: contracts.vpha, fromBlock: 0n, toBlock: blockNumber });
  const book = new Map<Address, { shares: bigint; cost: bigint; reward: bigint }>();
  const events = { deposit: 0, request: 0, cancel: 0, claim: 0, fund: 0 };
  const of = (owner: Address) => {
    const entry = book.get(lower(owner)) ?? { shares: 0n, cost: 0n, reward: 0n };
    book.set(lower(owner), entry);
    return entry;
  };
  const take = (owner: Address, shares: bigint): bigint => {
    const entry = of(owner);
    const cost = shares === entry.shares ? entry.cost : (shares * entry.cost) / entry.shares;
    entry.shares -= shares;
    entry.cost -= cost;
    return cost;
  };
  const controllers = new Map<bigint, Address>();
  const taken = new Map<bigint, { owner: Address; cost: bigint }>();
  for (const log of parseEventLogs({ abi: vphaAbi, logs })) {
    switch (log.eventName) {
      case "Transfer": {
        const { from, to, value } = log.args;
        if (value === 0n || to === zeroAddress || from === to) break;
        const cost = from === zeroAddress ? 0n : take(from, value);
        of(to).shares += value;
        of(to).cost += cost;
        break;
      }
      case "Deposit":
        events.deposit++;
        of(log.args.owner).cost += log.args.assets;
        break;
      case "RedeemRequest": {
        const { owner, controller, requestId, shares } = log.args;
        controllers.set(requestId, controller);
        taken.set(requestId, { owner, cost: take(owner, shares) });
        break;
      }
      case "RedemptionRequested": {
        events.request++;
        const { owner, cost } = taken.get(log.args.requestId) ?? { owner: zeroAddress, cost: 0n };
        of(owner).reward += log.args.assets - cost;
        break;
      }
      case "RedemptionCancelled":
        events.cancel++;
        of(controllers.get(log.args.requestId) ?? zeroAddress).cost += log.args.assets;
        break;
      case "RedemptionClaimed":
        events.claim++;
        break;
      case "IncomeFunded":
        events.fund++;
        break;
    }
  }
  return { book, events };
}

const VAULT_PERIOD = `start end totalAssets shares rate pendingAssets unvestedIncome apr banked inflation emitted emittedStakers
  deposited requested cancelled claimed funded depositedCumulative requestedCumulative`;

/** Hours and days of the vault: without gaps, and some of them, chosen by `seed`, compared with the contract at their ends. */
export async function reconcileVaultSeries(indexed: Reconciled, seed: number): Promise<void> {
  const { indexer, timestamp } = indexed;
  const blocks = await blockTimes(indexed);
  const series = new Map<string, Row[]>();
  for (const [list, length] of [
    ["vaultHours", 3_600n],
    ["vaultDays", 86_400n],
  ] as const) {
    const rows = await indexer.rows(list, VAULT_PERIOD);
    series.set(list, rows);
    const starts = rows.map((row) => big(row, "start"));
    expect(starts.every((start, i) => i === 0 || start === (starts[i - 1] ?? 0n) + length)).toBe(true);
    expect(big(rows.at(-1), "end")).toBe(timestamp - (timestamp % length));
    const random = createRandom(seed);
    // Those in which something happened, and any others.
    const busy = rows.filter((row) => big(row, "deposited") + big(row, "requested") > 0n);
    const chosen = [
      ...Array.from({ length: 30 }, () => random.pick(busy)),
      ...Array.from({ length: 15 }, () => random.pick(rows)),
    ];
    await Promise.all(chosen.map((row) => reconcileVaultPeriod(indexed, row, blocks)));
  }

  // Flows of hours, of days, and of the history are the same.
  const [hours = [], days = []] = [series.get("vaultHours"), series.get("vaultDays")];
  const events = await indexer.rows("stakingEvents", "kind assets timestamp");
  const until = big(days.at(-1), "end");
  const kinds = { deposited: "deposit", requested: "request", cancelled: "cancel", claimed: "claim", funded: "fund" };
  for (const [column, kind] of Object.entries(kinds)) {
    const happened = events.filter((event) => event["kind"] === kind && big(event, "timestamp") < until);
    expect(sum(days, column), column).toBe(sum(happened, "assets"));
    const before = hours.filter((hour) => big(hour, "end") <= until);
    expect(sum(before, column), column).toBe(sum(happened, "assets"));
  }
}

async function reconcileVaultPeriod(indexed: Reconciled, row: Row, blocks: readonly bigint[]): Promise<void> {
  const end = big(row, "end");
  const block = BigInt(blocks.findLastIndex((time) => time < end));
  const at = `until ${end}, after block ${block}`;
  /** What VPHA would have answered at `end` with the state of `block`. */
  const read = async (functionName: "totalAssets" | "apr" | "totalSupply" | "pendingRedemptions") => {
    const data = encodeFunctionData({ abi: vphaAbi, functionName });
    return decodeFunctionResult({ abi: vphaAbi, functionName, data: await callAt(indexed, data, block, end) });
  };
  expect(big(row, "totalAssets"), at).toBe(await read("totalAssets"));
  expect(big(row, "shares"), at).toBe(await read("totalSupply"));
  expect(big(row, "pendingAssets"), at).toBe(await read("pendingRedemptions"));
  expect(big(row, "apr"), at).toBe(await read("apr"));
  const price = encodeFunctionData({ abi: vphaAbi, functionName: "convertToAssets", args: [10n ** 18n] });
  expect(big(row, "rate"), at).toBe(BigInt(await callAt(indexed, price, block, end)));
  const income = encodeFunctionData({ abi: vphaAbi, functionName: "incomeStream" });
  const [left] = decodeFunctionResult({
    abi: vphaAbi,
    functionName: "incomeStream",
    data: await callAt(indexed, income, block, end),
  });
  expect(big(row, "unvestedIncome"), at).toBe(left);
}

async function callAt({ suite }: Reconciled, data: Hex, blockNumber: bigint, time: bigint): Promise<Hex> {
  const answer = await suite.client.call({ to: suite.contracts.vpha, data, blockNumber, blockOverrides: { time } });
  return answer.data ?? "0x";
}

/** Days of the emission and of the supply. */
export async function reconcileTokenSeries(indexed: Reconciled): Promise<void> {
  const { suite, indexer } = indexed;
  const { client, contracts } = suite;
  const days = await indexer.rows(
    "emissionDays",
    "start end emitted emittedStakers emittedWorkers emittedTreasury emittedCumulative pulledStakersCumulative",
  );
  const some = (rows: readonly Row[]) => rows.filter((_, i) => i % Math.ceil(rows.length / 20) === 0);
  await Promise.all(
    some(days).map(async (row) => {
      const read = { address: contracts.emissionVault, abi: emissionVaultAbi, functionName: "emitted" } as const;
      expect(big(row, "emittedCumulative")).toBe(await client.readContract({ ...read, args: [big(row, "end")] }));
      expect(big(row, "emittedStakers") + big(row, "emittedWorkers") + big(row, "emittedTreasury")).toBe(
        big(row, "emitted"),
      );
    }),
  );
  expect(sum(days, "emitted")).toBe(big(days.at(-1), "emittedCumulative"));

  const supply = await indexer.rows("supplyDays", "start end totalSupply burned transfers holders");
  const blocks = await blockTimes(indexed);
  await Promise.all(
    some(supply).map(async (row) => {
      const block = BigInt(blocks.findLastIndex((time) => time < big(row, "end")));
      const read = { address: contracts.pha, abi: phaAbi, functionName: "totalSupply", blockNumber: block } as const;
      expect(big(row, "totalSupply")).toBe(await client.readContract(read));
    }),
  );
  const burns = await indexer.rows("burns", "amount timestamp");
  const until = big(supply.at(-1), "end");
  expect(sum(supply, "burned")).toBe(
    sum(
      burns.filter((burn) => big(burn, "timestamp") < until),
      "amount",
    ),
  );
}

/** The time of each block. */
export async function blockTimes({ suite, blockNumber }: Reconciled): Promise<bigint[]> {
  const numbers = Array.from({ length: Number(blockNumber) + 1 }, (_, i) => BigInt(i));
  return Promise.all(numbers.map(async (each) => (await suite.client.getBlock({ blockNumber: each })).timestamp));
}

export function sum(rows: readonly Row[], column: string): bigint {
  return rows.reduce((total, row) => total + big(row, column), 0n);
}

function poolFrom(row: Row) {
  return poolOf({
    poolAssets: big(row, "poolAssets"),
    shares: big(row, "shares"),
    banked: big(row, "banked"),
    incomeAmount: big(row, "incomeAmount"),
    incomeStart: big(row, "incomeStart"),
    incomeEnd: big(row, "incomeEnd"),
    accruedAt: big(row, "accruedAt"),
    emissionBudget: big(row, "emissionBudget"),
    emissionStart: big(row, "emissionStart"),
  });
}
