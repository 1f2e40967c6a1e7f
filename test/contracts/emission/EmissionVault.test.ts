/** The vault of the mining budget: when it starts, who may pull, and what happens to a sink that is replaced. */
import { zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { expectRevert } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import { DAY, HOUR, fixture } from "../../helpers/stage.ts";
import { STREAM, type Suite, UNIT, deploySuite } from "../../helpers/suite.ts";

const loadFunded = fixture((stage) => deploySuite(stage, { start: false }));
const load = fixture(async (stage) => {
  const suite = await deploySuite(stage);
  await stage.travel(10n * DAY + 1n);
  return suite;
});

const sinksOf = ({ vpha, actors }: Suite) => [vpha.address, actors.workers, actors.treasury] as const;

describe("start", () => {
  it("is at the next full hour", async () => {
    for (const [past, wait] of [
      [0n, 0n],
      [1n, HOUR - 1n],
      [HOUR - 1n, 1n],
    ] as const) {
      const suite = await loadFunded();
      const { stage, emission, actors, budget } = suite;
      await stage.travelTo(((stage.now() + HOUR - 1n) / HOUR) * HOUR + past);
      const startTime = stage.now() + wait;
      const hash = emission.write.start([sinksOf(suite)], { account: actors.governance });
      await expectEvent(stage, hash, emission, "Started", { startTime, budget, sinks: sinksOf(suite) });
      expect(await emission.read.startTime()).toBe(startTime);
      for (const [i, sink] of sinksOf(suite).entries()) expect(await emission.read.sinkOf([i])).toBe(sink);
      // Nothing is due before it, and a pull then pays nothing rather than being refused.
      expect(await emission.read.due([STREAM.workers])).toBe(0n);
      await emission.write.pull([STREAM.workers], { account: actors.workers });
      await stage.travelTo(startTime + 1n);
      expect(await emission.read.due([STREAM.workers])).toBeGreaterThan(0n);
    }
  });

  it("needs the whole budget, to the wei", async () => {
    const suite = await loadFunded();
    const { stage, emission, pha, actors, budget } = suite;
    const impostor = await stage.impersonate(emission.address);
    await pha.write.transfer([actors.holder, 1n], { account: impostor });
    const call = () => emission.write.start([sinksOf(suite)], { account: actors.governance });
    await expectRevert(call(), "EmissionVault_Underfunded", [4n * budget - 1n, 4n * budget]);
    await pha.write.transfer([emission.address, 1n], { account: actors.holder });
    await call();
  });

  it("happens once", async () => {
    const suite = await load();
    const { emission, actors } = suite;
    const startTime = await emission.read.startTime();
    await expectRevert(
      emission.write.start([sinksOf(suite)], { account: actors.governance }),
      "EmissionVault_AlreadyStarted",
      [startTime],
    );
  });

  it("refuses sinks that could never pull", async () => {
    const { emission, vpha, actors } = await loadFunded();
    const { workers, treasury, governance } = actors;
    for (const sink of [zeroAddress, emission.address]) {
      for (const sinks of [
        [sink, workers, treasury],
        [vpha.address, sink, treasury],
        [vpha.address, workers, sink],
      ] as const) {
        await expectRevert(emission.write.start([sinks], { account: governance }), "EmissionVault_InvalidSink", [sink]);
      }
    }
    expect(await emission.read.startTime()).toBe(0n);
  });

  it("refuses the stakers' sink for another stream: it could not pull it", async () => {
    const { emission, vpha, actors } = await loadFunded();
    const { workers, treasury, governance } = actors;
    for (const sinks of [
      [vpha.address, vpha.address, treasury],
      [vpha.address, workers, vpha.address],
    ] as const) {
      await expectRevert(emission.write.start([sinks], { account: governance }), "EmissionVault_StakersSink", [
        vpha.address,
      ]);
    }
  });

  it("is governance's alone", async () => {
    const suite = await loadFunded();
    for (const account of [suite.actors.mallory, suite.actors.guardian]) {
      await expectRevert(suite.emission.write.start([sinksOf(suite)], { account }), "AccessManagedUnauthorized", [
        account,
      ]);
    }
  });
});

describe("pull", () => {
  it("pays the sink what is due, to the second, and tells of it", async () => {
    const { stage, emission, pha, actors } = await load();
    for (const [stream, account] of [
      [STREAM.workers, actors.workers],
      [STREAM.treasury, actors.treasury],
    ] as const) {
      const amount = await emission.read.due([stream]);
      expect(amount).toBe(await emission.read.emittedTo([stream, stage.now()]));
      const hash = emission.write.pull([stream], { account });
      await expectEvent(stage, hash, emission, "Pulled", { stream, sink: account, amount, pulled: amount });
      expect(await pha.read.balanceOf([account])).toBe(amount);
      expect(await emission.read.pulled([stream])).toBe(amount);
      expect(await emission.read.due([stream])).toBe(0n);
      // A second time in the same second: nothing, and no error. Nothing is transferred, not even nothing.
      const again = emission.write.pull([stream], { account });
      await expectEvent(stage, again, emission, "Pulled", { amount: 0n, pulled: amount });
      const { logs } = await stage.publicClient.getTransactionReceipt({ hash: await again });
      expect(logs).toHaveLength(1);
    }
  });

  it("by a stranger, or by the sink of another stream, is refused", async () => {
    const { emission, actors } = await load();
    for (const [stream, account] of [
      [STREAM.stakers, actors.mallory],
      [STREAM.workers, actors.treasury],
      [STREAM.treasury, actors.governance],
    ] as const) {
      await expectRevert(emission.write.pull([stream], { account }), "EmissionVault_NotSink", [stream, account]);
    }
  });

  it("before the start is refused, and nothing has been emitted by any time", async () => {
    const { stage, emission, actors } = await loadFunded();
    const { workers } = actors;
    for (const time of [0n, 1n, stage.now(), 2n ** 64n]) {
      expect(await emission.read.emitted([time])).toBe(0n);
      expect(await emission.read.emittedTo([STREAM.workers, time])).toBe(0n);
    }
    await expectRevert(emission.write.pull([STREAM.workers], { account: workers }), "EmissionVault_NotSink", [
      STREAM.workers,
      workers,
    ]);
  });

  it("pays out the whole budget in the end, and not a wei more", async () => {
    const { stage, emission, pha, vpha, actors, budget } = await load();
    await pha.write.transfer([emission.address, 5n * UNIT], { account: actors.holder });
    await stage.travel(60n * 365n * DAY);
    await emission.write.pull([STREAM.workers], { account: actors.workers });
    await emission.write.pull([STREAM.treasury], { account: actors.treasury });
    await vpha.write.harvest({ account: actors.stranger });
    expect(await pha.read.balanceOf([emission.address])).toBe(5n * UNIT);
    expect(await pha.read.balanceOf([vpha.address])).toBe((8n * budget) / 5n);
    expect(await pha.read.balanceOf([actors.workers])).toBe((8n * budget) / 5n);
    expect(await pha.read.balanceOf([actors.treasury])).toBe((4n * budget) / 5n);
  });
});

describe("replaceSink", () => {
  it("settles the old sink to the second; it can still pull that, once, and the new one the rest", async () => {
    const { stage, emission, pha, actors } = await load();
    const { workers, carol, governance } = actors;
    const stream = STREAM.workers;
    await emission.write.pull([stream], { account: workers });
    await stage.travel(DAY);
    const [settled, total] = [await emission.read.due([stream]), await emission.read.emittedTo([stream, stage.now()])];
    const hash = emission.write.replaceSink([stream, carol], { account: governance });
    await expectEvent(stage, hash, emission, "SinkReplaced", {
      stream,
      oldSink: workers,
      newSink: carol,
      settled,
      pulled: total,
    });
    expect(await emission.read.settledOf([stream, workers])).toBe(settled);
    expect(await emission.read.due([stream])).toBe(0n);

    await stage.travel(DAY);
    const before = await pha.read.balanceOf([workers]);
    const late = emission.write.pull([stream], { account: workers });
    await expectEvent(stage, late, emission, "SettledPulled", { stream, sink: workers, amount: settled });
    expect((await pha.read.balanceOf([workers])) - before).toBe(settled);
    await expectRevert(emission.write.pull([stream], { account: workers }), "EmissionVault_NotSink", [stream, workers]);
    await emission.write.pull([stream], { account: carol });
    expect(await pha.read.balanceOf([carol])).toBe((await emission.read.emittedTo([stream, stage.now()])) - total);
  });

  it("there and back: what was settled is due again", async () => {
    const { stage, emission, pha, actors } = await load();
    const { treasury, carol, governance } = actors;
    const stream = STREAM.treasury;
    const as = { account: governance };
    const emitted = async () => emission.read.emittedTo([stream, stage.now()]);
    await emission.write.replaceSink([stream, carol], as);
    const first = await emission.read.settledOf([stream, treasury]);
    expect(first).toBe(await emitted());
    await stage.travel(DAY);
    const hash = emission.write.replaceSink([stream, treasury], as);
    const second = (await emitted()) - first;
    await expectEvent(stage, hash, emission, "SinkReplaced", {
      oldSink: carol,
      newSink: treasury,
      settled: second,
      pulled: second,
    });
    expect(await emission.read.settledOf([stream, treasury])).toBe(0n);
    expect(await emission.read.settledOf([stream, carol])).toBe(second);
    expect(await emission.read.due([stream])).toBe(first);

    await stage.travel(DAY);
    const third = (await emitted()) - first - second;
    await emission.write.pull([stream], { account: treasury });
    expect(await pha.read.balanceOf([treasury])).toBe(first + third);
    await emission.write.pull([stream], { account: carol });
    expect(await pha.read.balanceOf([carol])).toBe(second);
    expect(await emission.read.pulled([stream])).toBe(await emitted());
  });

  it("there and back, many times: nobody loses a wei or gets it twice", async () => {
    const { stage, emission, pha, actors } = await load();
    const { workers, carol, governance } = actors;
    const stream = STREAM.workers;
    const owed = { [workers]: 0n, [carol]: 0n };
    let before = 0n;
    for (let i = 0; i < 6; i++) {
      const [sink, next] = i % 2 === 0 ? [workers, carol] : [carol, workers];
      await stage.travel(DAY + BigInt(i));
      const total = await emission.read.emittedTo([stream, stage.now()]);
      owed[sink] = (owed[sink] ?? 0n) + total - before;
      before = total;
      await emission.write.replaceSink([stream, next], { account: governance });
      expect(await emission.read.due([stream])).toBe(owed[next]);
      expect(await emission.read.settledOf([stream, sink])).toBe(owed[sink]);
    }
    for (const account of [workers, carol]) {
      await emission.write.pull([stream], { account });
      expect(await pha.read.balanceOf([account])).toBe(owed[account]);
    }
  });

  it("one account may be the sink of both replaceable streams: a pull names its stream", async () => {
    const { emission, pha, actors } = await load();
    const { workers, governance } = actors;
    await emission.write.replaceSink([STREAM.treasury, workers], { account: governance });
    await emission.write.pull([STREAM.treasury], { account: workers });
    expect(await pha.read.balanceOf([workers])).toBe(0n);
    const due = await emission.read.due([STREAM.workers]);
    await emission.write.pull([STREAM.workers], { account: workers });
    expect(await pha.read.balanceOf([workers])).toBe(due);
  });

  it("never touches the stakers' stream", async () => {
    const { emission, actors } = await load();
    await expectRevert(
      emission.write.replaceSink([STREAM.stakers, actors.carol], { account: actors.governance }),
      "EmissionVault_FixedSink",
      [STREAM.stakers],
    );
  });

  it("refuses no change, no account, the vault itself, the stakers' sink, and a vault that has not started", async () => {
    const { emission, vpha, actors } = await load();
    const as = { account: actors.governance };
    const call = (sink: `0x${string}`) => emission.write.replaceSink([STREAM.workers, sink], as);
    await expectRevert(call(actors.workers), "EmissionVault_SameSink", [actors.workers]);
    await expectRevert(call(zeroAddress), "EmissionVault_InvalidSink", [zeroAddress]);
    await expectRevert(call(emission.address), "EmissionVault_InvalidSink", [emission.address]);
    for (const stream of [STREAM.workers, STREAM.treasury]) {
      await expectRevert(emission.write.replaceSink([stream, vpha.address], as), "EmissionVault_StakersSink", [
        vpha.address,
      ]);
    }
    const early = await loadFunded();
    await expectRevert(
      early.emission.write.replaceSink([STREAM.workers, actors.carol], as),
      "EmissionVault_NotStarted",
      [],
    );
  });

  it("is governance's alone", async () => {
    const { emission, actors } = await load();
    for (const account of [actors.mallory, actors.guardian, actors.workers]) {
      await expectRevert(
        emission.write.replaceSink([STREAM.workers, actors.mallory], { account }),
        "AccessManagedUnauthorized",
        [account],
      );
    }
  });
});
