/**
 * After a seeded history of the whole suite that looks for trouble, every number of the indexer is the chain's at the same block, to the wei.
 *
 * PHALA_TEST_SEED is another history, PHALA_TEST_TRANSACTIONS how many transactions of it succeed. Deep runs play 20,000.
 */
import { parseEther, zeroAddress } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vphaAbi } from "../../deploy/generated/abis.ts";
import type { TroubleSummary } from "../../scripts/devnet/trouble/history.ts";
import { ELSEWHERE, RECONCILERS } from "./reconcilers.ts";
import { type Indexer, startIndexer } from "./suite.ts";
import { tableNames } from "./tables.ts";
import { type TroubledSuite, startTroubledSuite } from "./troubledSuite.ts";
import type { Reconciled } from "./workerRows.ts";

const IS_DEEP = Number(process.env["PHALA_TEST_FACTOR"] ?? 1) > 1;
const SEED = Number(process.env["PHALA_TEST_SEED"] ?? 7);
const TRANSACTIONS = Number(process.env["PHALA_TEST_TRANSACTIONS"] ?? (IS_DEEP ? 20_000 : 500));
const MINUTE = 60_000;

let suite: TroubledSuite;
let indexer: Indexer;
let indexed: Reconciled;
let played: TroubleSummary;
/** What has to be stopped, also when the history could not be played. */
const started: { stop: () => Promise<void> }[] = [];

beforeAll(
  async () => {
    const isLarge = TRANSACTIONS > 2_000;
    suite = await startTroubledSuite({
      ...{ seed: SEED, transactions: TRANSACTIONS, stakers: isLarge ? 40 : 12, sweepDays: isLarge ? 200 : 20 },
    });
    started.push(suite);
    played = await suite.trouble.play();
    const { number: blockNumber, timestamp } = await suite.client.getBlock();
    indexer = await startIndexer(suite);
    started.push(indexer);
    await indexer.reach(blockNumber, 30 * MINUTE);
    indexed = { suite, indexer, blockNumber, timestamp };
  },
  TRANSACTIONS > 2_000 ? 60 * MINUTE : 4 * MINUTE,
);

afterAll(async () => {
  for (const { stop } of started.reverse()) await stop();
});

test("the history has what it is for", async () => {
  expect(played.succeeded).toBeGreaterThanOrEqual(TRANSACTIONS);
  // It looks for trouble, and knows what it does.
  expect(played.failed).toBeGreaterThan(0);
  expect(played.failed).toBeLessThan(played.succeeded / 2);
  const wanted = [
    ...["deposit", "requestRedeem", "claim", "transfer", "burn", "attest", "restamp", "register", "heartbeat"],
    ...["reattest", "addCollateral", "withdraw", "claim rewards", "propose slash", "schedule", "lock", "exodus"],
    ...(IS_DEEP ? RARE : []),
  ];
  expect(wanted.filter((what) => (played.done[what] ?? 0) === 0)).toEqual([]);

  // The supply of vPHA crosses 1,000 both ways.
  const transfers = await suite.client.getContractEvents({
    ...{ address: suite.contracts.vpha, abi: vphaAbi, eventName: "Transfer", strict: true, fromBlock: 0n },
  });
  let [supply, rises, falls] = [0n, 0, 0];
  for (const { args } of transfers) {
    const before = supply >= parseEther("1000");
    if (args.from === zeroAddress) supply += args.value;
    if (args.to === zeroAddress) supply -= args.value;
    const after = supply >= parseEther("1000");
    if (!before && after) rises++;
    if (before && !after) falls++;
  }
  expect(rises).toBeGreaterThanOrEqual(2);
  expect(falls).toBeGreaterThanOrEqual(1);
});

/**
 * What only a long history has. A sink that is replaced waits 45 days for one moment: that is in `scenario.test.ts`. A veto by call
 * wants locks that became enough by themselves, and says what one by locks says.
 */
const RARE = [
  ...[
    "redeem",
    "mint",
    "cancelRedeem",
    "fund",
    "harvest",
    "pull",
    "pauseDeposits",
    "resumeDeposits",
    "sweep",
    "release",
  ],
  ...["depositWithPermit", "again", "verify", "moveGpu", "attestPast", "proposeOperator", "acceptOperator"],
  ...["cancelWithdrawal", "finishWithdrawal", "requestExit", "finishExit", "remove", "closeHours", "rebut slash"],
  ...[
    "reject slash",
    "withdraw slash",
    "execute slash",
    "pauseRegistrations",
    "switchOff",
    "liftOwnSwitch",
    "clearLapsed",
  ],
  ...["setModel", "removeModel", "setCeiling", "setFloors", "allowImage", "removeImage", "allowShape", "openAllowance"],
  ...["openStream", "closeBudget", "setLimits", "grantRole", "appoint", "cancel", "unlock", "bar"],
  ...["propose by governor", "castVote by governor", "queue by governor", "execute by governor", "pay", "collect"],
  ...["depositFor votes", "withdrawTo votes", "transfer votes", "delegate votes"],
];

test("every table is reconciled", () => {
  const reconciled: string[] = RECONCILERS.flatMap(({ tables }) => tables);
  const named = [...reconciled, ...Object.keys(ELSEWHERE)];
  expect([...new Set(named)].sort()).toEqual(tableNames().sort());
});

describe("as the contracts say", { timeout: 20 * MINUTE }, () => {
  test.each(RECONCILERS)("$name", async ({ check }) => {
    await check(indexed, SEED);
  });
});
