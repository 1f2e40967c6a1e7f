/** Collateral: in, thawing, out; the operator's change; the ways out of the registry. */
import { readFileSync } from "node:fs";
import { encodeAbiParameters, keccak256, zeroHash } from "viem";
import { describe, expect, it } from "vitest";
import { modelId } from "../../../scripts/compute/calls.ts";
import { type Compute, gpuOf, machineOf, openCompute } from "../../helpers/compute.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { eventsOf, expectEvent } from "../../helpers/events.ts";
import { SWITCH } from "../../helpers/registry.ts";
import { DAY, fixture } from "../../helpers/stage.ts";
import { units } from "../../helpers/suite.ts";
import {
  NOBODY,
  beat,
  collateralOf,
  confirmOperatorOff,
  freshen,
  registryState,
  switchOffOperator,
} from "../../helpers/workers.ts";

const MACHINE = machineOf("one");
const WORKER = MACHINE.address;
const THAW = 21n * DAY;

/** One worker with 750 vPHA more than it needs. */
const load = fixture(async (stage) => {
  const c = await openCompute(stage);
  await c.fundCollateral(c.actors.operator, units(50_000));
  await c.register(MACHINE, { collateral: units(2_000) });
  return c;
});

const asOperator = (c: Compute) => ({ account: c.actors.operator });
const viewOf = (c: Compute) => c.registry.read.workerOf([WORKER]);
const withdraw = (c: Compute, amount: bigint) => c.registry.write.withdraw([WORKER, amount], asOperator(c));
const finish = (c: Compute) => c.registry.write.finishWithdrawal([WORKER, c.actors.alice], asOperator(c));
const finishExit = (c: Compute) => c.registry.write.finishExit([WORKER, c.actors.alice], asOperator(c));
const balanceOf = (c: Compute) => c.vpha.read.balanceOf([c.actors.alice]);

/** Where the mapping of thaws is, by the layout that is committed. */
const LAYOUT = readFileSync(new URL("../../../snapshots/WorkerRegistry.txt", import.meta.url), "utf8");
const THAWS = BigInt(/^ *(\d+) .* _thaws:/m.exec(LAYOUT)?.[1] ?? -1);

/** The word in which the registry keeps what thaws of the worker. */
const thawWord = (c: Compute) => {
  const key = encodeAbiParameters([{ type: "address" }, { type: "uint256" }], [WORKER, THAWS]);
  return c.stage.publicClient.getStorageAt({ address: c.registry.address, slot: keccak256(key) });
};

describe("addCollateral", () => {
  it("takes anyone's vPHA for the worker, and none of zero", async () => {
    const c = await load();
    const { bob } = c.actors;
    await c.fundCollateral(bob, units(1_000));
    const hash = await c.registry.write.addCollateral([WORKER, units(300)], { account: bob });
    await expectEvent(c.stage, hash, c.registry, "CollateralAdded", {
      worker: WORKER,
      payer: bob,
      amount: units(300),
      collateral: units(2_300),
    });
    expect(await collateralOf(c, WORKER)).toEqual({ counted: units(2_300), held: units(2_300) });
    await expectRevert(c.registry.write.addCollateral([WORKER, 0n], { account: bob }), "WorkerRegistry_ZeroAmount");
  });

  it("holds no more than fits, whoever has it", async () => {
    const c = await load();
    const most = await c.registry.read.MAX_COLLATERAL();
    const add = (amount: bigint) => c.registry.write.addCollateral([WORKER, amount], asOperator(c));
    await expectRevert(add(most - units(2_000) + 1n), "WorkerRegistry_TooMuchCollateral", [most + 1n]);
    // So much is only not there.
    await expectRevert(add(most - units(2_000)), "ERC20InsufficientBalance");
  });
});

describe("withdraw", () => {
  it("thaws the surplus for 21 days and pays it to whom the operator names", async () => {
    const c = await load();
    const availableAt = Number(c.stage.now() + THAW);
    const hash = await withdraw(c, units(700));
    await expectEvent(c.stage, hash, c.registry, "WithdrawalRequested", {
      worker: WORKER,
      amount: units(700),
      availableAt,
    });
    expect(await viewOf(c)).toMatchObject({ thawing: units(700), withdrawableAt: availableAt });
    expect(await registryState(c, WORKER)).toEqual(["Active", "None"]);
    await c.stage.travel(THAW - 1n);
    await expectRevert(finish(c), "WorkerRegistry_Thawing", [availableAt]);
    await c.stage.travel(1n);
    expect(await thawWord(c)).not.toBe(zeroHash);
    const paid = await finish(c);
    await expectEvent(c.stage, paid, c.registry, "Withdrawn", {
      worker: WORKER,
      receiver: c.actors.alice,
      amount: units(700),
      collateral: units(1_300),
      thawing: 0n,
    });
    expect(await balanceOf(c)).toBe(units(700));
    expect(await viewOf(c)).toMatchObject({ thawing: 0n, withdrawableAt: 0, collateral: units(1_300) });
    expect(await collateralOf(c, WORKER)).toEqual({ counted: units(1_300), held: units(1_300) });
    // The word is free again, which is refunded.
    expect(await thawWord(c)).toBe(zeroHash);
    // The next one.
    await withdraw(c, units(50));
    expect(await thawWord(c)).not.toBe(zeroHash);
    await c.registry.write.cancelWithdrawal([WORKER], asOperator(c));
    expect(await thawWord(c)).toBe(zeroHash);
  });

  it("takes at most the surplus, at least something, and one at a time", async () => {
    const c = await load();
    await expectRevert(withdraw(c, 0n), "WorkerRegistry_ZeroAmount");
    const over = units(750) + 1n;
    await expectRevert(withdraw(c, over), "WorkerRegistry_ExceedsSurplus", [over, units(750)]);
    await withdraw(c, units(750));
    const availableAt = Number(c.stage.now() + THAW);
    await expectRevert(withdraw(c, 1n), "WorkerRegistry_WithdrawalOpen", [units(750), availableAt]);
  });

  it("what thaws does not count as collateral, until it is taken back", async () => {
    const c = await load();
    await withdraw(c, units(750));
    await c.reattest(MACHINE, c.subject({ model: "H200" }));
    expect(await registryState(c, WORKER)).toEqual(["Lapsed", "Collateral"]);
    const hash = await c.registry.write.cancelWithdrawal([WORKER], asOperator(c));
    await expectEvent(c.stage, hash, c.registry, "WithdrawalCancelled", { worker: WORKER, amount: units(750) });
    expect(await registryState(c, WORKER)).toEqual(["Active", "None"]);
    expect(await viewOf(c)).toMatchObject({ thawing: 0n, withdrawableAt: 0, collateral: units(2_000) });
    await expectRevert(c.registry.write.cancelWithdrawal([WORKER], asOperator(c)), "WorkerRegistry_NoWithdrawal", [
      WORKER,
    ]);
  });

  it("taken back to just what is asked counts again", async () => {
    const c = await load();
    await withdraw(c, units(750));
    await c.registry.write.setModel([modelId("H100"), units(2_000), 100], c.asGovernance);
    await c.reattest(MACHINE);
    expect(await registryState(c, WORKER)).toEqual(["Lapsed", "Collateral"]);
    await c.registry.write.cancelWithdrawal([WORKER], asOperator(c));
    expect(await registryState(c, WORKER)).toEqual(["Active", "None"]);
  });

  it("paid in part, keeps its date for the rest", async () => {
    const c = await load();
    await c.registry.write.setModel([modelId("H100"), units(500), 100], c.asGovernance);
    await c.reattest(MACHINE);
    await withdraw(c, units(1_500));
    const { withdrawableAt } = await viewOf(c);
    const proposals = [await c.propose(WORKER, units(300)), await c.propose(WORKER, units(400))] as const;
    await c.stage.travel(THAW);
    const paid = await finish(c);
    await expectEvent(c.stage, paid, c.registry, "Withdrawn", { amount: units(1_300), thawing: units(200) });
    expect(await viewOf(c)).toMatchObject({ thawing: units(200), withdrawableAt });
    await expectRevert(finish(c), "WorkerRegistry_AllReserved", [units(700)]);
    for (const proposal of proposals) await c.slashing.write.withdraw([proposal], { account: c.slasher });
    await finish(c);
    expect(await balanceOf(c)).toBe(units(1_500));
  });

  it("puts out of reach of later faults what it is, to the wei", async () => {
    const c = await load();
    await withdraw(c, 1n);
    const requestedAt = Number(c.stage.now());
    const atRisk = (faultAt: number) => c.registry.read.atRisk([WORKER, faultAt]);
    expect(await atRisk(requestedAt)).toBe(units(2_000));
    expect(await atRisk(requestedAt + 1)).toBe(units(2_000) - 1n);
    await c.stage.travel(THAW);
    await finish(c);
    expect(await balanceOf(c)).toBe(1n);
  });

  it("of a worker of which a lower catalog asks less: from its next attestation on", async () => {
    const c = await load();
    await c.registry.write.setModel([modelId("H100"), units(500), 100], c.asGovernance);
    await expectRevert(withdraw(c, units(751)), "WorkerRegistry_ExceedsSurplus", [units(751), units(750)]);
    await c.reattest(MACHINE);
    await withdraw(c, units(1_500));
  });

  it("of a worker of which a higher catalog asks more than it has: nothing", async () => {
    const c = await load();
    await c.registry.write.setModel([modelId("H100"), units(3_000), 100], c.asGovernance);
    await c.reattest(MACHINE);
    expect(await registryState(c, WORKER)).toEqual(["Lapsed", "Collateral"]);
    await expectRevert(withdraw(c, 1n), "WorkerRegistry_ExceedsSurplus", [1n, 0n]);
  });
});

describe("a change of operator", () => {
  it("takes two steps, and takes all rights along", async () => {
    const c = await load();
    const { operator, alice, bob } = c.actors;
    const proposal = await c.registry.write.proposeOperator([WORKER, alice], asOperator(c));
    await expectEvent(c.stage, proposal, c.registry, "OperatorProposed", { worker: WORKER, operator, proposed: alice });
    expect(await viewOf(c)).toMatchObject({ operator, proposedOperator: alice });
    await expectRevert(
      c.registry.write.acceptOperator([WORKER], { account: bob }),
      "WorkerRegistry_NotProposedOperator",
      [bob, alice],
    );
    const acceptance = await c.registry.write.acceptOperator([WORKER], { account: alice });
    await expectEvent(c.stage, acceptance, c.registry, "OperatorChanged", {
      worker: WORKER,
      oldOperator: operator,
      newOperator: alice,
    });
    expect(await viewOf(c)).toMatchObject({ operator: alice, proposedOperator: NOBODY });
    await expectRevert(
      c.registry.write.acceptOperator([WORKER], { account: alice }),
      "WorkerRegistry_NotProposedOperator",
      [alice, NOBODY],
    );
    await expectRevert(c.registry.write.requestExit([WORKER], asOperator(c)), "WorkerRegistry_NotOperator");
    // Until its attestation ends it works on.
    await beat(c, MACHINE);
    await c.registry.write.requestExit([WORKER], { account: alice });
  });

  it("can be taken back by naming nobody; naming oneself or the same again is refused", async () => {
    const c = await load();
    const { operator, alice } = c.actors;
    const propose = (proposed: typeof alice) => c.registry.write.proposeOperator([WORKER, proposed], asOperator(c));
    await expectRevert(propose(operator), "WorkerRegistry_InvalidOperator", [operator]);
    await expectRevert(propose(NOBODY), "WorkerRegistry_NothingChanges");
    await propose(alice);
    await expectRevert(propose(alice), "WorkerRegistry_NothingChanges");
    await propose(NOBODY);
    await expectRevert(
      c.registry.write.acceptOperator([WORKER], { account: alice }),
      "WorkerRegistry_NotProposedOperator",
      [alice, NOBODY],
    );
  });

  it("shakes no switch off: it waits until the old operator's has ended", async () => {
    const c = await load();
    const { operator, alice } = c.actors;
    await c.registry.write.proposeOperator([WORKER, alice], asOperator(c));
    await switchOffOperator(c, operator, c.stage.now() + DAY);
    const accept = () => c.registry.write.acceptOperator([WORKER], { account: alice });
    await expectRevert(accept(), "WorkerRegistry_OperatorSwitchedOff", [operator]);
    await c.stage.travel(DAY);
    await accept();
  });

  it("is to nobody who is switched off", async () => {
    const c = await load();
    const { alice } = c.actors;
    await c.registry.write.proposeOperator([WORKER, alice], asOperator(c));
    await switchOffOperator(c, alice, c.stage.now() + DAY);
    const accept = () => c.registry.write.acceptOperator([WORKER], { account: alice });
    await expectRevert(accept(), "WorkerRegistry_OperatorSwitchedOff", [alice]);
    expect((await viewOf(c)).operator).toBe(c.actors.operator);
    await c.stage.travel(DAY);
    await accept();
  });
});

describe("exit", () => {
  it("frees the GPUs at once and pays all collateral after 21 days, what thawed by withdraw included", async () => {
    const c = await load();
    await withdraw(c, units(700));
    await c.stage.travel(DAY);
    const exitAt = Number(c.stage.now() + THAW);
    const hash = await c.registry.write.requestExit([WORKER], asOperator(c));
    await expectEvent(c.stage, hash, c.registry, "ExitRequested", { worker: WORKER, availableAt: exitAt });
    expect(await viewOf(c)).toMatchObject({ exitAt, validUntil: 0 });
    expect((await c.registry.read.holderOf([gpuOf("0")]))[2]).toBe(false);
    await c.register(machineOf("next"));
    await c.stage.travel(THAW - 1n);
    await expectRevert(finishExit(c), "WorkerRegistry_Thawing", [exitAt]);
    await c.stage.travel(1n);
    const paid = await finishExit(c);
    await expectEvent(c.stage, paid, c.registry, "ExitPaid", {
      worker: WORKER,
      receiver: c.actors.alice,
      amount: units(2_000),
      collateral: 0n,
    });
    expect(await balanceOf(c)).toBe(units(2_000));
    expect(await registryState(c, WORKER)).toEqual(["Exited", "None"]);
    expect(await viewOf(c)).toMatchObject({ collateral: 0n, required: 0n, thawing: 0n, withdrawableAt: 0, exitAt: 0 });
    await expectRevert(finish(c), "WorkerRegistry_NoWithdrawal");
  });

  it("a withdrawal that was open keeps its own date", async () => {
    const c = await load();
    await withdraw(c, units(700));
    await c.stage.travel(10n * DAY);
    await c.registry.write.requestExit([WORKER], asOperator(c));
    await c.stage.travel(11n * DAY);
    await finish(c);
    expect(await balanceOf(c)).toBe(units(700));
    await c.stage.travel(10n * DAY);
    await finishExit(c);
    expect(await balanceOf(c)).toBe(units(2_000));
    expect(await collateralOf(c, WORKER)).toEqual({ counted: 0n, held: 0n });
  });

  it.each([units(700), 1n])("paid but for what a slash holds back, %d wei do not thaw any more", async (thawing) => {
    const c = await load();
    await withdraw(c, thawing);
    await c.registry.write.requestExit([WORKER], asOperator(c));
    const proposal = await c.propose(WORKER, units(400));
    await c.stage.travel(THAW);
    await finishExit(c);
    expect(await balanceOf(c)).toBe(units(1_600));
    expect(await viewOf(c)).toMatchObject({ collateral: units(400), reserved: units(400), thawing: 0n });
    await expectRevert(finish(c), "WorkerRegistry_NoWithdrawal", [WORKER]);
    await c.slashing.write.withdraw([proposal], { account: c.slasher });
    await finishExit(c);
    expect(await balanceOf(c)).toBe(units(2_000));
  });

  it("pays in parts what a slash holds back, each by the same call", async () => {
    const c = await load();
    await c.registry.write.requestExit([WORKER], asOperator(c));
    const start = c.stage.now();
    await c.stage.travel(7n * DAY);
    const proposals = [
      await c.propose(WORKER, units(300), { faultAt: start }),
      await c.propose(WORKER, units(400), { faultAt: start }),
    ] as const;
    await c.stage.travel(14n * DAY);
    const first = await finishExit(c);
    await expectEvent(c.stage, first, c.registry, "ExitPaid", { amount: units(1_300), collateral: units(700) });
    expect(await registryState(c, WORKER)).toEqual(["Exiting", "None"]);
    await expectRevert(finishExit(c), "WorkerRegistry_AllReserved", [units(700)]);
    await c.slashing.write.withdraw([proposals[0]], { account: c.slasher });
    await finishExit(c);
    expect(await balanceOf(c)).toBe(units(1_600));
    await c.slashing.write.execute([proposals[1]], { account: c.actors.stranger });
    // The end, with nothing left to pay.
    const last = await finishExit(c);
    await expectEvent(c.stage, last, c.registry, "ExitPaid", { amount: 0n, collateral: 0n });
    expect(await eventsOf(c.stage, last, c.vpha, "Transfer")).toEqual([]);
    expect(await registryState(c, WORKER)).toEqual(["Exited", "None"]);
    expect(await collateralOf(c, WORKER)).toEqual({ counted: 0n, held: 0n });
  });

  it("the key never comes back; the GPUs and the platform do, under another", async () => {
    const c = await load();
    await c.registry.write.requestExit([WORKER], asOperator(c));
    await c.stage.travel(THAW);
    await finishExit(c);
    await freshen(c);
    await expectRevert(c.register(MACHINE), "WorkerRegistry_AlreadyRegistered", [WORKER]);
    await c.register(machineOf("next"));
  });
});

describe("removal", () => {
  it("by anyone, of a worker whose switch governance has confirmed; the collateral thaws", async () => {
    const c = await load();
    const remove = () => c.registry.write.remove([WORKER], { account: c.actors.stranger });
    await expectRevert(remove(), "WorkerRegistry_NotConfirmedOff", [WORKER]);
    await switchOffOperator(c, c.actors.operator, c.stage.now() + DAY);
    await expectRevert(remove(), "WorkerRegistry_NotConfirmedOff", [WORKER]);
    await confirmOperatorOff(c, c.actors.operator);
    const availableAt = Number(c.stage.now() + THAW);
    const hash = await remove();
    await expectEvent(c.stage, hash, c.registry, "WorkerRemoved", { worker: WORKER, availableAt });
    expect(await viewOf(c)).toMatchObject({ exitAt: availableAt });
    expect(await registryState(c, WORKER)).toEqual(["Removed", "None"]);
    expect((await c.registry.read.holderOf([gpuOf("0")]))[2]).toBe(false);
    await c.stage.travel(THAW);
    await finishExit(c);
    expect(await balanceOf(c)).toBe(units(2_000));
    // Final, and different from an exit of one's own.
    expect(await registryState(c, WORKER)).toEqual(["Removed", "None"]);
    await expectRevert(finishExit(c), "WorkerRegistry_WrongState", [WORKER, 5]);
  });

  it("reaches a worker by its workload's switch as well", async () => {
    const c = await load();
    await c.attestation.registry.write.confirmSwitch([SWITCH.workload, c.attestation.id], c.asGovernance);
    await c.registry.write.remove([WORKER], { account: c.actors.stranger });
    expect(await registryState(c, WORKER)).toEqual(["Removed", "None"]);
  });
});
