/**
 * What governance cannot do, whatever it does. Every function of every class, and every one of the authority's own, is executed for
 * real: what stakers have stays theirs, to the wei and to the second; and who runs a worker is out before the slowest class can act.
 */
import { type Hex, encodeFunctionData, pad, toFunctionSelector } from "viem";
import { describe, expect, it } from "vitest";
import { phalaAuthorityAbi, workerRewardsAbi } from "../../../deploy/generated/abis.ts";
import { DELAYS, GOVERNED, GOVERNED_NAMES, type GovernedName, ROLES, type RoleName } from "../../../deploy/roles.ts";
import { readQuote } from "../../../scripts/attestation/quote.ts";
import { modelId } from "../../../scripts/compute/calls.ts";
import { deployVerifier } from "../../helpers/attestation.ts";
import { LIMITS, machineOf } from "../../helpers/compute.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { type Operation, openGovernance, operationOf } from "../../helpers/governance.ts";
import { SWITCH } from "../../helpers/registry.ts";
import { DAY, fixture } from "../../helpers/stage.ts";
import { STREAM, UNIT, units } from "../../helpers/suite.ts";

const WORKER = machineOf("one").address;
const COLLATERAL = units(1_500);
const THAW = 21n * DAY;
const MEMO = pad("0x33", { size: 32 });
const [OPEN, NEW] = [pad("0x41", { size: 32 }), pad("0x42", { size: 32 })];
const SOME_ID = pad("0x51", { size: 32 });
const OTHER_RTMR: Hex = `0x${"77".repeat(48)}`;
const SET_CEILING = toFunctionSelector(
  workerRewardsAbi.filter((item) => item.type === "function").find(({ name }) => name === "setCeiling") ?? "",
);

type World = Awaited<ReturnType<typeof load>>;

/** A worker, an open budget, and alice with an open request. */
const load = fixture(async (stage) => {
  const g = await openGovernance(stage);
  const { operator, alice } = g.actors;
  const rtMr0 = readQuote(g.attestation.platform.quote()).measurements.rtMr0;
  const otherVerifier = (await deployVerifier(stage, g.attestation.authority.root.key.raw)).contract.address;
  const end = Number(stage.now() + 1_000n * DAY);
  await g.act(operationOf(g.treasury, "openStream", [OPEN, g.pha.address, g.actors.bob, UNIT, 1, end, MEMO, MEMO]));
  await g.fundCollateral(operator, units(5_000));
  await g.register(machineOf("one"), { collateral: COLLATERAL });
  const pending = await g.request(alice, units(1_000));
  return { ...g, rtMr0, otherVerifier, pending, openedAt: stage.now() };
});

interface Action {
  readonly role: RoleName;
  readonly operation: (g: World) => Operation;
  /** What there must be for it to do something; by the guardian. */
  readonly prepare?: (g: World) => Promise<unknown>;
  /** What it is refused with, whoever asks for it. */
  readonly refusal?: string;
}

const asGuardian = (g: World) => ({ account: g.actors.guardian });
const inDays = (g: World, days: bigint) => g.stage.now() + days * DAY;
const pauseDeposits = (g: World) => g.mandate.write.pauseDeposits([inDays(g, 7n)], asGuardian(g));
const pauseRegistrations = (g: World) => g.mandate.write.pauseRegistrations([inDays(g, 7n)], asGuardian(g));
const switchOff = (g: World) =>
  g.mandate.write.switchOff([SWITCH.operator, SOME_ID, Number(inDays(g, 14n))], asGuardian(g));
const raised = { minTcbDay: 7, minQeIsvSvn: 9, allowedStatuses: 0x22 } as const;

/** Every function of a class. */
const GOVERNED_ACTIONS: Readonly<Record<GovernedName, Omit<Action, "role">>> = {
  pauseDeposits: { operation: (g) => operationOf(g.vpha, "pauseDeposits", [inDays(g, 7n)]) },
  resumeDeposits: { operation: (g) => operationOf(g.vpha, "resumeDeposits", []), prepare: pauseDeposits },
  replaceSink: { operation: (g) => operationOf(g.emission, "replaceSink", [STREAM.workers, g.actors.mallory]) },
  start: {
    operation: (g) => operationOf(g.emission, "start", [[g.actors.mallory, g.actors.mallory, g.actors.mallory]]),
    refusal: "EmissionVault_AlreadyStarted",
  },
  switchOff: {
    operation: (g) =>
      operationOf(g.attestation.registry, "switchOff", [SWITCH.workload, g.attestation.id, Number(inDays(g, 14n))]),
  },
  liftOwnSwitch: {
    operation: (g) => operationOf(g.attestation.registry, "liftOwnSwitch", [SWITCH.operator, SOME_ID]),
    prepare: switchOff,
  },
  confirmSwitch: {
    operation: (g) => operationOf(g.attestation.registry, "confirmSwitch", [SWITCH.workload, g.attestation.id]),
  },
  liftSwitch: {
    operation: (g) => operationOf(g.attestation.registry, "liftSwitch", [SWITCH.operator, SOME_ID]),
    prepare: switchOff,
  },
  raiseFloors: { operation: (g) => operationOf(g.attestation.registry, "raiseFloors", [raised]) },
  allowImage: {
    operation: (g) =>
      operationOf(g.attestation.registry, "allowImage", [{ ...g.attestation.image, rtMr2: OTHER_RTMR }]),
  },
  removeImage: { operation: (g) => operationOf(g.attestation.registry, "removeImage", [g.attestation.id]) },
  allowShape: { operation: (g) => operationOf(g.attestation.registry, "allowShape", [g.attestation.id, OTHER_RTMR]) },
  removeShape: { operation: (g) => operationOf(g.attestation.registry, "removeShape", [g.attestation.id, g.rtMr0]) },
  setFloors: { operation: (g) => operationOf(g.attestation.registry, "setFloors", [raised]) },
  setVerifier: { operation: (g) => operationOf(g.attestation.registry, "setVerifier", [g.otherVerifier]) },
  pauseRegistrations: { operation: (g) => operationOf(g.registry, "pauseRegistrations", [inDays(g, 7n)]) },
  resumeRegistrations: {
    operation: (g) => operationOf(g.registry, "resumeRegistrations", []),
    prepare: pauseRegistrations,
  },
  setModel: { operation: (g) => operationOf(g.registry, "setModel", [modelId("H100"), units(100_000), 10]) },
  removeModel: { operation: (g) => operationOf(g.registry, "removeModel", [modelId("H100")]) },
  setSlashing: { operation: (g) => operationOf(g.registry, "setSlashing", [g.rewards.address]) },
  setCeiling: { operation: (g) => operationOf(g.rewards, "setCeiling", [UNIT]) },
  setSlasher: { operation: (g) => operationOf(g.slashing, "setSlasher", [g.actors.mallory]) },
  setJudge: { operation: (g) => operationOf(g.slashing, "setJudge", [g.actors.mallory]) },
  setTreasury: { operation: (g) => operationOf(g.slashing, "setTreasury", [g.actors.mallory]) },
  setLimits: {
    operation: (g) => operationOf(g.slashing, "setLimits", [{ ...LIMITS, caps: [10_000, 10_000, 10_000] }]),
  },
  openAllowance: {
    operation: (g) =>
      operationOf(g.treasury, "openAllowance", [
        NEW,
        g.vpha.address,
        g.actors.mallory,
        units(1_000_000),
        0,
        Number(inDays(g, 365n)),
        units(1_000_000),
        1,
        MEMO,
        MEMO,
      ]),
  },
  openStream: {
    operation: (g) => {
      const end = Number(inDays(g, 365n));
      return operationOf(g.treasury, "openStream", [NEW, g.pha.address, g.actors.mallory, UNIT, 0, end, MEMO, MEMO]);
    },
  },
  closeBudget: { operation: (g) => operationOf(g.treasury, "closeBudget", [OPEN]) },
  appoint: { operation: (g) => operationOf(g.mandate, "appoint", [g.actors.mallory, Number(inDays(g, 400n))]) },
  dismiss: { operation: (g) => operationOf(g.mandate, "dismiss", []) },
};

/** Every function of the authority that the admin's role restricts. */
const ADMIN_ACTIONS: Readonly<Record<string, Omit<Action, "role">>> = {
  labelRole: { operation: (g) => operationOf(g.authority, "labelRole", [ROLES.core, "kings"]) },
  grantRole: {
    operation: (g) => operationOf(g.authority, "grantRole", [ROLES.guardian, g.actors.mallory, 0]),
  },
  revokeRole: { operation: (g) => operationOf(g.authority, "revokeRole", [ROLES.veto, g.vetoLock.address]) },
  setGrantDelay: { operation: (g) => operationOf(g.authority, "setGrantDelay", [ROLES.core, Number(DAY)]) },
  setTargetAdminDelay: {
    operation: (g) => operationOf(g.authority, "setTargetAdminDelay", [g.vpha.address, Number(DAY)]),
  },
  setTargetClosed: { operation: (g) => operationOf(g.authority, "setTargetClosed", [g.vpha.address, true]) },
  setTargetFunctionRole: {
    operation: (g) => operationOf(g.authority, "setTargetFunctionRole", [g.rewards.address, [SET_CEILING], ROLES.core]),
  },
  setRoleAdmin: {
    operation: (g) => operationOf(g.authority, "setRoleAdmin", [ROLES.core, ROLES.guardian]),
    refusal: "PhalaAuthority_FixedRoleAdmin",
  },
  setRoleGuardian: {
    operation: (g) => operationOf(g.authority, "setRoleGuardian", [ROLES.core, ROLES.guardian]),
    refusal: "PhalaAuthority_FixedRoleGuardian",
  },
  updateAuthority: {
    operation: ({ authority, vpha, actors }) => ({
      target: authority.address,
      data: encodeFunctionData({
        abi: phalaAuthorityAbi,
        functionName: "updateAuthority",
        args: [vpha.address, actors.mallory],
      }),
    }),
    refusal: "PhalaAuthority_FixedAuthority",
  },
};

/** What everybody may call: it is about the caller's own operations and roles, or authorises by itself. */
const OPEN_FUNCTIONS = [
  "cancel",
  "consumeScheduledOp",
  "execute",
  "multicall",
  "renounceRole",
  "schedule",
  "seal",
] as const;

const ACTIONS: readonly (Action & { readonly name: string })[] = [
  ...GOVERNED_NAMES.map((name) => ({ name, role: GOVERNED[name].role, ...GOVERNED_ACTIONS[name] })),
  ...Object.entries(ADMIN_ACTIONS).map(([name, action]) => ({ name, role: "admin" as const, ...action })),
];

it("the authority's own functions are all here", () => {
  const changing = phalaAuthorityAbi.flatMap((item) =>
    item.type === "function" && /payable/.test(item.stateMutability) ? [item.name] : [],
  );
  const known = [...Object.keys(ADMIN_ACTIONS), ...OPEN_FUNCTIONS];
  for (const name of changing) expect(known).toContain(name);
});

/** Decides on the action; says when it can be done, and how. */
async function decide(g: World, { role, operation, prepare, refusal }: Action) {
  const { stage, actors, mandate } = g;
  await prepare?.(g);
  const call = operation(g);
  if (role !== "guardian") await g.schedule(call);
  const readyAt = role === "guardian" ? stage.now() : await g.readyAt(call);
  const execute = () =>
    role === "guardian"
      ? stage.wallet.sendTransaction({ account: actors.guardian, to: mandate.address, data: call.data })
      : g.execute(call);
  return {
    readyAt,
    execute,
    /** What it comes to when it can be done. */
    finish: async (): Promise<void> => {
      await stage.travelTo(readyAt);
      if (refusal === undefined) await execute();
      else await expectRevert(execute(), refusal);
    },
  };
}

describe("the stakers' principal and maturity are after it what they were before it", () => {
  /** All that stakers have, and all that an operator who leaves is owed. */
  const look = async ({ vpha, registry, actors, pha }: World) => {
    const { alice, bob, carol } = actors;
    const { exitAt, collateral, thawing, reserved } = await registry.read.workerOf([WORKER]);
    const shares = await Promise.all([alice, bob, carol].map((account) => vpha.read.balanceOf([account])));
    return {
      requests: await vpha.read.requestsOf([alice, 0n, 10n]),
      shares,
      worth: await Promise.all(shares.map((each) => vpha.read.convertToAssets([each]))),
      price: [await vpha.read.totalAssets(), await vpha.read.totalSupply()],
      solvency: await vpha.read.solvency(),
      wallet: await pha.read.balanceOf([alice]),
      worker: { exitAt, collateral, thawing, reserved },
    };
  };

  /** Everybody leaves 100 days later: how much each has got. */
  const leave = async (g: World) => {
    const { stage, vpha, registry, pha, actors, pending } = g;
    const { alice, bob, operator } = actors;
    await stage.travelTo(g.openedAt + 100n * DAY);
    const held = await pha.read.balanceOf([alice]);
    await vpha.write.claim([[pending], alice], { account: alice });
    const claimed = (await pha.read.balanceOf([alice])) - held;
    const before = await vpha.read.balanceOf([operator]);
    await registry.write.finishExit([WORKER, operator], { account: operator });
    const collateral = (await vpha.read.balanceOf([operator])) - before;
    await vpha.write.transfer([alice, UNIT], { account: bob });
    const rest = await g.request(bob, await vpha.read.balanceOf([bob]));
    await stage.travel(THAW);
    await vpha.write.claim([[rest], bob], { account: bob });
    return { claimed, collateral, rest: await pha.read.balanceOf([bob]) };
  };

  const loadLeaving = async () => {
    const g = await load();
    await g.registry.write.requestExit([WORKER], { account: g.actors.operator });
    return g;
  };
  let control: Promise<Awaited<ReturnType<typeof leave>>> | undefined;

  it.each(ACTIONS)("$name ($role)", async (action) => {
    control ??= loadLeaving().then(leave);
    const expected = await control;
    const g = await loadLeaving();
    const { readyAt, finish } = await decide(g, action);
    await g.stage.travelTo(readyAt);
    const before = await look(g);
    await finish();
    expect(await look(g)).toEqual(before);
    expect(await leave(g)).toEqual(expected);
    expect(expected.collateral).toBe(COLLATERAL);
  });
});

describe("who starts to leave when it is scheduled, a day after, has free vPHA 30 days before it can be executed", () => {
  const slowest = ACTIONS.filter(({ role }) => role === "core" || role === "admin");

  it.each(slowest)("$name ($role)", async (action) => {
    const g = await load();
    const { stage, registry, vpha, actors } = g;
    const { operator, stranger } = actors;
    const { readyAt, execute, finish } = await decide(g, action);
    expect(readyAt).toBe(stage.now() + BigInt(DELAYS.core));
    await stage.travel(DAY);
    await registry.write.requestExit([WORKER], { account: operator });
    await stage.travel(THAW);
    const before = await vpha.read.balanceOf([operator]);
    await registry.write.finishExit([WORKER, operator], { account: operator });
    expect(await vpha.read.balanceOf([operator])).toBe(before + COLLATERAL);
    await vpha.write.transfer([stranger, COLLATERAL], { account: operator });
    expect(readyAt - stage.now()).toBeGreaterThanOrEqual(30n * DAY);
    // Time enough for all of the way to PHA.
    const request = await g.request(stranger, COLLATERAL);
    await stage.travel(THAW);
    await vpha.write.claim([[request], stranger], { account: stranger });
    await stage.travelTo(readyAt - 1n);
    await expectRevert(execute(), "AccessManagerNotReady");
    await finish();
  });
});
