/** The veto: a tenth of all vPHA, locked against an operation, cancels it; a share counts once. */
import type { Hex } from "viem";
import { describe, expect, it } from "vitest";
import { expectRevert } from "../../helpers/errors.ts";
import { eventsOf, expectEvent } from "../../helpers/events.ts";
import {
  type Governance,
  type Operation,
  STAKES,
  WINDOW,
  openGovernance,
  operationOf,
  pass,
} from "../../helpers/governance.ts";
import { signPermit } from "../../helpers/permit.ts";
import { ROLES } from "../../../deploy/roles.ts";
import { DAY, fixture } from "../../helpers/stage.ts";
import { UNIT, units } from "../../helpers/suite.ts";

const load = fixture(openGovernance);

const COOLDOWN = 7n * DAY;
/** A tenth of the 1,000,000 that there are. */
const THRESHOLD = units(100_000);
const UNKNOWN: Hex = `0x${"22".repeat(32)}`;

const setCeiling = (g: Governance, ceiling = UNIT / 10n): Operation => operationOf(g.rewards, "setCeiling", [ceiling]);

const unlock = (g: Governance, [id, nonce]: readonly [Hex, number], account = g.actors.alice, receiver = account) =>
  g.vetoLock.write.unlock([id, nonce, receiver], { account });
const end = (g: Governance, key: readonly [Hex, number]) => g.vetoLock.write.end(key, { account: g.actors.stranger });
const bar = (g: Governance, { target, data }: Operation, caller = g.actors.governance) =>
  g.vetoLock.write.bar([caller, target, data], { account: g.actors.stranger });
const veto = (g: Governance, { target, data }: Operation, caller = g.actors.governance) =>
  g.vetoLock.write.veto([caller, target, data], { account: g.actors.stranger });

describe("the threshold", () => {
  it("is a tenth of the supply, rounded up", async () => {
    const g = await load();
    expect(await g.vetoLock.read.threshold()).toBe(THRESHOLD);
    expect(await g.vetoLock.read.COOLDOWN()).toBe(COOLDOWN);
    for (const [burnt, threshold] of [
      [1n, THRESHOLD],
      [8n, THRESHOLD],
      [1n, THRESHOLD - 1n],
    ] as const) {
      await g.request(g.actors.alice, burnt);
      expect(await g.vetoLock.read.threshold()).toBe(threshold);
    }
  });

  it("cancels at once, by the lock that reaches it and by none before", async () => {
    const g = await load();
    const { stage, vetoLock, authority, actors, vpha } = g;
    const { alice, bob, carol } = actors;
    const operation = setCeiling(g);
    await g.schedule(operation);
    const [id, nonce] = await g.keyOf(operation);
    await expectEvent(stage, g.lock(alice, operation, units(60_000)), vetoLock, "Locked", {
      operationId: id,
      nonce,
      account: alice,
      amount: units(60_000),
      total: units(60_000),
    });
    await g.lock(bob, operation, THRESHOLD - units(60_000) - 1n);
    expect(await g.readyAt(operation)).toBe(stage.now() + 7n * DAY);
    await expectRevert(veto(g, operation), "VetoLock_BelowThreshold", [THRESHOLD - 1n, THRESHOLD]);

    const hash = await g.lock(carol, operation, 1n);
    await expectEvent(stage, hash, vetoLock, "Vetoed", {
      operationId: id,
      nonce,
      total: THRESHOLD,
      supply: units(1_000_000),
    });
    await expectEvent(stage, hash, authority, "OperationCanceled", { operationId: id, nonce });
    await expectEvent(stage, hash, vetoLock, "Ended", { operationId: id, nonce, freeAt: stage.now() + COOLDOWN });
    expect(await g.readyAt(operation)).toBe(0n);
    expect(await vetoLock.read.lockedAgainst([id, nonce])).toBe(THRESHOLD);
    expect(await vetoLock.read.lockedBy([id, nonce, bob])).toBe(THRESHOLD - units(60_000) - 1n);
    expect(await vpha.read.balanceOf([vetoLock.address])).toBe(THRESHOLD);

    await stage.travel(7n * DAY);
    await expectRevert(g.execute(operation), "AccessManagerNotScheduled", [id]);
    await expectRevert(g.lock(alice, operation, 1n), "VetoLock_NotScheduled", [id]);
    await expectRevert(veto(g, operation), "VetoLock_NotScheduled", [id]);
  });

  it("counts until the second in which the operation is executed or expires", async () => {
    const g = await load();
    const { stage, actors } = g;
    const operation = setCeiling(g);
    await g.schedule(operation);
    await stage.travel(7n * DAY + WINDOW - 1n);
    await g.lock(actors.alice, operation, THRESHOLD);
    await expectRevert(g.execute(operation), "AccessManagerNotScheduled");

    await g.schedule(operation);
    await stage.travel(7n * DAY + WINDOW);
    await expectRevert(g.lock(actors.alice, operation, THRESHOLD), "VetoLock_NotScheduled");
  });

  it("comes too late once the operation is executed", async () => {
    const g = await load();
    const { actors, stage, rewards } = g;
    const operation = setCeiling(g);
    await g.schedule(operation);
    const key = await g.keyOf(operation);
    await g.lock(actors.alice, operation, THRESHOLD - 1n);
    await stage.travel(7n * DAY);
    await g.execute(operation);
    await expectRevert(g.lock(actors.bob, operation, THRESHOLD), "VetoLock_NotScheduled", [key[0]]);
    await expectRevert(veto(g, operation), "VetoLock_NotScheduled", [key[0]]);
    expect(await rewards.read.ceiling()).toBe(UNIT / 10n);
    await end(g, key);
    await stage.travel(COOLDOWN);
    await unlock(g, key);
  });

  it("is reached, too, when the supply falls: then anyone cancels", async () => {
    const g = await load();
    const { actors, stage, vetoLock } = g;
    const operation = setCeiling(g);
    await g.schedule(operation);
    const key = await g.keyOf(operation);
    await g.lock(actors.alice, operation, THRESHOLD - units(10_000));
    await expectRevert(veto(g, operation), "VetoLock_BelowThreshold", [THRESHOLD - units(10_000), THRESHOLD]);
    await g.request(actors.bob, units(100_000));
    const hash = await veto(g, operation);
    await expectEvent(stage, hash, vetoLock, "Vetoed", { operationId: key[0], supply: units(900_000) });
    expect(await g.readyAt(operation)).toBe(0n);
    await expectRevert(veto(g, operation), "VetoLock_NotScheduled");
  });

  it("is not reached by nothing, even when there is no supply", async () => {
    const g = await load();
    const { vpha, vetoLock, actors } = g;
    for (const account of [actors.alice, actors.bob, actors.carol]) {
      await g.request(account, await vpha.read.balanceOf([account]));
    }
    expect(await vetoLock.read.threshold()).toBe(0n);
    const operation = setCeiling(g);
    await g.schedule(operation);
    await expectRevert(veto(g, operation), "VetoLock_BelowThreshold", [0n, 0n]);
  });
});

describe("what can be vetoed", () => {
  it("is every class but what tightens", async () => {
    const g = await load();
    const { actors, authority, mandate, attestation, emission, treasury, registry } = g;
    const { target } = setCeiling(g);
    const vetoable = [
      setCeiling(g),
      operationOf(treasury, "closeBudget", [UNKNOWN]),
      operationOf(attestation.registry, "setVerifier", [registry.address]),
      operationOf(emission, "replaceSink", [1, actors.mallory]),
      operationOf(mandate, "appoint", [actors.mallory, 1]),
      // The authority's own: a role for whoever is not wanted, the end of the veto, and another class.
      operationOf(authority, "grantRole", [ROLES.core, actors.mallory, Number(52n * DAY)]),
      operationOf(authority, "revokeRole", [ROLES.veto, g.vetoLock.address]),
      operationOf(authority, "setTargetFunctionRole", [target, ["0x12345678"], ROLES.guardian]),
      operationOf(authority, "setTargetClosed", [target, true]),
    ];
    for (const operation of vetoable) {
      await g.schedule(operation);
      await g.lock(actors.bob, operation, 1n);
      expect(await g.readyAt(operation)).toBeGreaterThan(0n);
    }
    const tightening = [
      operationOf(mandate, "dismiss", []),
      operationOf(attestation.registry, "raiseFloors", [{ minTcbDay: 1, minQeIsvSvn: 0, allowedStatuses: 0 }]),
      operationOf(attestation.registry, "removeImage", [attestation.id]),
      operationOf(attestation.registry, "removeShape", [attestation.id, "0x"]),
      operationOf(attestation.registry, "confirmSwitch", [0, UNKNOWN]),
    ];
    for (const operation of tightening) {
      await g.schedule(operation);
      const refusal = ["VetoLock_NotVetoable", [operation.target, operation.data.slice(0, 10)]] as const;
      await expectRevert(g.lock(actors.alice, operation, THRESHOLD), ...refusal);
      await expectRevert(veto(g, operation), "VetoLock_BelowThreshold", [0n, THRESHOLD]);
    }
  });

  it("is the authority's own grant of a role: who would have had it does not get it", async () => {
    const g = await load();
    const { actors, authority, stage } = g;
    const grant = operationOf(authority, "grantRole", [ROLES.admin, actors.mallory, Number(52n * DAY)]);
    await g.schedule(grant);
    await stage.travel(52n * DAY - 1n);
    await g.lock(actors.carol, grant, await g.vetoLock.read.threshold());
    await stage.travel(1n);
    await expectRevert(g.execute(grant), "AccessManagerNotScheduled");
    expect(await authority.read.membersOf([ROLES.admin])).not.toContain(actors.mallory);
  });

  it("is what the governor has scheduled, too, and only under its name", async () => {
    const g = await load();
    const { actors, governor } = g;
    await g.wrap(actors.alice, units(300_000));
    const operation = setCeiling(g);
    const proposal = await pass(g, [operation]);
    await g.queue(proposal);
    await expectRevert(g.lock(actors.bob, operation, THRESHOLD), "VetoLock_NotScheduled");
    await g.lock(actors.bob, operation, await g.vetoLock.read.threshold(), governor.address);
    expect(await g.stateOf(proposal)).toBe("Canceled");
  });
});

describe("a locked share", () => {
  it("counts against one operation only, until that is gone and 7 days longer", async () => {
    const g = await load();
    const { actors, stage, vpha, vetoLock } = g;
    const { carol } = actors;
    const [first, second] = [setCeiling(g), setCeiling(g, UNIT / 5n)];
    await g.schedule(first);
    await g.schedule(second, stage.now() + 30n * DAY);
    const key = await g.keyOf(first);
    // All that carol has: a tenth of all.
    await g.lock(carol, first, THRESHOLD - 1n);
    expect(await vpha.read.balanceOf([carol])).toBe(1n);
    await expectRevert(g.lock(carol, second, THRESHOLD - 1n), "ERC20InsufficientBalance");
    await expectRevert(unlock(g, key, carol), "VetoLock_StillScheduled", key);
    await g.lock(carol, first, 1n);
    await expectRevert(unlock(g, key, carol), "VetoLock_StillLocked", [stage.now() + COOLDOWN]);
    await stage.travel(COOLDOWN - 1n);
    await expectRevert(unlock(g, key, carol), "VetoLock_StillLocked", [stage.now() + 1n]);
    await stage.travel(1n);
    await expectEvent(stage, unlock(g, key, carol), vetoLock, "Unlocked", {
      operationId: key[0],
      nonce: key[1],
      account: carol,
      amount: THRESHOLD,
    });
    expect(await vpha.read.balanceOf([carol])).toBe(THRESHOLD);
    expect(await vetoLock.read.lockedAgainst(key)).toBe(0n);
    await g.lock(carol, second, THRESHOLD);
    expect(await g.readyAt(second)).toBe(0n);
  });

  it("goes on earning", async () => {
    const g = await load();
    const { actors, stage, vpha } = g;
    const operation = setCeiling(g);
    await g.schedule(operation);
    const before = await vpha.read.convertToAssets([UNIT]);
    await g.lock(actors.carol, operation, THRESHOLD);
    await stage.travel(COOLDOWN);
    const key = await g.keyOf(operation);
    await unlock(g, key, actors.carol);
    const id = await g.request(actors.carol, THRESHOLD);
    expect(await vpha.read.convertToAssets([UNIT])).toBeGreaterThan(before);
    await stage.travel(21n * DAY);
    await vpha.write.claim([[id], actors.carol], { account: actors.carol });
  });

  it("counts only as often as it was transferred to the lock: one operation's locks free nobody else's", async () => {
    const g = await load();
    const { actors, stage, vpha } = g;
    const { alice, bob, mallory } = actors;
    const operation = setCeiling(g);
    await g.schedule(operation);
    const key = await g.keyOf(operation);
    await g.lock(alice, operation, units(50_000));
    await g.lock(bob, operation, units(20_000));
    await stage.travel(7n * DAY);
    await g.execute(operation);
    await end(g, key);
    await stage.travel(COOLDOWN);
    await expectRevert(unlock(g, key, mallory), "VetoLock_NothingLocked", [...key, mallory]);
    await unlock(g, key, bob, mallory);
    expect(await vpha.read.balanceOf([mallory])).toBe(units(20_000));
    await expectRevert(unlock(g, key, bob), "VetoLock_NothingLocked", [...key, bob]);
    expect(await vpha.read.balanceOf([g.vetoLock.address])).toBe(units(50_000));
    await unlock(g, key, alice);
    expect(await vpha.read.balanceOf([g.vetoLock.address])).toBe(0n);
  });

  it("is free 7 days after somebody has seen the operation gone: anyone may say so, once", async () => {
    const g = await load();
    const { actors, stage, vetoLock, authority } = g;
    const operation = setCeiling(g);
    await g.schedule(operation);
    const key = await g.keyOf(operation);
    const scheduledAt = stage.now();
    await g.lock(actors.alice, operation, 5n);
    const latest = scheduledAt + 7n * DAY + WINDOW + COOLDOWN;
    expect(await vetoLock.read.freeAt(key)).toBe(latest);
    await expectRevert(end(g, key), "VetoLock_StillScheduled", key);
    await authority.write.cancel([actors.governance, operation.target, operation.data], {
      account: actors.governance,
    });
    await stage.travel(DAY);
    const freeAt = stage.now() + COOLDOWN;
    await expectEvent(stage, end(g, key), vetoLock, "Ended", { operationId: key[0], nonce: key[1], freeAt });
    await stage.travel(DAY);
    // Again changes nothing.
    await end(g, key);
    expect(await vetoLock.read.freeAt(key)).toBe(freeAt);
    await stage.travelTo(freeAt);
    await unlock(g, key);
  });

  it("begins to be free by an unlock that comes too early, which pays nothing yet", async () => {
    const g = await load();
    const { actors, stage, vetoLock, vpha } = g;
    const operation = setCeiling(g);
    await g.schedule(operation);
    const key = await g.keyOf(operation);
    await g.lock(actors.alice, operation, units(1));
    const before = await vpha.read.balanceOf([actors.alice]);
    await stage.travel(7n * DAY);
    await g.execute(operation);
    const { result } = await vetoLock.simulate.unlock([...key, actors.alice], { account: actors.alice });
    expect(result).toBe(0n);
    await unlock(g, key);
    expect(await vpha.read.balanceOf([actors.alice])).toBe(before);
    const freeAt = stage.now() + COOLDOWN;
    await expectRevert(unlock(g, key), "VetoLock_StillLocked", [freeAt]);
    await stage.travelTo(freeAt);
    await unlock(g, key);
    expect(await vpha.read.balanceOf([actors.alice])).toBe(before + units(1));
  });

  it("is free 7 days after an operation has expired, whoever notices when", async () => {
    const g = await load();
    const { actors, stage, vetoLock, vpha } = g;
    const operation = setCeiling(g);
    await g.schedule(operation);
    const key = await g.keyOf(operation);
    await g.lock(actors.alice, operation, units(1));
    await g.lock(actors.bob, operation, units(1));
    const expiry = stage.now() + 7n * DAY + WINDOW;
    await stage.travelTo(expiry - 1n);
    await expectRevert(unlock(g, key), "VetoLock_StillScheduled", key);
    await stage.travelTo(expiry + COOLDOWN - 1n);
    await unlock(g, key);
    expect(await vetoLock.read.lockedBy([...key, actors.alice])).toBe(units(1));
    await stage.travelTo(expiry + COOLDOWN);
    const before = await vpha.read.balanceOf([actors.alice]);
    await unlock(g, key);
    expect(await vpha.read.balanceOf([actors.alice])).toBe(before + units(1));

    // Nobody has said anything, until long after.
    await stage.travel(365n * DAY);
    await unlock(g, key, actors.bob);
    expect(await vpha.read.balanceOf([vetoLock.address])).toBe(0n);
  });

  it("does not count against the same call scheduled again: that is another operation", async () => {
    const g = await load();
    const { actors, stage, vetoLock, authority } = g;
    const { alice, bob, carol, governance } = actors;
    const operation = setCeiling(g);
    const { target, data } = operation;
    await g.schedule(operation);
    const first = await g.keyOf(operation);
    await g.lock(alice, operation, units(60_000));
    await authority.write.cancel([governance, target, data], { account: governance });
    await g.schedule(operation);
    const second = await g.keyOf(operation);
    expect(second).toEqual([first[0], first[1] + 1]);
    expect(await vetoLock.read.lockedAgainst(second)).toBe(0n);
    await g.lock(bob, operation, units(60_000));
    expect(await g.readyAt(operation)).toBeGreaterThan(0n);
    // The first is gone, although its id waits.
    await end(g, first);
    await expectRevert(end(g, second), "VetoLock_StillScheduled", second);
    await stage.travel(COOLDOWN);
    await unlock(g, first, alice);
    await expectRevert(unlock(g, second, bob), "VetoLock_StillScheduled", second);
    await g.lock(carol, operation, (await vetoLock.read.threshold()) - units(60_000));
    expect(await g.readyAt(operation)).toBe(0n);
  });
});

describe("an operation that is scheduled again right after its veto", () => {
  /** Vetoed and scheduled again in the same second; who has vetoed takes his shares back as soon as he can. */
  const again = async (operation: Operation, g: Governance) => {
    const { carol } = g.actors;
    await g.schedule(operation);
    const key = await g.keyOf(operation);
    await g.lock(carol, operation, THRESHOLD);
    await g.schedule(operation);
    await g.stage.travel(COOLDOWN);
    await unlock(g, key, carol);
  };

  it("is vetoed by the same shares again, with weeks to spare in the slower classes", async () => {
    const g = await load();
    const operation = operationOf(g.emission, "replaceSink", [1, g.actors.mallory]);
    await again(operation, g);
    await g.stage.travel(45n * DAY - 1n);
    await expectRevert(g.execute(operation), "AccessManagerNotReady");
    await g.lock(g.actors.carol, operation, THRESHOLD);
    await expectRevert(g.execute(operation), "AccessManagerNotScheduled");
  });

  it("is cancelled by anyone, without a share: the first ones are free only when it is ready", async () => {
    const g = await load();
    const operation = setCeiling(g);
    await again(operation, g);
    const hash = await bar(g, operation);
    await expectEvent(g.stage, hash, g.vetoLock, "Barred", { operationId: (await g.keyOf(operation))[0] });
    // In this order: whoever follows the events takes an operation for vetoed that was cancelled before.
    const [cancelled] = await eventsOf(g.stage, hash, g.authority, "OperationCanceled");
    const [barred] = await eventsOf(g.stage, hash, g.vetoLock, "Barred");
    expect(cancelled?.logIndex).toBeLessThan(barred?.logIndex ?? -1);
    await expectRevert(g.execute(operation), "AccessManagerNotScheduled");
  });

  it("frees who has locked against it too, from then on", async () => {
    const g = await load();
    const { alice } = g.actors;
    const operation = setCeiling(g);
    await again(operation, g);
    await g.lock(alice, operation, 1n);
    const [operationId, nonce] = await g.keyOf(operation);
    const freeAt = g.stage.now() + COOLDOWN;
    await expectEvent(g.stage, bar(g, operation), g.vetoLock, "Ended", { operationId, nonce, freeAt });
    await g.stage.travel(COOLDOWN);
    await unlock(g, [operationId, nonce]);
    expect(await g.vetoLock.read.lockedBy([operationId, nonce, alice])).toBe(0n);
  });

  it("is barred for eight days, and no longer: then the same shares can veto it in time", async () => {
    const g = await load();
    const { actors, stage, vetoLock } = g;
    const operation = setCeiling(g);
    await g.schedule(operation);
    const key = await g.keyOf(operation);
    await g.lock(actors.carol, operation, THRESHOLD);
    const until = stage.now() + 8n * DAY;
    expect(
      await vetoLock.read.barredUntil([actors.governance, operation.target, operation.data.slice(0, 10) as Hex]),
    ).toBe(until);
    await stage.travel(8n * DAY);
    await g.schedule(operation);
    await bar(g, operation);
    await stage.travel(1n);
    await g.schedule(operation);
    await expectRevert(bar(g, operation), "VetoLock_NotBarred", [stage.now(), until]);
    await unlock(g, key, actors.carol);
    await stage.travel(DAY);
    await g.lock(actors.carol, operation, THRESHOLD);
    expect(await g.readyAt(operation)).toBe(0n);
  });
});

describe("one call under many ids", () => {
  /** The same call with bytes after its arguments, which Solidity does not look at. */
  const padded = ({ target, data }: Operation, byte: number): Operation => ({
    target,
    data: `${data}${byte.toString(16).padStart(2, "0")}`,
  });

  it("is vetoed once: whatever else was scheduled of the function goes with it", async () => {
    const g = await load();
    const { actors, stage } = g;
    const operation = operationOf(g.emission, "replaceSink", [1, actors.mallory]);
    const variants = [1, 2, 3].map((byte) => padded(operation, byte));
    const other = setCeiling(g);
    for (const each of [operation, ...variants, other]) await g.schedule(each);
    for (const each of variants) await expectRevert(bar(g, each), "VetoLock_NotBarred", [stage.now(), 0n]);
    await g.lock(actors.carol, operation, THRESHOLD);
    for (const each of variants) {
      await bar(g, each);
      expect(await g.readyAt(each)).toBe(0n);
    }
    // Another function, another caller's, and what nobody scheduled are none of it.
    await expectRevert(bar(g, other), "VetoLock_NotBarred", [stage.now(), 0n]);
    await expectRevert(bar(g, padded(operation, 9)), "VetoLock_NotScheduled");
    expect(await g.readyAt(other)).toBeGreaterThan(0n);
  });
});

describe("a permit", () => {
  const signed = async (g: Governance, value: bigint) => {
    const { alice } = g.actors;
    const deadline = g.stage.now() + DAY;
    return signPermit(g.stage, g.vpha.address, { owner: alice, spender: g.vetoLock.address, value, deadline });
  };

  it("locks in one transaction, also when somebody was faster with it", async () => {
    const g = await load();
    const { actors, vpha, vetoLock } = g;
    const { alice, mallory } = actors;
    const operation = setCeiling(g);
    await g.schedule(operation);
    const key = await g.keyOf(operation);
    const { governance } = actors;
    const lock = (amount: bigint, { deadline, v, r, s }: Awaited<ReturnType<typeof signed>>, account = alice) =>
      vetoLock.write.lockWithPermit([governance, operation.target, operation.data, amount, deadline, v, r, s], {
        account,
      });
    await lock(units(10), await signed(g, units(10)));
    const second = await signed(g, units(20));
    const { owner, spender, value, deadline, v, r, s } = second;
    await vpha.write.permit([owner, spender, value, deadline, v, r, s], { account: mallory });
    await lock(units(20), second);
    expect(await vetoLock.read.lockedBy([...key, alice])).toBe(units(30));
    // None is needed where the allowance is there, and none helps anybody else.
    await vpha.write.approve([vetoLock.address, units(5)], { account: alice });
    await lock(units(5), { ...second, r: UNKNOWN });
    await expectRevert(lock(units(5), await signed(g, units(5)), mallory), "ERC20InsufficientAllowance");
    await expectRevert(lock(units(6), await signed(g, units(5))), "ERC20InsufficientAllowance");
  });
});

describe("hostile sequences", () => {
  it("nothing is locked by nothing, or against nothing, or against another's operation", async () => {
    const g = await load();
    const { actors } = g;
    const operation = setCeiling(g);
    const id = (await g.keyOf(operation))[0];
    await expectRevert(g.lock(actors.alice, operation, 1n), "VetoLock_NotScheduled", [id]);
    await g.schedule(operation);
    await expectRevert(g.lock(actors.alice, operation, 0n), "VetoLock_ZeroAmount", []);
    await expectRevert(g.lock(actors.alice, operation, 1n, actors.mallory), "VetoLock_NotScheduled");
    await expectRevert(g.lock(actors.alice, { ...operation, data: "0x" }, 1n), "VetoLock_NotScheduled");
  });

  it("of an operation that nobody has locked against, nothing is known and nothing is free", async () => {
    const g = await load();
    const { vetoLock, actors } = g;
    expect(await vetoLock.read.freeAt([UNKNOWN, 1])).toBe(0n);
    await expectRevert(end(g, [UNKNOWN, 1]), "VetoLock_StillScheduled", [UNKNOWN, 1]);
    await expectRevert(unlock(g, [UNKNOWN, 1]), "VetoLock_NothingLocked", [UNKNOWN, 1, actors.alice]);
    // Saying so before does not make a later lock free.
    const operation = setCeiling(g);
    const [id] = await g.keyOf(operation);
    await expectRevert(end(g, [id, 1]), "VetoLock_StillScheduled", [id, 1]);
    await g.schedule(operation);
    await g.lock(actors.alice, operation, 1n);
    await expectRevert(unlock(g, [id, 1]), "VetoLock_StillScheduled", [id, 1]);
  });

  it("an unlock is paid once, and leaves the others' shares where they are", async () => {
    const g = await load();
    const { actors, stage, vetoLock, vpha } = g;
    const [first, second] = [setCeiling(g), setCeiling(g, UNIT / 5n)];
    await g.schedule(first);
    await g.schedule(second, stage.now() + 60n * DAY);
    await g.lock(actors.alice, first, units(10));
    await g.lock(actors.bob, second, units(10));
    const key = await g.keyOf(first);
    await stage.travel(7n * DAY + WINDOW + COOLDOWN);
    await unlock(g, key);
    await expectRevert(unlock(g, key), "VetoLock_NothingLocked", [...key, actors.alice]);
    await expectRevert(unlock(g, await g.keyOf(second)), "VetoLock_NothingLocked");
    expect(await vpha.read.balanceOf([vetoLock.address])).toBe(units(10));
  });

  it("vPHA that is just sent to the contract counts against nothing", async () => {
    const g = await load();
    const { actors, vpha, vetoLock } = g;
    const operation = setCeiling(g);
    await g.schedule(operation);
    await vpha.write.transfer([vetoLock.address, THRESHOLD], { account: actors.alice });
    await expectRevert(veto(g, operation), "VetoLock_BelowThreshold", [0n, THRESHOLD]);
  });

  it("a borrowed tenth cannot be given back: it stays for 7 days", async () => {
    const g = await load();
    const { actors, vpha } = g;
    const { alice, mallory } = actors;
    await vpha.write.transfer([mallory, THRESHOLD], { account: alice });
    const operation = setCeiling(g);
    await g.schedule(operation);
    const key = await g.keyOf(operation);
    await g.lock(mallory, operation, THRESHOLD);
    await expectRevert(unlock(g, key, mallory, alice), "VetoLock_StillLocked");
    expect(await vpha.read.balanceOf([mallory])).toBe(0n);
    await g.stage.travel(COOLDOWN - 1n);
    await expectRevert(unlock(g, key, mallory, alice), "VetoLock_StillLocked");
    await g.stage.travel(1n);
    await unlock(g, key, mallory, alice);
    expect(await vpha.read.balanceOf([alice])).toBe(STAKES.alice);
  });
});
