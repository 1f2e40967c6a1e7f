/** The registry on quotes of a test authority: binding, replay, policy, kill switches, expiry. */
import {
  type Address,
  type Hex,
  concat,
  isAddressEqual,
  numberToHex,
  pad,
  size,
  slice,
  toFunctionSelector,
} from "viem";
import { describe, expect, it } from "vitest";
import { commitOf, quoteArguments, reportDataOf, uploadsOf } from "../../scripts/attestation/calls.ts";
import { P256_ORDER } from "../../scripts/attestation/p256.ts";
import { readCertificate } from "../../scripts/attestation/x509.ts";
import { deployVerifier } from "../helpers/attestation.ts";
import { expectRevert } from "../helpers/errors.ts";
import { KEY, OTHER_KEY, STATE, SUBJECT, SWITCH, openRegistry } from "../helpers/registry.ts";
import { DAY, fixture } from "../helpers/stage.ts";

const load = fixture(openRegistry);

describe("attesting", () => {
  it("makes a key valid for seven days, by anyone who sends its quote", async () => {
    const { registry, verifier, quoteOf, attest, stage, state } = await load();
    expect(await state()).toBe(STATE.never);
    await attest(await quoteOf());
    const [verified] = await verifier.contract.getEvents.PlatformVerified({}, { fromBlock: 0n });
    const { platform, fmspc, ppid, ...others } = verified?.args ?? {};
    if (platform === undefined) expect.fail("no platform was verified");
    const [components, pceSvn, ofModel, notBeforeDay, notAfterDay, qeIsvSvn, ofPlatform, serial] =
      await verifier.contract.read.platformOf([platform]);
    expect([fmspc, ppid]).toEqual([ofModel, ofPlatform]);
    expect(others).toEqual({ components, pceSvn, notBeforeDay, notAfterDay, qeIsvSvn, serial });
    await attest(await quoteOf({ key: OTHER_KEY }), { isKnown: true });
    await attest(await quoteOf({ key: OTHER_KEY }), { isKnown: true });
    expect(await registry.read.isValid([KEY])).toBe(true);
    expect(await registry.read.subjectOf([KEY])).toBe(SUBJECT);
    await stage.travel(7n * DAY);
    expect(await state()).toBe(STATE.valid);
    await stage.travel(1n);
    expect(await state()).toBe(STATE.expired);
    expect(await registry.read.isValid([KEY])).toBe(false);
  });

  it("takes a copied transaction for what it is: the owner's own changes nothing and does not fail", async () => {
    const { quoteOf, attest, registry } = await load();
    const bound = await quoteOf();
    await attest(bound);
    const before = await registry.read.statusOf([KEY]);
    await attest(bound);
    expect(await registry.read.statusOf([KEY])).toEqual(before);
  });

  it("takes a quote with negated signatures for the same quote: no second attestation, and no way around what is newer", async () => {
    const { quoteOf, attest, registry, stage, stranger } = await load();
    const negated = (signature: Hex) =>
      concat([slice(signature, 0, 32), numberToHex(P256_ORDER - BigInt(slice(signature, 32, 64)), { size: 32 })]);
    const bound = await quoteOf();
    const { quote } = bound;
    const twin = {
      ...bound,
      quote: { ...quote, signature: negated(quote.signature), qeReportSignature: negated(quote.qeReportSignature) },
    };
    await attest(bound);
    const before = await registry.read.statusOf([KEY]);
    await stage.travel(DAY);
    const hash = await registry.write.attest([twin.subject, twin.blockNumber, ...quoteArguments(twin.quote)], {
      account: stranger,
    });
    const { logs } = await stage.publicClient.getTransactionReceipt({ hash });
    expect(logs.filter(({ address }) => isAddressEqual(address, registry.address))).toEqual([]);
    expect(await registry.read.statusOf([KEY])).toEqual(before);
    // Nor does it bring back what was followed by another.
    await attest(await quoteOf());
    await expectRevert(attest(twin), "AttestationRegistry_StaleBlock");
  });

  it("refuses an older quote once a newer one was seen, and another subject at the same block", async () => {
    const { quoteOf, attest } = await load();
    const old = await quoteOf();
    const other = await quoteOf({ subject: pad("0x0f", { size: 32 }), blockNumber: BigInt(old.blockNumber) });
    await attest(old);
    await expectRevert(attest(other), "AttestationRegistry_StaleBlock");
    await attest(await quoteOf());
    await expectRevert(attest(old), "AttestationRegistry_StaleBlock");
  });

  it("refuses a quote that binds another subject, block, registry or chain, or more than that", async () => {
    const { quoteOf, attest, stage } = await load();
    const bound = await quoteOf();
    await expectRevert(attest({ ...bound, subject: pad("0x01", { size: 32 }) }), "AttestationRegistry_BindingMismatch");
    await expectRevert(attest({ ...bound, blockNumber: bound.blockNumber - 1 }), "AttestationRegistry_BindingMismatch");
    const { measurements } = bound.quote;
    const longer = await quoteOf({
      measurements: { reportData: concat([slice(measurements.reportData, 0, 63), "0x01"]) },
      blockNumber: BigInt(bound.blockNumber),
    });
    await expectRevert(attest(longer), "AttestationRegistry_BindingMismatch");
    const commit = commitOf({
      chainId: 1,
      registry: KEY,
      subject: SUBJECT,
      blockNumber: BigInt(bound.blockNumber),
      blockHash: (await stage.publicClient.getBlock({ blockNumber: BigInt(bound.blockNumber) })).hash,
    });
    await expectRevert(
      attest(await quoteOf({ measurements: { reportData: reportDataOf(KEY, commit) } })),
      "AttestationRegistry_BindingMismatch",
    );
  });

  it("takes a block that is 256 old, and refuses one that is 257, or not there yet", async () => {
    const { quoteOf, attest, stage } = await load();
    const bound = await quoteOf();
    await expectRevert(attest({ ...bound, blockNumber: bound.blockNumber + 10 }), "AttestationRegistry_UnknownBlock");
    // The refused one took a block, too.
    const mined = Number(await stage.publicClient.getBlockNumber()) - bound.blockNumber;
    for (let i = mined; i < 255; ++i) await stage.travel(1n);
    const restore = await stage.remember();
    await attest(bound);
    await restore();
    await stage.travel(1n);
    await expectRevert(attest(bound), "AttestationRegistry_UnknownBlock");
  });

  it("refuses a known platform's key that it has not seen, and a changed quote", async () => {
    const { quoteOf, attest } = await load();
    const bound = await quoteOf();
    await expectRevert(attest(bound, { isKnown: true }), "TdxVerifier_UnknownPlatform");
    const signedData: Hex = `0x${bound.quote.signedData.slice(2, 700)}${bound.quote.signedData.slice(700, 701) === "0" ? "1" : "0"}${bound.quote.signedData.slice(701)}`;
    await expectRevert(
      attest({ ...bound, quote: { ...bound.quote, signedData } }),
      "TdxVerifier_InvalidQuoteSignature",
    );
  });

  it("always refuses debuggable TDs, TDs without SEPT_VE_DISABLE, and service TDs", async () => {
    const { quoteOf, attest } = await load();
    const withAttributes = (tdAttributes: Hex) => quoteOf({ measurements: { tdAttributes } });
    await expectRevert(attest(await withAttributes("0x0100001000000000")), "TdxVerifier_DebugTd");
    await expectRevert(attest(await withAttributes("0x0000000000000000")), "TdxVerifier_SeptVeEnabled");
    const service = await quoteOf({ version: 5, bodyType: 3, measurements: { mrServiceTd: `0x${"00".repeat(47)}01` } });
    await expectRevert(attest(service), "TdxVerifier_ServiceTd");
  });
});

describe("workloads", () => {
  it("accepts listed images in listed shapes only; removal bites at the next attestation", async () => {
    const { quoteOf, attest, registry, id, asGovernance, state } = await load();
    const other = await quoteOf({ measurements: { rtMr2: `0x${"77".repeat(48)}` } });
    await expectRevert(attest(other), "AttestationRegistry_UnknownWorkload");
    const shape = await quoteOf({ measurements: { rtMr0: `0x${"77".repeat(48)}` } });
    await expectRevert(attest(shape), "AttestationRegistry_UnknownWorkload");
    await attest(await quoteOf());
    await registry.write.removeImage([id], asGovernance);
    expect(await state()).toBe(STATE.valid);
    await expectRevert(attest(await quoteOf()), "AttestationRegistry_UnknownWorkload");
  });

  it("lists an image without MRCONFIGID only with its RTMR3", async () => {
    const { registry, image, asGovernance } = await load();
    const open = { ...image, mrConfigId: `0x${"00".repeat(48)}` } as const;
    await expectRevert(registry.write.allowImage([open], asGovernance), "AttestationRegistry_UnpinnedApplication");
    await registry.write.allowImage([{ ...open, rtMr3: `0x${"33".repeat(48)}` }], asGovernance);
    await expectRevert(
      registry.write.allowImage([{ ...image, tdAttributes: "0x0100001000000000" }], asGovernance),
      "AttestationRegistry_UnsafeImage",
    );
    await expectRevert(
      registry.write.allowImage([{ ...image, tdAttributes: "0x0000003000000000" }], asGovernance),
      "AttestationRegistry_UnsafeImage",
    );
  });

  it("of an image that is pinned by its RTMR3 attest with this one, and with no other", async () => {
    const { registry, image, id, asGovernance, quoteOf, attest } = await load();
    const { rtMr0 } = (await quoteOf()).quote.measurements;
    const [right, wrong] = [`0x${"33".repeat(48)}`, `0x${"34".repeat(48)}`] as const;
    await registry.write.removeImage([id], asGovernance);
    for (const mrConfigId of [image.mrConfigId, `0x${"00".repeat(48)}`] as const) {
      const pinned = { ...image, mrConfigId, rtMr3: right };
      await registry.write.allowImage([pinned], asGovernance);
      const pinnedId = await registry.read.imageOf([pinned]);
      await registry.write.allowShape([pinnedId, rtMr0], asGovernance);
      await attest(await quoteOf({ measurements: { mrConfigId, rtMr3: right } }));
      await expectRevert(
        attest(await quoteOf({ measurements: { mrConfigId, rtMr3: wrong } })),
        "AttestationRegistry_UnknownWorkload",
      );
      // Its switch is that of the image with the RTMR3.
      await registry.write.confirmSwitch([SWITCH.workload, pinnedId], asGovernance);
      expect(await registry.read.isValid([KEY])).toBe(false);
    }
  });

  // The id of such an image is that of one whose RTMR3 is open.
  it("does not take zeros for the RTMR3 that pins an application", async () => {
    const { registry, image, asGovernance } = await load();
    const zeros: Hex = `0x${"00".repeat(48)}`;
    const unpinned = { ...image, mrConfigId: zeros, rtMr3: zeros };
    await expectRevert(registry.write.allowImage([unpinned], asGovernance), "AttestationRegistry_InvalidMeasurements");
  });
});

describe("the verifier", () => {
  /** Answers whoever asks for `revocationEpoch` with one number, and any other question with another. */
  async function deployAnswers({ stage, stranger }: Awaited<ReturnType<typeof load>>, epoch: bigint, other: bigint) {
    const selector = toFunctionSelector("revocationEpoch()");
    const word = (value: bigint) => concat(["0x7f", numberToHex(value, { size: 32 }), "0x5f5260205ff3"]);
    const onOther = word(other);
    // CALLDATALOAD(0) >> 224 == selector ? epoch : other
    const head = concat(["0x5f3560e01c63", selector, "0x1460", numberToHex(14 + size(onOther)), "0x57"]);
    const code = concat([head, onOther, "0x5b", word(epoch)]);
    // Returns what follows it.
    const init = concat(["0x60", numberToHex(size(code)), "0x600a5f3960", numberToHex(size(code)), "0x5ff3", code]);
    const hash = await stage.wallet.sendTransaction({ account: stranger, data: init });
    const { contractAddress } = await stage.publicClient.getTransactionReceipt({ hash });
    if (contractAddress == null) throw new Error("the answers were not deployed");
    return contractAddress;
  }

  it("is one whose answers can be counted with: revocations that leave room, a yes or a no", async () => {
    const c = await load();
    const most = 2n ** 31n - 1n;
    const replace = async (epoch: bigint, other: bigint) =>
      c.registry.write.setVerifier([await deployAnswers(c, epoch, other)], c.asGovernance);
    for (const [epoch, other] of [
      [most + 1n, 0n],
      [2n ** 255n, 0n],
      [0n, 2n],
      [0n, 2n ** 255n],
    ] as const) {
      await expectRevert(replace(epoch, other), "AttestationRegistry_InvalidVerifier");
    }
    await replace(most, 1n);
    await replace(0n, 0n);
  });

  it("is replaced only by one that answers; every stamp is old then", async () => {
    const { registry, manager, authority, quoteOf, attest, stage, stranger, asGovernance } = await load();
    await attest(await quoteOf());
    for (const wrong of [stranger, manager.address]) {
      await expectRevert(registry.write.setVerifier([wrong], asGovernance), "AttestationRegistry_InvalidVerifier");
    }
    const before = await registry.read.epoch();
    const next = await deployVerifier(stage, authority.root.key.raw);
    await registry.write.setVerifier([next.contract.address], asGovernance);
    expect(await registry.read.epoch()).toBeGreaterThan(before);
    expect(await registry.read.isValid([KEY])).toBe(true);
    await expectRevert(attest(await quoteOf()), "CollateralStore_Missing");
    await next.upload(authority.collateral({}));
    await attest(await quoteOf());
    await expectRevert(
      registry.write.setVerifier([next.contract.address], asGovernance),
      "AttestationRegistry_NothingChanges",
    );
  });
});

/** What the switches of {@link KEY}'s attestation are named by. */
async function switchIds({
  quoteOf,
  registry,
  verifier,
  id,
}: Pick<Awaited<ReturnType<typeof load>>, "quoteOf" | "registry" | "verifier" | "id">) {
  const { quote } = await quoteOf();
  const logs = await registry.getEvents.Attested({ key: KEY }, { fromBlock: 0n });
  const platformId = logs[0]?.args.platform;
  if (platformId === undefined) throw new Error("nothing was attested");
  const [, , fmspc, , , , ppid] = await verifier.contract.read.platformOf([platformId]);
  return {
    ppid: pad(ppid, { size: 32, dir: "right" }),
    fmspc: pad(fmspc, { size: 32, dir: "right" }),
    tdxModule: pad(slice(quote.measurements.mrSeam, 0, 8), { size: 32, dir: "right" }),
    workload: id,
  };
}

describe("kill switches", () => {
  it.each(["ppid", "fmspc", "tdxModule", "workload"] as const)("%s: off, and on again when it lapses", async (kind) => {
    const { quoteOf, attest, registry, id, guardian, stranger, stage, state, authority, verifier } = await load();
    await attest(await quoteOf());
    const other = authority.platform({ seed: "two" });
    await attest(await quoteOf({ key: OTHER_KEY, on: other }));
    const ids = await switchIds({ quoteOf, registry, verifier, id });
    const until = Number(stage.now() + DAY);
    await registry.write.switchOff([SWITCH[kind], ids[kind], until], { account: guardian });
    expect(await registry.read.statusOf([KEY])).toMatchObject({ state: STATE.switchedOff, kind: SWITCH[kind] });
    expect(await registry.read.isValid([KEY])).toBe(false);
    await expectRevert(registry.write.restamp([KEY], { account: guardian }), "AttestationRegistry_NotValid");
    await expectRevert(attest(await quoteOf()), "AttestationRegistry_SwitchedOff");
    // Only what it names: the other platform has its own PPID, and the rest in common.
    expect(await registry.read.isValid([OTHER_KEY])).toBe(kind === "ppid");
    await expectRevert(
      registry.write.clearLapsed([SWITCH[kind], ids[kind]], { account: stranger }),
      "AttestationRegistry_NothingChanges",
    );
    await stage.travel(DAY);
    expect(await state()).toBe(STATE.valid);
    await registry.write.restamp([KEY], { account: guardian });
    // What has lapsed can be forgotten by anyone, once.
    await registry.write.clearLapsed([SWITCH[kind], ids[kind]], { account: stranger });
    await expectRevert(
      registry.write.clearLapsed([SWITCH[kind], ids[kind]], { account: stranger }),
      "AttestationRegistry_NothingChanges",
    );
    expect(await state()).toBe(STATE.valid);
  });

  it("operator: only for consumers that name one", async () => {
    const { quoteOf, attest, registry, guardian, stage } = await load();
    await attest(await quoteOf());
    const operator: Address = "0x3333333333333333333333333333333333333333";
    const until = Number(stage.now() + DAY);
    await registry.write.switchOff([SWITCH.operator, pad(operator, { size: 32, dir: "right" }), until], {
      account: guardian,
    });
    expect(await registry.read.isValidFor([KEY, operator])).toBe(false);
    expect(await registry.read.isValidFor([KEY, OTHER_KEY])).toBe(true);

    const [, blockNumber] = await registry.read.standingOf([KEY, operator]);
    const epoch = await registry.read.epoch();
    expect(await registry.read.standingOf([KEY, operator])).toEqual([0, blockNumber, epoch]);
    const { validUntil } = await registry.read.statusOf([KEY]);
    expect(await registry.read.standingOf([KEY, OTHER_KEY])).toEqual([validUntil, blockNumber, epoch]);
    expect(blockNumber).toBe(await registry.read.blockOf([KEY]));
    expect(await registry.read.standingOf([OTHER_KEY, operator])).toEqual([0, 0, epoch]);
  });

  it.each(["ppid", "fmspc", "tdxModule", "workload", "operator"] as const)(
    "%s: confirmed off is what governance confirmed, and nothing else",
    async (kind) => {
      const { quoteOf, attest, registry, verifier, guardian, id, stage, asGovernance } = await load();
      await attest(await quoteOf());
      const operator: Address = "0x3333333333333333333333333333333333333333";
      const ids = await switchIds({ quoteOf, registry, verifier, id });
      const name = { ...ids, operator: pad(operator, { size: 32, dir: "right" }) }[kind];
      const isOff = (key = KEY, of = operator) => registry.read.isConfirmedOff([key, of]);
      await registry.write.switchOff([SWITCH[kind], name, Number(stage.now() + DAY)], { account: guardian });
      expect(await isOff()).toBe(false);
      await registry.write.confirmSwitch([SWITCH[kind], name], asGovernance);
      expect(await isOff()).toBe(true);
      if (kind === "operator") expect(await isOff(KEY, OTHER_KEY)).toBe(false);
      else expect(await isOff(OTHER_KEY)).toBe(false);
      await registry.write.liftSwitch([SWITCH[kind], name], asGovernance);
      expect(await isOff()).toBe(false);
    },
  );

  it("holds the guardian to 14 days and 4 a year; governance confirms and lifts", async () => {
    const { registry, guardian, stage, asGovernance, stranger } = await load();
    const name = (n: number): Hex => pad(`0x0${n}`, { size: 32, dir: "right" });
    const off = (n: number, until: bigint) =>
      registry.write.switchOff([SWITCH.fmspc, name(n), Number(until)], { account: guardian });
    await expectRevert(off(1, stage.now() + 14n * DAY + 1n), "AttestationRegistry_SwitchTooLong");
    await expectRevert(off(1, stage.now()), "AttestationRegistry_SwitchTooLong");
    for (let n = 1; n <= 4; ++n) await off(n, stage.now() + 14n * DAY);
    await expectRevert(off(5, stage.now() + DAY), "AttestationRegistry_NoSwitchesLeft");
    await registry.write.liftOwnSwitch([SWITCH.fmspc, name(2)], { account: guardian });
    await registry.write.confirmSwitch([SWITCH.fmspc, name(1)], asGovernance);
    await expectRevert(
      registry.write.liftOwnSwitch([SWITCH.fmspc, name(1)], { account: guardian }),
      "AttestationRegistry_SwitchConfirmed",
    );
    await stage.travel(365n * DAY);
    expect(await registry.read.switchedOffUntil([SWITCH.fmspc, name(1)])).toBeGreaterThan(0);
    expect(await registry.read.switchedOffUntil([SWITCH.fmspc, name(3)])).toBe(0);
    await off(5, stage.now() + DAY);
    // What was never off, or is no more, is not lifted.
    for (const n of [3, 9]) {
      await expectRevert(
        registry.write.liftSwitch([SWITCH.fmspc, name(n)], asGovernance),
        "AttestationRegistry_NothingChanges",
      );
    }
    await registry.write.liftSwitch([SWITCH.fmspc, name(1)], asGovernance);
    expect(await registry.read.switchedOffUntil([SWITCH.fmspc, name(1)])).toBe(0);
    await expectRevert(
      registry.write.confirmSwitch([SWITCH.fmspc, name(1)], { account: stranger }),
      "AccessManagedUnauthorized",
    );
  });
});

describe("floors and revocations", () => {
  it("re-judges what was accepted by a raised floor", async () => {
    const { quoteOf, attest, registry, asGovernance } = await load();
    await attest(await quoteOf());
    const { minTcbDay, allowedStatuses } = await registry.read.floors();
    // What is just as high is not below: the factory's quoting enclave has this one.
    const qeIsvSvn = 4;
    await registry.write.raiseFloors([{ minTcbDay, minQeIsvSvn: qeIsvSvn, allowedStatuses }], asGovernance);
    expect(await registry.read.isValid([KEY])).toBe(true);
    await registry.write.raiseFloors([{ minTcbDay, minQeIsvSvn: qeIsvSvn + 1, allowedStatuses }], asGovernance);
    expect(await registry.read.statusOf([KEY])).toMatchObject({ state: STATE.belowFloor, floor: 2 });
    await expectRevert(attest(await quoteOf()), "AttestationRegistry_BelowFloor");
    await expectRevert(
      registry.write.raiseFloors([{ minTcbDay, minQeIsvSvn: 0, allowedStatuses }], asGovernance),
      "AttestationRegistry_FloorsNotRaised",
    );
    await registry.write.setFloors([{ minTcbDay, minQeIsvSvn: 0, allowedStatuses }], asGovernance);
    expect(await registry.read.isValid([KEY])).toBe(true);
  });

  it("Intel's early data, uploaded by a stranger, changes the label and not who may work", async () => {
    const { quoteOf, attest, verifier, authority, stage, registry, stranger } = await load();
    await attest(await quoteOf());
    await stage.travel(DAY);
    const early = authority.collateral({
      issued: Number(stage.now()) - 3600,
      tcbInfo: (info) => ({
        ...info,
        tcbEvaluationDataNumber: info.tcbEvaluationDataNumber + 1,
        tcbLevels: info.tcbLevels.map((level) => ({ ...level, tcbStatus: "OutOfDate" as const })),
      }),
    });
    for (const { functionName, args } of uploadsOf(early)) {
      if (functionName === "uploadTcbInfo") await verifier.contract.write.uploadTcbInfo(args, { account: stranger });
    }
    expect(await registry.read.isValid([KEY])).toBe(true);
    await attest(await quoteOf());
    expect(await registry.read.isValid([KEY])).toBe(true);
  });

  it("a revoked PCK certificate invalidates its platform's keys at once, and no others", async () => {
    const { quoteOf, attest, verifier, authority, stage, registry, platform, state, stranger } = await load();
    await attest(await quoteOf());
    const other = authority.platform({ seed: "two" });
    await attest(await quoteOf({ key: OTHER_KEY, on: other }));
    await stage.travel(DAY);
    const file = authority.collateral({
      issued: Number(stage.now()) - 3600,
      pckCrl: {
        thisUpdate: Number(stage.now()) - 3600,
        nextUpdate: Number(stage.now() + 30n * DAY),
        revoked: [{ serial: readCertificate(platform.leaf).serial }],
      },
    });
    await verifier.contract.write.uploadPckCrl([`0x${file.pck_crl}`], { account: stranger });
    expect(await state()).toBe(STATE.revoked);
    expect(await registry.read.isValid([KEY])).toBe(false);
    expect(await registry.read.isValid([OTHER_KEY])).toBe(true);
    await expectRevert(attest(await quoteOf(), { isKnown: true }), "TdxVerifier_LeafRevoked");
  });

  it("a certificate ends with the day before its last one: its key is refused then, not called valid", async () => {
    const { quoteOf, attest, authority, stage, registry } = await load();
    const midnight = (stage.now() / DAY + 1n) * DAY;
    const ending = authority.platform({ seed: "ending", certificate: { notAfter: Number(midnight) + 43_200 } });
    await stage.travelTo(midnight);
    await attest(await quoteOf({ on: ending, key: OTHER_KEY }));
    expect((await registry.read.statusOf([OTHER_KEY])).validUntil).toBe(Number(midnight));
    await stage.travel(1n);
    await expectRevert(attest(await quoteOf({ on: ending })), "AttestationRegistry_NotValid");
  });
});
