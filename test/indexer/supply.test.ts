/** What circulates: after every block, and at the end of every hour and day, it is all PHA but that of the named holders. */
import { type Address, type Hex, encodeFunctionData, parseEther, zeroHash } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { creationCode } from "../../deploy/artifacts.ts";
import { emissionVaultAbi, merkleDistributorAbi, phaAbi, teamVestingAbi } from "../../deploy/generated/abis.ts";
import { type Distribution, buildDistribution, claimOf } from "../../deploy/merkle.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { callsOf } from "./calls.ts";
import {
  type Indexer,
  MIDNIGHT,
  type Order,
  type Row,
  type Suite,
  big,
  lower,
  rowOf,
  rowsOf,
  startIndexer,
  startSuite,
} from "./suite.ts";

const HOUR = 3_600n;
const DAY = 86_400n;
const GAS = 4_000_000n;
const [alice, bob, carol, stranger] = [10, 11, 12, 13].map((i) => devAccount(i).address);
if (!alice || !bob || !carol || !stranger) throw new Error("no accounts");

let suite: Suite;
let indexer: Indexer;
const started: { stop: () => Promise<void> }[] = [];
/** Whose PHA does not circulate, as the manifest and what happened say. */
const buckets = new Map<Address, string>();

beforeAll(async () => {
  // The cliff, a year later, is over.
  suite = await startSuite({ airdrop: [[alice, 90_000_000n]], team: { start: "2025-01-01T00:00:00Z" } });
  started.push(suite);
  const { contracts, parameters } = suite;
  const { teamVesting, merkleDistributor } = contracts;
  if (teamVesting === null || merkleDistributor === null) throw new Error("no vesting or no distributor");
  for (const [name, address] of [
    ["emission_vault", contracts.emissionVault],
    ["worker_rewards", contracts.workerRewards],
    ["treasury", contracts.treasury],
    ["team_vesting", teamVesting],
    ["distributor", merkleDistributor],
    ["reserve", parameters.accounts.reserve],
    ["private_sale", parameters.accounts.privateSale],
    ["other_rewards", parameters.accounts.otherRewards],
    ["governance", parameters.accounts.governance],
  ] as const) {
    buckets.set(lower(address), name);
  }
  indexer = await startIndexer(suite);
  started.push(indexer);
});

afterAll(async () => {
  for (const { stop } of started.reverse()) await stop();
});

const balanceAt = (account: Address, blockNumber: bigint) =>
  suite.client.readContract({
    ...{ address: suite.contracts.pha, abi: phaAbi, blockNumber },
    functionName: "balanceOf",
    args: [account],
  });

const supplyAt = (blockNumber: bigint) =>
  suite.client.readContract({ address: suite.contracts.pha, abi: phaAbi, blockNumber, functionName: "totalSupply" });

/** Compares supply and buckets with the token's own balances in `blockNumber`. */
async function compare(row: Row, rows: readonly Row[], blockNumber: bigint, members: ReadonlyMap<Address, string>) {
  const balances = new Map<string, bigint>();
  for (const address of members.keys()) balances.set(address, await balanceAt(address, blockNumber));
  expect(new Map(rows.map((each) => [each["address"], each["name"]]))).toEqual(new Map(members));
  expect(new Map(rows.map((each) => [each["address"], big(each, "balance")]))).toEqual(balances);
  const total = await supplyAt(blockNumber);
  const out = [...balances.values()].reduce((sum, each) => sum + each, 0n);
  expect({
    totalSupply: big(row, "totalSupply"),
    circulating: big(row, "circulating"),
    staked: big(row, "staked"),
  }).toEqual({
    totalSupply: total,
    circulating: total - out,
    staked: await balanceAt(suite.contracts.vpha, blockNumber),
  });
}

/** Mines a block with `orders`, and compares. */
async function block(timestamp: bigint, orders: readonly Order[]): Promise<Row> {
  await suite.mine(timestamp, orders);
  const number = await suite.client.getBlockNumber();
  await indexer.reach(number);
  const row = await indexer.row("tokens", "totalSupply circulating staked buckets");
  const rows = await indexer.rows("supplyBuckets", "address name balance");
  await compare(row, rows, number, buckets);
  const listed = typeof row["buckets"] === "string" ? row["buckets"].split(",") : [];
  expect(listed.sort()).toEqual([...buckets.keys()].sort());
  return row;
}

/** Selectors of what a distributor is asked. */
const ASKED = "fc0c546a" + "ebf0c717" + "29dcb0cf" + "61d027b3";

/** What a contract may answer whatever it is asked: its code. Some have what a distributor's code has. */
const ODD_ANSWERS = {
  "a single byte": "60016000f3" + ASKED,
  "31 bytes": "601f6000f3" + ASKED,
  "an address of ones only": "7f" + "ff".repeat(32) + "60005260206000f3" + ASKED,
  "an opcode that there is not": "fe",
  nothing: "00",
  "all of its gas": "5b600056",
} as const;

/** Mines the creation of a contract, `seconds` after the last block. Returns where it is. */
async function created(hash: Hex, seconds: bigint): Promise<Address> {
  await suite.client.setNextBlockTimestamp({ timestamp: (await suite.now()) + seconds });
  await suite.client.mine({ blocks: 1 });
  const { contractAddress } = await suite.client.getTransactionReceipt({ hash });
  if (!contractAddress) throw new Error("no contract was created");
  return contractAddress;
}

/** A contract of this code. */
async function deployCode(code: string): Promise<Address> {
  const size = (code.length / 2).toString(16).padStart(2, "0");
  // PUSH1 size, DUP1, PUSH1 where the code begins, PUSH0, CODECOPY, PUSH0, RETURN.
  const bytecode: Hex = `0x60${size}8060095f395ff3${code}`;
  return created(await suite.client.deployContract({ abi: [], bytecode, account: stranger as Address, gas: GAS }), 1n);
}

/** A distributor of 200,000 PHA for bob, whose rest goes to `treasury`. */
async function deployDistributor(treasury: Address): Promise<{ address: Address; tree: Distribution["tree"] }> {
  const { tree, root } = buildDistribution(`account,amount\n${bob ?? ""},200000`);
  const hash = await suite.client.deployContract({
    abi: merkleDistributorAbi,
    bytecode: creationCode("token/MerkleDistributor"),
    args: [suite.contracts.pha, root, (await suite.now()) + 365n * DAY, treasury],
    account: stranger as Address,
    gas: GAS,
  });
  return { address: await created(hash, 12n), tree };
}

const at = (hour: bigint, minute = 0n) => MIDNIGHT + hour * HOUR + minute * 60n;

describe("circulating supply", { timeout: 300_000 }, () => {
  test("adds up after genesis", async () => {
    const row = await block(at(1n, 5n), []);
    expect(big(row, "circulating")).toBe(0n);
  });

  test("follows what is handed out, staked, pulled, claimed, released and burnt", async () => {
    const call = callsOf(suite);
    const { reserve, otherRewards, governance } = suite.parameters.accounts;
    const { pha, teamVesting } = suite.contracts;
    if (teamVesting === null) throw new Error("no vesting");
    const handed = await block(at(1n, 10n), [
      call.transfer(reserve, alice, parseEther("10000")),
      call.transfer(alice, bob, parseEther("4000")),
      call.approve(alice, parseEther("6000")),
    ]);
    expect(big(handed, "circulating")).toBe(parseEther("10000"));
    const staked = await block(at(1n, 20n), [call.deposit(alice, parseEther("5000"))]);
    expect(big(staked, "circulating")).toBe(parseEther("10000"));
    expect(big(staked, "staked")).toBe(parseEther("5000"));
    const claimed = await block(at(1n, 30n), [call.claimAirdrop(carol, claimOf(suite.tree.tree, alice))]);
    expect(big(claimed, "circulating")).toBe(parseEther("90010000"));
    const burnt = await block(at(1n, 40n), [
      call.burn(bob, parseEther("7")),
      call.burn(otherRewards, parseEther("11")),
      // From one bucket to another, and to itself.
      call.transfer(reserve, governance, parseEther("50")),
      call.transfer(alice, alice, parseEther("1")),
    ]);
    expect(big(burnt, "circulating")).toBe(parseEther("90009993"));
    // Workers' and treasury's streams go from bucket to bucket; the stakers' comes into circulation.
    const pulled = await block(at(4n, 10n), [call.pullWorkers(bob), call.collect(bob)]);
    expect(big(pulled, "circulating")).toBe(big(burnt, "circulating"));
    const harvested = await block(at(4n, 20n), [call.harvest(bob)]);
    expect(big(harvested, "circulating")).toBeGreaterThan(big(burnt, "circulating"));
    const data = encodeFunctionData({ abi: teamVestingAbi, functionName: "release", args: [pha] });
    const released = await block(at(4n, 30n), [{ from: bob, to: teamVesting, data }]);
    expect(big(released, "circulating") - big(harvested, "circulating")).toBeGreaterThan(parseEther("10000000"));
  });

  test("what the team has vested is what the wallet says", async () => {
    const { teamVesting: address, pha } = suite.contracts;
    if (address === null) throw new Error("no vesting");
    await block(at(9n, 1n), []);
    const read = { address, abi: teamVestingAbi } as const;
    const { vestingStandings } = await indexer.query(
      "{ vestingStandings { items { address balance vestedCumulative releasable timestamp } } }",
    );
    const [standing] = rowsOf(rowOf(vestingStandings)["items"]);
    const now = await suite.now();
    expect(standing).toEqual({
      address: lower(address),
      balance: String(await balanceAt(address, await suite.client.getBlockNumber())),
      vestedCumulative: String(
        await suite.client.readContract({ ...read, functionName: "vestedAmount", args: [pha, now] }),
      ),
      releasable: String(await suite.client.readContract({ ...read, functionName: "releasable", args: [pha] })),
      timestamp: String(now),
    });
    const wallet = await indexer.row("vestingWallets", "beneficiary start cliff end releasedCumulative");
    expect(wallet).toEqual({
      beneficiary: lower(await suite.client.readContract({ ...read, functionName: "owner" })),
      start: String(await suite.client.readContract({ ...read, functionName: "start" })),
      cliff: String(await suite.client.readContract({ ...read, functionName: "cliff" })),
      end: String(await suite.client.readContract({ ...read, functionName: "end" })),
      releasedCumulative: String(await suite.client.readContract({ ...read, functionName: "released", args: [pha] })),
    });
  });

  test("a distributor that is added later is one from its funding on; what is none is not", async () => {
    const call = callsOf(suite);
    const { reserve } = suite.parameters.accounts;
    const amount = parseEther("200000");
    const added = await deployDistributor(suite.contracts.treasury);
    const others = await deployDistributor(stranger);
    const odd: Address[] = [];
    for (const code of Object.values(ODD_ANSWERS)) odd.push(await deployCode(code));
    const before = await block(at(9n, 10n), []);
    buckets.set(lower(added.address), "distributor");
    const funded = await block(at(9n, 20n), [call.transfer(reserve, added.address, amount)]);
    expect(big(funded, "circulating")).toBe(big(before, "circulating"));
    // An account, contracts that are no distributors, and a distributor that gives what is left to a stranger.
    const strangers = [carol, suite.contracts.vetoLock, others.address, ...odd];
    const handed = await block(
      at(9n, 30n),
      strangers.map((to) => call.transfer(reserve, to, amount)),
    );
    expect(big(handed, "circulating") - big(funded, "circulating")).toBe(BigInt(strangers.length) * amount);
    const claimFrom = ({ address, tree }: { address: Address; tree: Distribution["tree"] }): Order => {
      const { index, account, amount: due, proof } = claimOf(tree, bob);
      const args = [index, account, due, proof as Hex[]] as const;
      const data = encodeFunctionData({ abi: merkleDistributorAbi, functionName: "claim", args });
      return { from: carol, to: address, data };
    };
    const claimed = await block(at(9n, 40n), [claimFrom(added), claimFrom(others)]);
    expect(big(claimed, "circulating") - big(handed, "circulating")).toBe(amount);
    const rows = await indexer.rows("distributors", "address root deadline treasury since claims claimedCumulative");
    expect(rows).toHaveLength(2);
    const row = rows.find(({ address }) => address === lower(added.address));
    expect(row).toMatchObject({
      ...{ treasury: lower(suite.contracts.treasury), since: String(at(9n, 20n)), claims: 1 },
      claimedCumulative: String(amount),
    });
    expect(row?.["root"]).not.toBe(zeroHash);
    expect(await indexer.rows("distributorClaims", "distributor")).toHaveLength(2);
    const listed = await indexer.rows("suiteContracts", "address", `where: { name: "MerkleDistributor" }`);
    expect(listed).toHaveLength(2);
  });
});

describe("series", { timeout: 300_000 }, () => {
  test("every hour and every day ends with what the token said then", async () => {
    await block(at(51n, 1n), []);
    const blocks = await Promise.all(
      Array.from({ length: Number(await suite.client.getBlockNumber()) + 1 }, (_, i) =>
        suite.client.getBlock({ blockNumber: BigInt(i) }),
      ),
    );
    for (const [length, name, count] of [
      [HOUR, "Hours", 50],
      [DAY, "Days", 2],
    ] as const) {
      const fields = "start end totalSupply circulating staked burned burnedCumulative transfers transfersCumulative";
      const rows = await indexer.rows(`supply${name}`, fields, `orderBy: "start"`);
      const all = await indexer.rows(`supplyBucket${name}`, "address name start end balance");
      expect(rows).toHaveLength(count);
      for (const [i, row] of rows.entries()) {
        const start = big(rows[0], "start") + BigInt(i) * length;
        expect([big(row, "start"), big(row, "end")]).toEqual([start, start + length]);
        const last = blocks.findLast(({ timestamp }) => timestamp < start + length);
        if (last === undefined) throw new Error("a period before the chain");
        const own = all.filter((each) => big(each, "start") === start);
        const members = new Map([...buckets].filter(([address]) => own.some((each) => each["address"] === address)));
        // The distributor that came later is the only one that is not there from the beginning.
        expect(members.size).toBe(last.timestamp < at(9n, 20n) ? buckets.size - 1 : buckets.size);
        await compare(row, own, last.number, members);
        const before = i === 0 ? 0n : big(rows[i - 1], "burnedCumulative");
        expect(big(row, "burned")).toBe(big(row, "burnedCumulative") - before);
        expect(big(row, "burnedCumulative")).toBe(parseEther("1000000000") - big(row, "totalSupply"));
      }
      const transfers = rows.reduce((sum, row) => sum + Number(row["transfers"]), 0);
      expect(transfers).toBe(rows.at(-1)?.["transfersCumulative"]);
    }
  });

  test("the emission's hours are what its vault says, sum up to its days, and have what was pulled", async () => {
    const streams = ["Stakers", "Workers", "Treasury"] as const;
    const fields = `start end emitted emittedCumulative ${streams.map((each) => `emitted${each} pulled${each} pulled${each}Cumulative`).join(" ")}`;
    const hours = await indexer.rows("emissionHours", fields, `orderBy: "start"`);
    const days = await indexer.rows("emissionDays", fields, `orderBy: "start"`);
    const { emissionVault: address } = suite.contracts;
    const read = { address, abi: emissionVaultAbi } as const;
    for (const [i, row] of hours.entries()) {
      expect(big(row, "start")).toBe(big(hours[0], "start") + BigInt(i) * HOUR);
      const cumulative = await suite.client.readContract({
        ...read,
        functionName: "emitted",
        args: [big(row, "end")],
      });
      expect(big(row, "emittedCumulative")).toBe(cumulative);
      for (const [stream, name] of streams.entries()) {
        const to = (time: bigint) =>
          suite.client.readContract({ ...read, functionName: "emittedTo", args: [stream, time] });
        expect(big(row, `emitted${name}`)).toBe((await to(big(row, "end"))) - (await to(big(row, "start"))));
      }
    }
    expect(days).toHaveLength(2);
    for (const day of days) {
      const own = hours.filter((row) => big(row, "start") >= big(day, "start") && big(row, "end") <= big(day, "end"));
      for (const name of ["emitted", ...streams.flatMap((each) => [`emitted${each}`, `pulled${each}`])]) {
        expect(
          own.reduce((sum, row) => sum + big(row, name), 0n),
          name,
        ).toBe(big(day, name));
      }
      for (const each of streams) {
        expect(own.at(-1)?.[`pulled${each}Cumulative`]).toBe(day[`pulled${each}Cumulative`]);
      }
    }
    for (const [stream, name] of streams.entries()) {
      const pulled = await suite.client.readContract({ ...read, functionName: "pulled", args: [stream] });
      expect(big(hours.at(-1), `pulled${name}Cumulative`)).toBe(pulled);
    }
  });
});
