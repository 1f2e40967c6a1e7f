/** One worker with more than it needs, and what becomes of proposals about it. */
import { FAULT_CLASSES } from "../../scripts/compute/calls.ts";
import { type Compute, machineOf, openCompute } from "./compute.ts";
import { DAY, fixture } from "./stage.ts";
import { units } from "./suite.ts";

export const MACHINE = machineOf("one");
export const WORKER = MACHINE.address;
export const COLLATERAL = units(2_000);
export const WEEK = 7n * DAY;

/** One worker with 2,000 vPHA, 1,250 of which it needs. */
export const load = fixture(async (stage) => {
  const c = await openCompute(stage);
  await c.fundCollateral(c.actors.operator, units(50_000));
  await c.register(MACHINE, { collateral: COLLATERAL });
  return c;
});

export type Proposal = Awaited<ReturnType<Compute["propose"]>>;

export const viewOf = (c: Compute) => c.registry.read.workerOf([WORKER]);
export const execute = (c: Compute, proposal: Proposal) =>
  c.slashing.write.execute([proposal], { account: c.actors.stranger });
export const reject = (c: Compute, proposal: Proposal) => c.slashing.write.reject([proposal], c.asGovernance);
export const withdraw = (c: Compute, proposal: Proposal) =>
  c.slashing.write.withdraw([proposal], { account: c.slasher });
export const classNumber = (name: (typeof FAULT_CLASSES)[number]): number => FAULT_CLASSES.indexOf(name);
