/** The authority: what governance can no longer do once the floors are in force, and how long it has to wait for the rest. */
import { type Abi, type Address, type Hex, encodeFunctionData, getAbiItem, toFunctionSelector } from "viem";
import { describe, expect, it } from "vitest";
import { emissionVaultAbi, phalaAuthorityAbi, vphaAbi } from "../../../deploy/generated/abis.ts";
import { expectRefusal, expectRevert } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import { DAY, fixture } from "../../helpers/stage.ts";
import { ROLE, type Suite, actorsOf, deploySuite } from "../../helpers/suite.ts";

const FLOORS = [
  { name: "admin", role: 0n, floor: 52n * DAY },
  { name: "guardian", role: 1n, floor: 0n },
  { name: "parameters", role: 2n, floor: 7n * DAY },
  { name: "treasury", role: 3n, floor: 14n * DAY },
  { name: "periphery", role: 4n, floor: 30n * DAY },
  { name: "core", role: 5n, floor: 52n * DAY },
  { name: "tightening", role: 6n, floor: 7n * DAY },
  { name: "veto", role: 7n, floor: 0n },
] as const;

const CORE_DELAY = 52n * DAY;
const WINDOW = 14n * DAY;
const PUBLIC_ROLE = 2n ** 64n - 1n;

const selectorOf = (abi: Abi, name: string): Hex => {
  const item = getAbiItem({ abi, name });
  if (item?.type !== "function") throw new Error(`no function ${name}`);
  return toFunctionSelector(item);
};
const PAUSE = selectorOf(vphaAbi, "pauseDeposits");
const REPLACE = selectorOf(emissionVaultAbi, "replaceSink");

/** Calls of the authority to itself, encoded. */
const encode = {
  grant: (role: bigint, account: Address, delay: bigint) =>
    encodeFunctionData({ abi: phalaAuthorityAbi, functionName: "grantRole", args: [role, account, Number(delay)] }),
  revoke: (role: bigint, account: Address) =>
    encodeFunctionData({ abi: phalaAuthorityAbi, functionName: "revokeRole", args: [role, account] }),
  map: (target: Address, selector: Hex, role: bigint) =>
    encodeFunctionData({
      abi: phalaAuthorityAbi,
      functionName: "setTargetFunctionRole",
      args: [target, [selector], role],
    }),
  setRoleAdmin: (role: bigint, admin: bigint) =>
    encodeFunctionData({ abi: phalaAuthorityAbi, functionName: "setRoleAdmin", args: [role, admin] }),
  setRoleGuardian: (role: bigint, guardian: bigint) =>
    encodeFunctionData({ abi: phalaAuthorityAbi, functionName: "setRoleGuardian", args: [role, guardian] }),
  updateAuthority: (target: Address, authority: Address) =>
    encodeFunctionData({ abi: phalaAuthorityAbi, functionName: "updateAuthority", args: [target, authority] }),
};

const loadOpen = fixture((stage) => deploySuite(stage));

/** Sealed; governance is admin and has the core role, both with 52 days. */
const load = fixture(async (stage) => {
  const suite = await deploySuite(stage);
  const { authority, emission, actors } = suite;
  const { governance } = actors;
  const as = { account: governance };
  await authority.write.setTargetFunctionRole([emission.address, [REPLACE], ROLE.core], as);
  await authority.write.grantRole([ROLE.core, governance, Number(CORE_DELAY)], as);
  // Lowering and raising before: the delay in force now is the raised one.
  await authority.write.grantRole([ROLE.admin, governance, Number(CORE_DELAY)], as);
  await authority.write.seal(as);
  return { ...suite, ...acting(suite) };
});

/** How governance acts once the floors are in force: schedules, waits, executes. */
function acting({ stage, authority, actors }: Suite) {
  const as = { account: actors.governance };
  const schedule = (target: Address, data: Hex, when = 0n) =>
    authority.write.schedule([target, data, Number(when)], as);
  const execute = (target: Address, data: Hex) => authority.write.execute([target, data], as);
  return {
    as,
    schedule,
    execute,
    /** Schedules calls to the authority itself and waits until they can be executed. */
    prepare: async (...calls: readonly Hex[]): Promise<void> => {
      for (const data of calls) await schedule(authority.address, data);
      await stage.travel(CORE_DELAY);
    },
    executeOwn: (data: Hex) => execute(authority.address, data),
    act: async (data: Hex): Promise<Hex> => {
      await schedule(authority.address, data);
      await stage.travel(CORE_DELAY);
      return execute(authority.address, data);
    },
  };
}

describe("before sealing", () => {
  it("governance sets up without delay, and nobody else does", async () => {
    const { authority, vpha, actors } = await loadOpen();
    const { governance, mallory, guardian } = actors;
    await authority.write.grantRole([ROLE.parameters, mallory, Number(7n * DAY)], { account: governance });
    await authority.write.setTargetFunctionRole([vpha.address, [PAUSE], ROLE.guardian], { account: governance });
    for (const account of [mallory, guardian]) {
      const refusal = ["AccessManagerUnauthorizedAccount", [account, ROLE.admin]] as const;
      await expectRevert(authority.write.grantRole([ROLE.guardian, account, 0], { account }), ...refusal);
      await expectRevert(authority.write.setTargetFunctionRole([vpha.address, [PAUSE], 5n], { account }), ...refusal);
      const call = encode.grant(ROLE.admin, account, 0n);
      await expectRevert(authority.write.multicall([[call]], { account }), ...refusal);
    }
  });

  it.each(FLOORS.filter(({ name, floor }) => name !== "admin" && floor > 0n))(
    "nobody is granted $name with less than its floor",
    async ({ role, floor }) => {
      const { authority, actors } = await loadOpen();
      const as = { account: actors.governance };
      for (const delay of [0n, 1n, floor - 1n]) {
        await expectRevert(
          authority.write.grantRole([role, actors.bob, Number(delay)], as),
          "PhalaAuthority_DelayBelowFloor",
          [role, actors.bob, Number(delay), Number(floor)],
        );
      }
      expect(await authority.read.membersOf([role])).toEqual([]);
      await authority.write.grantRole([role, actors.bob, Number(floor)], as);
      expect(await authority.read.hasRole([role, actors.bob])).toEqual([true, Number(floor)]);
    },
  );

  it("admins alone may have no delay", async () => {
    const { authority, actors } = await loadOpen();
    await authority.write.grantRole([ROLE.admin, actors.bob, 0], { account: actors.governance });
    expect(await authority.read.hasRole([ROLE.admin, actors.bob])).toEqual([true, 0]);
  });

  it("nothing can be scheduled: it would outlive the sealing with too short a wait", async () => {
    const suite = await loadOpen();
    const { authority, emission, actors } = suite;
    const { as, schedule } = acting(suite);
    await authority.write.grantRole([ROLE.core, actors.governance, Number(CORE_DELAY)], as);
    const args = [1, actors.mallory] as const;
    const data = encodeFunctionData({ abi: emissionVaultAbi, functionName: "replaceSink", args });
    await expectRevert(schedule(emission.address, data), "PhalaAuthority_NotSealed", []);
    await expectRevert(
      schedule(authority.address, encode.grant(ROLE.core, actors.mallory, 0n)),
      "PhalaAuthority_NotSealed",
      [],
    );
  });
});

describe("seal", () => {
  it("by an admin alone, even one with a delay, once", async () => {
    const { stage, authority, actors } = await loadOpen();
    const { governance, guardian, mallory } = actors;
    const as = { account: governance };
    await authority.write.grantRole([ROLE.core, governance, Number(CORE_DELAY)], as);
    await expectRevert(authority.write.seal(as), "PhalaAuthority_DelayBelowFloor", [
      ROLE.admin,
      governance,
      0,
      Number(CORE_DELAY),
    ]);
    await authority.write.grantRole([ROLE.admin, governance, Number(CORE_DELAY)], as);
    for (const account of [guardian, mallory]) {
      await expectRevert(authority.write.seal({ account }), "AccessManagerUnauthorizedAccount", [account, ROLE.admin]);
    }
    expect(await authority.read.isSealed()).toBe(false);
    await expectEvent(stage, authority.write.seal(as), authority, "Sealed", {});
    expect(await authority.read.isSealed()).toBe(true);
    await expectRevert(authority.write.seal(as), "PhalaAuthority_AlreadySealed", []);
  });

  /** Governance with delays that are long enough, so that only the member in question is not. */
  const loadReady = fixture(async (stage) => {
    const suite = await deploySuite(stage);
    const as = { account: suite.actors.governance };
    await suite.authority.write.grantRole([ROLE.core, suite.actors.governance, Number(CORE_DELAY)], as);
    return {
      ...suite,
      as,
      ready: () => suite.authority.write.grantRole([0n, suite.actors.governance, Number(CORE_DELAY)], as),
    };
  });

  it("refuses an admin under the floor", async () => {
    const { authority, actors, as, ready } = await loadReady();
    await authority.write.grantRole([ROLE.admin, actors.carol, Number(CORE_DELAY)], as);
    await authority.write.grantRole([ROLE.admin, actors.bob, Number(CORE_DELAY - 1n)], as);
    await ready();
    await expectRevert(authority.write.seal(as), "PhalaAuthority_DelayBelowFloor", [
      ROLE.admin,
      actors.bob,
      Number(CORE_DELAY - 1n),
      Number(CORE_DELAY),
    ]);
    await authority.write.renounceRole([ROLE.admin, actors.bob], { account: actors.bob });
    await authority.write.seal(as);
  });

  it("refuses an admin whose delay will fall under the floor later", async () => {
    const { authority, actors, as, ready } = await loadReady();
    await authority.write.grantRole([ROLE.admin, actors.bob, Number(60n * DAY)], as);
    await authority.write.grantRole([ROLE.admin, actors.bob, 5], as);
    const [, current, pending, effect] = await authority.read.getAccess([ROLE.admin, actors.bob]);
    expect([current, pending, effect > 0]).toEqual([Number(60n * DAY), 5, true]);
    await ready();
    await expectRevert(authority.write.seal(as), "PhalaAuthority_DelayBelowFloor", [
      ROLE.admin,
      actors.bob,
      5,
      Number(CORE_DELAY),
    ]);
  });

  it("refuses an admin whose grant takes effect later", async () => {
    const { stage, authority, actors, as, ready } = await loadReady();
    await authority.write.setGrantDelay([ROLE.admin, Number(10n * DAY)], as);
    await stage.travel(6n * DAY);
    await authority.write.grantRole([ROLE.admin, actors.bob, 0], as);
    const [isMember] = await authority.read.hasRole([ROLE.admin, actors.bob]);
    expect(isMember).toBe(false);
    expect(await authority.read.membersOf([ROLE.admin])).toContain(actors.bob);
    await ready();
    await expectRevert(authority.write.seal(as), "PhalaAuthority_DelayBelowFloor", [
      ROLE.admin,
      actors.bob,
      0,
      Number(CORE_DELAY),
    ]);
  });
});

describe("floors", () => {
  it("are what the architecture says", async () => {
    const { authority } = await load();
    for (const { role, floor } of FLOORS) expect(await authority.read.delayFloor([role])).toBe(Number(floor));
    expect(await authority.read.expiration()).toBe(Number(WINDOW));
  });

  it.each(FLOORS)("$name: nobody is granted it with less", async ({ role, floor }) => {
    const { authority, actors, prepare, executeOwn } = await load();
    const right = encode.grant(role, actors.carol, floor);
    const wrong = floor === 0n ? [] : [0n, 1n, floor - 1n].map((delay) => encode.grant(role, actors.bob, delay));
    await prepare(right, ...wrong);
    for (const [i, data] of wrong.entries()) {
      const delay = [0n, 1n, floor - 1n][i] ?? 0n;
      await expectRevert(executeOwn(data), "PhalaAuthority_DelayBelowFloor", [
        role,
        actors.bob,
        Number(delay),
        Number(floor),
      ]);
    }
    await executeOwn(right);
    expect(await authority.read.hasRole([role, actors.carol])).toEqual([true, Number(floor)]);
    expect(await authority.read.hasRole([role, actors.bob])).toEqual([false, 0]);
  });

  it("a member's delay is not lowered under it by another grant, or by leaving and coming back", async () => {
    const { authority, actors, prepare, executeOwn } = await load();
    const { governance, bob } = actors;
    const calls = {
      again: encode.grant(ROLE.core, governance, CORE_DELAY - 1n),
      grant: encode.grant(ROLE.parameters, bob, 7n * DAY),
      revoke: encode.revoke(ROLE.parameters, bob),
      lower: encode.grant(ROLE.parameters, bob, 0n),
    };
    await prepare(...Object.values(calls));
    await expectRevert(executeOwn(calls.again), "PhalaAuthority_DelayBelowFloor");
    await executeOwn(calls.grant);
    await expectRevert(executeOwn(calls.lower), "PhalaAuthority_DelayBelowFloor");
    await executeOwn(calls.revoke);
    expect(await authority.read.membersOf([ROLE.parameters])).toEqual([]);
    await expectRevert(executeOwn(calls.lower), "PhalaAuthority_DelayBelowFloor");
  });

  it("a delay above it falls to it only after the difference", async () => {
    const { stage, authority, actors, prepare, executeOwn } = await load();
    const [high, low] = [20n * DAY, 7n * DAY].map((delay) => encode.grant(ROLE.parameters, actors.bob, delay));
    if (high === undefined || low === undefined) throw new Error("no calls");
    await prepare(high, low);
    await executeOwn(high);
    await executeOwn(low);
    await stage.travel(13n * DAY - 1n);
    expect(await authority.read.hasRole([ROLE.parameters, actors.bob])).toEqual([true, Number(20n * DAY)]);
    await stage.travel(1n);
    expect(await authority.read.hasRole([ROLE.parameters, actors.bob])).toEqual([true, Number(7n * DAY)]);
  });
});

describe("classes of functions", () => {
  it("only get slower", async () => {
    const { authority, vpha, prepare, executeOwn } = await load();
    const map = (role: bigint) => encode.map(vpha.address, PAUSE, role);
    const classes = [1n, 2n, 3n, 4n, 5n] as const;
    await prepare(...classes.map(map));
    for (const slower of [2n, 3n, 4n, 5n] as const) {
      await executeOwn(map(slower));
      expect(await authority.read.getTargetFunctionRole([vpha.address, PAUSE])).toBe(slower);
      // A refused operation is not used up: it stays refused.
      await expectRevert(executeOwn(map(1n)), "PhalaAuthority_FasterClass", [vpha.address, PAUSE, slower, 1n]);
    }
    await prepare(...([2n, 3n, 4n, 5n] as const).map(map));
    for (const faster of [2n, 3n, 4n] as const) {
      await expectRevert(executeOwn(map(faster)), "PhalaAuthority_FasterClass", [vpha.address, PAUSE, 5n, faster]);
    }
    await executeOwn(map(5n));
  });

  it("one that never had any may get any, once", async () => {
    const { authority, vpha, prepare, executeOwn } = await load();
    const later = "0x12345678" as const;
    const [first, second, back] = [1n, 3n, 1n].map((role) => encode.map(vpha.address, later, role));
    if (first === undefined || second === undefined || back === undefined) throw new Error("no calls");
    expect(await authority.read.getTargetFunctionRole([vpha.address, later])).toBe(ROLE.admin);
    await prepare(first, second);
    await executeOwn(first);
    await executeOwn(second);
    await prepare(back);
    await expectRevert(executeOwn(back), "PhalaAuthority_FasterClass", [vpha.address, later, 3n, 1n]);
  });

  it("know the classes only, sealed or not", async () => {
    const { authority, vpha, prepare, executeOwn, actors } = await load();
    const unknown = [ROLE.admin, ROLE.veto, 8n, PUBLIC_ROLE];
    await prepare(
      ...unknown.map((role) => encode.map(vpha.address, PAUSE, role)),
      encode.grant(8n, actors.bob, CORE_DELAY),
    );
    for (const role of unknown) {
      await expectRevert(executeOwn(encode.map(vpha.address, PAUSE, role)), "PhalaAuthority_UnknownRole", [role]);
    }
    await expectRevert(executeOwn(encode.grant(8n, actors.bob, CORE_DELAY)), "PhalaAuthority_UnknownRole", [8n]);
    expect(await authority.read.getTargetFunctionRole([vpha.address, PAUSE])).toBe(ROLE.guardian);

    const open = await loadOpen();
    const as = { account: actors.governance };
    for (const role of unknown) {
      const call = open.authority.write.setTargetFunctionRole([open.vpha.address, [PAUSE], role], as);
      await expectRevert(call, "PhalaAuthority_UnknownRole", [role]);
    }
    for (const role of [8n, PUBLIC_ROLE]) {
      const call = open.authority.write.grantRole([role, actors.bob, 0], as);
      await expectRevert(call, "PhalaAuthority_UnknownRole", [role]);
    }
  });
});

describe("the class tightening", () => {
  it("takes no function that could be vetoed, whatever its class, and lets its own go", async () => {
    const { authority, vpha, emission, prepare, executeOwn } = await load();
    const free = "0x12345678" as const;
    const into = (target: Address, selector: Hex) => encode.map(target, selector, ROLE.tightening);
    const out = encode.map(vpha.address, free, ROLE.parameters);
    await prepare(
      encode.map(vpha.address, PAUSE, ROLE.parameters),
      into(vpha.address, PAUSE),
      into(emission.address, REPLACE),
      into(vpha.address, free),
      out,
    );
    // The guardian's, the parameters', and a slower one.
    const refusal = ["PhalaAuthority_LosesVeto", [vpha.address, PAUSE]] as const;
    await expectRevert(executeOwn(into(vpha.address, PAUSE)), ...refusal);
    await executeOwn(encode.map(vpha.address, PAUSE, ROLE.parameters));
    await expectRevert(executeOwn(into(vpha.address, PAUSE)), ...refusal);
    await expectRevert(executeOwn(into(emission.address, REPLACE)), "PhalaAuthority_FasterClass");
    // One that never had a class, and back: from then on it can be vetoed for ever.
    await executeOwn(into(vpha.address, free));
    await executeOwn(out);
    await prepare(into(vpha.address, free));
    await expectRevert(executeOwn(into(vpha.address, free)), "PhalaAuthority_LosesVeto", [vpha.address, free]);
    expect(await authority.read.getTargetFunctionRole([vpha.address, free])).toBe(ROLE.parameters);
  });

  it("the authority's own functions get no class: a role could be granted out of the veto's reach", async () => {
    const { authority, prepare, executeOwn } = await load();
    const grantRole = selectorOf(phalaAuthorityAbi, "grantRole");
    const calls = [ROLE.tightening, ROLE.core].map((role) => encode.map(authority.address, grantRole, role));
    await prepare(...calls);
    for (const call of calls) await expectRevert(executeOwn(call), "PhalaAuthority_OwnFunction", [grantRole]);
  });

  it("may be arranged freely before sealing", async () => {
    const { authority, vpha, actors } = await loadOpen();
    const as = { account: actors.governance };
    for (const role of [ROLE.tightening, ROLE.parameters, ROLE.tightening, ROLE.guardian]) {
      await authority.write.setTargetFunctionRole([vpha.address, [PAUSE], role], as);
      expect(await authority.read.getTargetFunctionRole([vpha.address, PAUSE])).toBe(role);
    }
  });
});

describe("the last admin", () => {
  it("can neither go nor be sent away, before sealing", async () => {
    const { authority, actors } = await loadOpen();
    const { governance, bob } = actors;
    const as = { account: governance };
    const refusal = ["PhalaAuthority_LastAdmin", [governance]] as const;
    await expectRevert(authority.write.renounceRole([ROLE.admin, governance], as), ...refusal);
    await expectRevert(authority.write.revokeRole([ROLE.admin, governance], as), ...refusal);
    expect(await authority.read.hasRole([ROLE.admin, governance])).toEqual([true, 0]);
    expect(await authority.read.membersOf([ROLE.admin])).toEqual([governance]);
    // Somebody else's role is none of this.
    await authority.write.revokeRole([ROLE.admin, bob], as);

    await authority.write.grantRole([ROLE.admin, bob, 0], as);
    await authority.write.renounceRole([ROLE.admin, governance], as);
    expect(await authority.read.membersOf([ROLE.admin])).toEqual([bob]);
    await expectRevert(authority.write.renounceRole([ROLE.admin, bob], { account: bob }), "PhalaAuthority_LastAdmin", [
      bob,
    ]);
  });

  it("stays after sealing, too, and can hand over", async () => {
    const { authority, actors, prepare, executeOwn } = await load();
    const { governance, bob } = actors;
    const refusal = ["PhalaAuthority_LastAdmin", [governance]] as const;
    const calls = {
      revoke: encode.revoke(ROLE.admin, governance),
      grant: encode.grant(ROLE.admin, bob, CORE_DELAY),
    };
    await prepare(...Object.values(calls));
    await expectRevert(executeOwn(calls.revoke), ...refusal);
    await executeOwn(calls.grant);
    await executeOwn(calls.revoke);
    expect(await authority.read.membersOf([ROLE.admin])).toEqual([bob]);
  });
});

describe("what is fixed for ever", () => {
  it("the admin of every role", async () => {
    const { authority, prepare, executeOwn } = await load();
    const calls = [1n, 5n].map((role) => [role, encode.setRoleAdmin(role, ROLE.guardian)] as const);
    await prepare(...calls.map(([, data]) => data));
    for (const [role, data] of calls) await expectRevert(executeOwn(data), "PhalaAuthority_FixedRoleAdmin", [role]);
    const open = await loadOpen();
    const as = { account: open.actors.governance };
    await expectRevert(open.authority.write.setRoleAdmin([2n, 1n], as), "PhalaAuthority_FixedRoleAdmin", [2n]);
    for (const { role } of FLOORS) expect(await authority.read.getRoleAdmin([role])).toBe(ROLE.admin);
  });

  it("who may cancel a role's operations", async () => {
    const { authority, prepare, executeOwn } = await load();
    const calls = FLOORS.map(({ role }) => [role, encode.setRoleGuardian(role, ROLE.guardian)] as const);
    await prepare(...calls.map(([, data]) => data));
    for (const [role, data] of calls) await expectRevert(executeOwn(data), "PhalaAuthority_FixedRoleGuardian", [role]);
    const open = await loadOpen();
    const as = { account: open.actors.governance };
    await expectRevert(open.authority.write.setRoleGuardian([2n, 1n], as), "PhalaAuthority_FixedRoleGuardian", [2n]);
    for (const { role } of FLOORS) {
      const expected = role === ROLE.tightening ? ROLE.admin : ROLE.veto;
      expect(await authority.read.getRoleGuardian([role])).toBe(expected);
    }
  });

  it("the authority of every contract", async () => {
    const { authority, vpha, actors, act, as, execute, schedule } = await load();
    const { mallory } = actors;
    await expectRevert(act(encode.updateAuthority(vpha.address, mallory)), "PhalaAuthority_FixedAuthority", [
      vpha.address,
    ]);
    await expectRevert(authority.read.updateAuthority([vpha.address, mallory], as), "PhalaAuthority_FixedAuthority", [
      vpha.address,
    ]);
    // Nor by calling the contract itself through the authority.
    const data = encodeFunctionData({ abi: vphaAbi, functionName: "setAuthority", args: [mallory] });
    const refusal = ["AccessManagerUnauthorizedCall", [actors.governance, vpha.address, data.slice(0, 10)]] as const;
    await expectRevert(schedule(vpha.address, data), ...refusal);
    await expectRevert(execute(vpha.address, data), ...refusal);
    await expectRevert(vpha.write.setAuthority([mallory], as), "AccessManagedUnauthorized", [actors.governance]);
    const open = await loadOpen();
    await expectRevert(open.authority.write.execute([open.vpha.address, data], as), ...refusal);
    expect(await vpha.read.authority()).toBe(authority.address);
  });
});

describe("operations", () => {
  it("are not put off further than 180 days: what is locked against them would stay as long", async () => {
    const { stage, emission, actors, schedule } = await load();
    const data = encodeFunctionData({ abi: emissionVaultAbi, functionName: "replaceSink", args: [1, actors.mallory] });
    const now = stage.now();
    const latest = now + 180n * DAY;
    await expectRevert(schedule(emission.address, data, latest + 1n), "PhalaAuthority_TooFarAhead", [
      Number(latest + 1n),
      latest,
    ]);
    await schedule(emission.address, data, latest);
  });

  const replacement = (sink: Address) =>
    encodeFunctionData({ abi: emissionVaultAbi, functionName: "replaceSink", args: [1, sink] });

  it("are executed after their delay and not a second before", async () => {
    const { stage, emission, actors, schedule, execute } = await load();
    const data = replacement(actors.carol);
    await expectRevert(execute(emission.address, data), "AccessManagerNotScheduled");
    await expectRevert(
      schedule(emission.address, data, stage.now() + CORE_DELAY - 1n),
      "AccessManagerUnauthorizedCall",
      [actors.governance, emission.address, REPLACE],
    );
    await schedule(emission.address, data);
    await expectRevert(schedule(emission.address, data), "AccessManagerAlreadyScheduled");
    await stage.travel(CORE_DELAY - 1n);
    await expectRevert(execute(emission.address, data), "AccessManagerNotReady");
    await stage.travel(1n);
    await execute(emission.address, data);
    expect(await emission.read.sinkOf([1])).toBe(actors.carol);
    await expectRevert(execute(emission.address, data), "AccessManagerNotScheduled");
  });

  it("can be executed for 14 days, then they are void", async () => {
    const { stage, emission, actors, schedule, execute } = await load();
    const data = replacement(actors.carol);
    await schedule(emission.address, data);
    await stage.travel(CORE_DELAY + WINDOW);
    await expectRevert(execute(emission.address, data), "AccessManagerExpired");
    await schedule(emission.address, data);
    await stage.travel(CORE_DELAY + WINDOW - 1n);
    await execute(emission.address, data);
    expect(await emission.read.sinkOf([1])).toBe(actors.carol);
  });

  it("can be executed by a direct call, too, by who has scheduled them", async () => {
    const { stage, emission, actors, schedule, as } = await load();
    const { carol, mallory } = actors;
    await schedule(emission.address, replacement(carol));
    await stage.travel(CORE_DELAY);
    await expectRevert(emission.write.replaceSink([1, carol], { account: mallory }), "AccessManagedUnauthorized", [
      mallory,
    ]);
    await expectRevert(emission.write.replaceSink([1, mallory], as), "AccessManagerNotScheduled");
    await emission.write.replaceSink([1, carol], as);
    expect(await emission.read.sinkOf([1])).toBe(carol);
  });

  it("can be cancelled by governance and not by a stranger", async () => {
    const { stage, authority, emission, actors, schedule, execute, as } = await load();
    const { governance, mallory } = actors;
    const data = replacement(actors.carol);
    await schedule(emission.address, data);
    await expectRevert(
      authority.write.cancel([governance, emission.address, data], { account: mallory }),
      "AccessManagerUnauthorizedCancel",
    );
    await authority.write.cancel([governance, emission.address, data], as);
    await stage.travel(CORE_DELAY);
    await expectRevert(execute(emission.address, data), "AccessManagerNotScheduled");
  });

  it("the admin's own need the same wait, by whatever way they are called", async () => {
    const { authority, actors, as, executeOwn } = await load();
    const data = encode.grant(ROLE.guardian, actors.mallory, 0n);
    await expectRevert(authority.write.grantRole([ROLE.guardian, actors.mallory, 0], as), "AccessManagerNotScheduled");
    await expectRevert(executeOwn(data), "AccessManagerNotScheduled");
    await expectRevert(authority.write.multicall([[data]], as), "AccessManagerNotScheduled");
    await expectRevert(authority.write.setTargetClosed([authority.address, true], as), "AccessManagerNotScheduled");
  });

  it("the guardian's need none", async () => {
    const { stage, vpha, actors } = await load();
    await vpha.write.pauseDeposits([stage.now() + DAY], { account: actors.guardian });
    expect(await vpha.read.depositsPausedUntil()).toBe(stage.now() + DAY);
  });
});

describe("cancelling", () => {
  /** A second admin, bob; carol has the veto; mallory has both the veto and the admin's role. */
  const loadRivals = fixture(async (stage) => {
    const suite = await deploySuite(stage);
    const { authority, vpha, emission, actors } = suite;
    const { governance, bob, carol, mallory } = actors;
    const as = { account: governance };
    await authority.write.setTargetFunctionRole([emission.address, [REPLACE], ROLE.core], as);
    await authority.write.setTargetFunctionRole([vpha.address, [PAUSE], ROLE.tightening], as);
    await authority.write.grantRole([ROLE.core, governance, Number(CORE_DELAY)], as);
    await authority.write.grantRole([ROLE.tightening, governance, Number(7n * DAY)], as);
    await authority.write.grantRole([ROLE.veto, carol, 0], as);
    await authority.write.grantRole([ROLE.veto, mallory, 0], as);
    for (const admin of [bob, mallory, governance]) {
      await authority.write.grantRole([ROLE.admin, admin, Number(CORE_DELAY)], as);
    }
    await authority.write.seal(as);
    return { ...suite, ...acting(suite) };
  });

  it("is not for another admin: it could hold its office against everybody", async () => {
    const { stage, authority, emission, actors, schedule, executeOwn } = await loadRivals();
    const { governance, bob, carol } = actors;
    const removal = encode.revoke(ROLE.admin, bob);
    const sink = encodeFunctionData({ abi: emissionVaultAbi, functionName: "replaceSink", args: [1, carol] });
    await schedule(authority.address, removal);
    await schedule(emission.address, sink);
    for (const [target, data] of [[authority.address, removal] as const, [emission.address, sink] as const]) {
      await expectRevert(
        authority.write.cancel([governance, target, data], { account: bob }),
        "AccessManagerUnauthorizedCancel",
        [bob, governance, target, data.slice(0, 10)],
      );
    }
    await stage.travel(CORE_DELAY);
    await executeOwn(removal);
    expect(await authority.read.hasRole([ROLE.admin, bob])).toEqual([false, 0]);
  });

  it("is for the veto, at any time before the operation is executed", async () => {
    const { stage, authority, emission, actors, schedule, execute } = await loadRivals();
    const { governance, bob, carol } = actors;
    const as = { account: carol };
    const removal = encode.revoke(ROLE.admin, bob);
    const sink = encodeFunctionData({ abi: emissionVaultAbi, functionName: "replaceSink", args: [1, carol] });
    for (const [target, data] of [[authority.address, removal] as const, [emission.address, sink] as const]) {
      await schedule(target, data);
      await stage.travel(CORE_DELAY + WINDOW - 1n);
      const id = await authority.read.hashOperation([governance, target, data]);
      await expectEvent(stage, authority.write.cancel([governance, target, data], as), authority, "OperationCanceled", {
        operationId: id,
        nonce: 1,
      });
      await expectRevert(execute(target, data), "AccessManagerNotScheduled", [id]);
      await expectRevert(authority.write.cancel([governance, target, data], as), "AccessManagerNotScheduled", [id]);
    }
  });

  it("is for nobody but who scheduled it where it only tightens, not even for who has every role", async () => {
    const { stage, authority, vpha, actors, schedule, execute, as } = await loadRivals();
    const { governance, bob, carol, mallory } = actors;
    const data = encodeFunctionData({
      abi: vphaAbi,
      functionName: "pauseDeposits",
      args: [stage.now() + 8n * DAY],
    });
    await schedule(vpha.address, data);
    for (const account of [bob, carol, mallory]) {
      await expectRevert(
        authority.write.cancel([governance, vpha.address, data], { account }),
        "AccessManagerUnauthorizedCancel",
        [account, governance, vpha.address, PAUSE],
      );
    }
    await authority.write.cancel([governance, vpha.address, data], as);
    await schedule(vpha.address, data);
    await stage.travel(7n * DAY);
    await execute(vpha.address, data);
    expect(await vpha.read.depositsPausedUntil()).toBe(stage.now() + DAY);
  });

  it("of what is no call at all is refused", async () => {
    const { authority, actors } = await loadRivals();
    const { governance, carol } = actors;
    await expectRefusal(authority.write.cancel([governance, carol, "0x"], { account: carol }), "no selector");
  });
});

describe("a role that is held", () => {
  it("is not dropped at once by its holder, or through its holder: it is revoked like any", async () => {
    const { authority, actors, as } = await load();
    for (const role of [ROLE.admin, ROLE.core]) {
      await expectRevert(authority.write.renounceRole([role, actors.governance], as), "PhalaAuthority_NoRenouncing", [
        role,
      ]);
      expect((await authority.read.hasRole([role, actors.governance]))[0]).toBe(true);
    }
  });

  it("has no delay that is longer than an operation can wait", async () => {
    const { authority, actors } = await loadOpen();
    const as = { account: actors.governance };
    await authority.write.grantRole([ROLE.core, actors.bob, Number(180n * DAY)], as);
    await expectRevert(
      authority.write.grantRole([ROLE.core, actors.bob, Number(180n * DAY) + 1], as),
      "PhalaAuthority_DelayAboveCeiling",
    );
  });
});

describe("membersOf", () => {
  it("lists who has a role, without those who gave it back", async () => {
    const suite = await loadOpen();
    const { authority, actors } = suite;
    const { governance, guardian, bob, mallory } = actorsOf(suite.stage);
    const as = { account: actors.governance };
    expect(await authority.read.membersOf([ROLE.admin])).toEqual([governance]);
    await authority.write.grantRole([ROLE.guardian, bob, 0], as);
    await authority.write.grantRole([ROLE.guardian, bob, 60], as);
    expect(await authority.read.membersOf([ROLE.guardian])).toEqual([guardian, bob]);
    await expectRevert(
      authority.write.renounceRole([ROLE.guardian, bob], { account: mallory }),
      "AccessManagerBadConfirmation",
    );
    await authority.write.renounceRole([ROLE.guardian, bob], { account: bob });
    await authority.write.revokeRole([ROLE.guardian, guardian], as);
    expect(await authority.read.membersOf([ROLE.guardian])).toEqual([]);
  });
});
