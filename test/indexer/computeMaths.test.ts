/** The maths of leases, hours and states, apart from any chain. */
import { describe, expect, test } from "vitest";
import { type Books, NO_LEASES, closeHour, nextBooks } from "../../ponder/src/maths/hours.ts";
import { type Lease, boundariesOf, extend, grant, isProlonged, rebook, settle } from "../../ponder/src/maths/lease.ts";
import { HOUR } from "../../ponder/src/maths/period.ts";
import { GPU_MOVE, THAW, atRiskBefore, contributionOf, isShort, judge } from "../../ponder/src/maths/worker.ts";

const NONE: Lease = {
  leaseFrom: 0n,
  leaseEnd: 0n,
  leaseWeight: 0,
  carryWeight: 0,
  accrued: 0n,
  settledHoursCumulative: 0,
};
const at = (hour: number) => BigInt(hour) * HOUR;
const ONE = 1n << 64n;
/** Each hundredth of weight has earned `perHour` wei, times 2^64, in every hour since hour 0. */
const steady = (perHour: bigint) => new Map(Array.from({ length: 50 }, (_, i) => [at(i), BigInt(i) * perHour]));

describe("a lease", () => {
  test("counts from the next hour on, and is prolonged without being settled", () => {
    const first = grant(NONE, { from: at(11), end: at(16), weight: 100 }, at(10), steady(ONE));
    expect(first).toMatchObject({ leaseFrom: at(11), leaseEnd: at(16), leaseWeight: 100, carryWeight: 0, accrued: 0n });
    expect(isProlonged(first, 100, at(12))).toBe(true);
    const longer = grant(first, { from: at(11), end: at(18), weight: 100 }, at(12), new Map());
    expect(longer).toEqual({ ...first, leaseEnd: at(18) });
    expect(extend(first, at(18))).toEqual(longer);
    expect(settle(longer, at(10), new Map())).toEqual(longer);
    expect(settle(longer, at(13), steady(ONE))).toMatchObject({
      leaseFrom: at(13),
      accrued: 200n,
      settledHoursCumulative: 2,
    });
    expect(settle(longer, at(40), steady(ONE))).toMatchObject({
      leaseFrom: at(18),
      accrued: 700n,
      settledHoursCumulative: 7,
    });
  });

  test("that ran out is settled by the next one, and carries nothing", () => {
    const first = grant(NONE, { from: at(11), end: at(16), weight: 100 }, at(10), steady(ONE));
    expect(isProlonged(first, 100, at(16))).toBe(false);
    const next = grant(first, { from: at(21), end: at(26), weight: 100 }, at(20), steady(ONE));
    expect(next).toMatchObject({ leaseFrom: at(21), carryWeight: 0, accrued: 500n, settledHoursCumulative: 5 });
  });

  test("of another weight: the old one counts to the end of the hour, once", () => {
    const first = grant(NONE, { from: at(11), end: at(16), weight: 100 }, at(10), steady(ONE));
    const other = grant(first, { from: at(14), end: at(19), weight: 300 }, at(13), steady(ONE));
    expect(other).toMatchObject({ leaseFrom: at(14), leaseWeight: 300, carryWeight: 100, accrued: 200n });
    // Again within the hour: what had not begun is replaced, what is carried stays.
    const again = grant(other, { from: at(14), end: at(19), weight: 200 }, at(13), steady(ONE));
    expect(again).toMatchObject({ leaseWeight: 200, carryWeight: 100, accrued: 200n });
    expect(settle(again, at(14), steady(ONE))).toMatchObject({
      carryWeight: 0,
      accrued: 300n,
      settledHoursCumulative: 3,
    });
    expect(settle(again, at(15), steady(ONE))).toMatchObject({ accrued: 500n, settledHoursCumulative: 4 });
    // One that never began to count carries nothing.
    const early = grant(first, { from: at(11), end: at(16), weight: 50 }, at(10), steady(ONE));
    expect(early).toMatchObject({ leaseWeight: 50, carryWeight: 0 });
  });

  test("rounds down, carried hour and lease each on its own", () => {
    const lease = { ...NONE, leaseFrom: at(14), leaseEnd: at(16), leaseWeight: 3, carryWeight: 3 };
    // A third of a wei per hour: 3 · ⅓ falls short of one for the carried hour, and of two for the lease.
    expect(settle(lease, at(16), steady(ONE / 3n)).accrued).toBe(1n);
    expect(settle({ ...lease, carryWeight: 0 }, at(16), steady(ONE / 3n)).accrued).toBe(1n);
    expect(boundariesOf(lease, at(15))).toEqual([at(13), at(14), at(15)]);
    expect(boundariesOf(lease, at(13))).toEqual([]);
    expect(() => settle(lease, at(16), new Map())).toThrow("nothing is known of the hour");
  });

  test("moves the weights of later hours, never that of the hour that runs, and its end", () => {
    const first = grant(NONE, { from: at(11), end: at(16), weight: 100 }, at(10), steady(ONE));
    const booked = rebook(NO_LEASES, at(10), NONE, first);
    expect(booked).toEqual({ weights: [0, 100, 100, 100, 100, 100], leaseEnds: [0, 0, 0, 0, 0, 1] });
    const later = { weights: [100, 100, 100, 0, 0, 0], leaseEnds: [0, 0, 1, 0, 0, 0] };
    const other = grant(first, { from: at(14), end: at(19), weight: 300 }, at(13), steady(ONE));
    const leaseEnds = [0, 0, 0, 0, 0, 1];
    expect(rebook(later, at(13), first, other)).toEqual({ weights: [100, 300, 300, 300, 300, 300], leaseEnds });
    const extended = rebook(later, at(13), first, extend(first, at(19)));
    expect(extended).toEqual({ weights: [100, 100, 100, 100, 100, 100], leaseEnds });
  });
});

describe("an hour", () => {
  const books: Books = {
    weights: [700, 300, 0, 0, 0, 0],
    leaseEnds: [4, 3, 0, 0, 0, 0],
    ceiling: 10n ** 16n,
    reserve: 5n,
    emittedCumulative: 5n,
    earnedCumulative: 0n,
    weightHoursCumulative: 0n,
    accumulator: 9n,
  };

  test("pays the ceiling, and keeps the rest", () => {
    const closed = closeHour(books, 10n ** 20n, 10n ** 30n);
    expect(closed).toEqual({
      weight: 700,
      emitted: 10n ** 20n,
      paid: 7n * 10n ** 18n,
      reserve: 5n + 93n * 10n ** 18n,
      accumulator: 9n + 10n ** 16n * ONE,
    });
    expect(nextBooks(books, closed)).toMatchObject({
      weights: [300, 0, 0, 0, 0, 0],
      leaseEnds: [3, 0, 0, 0, 0, 0],
      emittedCumulative: 5n + 10n ** 20n,
      earnedCumulative: 7n * 10n ** 18n,
      weightHoursCumulative: 700n,
    });
  });

  test("pays what there is, and no share more than that", () => {
    const closed = closeHour(books, 1_000n, 10n ** 30n);
    expect(closed).toMatchObject({ emitted: 1_000n, paid: 1_005n, reserve: 0n });
    expect((700n * (closed.accumulator - 9n)) >> 64n).toBeLessThanOrEqual(closed.paid);
  });

  test("without weight, or without anything that is owed, pays nothing", () => {
    const idle = closeHour({ ...books, ...NO_LEASES }, 1_000n, 10n ** 30n);
    expect(idle).toEqual({ weight: 0, emitted: 1_000n, paid: 0n, reserve: 1_005n, accumulator: 9n });
    expect(closeHour({ ...books, reserve: 0n }, 1_000n, 0n)).toMatchObject({ emitted: 0n, paid: 0n, accumulator: 9n });
    expect(closeHour(books, 1_000n, 400n)).toMatchObject({ emitted: 400n, paid: 405n });
  });
});

describe("a worker", () => {
  const fine = {
    state: "active",
    ...{ hasLostGpu: false, isShort: false, isAttested: true },
    ...{ gpuMovedUntil: 0n, leaseEnd: at(10) },
  } as const;

  test("is lapsed by the first reason that holds", () => {
    expect(judge(fine, at(10) - 1n)).toEqual({ state: "active", lapse: null });
    expect(judge(fine, at(10))).toEqual({ state: "lapsed", lapse: "heartbeat" });
    expect(judge({ ...fine, isAttested: false }, at(10)).lapse).toBe("attestation");
    expect(judge({ ...fine, isAttested: false, isShort: true }, at(10)).lapse).toBe("collateral");
    expect(judge({ ...fine, isShort: true, hasLostGpu: true }, at(9)).lapse).toBe("gpu_taken");
    expect(judge({ ...fine, state: "lapsed" }, at(9))).toEqual({ state: "active", lapse: null });
    expect(judge({ ...fine, state: "exiting", isShort: true }, at(9))).toEqual({ state: "exiting", lapse: null });
  });

  test("that got another's GPU waits six hours, whatever lease it has, and only if nothing else holds it", () => {
    const moved = { ...fine, gpuMovedUntil: at(3) + GPU_MOVE };
    expect(judge(moved, at(9) - 1n)).toEqual({ state: "lapsed", lapse: "gpu_moved" });
    expect(judge(moved, at(9))).toEqual({ state: "active", lapse: null });
    expect(judge({ ...moved, leaseEnd: 0n }, at(9) - 1n).lapse).toBe("gpu_moved");
    expect(judge({ ...moved, leaseEnd: 0n }, at(9)).lapse).toBe("heartbeat");
    expect(judge({ ...moved, isAttested: false }, at(8)).lapse).toBe("attestation");
    expect(judge({ ...moved, isShort: true }, at(8)).lapse).toBe("collateral");
    expect(judge({ ...moved, state: "exiting" }, at(8))).toEqual({ state: "exiting", lapse: null });
  });

  const held = {
    collateral: 100n,
    pendingWithdrawal: 20n,
    required: 80n,
    withdrawableAt: THAW + 1_000n,
    reserved: 10n,
  };

  test("is short of what is on its way out", () => {
    expect(isShort(held)).toBe(false);
    expect(isShort({ ...held, required: 81n })).toBe(true);
  });

  test("risks what thaws for faults before its request, for a week", () => {
    const proposal = { amount: 5n, faultAt: 1_000n, now: 1_000n + 7n * 86_400n };
    expect(atRiskBefore(held, proposal)).toBe(90n);
    expect(atRiskBefore(held, { ...proposal, faultAt: 1_001n })).toBe(70n);
    expect(atRiskBefore(held, { ...proposal, now: proposal.now + 1n })).toBe(70n);
  });

  test("adds its GPUs and weight while it is active, its collateral until it is paid", () => {
    const row = { ...held, state: "active", isAttested: true, gpuCount: 2, weight: 200 } as const;
    expect(contributionOf(row)).toMatchObject({
      workers: 1,
      active: 1,
      activeGpus: 2,
      activeWeight: 200,
      required: 80n,
      ...{ attested: 1, attestedGpus: 2 },
    });
    expect(contributionOf({ ...row, state: "lapsed", isAttested: false })).toMatchObject({
      ...{ lapsed: 1, attested: 0, attestedGpus: 0, required: 80n },
    });
    expect(contributionOf({ ...row, state: "exiting" })).toMatchObject({
      ...{ active: 0, exiting: 1, attested: 0, activeGpus: 0, required: 0n },
      ...{ collateral: 100n, pendingWithdrawals: 20n, reserved: 10n },
    });
    expect(Object.values(contributionOf(null)).every((each) => Number(each) === 0)).toBe(true);
  });
});
