/** Attacks on vPHA, one test each: what an attacker tries, and that it gains nothing or is refused. */
import { type Hex, decodeFunctionResult, encodeFunctionData, erc20Abi, parseAbi, zeroHash } from "viem";
import { describe, expect, it } from "vitest";
import { vphaAbi } from "../../../deploy/generated/abis.ts";
import { decodeRevert, expectRevert } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import { DAY, HOUR, YEAR, fixture } from "../../helpers/stage.ts";
import { type Suite, UNIT, actorsOf, deploySuite, units } from "../../helpers/suite.ts";

const UNBONDING = 21n * DAY;
const WEEK = 7n * DAY;
const MAX = 2n ** 256n - 1n;

const loadEmpty = fixture((stage) => deploySuite(stage));

/** Alice and Bob have staked for ten days; Mallory has 1,000,000 PHA. */
const load = fixture(async (stage) => {
  const suite = await deploySuite(stage);
  await suite.stake(suite.actors.alice, units(100_000));
  await suite.stake(suite.actors.bob, units(50_000));
  await suite.fundAccount(suite.actors.mallory, units(1_000_000));
  await suite.pha.write.approve([suite.vpha.address, MAX], { account: suite.actors.holder });
  await stage.travel(10n * DAY + 1n);
  return suite;
});

/** What `account` gets for all its shares if it requests now. */
async function worth({ vpha }: Suite, account: Hex): Promise<bigint> {
  return vpha.read.convertToAssets([await vpha.read.balanceOf([account])]);
}

/** Whether the price `after` is lower than `before`; both as fractions. */
function hasFallen(before: { assets: bigint; shares: bigint }, after: { assets: bigint; shares: bigint }): boolean {
  return after.assets * before.shares < before.assets * after.shares;
}

describe("attacks on the price", () => {
  it("first-depositor donation", async () => {
    const suite = await loadEmpty();
    const { stage, vpha, pha, actors, fundAccount, stake, request } = suite;
    const { mallory, alice } = actors;
    await fundAccount(mallory, units(2_000_000));
    await vpha.write.deposit([1n, mallory], { account: mallory });
    await pha.write.transfer([vpha.address, units(1_000_000)], { account: mallory });
    await vpha.write.fund([units(500_000)], { account: mallory });
    await stage.travel(30n * DAY);

    await stake(alice, units(5_000));
    expect(await vpha.read.balanceOf([alice])).toBe(units(5_000));
    expect(await worth(suite, alice)).toBe(units(5_000));
    expect(await worth(suite, mallory)).toBe(1n);
    await request(mallory, 1n);
    expect(await vpha.read.pendingRedemptions()).toBe(1n);
  });

  it("direct donation at any time", async () => {
    const suite = await load();
    const { stage, vpha, pha, actors, request } = suite;
    const id = await request(actors.bob, units(10));
    for (const moment of ["before maturity", "after maturity"]) {
      const [price, solvency] = [await suite.price(), await vpha.read.solvency()];
      await pha.write.transfer([vpha.address, units(1_234)], { account: actors.mallory });
      expect(await suite.price(), moment).toEqual(price);
      expect(await vpha.read.solvency(), moment).toBe(solvency + units(1_234));
      expect(await vpha.read.incomeStream(), moment).toEqual([0n, 0n]);
      await stage.travel(UNBONDING);
    }
    const [open] = await vpha.read.requestsOf([actors.bob, 0n, 1n]);
    const { result } = await vpha.simulate.claim([[id], actors.bob], { account: actors.bob });
    expect(result).toBe(open?.assets);
  });

  it("zero-share mint", async () => {
    const { vpha, actors } = await load();
    const account = actors.mallory;
    const price = await vpha.read.previewMint([1n]);
    expect(price).toBeGreaterThan(2n);
    for (const assets of [0n, 1n, price - 2n]) {
      await expectRevert(vpha.write.deposit([assets, account], { account }), "VPHA_ZeroShares", []);
    }
    await expectRevert(vpha.write.mint([0n, account], { account }), "VPHA_ZeroShares", []);
    await expectRevert(vpha.write.requestRedeem([0n, account, account], { account }), "VPHA_ZeroShares", []);
    await vpha.write.mint([1n, account], { account });
    expect(await vpha.read.balanceOf([account])).toBe(1n);
  });

  it("the rate that integrators read, moved within one second by whatever anybody has or borrows", async () => {
    const suite = await load();
    const { vpha, pha, actors, request } = suite;
    const { mallory, holder, alice } = actors;
    // As much as there is: nearly all PHA outside of the emission, for one second.
    const most = (await pha.read.balanceOf([holder])) - units(1_000_000);
    await pha.write.transfer([mallory, most], { account: holder });
    const id = await request(alice, units(1_000));
    const rates = async () => ({
      toAssets: await vpha.read.convertToAssets([UNIT]),
      toShares: await vpha.read.convertToShares([UNIT]),
    });
    const before = await rates();
    const as = { account: mallory };
    const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
      ["a huge deposit", () => vpha.write.deposit([most, mallory], as)],
      ["dust", () => vpha.write.deposit([97n, mallory], as)],
      ["a mint", () => vpha.write.mint([units(7) + 1n, mallory], as)],
      ["a donation", () => pha.write.transfer([vpha.address, units(100_000)], as)],
      ["an income", () => vpha.write.fund([units(100_000)], as)],
      ["emission brought in", () => vpha.write.harvest(as)],
      ["another's cancellation", () => vpha.write.cancelRedeem([id], { account: alice })],
      ["an exit with nearly all shares there are", async () => request(mallory, await vpha.read.balanceOf([mallory]))],
      ["that taken back", () => vpha.write.cancelRedeem([BigInt(mallory) << 96n], as)],
      ["and out again", async () => request(mallory, await vpha.read.balanceOf([mallory]))],
    ];
    for (const [what, step] of steps) {
      await step();
      const { toAssets, toShares } = await rates();
      // A wei for rounding, and never down: an oracle of it can be off by as much, and a loan against it is not.
      expect(toAssets - before.toAssets, what).toBeGreaterThanOrEqual(0n);
      expect(toAssets - before.toAssets, what).toBeLessThanOrEqual(1n);
      expect(before.toShares - toShares, what).toBeGreaterThanOrEqual(0n);
      expect(before.toShares - toShares, what).toBeLessThanOrEqual(1n);
    }
  });

  it("deposit just before harvest", async () => {
    const suite = await load();
    const { vpha, emission, actors } = suite;
    expect(await emission.read.due([0])).toBeGreaterThan(units(500_000));
    await vpha.write.deposit([units(1_000_000), actors.mallory], { account: actors.mallory });
    const price = await suite.price();
    await vpha.write.harvest({ account: actors.mallory });
    expect(await emission.read.due([0])).toBe(0n);
    expect(await suite.price()).toEqual(price);
    expect(await worth(suite, actors.mallory)).toBeLessThanOrEqual(units(1_000_000));
  });

  it("deposit just before fund, and leaving just after it", async () => {
    const suite = await load();
    const { stage, vpha, actors } = suite;
    await vpha.write.deposit([units(1_000_000), actors.mallory], { account: actors.mallory });
    const price = await suite.price();
    await vpha.write.fund([units(300_000)], { account: actors.holder });
    expect(await suite.price()).toEqual(price);
    expect(await worth(suite, actors.mallory)).toBeLessThanOrEqual(units(1_000_000));
    // One second later there is one second's income in the price, and no more.
    const shares = await vpha.read.balanceOf([actors.mallory]);
    await stage.travel(1n);
    const gained = (await vpha.read.convertToAssets([shares])) - units(1_000_000);
    expect(gained).toBeLessThan(units(300_000) / WEEK + units(54_000) / DAY + UNIT);
  });

  it("stretching the fund stream with small amounts", async () => {
    const { stage, vpha, actors } = await load();
    const account = actors.mallory;
    await vpha.write.fund([units(100_000)], { account: actors.holder });
    await stage.travel(WEEK / 2n);
    const [unvested, left] = await vpha.read.incomeStream();
    expect([unvested, left]).toEqual([units(50_000), WEEK / 2n]);

    const minimum = units(1_000);
    for (const amount of [0n, 1n, minimum - 1n]) {
      await expectRevert(vpha.write.fund([amount], { account }), "VPHA_FundingTooSmall", [amount, minimum]);
    }
    // Ten of the smallest move the end as one of ten times the size does: by weight, to within a second of rounding each.
    for (let i = 0; i < 10; i++) await vpha.write.fund([minimum], { account });
    const [total, stretched] = await vpha.read.incomeStream();
    expect(total).toBe(units(60_000));
    const mean = (units(50_000) * left + units(10_000) * WEEK) / units(60_000);
    expect(stretched).toBeGreaterThanOrEqual(mean);
    expect(stretched).toBeLessThanOrEqual(mean + 11n);
  });

  it("funding in the last second does not restart what has vested", async () => {
    const { stage, vpha, actors } = await load();
    await vpha.write.fund([units(100_000)], { account: actors.holder });
    await stage.travel(WEEK - 1n);
    const before = await vpha.read.totalAssets();
    const hash = vpha.write.fund([units(1_000)], { account: actors.mallory });
    expect(await vpha.read.totalAssets()).toBe(before);
    const unvested = units(100_000) - (units(100_000) * (WEEK - 1n)) / WEEK;
    const left = (unvested + units(1_000) * WEEK + (unvested + units(1_000)) - 1n) / (unvested + units(1_000));
    await expectEvent(stage, hash, vpha, "IncomeUpdated", {
      amount: unvested + units(1_000),
      start: stage.now(),
      end: stage.now() + left,
    });
  });

  it("mass exit to zero supply, a year of silence, then restart", async () => {
    const suite = await load();
    const { stage, vpha, actors, stake } = suite;
    const { alice, bob, carol, mallory } = actors;
    await vpha.write.fund([units(70_000)], { account: actors.holder });
    await stage.travel(DAY);
    const [left, secondsLeft] = await vpha.read.incomeStream();
    const owed = new Map<Hex, bigint>();
    for (const account of [alice, bob]) {
      owed.set(account, await worth(suite, account));
      await suite.request(account, await vpha.read.balanceOf([account]));
    }
    expect(await vpha.read.totalSupply()).toBe(0n);
    const before = await suite.price();
    await stage.travel(YEAR);

    // Nothing has happened to the price, and the income still waits.
    expect(await suite.price()).toEqual(before);
    expect(await vpha.read.incomeStream()).toEqual([left, secondsLeft]);
    expect(await vpha.read.apr()).toBe(0n);
    expect(await vpha.read.solvency()).toBe(0n);

    // Who comes first gets what he pays for; what has been banked is for who stays.
    await stake(carol, units(999));
    expect(await vpha.read.banked()).toBeGreaterThan(units(54_000 * 300));
    await vpha.write.deposit([units(10_000), mallory], { account: mallory });
    expect(await vpha.read.banked()).toBe(0n);
    expect(await worth(suite, mallory)).toBeLessThanOrEqual(units(10_000));
    expect(await worth(suite, mallory)).toBeGreaterThan(units(10_000) - 1_000n);
    const [unvested, seconds] = await vpha.read.incomeStream();
    expect(unvested).toBeGreaterThan(left + units(54_000 * 300));
    expect(seconds).toBeLessThanOrEqual(WEEK);
    await stage.travel(WEEK);
    expect(await vpha.read.incomeStream()).toEqual([0n, 0n]);
    expect((await worth(suite, carol)) + (await worth(suite, mallory))).toBeGreaterThan(unvested);

    // Who left gets what was fixed then.
    for (const account of [alice, bob]) {
      const hash = vpha.write.claim([[BigInt(account) << 96n], account], { account });
      await expectEvent(stage, hash, vpha, "Withdraw", { receiver: account, assets: owed.get(account) });
    }
    expect(await vpha.read.solvency()).toBe(0n);
  });

  it("taking the supply below the threshold and back to catch what waits", async () => {
    const suite = await load();
    const { stage, vpha, actors, request } = suite;
    const { alice, bob, mallory } = actors;
    for (const account of [alice, bob]) await request(account, await vpha.read.balanceOf([account]));
    await stage.travel(100n * DAY);
    const banked = units(54_000 * 100);
    await vpha.write.deposit([units(100_000), mallory], { account: mallory });
    const shares = await vpha.read.balanceOf([mallory]);
    // In and out in one second, ten times: the stream waits and goes on, and no wei of it is caught.
    for (let i = 0; i < 10; i++) {
      const id = await request(mallory, shares);
      await vpha.write.cancelRedeem([id], { account: mallory });
      expect(await vpha.read.balanceOf([mallory])).toBeLessThanOrEqual(shares);
      expect(await worth(suite, mallory)).toBeLessThanOrEqual(units(100_000));
    }
    const [unvested, left] = await vpha.read.incomeStream();
    expect(unvested).toBeGreaterThan(banked);
    expect(left).toBe(WEEK);
    expect(await vpha.read.solvency()).toBe(0n);
  });

  it("1-wei rounding loops", async () => {
    const suite = await load();
    const { vpha, pha, actors, request } = suite;
    const { mallory } = actors;
    const start = await pha.read.balanceOf([mallory]);
    for (const amount of [3n, 4n, 5n, 7n, 11n, 10n ** 9n + 1n]) {
      const before = await suite.price();
      await vpha.write.mint([1n, mallory], { account: mallory });
      await vpha.write.deposit([amount * 3n, mallory], { account: mallory });
      const id = await request(mallory, 1n);
      // One share's assets buy no whole share any more: the request stays.
      await expectRevert(vpha.write.cancelRedeem([id], { account: mallory }), "VPHA_ZeroShares", []);
      await request(mallory, await vpha.read.balanceOf([mallory]));
      expect(hasFallen(before, await suite.price())).toBe(false);
    }
    const open = await vpha.read.requestsOf([mallory, 0n, 100n]);
    const total = open.reduce((sum, { assets }) => sum + assets, 0n);
    expect(total).toBeLessThanOrEqual(start - (await pha.read.balanceOf([mallory])));
  });

  it("1-wei rounding loops while there is little supply", async () => {
    const suite = await loadEmpty();
    const { vpha, actors, fundAccount, request } = suite;
    const { mallory } = actors;
    await fundAccount(mallory, units(10));
    await vpha.write.deposit([10n, mallory], { account: mallory });
    for (let i = 0; i < 25; i++) {
      await vpha.write.mint([3n, mallory], { account: mallory });
      await request(mallory, 2n);
      await vpha.write.deposit([1n, mallory], { account: mallory });
      await request(mallory, 1n);
    }
    // The dust could have been made into any price; it is in the bank.
    expect(await suite.price()).toEqual({ assets: 36n, shares: 36n });
    expect(await vpha.read.solvency()).toBe(0n);
  });

  it("uint96 bounds at total supply", async () => {
    const suite = await loadEmpty();
    const { stage, vpha, pha, emission, actors, request } = suite;
    const { holder } = actors;
    const all = await pha.read.balanceOf([holder]);
    expect(all).toBe(units(1_000_000_000 - 97_200_000));
    await pha.write.approve([vpha.address, MAX], { account: holder });
    await vpha.write.fund([units(1_000_000)], { account: holder });
    await vpha.write.deposit([all - units(1_000_000), holder], { account: holder });
    await stage.travel(60n * YEAR);
    const stakers = await emission.read.emittedTo([0, stage.now()]);
    expect(await vpha.read.totalAssets()).toBe(all + stakers);
    const id = await request(holder, await vpha.read.balanceOf([holder]));
    await stage.travel(UNBONDING);
    await vpha.write.claim([[id], holder], { account: holder });
    expect(await vpha.read.totalSupply()).toBe(0n);
    const paid = await pha.read.balanceOf([holder]);
    expect(paid).toBeGreaterThan(all + stakers - 10n ** 9n);
    expect(paid).toBeLessThanOrEqual(all + stakers);
  });

  it("uint96 bounds with an asset of the largest supply, and one more", async () => {
    const { stage, emission, authority } = await loadEmpty();
    const { holder, governance } = actorsOf(stage);
    const abi = parseAbi(["constructor(address holder, uint256 supply)"]);
    const vaultAbi = parseAbi(["constructor(address authority, address token, uint256 budget)"]);
    const stakingAbi = parseAbi(["constructor(address authority, address emissionVault)"]);
    const budget = await emission.read.budget();
    const deploy = async (supply: bigint) => {
      const token = await stage.deploy("HostileToken", abi, [holder, supply]);
      const vault = await stage.deploy("EmissionVault", vaultAbi, [authority.address, token.address, budget]);
      const vpha = await stage.deploy("VPHA", stakingAbi, [authority.address, vault.address]);
      return { pha: stage.at(erc20Abi, token.address), vpha: stage.at(vphaAbi, vpha.address), vault };
    };
    await expectRevert(deploy(2n ** 96n), "SafeCastOverflowedUintDowncast", [96, 2n ** 96n]);

    const { pha, vpha, vault } = await deploy(2n ** 96n - 1n);
    await pha.write.transfer([vault.address, 4n * budget], { account: holder });
    const starter = stage.at(parseAbi(["function start(address[3] sinks)"]), vault.address);
    await starter.write.start([[vpha.address, governance, governance]], { account: governance });
    const all = await pha.read.balanceOf([holder]);
    await pha.write.approve([vpha.address, MAX], { account: holder });
    await vpha.write.deposit([all, holder], { account: holder });
    await stage.travel(60n * YEAR);
    expect(await vpha.read.totalAssets()).toBe(all + (4n * budget * 2n) / 5n);
    await vpha.write.requestRedeem([all, holder, holder], { account: holder });
    await stage.travel(UNBONDING);
    await vpha.write.claim([[BigInt(holder) << 96n], holder], { account: holder });
    expect(await pha.read.balanceOf([holder])).toBeGreaterThanOrEqual(all);
    expect(await vpha.read.solvency()).toBeGreaterThanOrEqual(0n);
  });
});

describe("attacks on requests", () => {
  it("request clock games", async () => {
    const { stage, vpha, actors, request } = await load();
    const { alice, bob } = actors;
    const requested = stage.now();
    const first = await request(alice, units(10));
    await stage.travel(20n * DAY);

    // A later request, of any size, has its own clock, and does not move that of an earlier one.
    const second = await request(alice, 1n);
    // Cancelling and asking again starts from the beginning.
    const third = await request(alice, units(5));
    await vpha.write.cancelRedeem([third], { account: alice });
    const fourth = await request(alice, units(5));
    // Shares that change hands bring no waiting time along.
    await vpha.write.transfer([bob, units(5)], { account: alice });
    const his = await request(bob, units(5));

    const maturities = await vpha.read.requestsOf([alice, 0n, 10n]);
    expect(maturities.map(({ requestId, maturity }) => [requestId, maturity])).toEqual([
      [first, requested + UNBONDING],
      [second, stage.now() + UNBONDING],
      [fourth, stage.now() + UNBONDING],
    ]);
    await stage.travel(DAY);
    await vpha.write.claim([[first], alice], { account: alice });
    const matures = stage.now() + 20n * DAY;
    for (const [id, account] of [
      [second, alice],
      [fourth, alice],
      [his, bob],
    ] as const) {
      await expectRevert(vpha.write.claim([[id], account], { account }), "VPHA_NotMatured", [id, matures]);
    }
  });

  it("third party lengthening somebody's request list", async () => {
    const { vpha, actors } = await load();
    const { bob, mallory } = actors;
    await vpha.write.deposit([units(100), mallory], { account: mallory });
    const refusal = ["VPHA_NotController", [mallory, bob]] as const;
    await expectRevert(vpha.write.requestRedeem([1n, bob, mallory], { account: mallory }), ...refusal);
    // Not even with an allowance of his shares, or as the operator of somebody else.
    await vpha.write.approve([mallory, units(100)], { account: bob });
    await expectRevert(vpha.write.requestRedeem([1n, bob, bob], { account: mallory }), ...refusal);
    await vpha.write.setOperator([bob, true], { account: mallory });
    await expectRevert(vpha.write.requestRedeem([1n, bob, mallory], { account: mallory }), ...refusal);
    expect(await vpha.read.requestCount([bob])).toBe(0n);
  });

  it("hundreds of others' requests of dust: asking, claiming, redeeming and cancelling cost what they cost without", async () => {
    const gasOf = async (others: number): Promise<bigint[]> => {
      const { stage, vpha, actors, request } = await load();
      const { alice, mallory } = actors;
      await vpha.write.deposit([units(1), mallory], { account: mallory });
      for (let i = 0; i < others; ++i) await request(mallory, 1n);
      const used = async (sent: Promise<Hex>) =>
        (await stage.publicClient.getTransactionReceipt({ hash: await sent })).gasUsed;
      const ask = () => vpha.write.requestRedeem([units(10), alice, alice], { account: alice });
      const id = (index: bigint) => (BigInt(alice) << 96n) | index;
      const gas = [await used(ask()), await used(ask()), await used(ask())];
      gas.push(await used(vpha.write.cancelRedeem([id(2n)], { account: alice })));
      await stage.travel(UNBONDING);
      await vpha.write.harvest({ account: actors.stranger });
      gas.push(await used(vpha.write.claim([[id(0n)], alice], { account: alice })));
      gas.push(await used(vpha.write.redeem([units(10), alice, alice], { account: alice })));
      return gas;
    };
    const [alone, crowded] = [await gasOf(1), await gasOf(300)];
    for (const [i, gas] of crowded.entries()) {
      // But for a byte of calldata or two.
      const difference = gas - (alone[i] ?? 0n);
      expect(difference * difference, `step ${i}`).toBeLessThanOrEqual(10_000n);
    }
  });

  it("a spender of shares cannot keep the redemption of an owner who did not approve it", async () => {
    const { vpha, actors } = await load();
    const { alice, mallory } = actors;
    await expectRevert(
      vpha.write.requestRedeem([units(1), mallory, alice], { account: mallory }),
      "ERC20InsufficientAllowance",
      [mallory, 0n, units(1)],
    );
  });

  it("foreign id claimed", async () => {
    const { stage, vpha, pha, actors, request } = await load();
    const { alice, bob, mallory } = actors;
    await vpha.write.deposit([units(100), mallory], { account: mallory });
    const [his, hers, own] = [await request(bob, units(7)), await request(alice, units(8)), await request(mallory, 9n)];
    await stage.travel(UNBONDING);
    const before = await pha.read.balanceOf([mallory]);
    const as = { account: mallory };
    await expectRevert(vpha.write.claim([[his], mallory], as), "VPHA_NotController", [mallory, bob]);
    await expectRevert(vpha.write.claim([[own, his], mallory], as), "VPHA_ForeignRequest", [his, mallory]);
    await expectRevert(vpha.write.claim([[own, own + 1n], mallory], as), "VPHA_UnknownRequest", [own + 1n]);
    await expectRevert(vpha.write.claim([[], mallory], as), "VPHA_NoRequests", []);
    await expectRevert(vpha.write.redeem([1n, mallory, bob], as), "VPHA_NotController", [mallory, bob]);
    await expectRevert(vpha.write.withdraw([1n, mallory, bob], as), "VPHA_NotController", [mallory, bob]);
    // An operator of Bob claims for Bob, and not for Alice in the same call.
    await vpha.write.setOperator([mallory, true], { account: bob });
    await expectRevert(vpha.write.claim([[his, hers], mallory], as), "VPHA_ForeignRequest", [hers, bob]);
    expect(await pha.read.balanceOf([mallory])).toBe(before);
    await vpha.write.claim([[his], bob], as);
  });

  it("claiming twice", async () => {
    const { stage, vpha, actors, request } = await load();
    const { alice } = actors;
    const as = { account: alice };
    const [first, second] = [await request(alice, units(10)), await request(alice, units(20))];
    await stage.travel(UNBONDING);
    await expectRevert(vpha.write.claim([[first, first], alice], as), "VPHA_UnknownRequest", [first]);
    await vpha.write.claim([[first], alice], as);
    await expectRevert(vpha.write.claim([[first], alice], as), "VPHA_UnknownRequest", [first]);
    await expectRevert(vpha.write.claim([[second, first], alice], as), "VPHA_UnknownRequest", [first]);
    await vpha.write.redeem([units(20), alice, alice], as);
    await expectRevert(vpha.write.claim([[second], alice], as), "VPHA_UnknownRequest", [second]);
    await expectRevert(vpha.write.redeem([1n, alice, alice], as), "VPHA_ExceedsClaimable", [1n, 0n]);
    expect(await vpha.read.pendingRedemptions()).toBe(0n);
  });

  it("cancelling a matured or foreign request", async () => {
    const { stage, vpha, actors, request } = await load();
    const { alice, bob, mallory } = actors;
    const [first, second] = [await request(alice, units(10)), await request(alice, units(20))];
    await expectRevert(vpha.write.cancelRedeem([first], { account: mallory }), "VPHA_NotController", [mallory, alice]);
    await expectRevert(vpha.write.cancelRedeem([first + 5n], { account: alice }), "VPHA_UnknownRequest", [first + 5n]);
    const maturity = stage.now() + UNBONDING;
    await stage.travelTo(maturity - 1n);
    // An operator can, and the shares go to the controller.
    const before = await vpha.read.balanceOf([alice]);
    await vpha.write.setOperator([bob, true], { account: alice });
    await vpha.write.cancelRedeem([second], { account: bob });
    expect(await vpha.read.balanceOf([alice])).toBeGreaterThan(before);
    await expectRevert(vpha.write.cancelRedeem([second], { account: alice }), "VPHA_UnknownRequest", [second]);
    await stage.travelTo(maturity);
    await expectRevert(vpha.write.cancelRedeem([first], { account: alice }), "VPHA_Matured", [first, maturity]);
    await vpha.write.claim([[first], alice], { account: alice });
    await expectRevert(vpha.write.cancelRedeem([first], { account: alice }), "VPHA_UnknownRequest", [first]);
  });

  it("asking and cancelling as a free option on the price", async () => {
    const suite = await load();
    const { stage, vpha, actors, request } = suite;
    const { alice, bob } = actors;
    const shares = units(10_000);
    const id = await request(alice, shares);
    const fixed = (await vpha.read.requestsOf([alice, 0n, 1n]))[0]?.assets ?? 0n;
    await stage.travel(UNBONDING - 1n);
    const before = await vpha.read.balanceOf([alice]);
    await vpha.write.cancelRedeem([id], { account: alice });
    const back = (await vpha.read.balanceOf([alice])) - before;
    // Who waited without asking has more.
    expect(back).toBeLessThan(shares);
    expect(await vpha.read.convertToAssets([back])).toBeLessThanOrEqual(fixed);
    expect(await vpha.read.balanceOf([bob])).toBe(units(50_000));
  });
});

describe("attacks by the asset", () => {
  const hostileAbi = parseAbi([
    "constructor(address holder, uint256 supply)",
    "function run(address target, bytes data) returns (bytes)",
    "function arm(address target, bytes data)",
    "function refuse(address receiver, bool refused)",
    "function attempt() view returns (bool done, bool success, bytes result)",
  ]);

  /** The asset itself stakes, and has one open and one matured request; Alice has a matured one, too. */
  const loadHostile = fixture(async (stage) => {
    const { holder, alice } = actorsOf(stage);
    const token = await stage.deploy("HostileToken", hostileAbi, [holder, units(1_000_000_000)]);
    const suite = await deploySuite(stage, { token: token.address });
    const { vpha, pha } = suite;
    await suite.stake(holder, units(5_000));
    await suite.fundAccount(alice, units(100_000));
    await pha.write.approve([vpha.address, MAX], { account: holder });
    await vpha.write.deposit([units(1_000), alice], { account: alice });
    await pha.write.transfer([token.address, units(100_000)], { account: holder });
    const self = token.address;
    const calls = {
      approve: encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [vpha.address, MAX] }),
      deposit: encodeFunctionData({ abi: vphaAbi, functionName: "deposit", args: [units(1_000), self] }),
      request: encodeFunctionData({ abi: vphaAbi, functionName: "requestRedeem", args: [units(1), self, self] }),
      claim: encodeFunctionData({ abi: vphaAbi, functionName: "claim", args: [[BigInt(self) << 96n], self] }),
      cancel: encodeFunctionData({ abi: vphaAbi, functionName: "cancelRedeem", args: [(BigInt(self) << 96n) | 1n] }),
      fund: encodeFunctionData({ abi: vphaAbi, functionName: "fund", args: [units(1_000)] }),
      skip: encodeFunctionData({ abi: vphaAbi, functionName: "skipSettled", args: [self, 1n] }),
      harvest: encodeFunctionData({ abi: vphaAbi, functionName: "harvest" }),
    };
    const asToken = (target: Hex, data: Hex) => token.write.run([target, data], { account: holder });
    await asToken(self, calls.approve);
    await asToken(vpha.address, calls.deposit);
    await asToken(vpha.address, calls.request);
    const id = await suite.request(alice, units(500));
    await stage.travel(UNBONDING);
    await asToken(vpha.address, calls.request);
    await stage.travel(HOUR);
    const outer = {
      deposit: () => vpha.write.deposit([units(3_000), alice], { account: alice }),
      mint: () => vpha.write.mint([units(100), alice], { account: alice }),
      // The asset has no permit: the allowance decides.
      depositWithPermit: () =>
        vpha.write.depositWithPermit([units(3_000), alice, MAX, 27, zeroHash, zeroHash], { account: alice }),
      claim: () => vpha.write.claim([[id], alice], { account: alice }),
      redeem: () => vpha.write.redeem([units(100), alice, alice], { account: alice }),
      withdraw: () => vpha.write.withdraw([units(100), alice, alice], { account: alice }),
      fund: () => vpha.write.fund([units(2_000)], { account: alice }),
      harvest: () => vpha.write.harvest({ account: alice }),
    };
    return { suite, token, calls, outer, id };
  });

  it("claim to a reverting receiver", async () => {
    const { suite, token, id } = await loadHostile();
    const { stage, vpha, pha, actors } = suite;
    const { alice, carol, bob } = actors;
    const [open] = await vpha.read.requestsOf([alice, 0n, 1n]);
    await token.write.refuse([alice, true], { account: carol });
    const as = { account: alice };
    const refusal = ["HostileToken_Refused", [alice]] as const;
    await expectRevert(vpha.write.claim([[id], alice], as), ...refusal);
    await expectRevert(vpha.write.redeem([units(1), alice, alice], as), ...refusal);
    await expectRevert(vpha.write.withdraw([units(1), alice, alice], as), ...refusal);
    expect(await vpha.read.requestsOf([alice, 0n, 1n])).toEqual([open]);

    // Nothing is lost, and another receiver works.
    await vpha.write.redeem([units(1), carol, alice], as);
    const hash = vpha.write.claim([[id], bob], as);
    await expectEvent(stage, hash, vpha, "Withdraw", { sender: alice, receiver: bob, owner: alice });
    expect((await pha.read.balanceOf([bob])) + (await pha.read.balanceOf([carol]))).toBe(open?.assets);
  });

  it("claim to the vault itself, or to nobody", async () => {
    const suite = await load();
    const { stage, vpha, actors, request } = suite;
    const { alice } = actors;
    const id = await request(alice, units(10));
    await stage.travel(UNBONDING);
    await expectRevert(
      vpha.write.claim([[id], "0x0000000000000000000000000000000000000000"], { account: alice }),
      "ERC20InvalidReceiver",
    );
    // A gift like any other.
    const price = await suite.price();
    await vpha.write.claim([[id], vpha.address], { account: alice });
    expect(await suite.price()).toEqual(price);
    expect(await vpha.read.solvency()).toBeGreaterThan(0n);
  });

  const OUTER = ["deposit", "mint", "depositWithPermit", "claim", "redeem", "withdraw", "fund", "harvest"] as const;
  const INNER = ["deposit", "request", "claim", "cancel", "fund", "skip", "harvest"] as const;

  describe("reentrancy from a hostile asset", () => {
    it.each(OUTER)("in the middle of %s", async (name) => {
      for (const inner of INNER) {
        const { suite, token, calls, outer } = await loadHostile();
        const { vpha, actors } = suite;
        const before = await suite.price();
        await token.write.arm([vpha.address, calls[inner]], { account: actors.mallory });
        await outer[name]();
        const [done, success, result] = await token.read.attempt();
        expect(done, inner).toBe(true);
        // Harvesting touches no books: it may come at any time, and anything may come in its midst.
        const harmless = inner === "harvest" || name === "harvest";
        expect(success, `${inner} within ${name}`).toBe(harmless);
        if (!success) expect(decodeRevert(result).name).toBe("ReentrancyGuardReentrantCall");
        const after = await suite.price();
        expect(hasFallen(before, after), `${inner} within ${name}`).toBe(false);
        // In one second the price moves by rounding alone: not by a billionth of a billionth.
        expect(after.assets * before.shares - before.assets * after.shares).toBeLessThan(before.assets * 10n);
        expect(await vpha.read.solvency(), `${inner} within ${name}`).toBe(0n);
      }
    });
  });

  it("reading the price in the middle of a transfer", async () => {
    for (const name of OUTER) {
      const { suite, token, outer } = await loadHostile();
      const { vpha, actors } = suite;
      const before = await vpha.read.convertToAssets([units(1)]);
      const data = encodeFunctionData({ abi: vphaAbi, functionName: "convertToAssets", args: [units(1)] });
      await token.write.arm([vpha.address, data], { account: actors.mallory });
      await outer[name]();
      const [, success, result] = await token.read.attempt();
      expect(success).toBe(true);
      const seen = decodeFunctionResult({ abi: vphaAbi, functionName: "convertToAssets", data: result });
      expect(seen - before, name).toBeLessThanOrEqual(1n);
      expect(seen, name).toBeGreaterThanOrEqual(before);
      expect(seen, name).toBe(await vpha.read.convertToAssets([units(1)]));
    }
  });
});

describe("the clock", () => {
  it("passes the end of 32 bits in 2106 without a second lost or gained", async () => {
    const loadLate = fixture((stage) => deploySuite(stage), { initialDate: new Date("2106-02-01T00:00:00Z") });
    const { stage, vpha, emission, stake, actors } = await loadLate();
    expect(stage.now()).toBeLessThan(2n ** 32n);
    await stake(actors.alice, units(5_000));
    await stage.travelTo(2n ** 32n - 5n);
    await stake(actors.bob, units(5_000));
    await stage.travel(10n);
    await stake(actors.carol, units(5_000));
    await stage.travel(30n * DAY);
    expect(await vpha.read.totalAssets()).toBe(units(15_000) + (await emission.read.emittedTo([0, stage.now()])));
    expect(await vpha.read.solvency()).toBe(0n);
  });
});
