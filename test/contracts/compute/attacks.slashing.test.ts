/** Attacks on and by slashing, one test each: what somebody tries, and that it takes nothing that it should not. */
import type { Address } from "viem";
import { describe, expect, it } from "vitest";
import { slashingAbi } from "../../../deploy/generated/abis.ts";
import { PROPOSAL_STATES } from "../../../scripts/compute/calls.ts";
import { type Compute, EVIDENCE_HASH, LIMITS, gpuOf, machineOf, openCompute } from "../../helpers/compute.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { DAY, fixture } from "../../helpers/stage.ts";
import { units } from "../../helpers/suite.ts";
import { NOBODY, collateralOf, registryState, slash } from "../../helpers/workers.ts";

const MACHINE = machineOf("slashed");
const WORKER = MACHINE.address;
const COLLATERAL = units(1_750);

/** One worker with 500 vPHA more than it needs. */
const load = fixture(async (stage) => {
  const c = await openCompute(stage);
  await c.fundCollateral(c.actors.operator, units(50_000));
  await c.register(MACHINE, { collateral: COLLATERAL });
  return c;
});

const asOperator = (c: Compute) => ({ account: c.actors.operator });
const execute = (c: Compute, proposal: Awaited<ReturnType<Compute["propose"]>>) =>
  c.slashing.write.execute([proposal], { account: c.actors.stranger });
const stateOf = async (c: Compute, proposal: Awaited<ReturnType<Compute["propose"]>>) =>
  PROPOSAL_STATES[await c.slashing.read.stateOf([await c.slashing.read.idOf([proposal])])];

/** Another slashing contract in the place of the first. */
async function deployNext(c: Compute) {
  const { governance, treasury } = c.actors;
  const args = [c.authority.address, c.registry.address, c.slasher, governance, treasury, LIMITS] as const;
  const next = await c.stage.deploy("Slashing", slashingAbi, args);
  await c.registry.write.setSlashing([next.address], c.asGovernance);
  return next;
}

/** The registry holds exactly what its books say. */
async function expectBalanced(c: Compute, ...workers: readonly Address[]): Promise<void> {
  const { counted, held } = await collateralOf(c, ...workers);
  expect(held).toBe(counted);
}

describe("attacks on whom and what a slash reaches", () => {
  it("slash of a never-registered worker", async () => {
    const c = await load();
    const nobody = machineOf("never").address;
    await expectRevert(c.propose(nobody, 1n), "WorkerRegistry_UnknownWorker", [nobody]);
    expect(await c.slashing.read.windowOf([nobody])).toEqual([0, 0n, 0n]);
    // Not even the slashing contract itself takes what it has not reserved.
    const account = await c.stage.impersonate(c.slashing.address);
    await expectRevert(
      c.registry.write.slash([nobody, 1n, account, 0n, NOBODY], { account }),
      "WorkerRegistry_ExceedsReserved",
      [1n, 0n],
    );
  });

  it("slash of an exited worker", async () => {
    const c = await load();
    const other = machineOf("stays");
    await c.register(other, { of: c.subject({ gpuIds: [gpuOf("other")] }) });
    const fault = c.stage.now();
    await c.registry.write.requestExit([WORKER], asOperator(c));
    await c.stage.travel(21n * DAY);
    await c.registry.write.finishExit([WORKER, c.actors.alice], asOperator(c));
    await expectRevert(c.propose(WORKER, 1n, { faultAt: fault }), "WorkerRegistry_ExceedsAtRisk", [1n, 0n]);
    const account = await c.stage.impersonate(c.slashing.address);
    await expectRevert(
      c.registry.write.slash([WORKER, 1n, account, 0n, NOBODY], { account }),
      "WorkerRegistry_ExceedsReserved",
      [1n, 0n],
    );
    // The same operator's other worker answers for itself alone.
    expect((await c.registry.read.workerOf([other.address])).collateral).toBe(units(1_250));
    await expectBalanced(c, WORKER, other.address);
  });

  it("proposals executed out of order, changed, or twice", async () => {
    const c = await load();
    const [first, second, third] = [
      await c.propose(WORKER, units(100)),
      await c.propose(WORKER, units(200)),
      await c.propose(WORKER, units(300)),
    ];
    await expectRevert(c.propose(WORKER, units(300)), "Slashing_WrongState");
    await c.stage.travel(7n * DAY);
    await execute(c, third);
    await c.slashing.write.reject([first], c.asGovernance);
    await expectRevert(execute(c, { ...second, amount: units(201) }), "Slashing_WrongState");
    await expectRevert(execute(c, { ...second, judgementUntil: second.rebuttalUntil }), "Slashing_WrongState");
    await execute(c, second);
    for (const done of [first, second, third]) await expectRevert(execute(c, done), "Slashing_WrongState");
    const { collateral, reserved } = await c.registry.read.workerOf([WORKER]);
    expect([collateral, reserved]).toEqual([COLLATERAL - units(500), 0n]);
    await expectBalanced(c, WORKER);
  });

  it("exit in the block of the fault", async () => {
    const c = await load();
    const fault = c.stage.now();
    await c.registry.write.requestExit([WORKER], asOperator(c));
    await c.stage.travel(7n * DAY);
    await expectRevert(c.propose(WORKER, units(1), { faultAt: fault + 1n }), "WorkerRegistry_NotLiable", [
      Number(fault + 1n),
      Number(fault + 7n * DAY),
    ]);
    const proposal = await c.propose(WORKER, COLLATERAL, { faultAt: fault });
    await c.stage.travel(7n * DAY);
    await execute(c, proposal);
    await c.stage.travel(7n * DAY);
    // Nothing is left, and the worker can still come to its end.
    await c.registry.write.finishExit([WORKER, c.actors.alice], asOperator(c));
    expect(await registryState(c, WORKER)).toEqual(["Exited", "None"]);
    expect(await c.vpha.read.balanceOf([c.actors.alice])).toBe(0n);
  });

  it("a fault that is found a second too late", async () => {
    const c = await load();
    const fault = c.stage.now();
    await c.registry.write.requestExit([WORKER], asOperator(c));
    await c.stage.travel(7n * DAY + 1n);
    expect(await c.registry.read.atRisk([WORKER, Number(fault)])).toBe(0n);
    await expectRevert(c.propose(WORKER, 1n, { faultAt: fault }), "WorkerRegistry_NotLiable");
  });
});

describe("attacks on the books of collateral", () => {
  it("repeated 99.99 % slashes, then new collateral", async () => {
    const c = await load();
    let left = COLLATERAL;
    for (let i = 0; i < 5; ++i) {
      const amount = (left * 9_999n) / 10_000n;
      await slash(c, WORKER, amount);
      left -= amount;
      expect((await c.registry.read.workerOf([WORKER])).collateral).toBe(left);
      await c.stage.travel(23n * DAY);
    }
    expect(left).toBeLessThan(units(1));
    expect(await registryState(c, WORKER)).toEqual(["Lapsed", "Collateral"]);
    // New collateral counts in full: no share of it belongs to those slashes.
    await c.registry.write.addCollateral([WORKER, units(1_250)], asOperator(c));
    expect((await c.registry.read.workerOf([WORKER])).collateral).toBe(left + units(1_250));
    await c.registry.write.requestExit([WORKER], asOperator(c));
    await c.stage.travel(21n * DAY);
    await c.registry.write.finishExit([WORKER, c.actors.alice], asOperator(c));
    expect(await c.vpha.read.balanceOf([c.actors.alice])).toBe(left + units(1_250));
    await expectBalanced(c, WORKER);
  });

  it("a slash that would leave more thawing than there is", async () => {
    const c = await load();
    await c.registry.write.withdraw([WORKER, units(500)], asOperator(c));
    await slash(c, WORKER, COLLATERAL - 1n);
    expect(await c.registry.read.workerOf([WORKER])).toMatchObject({ collateral: 1n, thawing: 1n, reserved: 0n });
    await c.stage.travel(14n * DAY);
    await c.registry.write.finishWithdrawal([WORKER, c.actors.alice], asOperator(c));
    expect(await c.vpha.read.balanceOf([c.actors.alice])).toBe(1n);
    expect(await c.registry.read.workerOf([WORKER])).toMatchObject({ collateral: 0n, thawing: 0n });
    await expectRevert(
      c.registry.write.finishWithdrawal([WORKER, c.actors.alice], asOperator(c)),
      "WorkerRegistry_NoWithdrawal",
    );
    await expectBalanced(c, WORKER);
  });

  it.each([
    { name: "a slash below a thawing amount leaves all of it", amount: 300, paid: 500 },
    { name: "a slash that reaches into a thawing amount leaves the rest of it claimable", amount: 1_500, paid: 250 },
  ])("$name", async ({ amount, paid }) => {
    const c = await load();
    const { alice } = c.actors;
    await c.registry.write.withdraw([WORKER, units(500)], asOperator(c));
    await slash(c, WORKER, units(amount));
    await c.stage.travel(14n * DAY);
    await c.registry.write.finishWithdrawal([WORKER, alice], asOperator(c));
    expect(await c.vpha.read.balanceOf([alice])).toBe(units(paid));
    expect((await c.registry.read.workerOf([WORKER])).collateral).toBe(COLLATERAL - units(amount) - units(paid));
    await expectBalanced(c, WORKER);
  });

  it("a proposal holds back what it reserved, and no more", async () => {
    const c = await load();
    const { alice } = c.actors;
    await c.registry.write.withdraw([WORKER, units(500)], asOperator(c));
    await c.stage.travel(7n * DAY);
    const proposal = await c.propose(WORKER, units(1_500), { faultAt: c.stage.now() - 7n * DAY });
    await c.slashing.write.rebut([proposal, EVIDENCE_HASH, ""], asOperator(c));
    // The withdrawal's thaw ends with the judgement: what is not reserved of it leaves on time.
    await c.stage.travel(14n * DAY);
    await c.registry.write.finishWithdrawal([WORKER, alice], asOperator(c));
    expect(await c.vpha.read.balanceOf([alice])).toBe(units(250));
    await expectRevert(
      c.registry.write.finishWithdrawal([WORKER, alice], asOperator(c)),
      "WorkerRegistry_AllReserved",
      [units(1_500)],
    );
    await c.slashing.write.reject([proposal], c.asGovernance);
    await c.registry.write.finishWithdrawal([WORKER, alice], asOperator(c));
    expect(await c.vpha.read.balanceOf([alice])).toBe(units(500));
    await expectBalanced(c, WORKER);
  });
});

describe("attacks by changing the rules", () => {
  it("dispute window raised with exits open", async () => {
    const c = await load();
    const short = { ...LIMITS, rebuttalWindow: Number(3n * DAY), processWindow: Number(5n * DAY) };
    await c.slashing.write.setLimits([short], c.asGovernance);
    const start = c.stage.now();
    const proposal = await c.propose(WORKER, units(100));
    await c.registry.write.requestExit([WORKER], asOperator(c));
    await c.slashing.write.setLimits(
      [{ ...LIMITS, rebuttalWindow: Number(14n * DAY), processWindow: Number(14n * DAY) }],
      c.asGovernance,
    );
    // What is open keeps its windows, the exit its date.
    expect(BigInt((await c.registry.read.workerOf([WORKER])).exitAt)).toBe(start + 21n * DAY);
    await c.stage.travelTo(start + 3n * DAY);
    await execute(c, proposal);
    // The latest and longest proposal that there can be now ends with the thaw.
    await c.stage.travelTo(start + 7n * DAY);
    const last = await c.propose(WORKER, units(100), { faultAt: start });
    await c.stage.travelTo(start + 21n * DAY - 1n);
    await expectRevert(execute(c, last), "Slashing_TooEarly", [Number(start + 21n * DAY)]);
    await c.stage.travel(1n);
    await execute(c, last);
    await c.registry.write.finishExit([WORKER, c.actors.alice], asOperator(c));
    expect(await c.vpha.read.balanceOf([c.actors.alice])).toBe(COLLATERAL - units(200));
  });

  it("slashing contract replaced with proposals open: the former finishes them and reserves nothing anew", async () => {
    const c = await load();
    const [taken, rejected] = [await c.propose(WORKER, units(100)), await c.propose(WORKER, units(200))];
    const next = await deployNext(c);
    await expectRevert(c.propose(WORKER, units(50)), "WorkerRegistry_NotSlashing", [c.slashing.address]);
    await c.slashing.write.reject([rejected], c.asGovernance);
    await c.stage.travel(7n * DAY);
    await execute(c, taken);
    expect(await stateOf(c, taken)).toBe("Executed");
    const { collateral, reserved } = await c.registry.read.workerOf([WORKER]);
    expect([collateral, reserved]).toEqual([COLLATERAL - units(100), 0n]);
    // The new one works.
    const fault = Number(c.stage.now());
    await next.write.propose([WORKER, 2, units(50), 0n, NOBODY, fault, EVIDENCE_HASH, ""], { account: c.slasher });
    expect((await c.registry.read.workerOf([WORKER])).reserved).toBe(units(50));
    await expectBalanced(c, WORKER);
  });

  // Only the sum of all reservations is stored: by its code our former contract asks for its own alone, another might not.
});
