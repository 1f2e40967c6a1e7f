/** The registry's policy: what governance cannot set, what a floor refuses, and what an attestation's end follows from. */
import { type Abi, type Hex, encodeFunctionData, pad } from "viem";
import { describe, expect, it } from "vitest";
import { attestationRegistryAbi } from "../../deploy/generated/abis.ts";
import { quoteArguments } from "../../scripts/attestation/calls.ts";
import { isvLevel, tcbLevel } from "../../scripts/attestation/factory.ts";
import { expectRevert } from "../helpers/errors.ts";
import { expectEvent } from "../helpers/events.ts";
import { deployVerifier } from "../helpers/attestation.ts";
import { MODULE, single, svns } from "../helpers/levels.ts";
import { KEY, STATE, SWITCH, openRegistry } from "../helpers/registry.ts";
import { DAY, fixture } from "../helpers/stage.ts";
import { zeroOf } from "../helpers/zero.ts";

const load = fixture(openRegistry);
const octets = (byte: string, count = 48): Hex => `0x${byte.repeat(count)}`;
/** `TcbStatus`, as bits of a set. */
const [UP_TO_DATE, OUT_OF_DATE, REVOKED] = [1 << 1, 1 << 5, 1 << 7];
const ALL = 0x37e;

describe("who may do what", () => {
  /** By anybody: each proves what it does, or follows from it. `setAuthority` is the authority's own. */
  const OPEN = ["attest", "clearLapsed", "restamp", "setAuthority"];

  it("everything else is refused to everybody but governance, or the guardian", async () => {
    const { registry, stage, stranger, guardian } = await load();
    const changing = attestationRegistryAbi.flatMap((item) =>
      item.type === "function" && item.stateMutability === "nonpayable" && !OPEN.includes(item.name) ? [item] : [],
    );
    expect(changing.length).toBeGreaterThan(9);
    for (const item of changing) {
      const abi: Abi = [item];
      const data = encodeFunctionData({ abi, functionName: item.name, args: item.inputs.map(zeroOf) });
      const isGuardians = ["switchOff", "liftOwnSwitch"].includes(item.name);
      for (const account of [stranger, ...(isGuardians ? [] : [guardian])]) {
        const sent = stage.wallet.sendTransaction({ account, to: registry.address, data });
        await expectRevert(sent, "AccessManagedUnauthorized", [account]);
      }
    }
  });
});

describe("every decision", () => {
  it("is told as it was made, with an epoch of its own: whoever has looked at a key looks again", async () => {
    const { stage, registry, verifier, image, guardian, authority, asGovernance, quoteOf } = await load();
    const asGuardian = { account: guardian };
    const begun = await registry.getEvents.VerifierReplaced({}, { fromBlock: 0n });
    expect(begun.map(({ args }) => args)).toEqual([{ verifier: verifier.contract.address, policyEpoch: 0 }]);

    const { rtMr0 } = (await quoteOf()).quote.measurements;
    const other = { ...image, mrTd: octets("55") };
    const id = await registry.read.imageOf([other]);
    const next = (await deployVerifier(stage, authority.root.key.raw)).contract.address;
    const floors = { minTcbDay: 1, minQeIsvSvn: 2, allowedStatuses: ALL };
    const higher = { ...floors, minQeIsvSvn: 3 };
    const [until, forever] = [Number(stage.now() + DAY), 2 ** 40 - 1];
    const fmspc = pad("0x010203040506", { size: 32, dir: "right" });
    const named = [SWITCH.fmspc, fmspc] as const;
    const switched = { kind: SWITCH.fmspc, id: fmspc };
    const { write } = registry;
    const decisions = [
      ["ImageAllowed", { image: id, measurements: other }, () => write.allowImage([other], asGovernance)],
      ["ShapeAllowed", { image: id, rtMr0 }, () => write.allowShape([id, rtMr0], asGovernance)],
      ["ShapeRemoved", { image: id, rtMr0 }, () => write.removeShape([id, rtMr0], asGovernance)],
      ["ImageRemoved", { image: id }, () => write.removeImage([id], asGovernance)],
      ["FloorsChanged", floors, () => write.setFloors([floors], asGovernance)],
      ["FloorsChanged", higher, () => write.raiseFloors([higher], asGovernance)],
      ["SwitchedOff", { ...switched, until }, () => write.switchOff([...named, until], asGuardian)],
      ["SwitchLifted", switched, () => write.liftOwnSwitch(named, asGuardian)],
      ["SwitchedOff", { ...switched, until: forever }, () => write.confirmSwitch(named, asGovernance)],
      ["SwitchLifted", switched, () => write.liftSwitch(named, asGovernance)],
      ["VerifierReplaced", { verifier: next }, () => write.setVerifier([next], asGovernance)],
    ] as const;
    for (const [event, told, decide] of decisions) {
      const before = await registry.read.epoch();
      await expectEvent(stage, decide(), registry, event, { ...told, policyEpoch: before + 1 });
      expect(await registry.read.epoch(), event).toBe(before + 1);
    }
  });

  it("needs a verifier that answers, from the beginning", async () => {
    const { stage, manager, stranger } = await load();
    const floors = { minTcbDay: 0, minQeIsvSvn: 0, allowedStatuses: 0 };
    const deployed = stage.deploy("AttestationRegistry", attestationRegistryAbi, [manager.address, stranger, floors]);
    await expectRevert(deployed, "AttestationRegistry_InvalidVerifier");
  });
});

describe("images and their shapes", () => {
  it("each is listed once, and taken from the list once", async () => {
    const { registry, image, id, asGovernance, quoteOf } = await load();
    const { rtMr0 } = (await quoteOf()).quote.measurements;
    await expectRevert(registry.write.allowImage([image], asGovernance), "AttestationRegistry_NothingChanges");
    await expectRevert(registry.write.allowShape([id, rtMr0], asGovernance), "AttestationRegistry_NothingChanges");
    const unknown = pad("0x01", { size: 32 });
    await expectRevert(registry.write.removeImage([unknown], asGovernance), "AttestationRegistry_UnknownImage", [
      unknown,
    ]);
    await expectRevert(registry.write.allowShape([unknown, rtMr0], asGovernance), "AttestationRegistry_UnknownImage", [
      unknown,
    ]);
    await expectRevert(
      registry.write.removeShape([id, octets("77")], asGovernance),
      "AttestationRegistry_NothingChanges",
    );
  });

  it("a shape that is removed is refused at the next attestation, and no other", async () => {
    const { registry, id, asGovernance, quoteOf, attest } = await load();
    const { rtMr0 } = (await quoteOf()).quote.measurements;
    const others = [octets("77"), octets("78")];
    for (const other of others) await registry.write.allowShape([id, other], asGovernance);
    await registry.write.removeShape([id, rtMr0], asGovernance);
    expect(await registry.read.isShapeAllowed([id, rtMr0])).toBe(false);
    await expectRevert(attest(await quoteOf()), "AttestationRegistry_UnknownWorkload");
    for (const other of others) {
      expect(await registry.read.isShapeAllowed([id, other])).toBe(true);
      await attest(await quoteOf({ measurements: { rtMr0: other } }));
    }
    // The one that took its place in the list is found there, and so is any other.
    await registry.write.removeShape([id, octets("77")], asGovernance);
    await registry.write.allowShape([id, rtMr0], asGovernance);
    await attest(await quoteOf());
    await registry.write.removeImage([id], asGovernance);
    for (const each of [rtMr0, ...others]) expect(await registry.read.isShapeAllowed([id, each])).toBe(false);
  });

  it("an image that is removed is not listed any more, and comes back without its shapes", async () => {
    const { stage, registry, image, id, asGovernance, quoteOf, attest } = await load();
    const { rtMr0 } = (await quoteOf()).quote.measurements;
    const epoch = await registry.read.epoch();
    const hash = await registry.write.removeImage([id], asGovernance);
    await expectEvent(stage, hash, registry, "ImageRemoved", { image: id });
    // Whoever has looked at a key looks again.
    expect(await registry.read.epoch()).toBe(epoch + 1);
    expect(await registry.read.isImageAllowed([id])).toBe(false);
    await expectRevert(registry.write.removeImage([id], asGovernance), "AttestationRegistry_UnknownImage", [id]);
    await expectRevert(registry.write.allowShape([id, rtMr0], asGovernance), "AttestationRegistry_UnknownImage", [id]);
    await registry.write.allowImage([image], asGovernance);
    expect(await registry.read.isShapeAllowed([id, rtMr0])).toBe(false);
    await expectRevert(attest(await quoteOf()), "AttestationRegistry_UnknownWorkload");
    await registry.write.allowShape([id, rtMr0], asGovernance);
    await attest(await quoteOf());
  });

  it("64 shapes of an image, so that it can always be removed", async () => {
    const { registry, image, id, asGovernance } = await load();
    const shape = (n: number): Hex => pad(`0x${n.toString(16)}`, { size: 48 });
    for (let n = 1; n < 64; n++) await registry.write.allowShape([id, shape(n)], asGovernance);
    await expectRevert(registry.write.allowShape([id, shape(64)], asGovernance), "AttestationRegistry_TooManyShapes", [
      id,
    ]);
    // One that is removed makes room for another.
    await registry.write.removeShape([id, shape(1)], asGovernance);
    await registry.write.allowShape([id, shape(64)], asGovernance);
    await registry.write.removeImage([id], asGovernance);
    for (const n of [2, 63, 64]) expect(await registry.read.isShapeAllowed([id, shape(n)])).toBe(false);
    // All of them are forgotten: there is room for others when it comes back.
    await registry.write.allowImage([image], asGovernance);
    await registry.write.allowShape([id, shape(65)], asGovernance);
  });

  it("whichever shape is removed first, none is left of an image that is removed", async () => {
    const { registry, image, id, asGovernance, quoteOf } = await load();
    const { rtMr0 } = (await quoteOf()).quote.measurements;
    const shapes = [rtMr0, octets("77"), octets("78")];
    for (const first of shapes) {
      for (const shape of shapes) {
        if (!(await registry.read.isShapeAllowed([id, shape])))
          await registry.write.allowShape([id, shape], asGovernance);
      }
      await registry.write.removeShape([id, first], asGovernance);
      await registry.write.removeImage([id], asGovernance);
      await registry.write.allowImage([image], asGovernance);
      for (const shape of shapes) expect(await registry.read.isShapeAllowed([id, shape])).toBe(false);
    }
  });

  it("measurements have 48 bytes, and RTMR3 may be left open", async () => {
    const { registry, image, id, asGovernance } = await load();
    for (const name of ["mrTd", "mrConfigId", "rtMr1", "rtMr2", "rtMr3"] as const) {
      for (const wrong of [octets("11", 47), octets("11", 49)]) {
        await expectRevert(
          registry.read.imageOf([{ ...image, [name]: wrong }]),
          "AttestationRegistry_InvalidMeasurements",
        );
      }
    }
    await expectRevert(
      registry.write.allowShape([id, octets("11", 47)], asGovernance),
      "AttestationRegistry_InvalidMeasurements",
    );
    expect(await registry.read.imageOf([{ ...image, rtMr3: octets("33") }])).not.toBe(id);
  });
});

describe("floors", () => {
  it("are refused where no platform could pass, or one could that never may", async () => {
    const { registry, asGovernance, stage } = await load();
    const today = Number(stage.now() / DAY);
    const refused = [
      { minTcbDay: 0, minQeIsvSvn: 0, allowedStatuses: ALL | REVOKED },
      { minTcbDay: 0, minQeIsvSvn: 0, allowedStatuses: OUT_OF_DATE },
      { minTcbDay: today + 1, minQeIsvSvn: 0, allowedStatuses: ALL },
    ];
    for (const floors of refused) {
      await expectRevert(registry.write.setFloors([floors], asGovernance), "AttestationRegistry_InvalidFloors");
    }
    await registry.write.setFloors([{ minTcbDay: today, minQeIsvSvn: 0, allowedStatuses: ALL }], asGovernance);
  });

  it("re-judge a platform that is out of date: by its status, by its TCB date; never one that is up to date", async () => {
    const { registry, asGovernance, attest, quoteOf, authority, verifier, stage } = await load();
    await registry.write.setFloors([{ minTcbDay: 0, minQeIsvSvn: 0, allowedStatuses: ALL }], asGovernance);
    const issued = Number(stage.now());
    await verifier.upload(authority.collateral({ issued, tcbInfo: single("OutOfDate") }), ["uploadTcbInfo"]);
    const old = () => quoteOf({ measurements: { teeTcbSvn: svns(1, 0, 1) } });
    await attest(await old());
    const tcbDay = Date.parse("2024-03-13T00:00:00Z") / 86_400_000;

    await registry.write.raiseFloors([{ minTcbDay: tcbDay, minQeIsvSvn: 0, allowedStatuses: ALL }], asGovernance);
    expect(await registry.read.isValid([KEY])).toBe(true);
    await registry.write.raiseFloors([{ minTcbDay: tcbDay + 1, minQeIsvSvn: 0, allowedStatuses: ALL }], asGovernance);
    expect(await registry.read.statusOf([KEY])).toMatchObject({ state: STATE.belowFloor, floor: 1 });
    await expectRevert(attest(await old()), "AttestationRegistry_BelowFloor");

    const strict = { minTcbDay: 0, minQeIsvSvn: 0, allowedStatuses: UP_TO_DATE };
    await registry.write.setFloors([strict], asGovernance);
    expect(await registry.read.statusOf([KEY])).toMatchObject({ state: STATE.belowFloor, floor: 3 });
    await registry.write.setFloors([{ ...strict, allowedStatuses: ALL }], asGovernance);
    expect(await registry.read.isValid([KEY])).toBe(true);
  });
});

describe("a stamp", () => {
  it("spares consumers the second look that every change of the policy makes them take, and nobody else", async () => {
    const { registry, stage, id, asGovernance, quoteOf, attest, stranger } = await load();
    await attest(await quoteOf());
    const question = encodeFunctionData({ abi: attestationRegistryAbi, functionName: "isValid", args: [KEY] });
    const costOf = async () =>
      stage.publicClient.estimateGas({ account: stranger, to: registry.address, data: question });
    const fresh = await costOf();
    await registry.write.allowShape([id, octets("77")], asGovernance);
    const stale = await costOf();
    expect(stale).toBeGreaterThan(fresh + 5_000n);
    const epoch = await registry.read.epoch();
    const stamped = registry.write.restamp([KEY], { account: stranger });
    await expectEvent(stage, stamped, registry, "Restamped", { key: KEY, epoch });
    expect(await costOf()).toBe(fresh);
    expect(await registry.read.isValid([KEY])).toBe(true);
  });
});

describe("switches", () => {
  it("that governance has confirmed are no longer the guardian's, and are confirmed once", async () => {
    const { registry, guardian, stage, asGovernance } = await load();
    const name = pad("0x01", { size: 32, dir: "right" });
    await registry.write.confirmSwitch([SWITCH.fmspc, name], asGovernance);
    await expectRevert(
      registry.write.confirmSwitch([SWITCH.fmspc, name], asGovernance),
      "AttestationRegistry_NothingChanges",
    );
    await expectRevert(
      registry.write.switchOff([SWITCH.fmspc, name, Number(stage.now() + DAY)], { account: guardian }),
      "AttestationRegistry_SwitchConfirmed",
    );
  });

  it("none is read while there is none, however the last one ended", async () => {
    const { registry, stage, guardian, stranger, asGovernance, quoteOf, attest } = await load();
    await attest(await quoteOf());
    const data = encodeFunctionData({ abi: attestationRegistryAbi, functionName: "statusOf", args: [KEY] });
    const costOf = async () => stage.publicClient.estimateGas({ account: stranger, to: registry.address, data });
    const none = await costOf();
    const named = [SWITCH.tdxModule, pad("0x01", { size: 32, dir: "right" })] as const;
    const off = () => registry.write.switchOff([...named, Number(stage.now() + DAY)], { account: guardian });
    const ends = [
      () => registry.write.liftOwnSwitch(named, { account: guardian }),
      () => registry.write.liftSwitch(named, asGovernance),
      async () => {
        await stage.travel(DAY);
        const cleared = registry.write.clearLapsed(named, { account: stranger });
        await expectEvent(stage, cleared, registry, "SwitchCleared", { kind: named[0], id: named[1] });
      },
    ];
    for (const end of ends) {
      await off();
      // Twice is still one.
      await registry.write.confirmSwitch([SWITCH.operator, named[1]], asGovernance);
      await registry.write.liftSwitch([SWITCH.operator, named[1]], asGovernance);
      expect(await costOf()).toBeGreaterThan(none + 8_000n);
      await end();
      expect(await costOf()).toBe(none);
      expect(await registry.read.switchedOffUntil(named)).toBe(0);
    }
  });

  it.each([
    ["ppid", 8],
    ["fmspc", 6],
    ["tdxModule", 8],
    ["workload", 8],
    ["operator", 20],
  ] as const)("%s: named by its first %i bytes, which is what records keep", async (kind, bytes) => {
    const { registry, stage, asGovernance } = await load();
    const name = pad(octets("ab", bytes), { size: 32, dir: "right" });
    const confirmed = registry.write.confirmSwitch([SWITCH[kind], octets("ab", 32)], asGovernance);
    await expectEvent(stage, confirmed, registry, "SwitchedOff", { kind: SWITCH[kind], id: name });
    expect(await registry.read.switchedOffUntil([SWITCH[kind], name])).toBe(2 ** 40 - 1);
    const shorter = pad(octets("ab", bytes - 1), { size: 32, dir: "right" });
    expect(await registry.read.switchedOffUntil([SWITCH[kind], shorter])).toBe(0);
  });

  it("the guardian's fifth is free 365 days after the first, to the second", async () => {
    const { registry, guardian, stage } = await load();
    const first = stage.now();
    const off = (n: number) =>
      registry.write.switchOff([SWITCH.fmspc, pad(`0x0${n}`, { size: 32, dir: "right" }), Number(stage.now() + DAY)], {
        account: guardian,
      });
    for (let n = 1; n <= 4; ++n) {
      await off(n);
      await stage.travel(10n * DAY);
    }
    for (const [n, since] of [first, first + 10n * DAY].entries()) {
      await stage.travelTo(since + 365n * DAY - 1n);
      await expectRevert(off(5 + n), "AttestationRegistry_NoSwitchesLeft", [since + 365n * DAY]);
      await stage.travel(1n);
      await off(5 + n);
    }
  });
});

describe("attesting", () => {
  it("answers with the key and that it is valid, and until when", async () => {
    const { registry, quoteOf, stage, stranger } = await load();
    const { quote, blockNumber, subject } = await quoteOf();
    // A block knows the hashes of those before it.
    await stage.travel(1n);
    const { result } = await registry.simulate.attest([subject, blockNumber, ...quoteArguments(quote)], {
      account: stranger,
    });
    const validUntil = Number(stage.now() + 7n * DAY);
    expect(result).toEqual([KEY, { state: STATE.valid, validUntil, kind: 0, floor: 0 }]);
  });

  it("is valid in the last second, too", async () => {
    const { registry, id, asGovernance, quoteOf, attest, stage } = await load();
    await attest(await quoteOf());
    await stage.travel(7n * DAY);
    // By its stamp, and without.
    expect(await registry.read.isValid([KEY])).toBe(true);
    await registry.write.allowShape([id, octets("77")], asGovernance);
    expect(await registry.read.isValid([KEY])).toBe(true);
    await stage.travel(1n);
    expect(await registry.read.isValid([KEY])).toBe(false);
  });

  it.each([
    ["module", "2024-03-13T00:00:00Z", "2025-01-01T00:00:00Z"],
    ["platform", "2025-01-01T00:00:00Z", "2024-03-13T00:00:00Z"],
  ])("the %s's TCB date counts where it is the older one", async (_, moduleDate, platformDate) => {
    const { registry, stage, authority, verifier, quoteOf, attest } = await load();
    const tcbInfo = {
      tcbLevels: [tcbLevel({ sgx: [1], pceSvn: 1, tdx: [1, 0, 1], status: "UpToDate", date: platformDate })],
      tdxModuleIdentities: [{ id: "TDX_01", ...MODULE, tcbLevels: [isvLevel(1, "UpToDate", undefined, moduleDate)] }],
    } as const;
    const issued = Number(stage.now());
    await verifier.upload(authority.collateral({ issued, tcbInfo }), ["uploadTcbInfo"]);
    await attest(await quoteOf());
    const [attested] = await registry.getEvents.Attested({ key: KEY }, { fromBlock: 0n });
    expect(attested?.args.tcbDay).toBe(Date.parse("2024-03-13T00:00:00Z") / 86_400_000);
  });

  it("what is too short to have a report is refused before anything is read of it", async () => {
    const { registry, stranger, quoteOf } = await load();
    const { blockNumber, subject } = await quoteOf();
    for (const size of [0, 47, 631]) {
      await expectRevert(
        registry.write.attest([subject, blockNumber, octets("04", size), "0x"], { account: stranger }),
        "AttestationRegistry_MalformedQuote",
      );
    }
  });

  it("ends 14 days after the first collateral that ends, where that is within its seven days", async () => {
    const { registry, attest, quoteOf, authority, verifier, stage } = await load();
    const issued = Number(stage.now());
    const nextUpdate = issued + Number(2n * DAY);
    await verifier.upload(authority.collateral({ issued, nextUpdate }), ["uploadTcbInfo", "uploadQeIdentity"]);
    await attest(await quoteOf());
    expect((await registry.read.statusOf([KEY])).validUntil).toBe(Number(stage.now() + 7n * DAY));
    await stage.travel(12n * DAY);
    await attest(await quoteOf());
    expect((await registry.read.statusOf([KEY])).validUntil).toBe(nextUpdate + Number(14n * DAY));
    await stage.travel(4n * DAY + 1n);
    expect(await registry.read.isValid([KEY])).toBe(false);
  });
});
