/**
 * The state machine of workers as a table: every function that depends on the state, in every situation that a worker can be
 * in. What is open works and leads where it says; everything else is refused with the error named.
 */
import { describe, expect, it } from "vitest";
import { LAPSES, WORKER_STATES, modelId } from "../../../scripts/compute/calls.ts";
import { type Compute, gpuOf, machineOf, openCompute } from "../../helpers/compute.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { DAY, HOUR, fixture } from "../../helpers/stage.ts";
import { units } from "../../helpers/suite.ts";
import {
  type LapseName,
  type StateName,
  attestElsewhere,
  beat,
  confirmOperatorOff,
  fullState,
  registryState,
  switchOffOperator,
} from "../../helpers/workers.ts";

const MACHINE = machineOf("the worker");
const WORKER = MACHINE.address;
const OTHER = machineOf("another worker");
const SURPLUS = units(500);
const REQUIRED = units(1_250);

/** The operator has vPHA, the worker and the other one are not registered yet. */
const load = fixture(async (stage) => {
  const c = await openCompute(stage);
  await c.fundCollateral(c.actors.operator, units(50_000));
  return c;
});

/** What a test needs to have happened before the worker gets into its situation. */
interface Before {
  readonly withdrawal?: "fresh" | "thawed";
  readonly proposed?: boolean;
  readonly rewards?: boolean;
}

/** Registers the worker with a surplus, and gives it a lease. */
async function enlist(c: Compute, before: Before): Promise<void> {
  const { operator, alice } = c.actors;
  const as = { account: operator };
  await c.register(MACHINE, { collateral: REQUIRED + SURPLUS });
  if (before.withdrawal !== undefined) await c.registry.write.withdraw([WORKER, units(200)], as);
  if (before.withdrawal === "thawed") {
    await c.stage.travel(21n * DAY);
    await c.reattest(MACHINE);
  }
  if (before.proposed === true) await c.registry.write.proposeOperator([WORKER, alice], as);
  await beat(c, MACHINE);
  if (before.rewards === true) await c.stage.travel(2n * HOUR);
}

const requestExit = (c: Compute) => c.registry.write.requestExit([WORKER], { account: c.actors.operator });
const finishExit = (c: Compute) =>
  c.registry.write.finishExit([WORKER, c.actors.operator], { account: c.actors.operator });
const remove = (c: Compute) => c.registry.write.remove([WORKER], { account: c.actors.stranger });

interface Situation {
  readonly is: readonly [StateName, LapseName];
  readonly setUp: (c: Compute, before: Before) => Promise<unknown>;
}

/** One after the other, in the order given. */
const after =
  (...steps: readonly ((c: Compute, before: Before) => Promise<unknown>)[]) =>
  async (c: Compute, before: Before): Promise<void> => {
    for (const step of steps) await step(c, before);
  };
const thaw = (c: Compute) => c.stage.travel(21n * DAY);
/** Reserves all that is at risk. */
const proposeAll = async (c: Compute) =>
  c.propose(WORKER, await c.registry.read.atRisk([WORKER, Number(c.stage.now())]));
const confirm = (c: Compute) => confirmOperatorOff(c, c.actors.operator);

const SITUATIONS = {
  "never registered": { is: ["None", "None"], setUp: () => Promise.resolve() },
  active: { is: ["Active", "None"], setUp: enlist },
  "lapsed by a GPU taken": {
    is: ["Lapsed", "GpuTaken"],
    setUp: after(enlist, (c) => c.register(OTHER)),
  },
  "lapsed by a GPU that moved": {
    is: ["Lapsed", "GpuMoved"],
    setUp: after(
      enlist,
      (c) => c.register(OTHER),
      (c) => c.reattest(MACHINE),
    ),
  },
  "lapsed by a lack of collateral": {
    is: ["Lapsed", "Collateral"],
    setUp: after(
      enlist,
      (c) => c.registry.write.setModel([modelId("H100"), units(3_000), 100], c.asGovernance),
      (c) => c.reattest(MACHINE),
    ),
  },
  "lapsed by an attestation that ended": {
    is: ["Lapsed", "Attestation"],
    setUp: after(enlist, (c) => c.stage.travel(7n * DAY + 1n)),
  },
  "lapsed by an attestation unknown here": {
    is: ["Lapsed", "Attestation"],
    // Known once somebody has decided something, since attestations are asked for anew then.
    setUp: after(
      enlist,
      (c) => attestElsewhere(c, MACHINE, c.subject()),
      (c) => switchOffOperator(c, c.actors.mallory, c.stage.now() + DAY),
    ),
  },
  "lapsed by the guardian's switch": {
    is: ["Lapsed", "Attestation"],
    setUp: after(enlist, (c) => switchOffOperator(c, c.actors.operator, c.stage.now() + DAY)),
  },
  "lapsed by a confirmed switch": { is: ["Lapsed", "Attestation"], setUp: after(enlist, confirm) },
  "lapsed without a heartbeat": {
    is: ["Lapsed", "Heartbeat"],
    setUp: after(enlist, (c) => c.stage.travel(6n * HOUR)),
  },
  exiting: { is: ["Exiting", "None"], setUp: after(enlist, requestExit) },
  "exiting, all thawed": { is: ["Exiting", "None"], setUp: after(enlist, requestExit, thaw) },
  "exiting, all thawed and all reserved": {
    is: ["Exiting", "None"],
    setUp: after(enlist, requestExit, proposeAll, thaw),
  },
  exited: { is: ["Exited", "None"], setUp: after(enlist, requestExit, thaw, finishExit) },
  removed: { is: ["Removed", "None"], setUp: after(enlist, confirm, remove) },
  "removed, all thawed": { is: ["Removed", "None"], setUp: after(enlist, confirm, remove, thaw) },
  "removed and paid": { is: ["Removed", "None"], setUp: after(enlist, confirm, remove, thaw, finishExit) },
} as const satisfies Record<string, Situation>;

type SituationName = keyof typeof SITUATIONS;

/** `done` with the state that it leads to (the one that it was in, if not given), or the name of the error. */
type Outcome = { readonly to?: StateName } | `${string}_${string}`;

interface Action {
  readonly name: string;
  readonly before?: Before;
  readonly call: (c: Compute) => Promise<unknown>;
  /** What comes of it by the registry's state. */
  readonly by: Readonly<Record<StateName, Outcome>>;
  readonly except?: Readonly<Partial<Record<SituationName, Outcome>>>;
}

const same: Outcome = {};
const error = (name: string): Outcome => `WorkerRegistry_${name}`;

/** All but the given states are refused: an unknown worker as such, the others for their state. */
const onlyIn = (by: Partial<Record<StateName, Outcome>>): Record<StateName, Outcome> => ({
  None: error("UnknownWorker"),
  Active: error("WrongState"),
  Lapsed: error("WrongState"),
  Exiting: error("WrongState"),
  Exited: error("WrongState"),
  Removed: error("WrongState"),
  ...by,
});
const always = (outcome: Outcome): Record<StateName, Outcome> => ({
  None: error("UnknownWorker"),
  Active: outcome,
  Lapsed: outcome,
  Exiting: outcome,
  Exited: outcome,
  Removed: outcome,
});
const staying = (outcome: Outcome = same) => onlyIn({ Active: outcome, Lapsed: outcome });

/** While its operator is switched off, no attestation of a worker is taken. */
const SWITCHED_OFF = {
  "lapsed by the guardian's switch": error("AttestationNotValid"),
  "lapsed by a confirmed switch": error("AttestationNotValid"),
  removed: error("AttestationNotValid"),
  "removed, all thawed": error("AttestationNotValid"),
  "removed and paid": error("AttestationNotValid"),
} as const;

/** A short worker stays so, and who takes a GPU back waits; all others come back. */
const REVIVAL = {
  ...SWITCHED_OFF,
  "lapsed by a GPU taken": same,
  "lapsed by a GPU that moved": same,
  "lapsed by a lack of collateral": same,
} as const;

const ACTIONS: readonly Action[] = [
  {
    name: "register",
    call: (c) => c.register(MACHINE),
    by: { ...always(error("AlreadyRegistered")), None: { to: "Active" } },
    except: SWITCHED_OFF,
  },
  {
    name: "reattest",
    call: (c) => c.reattest(MACHINE),
    by: onlyIn({ Active: same, Lapsed: { to: "Active" } }),
    except: REVIVAL,
  },
  {
    name: "addCollateral",
    call: (c) => c.registry.write.addCollateral([WORKER, units(2_000)], { account: c.actors.operator }),
    by: staying(),
    except: { "lapsed by a lack of collateral": { to: "Active" } },
  },
  {
    name: "withdraw",
    call: (c) => c.registry.write.withdraw([WORKER, units(200)], { account: c.actors.operator }),
    by: staying(),
    except: { "lapsed by a lack of collateral": error("ExceedsSurplus") },
  },
  {
    name: "withdraw, while a withdrawal is open",
    before: { withdrawal: "fresh" },
    call: (c) => c.registry.write.withdraw([WORKER, units(200)], { account: c.actors.operator }),
    by: staying(error("WithdrawalOpen")),
  },
  {
    name: "cancelWithdrawal",
    before: { withdrawal: "fresh" },
    call: (c) => c.registry.write.cancelWithdrawal([WORKER], { account: c.actors.operator }),
    by: staying(),
  },
  {
    name: "cancelWithdrawal, without one",
    call: (c) => c.registry.write.cancelWithdrawal([WORKER], { account: c.actors.operator }),
    by: staying(error("NoWithdrawal")),
  },
  {
    name: "finishWithdrawal, without one",
    call: (c) => c.registry.write.finishWithdrawal([WORKER, c.actors.alice], { account: c.actors.operator }),
    by: always(error("NoWithdrawal")),
  },
  {
    name: "finishWithdrawal, before the thaw",
    before: { withdrawal: "fresh" },
    call: (c) => c.registry.write.finishWithdrawal([WORKER, c.actors.alice], { account: c.actors.operator }),
    by: { ...always(error("Thawing")), Exited: error("NoWithdrawal") },
    except: {
      "exiting, all thawed": same,
      "exiting, all thawed and all reserved": error("AllReserved"),
      "removed, all thawed": same,
      "removed and paid": error("NoWithdrawal"),
    },
  },
  {
    name: "finishWithdrawal, after the thaw",
    before: { withdrawal: "thawed" },
    call: (c) => c.registry.write.finishWithdrawal([WORKER, c.actors.alice], { account: c.actors.operator }),
    by: { ...always(same), Exited: error("NoWithdrawal") },
    except: { "removed and paid": error("NoWithdrawal") },
  },
  {
    name: "proposeOperator",
    call: (c) => c.registry.write.proposeOperator([WORKER, c.actors.alice], { account: c.actors.operator }),
    by: staying(),
  },
  {
    name: "acceptOperator",
    before: { proposed: true },
    call: (c) => c.registry.write.acceptOperator([WORKER], { account: c.actors.alice }),
    by: { ...staying(), None: error("NotProposedOperator") },
    except: {
      "lapsed by the guardian's switch": error("OperatorSwitchedOff"),
      "lapsed by a confirmed switch": error("OperatorSwitchedOff"),
    },
  },
  { name: "requestExit", call: requestExit, by: staying({ to: "Exiting" }) },
  {
    name: "finishExit",
    call: finishExit,
    by: onlyIn({ Exiting: error("Thawing"), Removed: error("Thawing") }),
    except: {
      "exiting, all thawed": { to: "Exited" },
      "exiting, all thawed and all reserved": error("AllReserved"),
      "removed, all thawed": same,
      "removed and paid": error("WrongState"),
    },
  },
  {
    name: "remove",
    call: remove,
    by: staying(error("NotConfirmedOff")),
    except: { "lapsed by a confirmed switch": { to: "Removed" } },
  },
  {
    name: "a proposal to slash",
    call: (c) => c.propose(WORKER, units(100)),
    by: { ...always(same), Exited: error("ExceedsAtRisk") },
    except: {
      "exiting, all thawed": error("NotLiable"),
      "exiting, all thawed and all reserved": error("NotLiable"),
      "removed, all thawed": error("NotLiable"),
      "removed and paid": error("ExceedsAtRisk"),
    },
  },
  {
    name: "heartbeat",
    call: (c) => beat(c, MACHINE),
    by: {
      None: "WorkerRewards_NothingGranted",
      Active: { to: "Active" },
      Lapsed: "WorkerRewards_NothingGranted",
      Exiting: "WorkerRewards_NothingGranted",
      Exited: "WorkerRewards_NothingGranted",
      Removed: "WorkerRewards_NothingGranted",
    },
  },
  {
    name: "claim of what was earned before",
    before: { rewards: true },
    call: (c) => c.rewards.write.claim([[WORKER], c.actors.operator], { account: c.actors.operator }),
    by: { ...always(same), None: "WorkerRewards_NotOperator" },
  },
];

const names = Object.keys(SITUATIONS).filter((name): name is SituationName => name in SITUATIONS);

/** What a situation's worker is for the registry, which knows no heartbeats. */
const registryStateOf = (situation: Situation): StateName =>
  situation.is[1] === "Heartbeat" ? "Active" : situation.is[0];

/** What an error says of the worker: its id, and its state where that is in the error. */
function argsOf(outcome: Outcome, situation: Situation, action: Action): readonly unknown[] | undefined {
  if (outcome === "WorkerRegistry_UnknownWorker" || outcome === "WorkerRegistry_NoWithdrawal") return [WORKER];
  if (outcome === "WorkerRegistry_WrongState" && action.name !== "acceptOperator") {
    return [WORKER, WORKER_STATES.indexOf(registryStateOf(situation))];
  }
  return undefined;
}

describe.each(names)("a worker that is %s", (name) => {
  const situation: Situation = SITUATIONS[name];
  const state = registryStateOf(situation);

  it("is seen as that", async () => {
    const c = await load();
    await situation.setUp(c, {});
    expect(await fullState(c, WORKER)).toEqual(situation.is);
    const known = situation.is[1] === "Heartbeat" ? ["Active", "None"] : situation.is;
    expect(await registryState(c, WORKER)).toEqual(known);
    const [weight] = await c.registry.read.standingOf([WORKER]);
    expect(weight).toBe(state === "Active" ? 100 : 0);
    const [, , isHeld] = await c.registry.read.holderOf([gpuOf("0")]);
    // A taken GPU is the other worker's.
    expect(isHeld).toBe(["Active", "Lapsed"].includes(state));
  });

  it.each(
    ACTIONS.map((action) => {
      const outcome = action.except?.[name] ?? action.by[state];
      const expected = typeof outcome === "string" ? outcome : `works, ${outcome.to ?? state} after it`;
      return { name: action.name, action, outcome, expected };
    }),
  )("$name: $expected", async ({ action, outcome }) => {
    const c = await load();
    await situation.setUp(c, action.before ?? {});
    if (typeof outcome === "string") {
      const before = await c.registry.read.workerOf([WORKER]);
      await expectRevert(action.call(c), outcome, argsOf(outcome, situation, action));
      expect(await c.registry.read.workerOf([WORKER])).toEqual(before);
      return;
    }
    await action.call(c);
    expect((await registryState(c, WORKER))[0]).toBe(outcome.to ?? state);
  });
});

it("the table has every state and every reason to lapse", () => {
  const seen = new Set<string>(names.flatMap((name) => SITUATIONS[name].is));
  expect([...seen].sort()).toEqual([...new Set<string>([...WORKER_STATES, ...LAPSES])].sort());
});
