/**
 * The vPHA and its reference side by side: random deposits, mints, requests, cancellations, claims by id, funding and pauses,
 * most of them near the supply below which the price stands still, with seconds to months between them. After each, all logs
 * of vault and asset in their order, and every amount in the books, are the reference's to the wei.
 */
import { type Hex, isAddressEqual, parseEventLogs } from "viem";
import { describe, expect, it } from "vitest";
import { EMPTY_POOL, MIN_SUPPLY, accrue, unvested } from "../../../model/pool.ts";
import {
  type Request,
  type Said,
  type Vault,
  cancelRedeem,
  claim,
  costOf,
  deposit,
  entryRefusal,
  fund,
  pauseDeposits,
  pendingOf,
  requestRedeem,
  resumeDeposits,
  sharesFor,
} from "../../../model/vault.ts";
import { decodeRevert, expectRevert, revertData } from "../../helpers/errors.ts";
import { createRandom } from "../../helpers/random.ts";
import { DAY, HOUR, fixture } from "../../helpers/stage.ts";
import { type Suite, STREAM, deploySuite, units } from "../../helpers/suite.ts";

const SEEDS = 12 * Number(process.env["PHALA_TEST_FACTOR"] ?? 1);
const STEPS = 60;
const WEI_NEAR = 3n;

/** Three stakers with PHA. Twenty minutes past the hour: a start of the emission lies in the future. */
const load = fixture(
  async (stage) => {
    const suite = await deploySuite(stage, { start: false });
    const { alice, bob, carol } = suite.actors;
    for (const account of [alice, bob, carol]) await suite.fundAccount(account, units(100_000_000));
    return { ...suite, stakers: [alice, bob, carol] as const };
  },
  { initialDate: new Date("2026-01-01T00:20:00Z") },
);
type Chain = Awaited<ReturnType<typeof load>>;
type Random = ReturnType<typeof createRandom>;

/** Everything that the vault and its asset say in a transaction. */
async function saidIn({ stage, vpha, pha }: Suite, hash: Hex): Promise<Said[]> {
  const { logs } = await stage.publicClient.getTransactionReceipt({ hash });
  const isOf = (contract: typeof vpha | typeof pha) => (log: (typeof logs)[number]) =>
    isAddressEqual(log.address, contract.address);
  const ofVault = parseEventLogs({ abi: vpha.abi, logs: logs.filter(isOf(vpha)) });
  const ofAsset = parseEventLogs({ abi: pha.abi, logs: logs.filter(isOf(pha)), eventName: "Transfer" });
  return [
    ...ofVault.map(({ logIndex, eventName, args }) => ({
      logIndex,
      said: [eventName, ...(Object.values(args) as unknown[])] as Said,
    })),
    ...ofAsset.map(({ logIndex, args }) => ({ logIndex, said: ["asset.Transfer", ...Object.values(args)] as Said })),
  ]
    .sort((a, b) => a.logIndex - b.logIndex)
    .map(({ said }) => said);
}

/** Every amount in the books now, by the contract's views and by the reference. */
async function expectBooks({ stage, vpha, stakers }: Chain, vault: Vault): Promise<void> {
  const now = stage.now();
  const pool = accrue(vault.pool, vault.emission, now);
  const income = pool.income.start === 0n ? pool.income.end : pool.income.end - now;
  expect(await vpha.read.totalAssets()).toBe(pool.assets);
  expect(await vpha.read.totalSupply()).toBe(pool.shares);
  expect(await vpha.read.banked()).toBe(vault.pool.banked);
  expect(await vpha.read.incomeStream()).toEqual([unvested(pool.income, now), income > 0n ? income : 0n]);
  expect(await vpha.read.pendingRedemptions()).toBe(pendingOf(vault));
  expect(await vpha.read.depositsPausedUntil()).toBe(vault.pausedUntil);
  expect(await vpha.read.solvency()).toBe(0n);
  for (const account of stakers) {
    expect(await vpha.read.requestsOf([account, 0n, 1_000n])).toEqual(
      (vault.requests.get(account) ?? []).map(({ id, assets, shares, maturity }) => ({
        requestId: id,
        assets,
        shares,
        maturity,
      })),
    );
  }
}

/** Shares that bring the supply to about the least at which the price moves: exactly to it, or a few wei beside it. */
const toTheEdge = (random: Random, supply: bigint): bigint => {
  const distance = supply < MIN_SUPPLY ? MIN_SUPPLY - supply : supply - MIN_SUPPLY;
  return distance + random.between(0n, 2n * WEI_NEAR) - WEI_NEAR;
};

/** How long until the next call: often nothing, and often to the very second at which something ends or begins. */
function pauseOf(random: Random, vault: Vault, now: bigint): bigint {
  const { income } = vault.pool;
  const moments = [income.end, income.end - 1n, vault.emission.start, vault.emission.start + 1n, vault.pausedUntil];
  const kind = random.pick(["none", "second", "hours", "days", "months", "moment", "moment"] as const);
  if (kind === "moment") {
    const ahead = moments.filter((moment) => moment > now && moment < now + 60n * DAY);
    const moment = ahead[Math.floor(random.next() * ahead.length)];
    return moment === undefined ? 1n : moment - now;
  }
  const most = { none: 0n, second: 1n, hours: 12n * HOUR, days: 10n * DAY, months: 40n * DAY }[kind];
  return random.between(most > 1n ? 1n : most, most);
}

type Action = (chain: Chain, vault: Vault, random: Random) => Promise<void>;

/** Events that were seen, over all seeds. */
const seen = new Set<string>();

/** Sends, and expects what the reference says of it. */
async function expectSaid(chain: Chain, sent: Promise<Hex>, said: readonly Said[]): Promise<void> {
  for (const [event] of said) seen.add(event);
  expect(await saidIn(chain, await sent)).toEqual(said);
}

async function enterBy(chain: Chain, vault: Vault, random: Random, how: "deposit" | "mint"): Promise<void> {
  const { stage, vpha, stakers } = chain;
  const [account, now] = [random.pick([...stakers]), stage.now()];
  const { shares: supply } = vault.pool;
  const wanted = random.pick(["edge", "edge", "small", "large", "dust"] as const);
  const amount = {
    edge: toTheEdge(random, supply),
    small: random.between(1n, units(900)),
    large: random.between(1n, units(5_000)),
    dust: random.between(0n, 9n),
  }[wanted];
  if (amount < 0n) return;
  const as = { account };
  const assets = how === "mint" || wanted === "edge" ? costOf(vault, now, amount) : amount;
  const shares = how === "mint" ? amount : sharesFor(vault, now, assets);
  const send = () =>
    how === "mint" ? vpha.write.mint([shares, account], as) : vpha.write.deposit([assets, account], as);
  if (assets > (await chain.pha.read.balanceOf([account]))) return;
  const refusal = entryRefusal(vault, now, shares);
  if (refusal !== undefined) {
    await expectRevert(send(), refusal);
    return;
  }
  await expectSaid(chain, send(), deposit(vault, now, account, assets, shares));
}

const openRequest = (random: Random, vault: Vault, isWanted: (request: Request) => boolean) => {
  const all = [...vault.requests].flatMap(([by, requests]) =>
    requests.filter(isWanted).map((request) => ({ by: by as Hex, request })),
  );
  return all[Math.floor(random.next() * all.length)];
};

const ACTIONS: Readonly<Record<string, Action>> = {
  deposit: async (chain, vault, random) => enterBy(chain, vault, random, "deposit"),
  mint: async (chain, vault, random) => enterBy(chain, vault, random, "mint"),

  request: async (chain, vault, random) => {
    const { stage, vpha, stakers } = chain;
    const account = random.pick([...stakers]);
    const balance = await vpha.read.balanceOf([account]);
    const amount = random.pick(["edge", "edge", "some", "all"] as const);
    const most = { edge: toTheEdge(random, vault.pool.shares), some: random.between(0n, balance), all: balance }[
      amount
    ];
    const shares = most > balance ? balance : most;
    if (shares <= 0n) return;
    const said = requestRedeem(vault, stage.now(), account, shares);
    await expectSaid(chain, vpha.write.requestRedeem([shares, account, account], { account }), said);
  },

  cancel: async (chain, vault, random) => {
    const { stage, vpha } = chain;
    const open = openRequest(random, vault, ({ maturity }) => stage.now() < maturity);
    if (open === undefined) return;
    const { by, request } = open;
    const send = async () => vpha.write.cancelRedeem([request.id], { account: by });
    const refusal = entryRefusal(vault, stage.now(), sharesFor(vault, stage.now(), request.assets));
    if (refusal !== undefined) return expectRevert(send(), refusal);
    await expectSaid(chain, send(), cancelRedeem(vault, stage.now(), by, request));
  },

  claim: async (chain, vault, random) => {
    const { stage, vpha, pha, emission } = chain;
    const open = openRequest(random, vault, ({ maturity }) => stage.now() >= maturity);
    if (open === undefined) return;
    const { by, request } = open;
    const has = await pha.read.balanceOf([vpha.address]);
    const fetched = has < request.assets ? await emission.read.due([STREAM.stakers]) : 0n;
    const said = claim(vault, by, request, emission.address, fetched);
    await expectSaid(chain, vpha.write.claim([[request.id], by], { account: by }), said);
  },

  fund: async (chain, vault, random) => {
    const { stage, vpha, stakers } = chain;
    const account = random.pick([...stakers]);
    const amount = random.between(units(1_000), units(1_500));
    const said = fund(vault, stage.now(), account, amount);
    await expectSaid(chain, vpha.write.fund([amount], { account }), said);
  },

  pause: async (chain, vault, random) => {
    const { stage, vpha, actors } = chain;
    if (vault.pausedUntil > stage.now()) {
      const said = resumeDeposits(vault, stage.now(), actors.guardian);
      return expectSaid(chain, vpha.write.resumeDeposits({ account: actors.guardian }), said);
    }
    // Each pause keeps its distance to the one before, and a year has a budget of them: see VPHA.pause.test.ts.
    const until = stage.now() + random.between(HOUR, DAY);
    const sent = vpha.write.pauseDeposits([until], { account: actors.guardian });
    const hash = await sent.catch((error: unknown) => {
      expect(decodeRevert(revertData(error) ?? "0x").name).toMatch(/^PauseLog_Pause(?:TooSoon|BudgetExceeded)$/);
      return undefined;
    });
    if (hash === undefined) return;
    await expectSaid(chain, Promise.resolve(hash), pauseDeposits(vault, actors.guardian, until));
  },
};

async function start(chain: Chain, vault: Vault): Promise<void> {
  const { emission, vpha, actors, budget } = chain;
  const sinks = [vpha.address, actors.workers, actors.treasury] as const;
  await emission.write.start([sinks], { account: actors.governance });
  vault.emission = { budget, start: await emission.read.startTime() };
}

const NAMES = [
  "deposit",
  "deposit",
  "mint",
  "request",
  "request",
  "request",
  "cancel",
  "claim",
  "fund",
  "pause",
] as const;

describe("vPHA and its reference", () => {
  it.each(Array.from({ length: SEEDS }, (_, index) => index + 1))(
    "agree on each log and amount, seed %i",
    async (seed) => {
      const chain = await load();
      const random = createRandom(seed);
      const vault: Vault = {
        pool: { ...EMPTY_POOL, accruedAt: chain.stage.now() },
        emission: { budget: chain.budget, start: 0n },
        pausedUntil: 0n,
        address: chain.vpha.address,
        requests: new Map(),
        counts: new Map(),
      };
      const startsAt = random.between(0n, 8n);
      const done: string[] = [];
      for (let step = 0; step < STEPS; step++) {
        if (BigInt(step) === startsAt) await start(chain, vault);
        // Before the emission starts only seconds pass, or its start would never be in the future.
        const isEarly = vault.emission.start === 0n || chain.stage.now() < vault.emission.start;
        const pause = pauseOf(random, vault, chain.stage.now());
        await chain.stage.travel(isEarly && pause > HOUR ? 100n : pause);
        const name = random.pick(NAMES);
        done.push(name);
        try {
          await ACTIONS[name]?.(chain, vault, random);
          await expectBooks(chain, vault);
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          throw new Error(`seed ${seed}, after ${done.join(", ")}: ${message}`, { cause: error });
        }
      }
    },
  );

  it("has come to everything that it is about", () => {
    const all = ["Deposit", "RedeemRequest", "RedemptionCancelled", "RedemptionClaimed", "Banked", "IncomeFunded"];
    expect([...all, "IncomeUpdated", "DepositsPaused", "DepositsResumed"].filter((event) => !seen.has(event))).toEqual(
      [],
    );
  });
});
