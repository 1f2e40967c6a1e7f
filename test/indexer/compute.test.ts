/** Workers' lives, followed live: after each step, every row is what the contracts say in the same block. */
import { parseEther } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Indexer, type Suite, startIndexer, startSuite } from "./suite.ts";
import { reconcile } from "./workerRows.ts";
import { ACTORS, type Workers, machineOf, startWorkers, subjectOf } from "./workers.ts";

const { alice, bob } = ACTORS;
const [one, two, three] = [machineOf("1"), machineOf("2"), machineOf("3")];

let suite: Suite;
let workers: Workers;
let indexer: Indexer;
const started: { stop: () => Promise<void> }[] = [];

beforeAll(async () => {
  suite = await startSuite();
  started.push(suite);
  workers = await startWorkers(suite);
  indexer = await startIndexer(suite);
  started.push(indexer);
});

afterAll(async () => {
  for (const { stop } of started.reverse()) await stop();
});

const check = () => reconcile({ suite, indexer });

describe("workers", () => {
  test("the catalog, the books and the rules are there before anybody is", async () => {
    expect(await check()).toEqual({});
  });

  test("register, and are lapsed until their first lease", async () => {
    await workers.register(one, subjectOf(alice, "H100", "1a", "1b"), parseEther("3000"));
    await workers.register(two, subjectOf(alice, "H200", "2a"), parseEther("1875"));
    await workers.register(three, subjectOf(bob, "B200", "3a", "3b", "3c"), parseEther("10000"), workers.platforms.two);
    console.log(await check());
  });
});
