/** Slashing: proposals, and what becomes of them. */
import { type Address, keccak256, toHex } from "viem";
import { describe, expect, it } from "vitest";
import { PROPOSAL_STATES } from "../../../scripts/compute/calls.ts";
import { type Compute, EVIDENCE_HASH, LIMITS } from "../../helpers/compute.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import { DAY } from "../../helpers/stage.ts";
import { units } from "../../helpers/suite.ts";
import { NOBODY, registryState } from "../../helpers/workers.ts";
import {
  COLLATERAL,
  MACHINE,
  WEEK,
  WORKER,
  type Proposal,
  classNumber,
  execute,
  load,
  reject,
  viewOf,
  withdraw,
} from "../../helpers/accused.ts";

const REBUTTAL = keccak256(toHex("rebuttal"));

const idOf = (c: Compute, proposal: Proposal) => c.slashing.read.idOf([proposal]);
const stateOf = async (c: Compute, proposal: Proposal) =>
  PROPOSAL_STATES[await c.slashing.read.stateOf([await idOf(c, proposal)])];
const rebut = (c: Compute, proposal: Proposal, account: Address = c.actors.operator) =>
  c.slashing.write.rebut([proposal, REBUTTAL, "ipfs://rebuttal"], { account });

describe("propose", () => {
  it("reserves the amount and says all that is needed later", async () => {
    const c = await load();
    const { alice } = c.actors;
    const faultAt = c.stage.now() - DAY;
    const hash = await c.slashing.write.propose(
      [WORKER, classNumber("Misreporting"), units(600), units(60), alice, Number(faultAt), EVIDENCE_HASH, "ipfs://e"],
      { account: c.slasher },
    );
    const now = Number(c.stage.now());
    const proposal = {
      worker: WORKER,
      faultClass: classNumber("Misreporting"),
      amount: units(600),
      bounty: units(60),
      reporter: alice,
      faultAt: Number(faultAt),
      proposedAt: now,
      rebuttalUntil: now + LIMITS.rebuttalWindow,
      judgementUntil: now + LIMITS.processWindow,
      evidenceHash: EVIDENCE_HASH,
    };
    await expectEvent(c.stage, hash, c.slashing, "SlashProposed", {
      id: await idOf(c, proposal),
      worker: WORKER,
      proposal,
      evidenceUri: "ipfs://e",
    });
    await expectEvent(c.stage, hash, c.registry, "CollateralReserved", {
      worker: WORKER,
      amount: units(600),
      reserved: units(600),
    });
    expect(await stateOf(c, proposal)).toBe("Open");
    expect(await c.slashing.read.windowOf([WORKER])).toEqual([now, COLLATERAL, units(600)]);
    // Nothing else changes: the worker works on.
    expect(await viewOf(c)).toMatchObject({ collateral: COLLATERAL, reserved: units(600) });
    expect(await registryState(c, WORKER)).toEqual(["Active", "None"]);
    expect(await c.registry.read.atRisk([WORKER, now])).toBe(COLLATERAL - units(600));
  });

  it("is the slasher's alone, and nobody's when that is zero", async () => {
    const c = await load();
    const slasher = c.slasher;
    const attempt = (account: Address) =>
      c.slashing.write.propose([WORKER, 2, 1n, 0n, NOBODY, Number(c.stage.now()), EVIDENCE_HASH, ""], { account });
    for (const account of [c.actors.governance, c.actors.stranger]) {
      await expectRevert(attempt(account), "Slashing_NotSlasher", [account]);
    }
    await attempt(slasher);
    await c.slashing.write.setSlasher([NOBODY], c.asGovernance);
    await expectRevert(attempt(slasher), "Slashing_NotSlasher", [slasher]);
  });

  it("refuses no amount, faults of the future and of more than 30 days ago, and the same twice in a second", async () => {
    const c = await load();
    const now = c.stage.now();
    await expectRevert(c.propose(WORKER, 0n), "Slashing_ZeroAmount");
    await expectRevert(c.propose(WORKER, 1n, { faultAt: now + 1n }), "Slashing_FutureFault", [Number(now + 1n)]);
    const oldest = now - 30n * DAY;
    await expectRevert(c.propose(WORKER, 1n, { faultAt: oldest - 1n }), "Slashing_OldFault", [
      Number(oldest - 1n),
      Number(oldest),
    ]);
    const proposal = await c.propose(WORKER, 1n, { faultAt: oldest });
    await expectRevert(c.propose(WORKER, 1n, { faultAt: oldest }), "Slashing_WrongState", [await idOf(c, proposal), 1]);
  });

  it("gives a reporter at most a tenth, and no bounty to nobody", async () => {
    const c = await load();
    const { alice } = c.actors;
    const max = units(10);
    await expectRevert(c.propose(WORKER, units(100), { bounty: max + 1n, reporter: alice }), "Slashing_InvalidBounty", [
      max + 1n,
      max,
    ]);
    await expectRevert(c.propose(WORKER, units(100), { bounty: max }), "Slashing_InvalidAccount", [NOBODY]);
    await expectRevert(c.propose(WORKER, units(100), { reporter: alice }), "Slashing_InvalidAccount", [alice]);
    await c.propose(WORKER, units(100), { bounty: max, reporter: alice });
  });
});

describe("what becomes of a proposal", () => {
  it("unrebutted, anyone executes it after the rebuttal window: treasury and reporter are paid", async () => {
    const c = await load();
    const { treasury, alice } = c.actors;
    const proposal = await c.propose(WORKER, units(1_000), { bounty: units(100), reporter: alice });
    await c.stage.travel(WEEK - 1n);
    await expectRevert(execute(c, proposal), "Slashing_TooEarly", [proposal.rebuttalUntil]);
    await c.stage.travel(1n);
    await expectRevert(rebut(c, proposal), "Slashing_RebuttalClosed", [proposal.rebuttalUntil]);
    const hash = await execute(c, proposal);
    await expectEvent(c.stage, hash, c.slashing, "SlashExecuted", {
      id: await idOf(c, proposal),
      worker: WORKER,
      amount: units(1_000),
      bounty: units(100),
    });
    await expectEvent(c.stage, hash, c.registry, "WorkerSlashed", {
      worker: WORKER,
      amount: units(1_000),
      receiver: treasury,
      bounty: units(100),
      reporter: alice,
      collateral: units(1_000),
      thawing: 0n,
      reserved: 0n,
    });
    expect(await stateOf(c, proposal)).toBe("Executed");
    expect(await c.vpha.read.balanceOf([treasury])).toBe(units(900));
    expect(await c.vpha.read.balanceOf([alice])).toBe(units(100));
    expect(await c.vpha.read.balanceOf([c.registry.address])).toBe(units(1_000));
    await c.reattest(MACHINE);
    expect(await registryState(c, WORKER)).toEqual(["Lapsed", "Collateral"]);
  });

  it("rebutted, it waits for the judge until the judgement's end", async () => {
    const c = await load();
    const proposal = await c.propose(WORKER, units(500));
    await c.stage.travel(WEEK - 1n);
    const hash = await rebut(c, proposal);
    await expectEvent(c.stage, hash, c.slashing, "SlashRebutted", {
      id: await idOf(c, proposal),
      worker: WORKER,
      rebuttalHash: REBUTTAL,
      rebuttalUri: "ipfs://rebuttal",
    });
    expect(await stateOf(c, proposal)).toBe("Rebutted");
    await expectRevert(rebut(c, proposal), "Slashing_WrongState", [await idOf(c, proposal), 2]);
    await c.stage.travelTo(BigInt(proposal.judgementUntil) - 1n);
    await expectRevert(execute(c, proposal), "Slashing_TooEarly", [proposal.judgementUntil]);
    await c.stage.travel(1n);
    await execute(c, proposal);
    expect((await viewOf(c)).collateral).toBe(COLLATERAL - units(500));
  });

  it.each(["Open", "Rebutted"] as const)("%s, the judge rejects it, even after its windows", async (state) => {
    const c = await load();
    const proposal = await c.propose(WORKER, units(500));
    if (state === "Rebutted") await rebut(c, proposal);
    await c.stage.travel(20n * DAY);
    const hash = await reject(c, proposal);
    const id = await idOf(c, proposal);
    await expectEvent(c.stage, hash, c.slashing, "SlashRejected", { id, worker: WORKER });
    await expectEvent(c.stage, hash, c.registry, "CollateralReleased", {
      worker: WORKER,
      amount: units(500),
      reserved: 0n,
    });
    expect(await stateOf(c, proposal)).toBe("Rejected");
    expect(await viewOf(c)).toMatchObject({ collateral: COLLATERAL, reserved: 0n });
  });

  it.each(["Open", "Rebutted"] as const)("%s, the slasher takes it back", async (state) => {
    const c = await load();
    const proposal = await c.propose(WORKER, units(500));
    if (state === "Rebutted") await rebut(c, proposal);
    const hash = await withdraw(c, proposal);
    await expectEvent(c.stage, hash, c.slashing, "SlashWithdrawn", { id: await idOf(c, proposal), worker: WORKER });
    expect(await stateOf(c, proposal)).toBe("Withdrawn");
    expect((await viewOf(c)).reserved).toBe(0n);
  });

  it("what has ended stays as it ended", async () => {
    const c = await load();
    const ends = [
      { end: "Executed", by: execute },
      { end: "Rejected", by: reject },
      { end: "Withdrawn", by: withdraw },
    ] as const;
    const proposals = await Promise.all(ends.map((_, index) => c.propose(WORKER, units(100 + index))));
    await c.stage.travel(WEEK);
    for (const [index, { end, by }] of ends.entries()) {
      const proposal = proposals[index];
      if (proposal === undefined) throw new Error("no proposal");
      await by(c, proposal);
      const args = [await idOf(c, proposal), PROPOSAL_STATES.indexOf(end)];
      for (const again of [execute, reject, withdraw, rebut]) {
        await expectRevert(again(c, proposal), "Slashing_WrongState", args);
      }
    }
    const never: Proposal = { ...(await c.propose(WORKER, units(5))), evidenceHash: REBUTTAL };
    for (const call of [execute, reject, withdraw, rebut]) {
      await expectRevert(call(c, never), "Slashing_WrongState", [await idOf(c, never), 0]);
    }
  });

  it("is for its own people: the operator rebuts, the judge rejects, the slasher withdraws", async () => {
    const c = await load();
    const { stranger, operator } = c.actors;
    const proposal = await c.propose(WORKER, units(100));
    await expectRevert(rebut(c, proposal, stranger), "Slashing_NotOperator", [stranger, operator]);
    for (const account of [stranger, operator, c.slasher]) {
      await expectRevert(c.slashing.write.reject([proposal], { account }), "Slashing_NotJudge", [account]);
    }
    for (const account of [stranger, operator, c.actors.governance]) {
      await expectRevert(c.slashing.write.withdraw([proposal], { account }), "Slashing_NotSlasher", [account]);
    }
    // Who is the operator when it comes to it.
    await c.registry.write.proposeOperator([WORKER, c.actors.alice], { account: operator });
    await c.registry.write.acceptOperator([WORKER], { account: c.actors.alice });
    await expectRevert(rebut(c, proposal), "Slashing_NotOperator", [operator, c.actors.alice]);
    await rebut(c, proposal, c.actors.alice);
  });
});
