/** After a seeded history that looks for trouble, every number of the indexer is the chain's at the same block, to the wei. */
import { type Address, type Hex, decodeFunctionResult, encodeFunctionData, parseEventLogs, zeroAddress } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emissionVaultAbi, phaAbi, vphaAbi } from "../../deploy/generated/abis.ts";
import { STREAMS } from "../../model/emission.ts";
import { unvested } from "../../model/pool.ts";
import { poolOf } from "../../ponder/src/maths/vault.ts";
import { createRandom } from "../../scripts/devnet/random.ts";
import { type Played, playTrouble, stakers } from "./history.ts";
import { type Indexer, type Row, type Suite, big, lower, startIndexer, startSuite } from "./suite.ts";

const SEED = Number(process.env["PHALA_TEST_SEED"] ?? 20_261_121);
const TRANSACTIONS = Number(process.env["PHALA_TEST_TRANSACTIONS"] ?? 320);

let suite: Suite;
let indexer: Indexer;
/** What has to be stopped, also when the history could not be played. */
const started: { stop: () => Promise<void> }[] = [];
let played: Played;
let blockNumber: bigint;
let timestamp: bigint;

beforeAll(async () => {
  suite = await startSuite({ airdrop: stakers().map((staker) => [staker, 9_000_000n] as const) });
  started.push(suite);
  played = await playTrouble(suite, SEED, TRANSACTIONS);
  ({ number: blockNumber, timestamp } = await suite.client.getBlock());
  indexer = await startIndexer(suite);
  started.push(indexer);
  await indexer.reach(blockNumber);
});

afterAll(async () => {
  for (const { stop } of started.reverse()) await stop();
});

/** What a contract says at the last block. */
const pha = <name extends "totalSupply">(functionName: name) =>
  suite.client.readContract({ address: suite.contracts.pha, abi: phaAbi, functionName, blockNumber });

function vpha<
  const name extends
    | "totalAssets"
    | "totalSupply"
    | "apr"
    | "banked"
    | "pendingRedemptions"
    | "depositsPausedUntil"
    | "incomeStream"
    | "solvency",
>(functionName: name) {
  return suite.client.readContract({ address: suite.contracts.vpha, abi: vphaAbi, functionName, blockNumber });
}

/** What VPHA would answer at `time` with the state of `block`. */
async function vphaAt(
  functionName: "totalAssets" | "apr" | "totalSupply" | "pendingRedemptions",
  block: bigint,
  time: bigint,
): Promise<bigint> {
  const data = encodeFunctionData({ abi: vphaAbi, functionName });
  return decodeFunctionResult({ abi: vphaAbi, functionName, data: await callAt(data, block, time) });
}

async function callAt(data: Hex, block: bigint, time: bigint): Promise<Hex> {
  const answer = await suite.client.call({
    to: suite.contracts.vpha,
    data,
    blockNumber: block,
    blockOverrides: { time },
  });
  return answer.data ?? "0x";
}

test("the history has what it is for", () => {
  expect(played.succeeded).toBeGreaterThanOrEqual(TRANSACTIONS);
  expect(played.rises).toBeGreaterThanOrEqual(2);
  expect(played.falls).toBeGreaterThanOrEqual(2);
  for (const action of [
    "deposit",
    "cancel",
    "claim",
    "redeem",
    "withdraw",
    "fund",
    "pull",
    "transferShares",
  ] as const) {
    expect(played.done[action], action).toBeGreaterThan(0);
  }
});

describe("at the last block", () => {
  test("supply and balances of PHA", async () => {
    const token = await indexer.row("tokens", "totalSupply mintedCumulative burnedCumulative holders");
    expect(big(token, "totalSupply")).toBe(await pha("totalSupply"));
    expect(big(token, "mintedCumulative") - big(token, "burnedCumulative")).toBe(big(token, "totalSupply"));

    const rows = await indexer.rows("accounts", "address balance receivedCumulative sentCumulative");
    for (const row of rows) {
      const owner = addressOf(row, "address");
      const args = [owner] as const;
      const balance = await suite.client.readContract({
        address: suite.contracts.pha,
        abi: phaAbi,
        functionName: "balanceOf",
        args,
        blockNumber,
      });
      expect(big(row, "balance"), owner).toBe(balance);
      expect(big(row, "receivedCumulative") - big(row, "sentCumulative"), owner).toBe(balance);
    }
    // Nobody is missing.
    expect(sum(rows, "balance")).toBe(await pha("totalSupply"));
    expect(token["holders"]).toBe(rows.filter((row) => big(row, "balance") > 0n).length);
  });

  test("the vault", async () => {
    const row = await indexer.row(
      "vaults",
      `totalAssets shares rate apr block timestamp poolAssets banked incomeAmount incomeStart incomeEnd accruedAt
       emissionBudget emissionStart pendingAssets pendingRequests stakers depositsPausedUntil`,
    );
    expect(big(row, "block")).toBe(blockNumber);
    expect(big(row, "timestamp")).toBe(timestamp);
    expect(big(row, "totalAssets")).toBe(await vpha("totalAssets"));
    expect(big(row, "shares")).toBe(await vpha("totalSupply"));
    const price = encodeFunctionData({ abi: vphaAbi, functionName: "convertToAssets", args: [10n ** 18n] });
    expect(big(row, "rate")).toBe(BigInt(await callAt(price, blockNumber, timestamp)));
    expect(big(row, "apr")).toBe(await vpha("apr"));
    expect(big(row, "banked")).toBe(await vpha("banked"));
    expect(big(row, "pendingAssets")).toBe(await vpha("pendingRedemptions"));
    expect(big(row, "depositsPausedUntil")).toBe(await vpha("depositsPausedUntil"));
    const [left] = await vpha("incomeStream");
    expect(unvested(poolFrom(row).income, timestamp)).toBe(left);
    expect(await vpha("solvency")).toBeGreaterThanOrEqual(0n);
  });

  test("each account's shares and requests", async () => {
    const positions = await indexer.rows("positions", "account shares pendingAssets pendingRequests");
    const requests = await indexer.rows(
      "redemptionRequests",
      "id controller state pendingAssets pendingShares maturity",
    );
    const open = requests.filter(({ state }) => state === "pending" || state === "partially_claimed");
    for (const row of positions) {
      const owner = addressOf(row, "account");
      const [shares, onChain, count] = await Promise.all([
        suite.client.readContract({
          address: suite.contracts.vpha,
          abi: vphaAbi,
          functionName: "balanceOf",
          args: [owner],
          blockNumber,
        }),
        suite.client.readContract({
          address: suite.contracts.vpha,
          abi: vphaAbi,
          functionName: "requestsOf",
          args: [owner, 0n, 100_000n],
          blockNumber,
        }),
        suite.client.readContract({
          address: suite.contracts.vpha,
          abi: vphaAbi,
          functionName: "requestCount",
          args: [owner],
          blockNumber,
        }),
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
    }
    const vault = await indexer.row("vaults", "stakers pendingRequests");
    expect(sum(positions, "shares")).toBe(await vpha("totalSupply"));
    expect(sum(open, "pendingAssets")).toBe(await vpha("pendingRedemptions"));
    expect(vault["pendingRequests"]).toBe(open.length);
    expect(vault["stakers"]).toBe(positions.filter((row) => big(row, "shares") > 0n).length);
  });

  test("emission and pulls by stream", async () => {
    const address = suite.contracts.emissionVault;
    const row = await indexer.row(
      "emissions",
      `budget start emittedCumulative emittedStakersCumulative emittedWorkersCumulative emittedTreasuryCumulative`,
    );
    const read = { address, abi: emissionVaultAbi, blockNumber } as const;
    expect(big(row, "budget")).toBe(await suite.client.readContract({ ...read, functionName: "budget" }));
    expect(big(row, "start")).toBe(await suite.client.readContract({ ...read, functionName: "startTime" }));
    const total = await suite.client.readContract({ ...read, functionName: "emitted", args: [timestamp] });
    expect(big(row, "emittedCumulative")).toBe(total);
    const columns = ["emittedStakersCumulative", "emittedWorkersCumulative", "emittedTreasuryCumulative"];
    const streams = await indexer.rows("emissionStreams", "stream sink pulledCumulative");
    for (const [i, stream] of STREAMS.entries()) {
      const emitted = await suite.client.readContract({ ...read, functionName: "emittedTo", args: [i, timestamp] });
      const pulled = await suite.client.readContract({ ...read, functionName: "pulled", args: [i] });
      expect(big(row, columns[i] ?? ""), stream).toBe(emitted);
      const found = streams.find((each) => each["stream"] === stream);
      expect(big(found, "pulledCumulative"), stream).toBe(pulled);
      const pulls = await indexer.rows("emissionPulls", "amount", `where: { stream: ${stream}, kind: pull }`);
      expect(sum(pulls, "amount"), stream).toBe(pulled);
    }
  });

  test("cost and realised reward are those of a replay of the logs", async () => {
    const replayed = await replay();
    const rows = await indexer.rows(
      "positions",
      "account shares cost realisedReward depositedCumulative cancelledCumulative",
    );
    for (const row of rows) {
      const { cost, reward } = replayed.get(addressOf(row, "account")) ?? { cost: 0n, reward: 0n };
      expect({ cost: big(row, "cost"), reward: big(row, "realisedReward") }).toEqual({ cost, reward });
      if (big(row, "shares") === 0n) expect(cost).toBe(0n);
    }
    const requests = await indexer.rows("redemptionRequests", "assets cost realisedReward");
    expect(sum(rows, "cost") + sum(requests, "cost")).toBe(
      sum(rows, "depositedCumulative") + sum(rows, "cancelledCumulative"),
    );
    expect(sum(rows, "realisedReward")).toBe(sum(requests, "assets") - sum(requests, "cost"));
  });
});

describe("series", () => {
  const COLUMNS = `start end totalAssets shares rate pendingAssets unvestedIncome apr banked inflation emitted emittedStakers
    deposited requested cancelled claimed funded depositedCumulative requestedCumulative`;

  test.each([
    ["vaultHours", 3_600n],
    ["vaultDays", 86_400n],
  ])("%s are without gaps, and equal to the contract at their ends", async (list, length) => {
    const rows = await indexer.rows(list, COLUMNS);
    const starts = rows.map((row) => big(row, "start"));
    expect(starts.every((start, i) => i === 0 || start === (starts[i - 1] ?? 0n) + length)).toBe(true);
    expect(big(rows.at(-1), "end")).toBe(timestamp - (timestamp % length));

    const blocks = await blockTimes();
    const random = createRandom(SEED);
    // Those in which something happened, and any others.
    const busy = rows.filter((row) => big(row, "deposited") + big(row, "requested") > 0n);
    const chosen = [
      ...Array.from({ length: 30 }, () => random.pick(busy)),
      ...Array.from({ length: 15 }, () => random.pick(rows)),
    ];
    for (const row of chosen) {
      const end = big(row, "end");
      const block = BigInt(blocks.findLastIndex((time) => time < end));
      const at = `${list} until ${end}, after block ${block}`;
      expect(big(row, "totalAssets"), at).toBe(await vphaAt("totalAssets", block, end));
      expect(big(row, "shares"), at).toBe(await vphaAt("totalSupply", block, end));
      expect(big(row, "pendingAssets"), at).toBe(await vphaAt("pendingRedemptions", block, end));
      expect(big(row, "apr"), at).toBe(await vphaAt("apr", block, end));
      const price = encodeFunctionData({ abi: vphaAbi, functionName: "convertToAssets", args: [10n ** 18n] });
      expect(big(row, "rate"), at).toBe(BigInt(await callAt(price, block, end)));
      const income = encodeFunctionData({ abi: vphaAbi, functionName: "incomeStream" });
      const [left] = decodeFunctionResult({
        abi: vphaAbi,
        functionName: "incomeStream",
        data: await callAt(income, block, end),
      });
      expect(big(row, "unvestedIncome"), at).toBe(left);
    }
  });

  test("flows of hours, of days, and of the history are the same", async () => {
    const [hours, days] = [await indexer.rows("vaultHours", COLUMNS), await indexer.rows("vaultDays", COLUMNS)];
    const events = await indexer.rows("stakingEvents", "kind assets timestamp");
    const until = big(days.at(-1), "end");
    const kinds = { deposited: "deposit", requested: "request", cancelled: "cancel", claimed: "claim", funded: "fund" };
    for (const [column, kind] of Object.entries(kinds)) {
      const happened = events.filter((event) => event["kind"] === kind && big(event, "timestamp") < until);
      expect(sum(days, column), column).toBe(sum(happened, "assets"));
      expect(
        sum(
          hours.filter((hour) => big(hour, "end") <= until),
          column,
        ),
        column,
      ).toBe(sum(happened, "assets"));
    }
  });

  test("days of emission and of supply", async () => {
    const days = await indexer.rows(
      "emissionDays",
      "start end emitted emittedStakers emittedWorkers emittedTreasury emittedCumulative pulledStakersCumulative",
    );
    const address = suite.contracts.emissionVault;
    for (const row of days.filter((_, i) => i % Math.ceil(days.length / 20) === 0)) {
      const args = [big(row, "end")] as const;
      const read = { address, abi: emissionVaultAbi, functionName: "emitted", args } as const;
      expect(big(row, "emittedCumulative")).toBe(await suite.client.readContract(read));
      expect(big(row, "emittedStakers") + big(row, "emittedWorkers") + big(row, "emittedTreasury")).toBe(
        big(row, "emitted"),
      );
    }
    expect(sum(days, "emitted")).toBe(big(days.at(-1), "emittedCumulative"));

    const supply = await indexer.rows("supplyDays", "start end totalSupply burned transfers holders");
    const blocks = await blockTimes();
    for (const row of supply.filter((_, i) => i % Math.ceil(supply.length / 20) === 0)) {
      const block = BigInt(blocks.findLastIndex((time) => time < big(row, "end")));
      const address = suite.contracts.pha;
      const read = { address, abi: phaAbi, functionName: "totalSupply", blockNumber: block } as const;
      expect(big(row, "totalSupply")).toBe(await suite.client.readContract(read));
    }
    const burns = await indexer.rows("burns", "amount timestamp");
    expect(sum(supply, "burned")).toBe(
      sum(
        burns.filter((burn) => big(burn, "timestamp") < big(supply.at(-1), "end")),
        "amount",
      ),
    );
  });
});

/** The time of each block. */
async function blockTimes(): Promise<bigint[]> {
  const numbers = Array.from({ length: Number(blockNumber) + 1 }, (_, i) => BigInt(i));
  return Promise.all(numbers.map(async (each) => (await suite.client.getBlock({ blockNumber: each })).timestamp));
}

/** Average cost from the raw logs, by the rules of the schema's comment and by other code. */
async function replay(): Promise<Map<Address, { shares: bigint; cost: bigint; reward: bigint }>> {
  const logs = await suite.client.getLogs({ address: suite.contracts.vpha, fromBlock: 0n, toBlock: blockNumber });
  const book = new Map<Address, { shares: bigint; cost: bigint; reward: bigint }>();
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
        of(log.args.owner).cost += log.args.assets;
        break;
      case "RedeemRequest": {
        const { owner, controller, requestId, shares } = log.args;
        controllers.set(requestId, controller);
        taken.set(requestId, { owner, cost: take(owner, shares) });
        break;
      }
      case "RedemptionRequested": {
        const { owner, cost } = taken.get(log.args.requestId) ?? { owner: zeroAddress, cost: 0n };
        of(owner).reward += log.args.assets - cost;
        break;
      }
      case "RedemptionCancelled":
        of(controllers.get(log.args.requestId) ?? zeroAddress).cost += log.args.assets;
        break;
    }
  }
  return book;
}

function sum(rows: readonly Row[], column: string): bigint {
  return rows.reduce((total, row) => total + big(row, column), 0n);
}

function addressOf(row: Row, column: string): Address {
  const value = row[column];
  if (typeof value !== "string") throw new Error(`${column} is no address`);
  return lower(`0x${value.slice(2)}`);
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
