/** Who may do what with the three compute contracts. */
import { type Address, type Hex, encodeFunctionData, toFunctionSelector } from "viem";
import { describe, expect, it } from "vitest";
import { slashingAbi, workerRegistryAbi, workerRewardsAbi } from "../../../deploy/generated/abis.ts";
import { modelId } from "../../../scripts/compute/calls.ts";
import { type Compute, LIMITS, machineOf, openCompute } from "../../helpers/compute.ts";
import { expectRevert } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import { DAY, fixture } from "../../helpers/stage.ts";
import { UNIT, units } from "../../helpers/suite.ts";
import { NOBODY } from "../../helpers/workers.ts";

const MACHINE = machineOf("one");
const WORKER = MACHINE.address;

const load = fixture(async (stage) => {
  const c = await openCompute(stage);
  await c.fundCollateral(c.actors.operator, units(50_000));
  return c;
});

const asOperator = (c: Compute) => ({ account: c.actors.operator });

describe("who may do what", () => {
  it("governance's and the guardian's functions are refused to everybody else", async () => {
    const c = await load();
    const { stranger } = c.actors;
    const calls: readonly (readonly [Address, Hex])[] = [
      ...[
        encodeFunctionData({
          abi: workerRegistryAbi,
          functionName: "setModel",
          args: [modelId("X"), units(100), 10],
        }),
        encodeFunctionData({ abi: workerRegistryAbi, functionName: "removeModel", args: [modelId("H100")] }),
        encodeFunctionData({ abi: workerRegistryAbi, functionName: "setSlashing", args: [c.rewards.address] }),
        encodeFunctionData({
          abi: workerRegistryAbi,
          functionName: "pauseRegistrations",
          args: [c.stage.now() + DAY],
        }),
        encodeFunctionData({ abi: workerRegistryAbi, functionName: "resumeRegistrations" }),
      ].map((data) => [c.registry.address, data] as const),
      [
        c.rewards.address,
        encodeFunctionData({ abi: workerRewardsAbi, functionName: "setCeiling", args: [UNIT] }),
      ] as const,
      ...[
        encodeFunctionData({ abi: slashingAbi, functionName: "setSlasher", args: [stranger] }),
        encodeFunctionData({ abi: slashingAbi, functionName: "setJudge", args: [stranger] }),
        encodeFunctionData({ abi: slashingAbi, functionName: "setTreasury", args: [stranger] }),
        encodeFunctionData({ abi: slashingAbi, functionName: "setLimits", args: [LIMITS] }),
      ].map((data) => [c.slashing.address, data] as const),
    ];
    for (const [to, data] of calls) {
      for (const account of [stranger, c.slasher, c.actors.operator]) {
        await expectRevert(c.stage.wallet.sendTransaction({ account, to, data }), "AccessManagedUnauthorized", [
          account,
        ]);
      }
    }
    // All of them: nothing restricted was forgotten above.
    const restricted = [workerRegistryAbi, workerRewardsAbi, slashingAbi].flatMap((abi) =>
      abi.flatMap((item) =>
        item.type === "function" && /^(set|remove[A-Z]|pause|resume)/.test(item.name) ? [item] : [],
      ),
    );
    const covered = new Set(calls.map(([, data]) => data.slice(0, 10)));
    for (const item of restricted.filter(({ name }) => name !== "setAuthority")) {
      expect(covered, item.name).toContain(toFunctionSelector(item));
    }
  });

  it("an operator's functions are refused to everybody else", async () => {
    const c = await load();
    const { operator, mallory } = c.actors;
    await c.register(MACHINE, { collateral: units(2_000) });
    await c.registry.write.withdraw([WORKER, units(500)], asOperator(c));
    const as = { account: mallory };
    const calls = [
      () => c.registry.write.withdraw([WORKER, 1n], as),
      () => c.registry.write.cancelWithdrawal([WORKER], as),
      () => c.registry.write.finishWithdrawal([WORKER, mallory], as),
      () => c.registry.write.proposeOperator([WORKER, mallory], as),
      () => c.registry.write.requestExit([WORKER], as),
      () => c.registry.write.finishExit([WORKER, mallory], as),
    ];
    for (const call of calls) await expectRevert(call(), "WorkerRegistry_NotOperator", [mallory, operator]);
  });

  it("the slashing contract's functions are refused to everybody else, and it must be a contract", async () => {
    const c = await load();
    await c.register(MACHINE);
    const account = c.actors.governance;
    const calls = [
      () => c.registry.write.reserve([WORKER, 1n, 0], { account }),
      () => c.registry.write.release([WORKER, 0n], { account }),
      () => c.registry.write.slash([WORKER, 0n, account, 0n, NOBODY], { account }),
    ];
    for (const call of calls) await expectRevert(call(), "WorkerRegistry_NotSlashing", [account]);
    await expectRevert(c.registry.write.setSlashing([account], c.asGovernance), "WorkerRegistry_InvalidSlashing", [
      account,
    ]);
    await expectRevert(
      c.registry.write.setSlashing([c.slashing.address], c.asGovernance),
      "WorkerRegistry_NothingChanges",
    );
    const hash = await c.registry.write.setSlashing([c.rewards.address], c.asGovernance);
    await expectEvent(c.stage, hash, c.registry, "SlashingChanged", {
      oldSlashing: c.slashing.address,
      newSlashing: c.rewards.address,
    });
  });
});
