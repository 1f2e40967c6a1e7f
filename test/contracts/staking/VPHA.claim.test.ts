/** The two ways to a matured request's PHA: by id, and walking from the oldest. */
import { describe, expect, it } from "vitest";
import { expectRevert } from "../../helpers/errors.ts";
import { eventsOf, expectEvent } from "../../helpers/events.ts";
import { DAY, fixture } from "../../helpers/stage.ts";
import { STREAM, deploySuite, units } from "../../helpers/suite.ts";

const UNBONDING = 21n * DAY;
const REQUESTS = 40n;

/** Alice has 40 matured requests of 1, 2, 3 … vPHA and some odd wei, made at 40 different prices. */
const load = fixture(async (stage) => {
  const suite = await deploySuite(stage);
  const { actors, stake, request, vpha } = suite;
  await stake(actors.alice, units(10_000));
  for (let i = 1n; i <= REQUESTS; i++) {
    await stage.travel(100n + i);
    await request(actors.alice, units(i) + 7n * i);
  }
  await stage.travel(UNBONDING);
  const open = async () => vpha.read.requestsOf([actors.alice, 0n, 2_000n]);
  const ids = (await open()).map(({ requestId }) => requestId);
  const id = (index: number): bigint => ids[index] ?? -1n;
  return { ...suite, open, id, as: { account: actors.alice } };
});

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);

describe("walking matured requests", () => {
  it("reaches 32 in one call and the rest in the next", async () => {
    const { stage, vpha, pha, actors, open, as } = await load();
    const { alice, bob } = actors;
    const all = await open();
    expect(all).toHaveLength(Number(REQUESTS));
    const first = all.slice(0, 32);
    expect(await vpha.read.maxRedeem([alice])).toBe(sum(first.map(({ shares }) => shares)));
    expect(await vpha.read.maxWithdraw([alice])).toBe(sum(first.map(({ assets }) => assets)));

    const shares = await vpha.read.maxRedeem([alice]);
    await expectRevert(vpha.write.redeem([shares + 1n, bob, alice], as), "VPHA_ExceedsClaimable", [
      shares + 1n,
      shares,
    ]);
    const hash = await vpha.write.redeem([shares, bob, alice], as);
    const events = await eventsOf(stage, hash, vpha, "RedemptionClaimed");
    expect(events.map(({ args }) => args)).toEqual(
      first.map(({ requestId, assets, shares }) => ({ requestId, assets, shares })),
    );
    expect(await open()).toEqual(all.slice(32));
    await vpha.write.withdraw([await vpha.read.maxWithdraw([alice]), bob, alice], as);
    expect(await open()).toEqual([]);
    expect(await pha.read.balanceOf([bob])).toBe(sum(all.map(({ assets }) => assets)));
    expect(await vpha.read.pendingRedemptions()).toBe(0n);
    expect(await vpha.read.maxRedeem([alice])).toBe(0n);
  });

  it("steps over holes that claims by id have left, and does not count them", async () => {
    const { vpha, actors, open, id, as } = await load();
    const { alice } = actors;
    await vpha.write.claim([[id(39), id(0), id(5), id(3), id(4)], alice], as);
    const left = await open();
    expect(left).toHaveLength(35);
    expect(await vpha.read.maxRedeem([alice])).toBe(sum(left.slice(0, 32).map(({ shares }) => shares)));
    await vpha.write.redeem([await vpha.read.maxRedeem([alice]), alice, alice], as);
    expect(await open()).toEqual(left.slice(32));
    await vpha.write.claim([left.slice(32).map(({ requestId }) => requestId), alice], as);
    expect(await open()).toEqual([]);
  });

  it("by assets leaves one share with the last wei, and no more", async () => {
    const { vpha, open, as, actors } = await load();
    const { alice } = actors;
    const [first] = await open();
    if (first === undefined) throw new Error("nothing is open");
    // Rounded up, all but one wei would stand for all of the shares.
    await vpha.write.withdraw([first.assets - 1n, alice, alice], as);
    const [left] = await open();
    expect(left).toEqual({ ...first, assets: 1n, shares: 1n });
    await vpha.write.redeem([1n, alice, alice], as);
    expect((await open())[0]?.requestId).toBe(first.requestId + 1n);
  });

  it("takes from the emission what is missing, and nothing where nothing is", async () => {
    const { stage, vpha, pha, emission, open, as, actors } = await load();
    const { alice, holder } = actors;
    const { assets = 0n, requestId = 0n } = (await open()).at(-1) ?? {};
    await stage.impersonate(vpha.address);
    const balance = await pha.read.balanceOf([vpha.address]);
    for (const missing of [0n, 1n]) {
      const restore = await stage.remember();
      await pha.write.transfer([holder, balance - assets + missing], { account: vpha.address });
      const pulled = await emission.read.pulled([STREAM.stakers]);
      const due = await emission.read.due([STREAM.stakers]);
      expect(due).toBeGreaterThan(0n);
      await vpha.write.claim([[requestId], alice], as);
      expect(await emission.read.pulled([STREAM.stakers])).toBe(missing === 0n ? pulled : pulled + due);
      await restore();
    }
  });

  it("stops at the first that has not matured", async () => {
    const { stage, vpha, actors, request, as } = await load();
    const { alice } = actors;
    await vpha.write.redeem([await vpha.read.maxRedeem([alice]), alice, alice], as);
    await vpha.write.redeem([await vpha.read.maxRedeem([alice]), alice, alice], as);
    await request(alice, units(1));
    await stage.travel(DAY);
    await request(alice, units(2));
    expect(await vpha.read.maxRedeem([alice])).toBe(0n);
    await stage.travel(20n * DAY);
    expect(await vpha.read.maxRedeem([alice])).toBe(units(1));
    await stage.travel(DAY);
    expect(await vpha.read.maxRedeem([alice])).toBe(units(3));
  });

  it("pays part of the last request in shares: rounded down, and the rest stays", async () => {
    const { stage, vpha, actors, open, id, as } = await load();
    const { alice } = actors;
    const all = await open();
    const [first, second] = [all[0], all[1]];
    if (first === undefined || second === undefined) throw new Error("no requests");
    const part = second.shares / 3n + 1n;
    const assets = (part * second.assets) / second.shares;
    const hash = await vpha.write.redeem([first.shares + part, alice, alice], as);
    await expectEvent(stage, hash, vpha, "Withdraw", { assets: first.assets + assets, shares: first.shares + part });
    expect((await open())[0]).toEqual({
      ...second,
      assets: second.assets - assets,
      shares: second.shares - part,
    });
    expect(await vpha.read.claimableRedeemRequest([id(1), alice])).toBe(second.shares - part);
    // The rest by id.
    const rest = await vpha.write.claim([[id(1)], alice], as);
    await expectEvent(stage, rest, vpha, "Withdraw", { assets: second.assets - assets, shares: second.shares - part });
  });

  it("pays part of the last request in assets: shares rounded up, but never the last one", async () => {
    const { stage, vpha, actors, open, as } = await load();
    const { alice } = actors;
    const [first] = await open();
    if (first === undefined) throw new Error("no requests");
    const third = first.assets / 3n;
    const shares = (third * first.shares + first.assets - 1n) / first.assets;
    const hash = await vpha.write.withdraw([third, alice, alice], as);
    await expectEvent(stage, hash, vpha, "RedemptionClaimed", { requestId: first.requestId, assets: third, shares });

    // All but one wei: its share stays with it, so that redeem can reach it, too.
    await vpha.write.withdraw([first.assets - third - 1n, alice, alice], as);
    const [rest] = await open();
    expect(rest).toEqual({ ...first, assets: 1n, shares: rest?.shares });
    expect(rest?.shares).toBeGreaterThan(0n);
    await vpha.write.redeem([rest?.shares ?? 0n, alice, alice], as);
    expect((await open())[0]?.requestId).toBe(first.requestId + 1n);
  });

  it("wei by wei pays no more than at once", async () => {
    const { vpha, pha, actors, stake, request, stage, as } = await load();
    const { alice, bob, carol } = actors;
    await stake(carol, units(100));
    const ids = [await request(carol, 10n), await request(alice, 10n)] as const;
    await stage.travel(UNBONDING);
    const [whole] = await vpha.read.requestsOf([carol, 0n, 1n]);
    await vpha.write.claim([[ids[0]], bob], { account: carol });
    const once = await pha.read.balanceOf([bob]);
    expect(once).toBe(whole?.assets);
    // Clear the older ones first.
    for (let i = 0; i < 2; i++) {
      const max = await vpha.read.maxRedeem([alice]);
      await vpha.write.redeem([i === 0 ? max : max - 10n, alice, alice], as);
    }
    for (let i = 0; i < 10; i++) await vpha.write.redeem([1n, bob, alice], as);
    expect((await pha.read.balanceOf([bob])) - once).toBe(whole?.assets);
  });

  it("nothing is not an amount", async () => {
    const { vpha, actors, as } = await load();
    await expectRevert(vpha.write.redeem([0n, actors.alice, actors.alice], as), "VPHA_ZeroShares", []);
    await expectRevert(vpha.write.withdraw([0n, actors.alice, actors.alice], as), "VPHA_ZeroShares", []);
  });
});

describe("skipSettled", () => {
  it("moves over settled requests up to the oldest open one, by anybody, and changes nothing else", async () => {
    const { vpha, pha, actors, open, id, as } = await load();
    const { alice, bob, mallory } = actors;
    await vpha.write.claim([[id(0), id(1), id(2), id(4)], alice], as);
    const by = { account: mallory };
    const skipped = async (n: bigint) => {
      const { result } = await vpha.simulate.skipSettled([alice, n], by);
      await vpha.write.skipSettled([alice, n], by);
      return result;
    };
    const left = await open();
    const read = async () => [
      await open(),
      await vpha.read.maxRedeem([alice]),
      await vpha.read.maxWithdraw([alice]),
      await vpha.read.pendingRedemptions(),
      await vpha.read.totalAssets(),
      await pha.read.balanceOf([vpha.address]),
      await vpha.read.requestCount([alice]),
    ];
    const before = await read();
    expect(await skipped(0n)).toBe(0n);
    expect(await skipped(2n)).toBe(2n);
    expect(await skipped(2n ** 256n - 1n)).toBe(1n);
    // Number 3 is open: what is settled behind it stays where it is.
    expect(await skipped(100n)).toBe(0n);
    expect(await read()).toEqual(before);

    await vpha.write.redeem([left[0]?.shares ?? 0n, bob, alice], as);
    expect(await skipped(100n)).toBe(1n);
    await vpha.write.claim([(await open()).map(({ requestId }) => requestId), bob], as);
    expect(await skipped(100n)).toBe(35n);
    expect(await skipped(100n)).toBe(0n);
    expect(await pha.read.balanceOf([bob])).toBe(sum(left.map(({ assets }) => assets)));
    expect((await vpha.simulate.skipSettled([bob, 5n], by)).result).toBe(0n);
  });

  it(
    "is what thousands of claims by id need before a walk, which would exceed any transaction",
    { timeout: 180_000 },
    async () => {
      const { stage, vpha, actors, request, open, as } = await load();
      const { alice, mallory } = actors;
      const reach = await vpha.read.MAX_STEPS();
      for (let i = REQUESTS; i < reach; i++) await vpha.write.requestRedeem([10n ** 15n, alice, alice], as);
      const last = await request(alice, units(1));
      await stage.travel(UNBONDING);
      for (;;) {
        const ids = (await open()).map(({ requestId }) => requestId).filter((each) => each !== last);
        if (ids.length === 0) break;
        await vpha.write.claim([ids.slice(0, 400), alice], as);
      }
      // One settled request more than the walk steps over: nothing is in its reach, and the error says what to do.
      expect(await vpha.read.maxRedeem([alice])).toBe(0n);
      expect(await vpha.read.maxWithdraw([alice])).toBe(0n);
      await expectRevert(vpha.write.redeem([1n, alice, alice], as), "VPHA_MustSkip", [alice]);
      await expectRevert(vpha.write.withdraw([1n, alice, alice], as), "VPHA_MustSkip", [alice]);

      // At the edge of its reach it works, at the price of the longest walk that there is.
      await vpha.write.skipSettled([alice, 1n], { account: mallory });
      expect(await vpha.read.maxRedeem([alice])).toBe(units(1));
      await expectRevert(vpha.write.redeem([units(1) + 1n, alice, alice], as), "VPHA_ExceedsClaimable", [
        units(1) + 1n,
        units(1),
      ]);
      const hash = await vpha.write.redeem([units(1), alice, alice], as);
      const { gasUsed } = await stage.publicClient.getTransactionReceipt({ hash });
      expect(gasUsed).toBeLessThan(5_000_000n);
      expect(await open()).toEqual([]);
      await expectRevert(vpha.write.redeem([1n, alice, alice], as), "VPHA_ExceedsClaimable", [1n, 0n]);
    },
  );
});

describe("requestsOf", () => {
  it("pages, skips what is settled, and answers for any range", async () => {
    const { vpha, actors, open, id, as } = await load();
    const { alice, bob } = actors;
    await vpha.write.claim([[id(1), id(2)], alice], as);
    const all = await open();
    const read = async (from: bigint, n: bigint) => vpha.read.requestsOf([alice, from, n]);
    expect(await read(0n, 4n)).toEqual(all.slice(0, 2));
    expect(await read(38n, 100n)).toEqual(all.slice(-2));
    for (const [from, n] of [
      [0n, 0n],
      [1n, 2n],
      [40n, 5n],
      [2n ** 256n - 1n, 2n ** 256n - 1n],
    ] as const) {
      expect(await read(from, n)).toEqual([]);
    }
    expect(await vpha.read.requestsOf([bob, 0n, 10n])).toEqual([]);
    expect(await vpha.read.requestCount([alice])).toBe(REQUESTS);
  });
});
