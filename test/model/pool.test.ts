/** The pool's model against the contract: from events alone, the price at any second, without a call. */
import { type Hex, parseEventLogs } from "viem";
import { describe, expect, it } from "vitest";
import { vphaAbi } from "../../deploy/generated/abis.ts";
import { EMPTY_POOL, MIN_SUPPLY, type Pool, accrue, toAssets, toShares, unvested } from "../../model/pool.ts";
import { revertData, decodeRevert } from "../helpers/errors.ts";
import { createRandom } from "../helpers/random.ts";
import { DAY, HOUR, fixture } from "../helpers/stage.ts";
import { deploySuite, units } from "../helpers/suite.ts";

const STEPS = 150;

/** The emission starts half an hour after the stage does. */
const load = fixture((stage) => deploySuite(stage), { initialDate: new Date("2026-01-01T00:30:00Z") });

describe("the pool's model", () => {
  it.each([1, 2])("follows the contract through a random history (seed %i)", async (seed) => {
    const suite = await load();
    const { stage, vpha, emission, pha, actors, fundAccount, budget } = suite;
    const random = createRandom(seed);
    const people: [Hex, ...Hex[]] = [actors.alice, actors.bob, actors.carol];
    for (const person of people) await fundAccount(person, units(2_000_000));
    const curve = { budget, start: await emission.read.startTime() };
    let pool: Pool = { ...EMPTY_POOL, accruedAt: stage.now() };

    /** Applies the events of a transaction, in the order in which they came. */
    const apply = async (hash: Hex) => {
      const { logs } = await stage.publicClient.getTransactionReceipt({ hash });
      const events = parseEventLogs({ abi: vphaAbi, logs });
      // `PoolUpdated` says the state after the accrual: whatever the step, it is up to this second.
      if (events.some(({ eventName }) => eventName === "PoolUpdated")) pool = accrue(pool, curve, stage.now());
      for (const { eventName, args } of events) {
        if (eventName === "PoolUpdated") pool = { ...pool, assets: args.assets, shares: args.shares };
        if (eventName === "Banked") pool = { ...pool, banked: args.banked };
        if (eventName === "IncomeUpdated")
          pool = { ...pool, income: { amount: args.amount, start: args.start, end: args.end } };
      }
    };

    /** Compares at this second. `banked` of the chain is as of the last event; the model's is as of now. */
    const compare = async (step: string) => {
      const now = accrue(pool, curve, stage.now());
      const [assets, shares, [unvestedNow], price, buys, balance, due, pending] = await Promise.all([
        vpha.read.totalAssets(),
        vpha.read.totalSupply(),
        vpha.read.incomeStream(),
        vpha.read.convertToAssets([units(123)]),
        vpha.read.convertToShares([units(123)]),
        pha.read.balanceOf([vpha.address]),
        emission.read.due([0]),
        vpha.read.pendingRedemptions(),
      ]);
      expect(
        {
          assets: now.assets,
          shares: now.shares,
          unvested: unvested(now.income, stage.now()),
          price: toAssets(now, units(123)),
          buys: toShares(now, units(123)),
        },
        step,
      ).toEqual({ assets, shares, unvested: unvestedNow, price, buys });
      // Everything that the pool owes is covered exactly: so `banked` of the model is right, too.
      expect(balance + due, step).toBe(assets + unvestedNow + now.banked + pending);
    };

    const refusals = new Set<string>();
    const met = new Set<string>();
    let done = 0;
    for (let i = 0; i < STEPS; i++) {
      const person = random.pick(people);
      const as = { account: person };
      const shares = await vpha.read.balanceOf([person]);
      const open = await vpha.read.requestsOf([person, 0n, 1_000n]);
      const first = open[0]?.requestId ?? 0n;
      const last = open.at(-1)?.requestId ?? 0n;
      const calls = {
        deposit: () => vpha.write.deposit([random.between(1n, units(3_000)), person], as),
        mint: () => vpha.write.mint([random.between(1n, units(50)), person], as),
        request: () => vpha.write.requestRedeem([random.between(1n, shares === 0n ? 1n : shares), person, person], as),
        all: () => vpha.write.requestRedeem([shares, person, person], as),
        cancel: () => vpha.write.cancelRedeem([last], as),
        claim: () => vpha.write.claim([[first], person], as),
        fund: () => vpha.write.fund([random.between(units(1_000), units(20_000))], as),
        harvest: () => vpha.write.harvest(as),
        move: () => vpha.write.transfer([random.pick(people), shares / 2n], as),
      };
      // `all` often enough that the supply falls under the threshold and comes back.
      const kind = random.pick<keyof typeof calls>([
        ...([
          "deposit",
          "deposit",
          "mint",
          "request",
          "all",
          "all",
          "cancel",
          "claim",
          "fund",
          "harvest",
          "move",
        ] as const),
      ]);
      try {
        await apply(await calls[kind]());
        done++;
        if (pool.banked > 0n) met.add("banked");
        if (pool.income.amount > 0n) met.add(pool.income.start === 0n ? "waiting" : "vesting");
      } catch (error) {
        const data = revertData(error);
        if (data === undefined) throw error;
        refusals.add(decodeRevert(data).name);
      }
      await compare(`step ${i}: ${kind}`);
      await stage.travel(random.between(0n, random.pick([60n, HOUR, 5n * DAY, 15n * DAY])));
      await compare(`after step ${i}`);
    }
    expect(done).toBeGreaterThan(STEPS / 2);
    // A history that only ever met these is one in which the calls were right.
    const expected = [
      "VPHA_ZeroShares",
      "VPHA_NotMatured",
      "VPHA_Matured",
      "VPHA_UnknownRequest",
      "VPHA_NotController",
      "ERC20InsufficientBalance",
    ];
    expect([...refusals].filter((name) => !expected.includes(name))).toEqual([]);
    expect([...met].sort()).toEqual(["banked", "vesting", "waiting"]);
    expect(MIN_SUPPLY).toBe(await vpha.read.MIN_SUPPLY());
  });
});
