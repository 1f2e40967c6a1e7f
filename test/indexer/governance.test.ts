/** What governance does, and what the indexer makes of it: compared with the contracts' own answers. */
import {
  type Abi,
  type Address,
  type Hex,
  encodeFunctionData,
  getAbiItem,
  keccak256,
  maxUint256,
  parseEther,
  stringToHex,
  toHex,
} from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  emissionVaultAbi,
  guardianMandateAbi,
  phaAbi,
  phalaAuthorityAbi,
  phalaGovernorAbi,
  treasuryAbi,
  vetoLockAbi,
  votingVphaAbi,
  vphaAbi,
  workerRegistryAbi,
} from "../../deploy/generated/abis.ts";
import { modelId } from "../../scripts/compute/calls.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { callsOf } from "./calls.ts";
import { sampleQueries } from "./queries.ts";
import { type Indexer, type Order, type Suite, big, lower, rowOf, rowsOf, startIndexer, startSuite } from "./suite.ts";

const DAY = 86_400n;
const UNIT = parseEther("1");
const [alice, bob, carol] = [10, 11, 12].map((i) => devAccount(i).address);
if (!alice || !bob || !carol) throw new Error("no accounts");

const REASON = { proposal: keccak256("0x01"), memo: keccak256("0x02") };
const GRANTS = stringToHex("grants", { size: 32 });
const SALARY = stringToHex("salary", { size: 32 });
const DESCRIPTION = "List the L40S";

let suite: Suite;
let indexer: Indexer;
const started: { stop: () => Promise<void> }[] = [];
const voted = { id: 0n, calldata: "0x" as Hex };
let executed: Hex;
let vetoed: Hex;
let expired: Hex;

const callOf = (to: Address, abi: Abi, functionName: string, args: readonly unknown[]) => ({
  from: (from: Address): Order => ({ from, to, data: encodeFunctionData({ abi, functionName, args }) }),
});

beforeAll(async () => {
  suite = await startSuite();
  started.push(suite);
  indexer = await startIndexer(suite);
  started.push(indexer);
  const { mine, contracts, client } = suite;
  const { governance, guardian, reserve } = suite.parameters.accounts;
  const call = callsOf(suite);
  const authority = (name: "schedule" | "execute" | "cancel", ...args: readonly unknown[]) =>
    callOf(contracts.phalaAuthority, phalaAuthorityAbi, name, args).from(governance);
  const governor = (name: string, ...args: readonly unknown[]) =>
    callOf(contracts.phalaGovernor, phalaGovernorAbi, name, args).from(alice);
  const start = await suite.now();
  const at = (days: bigint, seconds = 0n) => start + days * DAY + seconds;

  await mine(at(0n, 60n), [
    ...[alice, bob, carol].flatMap((each) => [
      call.transfer(reserve, each, 10_000n * UNIT),
      call.approve(each, maxUint256),
      call.deposit(each, 3_000n * UNIT),
      callOf(contracts.vpha, vphaAbi, "approve", [contracts.votingVpha, maxUint256]).from(each),
      callOf(contracts.vpha, vphaAbi, "approve", [contracts.vetoLock, maxUint256]).from(each),
    ]),
  ]);
  const wrap = (from: Address, amount: bigint) =>
    callOf(contracts.votingVpha, votingVphaAbi, "depositFor", [from, amount]).from(from);
  await mine(at(1n), [wrap(alice, 2_000n * UNIT), wrap(bob, 500n * UNIT)]);
  await mine(at(1n, 60n), [
    callOf(contracts.votingVpha, votingVphaAbi, "delegate", [alice]).from(bob),
    callOf(contracts.votingVpha, votingVphaAbi, "transfer", [carol, 100n * UNIT]).from(bob),
  ]);

  // The multisig: one operation is executed, one vetoed, one left to expire, one cancelled.
  const sink = (account: Address) =>
    encodeFunctionData({ abi: emissionVaultAbi, functionName: "replaceSink", args: [1, account] });
  [executed, vetoed, expired] = [sink(alice), sink(bob), sink(carol)];
  const dropped = sink(governance);
  const open = encodeFunctionData({
    abi: treasuryAbi,
    functionName: "openAllowance",
    args: [
      GRANTS,
      contracts.pha,
      carol,
      900n * UNIT,
      Number(at(16n)),
      Number(at(200n)),
      500n * UNIT,
      Number(30n * DAY),
      REASON.proposal,
      REASON.memo,
    ],
  });
  const stream = encodeFunctionData({
    abi: treasuryAbi,
    functionName: "openStream",
    args: [SALARY, contracts.pha, bob, 1_000n * UNIT, Number(at(16n)), Number(at(116n)), REASON.proposal, REASON.memo],
  });
  const { emissionVault, treasury } = contracts;
  await mine(at(2n), [
    ...[executed, vetoed, expired, dropped].map((data) => authority("schedule", emissionVault, data, 0)),
    authority("schedule", treasury, open, 0),
    authority("schedule", treasury, stream, 0),
  ]);
  await mine(at(3n), [authority("cancel", governance, emissionVault, dropped)]);

  // The governor: a proposal that passes.
  const model = [modelId("L40S"), 500n * UNIT, 50] as const;
  voted.calldata = encodeFunctionData({ abi: workerRegistryAbi, functionName: "setModel", args: model });
  const proposal = [[contracts.workerRegistry], [0n], [voted.calldata]] as const;
  await mine(at(3n, 60n), [governor("propose", ...proposal, DESCRIPTION)]);
  voted.id = await client.readContract({
    address: contracts.phalaGovernor,
    abi: phalaGovernorAbi,
    functionName: "getProposalId",
    args: [...proposal, keccak256(toHex(DESCRIPTION))],
  });
  await mine(at(6n), [
    callOf(contracts.phalaGovernor, phalaGovernorAbi, "castVoteWithReason", [voted.id, 1, "more GPUs"]).from(alice),
    callOf(contracts.phalaGovernor, phalaGovernorAbi, "castVote", [voted.id, 0]).from(carol),
  ]);
  await mine(at(13n), [governor("queue", ...proposal, keccak256(toHex(DESCRIPTION)))]);

  // The veto, in two steps; somebody else's share stays below the threshold.
  const lock = (from: Address, data: Hex, amount: bigint) =>
    callOf(contracts.vetoLock, vetoLockAbi, "lock", [governance, emissionVault, data, amount]).from(from);
  await mine(at(14n), [lock(carol, vetoed, 400n * UNIT), lock(carol, executed, 100n * UNIT)]);
  await mine(at(15n), [lock(alice, vetoed, 600n * UNIT)]);

  // Budgets and payments.
  await mine(at(16n, 60n), [
    authority("execute", treasury, open),
    authority("execute", treasury, stream),
    callOf(treasury, treasuryAbi, "collect", []).from(carol),
  ]);
  const pay = callOf(treasury, treasuryAbi, "pay", [GRANTS, alice, 100n * UNIT, REASON.proposal, REASON.memo]);
  await mine(at(17n), [pay.from(carol), pay.from(carol)]);
  await mine(at(20n, 120n), [governor("execute", ...proposal, keccak256(toHex(DESCRIPTION)))]);
  await mine(at(26n), [callOf(treasury, treasuryAbi, "release", [SALARY]).from(carol)]);
  // The locks of the veto are free a week after it.
  const unlock = await operationId(vetoed);
  await mine(at(26n, 60n), [callOf(contracts.vetoLock, vetoLockAbi, "unlock", [unlock, 1, carol]).from(carol)]);
  await mine(at(30n), [callOf(contracts.guardianMandate, guardianMandateAbi, "resign", []).from(guardian)]);
  await mine(at(55n), [authority("execute", emissionVault, executed)]);
  await mine(at(69n), []);
  await indexer.reach(await client.getBlockNumber());
}, 240_000);

afterAll(async () => {
  for (const each of started.reverse()) await each.stop();
});

function operationId(data: Hex, target = suite.contracts.emissionVault, caller = suite.parameters.accounts.governance) {
  return suite.client.readContract({
    address: suite.contracts.phalaAuthority,
    abi: phalaAuthorityAbi,
    functionName: "hashOperation",
    args: [caller, target, data],
  });
}

const OPERATION =
  "hash nonce state caller proposalId contract signature arguments role readyAt expiresAt closedAt lockedAgainst lockedUntil";

async function operationRow(data: Hex, ...of: readonly Address[]) {
  const hash = await operationId(data, ...of);
  return indexer.row("operations", OPERATION, `where: { hash: "${hash}" }`);
}

test("operations go through their states, in words", async () => {
  const { governance } = suite.parameters.accounts;
  const row = await operationRow(executed);
  expect(row).toMatchObject({
    state: "executed",
    nonce: 1,
    caller: lower(governance),
    proposalId: null,
    contract: "EmissionVault",
    signature: "replaceSink(uint8,address)",
    role: "core",
  });
  expect(row["arguments"]).toBe(JSON.stringify(["1", alice]));
  expect(big(row, "expiresAt") - big(row, "readyAt")).toBe(14n * DAY);
  expect(big(row, "closedAt")).toBeGreaterThanOrEqual(big(row, "readyAt"));
  expect((await operationRow(vetoed))["state"]).toBe("vetoed");
  const late = await operationRow(expired);
  expect(late["state"]).toBe("expired");
  expect(late["closedAt"]).toBe(late["expiresAt"]);
  const states = (await indexer.rows("operations", "state")).map(({ state }) => state);
  expect(states.sort()).toEqual(["cancelled", "executed", "executed", "executed", "executed", "expired", "vetoed"]);
});

test("who has locked how much against what, as the contract says", async () => {
  const { client, contracts } = suite;
  for (const data of [executed, vetoed, expired]) {
    const hash = await operationId(data);
    const at = { address: contracts.vetoLock, abi: vetoLockAbi } as const;
    const row = await operationRow(data);
    const locked = await client.readContract({ ...at, functionName: "lockedAgainst", args: [hash, 1] });
    expect(big(row, "lockedAgainst")).toBe(locked);
    const lockers = await indexer.rows("vetoLockers", "account locked", `where: { hash: "${hash}" }`);
    for (const { account, locked: amount } of lockers) {
      const args = [hash, 1, account as Address] as const;
      expect(String(await client.readContract({ ...at, functionName: "lockedBy", args }))).toBe(amount);
    }
    expect(lockers).toHaveLength(data === vetoed ? 2 : data === executed ? 1 : 0);
    if (data === vetoed) {
      expect(big(row, "lockedUntil")).toBe(
        await client.readContract({ ...at, functionName: "freeAt", args: [hash, 1] }),
      );
    }
  }
});

test("a proposal with its votes, its quorum and its operation", async () => {
  const { client, contracts } = suite;
  const at = { address: contracts.phalaGovernor, abi: phalaGovernorAbi } as const;
  const row = await indexer.row(
    "proposals",
    "id state proposer description voteStart voteEnd forVotes againstVotes abstainVotes voters quorum readyAt closedAt",
  );
  expect(row).toMatchObject({ id: String(voted.id), state: "executed", proposer: lower(alice), voters: 2 });
  expect(row["description"]).toBe(DESCRIPTION);
  const [against, inFavour, abstain] = await client.readContract({
    ...at,
    functionName: "proposalVotes",
    args: [voted.id],
  });
  expect([big(row, "againstVotes"), big(row, "forVotes"), big(row, "abstainVotes")]).toEqual([
    against,
    inFavour,
    abstain,
  ]);
  expect(inFavour).toBe(2_400n * UNIT);
  const snapshot = await client.readContract({ ...at, functionName: "proposalSnapshot", args: [voted.id] });
  expect(big(row, "voteStart")).toBe(snapshot);
  expect(big(row, "quorum")).toBe(await client.readContract({ ...at, functionName: "quorum", args: [snapshot] }));
  expect(big(row, "voteEnd")).toBe(
    await client.readContract({ ...at, functionName: "proposalDeadline", args: [voted.id] }),
  );
  const votes = await indexer.rows("votes", "voter support weight reason");
  expect(votes).toContainEqual({ voter: lower(alice), support: "for", weight: String(inFavour), reason: "more GPUs" });
  expect(votes).toContainEqual({ voter: lower(carol), support: "against", weight: String(against), reason: "" });

  const operation = await operationRow(voted.calldata, contracts.workerRegistry, contracts.phalaGovernor);
  expect(operation).toMatchObject({ state: "executed", proposalId: String(voted.id), role: "parameters" });
  const item = getAbiItem({ abi: workerRegistryAbi, name: "setModel" });
  expect(operation["signature"]).toContain(`${item.name}(`);
});

test("voters and the wrapped supply", async () => {
  const { client, contracts } = suite;
  const at = { address: contracts.votingVpha, abi: votingVphaAbi } as const;
  const rows = await indexer.rows("voters", "account balance votes delegate");
  expect(rows.length).toBe(3);
  for (const row of rows) {
    const args = [row["account"] as Address] as const;
    expect(big(row, "balance")).toBe(await client.readContract({ ...at, functionName: "balanceOf", args }));
    expect(big(row, "votes")).toBe(await client.readContract({ ...at, functionName: "getVotes", args }));
    const delegate = await client.readContract({ ...at, functionName: "delegates", args });
    expect(row["delegate"]).toBe(BigInt(delegate) === 0n ? null : lower(delegate));
  }
  const token = await indexer.row("votingTokens", "totalSupply holders");
  expect(big(token, "totalSupply")).toBe(await client.readContract({ ...at, functionName: "totalSupply" }));
  expect(token["holders"]).toBe(3);
});

test("budgets and payments, every wei that left", async () => {
  const { client, contracts } = suite;
  const at = { address: contracts.treasury, abi: treasuryAbi } as const;
  const rows = await indexer.rows(
    "budgets",
    "name title kind payee total paid payments start end rateLimit rateWindow",
  );
  expect(rows.map(({ title }) => title).sort()).toEqual(["grants", "salary"]);
  for (const row of rows) {
    const found = await client.readContract({ ...at, functionName: "budgetOf", args: [row["name"] as Hex] });
    expect(row).toMatchObject({
      payee: lower(found.payee),
      total: String(found.total),
      paid: String(found.paid),
      start: String(found.start),
      end: String(found.end),
      rateLimit: String(found.rateLimit),
      rateWindow: String(found.rateWindow),
    });
  }
  const payments = await indexer.rows("payments", "id to amount budgetRow { title }", `orderBy: "id"`);
  expect(payments.map(({ id }) => id)).toEqual(["1", "2", "3"]);
  expect(await client.readContract({ ...at, functionName: "paymentCount" })).toBe(3n);
  const left = rowsOf(payments).reduce((sum, row) => sum + big(row, "amount"), 0n);
  const pulled = await client.readContract({
    address: contracts.emissionVault,
    abi: emissionVaultAbi,
    functionName: "pulled",
    args: [2],
  });
  const held = { address: contracts.pha, abi: phaAbi, functionName: "balanceOf", args: [contracts.treasury] } as const;
  expect(await client.readContract(held)).toBe(pulled - left);
});

test("the guardian's mandate, and that it has resigned", async () => {
  const { client, contracts } = suite;
  const row = await indexer.row("guardianMandates", "mandate guardian end isDismissed");
  const at = { address: contracts.guardianMandate, abi: guardianMandateAbi } as const;
  expect(row).toMatchObject({ mandate: lower(contracts.guardianMandate), isDismissed: true });
  expect(row["guardian"]).toBe(lower(suite.parameters.accounts.guardian));
  expect(big(row, "end")).toBe(BigInt(await client.readContract({ ...at, functionName: "end" })));
});

test.each(sampleQueries("governance"))("$name answers with what there is", async ({ text }) => {
  for (const [field, value] of Object.entries(await indexer.query(text))) {
    expect(rowsOf(rowOf(value)["items"]).length, field).toBeGreaterThan(0);
  }
});

test("every restricted function has a name", async () => {
  const rows = await indexer.rows("functionRoles", "contract signature name");
  expect(rows.length).toBeGreaterThan(25);
  for (const row of rows) expect(row["signature"]).toEqual(expect.stringMatching(/^\w+\(/));
});
