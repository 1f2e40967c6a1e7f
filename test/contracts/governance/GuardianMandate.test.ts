/** The guardian's mandate: what it opens, for whom, until when; and how little a thief of the guardian's key can do with it. */
import type { Address, Hex } from "viem";
import { describe, expect, it } from "vitest";
import { guardianMandateAbi } from "../../../deploy/generated/abis.ts";
import { machineOf } from "../../helpers/compute.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import { type Governance, openGovernance, operationOf } from "../../helpers/governance.ts";
import { SWITCH } from "../../helpers/registry.ts";
import { DAY, HOUR, YEAR, fixture } from "../../helpers/stage.ts";
import { UNIT, units } from "../../helpers/suite.ts";
import { NOBODY } from "../../helpers/workers.ts";

const load = fixture(openGovernance);

const MAX_TERM = 366n * DAY;
const SOME_ID: Hex = `0x${"11".repeat(32)}`;

/** Each of the guardian's calls, in an order in which all succeed. */
const calls = (g: Governance, account: Address): readonly (readonly [string, () => Promise<Hex>])[] => {
  const { mandate, stage } = g;
  const as = { account };
  return [
    ["pauseDeposits", () => mandate.write.pauseDeposits([stage.now() + DAY], as)],
    ["resumeDeposits", () => mandate.write.resumeDeposits(as)],
    ["pauseRegistrations", () => mandate.write.pauseRegistrations([stage.now() + DAY], as)],
    ["resumeRegistrations", () => mandate.write.resumeRegistrations(as)],
    ["switchOff", () => mandate.write.switchOff([SWITCH.ppid, SOME_ID, Number(stage.now() + DAY)], as)],
    ["liftOwnSwitch", () => mandate.write.liftOwnSwitch([SWITCH.ppid, SOME_ID], as)],
    ["resign", () => mandate.write.resign(as)],
  ];
};

async function expectRefused(g: Governance, account: Address, name: string, args: readonly unknown[]): Promise<void> {
  for (const [, call] of calls(g, account)) await expectRevert(call(), name, args);
}

describe("the mandate", () => {
  it("is for the account and the term of its construction", async () => {
    const g = await load();
    const { mandate, stage, actors, vpha, registry, attestation } = g;
    expect(await mandate.read.guardian()).toBe(actors.guardian);
    expect(await mandate.read.end()).toBe(Number(stage.now() + YEAR));
    expect(await mandate.read.MAX_TERM()).toBe(MAX_TERM);
    expect(await mandate.read.vpha()).toBe(vpha.address);
    expect(await mandate.read.workerRegistry()).toBe(registry.address);
    expect(await mandate.read.attestationRegistry()).toBe(attestation.registry.address);

    const create = (guardian: Address, term: bigint) =>
      stage.deploy("GuardianMandate", guardianMandateAbi, [
        g.authority.address,
        guardian,
        Number(term),
        vpha.address,
        registry.address,
        attestation.registry.address,
      ]);
    const latest = stage.now() + MAX_TERM;
    await expectRevert(create(NOBODY, DAY), "GuardianMandate_ZeroGuardian", []);
    await expectRevert(create(actors.bob, 0n), "GuardianMandate_InvalidEnd", [Number(stage.now()), latest]);
    await expectRevert(create(actors.bob, MAX_TERM + 1n), "GuardianMandate_InvalidEnd", [Number(latest + 1n), latest]);
    expect(await (await create(actors.bob, MAX_TERM)).read.end()).toBe(Number(latest));
  });

  it("opens each of the guardian's functions, and nothing else", async () => {
    const g = await load();
    const { actors, vpha, registry, attestation, stage } = g;
    for (const [name, call] of calls(g, actors.guardian)) await expect(call(), name).resolves.toBeDefined();
    // The functions themselves are the mandate's, not the guardian's.
    const as = { account: actors.guardian };
    const until = stage.now() + DAY;
    const refusal = ["AccessManagedUnauthorized", [actors.guardian]] as const;
    await expectRevert(vpha.write.pauseDeposits([until], as), ...refusal);
    await expectRevert(registry.write.pauseRegistrations([until], as), ...refusal);
    await expectRevert(attestation.registry.write.switchOff([SWITCH.ppid, SOME_ID, Number(until)], as), ...refusal);
    await expectRevert(attestation.registry.write.confirmSwitch([SWITCH.ppid, SOME_ID], as), ...refusal);
  });

  it("does what the contracts say it does", async () => {
    const { mandate, vpha, registry, attestation, actors, stage } = await load();
    const as = { account: actors.guardian };
    const until = stage.now() + 7n * DAY;
    await mandate.write.pauseDeposits([until], as);
    await mandate.write.pauseRegistrations([until], as);
    await mandate.write.switchOff([SWITCH.workload, attestation.id, Number(until)], as);
    expect(await vpha.read.depositsPausedUntil()).toBe(until);
    expect(await registry.read.registrationsPausedUntil()).toBe(until);
    const offUntil = () => attestation.registry.read.switchedOffUntil([SWITCH.workload, attestation.id]);
    expect(await offUntil()).toBe(Number(until));
    await mandate.write.resumeDeposits(as);
    await mandate.write.resumeRegistrations(as);
    await mandate.write.liftOwnSwitch([SWITCH.workload, attestation.id], as);
    expect(await vpha.read.depositsPausedUntil()).toBe(stage.now());
    expect(await registry.read.registrationsPausedUntil()).toBe(stage.now());
    expect(await offUntil()).toBe(0);
  });

  it("is no stranger's, and not governance's", async () => {
    const g = await load();
    for (const account of [g.actors.stranger, g.actors.governance, g.actors.alice, g.mandate.address]) {
      await g.stage.impersonate(account);
      await expectRefused(g, account, "GuardianMandate_NotGuardian", [account]);
    }
  });

  it("ends by itself, to the second", async () => {
    const g = await load();
    const { stage, mandate, actors } = g;
    const end = stage.now() + YEAR;
    await stage.travelTo(end - 1n);
    await mandate.write.pauseDeposits([stage.now() + 7n * DAY], { account: actors.guardian });
    await stage.travelTo(end);
    await expectRefused(g, actors.guardian, "GuardianMandate_Ended", [Number(end)]);
    // What was paused ends by its own date.
    expect(await g.vpha.read.depositsPausedUntil()).toBe(end - 1n + 7n * DAY);
  });

  it("has nobody to dismiss in the second of its end", async () => {
    const g = await load();
    const end = g.stage.now() + YEAR;
    await g.stage.travelTo(end - 10n * DAY);
    const dismissal = operationOf(g.mandate, "dismiss", []);
    await g.schedule(dismissal, end);
    await g.stage.travelTo(end);
    await expectRevert(g.execute(dismissal), "GuardianMandate_Ended", [Number(end)]);
  });

  it("ends when the guardian resigns, for good", async () => {
    const g = await load();
    const { stage, mandate, actors } = g;
    const { guardian } = actors;
    await stage.travel(DAY);
    await expectEvent(stage, mandate.write.resign({ account: guardian }), mandate, "GuardianDismissed", { guardian });
    await expectRefused(g, guardian, "GuardianMandate_Ended", [Number(stage.now())]);
    await expectRevert(g.act(operationOf(mandate, "dismiss", [])), "GuardianMandate_Ended");
  });

  it("ends 7 days after governance has decided so, and nobody can stop that", async () => {
    const g = await load();
    const { stage, mandate, authority, actors } = g;
    const { guardian } = actors;
    const dismissal = operationOf(mandate, "dismiss", []);
    await expectRevert(mandate.write.dismiss({ account: guardian }), "AccessManagedUnauthorized", [guardian]);
    await g.schedule(dismissal);
    const { target, data } = dismissal;
    await expectRevert(g.lock(actors.alice, dismissal, units(500_000)), "VetoLock_NotVetoable", [
      target,
      data.slice(0, 10),
    ]);
    for (const account of [guardian, actors.stranger, g.governor.address]) {
      await stage.impersonate(account);
      await expectRevert(
        authority.write.cancel([actors.governance, target, data], { account }),
        "AccessManagerUnauthorizedCancel",
        [account, actors.governance, target, data.slice(0, 10)],
      );
    }
    await stage.travel(7n * DAY - 1n);
    await expectRevert(g.execute(dismissal), "AccessManagerNotReady");
    await stage.travel(1n);
    await expectEvent(stage, g.execute(dismissal), mandate, "GuardianDismissed", { guardian });
    await expectRefused(g, guardian, "GuardianMandate_Ended", [Number(stage.now())]);
  });

  it("goes to another by the slowest class, within bounds; the former guardian is a stranger then", async () => {
    const g = await load();
    const { stage, mandate, actors } = g;
    const { guardian, bob } = actors;
    const readyAt = stage.now() + 52n * DAY;
    const latest = readyAt + MAX_TERM;
    const appoint = (who: Address, end: bigint) => operationOf(mandate, "appoint", [who, Number(end)]);
    const refused = [
      [appoint(NOBODY, readyAt + DAY), "GuardianMandate_ZeroGuardian", []],
      [appoint(bob, readyAt), "GuardianMandate_InvalidEnd", [Number(readyAt), latest]],
      [appoint(bob, latest + 1n), "GuardianMandate_InvalidEnd", [Number(latest + 1n), latest]],
    ] as const;
    for (const [operation] of refused) await g.schedule(operation);
    const [last, next] = [appoint(bob, latest), appoint(bob, readyAt + 1n)];
    await g.schedule(last);
    await g.schedule(next);
    for (const account of [guardian, actors.stranger]) {
      await expectRevert(mandate.write.appoint([guardian, Number(latest)], { account }), "AccessManagedUnauthorized", [
        account,
      ]);
    }
    await stage.travelTo(readyAt);
    for (const [operation, name, args] of refused) await expectRevert(g.execute(operation), name, args);
    await expectEvent(stage, g.execute(last), mandate, "GuardianAppointed", { guardian: bob, end: Number(latest) });
    await expectRefused(g, guardian, "GuardianMandate_NotGuardian", [guardian]);
    for (const [name, call] of calls(g, bob)) await expect(call(), name).resolves.toBeDefined();
    // After resigning, too: governance may appoint the same again.
    await g.execute(next);
    expect(await mandate.read.end()).toBe(Number(readyAt) + 1);
    await stage.travel(1n);
    await expectRefused(g, bob, "GuardianMandate_Ended", [Number(readyAt) + 1]);
  });
});

type Interval = readonly [from: bigint, to: bigint];
const max = (a: bigint, b: bigint) => (a > b ? a : b);
const min = (a: bigint, b: bigint) => (a < b ? a : b);
/** Seconds of `dark` that lie in the 365 days before `end`. */
const inYear = (dark: readonly Interval[], end: bigint): bigint =>
  dark.reduce((sum, [from, to]) => sum + max(0n, min(to, end) - max(from, end - YEAR)), 0n);
const worstYear = (dark: readonly Interval[]): bigint =>
  dark.map(([, to]) => inYear(dark, to)).reduce((worst, each) => max(worst, each), 0n);

/** A thief: whenever the contracts let him, he makes everything dark for as long as they let him. */
function thief(g: Governance) {
  const { mandate, stage, actors, attestation } = g;
  const as = { account: actors.guardian };
  const dark = { deposits: [] as Interval[], registrations: [] as Interval[], workers: [] as Interval[] };
  const attempt = async (kind: keyof typeof dark, length: bigint, call: (until: bigint) => Promise<Hex>) => {
    if ((dark[kind].at(-1)?.[1] ?? 0n) > stage.now()) return;
    const until = stage.now() + length;
    // The contracts decide; what is refused is tried again at the next step.
    if (await call(until).then(Boolean, () => false)) dark[kind].push([stage.now(), until]);
  };
  return {
    dark,
    strike: async (): Promise<void> => {
      await attempt("deposits", 7n * DAY, (until) => mandate.write.pauseDeposits([until], as));
      await attempt("registrations", 7n * DAY, (until) => mandate.write.pauseRegistrations([until], as));
      await attempt("workers", 14n * DAY, (until) =>
        mandate.write.switchOff([SWITCH.workload, attestation.id, Number(until)], as),
      );
    },
  };
}

describe("a stolen guardian's key", () => {
  const MACHINE = machineOf("one");

  it("keeps nothing dark for longer than the limits say, in any year, and no exit at any time", async () => {
    const g = await load();
    const { stage, vpha, registry, attestation, actors, mandate } = g;
    const { alice, bob, operator } = actors;
    const genesis = stage.now();
    await g.fundCollateral(operator, units(2_000));
    await g.register(MACHINE);
    const { dark, strike } = thief(g);
    // Nobody notices: the same guardian is appointed again when the first mandate ends.
    const renewal = operationOf(mandate, "appoint", [actors.guardian, Number(genesis + YEAR + 80n * DAY)]);

    let requested: Interval | undefined;
    let claims = 0;
    for (let day = 0n; day < 450n; day++) {
      if (stage.now() === genesis + YEAR - 100n * DAY) await g.schedule(renewal, genesis + YEAR);
      if (stage.now() === genesis + YEAR) await g.execute(renewal);
      await strike();
      if (day === 1n) {
        // Everything is dark: the worker's weight is gone, nobody registers, nobody deposits; and the worker leaves.
        expect(await registry.read.standingOf([MACHINE.address])).toEqual([0, 0]);
        expect(await vpha.read.maxDeposit([bob])).toBe(0n);
        await registry.write.requestExit([MACHINE.address], { account: operator });
      }
      if (day === 22n) {
        const before = await vpha.read.balanceOf([operator]);
        await registry.write.finishExit([MACHINE.address, operator], { account: operator });
        expect(await vpha.read.balanceOf([operator])).toBe(before + units(1_250));
      }
      // Each week in turn: a transfer, a request, and the claim of the last one as soon as it has matured.
      if (day % 7n === 0n) await vpha.write.transfer([bob, UNIT], { account: alice });
      if (requested === undefined) {
        requested = [await g.request(alice, units(100)), stage.now() + 21n * DAY];
      } else if (stage.now() >= requested[1]) {
        await vpha.write.claim([[requested[0]], alice], { account: alice });
        requested = undefined;
        claims++;
      }
      await stage.travel(DAY);
    }
    expect(claims).toBe(20);
    // He got all that there is; and there is no more.
    expect(dark.deposits.length).toBeGreaterThan(3);
    expect(worstYear(dark.deposits)).toBe(21n * DAY);
    expect(worstYear(dark.registrations)).toBe(21n * DAY);
    expect(dark.workers).toHaveLength(8);
    expect(worstYear(dark.workers)).toBe(56n * DAY);
    for (const { length } of [dark.deposits, dark.registrations]) expect(length).toBeLessThanOrEqual(6);
    for (let i = 1; i < dark.deposits.length; i++) {
      const gap = (dark.deposits[i]?.[0] ?? 0n) - (dark.deposits[i - 1]?.[1] ?? 0n);
      expect(gap).toBeGreaterThanOrEqual(21n * DAY);
    }
    // The mandate is over: so is all of it.
    await expectRefused(g, actors.guardian, "GuardianMandate_Ended", [Number(genesis + YEAR + 80n * DAY)]);
    expect(await attestation.registry.read.switchedOffUntil([SWITCH.workload, attestation.id])).toBe(0);
    expect(await vpha.read.maxDeposit([bob])).toBeGreaterThan(0n);
  });

  it("opens nothing after the dismissal, 7 days after it was noticed; what he did ends within 14 days more", async () => {
    const g = await load();
    const { stage, vpha, registry, attestation, actors, mandate } = g;
    const { dark, strike } = thief(g);
    await strike();
    await stage.travel(DAY);
    const [noticed, dismissal] = [stage.now(), operationOf(mandate, "dismiss", [])];
    await g.schedule(dismissal);
    // Until the last second.
    while (stage.now() < noticed + 7n * DAY - 1n) {
      await strike();
      await stage.travel(min(HOUR, noticed + 7n * DAY - 1n - stage.now()));
    }
    // The longest that is left to him: a switch is lifted and set anew.
    const as = { account: actors.guardian };
    await mandate.write.liftOwnSwitch([SWITCH.workload, attestation.id], as);
    await mandate.write.switchOff([SWITCH.workload, attestation.id, Number(stage.now() + 14n * DAY)], as);
    await stage.travel(1n);
    await g.execute(dismissal);
    await expectRefused(g, actors.guardian, "GuardianMandate_Ended", [Number(stage.now())]);
    expect(dark.deposits).toHaveLength(1);

    await stage.travelTo(noticed + 21n * DAY);
    expect(await vpha.read.depositsPausedUntil()).toBeLessThan(stage.now());
    expect(await registry.read.registrationsPausedUntil()).toBeLessThan(stage.now());
    expect(await attestation.registry.read.switchedOffUntil([SWITCH.workload, attestation.id])).toBe(0);
    // Everything goes on.
    await g.fundCollateral(actors.operator, units(2_000));
    await g.register(MACHINE);
  });
});
