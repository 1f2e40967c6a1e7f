/** Registering and attesting workers, the catalog, and the pause of registrations. */
import { type Address, type Hex, pad } from "viem";
import { describe, expect, it } from "vitest";
import { modelId } from "../../../scripts/compute/calls.ts";
import { type Compute, EVIDENCE_HASH, MODELS, gpuOf, machineOf, openCompute } from "../../helpers/compute.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { eventsOf, expectEvent } from "../../helpers/events.ts";
import { signPermit } from "../../helpers/permit.ts";
import { DAY, fixture } from "../../helpers/stage.ts";
import { UNIT, units } from "../../helpers/suite.ts";
import { NOBODY, attestElsewhere, collateralOf, registryState, switchOffOperator } from "../../helpers/workers.ts";

const MACHINE = machineOf("one");
const WORKER = MACHINE.address;
const SEVEN_DAYS = 7n * DAY;

const load = fixture(async (stage) => {
  const c = await openCompute(stage);
  await c.fundCollateral(c.actors.operator, units(50_000));
  return c;
});

const asOperator = (c: Compute) => ({ account: c.actors.operator });
const gpus = (count: number): Hex[] => Array.from({ length: count }, (_, index) => gpuOf(index));

describe("register", () => {
  it("makes the quote's key a worker, says so, and takes the collateral from the caller", async () => {
    const c = await load();
    const { operator, alice } = c.actors;
    await c.fundCollateral(alice, units(5_000));
    const of = c.subject({ model: "H200", gpuIds: gpus(2) });
    const quote = await c.quote(MACHINE, of);
    const before = await c.vpha.read.balanceOf([alice]);
    const hash = await c.registry.write.register([of, quote, units(4_000)], { account: alice });
    await expectEvent(c.stage, hash, c.registry, "WorkerRegistered", { worker: WORKER, operator, payer: alice });
    const validUntil = Number(c.stage.now() + SEVEN_DAYS);
    await expectEvent(c.stage, hash, c.registry, "WorkerAttested", {
      worker: WORKER,
      model: modelId("H200"),
      gpuIds: gpus(2),
      evidenceHash: EVIDENCE_HASH,
      weight: 300,
      required: units(3_750),
      blockNumber: quote.blockNumber,
      validUntil,
    });
    await expectEvent(c.stage, hash, c.registry, "CollateralAdded", {
      worker: WORKER,
      payer: alice,
      amount: units(4_000),
      collateral: units(4_000),
    });
    expect(await c.vpha.read.balanceOf([alice])).toBe(before - units(4_000));
    expect(await collateralOf(c, WORKER)).toEqual({ counted: units(4_000), held: units(4_000) });
    expect(await c.registry.read.workerOf([WORKER])).toEqual({
      operator,
      proposedOperator: NOBODY,
      state: 1,
      lapse: 0,
      model: modelId("H200"),
      gpuCount: 2,
      weight: 300,
      attestedBlock: quote.blockNumber,
      validUntil,
      collateral: units(4_000),
      required: units(3_750),
      thawing: 0n,
      withdrawableAt: 0,
      reserved: 0n,
      exitAt: 0,
      isStamped: true,
    });
    expect(await c.registry.read.operatorOf([WORKER])).toBe(operator);
    expect(await c.registry.read.standingOf([WORKER])).toEqual([300, validUntil]);
    for (const gpu of gpus(2)) {
      expect(await c.registry.read.holderOf([gpu])).toEqual([WORKER, quote.blockNumber, true]);
    }
  });

  it("takes one to eight GPUs, and needs the collateral of each", async () => {
    const c = await load();
    for (const count of [1, 8]) {
      const of = c.subject({ gpuIds: gpus(count) });
      const machine = machineOf(`of ${count}`);
      const needed = BigInt(count) * MODELS.H100.collateral;
      await expectRevert(
        c.register(machine, { of, collateral: needed - 1n }),
        "WorkerRegistry_InsufficientCollateral",
        [needed - 1n, needed],
      );
      await c.register(machine, { of, collateral: needed });
      expect(await c.registry.read.workerOf([machine.address])).toMatchObject({
        gpuCount: count,
        weight: count * MODELS.H100.weight,
        required: needed,
      });
    }
    for (const count of [0, 9]) {
      const of = c.subject({ gpuIds: gpus(count) });
      await expectRevert(c.register(MACHINE, { of }), "WorkerRegistry_InvalidGpuCount", [BigInt(count)]);
    }
  });

  it("refuses a model that is not listed, an operator of zero, and a key that was registered", async () => {
    const c = await load();
    await c.registry.write.removeModel([modelId("B200")], c.asGovernance);
    for (const of of [c.subject({ model: "B200" }), { ...c.subject(), model: modelId("H999") }]) {
      await expectRevert(c.register(MACHINE, { of }), "WorkerRegistry_UnknownModel", [of.model]);
    }
    const nobodys = c.subject({ operator: NOBODY });
    await expectRevert(
      c.register(MACHINE, { of: nobodys, payer: c.actors.operator }),
      "WorkerRegistry_InvalidOperator",
      [NOBODY],
    );
    await c.register(MACHINE);
    await expectRevert(c.register(MACHINE), "WorkerRegistry_AlreadyRegistered");
  });

  // The new quote is taken first, so that the worker looks lapsed by it in the error.
  it("refuses a key that was registered before", async () => {
    const c = await load();
    await c.register(MACHINE);
    await expectRevert(c.register(MACHINE), "WorkerRegistry_AlreadyRegistered", [WORKER]);
  });

  it("refuses whoever has not the vPHA or has not allowed it", async () => {
    const c = await load();
    await expectRevert(c.register(MACHINE, { payer: c.actors.stranger }), "ERC20InsufficientAllowance");
    expect(await registryState(c, WORKER)).toEqual(["None", "None"]);
  });

  it("names the subject as the scripts do", async () => {
    const c = await load();
    const of = c.subject({ gpuIds: gpus(3) });
    await attestElsewhere(c, MACHINE, of);
    expect(await c.attestation.registry.read.subjectOf([WORKER])).toBe(await c.registry.read.subjectHash([of]));
  });
});

describe("registerWithPermit and addCollateralWithPermit", () => {
  const permitOf = (c: Compute, owner: Address, value: bigint, nonce?: bigint) =>
    signPermit(
      c.stage,
      c.vpha.address,
      { owner, spender: c.registry.address, value, deadline: c.stage.now() },
      nonce === undefined ? {} : { nonce },
    );

  it("need no allowance before", async () => {
    const c = await load();
    const { bob } = c.actors;
    await c.stake(bob, units(10_000));
    const of = c.subject({ operator: bob });
    const first = await permitOf(c, bob, units(1_250));
    await c.registry.write.registerWithPermit([of, await c.quote(MACHINE, of), units(1_250), first], { account: bob });
    const second = await permitOf(c, bob, units(100));
    await c.registry.write.addCollateralWithPermit([WORKER, units(100), second], { account: bob });
    expect((await c.registry.read.workerOf([WORKER])).collateral).toBe(units(1_350));
  });

  it("work with a permit that somebody has used already, and not with one that allows less", async () => {
    const c = await load();
    const { bob, mallory } = c.actors;
    await c.stake(bob, units(10_000));
    const of = c.subject({ operator: bob });
    const permit = await permitOf(c, bob, units(1_250));
    const { deadline, v, r, s } = permit;
    await c.vpha.write.permit([bob, c.registry.address, units(1_250), deadline, v, r, s], { account: mallory });
    await c.registry.write.registerWithPermit([of, await c.quote(MACHINE, of), units(1_250), permit], { account: bob });
    await expectRevert(
      c.registry.write.addCollateralWithPermit([WORKER, units(1), permit], { account: bob }),
      "WorkerRegistry_InsufficientAllowance",
      [0n, units(1)],
    );
    const other = machineOf("two");
    const without = c.subject({ operator: bob, gpuIds: [gpuOf("two")] });
    const wrong = await permitOf(c, bob, units(1_250), 7n);
    await expectRevert(
      c.registry.write.registerWithPermit([without, await c.quote(other, without), units(1_250), wrong], {
        account: bob,
      }),
      "WorkerRegistry_InsufficientAllowance",
      [0n, units(1_250)],
    );
  });
});

describe("reattest", () => {
  it("renews the attestation by anyone's call, and says what the worker is", async () => {
    const c = await load();
    await c.register(MACHINE);
    await c.stage.travel(3n * DAY);
    const quote = await c.quote(MACHINE, c.subject());
    const hash = await c.registry.write.reattest([c.subject(), quote], { account: c.actors.stranger });
    const validUntil = Number(c.stage.now() + SEVEN_DAYS);
    await expectEvent(c.stage, hash, c.registry, "WorkerAttested", { worker: WORKER, weight: 100, validUntil });
    expect(await c.registry.read.workerOf([WORKER])).toMatchObject({ attestedBlock: quote.blockNumber, validUntil });
    // The same again changes nothing and says nothing.
    const again = await c.registry.write.reattest([c.subject(), quote], { account: c.actors.stranger });
    expect((await c.receiptOf(again)).logs).toEqual([]);
  });

  it("is due before the full hour in which the attestation ends, to the second", async () => {
    const c = await load();
    await c.register(MACHINE);
    const { validUntil } = await c.registry.read.workerOf([WORKER]);
    await c.stage.travel(BigInt(validUntil) - c.stage.now() - 1n);
    expect(await registryState(c, WORKER)).toEqual(["Active", "None"]);
    await c.stage.travel(1n);
    expect(await registryState(c, WORKER)).toEqual(["Lapsed", "Attestation"]);
  });

  it("takes up more GPUs and other ones: what is required follows, and a worker that is short lapses", async () => {
    const c = await load();
    await c.register(MACHINE);
    const more = c.subject({ model: "B200", gpuIds: [gpuOf("a"), gpuOf("b")] });
    await c.reattest(MACHINE, more);
    expect(await c.registry.read.workerOf([WORKER])).toMatchObject({
      weight: 360,
      required: units(4_500),
      model: modelId("B200"),
    });
    expect(await registryState(c, WORKER)).toEqual(["Lapsed", "Collateral"]);
    expect((await c.registry.read.standingOf([WORKER]))[0]).toBe(0);
    expect((await c.registry.read.holderOf([gpuOf("0")]))[2]).toBe(false);
    await c.registry.write.addCollateral([WORKER, units(3_250)], asOperator(c));
    expect(await registryState(c, WORKER)).toEqual(["Active", "None"]);
  });

  it("refuses an attestation for another operator than the worker's, until it has changed", async () => {
    const c = await load();
    const { operator, alice } = c.actors;
    await c.register(MACHINE);
    const alices = c.subject({ operator: alice });
    await expectRevert(c.reattest(MACHINE, alices), "WorkerRegistry_OtherOperator", [alice, operator]);
    await c.registry.write.proposeOperator([WORKER, alice], asOperator(c));
    await c.registry.write.acceptOperator([WORKER], { account: alice });
    await expectRevert(c.reattest(MACHINE), "WorkerRegistry_OtherOperator", [operator, alice]);
    await c.reattest(MACHINE, alices);
    expect(await registryState(c, WORKER)).toEqual(["Active", "None"]);
  });

  it("refuses a model that has left the catalog: its workers lapse when their attestations end", async () => {
    const c = await load();
    await c.register(MACHINE);
    await c.registry.write.removeModel([modelId("H100")], c.asGovernance);
    expect(await registryState(c, WORKER)).toEqual(["Active", "None"]);
    await expectRevert(c.reattest(MACHINE), "WorkerRegistry_UnknownModel", [modelId("H100")]);
    await c.stage.travel(SEVEN_DAYS + 1n);
    expect(await registryState(c, WORKER)).toEqual(["Lapsed", "Attestation"]);
  });
});

describe("restamp", () => {
  it("says whose attestation was judged again, with the epoch, once", async () => {
    const c = await load();
    const [two, gone] = [machineOf("two"), machineOf("gone")];
    await c.register(MACHINE);
    await c.register(two, { of: c.subject({ gpuIds: [gpuOf("two")] }) });
    await switchOffOperator(c, c.actors.stranger, c.stage.now() + DAY);
    await attestElsewhere(c, two, c.subject({ gpuIds: [gpuOf("elsewhere")] }));
    const restamp = (...workers: Address[]) => c.registry.write.restamp([workers], { account: c.actors.stranger });
    const expectOne = async (hash: Hex) => {
      const epoch = await c.attestation.registry.read.epoch();
      await expectEvent(c.stage, hash, c.registry, "WorkerRestamped", { worker: WORKER, epoch });
    };
    await expectOne(await restamp(WORKER));
    expect((await c.registry.read.workerOf([WORKER])).isStamped).toBe(true);
    expect((await c.registry.read.workerOf([two.address])).isStamped).toBe(false);
    const all = [WORKER, two.address, gone.address, WORKER];
    const again = await restamp(...all);
    expect(await eventsOf(c.stage, again, c.registry, "WorkerRestamped")).toEqual([]);
    // The next decision: once more, and once only.
    await switchOffOperator(c, c.actors.bob, c.stage.now() + DAY);
    await expectOne(await restamp(...all));
  });
});

describe("the catalog", () => {
  it("lists, changes and removes models within its bounds, and says so", async () => {
    const c = await load();
    const model = modelId("GB300");
    const hash = await c.registry.write.setModel([model, units(100_000), 1_000], c.asGovernance);
    await expectEvent(c.stage, hash, c.registry, "ModelChanged", { model, collateral: units(100_000), weight: 1_000 });
    expect(await c.registry.read.modelOf([model])).toEqual({
      collateral: units(100_000),
      weight: 1_000,
      isListed: true,
    });
    await c.registry.write.setModel([model, units(100), 10], c.asGovernance);
    const removed = await c.registry.write.removeModel([model], c.asGovernance);
    await expectEvent(c.stage, removed, c.registry, "ModelRemoved", { model });
    expect((await c.registry.read.modelOf([model])).isListed).toBe(false);
    // It comes back at its old place.
    await c.registry.write.setModel([model, units(100), 10], c.asGovernance);
    expect(await c.registry.read.models()).toEqual([...Object.keys(MODELS), "GB300"].map(modelId));
  });

  it("refuses what is out of bounds, what changes nothing, and what it does not know", async () => {
    const c = await load();
    const model = modelId("H100");
    const { collateral, weight } = MODELS.H100;
    const invalid: (readonly [Hex, bigint, number])[] = [
      [pad("0x", { size: 32 }), collateral, weight],
      [model, units(100) - 1n, weight],
      [model, units(100_000) + 1n, weight],
      [model, collateral, 9],
      [model, collateral, 1_001],
    ];
    for (const args of invalid) {
      await expectRevert(c.registry.write.setModel(args, c.asGovernance), "WorkerRegistry_InvalidModel", args);
    }
    const setModel = () => c.registry.write.setModel([model, collateral, weight], c.asGovernance);
    await expectRevert(setModel(), "WorkerRegistry_NothingChanges");
    await c.registry.write.removeModel([model], c.asGovernance);
    const removal = c.registry.write.removeModel([model], c.asGovernance);
    await expectRevert(removal, "WorkerRegistry_UnknownModel", [model]);
    await setModel();
  });

  it("has room for 255 names", async () => {
    const c = await load();
    const set = (index: number) => c.registry.write.setModel([modelId(`M${index}`), units(100), 10], c.asGovernance);
    for (let index = Object.keys(MODELS).length; index < 255; ++index) await set(index);
    await expectRevert(set(255), "WorkerRegistry_TooManyModels");
    // The last of them has its own name.
    await c.register(MACHINE, { of: { ...c.subject(), model: modelId("M254") }, collateral: units(100) });
    expect((await c.registry.read.workerOf([WORKER])).model).toBe(modelId("M254"));
  });
});

describe("the pause of registrations", () => {
  it("stops registrations alone, ends by itself or by the guardian", async () => {
    const c = await load();
    const as = { account: c.actors.guardian };
    await c.register(MACHINE);
    const until = c.stage.now() + SEVEN_DAYS;
    await expectRevert(c.registry.write.resumeRegistrations(as), "WorkerRegistry_NotPaused");
    await expectRevert(c.registry.write.pauseRegistrations([until + 1n], as), "PauseLog_InvalidPause");
    const hash = await c.registry.write.pauseRegistrations([until], as);
    await expectEvent(c.stage, hash, c.registry, "RegistrationsPaused", { by: c.actors.guardian, until });
    const other = machineOf("two");
    const of = c.subject({ gpuIds: [gpuOf("two")] });
    await expectRevert(c.register(other, { of }), "WorkerRegistry_RegistrationsPaused", [until]);
    await c.reattest(MACHINE);
    await c.registry.write.addCollateral([WORKER, UNIT], asOperator(c));
    await c.registry.write.withdraw([WORKER, UNIT], asOperator(c));
    await c.registry.write.requestExit([WORKER], asOperator(c));
    await c.stage.travel(DAY);
    const resumed = await c.registry.write.resumeRegistrations(as);
    await expectEvent(c.stage, resumed, c.registry, "RegistrationsResumed", { by: c.actors.guardian });
    await c.register(other, { of });
    await expectRevert(c.registry.write.pauseRegistrations([c.stage.now() + DAY], as), "PauseLog_PauseTooSoon");
    await c.stage.travel(21n * DAY);
    await c.registry.write.pauseRegistrations([c.stage.now() + DAY], as);
    await c.stage.travel(DAY);
    // In the second of its end, there is none to end.
    await expectRevert(c.registry.write.resumeRegistrations(as), "WorkerRegistry_NotPaused");
    await c.register(machineOf("three"), { of: c.subject({ gpuIds: [gpuOf("three")] }) });
  });
});
