/** Three registered workers of different weights, and what their rewards come to. */
import type { Address } from "viem";
import { expect } from "vitest";
import { CEILING, type Compute, gpuOf, machineOf, openCompute } from "./compute.ts";
import { fixture } from "./stage.ts";
import { units } from "./suite.ts";

/** An H100, a B200, and two H200: weights of 100, 180 and 300. */
export const [ONE, TWO, THREE] = [machineOf("one"), machineOf("two"), machineOf("three")];

/** Wei that one H100 earns in an hour at the ceiling. */
export const FULL_HOUR = 100n * CEILING;

/** All three registered, without heartbeats. */
export const load = fixture(async (stage) => {
  const c = await openCompute(stage);
  await c.fundCollateral(c.actors.operator, units(50_000));
  await c.register(ONE);
  await c.register(TWO, { of: c.subject({ model: "B200", gpuIds: [gpuOf("two")] }) });
  await c.register(THREE, { of: c.subject({ model: "H200", gpuIds: [gpuOf("three"), gpuOf("four")] }) });
  return c;
});

export const rewardsOf = (c: Compute, worker: { address: Address }) => c.rewards.read.rewardsOf([worker.address]);

export const totalsOf = async (c: Compute) => {
  const [weight, nextWeight, reserve, credited, received, paid] = await c.rewards.read.totals();
  return { weight, nextWeight, reserve, credited, received, paid };
};

/** A share of hours, which rounding down may have taken a few wei of. */
export function expectPay(paid: bigint, wanted: bigint): void {
  expect(paid).toBeLessThanOrEqual(wanted);
  expect(paid).toBeGreaterThanOrEqual(wanted - 8n);
}
