/** Attacks on leases and rewards, one test each: what somebody tries, or what happens, and that everyone gets what is his. */
import { type Hex, concat, keccak256, numberToHex, slice, toHex } from "viem";
import { describe, expect, it } from "vitest";
import { HEARTBEAT_RESULTS, modelId, signHeartbeat } from "../../../scripts/compute/calls.ts";
import { CEILING, type Compute, gpuOf, machineOf, openCompute } from "../../helpers/compute.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { DAY, HOUR, MINUTE, YEAR, fixture } from "../../helpers/stage.ts";
import { STREAM, units } from "../../helpers/suite.ts";
import {
  beat,
  collateralOf,
  confirmOperatorOff,
  freshen,
  hourOf,
  nextHour,
  resultsOf,
  switchOffOperator,
} from "../../helpers/workers.ts";

const MACHINE = machineOf("first");
const WORKER = MACHINE.address;
const SECOND = machineOf("second");
const secondOf = (c: Compute) => c.subject({ gpuIds: [gpuOf("second")] });
/** Wei that one H100 earns in an hour at the ceiling. */
const FULL_HOUR = 100n * CEILING;

/** Two workers of one H100 each, without heartbeats. */
const load = fixture(async (stage) => {
  const c = await openCompute(stage);
  await c.fundCollateral(c.actors.operator, units(50_000));
  await c.register(MACHINE);
  await c.register(SECOND, { of: secondOf(c) });
  return c;
});

const refused = (
  c: Compute,
  args: Parameters<Compute["rewards"]["write"]["heartbeat"]>[0],
  by: (typeof HEARTBEAT_RESULTS)[number],
) =>
  expectRevert(c.rewards.write.heartbeat(args, { account: c.actors.mallory }), "WorkerRewards_NothingGranted", [
    HEARTBEAT_RESULTS.indexOf(by),
  ]);
const rewardsOf = (c: Compute, worker = WORKER) => c.rewards.read.rewardsOf([worker]);
const totalsOf = async (c: Compute) => {
  const [weight, nextWeight, reserve, credited, received, paid] = await c.rewards.read.totals();
  return { weight, nextWeight, reserve, credited, received, paid };
};
const claim = (c: Compute) => c.rewards.write.claim([[WORKER], c.actors.alice], { account: c.actors.operator });
/** Whole hours' pay, which rounding down may have taken a few wei of. */
function expectPay(paid: bigint, wanted: bigint): void {
  expect(paid).toBeLessThanOrEqual(wanted);
  expect(paid).toBeGreaterThanOrEqual(wanted - 8n);
}

/** Of the curve of Ethereum's keys. */
const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

describe("attacks by heartbeats", () => {
  it("heartbeats signed ahead", async () => {
    const c = await load();
    const next = (await c.stage.publicClient.getBlockNumber()) + 1n;
    const context = { chainId: await c.stage.publicClient.getChainId(), rewards: c.rewards.address, blockNumber: next };
    const guess = await signHeartbeat(MACHINE, { ...context, blockHash: keccak256(toHex("a guess")) });
    const future = await signHeartbeat(MACHINE, { ...context, blockHash: `0x${"00".repeat(32)}` });
    for (const signature of [guess, future]) {
      await expectRevert(
        c.rewards.write.heartbeat([Number(next + 1n), [WORKER], signature], { account: c.actors.mallory }),
        "WorkerRewards_UnknownBlock",
      );
    }
    await c.stage.travel(MINUTE);
    for (const signature of [guess, future]) await refused(c, [Number(next), [WORKER], signature], "BadSignature");
  });

  it("stale heartbeats: of a block before the last one's, and of a block too old", async () => {
    const c = await load();
    const early = await c.heartbeatOf([MACHINE]);
    await c.stage.travel(1n);
    await beat(c, MACHINE);
    await c.stage.travel(HOUR);
    await refused(c, early, "Stale");
    const kept = await c.heartbeatOf([SECOND]);
    for (let i = 0; i < 255; ++i) await c.stage.travel(1n);
    expect(await resultsOf(c, kept)).toEqual(["Granted"]);
    await c.stage.travel(1n);
    await expectRevert(c.rewards.write.heartbeat(kept, { account: c.actors.mallory }), "WorkerRewards_UnknownBlock", [
      BigInt(kept[0]),
    ]);
  });

  it("replayed heartbeats: again, by another worker, and under another contract", async () => {
    const c = await load();
    const args = await c.heartbeatOf([MACHINE]);
    await c.rewards.write.heartbeat(args, { account: c.actors.mallory });
    await refused(c, args, "Stale");
    const [blockNumber, , signature] = args;
    await refused(c, [blockNumber, [SECOND.address], signature], "BadSignature");
    // Twice in one batch: the second finds the first.
    const [number, , fresh] = await c.heartbeatOf([SECOND]);
    const batch = [number, [SECOND.address, SECOND.address], concat([fresh, fresh])] as const;
    expect(await resultsOf(c, batch)).toEqual(["Granted", "Stale"]);
    const { hash } = await c.stage.publicClient.getBlock({ blockNumber: BigInt(blockNumber) });
    const chainId = await c.stage.publicClient.getChainId();
    for (const other of [{ chainId: 1 }, { rewards: c.registry.address }]) {
      const foreign = {
        chainId,
        rewards: c.rewards.address,
        blockNumber: BigInt(blockNumber),
        blockHash: hash,
        ...other,
      };
      const signed = await signHeartbeat(SECOND, foreign);
      await refused(c, [blockNumber, [SECOND.address], signed], "BadSignature");
    }
  });

  it("a heartbeat with its signature negated is none", async () => {
    const c = await load();
    const [blockNumber, workers, signature] = await c.heartbeatOf([MACHINE]);
    // r, then s with the parity for its highest bit: the same point by ‑s has the other parity.
    const negated = SECP256K1_ORDER - (BigInt(slice(signature, 32, 64)) & (2n ** 255n - 1n));
    const twins = [0n, 2n ** 255n].map((parity) =>
      concat([slice(signature, 0, 32), numberToHex(negated | parity, { size: 32 })]),
    );
    for (const twin of twins) await refused(c, [blockNumber, workers, twin], "BadSignature");
    await c.rewards.write.heartbeat([blockNumber, workers, signature], { account: c.actors.mallory });
    const lease = await c.rewards.read.leaseOf([WORKER]);
    await c.stage.travel(HOUR);
    // What counts is the block: no other way to write the signature brings it in again.
    for (const again of [signature, ...twins]) {
      await expectRevert(
        c.rewards.write.heartbeat([blockNumber, workers, again], { account: c.actors.mallory }),
        "WorkerRewards_NothingGranted",
      );
    }
    expect(await c.rewards.read.leaseOf([WORKER])).toEqual(lease);
  });

  it("heartbeats after removal", async () => {
    const c = await load();
    await beat(c, MACHINE);
    await confirmOperatorOff(c, c.actors.operator);
    await c.registry.write.remove([WORKER], { account: c.actors.stranger });
    await c.stage.travel(HOUR);
    await refused(c, await c.heartbeatOf([MACHINE]), "NotActive");
    // The lease that was running ends on its own, and what it earned is paid.
    await c.stage.travel(7n * HOUR);
    expect((await totalsOf(c)).weight).toBe(0n);
    expectPay(await rewardsOf(c), 5n * FULL_HOUR);
    await claim(c);
  });

  it("heartbeats of a worker that is switched off, until it no longer is", async () => {
    const c = await load();
    await switchOffOperator(c, c.actors.operator, c.stage.now() + DAY);
    await refused(c, await c.heartbeatOf([MACHINE, SECOND]), "NotActive");
    await c.stage.travel(DAY);
    await beat(c, MACHINE);
  });

  it("heartbeats of an attestation that ends: no lease beyond it, and none after it", async () => {
    const c = await load();
    const { validUntil } = await c.registry.read.workerOf([WORKER]);
    await c.stage.travelTo(BigInt(validUntil) - 3n * HOUR);
    await beat(c, MACHINE);
    expect((await c.rewards.read.leaseOf([WORKER])).end).toBe(hourOf(BigInt(validUntil)));
    await c.stage.travel(2n * HOUR);
    // Not one full hour is left.
    await refused(c, await c.heartbeatOf([MACHINE]), "Expiring");
    await c.stage.travel(HOUR + 1n);
    await refused(c, await c.heartbeatOf([MACHINE]), "NotActive");
    expect((await totalsOf(c)).weight).toBe(0n);
    expectPay(await rewardsOf(c), 2n * FULL_HOUR);
  });
});

describe("attacks on the catalog and on time", () => {
  it("catalog change without settlement: never retroactive, and only with the next attestation", async () => {
    const c = await load();
    await beat(c, MACHINE);
    await c.stage.travel(3n * HOUR);
    const before = await rewardsOf(c);
    await c.registry.write.setModel([modelId("H100"), units(1_250), 1_000], c.asGovernance);
    expect(await rewardsOf(c)).toBe(before);
    await beat(c, MACHINE);
    expect((await c.rewards.read.leaseOf([WORKER])).weight).toBe(100);
    await c.stage.travel(HOUR);
    expectPay(await rewardsOf(c), 3n * FULL_HOUR);

    // With the attestation comes the weight, with the heartbeat after it the lease of it, from the next full hour on.
    await c.stage.travel(10n * MINUTE);
    await c.reattest(MACHINE);
    expect((await totalsOf(c)).nextWeight).toBe(100n);
    await beat(c, MACHINE);
    expect(await totalsOf(c)).toMatchObject({ weight: 100n, nextWeight: 1_000n });
    await nextHour(c);
    expectPay(await rewardsOf(c), 4n * FULL_HOUR);
    await c.stage.travel(HOUR);
    expectPay(await rewardsOf(c), 14n * FULL_HOUR);
  });

  it("a weight that changes many times in one hour, before it has begun to count", async () => {
    const c = await load();
    for (const weight of [700, 20, 1_000, 300]) {
      await c.registry.write.setModel([modelId("H100"), units(1_250), weight], c.asGovernance);
      await c.reattest(MACHINE);
      await beat(c, MACHINE, ...(weight === 1_000 ? [SECOND] : []));
    }
    expect(await totalsOf(c)).toMatchObject({ weight: 0n, nextWeight: 400n });
    await c.stage.travel(2n * HOUR);
    expectPay(await rewardsOf(c), 3n * FULL_HOUR);
    expectPay(await rewardsOf(c, SECOND.address), FULL_HOUR);
    await c.stage.travel(10n * HOUR);
    expect(await totalsOf(c)).toMatchObject({ weight: 0n, nextWeight: 0n });
    expectPay(await rewardsOf(c), 15n * FULL_HOUR);
  });

  it("everyone lapses for a year and returns: the first call costs no more, the reserve is right", async () => {
    const gasAfter = async (silence: bigint) => {
      const c = await load();
      await beat(c, MACHINE, SECOND);
      await c.stage.travel(silence);
      const hash = await c.rewards.write.closeHours({ account: c.actors.stranger });
      return { c, gas: (await c.receiptOf(hash)).gasUsed };
    };
    const { gas: dayGas } = await gasAfter(DAY);
    const { c, gas: yearGas } = await gasAfter(YEAR);
    expect(Number(yearGas)).toBeLessThan(1.1 * Number(dayGas));
    const { reserve, credited } = await totalsOf(c);
    const emitted = await c.emission.read.emittedTo([STREAM.workers, (c.stage.now() / HOUR) * HOUR]);
    expect(credited).toBe(emitted);
    const paid = credited - reserve;
    expect(paid).toBeGreaterThanOrEqual(10n * FULL_HOUR - 10n);
    expect(paid).toBeLessThanOrEqual(10n * FULL_HOUR);

    // Whoever returns is paid by the hour, out of the same ceiling.
    const before = await rewardsOf(c);
    expectPay(before, 5n * FULL_HOUR);
    await freshen(c);
    await c.reattest(MACHINE);
    await beat(c, MACHINE);
    await c.stage.travel(2n * HOUR);
    expectPay((await rewardsOf(c)) - before, FULL_HOUR);
    await claim(c);
  });
});

describe("attacks by many names", () => {
  it("eight workers of one GPU each, by eight operators: they need, weigh and earn what one of eight does", async () => {
    const c = await load();
    const { alice, mallory, stranger } = c.actors;
    const gpuIds = Array.from({ length: 8 }, (_, i) => gpuOf(`one of eight ${i}`));
    const [honest, machines] = [machineOf("eight"), gpuIds.map((_, i) => machineOf(`split ${i}`))];
    const names = c.stage.accounts.slice(12, 20);
    for (const account of [alice, mallory]) await c.fundCollateral(account, units(10_000));
    const one = c.subject({ operator: alice, gpuIds });
    await c.registry.write.register([one, await c.quote(honest, one), units(10_000)], { account: alice });
    for (const [i, machine] of machines.entries()) {
      const of = c.subject({ operator: names[i] ?? mallory, gpuIds: [gpuOf(`split ${i}`)] });
      const quote = await c.quote(machine, of);
      await expectRevert(
        c.registry.write.register([of, quote, units(1_250) - 1n], { account: mallory }),
        "WorkerRegistry_InsufficientCollateral",
      );
      await c.registry.write.register([of, quote, units(1_250)], { account: mallory });
    }
    for (let hour = 0; hour < 5; ++hour) {
      await nextHour(c);
      await beat(c, honest, ...machines);
    }
    await nextHour(c);
    await c.rewards.write.closeHours({ account: stranger });
    const { weight, required } = await c.registry.read.workerOf([honest.address]);
    const split = await Promise.all(machines.map(({ address }) => c.registry.read.workerOf([address])));
    expect(split.reduce((sum, each) => sum + each.weight, 0)).toBe(weight);
    expect(split.reduce((sum, each) => sum + each.required, 0n)).toBe(required);
    const earned = await rewardsOf(c, honest.address);
    const parts = await Promise.all(machines.map(({ address }) => rewardsOf(c, address)));
    const together = parts.reduce((sum, each) => sum + each, 0n);
    expect(earned).toBeGreaterThan(0n);
    // Each of them is rounded down by itself.
    expect(together).toBeLessThanOrEqual(earned);
    expect(together).toBeGreaterThan(earned - 100n);
  });
});

describe("attacks on the emission", () => {
  it("the first and the only worker: no jackpot", async () => {
    const c = await load();
    await c.stage.travel(30n * DAY);
    await freshen(c);
    await c.reattest(MACHINE);
    const { reserve } = await totalsOf(c);
    expect(reserve).toBeGreaterThan(1_000n * FULL_HOUR);
    for (let hour = 0n; hour < 5n; ++hour) {
      await beat(c, MACHINE);
      expectPay(await rewardsOf(c), hour === 0n ? 0n : (hour - 1n) * FULL_HOUR);
      await c.stage.travel(HOUR);
    }
    // Even so, the reserve grew.
    expect((await totalsOf(c)).reserve).toBeGreaterThan(reserve);
  });

  it("the reserve tops up hours that emit too little for all, up to the ceiling and until it is empty", async () => {
    const c = await load();
    await c.stage.travel(2n * HOUR);
    await c.rewards.write.setCeiling([units(5)], c.asGovernance);
    await c.registry.write.setModel([modelId("H100"), units(1_250), 1_000], c.asGovernance);
    await c.reattest(MACHINE);
    await beat(c, MACHINE);
    await c.stage.travel(HOUR);
    const most = 1_000n * units(5);
    let { reserve: left, credited } = await totalsOf(c);
    const kinds = new Set<string>();
    for (let i = 0, earned = 0n; i < 4; ++i) {
      await beat(c, MACHINE);
      await c.stage.travel(HOUR);
      const now = await totalsOf(c);
      const available = left + now.credited - credited;
      const total = await rewardsOf(c);
      expectPay(total - earned, available < most ? available : most);
      kinds.add(available < most ? "all that there is" : "the ceiling");
      [left, credited, earned] = [now.reserve, now.credited, total];
    }
    expect([...kinds]).toEqual(["the ceiling", "all that there is"]);
    expect(left).toBeLessThan(10n);
  });

  it("sink replaced with rewards open: what was earned is still paid, and never more than came", async () => {
    const c = await load();
    await c.rewards.write.setCeiling([units(10)], c.asGovernance);
    await beat(c, MACHINE, SECOND);
    await c.stage.travel(3n * HOUR + 30n * MINUTE);
    const open = await rewardsOf(c);
    await c.emission.write.replaceSink([STREAM.workers, c.actors.workers], c.asGovernance);
    expect(await rewardsOf(c)).toBe(open);
    const settled = await c.emission.read.settledOf([STREAM.workers, c.rewards.address]);
    await c.stage.travel(10n * HOUR);
    expect((await totalsOf(c)).credited).toBe(settled);
    const workers = [WORKER, SECOND.address];
    await c.rewards.write.claim([workers, c.actors.alice], { account: c.actors.operator });
    const { received, paid, reserve } = await totalsOf(c);
    expect(received).toBe(settled);
    expect(paid).toBeGreaterThan(2n * open);
    expect(paid + reserve).toBeLessThanOrEqual(received);
    expect(paid + reserve).toBeGreaterThanOrEqual(received - 20n);
    // Nothing more comes: the leases of later hours share what is left.
    await c.reattest(MACHINE);
    await beat(c, MACHINE);
    await c.stage.travel(5n * HOUR);
    expect(await rewardsOf(c)).toBeLessThanOrEqual(reserve);
  });

  it("vPHA and PHA sent by accident", async () => {
    const c = await load();
    const { operator, alice } = c.actors;
    await beat(c, MACHINE);
    await c.stage.travel(2n * HOUR);
    const [before, totals] = [await rewardsOf(c), await totalsOf(c)];
    for (const to of [c.registry.address, c.rewards.address]) {
      await c.vpha.write.transfer([to, units(77)], { account: operator });
      await c.givePha(to, units(33));
    }
    expect(await rewardsOf(c)).toBe(before);
    expect(await totalsOf(c)).toEqual(totals);
    await claim(c);
    expect((await totalsOf(c)).paid).toBe(before);
    // Whoever leaves takes his own, and what was sent stays.
    for (const worker of [WORKER, SECOND.address]) {
      await c.registry.write.requestExit([worker], { account: operator });
    }
    await c.stage.travel(21n * DAY);
    const shares = await c.vpha.read.balanceOf([alice]);
    for (const worker of [WORKER, SECOND.address]) {
      await c.registry.write.finishExit([worker, alice], { account: operator });
    }
    expect((await c.vpha.read.balanceOf([alice])) - shares).toBe(units(2_500));
    expect(await collateralOf(c, WORKER, SECOND.address)).toEqual({ counted: 0n, held: units(77) });
  });

  it("deposits paused while rewards are due: the claim reverts, nothing is lost, later it pays", async () => {
    const c = await load();
    await beat(c, MACHINE);
    await c.stage.travel(3n * HOUR);
    const until = c.stage.now() + DAY;
    await c.vpha.write.pauseDeposits([until], { account: c.actors.guardian });
    const due = await rewardsOf(c);
    await expectRevert(claim(c), "VPHA_DepositsPaused", [until]);
    expect(await rewardsOf(c)).toBe(due);
    // Work goes on meanwhile.
    await beat(c, MACHINE);
    await c.stage.travel(DAY);
    const grown = await rewardsOf(c);
    expect(grown).toBeGreaterThan(due);
    await claim(c);
    expect(await totalsOf(c)).toMatchObject({ paid: grown });
    expect(await c.vpha.read.balanceOf([c.actors.alice])).toBeGreaterThan(0n);
  });

  it("rewards of a worker are claimed by nobody but its operator, and by the new one after a change", async () => {
    const c = await load();
    const { operator, mallory, alice } = c.actors;
    await beat(c, MACHINE);
    await c.stage.travel(3n * HOUR);
    const args: readonly [Hex[], Hex] = [[WORKER], mallory];
    await expectRevert(c.rewards.write.claim(args, { account: mallory }), "WorkerRewards_NotOperator", [
      WORKER,
      mallory,
    ]);
    await c.registry.write.proposeOperator([WORKER, alice], { account: operator });
    await c.registry.write.acceptOperator([WORKER], { account: alice });
    await expectRevert(claim(c), "WorkerRewards_NotOperator", [WORKER, operator]);
    await c.rewards.write.claim([[WORKER], alice], { account: alice });
    expect(await rewardsOf(c)).toBe(0n);
  });
});
