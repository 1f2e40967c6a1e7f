/** The registry's policy: what governance cannot set, what a floor refuses, and what an attestation's end follows from. */
import { type Abi, type Hex, encodeFunctionData, pad } from "viem";
import { describe, expect, it } from "vitest";
import { attestationRegistryAbi } from "../../deploy/generated/abis.ts";
import { expectRevert } from "../helpers/errors.ts";
import { expectEvent } from "../helpers/events.ts";
import { single, svns } from "../helpers/levels.ts";
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
    const { registry, id, asGovernance } = await load();
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
    await registry.write.restamp([KEY], { account: stranger });
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
});

describe("attesting", () => {
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
