import { beforeAll, describe, expect, it } from "vitest";
import { type Compute, gpuOf, machineOf, openCompute } from "../../helpers/compute.ts";
import { DAY, HOUR, openStage } from "../../helpers/stage.ts";
import { units } from "../../helpers/suite.ts";

describe("a worker's life", () => {
  let c: Compute;
  beforeAll(async () => {
    c = await openCompute(await openStage());
  });

  it("registers, beats, claims and leaves", async () => {
    const { operator } = c.actors;
    await c.fundCollateral(operator, units(50_000));
    const m = machineOf(1);
    console.log("register new", await c.register(m));
    console.log("register known", await c.register(machineOf(2), { of: c.subject({ gpuIds: [gpuOf(2)] }) }));
    console.log("register known 3 GPU", await c.register(machineOf(3), { of: c.subject({ gpuIds: [gpuOf(3), gpuOf(4), gpuOf(5)] }) }));
    console.log("reattest", await c.reattest(m));
    const machines = [m, machineOf(2), machineOf(3)];
    const gas = async (hash: `0x${string}`) => (await c.receiptOf(hash)).gasUsed;
    for (let i = 0; i < 4; ++i) {
      await c.stage.travel(HOUR);
      console.log("heartbeat", await gas(await c.rewards.write.heartbeat(await c.heartbeatOf(machines), { account: operator })));
    }
    console.log(await c.rewards.read.rewardsOf([m.address]), await c.rewards.read.totals());
    console.log("claim", await gas(await c.rewards.write.claim([[m.address], operator], { account: operator })));
    await c.stage.travel(HOUR);
    console.log("claim", await gas(await c.rewards.write.claim([[m.address], operator], { account: operator })));
    const p = await c.propose(m.address, units(1_000), { bounty: units(100), reporter: c.actors.alice });
    const before = await c.stage.publicClient.getBlock();
    await c.stage.travel(7n * DAY);
    console.log("execute", await gas(await c.slashing.write.execute([p], { account: operator })), before.gasUsed);
    console.log("exit", await gas(await c.registry.write.requestExit([m.address], { account: operator })));
    await c.stage.travel(21n * DAY);
    console.log("finish", await gas(await c.registry.write.finishExit([m.address, operator], { account: operator })));
    console.log(await c.registry.read.workerOf([m.address]));
    expect(1).toBe(1);
  });
});
