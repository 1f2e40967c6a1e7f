/** Attacks by quotes, copied transactions and GPU ids, one test each. */
import { pad, toHex } from "viem";
import { describe, expect, it } from "vitest";
import { quoteArguments } from "../../../scripts/attestation/calls.ts";
import { createAuthority } from "../../../scripts/attestation/factory.ts";
import { modelId, subjectHash } from "../../../scripts/compute/calls.ts";
import { type Compute, gpuOf, machineOf, openCompute } from "../../helpers/compute.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import { DAY, HOUR, MINUTE, fixture } from "../../helpers/stage.ts";
import { ROLE, units } from "../../helpers/suite.ts";
import {
  NOBODY,
  attestElsewhere,
  beat,
  fullState,
  nextHour,
  registryState,
  switchOffOperator,
} from "../../helpers/workers.ts";

const MACHINE = machineOf("honest");
const WORKER = MACHINE.address;
const GPU = gpuOf("0");

/** The operator and Mallory have vPHA; Mallory's machines are genuine, too. */
const load = fixture(async (stage) => {
  const c = await openCompute(stage);
  await c.fundCollateral(c.actors.operator, units(50_000));
  await c.fundCollateral(c.actors.mallory, units(50_000));
  return c;
});

const mallorys = (c: Compute, gpuIds = [GPU]) => c.subject({ operator: c.actors.mallory, gpuIds });
const holderOf = async (c: Compute) => {
  const [worker, , isHeld] = await c.registry.read.holderOf([GPU]);
  return { worker, isHeld };
};

describe("machines that are none", () => {
  it("become no workers, whatever collateral they bring: without a genuine quote, of another authority, of another image", async () => {
    const c = await load();
    const { operator } = c.actors;
    const of = mallorys(c);
    const account = c.actors.mallory;
    const before = await c.vpha.read.balanceOf([account]);
    const register = async (options: Parameters<Compute["quote"]>[2] = {}) =>
      c.registry.write.register([of, await c.quote(MACHINE, of, options), units(10_000)], { account });

    // A key that anybody makes up, and nothing that vouches for it.
    const bare = {
      blockNumber: Number(await c.stage.publicClient.getBlockNumber()),
      signedData: "0x",
      signatureData: "0x",
    } as const;
    await expectRevert(
      c.registry.write.register([of, bare, units(10_000)], { account }),
      "AttestationRegistry_MalformedQuote",
    );
    // A "machine" of an authority that is not the one of the root.
    const theirs = createAuthority({ seed: "of my own", now: Number(c.stage.now()) });
    await expectRevert(register({ on: theirs.platform() }), "TdxVerifier_InvalidLeafSignature");
    // A genuine machine with a program that nobody has listed.
    const { quote, blockNumber } = await c.attestation.quoteOf({
      key: WORKER,
      subject: subjectHash(of),
      measurements: { rtMr2: pad(toHex("another program"), { size: 48 }) },
    });
    const [signedData, signatureData] = quoteArguments(quote);
    const unlisted = { blockNumber, signedData, signatureData };
    await expectRevert(
      c.registry.write.register([of, unlisted, units(10_000)], { account }),
      "AttestationRegistry_UnknownWorkload",
    );
    expect(await c.vpha.read.balanceOf([account])).toBe(before);
    expect(await c.registry.read.operatorOf([WORKER])).toBe(NOBODY);
    // Of an operator who has no role and is on no list, it takes no more than quote and collateral.
    for (const role of Object.values(ROLE))
      expect(await c.authority.read.hasRole([role, operator])).toEqual([false, 0]);
    await c.register(MACHINE);
    expect(await registryState(c, WORKER)).toEqual(["Active", "None"]);
  });
});

describe("attacks by copying", () => {
  it("attestation replay by another operator", async () => {
    const c = await load();
    const account = c.actors.mallory;
    const quote = await c.quote(MACHINE, c.subject());
    const claims = [mallorys(c), c.subject({ gpuIds: [GPU, gpuOf("1")] }), c.subject({ model: "B200" })];
    for (const of of claims) {
      await expectRevert(
        c.registry.write.register([of, quote, units(10_000)], { account }),
        "AttestationRegistry_BindingMismatch",
      );
    }
    await c.registry.write.register([c.subject(), quote, units(1_250)], { account: c.actors.operator });
    for (const of of claims) {
      await expectRevert(c.registry.write.reattest([of, quote], { account }), "AttestationRegistry_StaleBlock");
    }
    expect(await c.registry.read.operatorOf([WORKER])).toBe(c.actors.operator);
  });

  it("register front-run with the copied quote in the attestation registry", async () => {
    const c = await load();
    const of = c.subject();
    const quote = await c.quote(MACHINE, of);
    const { attestation } = c;
    await attestation.registry.write.attest(
      [await c.registry.read.subjectHash([of]), quote.blockNumber, quote.signedData, quote.signatureData],
      { account: c.actors.mallory },
    );
    await c.registry.write.register([of, quote, units(1_250)], { account: c.actors.operator });
    expect(await registryState(c, WORKER)).toEqual(["Active", "None"]);
  });

  it("register front-run by the copied call: the copier pays the operator's collateral", async () => {
    const c = await load();
    const { operator, mallory, alice } = c.actors;
    const of = c.subject();
    const quote = await c.quote(MACHINE, of);
    const before = await c.vpha.read.balanceOf([operator]);
    await c.registry.write.register([of, quote, units(1_250)], { account: mallory });
    await expectRevert(
      c.registry.write.register([of, quote, units(1_250)], { account: operator }),
      "WorkerRegistry_AlreadyRegistered",
    );
    expect(await c.vpha.read.balanceOf([operator])).toBe(before);
    await expectRevert(c.registry.write.requestExit([WORKER], { account: mallory }), "WorkerRegistry_NotOperator", [
      mallory,
      operator,
    ]);
    await c.registry.write.requestExit([WORKER], { account: operator });
    await c.stage.travel(21n * DAY);
    await c.registry.write.finishExit([WORKER, alice], { account: operator });
    expect(await c.vpha.read.balanceOf([alice])).toBe(units(1_250));
  });

  it("reattest front-run in the attestation registry lapses nobody", async () => {
    const c = await load();
    await c.register(MACHINE);
    const of = c.subject();
    const quote = await c.quote(MACHINE, of);
    await c.attestation.registry.write.attest(
      [await c.registry.read.subjectHash([of]), quote.blockNumber, quote.signedData, quote.signatureData],
      { account: c.actors.mallory },
    );
    expect(await registryState(c, WORKER)).toEqual(["Active", "None"]);
    await c.registry.write.reattest([of, quote], { account: c.actors.operator });
    expect((await c.registry.read.workerOf([WORKER])).attestedBlock).toBe(quote.blockNumber);
    expect(await registryState(c, WORKER)).toEqual(["Active", "None"]);
  });

  it("a quote kept until its attestation has ended", async () => {
    const c = await load();
    const of = c.subject();
    const quote = await c.quote(MACHINE, of);
    await c.attestation.registry.write.attest(
      [await c.registry.read.subjectHash([of]), quote.blockNumber, quote.signedData, quote.signatureData],
      { account: c.actors.mallory },
    );
    await c.stage.travel(7n * DAY + 1n);
    await expectRevert(
      c.registry.write.register([of, quote, units(1_250)], { account: c.actors.operator }),
      "WorkerRegistry_AttestationNotValid",
      [WORKER],
    );
  });
});

describe("attacks by GPU ids", () => {
  it("GPU id squatting", async () => {
    const c = await load();
    const squatter = machineOf("squatter");
    const account = c.actors.mallory;
    // A quote from before the holder's, and one of the same block.
    const early = await c.quote(squatter, mallorys(c));
    await c.register(MACHINE);
    await expectRevert(
      c.registry.write.register([mallorys(c), early, units(1_250)], { account }),
      "WorkerRegistry_GpuHeld",
      [GPU, WORKER],
    );
    const { attestedBlock } = await c.registry.read.workerOf([WORKER]);
    const level = await c.quote(squatter, mallorys(c), { blockNumber: BigInt(attestedBlock) });
    await expectRevert(
      c.registry.write.register([mallorys(c), level, units(1_250)], { account }),
      "WorkerRegistry_GpuHeld",
      [GPU, WORKER],
    );
    // Naming it later takes it: whoever has it takes it back by its next attestation.
    await c.register(squatter, { of: mallorys(c) });
    expect(await holderOf(c)).toEqual({ worker: squatter.address, isHeld: true });
    expect(await registryState(c, WORKER)).toEqual(["Lapsed", "GpuTaken"]);
    await c.reattest(MACHINE);
    expect(await holderOf(c)).toEqual({ worker: WORKER, isHeld: true });
    // The squatter may have a lease for as long.
    expect(await registryState(c, WORKER)).toEqual(["Lapsed", "GpuMoved"]);
    // Who waits for it holds it.
    const { attestedBlock: again } = await c.registry.read.workerOf([WORKER]);
    const third = await c.quote(machineOf("third"), mallorys(c), { blockNumber: BigInt(again) });
    await expectRevert(
      c.registry.write.register([mallorys(c), third, units(1_250)], { account }),
      "WorkerRegistry_GpuHeld",
      [GPU, WORKER],
    );
    await c.stage.travel(6n * HOUR);
    expect(await registryState(c, WORKER)).toEqual(["Active", "None"]);
    expect(await registryState(c, squatter.address)).toEqual(["Lapsed", "GpuTaken"]);
  });

  it("squatting on ids that nobody has, and leaving: they are free at once", async () => {
    const c = await load();
    const squatter = machineOf("squatter");
    const early = await c.quote(MACHINE, c.subject());
    await c.register(squatter, { of: mallorys(c) });
    await c.registry.write.requestExit([squatter.address], { account: c.actors.mallory });
    expect(await holderOf(c)).toEqual({ worker: squatter.address, isHeld: false });
    // By a quote older than the squatter's, even.
    await c.registry.write.register([c.subject(), early, units(1_250)], { account: c.actors.operator });
    expect(await holderOf(c)).toEqual({ worker: WORKER, isHeld: true });
  });

  it("an id named twice, and the id zero", async () => {
    const c = await load();
    const zero = `0x${"00".repeat(32)}` as const;
    for (const gpuIds of [[GPU, GPU], [zero], [GPU, gpuOf("1"), GPU]]) {
      await expectRevert(c.register(MACHINE, { of: c.subject({ gpuIds }) }), "WorkerRegistry_InvalidGpu", [gpuIds[0]]);
    }
  });

  it("a resold GPU: the newest attestation wins, the loser revives without it", async () => {
    const c = await load();
    const buyer = machineOf("buyer");
    const both = c.subject({ gpuIds: [GPU, gpuOf("1")] });
    await c.register(MACHINE, { of: both });
    await beat(c, MACHINE);
    const bought = await c.quote(buyer, mallorys(c));
    const hash = await c.registry.write.register([mallorys(c), bought, units(1_250)], { account: c.actors.mallory });
    await expectEvent(c.stage, hash, c.registry, "GpuTaken", { gpuId: GPU, loser: WORKER, taker: buyer.address });
    expect(await fullState(c, WORKER)).toEqual(["Lapsed", "GpuTaken"]);
    await expectRevert(beat(c, MACHINE), "WorkerRewards_NothingGranted", [3]);
    await c.reattest(MACHINE, c.subject({ gpuIds: [gpuOf("1")] }));
    expect(await fullState(c, WORKER)).toEqual(["Active", "None"]);
    expect(await c.registry.read.standingOf([WORKER])).toMatchObject([100, expect.any(Number)]);
    expect(await holderOf(c)).toEqual({ worker: buyer.address, isHeld: true });
    // What it needed for the sold one is surplus now.
    await c.registry.write.withdraw([WORKER, units(1_250)], { account: c.actors.operator });
  });

  it("a GPU taken from a worker that lacks collateral: to add some does not bring it back", async () => {
    const c = await load();
    await c.register(MACHINE);
    await c.registry.write.setModel([modelId("H100"), units(3_000), 100], c.asGovernance);
    await c.reattest(MACHINE);
    expect(await registryState(c, WORKER)).toEqual(["Lapsed", "Collateral"]);
    await c.register(machineOf("buyer"), { of: mallorys(c), collateral: units(3_000) });
    expect(await registryState(c, WORKER)).toEqual(["Lapsed", "GpuTaken"]);
    await c.registry.write.addCollateral([WORKER, units(1_750)], { account: c.actors.operator });
    expect(await registryState(c, WORKER)).toEqual(["Lapsed", "GpuTaken"]);
  });

  it("the loser of a GPU that named it as well: both cannot have it", async () => {
    const c = await load();
    const [first, second] = [machineOf("first"), machineOf("second")];
    await c.register(first);
    await c.register(second, { of: mallorys(c) });
    await c.reattest(first);
    await c.reattest(second, mallorys(c));
    const states = [await registryState(c, first.address), await registryState(c, second.address)];
    expect(states).toEqual([
      ["Lapsed", "GpuTaken"],
      ["Lapsed", "GpuMoved"],
    ]);
  });

  // A lease outlives the GPU that it is for by up to six hours: who gets it has to wait for so long.
  it.each([
    { name: "by taking it from each other", leaves: false },
    { name: "that exit one after the other", leaves: true },
  ])("one GPU handed round among many keys $name", async ({ leaves }) => {
    const c = await load();
    const machines = Array.from({ length: 6 }, (_, index) => machineOf(`carousel ${index}`));
    for (const machine of machines) {
      await c.register(machine, { of: mallorys(c) });
      if (machine === machines[0]) await beat(c, machine);
      else await expectRevert(beat(c, machine), "WorkerRewards_NothingGranted", [3]);
      await c.stage.travel(10n * MINUTE);
      if (leaves) await c.registry.write.requestExit([machine.address], { account: c.actors.mallory });
    }
    await nextHour(c);
    const [weight] = await c.rewards.read.totals();
    expect(weight).toBe(100n);
  });

  it("dropped by one worker and named by another at once, a GPU counts for the first until its lease ends", async () => {
    const c = await load();
    const both = [gpuOf("0"), gpuOf("1")];
    await c.register(MACHINE, { of: c.subject({ gpuIds: both }) });
    await beat(c, MACHINE);
    await c.reattest(MACHINE, c.subject({ gpuIds: [gpuOf("1")] }));
    const taker = machineOf("taker");
    await c.register(taker, { of: mallorys(c) });
    await expectRevert(beat(c, taker), "WorkerRewards_NothingGranted", [3]);
    await c.stage.travel(6n * HOUR);
    await beat(c, taker);
    await nextHour(c);
    expect((await c.rewards.read.totals())[0]).toBe(100n);
  });

  it("waiting is not shortened by another attestation, nor by collateral that comes and goes", async () => {
    const c = await load();
    await c.register(MACHINE);
    const taker = machineOf("taker");
    await c.register(taker, { of: mallorys(c) });
    await c.reattest(taker, mallorys(c));
    await c.registry.write.addCollateral([taker.address, units(10)], { account: c.actors.mallory });
    await c.registry.write.withdraw([taker.address, units(10)], { account: c.actors.mallory });
    await c.registry.write.cancelWithdrawal([taker.address], { account: c.actors.mallory });
    expect(await registryState(c, taker.address)).toEqual(["Lapsed", "GpuMoved"]);
    await c.stage.travel(6n * HOUR - 1n);
    expect(await registryState(c, taker.address)).toEqual(["Lapsed", "GpuMoved"]);
    await c.stage.travel(1n);
    expect(await registryState(c, taker.address)).toEqual(["Active", "None"]);
  });

  it("a GPU taken a minute before the lease would be renewed ends with the lease that was running", async () => {
    const c = await load();
    await c.register(MACHINE);
    await beat(c, MACHINE);
    const { end } = await c.rewards.read.leaseOf([WORKER]);
    await c.register(machineOf("taker"), { of: mallorys(c) });
    await c.stage.travelTo(BigInt(end) * HOUR - MINUTE);
    await expectRevert(beat(c, MACHINE), "WorkerRewards_NothingGranted", [3]);
    await c.stage.travel(MINUTE);
    expect((await c.rewards.read.totals())[0]).toBe(0n);
  });

  it("an attestation of the key for something else cannot stand in for the worker's own after a decision", async () => {
    const c = await load();
    await c.register(MACHINE);
    await attestElsewhere(c, MACHINE, c.subject({ gpuIds: [gpuOf("9")] }));
    await switchOffOperator(c, c.actors.stranger, c.stage.now() + DAY);
    await c.registry.write.restamp([[WORKER]], { account: c.actors.stranger });
    await expectRevert(beat(c, MACHINE), "WorkerRewards_NothingGranted", [3]);
    await c.reattest(MACHINE);
    await beat(c, MACHINE);
  });
});
