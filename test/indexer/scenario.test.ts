/** One event of each kind, followed live: what the indexer writes for it, row by row. */
import { type TransactionReceipt, maxUint256, parseEther, parseEventLogs } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { phaAbi, vphaAbi } from "../../deploy/generated/abis.ts";
import { claimOf } from "../../deploy/merkle.ts";
import { floorsOf, imageIdOf } from "../../deploy/parameters/attestation.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { callsOf } from "./calls.ts";
import { documentedQueries, sampleQueries } from "./queries.ts";
import {
  type Indexer,
  MIDNIGHT,
  type Suite,
  ask,
  big,
  lower,
  rowOf,
  rowsOf,
  startIndexer,
  startSuite,
} from "./suite.ts";
import { reconcileDays } from "./workerDays.ts";
import { chainAt, hex } from "./workerRows.ts";

const HOUR = 3_600n;
const DAY = 86_400n;
const UNIT = parseEther("1");
const [alice, bob, carol, dave] = [10, 11, 12, 13].map((i) => devAccount(i).address);
if (!alice || !bob || !carol || !dave) throw new Error("no accounts");

let suite: Suite;
let indexer: Indexer;
/** What has to be stopped, also when the history could not be played. */
const started: { stop: () => Promise<void> }[] = [];
/** What the named transactions said. */
const said = new Map<string, ReturnType<typeof eventsOf>>();
/** `totalAssets` of the contract in a block that was mined exactly on the hour. */
let onTheHour: { end: bigint; totalAssets: bigint; rate: bigint };
let requests: { cancelled: bigint; whole: bigint; parts: bigint; others: bigint };

function eventsOf(receipt: TransactionReceipt | undefined) {
  return parseEventLogs({ abi: vphaAbi, logs: receipt?.logs ?? [] });
}

/** The arguments of the only event of this name in the transaction called `name`. */
function argsOf<const name extends "Deposit" | "RedemptionRequested" | "RedemptionCancelled" | "Withdraw">(
  transaction: string,
  eventName: name,
) {
  const found = said.get(transaction)?.filter((event) => event.eventName === eventName) ?? [];
  const [first] = found;
  if (first === undefined || found.length !== 1) throw new Error(`${transaction}: ${found.length} events ${eventName}`);
  return first.args as Extract<typeof first, { eventName: name }>["args"];
}

beforeAll(async () => {
  suite = await startSuite({ airdrop: [[alice, 1_000n]] });
  started.push(suite);
  indexer = await startIndexer(suite);
  started.push(indexer);
  const { mine, client, contracts } = suite;
  const { accounts } = suite.parameters;
  const call = callsOf(suite);
  const at = (hour: bigint, minute = 0n) => MIDNIGHT + hour * HOUR + minute * 60n;
  const block = async (time: bigint, orders: Parameters<typeof mine>[1] = [], names: readonly string[] = []) => {
    const receipts = await mine(time, orders);
    names.forEach((name, i) => said.set(name, eventsOf(receipts[i])));
  };
  const idOf = (name: string) => argsOf(name, "RedemptionRequested").requestId;

  const rich = [alice, bob, accounts.otherRewards];
  await block(at(1n, 10n), [
    ...[alice, bob].map((each) => call.transfer(accounts.reserve, each, 10_000n * UNIT)),
    ...rich.map((each) => call.approve(each, maxUint256)),
  ]);
  // Before the emission starts, at 02:00, and with too little supply.
  await block(at(1n, 20n), [call.deposit(alice, 500n * UNIT)], ["first"]);
  // Brings the supply over 1,000: what was banked since 02:00 becomes income.
  await block(at(2n, 30n), [call.deposit(bob, 5_000n * UNIT)], ["second"]);
  await block(at(3n, 10n), [call.transferShares(alice, carol, 100n * UNIT)]);
  await block(at(5n), []);
  const read = { address: contracts.vpha, abi: vphaAbi } as const;
  onTheHour = {
    end: at(5n),
    totalAssets: await client.readContract({ ...read, functionName: "totalAssets" }),
    rate: await client.readContract({ ...read, functionName: "convertToAssets", args: [UNIT] }),
  };
  await block(at(5n, 10n), [call.fund(accounts.otherRewards, 2_000n * UNIT), call.harvest(dave)]);
  await block(at(6n), [call.setOperator(carol, bob)]);
  await block(
    at(6n, 1n),
    [call.request(alice, 200n * UNIT), call.request(bob, 100n * UNIT, carol)],
    ["toCancel", "others"],
  );
  await block(at(30n), [call.cancel(alice, idOf("toCancel"))], ["cancel"]);
  await block(at(31n), [call.request(alice, 50n * UNIT), call.request(alice, 60n * UNIT)], ["whole", "parts"]);
  await block(at(32n), [call.pause(accounts.guardian, at(40n))]);
  await block(at(33n), [call.resume(accounts.guardian)]);
  const mature = at(31n) + 21n * DAY;
  await block(mature, [call.claim(alice, [idOf("whole")])], ["claim"]);
  await block(mature + HOUR, [call.redeem(alice, 20n * UNIT, dave)], ["redeem"]);
  await block(mature + 2n * HOUR, [call.claim(carol, [idOf("others")], dave)], ["claimOther"]);
  await block(mature + 3n * HOUR, [
    call.burn(bob, 7n * UNIT),
    call.pullWorkers(alice),
    call.collect(alice),
    call.claimAirdrop(dave, claimOf(suite.tree.tree, alice)),
  ]);
  // A sink is replaced: 52 days after it was announced. Another operation is announced and cancelled.
  const replaced = call.replaceSink("workers", dave);
  const dropped = call.replaceSink("treasury", dave);
  const when = mature + DAY + 52n * DAY;
  await block(mature + DAY, [
    call.schedule(accounts.governance, replaced, when),
    call.schedule(accounts.governance, dropped, when),
  ]);
  await block(mature + 2n * DAY, [call.cancelOperation(accounts.governance, dropped)]);
  await block(when, [call.execute(accounts.governance, replaced)]);
  await block(when + HOUR, [call.pullWorkers(alice), call.pull(dave, "workers")]);
  // All but carol leave: the supply falls below 1,000 vPHA again.
  const shares = await client.readContract({ ...read, functionName: "balanceOf", args: [bob] });
  await block(when + 2n * HOUR, [call.request(bob, shares)], ["exit"]);
  // The operation that was cancelled is announced again.
  await block(when + 50n * HOUR, [call.schedule(accounts.governance, dropped, when + 60n * DAY)]);

  requests = {
    cancelled: idOf("toCancel"),
    whole: idOf("whole"),
    parts: idOf("parts"),
    others: idOf("others"),
  };
  // Months in a few blocks, followed live: every row of every hour asks PGlite first whether it is there.
  await indexer.reach(await client.getBlockNumber(), 500_000);
}, 600_000);

afterAll(async () => {
  for (const { stop } of started.reverse()) await stop();
});

const request = (id: bigint) =>
  indexer.row(
    "redemptionRequests",
    `controller number owner sender state shares assets cost realisedReward pendingAssets pendingShares claimedCumulative
     cancelledShares requestedAt maturity closedAt`,
    `where: { id: "${id}" }`,
  );
const position = (owner: string) =>
  indexer.row(
    "positions",
    `shares cost realisedReward pendingAssets pendingRequests depositedCumulative requestedCumulative cancelledCumulative
     claimedCumulative transferredInCumulative transferredOutCumulative`,
    `where: { account: "${lower(`0x${owner.slice(2)}`)}" }`,
  );
const history = (where: string) =>
  indexer.rows(
    "stakingEvents",
    "kind account counterparty assets shares requestId until totalAssets totalShares rate timestamp",
    `where: { ${where} }`,
  );

describe("requests", () => {
  test("one that is cancelled", async () => {
    const row = await request(requests.cancelled);
    const { assets, maturity } = argsOf("toCancel", "RedemptionRequested");
    const { shares } = argsOf("cancel", "RedemptionCancelled");
    expect(row).toMatchObject({ state: "cancelled", controller: lower(alice), owner: lower(alice), number: "0" });
    expect(big(row, "assets")).toBe(assets);
    expect(big(row, "maturity")).toBe(maturity);
    // 400 shares had cost 400 PHA after the transfer.
    expect(big(row, "cost")).toBe(200n * UNIT);
    expect(big(row, "realisedReward")).toBe(assets - 200n * UNIT);
    expect(big(row, "pendingAssets")).toBe(0n);
    expect(big(row, "cancelledShares")).toBe(shares);
    expect(big(row, "closedAt")).toBe(MIDNIGHT + 30n * HOUR);
  });

  test("one that is claimed, and one in part", async () => {
    const whole = await request(requests.whole);
    const { assets } = argsOf("whole", "RedemptionRequested");
    expect(whole).toMatchObject({ state: "claimed", pendingAssets: "0", pendingShares: "0" });
    expect(big(whole, "claimedCumulative")).toBe(assets);

    const parts = await request(requests.parts);
    const paid = argsOf("redeem", "Withdraw").assets;
    expect(parts).toMatchObject({ state: "partially_claimed", closedAt: null });
    expect(big(parts, "claimedCumulative")).toBe(paid);
    expect(big(parts, "pendingAssets")).toBe(argsOf("parts", "RedemptionRequested").assets - paid);
    expect(big(parts, "pendingShares")).toBe(40n * UNIT);
  });

  test("one whose controller is another than the owner: the reward is the owner's, the claim the controller's", async () => {
    const row = await request(requests.others);
    const { assets } = argsOf("others", "RedemptionRequested");
    expect(row).toMatchObject({ state: "claimed", controller: lower(carol), owner: lower(bob), sender: lower(bob) });
    expect(big(await position(carol), "claimedCumulative")).toBe(assets);
    expect(big(await position(carol), "realisedReward")).toBe(0n);
    expect(big(await position(bob), "requestedCumulative")).toBe(assets + argsOf("exit", "RedemptionRequested").assets);
  });

  test("one that is open is pending until its maturity", async () => {
    const [row] = await indexer.rows("redemptionRequests", "state maturity pendingAssets", `where: { state: pending }`);
    expect(big(row, "pendingAssets")).toBe(argsOf("exit", "RedemptionRequested").assets);
    expect(big(row, "maturity")).toBe(argsOf("exit", "RedemptionRequested").maturity);
  });
});

describe("positions", () => {
  test("shares that are transferred carry their average cost", async () => {
    const row = await position(carol);
    expect(big(row, "shares")).toBe(100n * UNIT);
    expect(big(row, "cost")).toBe(100n * UNIT);
    expect(big(row, "transferredInCumulative")).toBe(100n * UNIT);
  });

  test("a cancelled request is a deposit of its assets; what was realised stays realised", async () => {
    const row = await position(alice);
    const cancelled = argsOf("toCancel", "RedemptionRequested").assets;
    const reissued = argsOf("cancel", "RedemptionCancelled").shares;
    // 200 shares at a cost of 200 stayed; then 50 and 60 of them left, each with its part of the cost.
    const held = 200n * UNIT + reissued;
    let cost = 200n * UNIT + cancelled;
    const first = (cost * 50n * UNIT) / held;
    cost -= first;
    const second = (cost * 60n * UNIT) / (held - 50n * UNIT);
    cost -= second;
    expect(big(row, "shares")).toBe(held - 110n * UNIT);
    expect(big(row, "cost")).toBe(cost);
    const assets = argsOf("whole", "RedemptionRequested").assets + argsOf("parts", "RedemptionRequested").assets;
    expect(big(row, "realisedReward")).toBe(cancelled - 200n * UNIT + (assets - first - second));
    expect(big(row, "cancelledCumulative")).toBe(cancelled);
    expect(row["pendingRequests"]).toBe(1);
  });

  test("who has left has neither shares nor cost, and is no staker", async () => {
    const row = await position(bob);
    expect(row).toMatchObject({ shares: "0", cost: "0", pendingRequests: 1 });
    expect(await indexer.row("vaults", "stakers")).toMatchObject({ stakers: 2 });
  });

  test("are found from the account, with its requests and events", async () => {
    const { account } = await indexer.query(
      `query ($address: String!) { account(address: $address) {
         balance position { shares } requests(limit: 2) { items { state } } events(limit: 3) { items { kind } }
       } }`,
      { address: lower(alice) },
    );
    const row = rowOf(account);
    expect(big(rowOf(row["position"]), "shares")).toBeGreaterThan(0n);
    expect(rowsOf(rowOf(row["requests"])["items"])).toHaveLength(2);
    expect(rowsOf(rowOf(row["events"])["items"])).toHaveLength(3);
    const args = [alice] as const;
    const read = { address: suite.contracts.pha, abi: phaAbi, functionName: "balanceOf", args } as const;
    expect(big(row, "balance")).toBe(await suite.client.readContract(read));
  });
});

describe("history", () => {
  test("of a deposit, with the price after it", async () => {
    const [first, second] = await history(`kind: deposit`);
    expect(first).toMatchObject({ account: lower(alice), counterparty: lower(alice) });
    expect(big(first, "assets")).toBe(500n * UNIT);
    expect(big(first, "shares")).toBe(500n * UNIT);
    expect(big(first, "totalAssets")).toBe(500n * UNIT);
    expect(big(first, "rate")).toBe(UNIT);
    expect(big(second, "shares")).toBe(argsOf("second", "Deposit").shares);
    expect(big(second, "totalShares")).toBe(500n * UNIT + argsOf("second", "Deposit").shares);
  });

  test("of everything else", async () => {
    const all = await history(`kind_not: deposit`);
    const count = (kind: string) => all.filter((row) => row["kind"] === kind).length;
    expect(
      Object.fromEntries(
        ["request", "cancel", "claim", "payout", "transfer", "fund", "pause", "resume"].map((kind) => [
          kind,
          count(kind),
        ]),
      ),
    ).toEqual({
      request: 5,
      cancel: 1,
      claim: 3,
      payout: 3,
      transfer: 1,
      fund: 1,
      pause: 1,
      resume: 1,
    });
    expect(count("harvest")).toBeGreaterThanOrEqual(1);
    const payout = all.find((row) => row["kind"] === "payout" && row["counterparty"] === lower(dave));
    expect(payout).toMatchObject({ account: lower(alice) });
    const pause = all.find((row) => row["kind"] === "pause");
    expect(big(pause, "until")).toBe(MIDNIGHT + 40n * HOUR);
    expect(all.find((row) => row["kind"] === "harvest")).toMatchObject({ account: lower(dave) });
  });

  test("is in order, and the price never falls while there is supply", async () => {
    const rows = await indexer.rows("stakingEvents", "id rate timestamp totalShares", `orderBy: "id"`);
    const rates = rows.map((row) => big(row, "rate"));
    expect(rates.every((rate, i) => i === 0 || rate >= (rates[i - 1] ?? 0n))).toBe(true);
    const times = rows.map((row) => big(row, "timestamp"));
    expect(times.every((time, i) => i === 0 || time >= (times[i - 1] ?? 0n))).toBe(true);
  });

  test("of approvals", async () => {
    const row = await indexer.row("operatorApprovals", "controller operator approved");
    expect(row).toEqual({ controller: lower(carol), operator: lower(bob), approved: true });
  });
});

describe("vault", () => {
  test("knows the end of a pause that was lifted", async () => {
    const row = await indexer.row("vaults", "depositsPausedUntil");
    expect(big(row, "depositsPausedUntil")).toBe(MIDNIGHT + 33n * HOUR);
  });

  test("an hour ends with what the contract says in a block on the hour", async () => {
    const row = await indexer.row("vaultHours", "totalAssets rate", `where: { end: "${onTheHour.end}" }`);
    expect(big(row, "totalAssets")).toBe(onTheHour.totalAssets);
    expect(big(row, "rate")).toBe(onTheHour.rate);
  });

  test("hours without events are there, up to the head", async () => {
    const rows = await indexer.rows("vaultHours", "start end deposited");
    const now = await suite.now();
    expect(big(rows[0], "start")).toBe(MIDNIGHT + HOUR);
    expect(big(rows.at(-1), "end")).toBe(now - (now % HOUR));
    expect(BigInt(rows.length)).toBe((now - (now % HOUR) - MIDNIGHT - HOUR) / HOUR);
    expect(big(rows[0], "deposited")).toBe(500n * UNIT);
    expect(big(rows[1], "deposited")).toBe(5_000n * UNIT);
    expect(big(rows[2], "deposited")).toBe(0n);
  });
});

describe("emission, token, distribution, governance", () => {
  test("epochs fall by a quarter and sum to the cap, but for rounding", async () => {
    const rows = await indexer.rows(
      "emissionEpochs",
      "epoch start end budget budgetStakers budgetWorkers budgetTreasury",
    );
    const emission = await indexer.row("emissions", "budget cap start");
    expect(rows).toHaveLength(104);
    expect(big(rows[0], "start")).toBe(big(emission, "start"));
    expect(big(rows[0], "budget")).toBe(big(emission, "budget"));
    expect(big(rows[1], "budget")).toBe((big(emission, "budget") * 3n) / 4n);
    const total = rows.reduce((sum, row) => sum + big(row, "budget"), 0n);
    expect(big(emission, "cap") - total).toBeGreaterThan(0n);
    expect(big(emission, "cap") - total).toBeLessThan(UNIT);
    for (const row of rows) {
      const streams = ["budgetStakers", "budgetWorkers", "budgetTreasury"].reduce(
        (sum, name) => sum + big(row, name),
        0n,
      );
      expect(streams).toBe(big(row, "budget"));
    }
  });

  test("a replaced sink keeps what was due to it", async () => {
    const pulls = await indexer.rows(
      "emissionPulls",
      "kind sink amount pulledCumulative",
      `where: { stream: workers }`,
    );
    expect(pulls.map(({ kind }) => kind)).toEqual(["pull", "settle", "pull_settled", "pull"]);
    expect(pulls[1]?.["amount"]).toBe(pulls[2]?.["amount"]);
    const stream = await indexer.row(
      "emissionStreams",
      "sink pulledCumulative pendingSettled pulls",
      `where: { stream: workers }`,
    );
    expect(stream).toMatchObject({ sink: lower(dave), pendingSettled: "0", pulls: 3 });
    expect(stream["pulledCumulative"]).toBe(pulls[3]?.["pulledCumulative"]);
  });

  test("and the one in its place is a bucket of the supply, as the one before stays one", async () => {
    const rows = await indexer.rows("supplyBuckets", "address name balance since");
    expect(rows.find(({ address }) => address === lower(dave))).toMatchObject({ name: "workers_sink" });
    expect(rows.find(({ name }) => name === "worker_rewards")).toBeDefined();
    const pha = { address: suite.contracts.pha, abi: phaAbi } as const;
    for (const row of rows) {
      const args = [hex(row, "address")] as const;
      expect(big(row, "balance")).toBe(await suite.client.readContract({ ...pha, functionName: "balanceOf", args }));
    }
    const supply = await indexer.row("tokens", "totalSupply circulating");
    expect(big(supply, "circulating") + rows.reduce((sum, row) => sum + big(row, "balance"), 0n)).toBe(
      big(supply, "totalSupply"),
    );
  });

  test("the books of the workers' rewards are what the contract says, also once it is no sink any more", async () => {
    const blockNumber = await suite.client.getBlockNumber();
    const [, , reserve, credited, received] = await chainAt(suite, blockNumber).totals();
    const row = await indexer.row("rewardsPools", "reserve emittedCumulative receivedCumulative");
    expect([big(row, "reserve"), big(row, "emittedCumulative"), big(row, "receivedCumulative")]).toEqual([
      reserve,
      credited,
      received,
    ]);
    expect(await reconcileDays({ suite, indexer })).toBeGreaterThan(70);
  });

  test("a burn, and the supply of its day", async () => {
    const row = await indexer.row("burns", "account amount totalSupply timestamp");
    expect(row).toMatchObject({ account: lower(bob), amount: String(7n * UNIT) });
    const day = big(row, "timestamp") - (big(row, "timestamp") % DAY);
    const supply = await indexer.row("supplyDays", "burned totalSupply", `where: { start: "${day}" }`);
    expect(supply).toEqual({ burned: String(7n * UNIT), totalSupply: row["totalSupply"] });
  });

  test("a claim from the distributor", async () => {
    const row = await indexer.row("distributorClaims", "index account amount");
    expect(row).toEqual({ index: "0", account: lower(alice), amount: String(1_000n * UNIT) });
    expect(await indexer.row("distributors", "claims claimedCumulative")).toMatchObject({ claims: 1 });
  });

  test("roles and operations", async () => {
    const { governance } = suite.parameters.accounts;
    const members = await indexer.rows("roleMembers", "role account isMember delay");
    const holders = members.filter((row) => row["isMember"] === true && row["account"] === lower(governance));
    expect(holders.map(({ role }) => role).sort()).toEqual(["0", "2", "3", "4", "5", "6"]);
    const guardian = members.find((row) => row["account"] === lower(suite.contracts.guardianMandate));
    expect(guardian).toMatchObject({ role: "1", delay: "0" });
    const authority = await indexer.row("authoritys", "sealedAt operations");
    expect(big(authority, "sealedAt")).toBeGreaterThan(MIDNIGHT);
    expect(authority["operations"]).toBe(3);
    const operations = await indexer.rows("operations", "state nonce target readyAt expiresAt closedAt");
    expect(operations.map(({ state }) => state).sort()).toEqual(["cancelled", "executed", "scheduled"]);
    expect(operations.find(({ state }) => state === "scheduled")).toMatchObject({ nonce: 2, closedAt: null });
    for (const row of operations) expect(big(row, "expiresAt") - big(row, "readyAt")).toBe(14n * DAY);
  });
});

describe("API", () => {
  test("refuses what is too deep, too long, or asks too often", async () => {
    const deep = `{ accounts { items { requests { items { controllerRow { requests { items { controllerRow { balance } } } } } } } } }`;
    expect((await ask(indexer.url, deep)).errors.join()).toMatch(/depth/i);
    const often = `{ ${Array.from({ length: 31 }, (_, i) => `a${i}: vaults { items { shares } }`).join(" ")} }`;
    expect((await ask(indexer.url, often)).errors.join()).toMatch(/alias/i);
    const long = `{ vaults { items { ${"shares ".repeat(1_100)} } } }`;
    expect((await ask(indexer.url, long)).errors.join()).toMatch(/token/i);
    const wide = `{ vaultHours(limit: 100000) { items { rate } } }`;
    expect((await ask(indexer.url, wide)).errors.join()).toMatch(/limit/i);
  });

  test("answers introspection, health, readiness", async () => {
    const introspection = await ask(
      indexer.url,
      `{ __schema { types { name fields { name type { name ofType { name ofType { name ofType { name } } } } } } } }`,
    );
    expect(introspection.errors).toEqual([]);
    const statusOf = async (route: string) => (await fetch(`${indexer.url}${route}`)).status;
    for (const route of ["/health", "/metrics", "/status"]) expect(await statusOf(route), route).toBe(200);
    // Its last look may have been between a block and the end of indexing it.
    await expect.poll(() => statusOf("/ready"), { timeout: 10_000 }).toBe(200);
  });
});

describe("attestation", () => {
  test("begins with the floors and the workloads of the parameters", async () => {
    const { attestation } = suite.parameters;
    const { minTcbDay, minQeIsvSvn, allowedStatuses } = floorsOf(attestation);
    const { attestationRegistry, tdxVerifier } = suite.contracts;
    const policy = await indexer.row(
      "attestationPolicys",
      "address verifier minTcbDate minQeIsvSvn allowedStatuses timestamp",
    );
    expect(policy).toEqual({
      address: lower(attestationRegistry),
      verifier: lower(tdxVerifier),
      minTcbDate: String(BigInt(minTcbDay) * DAY),
      ...{ minQeIsvSvn, allowedStatuses },
      timestamp: String(await suite.now()),
    });
    const images = await indexer.rows("images", "id isAllowed", `orderBy: "id"`);
    const listed = attestation.workloads.map((workload) => ({ id: imageIdOf(workload), isAllowed: true }));
    expect(images).toEqual(listed.sort((a, b) => (a.id < b.id ? -1 : 1)));
    const shapes = await indexer.rows("shapes", "rtMr0", "where: { isAllowed: true }");
    expect(shapes).toHaveLength(attestation.workloads.flatMap((workload) => workload.shapes).length);
  });
});

describe("sample queries", () => {
  /** For all of them; each takes what it names. */
  const variables = {
    account: lower(alice),
    from: String(MIDNIGHT),
    key: lower(alice),
    worker: lower(alice),
    fmspc: "0x000000000000",
  };

  test.each(sampleQueries("suite"))("$name answers with what there is", async ({ text }) => {
    const { data, errors } = await ask(indexer.url, text, variables);
    expect(errors).toEqual([]);
    for (const [field, value] of Object.entries(data ?? {})) {
      const row = rowOf(value);
      if (row["items"] === undefined) expect(big(row, "balance"), field).toBeGreaterThan(0n);
      else expect(rowsOf(row["items"]).length, field).toBeGreaterThan(0);
    }
  });

  test.each(documentedQueries())("$place runs", async ({ text }) => {
    expect((await ask(indexer.url, text, variables)).errors).toEqual([]);
  });

  test("the documents show them as they are", () => {
    const samples = sampleQueries();
    const documented = documentedQueries();
    for (const { place, text } of documented.filter(({ file }) => file === "README.md")) {
      expect(
        samples.map((sample) => sample.text),
        place,
      ).toContain(text);
    }
    const guide = documented.filter(({ file }) => file === "docs/graphql.md").map(({ text }) => text);
    for (const { name, text } of samples) expect(guide, name).toContain(text);
  });
});
