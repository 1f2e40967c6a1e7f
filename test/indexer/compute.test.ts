/** Workers' lives, followed live: after each step, every row is what the contracts say in the same block. */
import { padHex, parseEther } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { modelId } from "../../scripts/compute/calls.ts";
import { reconcileParameters } from "./parameterRows.ts";
import { sampleQueries } from "./queries.ts";
import { type Indexer, MIDNIGHT, type Row, type Suite, big, lower, startIndexer, startSuite } from "./suite.ts";
import { reconcileDays } from "./workerDays.ts";
import { TABLES, reconcile, standings } from "./workerRows.ts";
import { ACTORS, type Workers, machineOf, startWorkers, subjectOf } from "./workers.ts";

const HOUR = 3_600n;
const DAY = 86_400n;
const KIND = { ppid: 0, operator: 4 } as const;

const { alice, bob, governance, guardian, slasher, stranger } = ACTORS;
const [one, two, three, four] = [machineOf("1"), machineOf("2"), machineOf("3"), machineOf("4")];
const [w1, w2, w3, w4] = [one, two, three, four].map(({ address }) => lower(address)) as [
  string,
  string,
  string,
  string,
];
const ofOne = (...gpus: readonly string[]) => subjectOf(alice, "H100", ...gpus);
const ofTwo = subjectOf(alice, "H200", "2a");
const ofThree = subjectOf(bob, "B200", "3a", "3b", "3c");

let suite: Suite;
let workers: Workers;
let indexer: Indexer;
/** Decisions of governance that wait for their delay. */
let decisions: Record<"weight" | "delist" | "ceiling" | "confirm", () => Promise<unknown>>;
/** What has to be stopped, also when something fails half-way. */
const started: { stop: () => Promise<void> }[] = [];

beforeAll(async () => {
  suite = await startSuite();
  started.push(suite);
  workers = await startWorkers(suite);
  const operator = padHex(bob, { size: 32, dir: "right" });
  decisions = {
    weight: await workers.schedule("registry", 7n * DAY, "setModel", modelId("H100"), parseEther("1250"), 1_000),
    delist: await workers.schedule("registry", 7n * DAY, "removeModel", modelId("B200")),
    ceiling: await workers.schedule("rewards", 7n * DAY, "setCeiling", parseEther("10")),
    confirm: await workers.schedule("attestation", 12n * DAY, "confirmSwitch", KIND.operator, operator),
  };
  indexer = await startIndexer(suite);
  started.push(indexer);
});

afterAll(async () => {
  for (const { stop } of started.reverse()) await stop();
});

/** See {@link reconcile}. */
const check = () => reconcile({ suite, indexer });
const hour = (day: number, at: number, seconds = 0n) => MIDNIGHT + BigInt(day) * DAY + BigInt(at) * HOUR + seconds;
/** The history of a worker, by kind, the oldest first. */
const history = async (worker: string, kind: string, fields = "timestamp block state lapse"): Promise<Row[]> =>
  indexer.rows("workerEvents", fields, `where: { worker: "${worker}", kind: ${kind} } orderBy: "id"`);
const standingOf = async (worker: string): Promise<Row | undefined> =>
  (await standings(indexer, `where: { worker: "${worker}" }`))[0];

describe("workers", { timeout: 600_000 }, () => {
  test("the catalog, the books and the rules are there before anybody is", async () => {
    expect(await check()).toEqual({});
  });

  test("register, and are lapsed until their first lease", async () => {
    await workers.register(one, ofOne("1a", "1b"), parseEther("4500"));
    await workers.register(two, ofTwo, parseEther("1875"));
    await workers.register(three, ofThree, parseEther("10000"), workers.platforms.two);
    expect(await check()).toEqual({ [w1]: "heartbeat", [w2]: "heartbeat", [w3]: "heartbeat" });
    await workers.beat([one, two, three], hour(0, 2, -1n));
    expect(await check()).toEqual({ [w1]: "active", [w2]: "active", [w3]: "active" });
  });

  test("leases begin with the hour, are prolonged, and run out in their second", async () => {
    await workers.passTo(hour(0, 2));
    await check();
    await workers.beat([one, two], hour(0, 4, 1_800n));
    await check();
    await workers.passTo(hour(0, 10, -1n));
    expect(await check()).toEqual({ [w1]: "active", [w2]: "active", [w3]: "heartbeat" });
    // Nothing happened in that second, nor in the hours around it.
    expect(await history(w3, "lease_ended")).toEqual([
      { timestamp: String(hour(0, 7)), block: null, state: "lapsed", lapse: "heartbeat" },
    ]);
    await workers.passTo(hour(0, 10));
    expect(await check()).toEqual({ [w1]: "heartbeat", [w2]: "heartbeat", [w3]: "heartbeat" });
    const granted = await history(w1, "lease_granted", "until");
    expect(granted).toEqual([{ until: String(hour(0, 7)) }]);
  });

  test("days without anything, and claims after them", async () => {
    await workers.passTo(hour(2, 1, 7n));
    await check();
    expect(await reconcileDays({ suite, indexer })).toBe(2);
    await workers.claim(alice, [one, two]);
    await check();
    await workers.beat([two, one]);
    await workers.claim(bob, [three]);
    await check();
  });

  test("a GPU that another worker names, and weights that change within the hour", async () => {
    await workers.passTo(hour(2, 3, 60n));
    await workers.register(four, subjectOf(bob, "H100", "1b"), parseEther("1250"), workers.platforms.two);
    const movedUntil = (await suite.now()) + 6n * HOUR;
    expect(await check()).toMatchObject({ [w1]: "gpu_taken", [w4]: "gpu_moved" });
    const holders = await indexer.rows("gpuEvents", "kind worker former", `where: { kind: taken }`);
    expect(holders).toEqual([{ kind: "taken", worker: w4, former: w1 }]);
    await workers.reattest(one, ofOne("1a"));
    expect(await check()).toMatchObject({ [w1]: "active" });
    // Its lease of two GPUs counts to the end of the hour.
    await workers.beat([one, four]);
    await check();
    await workers.reattest(one, ofOne("1a", "1c", "1d"));
    await workers.beat([one]);
    await workers.reattest(one, ofOne("1a", "1d"));
    await workers.beat([one]);
    await check();
    await workers.claim(alice, [one]);
    await check();
    await workers.passTo(hour(2, 4, 5n));
    await check();
    await workers.beat([one, two, four], hour(2, 6, 5n));
    await workers.claim(alice, [one]);
    await check();
    await workers.claim(alice, [two]);
    expect(await check()).toMatchObject({ [w1]: "active", [w2]: "active", [w3]: "heartbeat", [w4]: "gpu_moved" });
    // Until the other's lease of it must have ended: nothing happens in that second.
    await workers.passTo(movedUntil - 1n);
    expect(await check()).toMatchObject({ [w4]: "gpu_moved" });
    await workers.passTo(movedUntil + 30n);
    expect(await check()).toMatchObject({ [w4]: "heartbeat" });
    expect(await history(w4, "gpu_move_ended")).toEqual([
      { timestamp: String(movedUntil), block: null, state: "lapsed", lapse: "heartbeat" },
    ]);
    await workers.beat([one, two, four]);
    expect(await check()).toMatchObject({ [w1]: "active", [w2]: "active", [w4]: "active" });
  });

  test("withdrawals, their cancellation, and proposals for what thaws", async () => {
    const surplus = parseEther("500");
    await workers.call("registry", alice, "withdraw", w1, surplus);
    await check();
    await workers.call("registry", alice, "cancelWithdrawal", w1);
    await check();
    await workers.call("registry", alice, "withdraw", w1, surplus);
    await workers.propose(one, parseEther("100"), { faultAt: hour(2, 1) });
    // It is later than the request: what thaws is not at risk.
    await workers.propose(two, parseEther("10"), { faultClass: 0 });
    await check();
  });

  test("slashes, rebutted, rejected, withdrawn and executed", async () => {
    const rejected = await workers.propose(two, parseEther("500"), { bounty: parseEther("50"), faultClass: 1 });
    await workers.call("slashing", alice, "rebut", rejected, padHex("0x1", { size: 32 }), "ipfs://rebuttal");
    await check();
    const executed = await workers.propose(three, parseEther("4000"), { bounty: parseEther("400") });
    const withdrawn = await workers.propose(three, parseEther("1000"));
    await check();
    await workers.call("slashing", governance, "reject", rejected);
    await workers.call("slashing", slasher, "withdraw", withdrawn);
    await check();
    await workers.passTo(hour(6, 0));
    await workers.beat([one, two, three, four]);
    await workers.passTo(BigInt(executed.rebuttalUntil));
    await workers.call("slashing", stranger, "execute", executed);
    // Its attestation has expired, but too little collateral comes first.
    expect(await check()).toMatchObject({ [w3]: "collateral" });
    await workers.call("registry", bob, "addCollateral", w3, parseEther("900"));
    expect(await check()).toMatchObject({ [w3]: "attestation" });
  });

  test("attestations end with their last full hour, and come back with a new one", async () => {
    const [ended] = await history(w2, "attestation_ended", "timestamp block attestation");
    const row = await indexer.row("workers", "validUntil", `where: { worker: "${w2}" }`);
    expect(ended).toEqual({ timestamp: String(big(row, "validUntil")), block: null, attestation: "expired" });
    expect(big(row, "validUntil") % HOUR).toBe(0n);
    expect(await standingOf(w2)).toMatchObject({ isAttested: false, attestation: "expired", lapse: "attestation" });
    await workers.reattest(two, ofTwo);
    await workers.reattest(three, ofThree, workers.platforms.two);
    await workers.reattest(one, ofOne("1a", "1d"));
    expect(await check()).toMatchObject({
      [w1]: "heartbeat",
      [w2]: "heartbeat",
      [w3]: "heartbeat",
      [w4]: "attestation",
    });
    await workers.beat([one, two, three]);
    expect(await check()).toMatchObject({ [w1]: "active", [w2]: "active", [w3]: "active" });
  });

  test("a key that attests to something else is lapsed by the next decision, until its worker shows it", async () => {
    const attested = await history(w1, "attestation_ended", "id");
    await workers.attest(one, ofOne("1a"));
    expect(await check()).toMatchObject({ [w1]: "active" });
    expect(await standingOf(w1)).toMatchObject({ attestation: null });
    // It is about no worker at all.
    await workers.switchOff(KIND.ppid, "0x1122334455667788", HOUR);
    const decided = String(await suite.client.getBlockNumber());
    expect(await check()).toMatchObject({ [w1]: "attestation", [w2]: "active", [w3]: "active" });
    expect(await standingOf(w1)).toMatchObject({ attestation: "superseded" });
    expect((await history(w1, "attestation_ended", "block")).at(-1)).toEqual({ block: decided });
    await workers.reattest(one, ofOne("1a"));
    expect(await check()).toMatchObject({ [w1]: "active" });
    // What is attested and shown at once leaves no trace of a lapse.
    expect(await history(w1, "attestation_ended", "id")).toHaveLength(attested.length + 1);
  });

  test("after a decision it is lapsed at once, unless it was judged again", async () => {
    // Once, however often it is asked for.
    await workers.call("registry", stranger, "restamp", [w2, w2]);
    await workers.call("registry", stranger, "restamp", [w2]);
    await workers.attest(two, subjectOf(alice, "H200", "2b"));
    expect(await check()).toMatchObject({ [w2]: "active", [w3]: "active" });
    expect(await history(w2, "restamped", "state")).toEqual([{ state: "active" }]);
    await workers.attest(three, subjectOf(bob, "B200", "3a"), workers.platforms.two);
    const attested = String(await suite.client.getBlockNumber());
    expect(await check()).toMatchObject({ [w1]: "active", [w2]: "active", [w3]: "attestation" });
    expect((await history(w3, "attestation_ended", "block attestation")).at(-1)).toEqual({
      block: attested,
      attestation: "superseded",
    });
    await workers.reattest(two, ofTwo);
    await workers.reattest(three, ofThree, workers.platforms.two);
    expect(await check()).toMatchObject({ [w1]: "active", [w2]: "active", [w3]: "active" });
  });

  test("a switch and its lapse by time", async () => {
    const until = await workers.switchOff(KIND.ppid, workers.platforms.one.ppid, 2n * HOUR);
    expect(await check()).toMatchObject({ [w1]: "attestation", [w2]: "attestation", [w3]: "active" });
    await workers.passTo(until + 100n);
    expect(await check()).toMatchObject({ [w1]: "active", [w2]: "active" });
    const restored = await history(w2, "attestation_restored", "timestamp");
    expect(restored).toEqual([{ timestamp: String(until) }]);
  });

  test("the catalog and the ceiling change, and the reserve runs dry", async () => {
    await workers.call("mandate", guardian, "pauseRegistrations", (await suite.now()) + DAY);
    await check();
    await workers.call("mandate", guardian, "resumeRegistrations");
    await decisions.weight();
    await decisions.delist();
    expect(await check()).toMatchObject({ [w1]: "active", [w3]: "active" });
    await workers.reattest(one, ofOne("1a", "1b", "1c", "1d", "1e", "1f", "1g", "1h"));
    expect(await check()).toMatchObject({ [w1]: "collateral", [w4]: "gpu_taken" });
    await workers.call("registry", alice, "addCollateral", w1, parseEther("9000"));
    // It has a GPU of another worker's, once more.
    expect(await check()).toMatchObject({ [w1]: "gpu_moved" });
    await workers.beat([one, two, three]);
    await decisions.ceiling();
    await check();
    for (let i = 0; i < 14; ++i) {
      await workers.passTo((await suite.now()) + HOUR);
      await workers.beat([one, two, three]);
      if (i % 2 === 0) await check();
    }
    expect(await check()).toMatchObject({ [w1]: "active", [w2]: "active", [w3]: "active" });
    expect(big(await indexer.row("rewardsPools", "reserve"), "reserve")).toBeLessThan(2n ** 20n);
    await workers.claim(alice, [two, one]);
    await check();
  });

  test("another operator, and one that is switched off for good", async () => {
    await workers.call("registry", alice, "proposeOperator", w2, bob);
    await check();
    await workers.call("registry", bob, "acceptOperator", w2);
    expect(await check()).toMatchObject({ [w2]: "active" });
    await workers.passTo(hour(12, 3));
    await decisions.confirm();
    expect(await check()).toMatchObject({ [w2]: "attestation", [w3]: "attestation" });
    expect(await standingOf(w2)).toMatchObject({ attestation: "operator_switched_off" });
    await workers.call("registry", stranger, "remove", w3);
    await workers.call("registry", stranger, "remove", w4);
    expect(await check()).toMatchObject({ [w3]: "removed", [w4]: "removed" });
    await workers.claim(bob, [three]);
    await check();
  });

  test("an exit, paid but for what a slash reserves", async () => {
    const pending = await workers.propose(one, parseEther("200"));
    await workers.call("registry", alice, "requestExit", w1);
    expect(await check()).toMatchObject({ [w1]: "exiting" });
    const row = await indexer.row("workers", "exitAt", `where: { worker: "${w1}" }`);
    await workers.passTo(big(row, "exitAt") - 1n);
    expect(await check()).toMatchObject({ [w1]: "exiting" });
    await workers.call("registry", alice, "finishWithdrawal", w1, alice);
    await check();
    await workers.call("registry", alice, "finishExit", w1, alice);
    expect(await check()).toMatchObject({ [w1]: "exiting" });
    await workers.call("slashing", governance, "reject", pending);
    await workers.call("registry", bob, "finishExit", w3, bob);
    await check();
    const [open] = await indexer.rows("slashProposals", "id", `where: { worker: "${w1}", state: open }`);
    expect(open).toBeDefined();
    expect(await check()).toMatchObject({ [w1]: "exiting", [w3]: "removed" });
  });

  test("every day was what the contracts said when it ended", async () => {
    expect(await reconcileDays({ suite, indexer })).toBeGreaterThan(30);
  });

  test("parameters are what the contracts say, with the operations that changed them", async () => {
    const changes = await reconcileParameters({ suite, indexer });
    const decided = changes.filter(({ operationHash }) => operationHash !== null);
    expect(decided.map(({ name, oldValue, newValue }) => [name, oldValue, newValue])).toEqual([
      ["model.H100.weight", "100", "1000"],
      ["model.B200.isListed", "1", "0"],
      // Per hundredth of weight: of 1.0, the parameters say 5 PHA.
      ["ceiling", String(parseEther("0.05")), String(parseEther("10"))],
    ]);
  });

  test("a reorganisation takes back what it takes back", async () => {
    const before = await check();
    const id = await suite.client.snapshot();
    await workers.call("registry", bob, "requestExit", w2);
    await workers.passTo((await suite.now()) + 2n * DAY);
    expect(await check()).toMatchObject({ [w2]: "exiting" });
    await suite.client.revert({ id });
    for (let i = 0; i < 4; ++i) await workers.passTo((await suite.now()) + 13n);
    expect(await check()).toEqual(before);
  });

  test("goes on where it ended, and is the same when it is indexed from the beginning", async () => {
    await indexer.stop();
    await workers.passTo((await suite.now()) + DAY);
    indexer = await startIndexer(suite);
    started.push(indexer);
    await check();
    const fresh = await startIndexer(suite, "fresh");
    started.push(fresh);
    await fresh.reach(await suite.client.getBlockNumber());
    for (const [list, fields] of Object.entries(TABLES)) {
      expect(await fresh.rows(list, fields), list).toEqual(await indexer.rows(list, fields));
    }
    await fresh.stop();
  });

  test.each(sampleQueries("compute"))("$name answers with what there is", async ({ text }) => {
    const answer = await indexer.query(text, { worker: w1 });
    expect(JSON.stringify(answer)).not.toContain('"items":[]');
    expect(Object.values(answer)).not.toContain(null);
  });
});
