/** Collateral that is forged, expired, revoked, replayed or of somebody else. */
import { type Hex, bytesToHex, concat, numberToHex, slice } from "viem";
import { describe, expect, it } from "vitest";
import { type Upload, uploadsOf } from "../../scripts/attestation/calls.ts";
import type { CollateralFile } from "../../scripts/attestation/collateral.ts";
import {
  type AuthorityOptions,
  type CaKind,
  type CollateralOptions,
  type CrlOverrides,
  createAuthority,
  isvLevel,
  DEFAULT_FMSPC,
} from "../../scripts/attestation/factory.ts";
import { INTEL_ROOT } from "../../scripts/attestation/files.ts";
import { bitString, boolean, childrenOf, integer, readDer, sequence } from "../../scripts/attestation/der.ts";
import { keyFromSeed, sign } from "../../scripts/attestation/p256.ts";
import { readQuote } from "../../scripts/attestation/quote.ts";
import {
  OID,
  authorityKeyId,
  basicConstraints,
  keyUsage,
  readCertificate,
  signed,
} from "../../scripts/attestation/x509.ts";
import { expectRevert } from "../helpers/errors.ts";
import { single } from "../helpers/levels.ts";
import { STAGE_START, type Stage, fixture } from "../helpers/stage.ts";
import { openTrial } from "../helpers/trial.ts";

const NOW = STAGE_START.getTime() / 1000;
const DAYS = 86_400;
const KIND = { rootCrl: 0, platformCa: 1, platformCrl: 3, tcbSigning: 5, tcbInfo: 6, qeIdentity: 7 } as const;
const stranger = keyFromSeed("stranger");
/** Of P-256's field (FIPS 186-5, SP 800-186). */
const P256_PRIME = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const authorityOf = (options: Partial<AuthorityOptions> = {}) =>
  createAuthority({ seed: "collateral", now: NOW, ...options });
const authority = authorityOf();
const quote = readQuote(authority.platform().quote());

const bare = fixture(async (stage: Stage) => ({ ...(await openTrial(stage, authority.root.key.raw)), stage }));
const load = fixture(async (stage: Stage) => {
  const trial = await openTrial(stage, authority.root.key.raw);
  await trial.upload(authority.collateral());
  return { ...trial, stage };
});

const uploadOf = (file: CollateralFile, name: Upload["functionName"]): Upload =>
  uploadsOf(file).find(({ functionName }) => functionName === name) ?? expect.fail(name);
const NAMES = uploadsOf(authority.collateral()).map(({ functionName }) => functionName);
const KINDS = Object.values(KIND);
/** Names and kinds in the order of uploads. */
const UPLOADS: [Upload["functionName"], number][] = [
  ["uploadRootCrl", KIND.rootCrl],
  ["uploadPckCa", KIND.platformCa],
  ["uploadPckCrl", KIND.platformCrl],
  ["uploadTcbSigning", KIND.tcbSigning],
  ["uploadTcbInfo", KIND.tcbInfo],
  ["uploadQeIdentity", KIND.qeIdentity],
];

/** An authority and its collateral, with dates of certificates and of the rest. */
function dated(dates: { from?: number; to?: number }, only?: number) {
  const { from, to } = dates;
  const applies = (kind: number): boolean => only === undefined || only === kind;
  const validity = { ...(from !== undefined && { notBefore: from }), ...(to !== undefined && { notAfter: to }) };
  const update = { ...(from !== undefined && { thisUpdate: from }), ...(to !== undefined && { nextUpdate: to }) };
  const maker = authorityOf({
    ...(applies(KIND.platformCa) && { platformCa: validity }),
    ...(applies(KIND.tcbSigning) && { tcbSigner: validity }),
  });
  const text = (date: number): string => new Date(date * 1000).toISOString().replace(".000", "");
  const texts = {
    ...(from !== undefined && { issueDate: text(from) }),
    ...(to !== undefined && { nextUpdate: text(to) }),
  };
  return maker.collateral({
    nextUpdate: NOW + 60 * DAYS,
    rootCrl: applies(KIND.rootCrl) ? update : {},
    pckCrl: { nextUpdate: NOW + 60 * DAYS, ...(applies(KIND.platformCrl) && update) },
    tcbInfo: applies(KIND.tcbInfo) ? texts : {},
    qeIdentity: applies(KIND.qeIdentity) ? texts : {},
  });
}

describe("uploads", () => {
  it("are told of with their dates, each kind with its own", async () => {
    const trial = await bare();
    for (const [index, [name, kind]] of UPLOADS.entries()) {
      const [from, to] = [NOW + 1 + index, NOW + (20 + index) * DAYS];
      await trial.stage.travelTo(BigInt(NOW + 10 + index));
      await trial.upload(dated({ from, to }, kind), [name]);
      const [issued, validUntil] = await trial.contract.read.collateral([kind, DEFAULT_FMSPC]);
      expect([issued, validUntil], String(kind)).toEqual([from, to]);
    }
  });

  it.each(UPLOADS)("%s: taken until the last second of what it brings", async (name, kind) => {
    const trial = await load();
    const end = NOW + 2 * DAYS;
    const upload = uploadOf(dated({ from: NOW - 1, to: end }, kind), name);
    await trial.stage.travelTo(BigInt(end));
    expect((await trial.tryUpload(upload)).refused).toBeUndefined();
    await trial.stage.travel(1n);
    const expired = { refused: "CollateralStore_Expired", args: [kind, BigInt(end)] };
    expect(await trial.tryUpload(upload)).toEqual(expired);
  });

  it("of another authority with the same names are refused", async () => {
    const trial = await load();
    const other = createAuthority({ seed: "impostor", now: NOW }).collateral({ issued: NOW - 1 });
    for (const [name, kind] of UPLOADS) {
      const outcome = await trial.tryUpload(uploadOf(other, name));
      expect(outcome).toEqual({ refused: "CollateralStore_InvalidSignature", args: [kind] });
    }
  });

  it.each(UPLOADS)(
    "%s: signed by another key of the same authority, under other names or key ids",
    async (name, kind) => {
      const trial = await load();
      const later = { notBefore: NOW - 1 };
      for (const signer of [stranger, authority.platformCa.key, authority.tcbSigner.key, authority.root.key]) {
        const isRight = signer === RIGHT[name];
        const id = { changedExtensions: [authorityKeyId(`0x${"99".repeat(20)}`)] };
        const maker = authorityOf({ platformCa: { ...later, ...id, signer }, tcbSigner: { ...later, ...id, signer } });
        const file = maker.collateral({
          issued: NOW - 1,
          rootCrl: { thisUpdate: NOW - 1, signer },
          pckCrl: { thisUpdate: NOW - 1, signer, authorityKeyId: `0x${"99".repeat(20)}` },
          signer: { ...maker.tcbSigner, key: signer },
        });
        const outcome = await trial.tryUpload(uploadOf(file, name));
        expect(outcome).toEqual(
          isRight ? { value: "0x" } : { refused: "CollateralStore_InvalidSignature", args: [kind] },
        );
      }
    },
  );
  const RIGHT: Record<Upload["functionName"], unknown> = {
    uploadRootCrl: authority.root.key,
    uploadPckCa: authority.root.key,
    uploadPckCrl: authority.platformCa.key,
    uploadTcbSigning: authority.root.key,
    uploadTcbInfo: authority.tcbSigner.key,
    uploadQeIdentity: authority.tcbSigner.key,
  };

  it("in the place of each other are refused", async () => {
    const trial = await load();
    const { tcbSigner, platformCa, root } = authority;
    const leaf = authority.platform().leaf;
    const cases: [Upload, string][] = [
      [{ functionName: "uploadPckCa", args: [tcbSigner.certificate] }, "CollateralStore_WrongSubject"],
      [{ functionName: "uploadPckCa", args: [root.certificate] }, "CollateralStore_WrongSubject"],
      [{ functionName: "uploadPckCa", args: [leaf] }, "CollateralStore_WrongSubject"],
      [{ functionName: "uploadTcbSigning", args: [platformCa.certificate] }, "CollateralStore_WrongSubject"],
      [{ functionName: "uploadRootCrl", args: [authority.pckCrl("platform")] }, "CollateralStore_WrongIssuer"],
      [{ functionName: "uploadPckCrl", args: [authority.rootCrl()] }, "CollateralStore_WrongIssuer"],
      [{ functionName: "uploadPckCrl", args: [authority.pckCrl("processor")] }, "CollateralStore_Missing"],
      [{ functionName: "uploadRootCrl", args: [tcbSigner.certificate] }, "Der_Unexpected"],
      [{ functionName: "uploadPckCa", args: [authority.rootCrl()] }, "Der_Unexpected"],
      [{ functionName: "uploadPckCa", args: ["0x"] }, "Der_Unexpected"],
    ];
    for (const [upload, refused] of cases) expect(await trial.tryUpload(upload)).toMatchObject({ refused });
    // A CA's certificate for the signer's role, and the reverse.
    const asCa = { changedExtensions: [basicConstraints(0), keyUsage("ca")], notBefore: NOW - 1 };
    const asSigner = { changedExtensions: [basicConstraints(), keyUsage("signer")], notBefore: NOW - 1 };
    const swapped = authorityOf({ platformCa: asSigner, tcbSigner: asCa }).collateral();
    for (const name of ["uploadPckCa", "uploadTcbSigning"] as const) {
      expect(await trial.tryUpload(uploadOf(swapped, name))).toMatchObject({ refused: "X509_InvalidExtension" });
    }
    const critical = { extraExtensions: [{ oid: "1.2.3", critical: true, value: Uint8Array.of(5, 0) }] };
    const withoutUsage = { withoutExtensions: [OID.keyUsage] };
    const odd = authorityOf({ platformCa: critical, tcbSigner: withoutUsage }).collateral();
    expect(await trial.tryUpload(uploadOf(odd, "uploadPckCa"))).toMatchObject({
      refused: "X509_UnknownCriticalExtension",
    });
    expect(await trial.tryUpload(uploadOf(odd, "uploadTcbSigning"))).toMatchObject({
      refused: "X509_InvalidExtension",
    });
  });

  it("a CA's path length is a byte", async () => {
    const trial = await load();
    const ofLength = (length: number) => {
      const platformCa = { changedExtensions: [basicConstraints(length)], notBefore: NOW - 1 };
      return trial.tryUpload(uploadOf(authorityOf({ platformCa }).collateral(), "uploadPckCa"));
    };
    expect((await ofLength(255)).refused).toBeUndefined();
    expect((await ofLength(256)).refused).toBe("Der_Unexpected");
  });

  it.each(UPLOADS)("%s: expired or not yet valid", async (name, kind) => {
    const trial = await load();
    const expired = await trial.tryUpload(uploadOf(dated({ from: NOW - 1, to: NOW - 1 }), name));
    expect(expired).toEqual({ refused: "CollateralStore_Expired", args: [kind, BigInt(NOW - 1)] });
    const early = await trial.tryUpload(uploadOf(dated({ from: NOW + 1 }), name));
    expect(early).toEqual({ refused: "CollateralStore_NotYetValid", args: [kind, BigInt(NOW + 1)] });
  });

  it.each(UPLOADS)("%s: before what it depends on", async (name) => {
    const trial = await bare();
    const missing = {
      uploadRootCrl: undefined,
      uploadPckCa: 0,
      uploadPckCrl: 1,
      uploadTcbSigning: 0,
      uploadTcbInfo: 5,
      uploadQeIdentity: 5,
    }[name];
    const outcome = await trial.tryUpload(uploadOf(authority.collateral(), name));
    expect(outcome).toEqual(
      missing === undefined ? { value: "0x" } : { refused: "CollateralStore_Missing", args: [missing] },
    );
  });

  it.each(UPLOADS)("%s: replayed, rolled back", async (name, kind) => {
    const trial = await load();
    const same = await trial.tryUpload(uploadOf(authority.collateral(), name));
    expect(same).toMatchObject({ refused: "CollateralStore_NotNewer" });
    const older = await trial.tryUpload(uploadOf(dated({ from: NOW - 400 * DAYS }), name));
    expect(older).toMatchObject({ refused: "CollateralStore_NotNewer" });
    const newer = uploadOf(dated({ from: NOW - 1 }), name);
    expect(await trial.tryUpload(newer)).toEqual({ value: "0x" });
    await trial.upload(dated({ from: NOW - 1 }), [name]);
    expect(await trial.tryUpload(newer)).toEqual({
      refused: "CollateralStore_NotNewer",
      args: [kind, BigInt(NOW - 1), BigInt(NOW - 1)],
    });
  });

  it.each([
    ["uploadTcbInfo", 20],
    ["uploadQeIdentity", 19],
  ] as const)("%s: by evaluation number and date", async (name, number) => {
    const trial = await load();
    const at = (issued: number, evaluation: number) => {
      const by = { tcbEvaluationDataNumber: evaluation };
      return trial.tryUpload(uploadOf(authority.collateral({ issued, tcbInfo: by, qeIdentity: by }), name));
    };
    expect(await at(NOW - 1, number - 1)).toMatchObject({ refused: "CollateralStore_NotNewer" });
    expect(await at(NOW - 2 * DAYS, number + 1)).toMatchObject({ refused: "CollateralStore_NotNewer" });
    expect(await at(NOW - DAYS, number + 1)).toEqual({ value: "0x" });
    expect(await at(NOW - 1, number)).toEqual({ value: "0x" });
  });

  it("of another platform type leave this one's alone", async () => {
    const trial = await load();
    await trial.upload(authority.collateral({ fmspc: "0x90c06f000000", tcbInfo: single("Revoked") }), [
      "uploadTcbInfo",
    ]);
    expect(await trial.verdict(quote)).toMatchObject({ status: "UpToDate" });
    const other = readQuote(authority.platform({ fmspc: "0x90c06f000000" }).quote());
    expect(await trial.judge(other)).toMatchObject({ refused: "TdxVerifier_TcbRevoked" });
  });

  it("of CRLs: 600 entries at most", async () => {
    const trial = await load();
    const list = (count: number): Upload => {
      const revoked = Array.from({ length: count }, (_, index) => ({
        serial: `0x4${index.toString(16).padStart(39, "0")}` as const,
      }));
      return { functionName: "uploadPckCrl", args: [authority.pckCrl("platform", { thisUpdate: NOW - 1, revoked })] };
    };
    expect(await trial.tryUpload(list(601))).toEqual({ refused: "CollateralStore_TooManyEntries", args: [] });
    expect(await trial.tryUpload(list(600))).toEqual({ value: "0x" });
  });
});

describe("certificates of another form than DER's, which their issuer signed", () => {
  const { certificate, key } = authority.platformCa;
  const children = childrenOf(readDer(readCertificate(certificate).tbs)).map(({ raw }) => raw);
  const raw = (tag: number, content: Uint8Array, ...length: number[]) => Uint8Array.from([tag, ...length, ...content]);
  /** Its place among what is signed: RFC 5280, 4.1. */
  const VALIDITY = 4;
  const validity = readDer(children[VALIDITY] ?? new Uint8Array()).content;
  const signedWith = (place: number, bytes: Uint8Array) =>
    signed(sequence(...children.with(place, bytes)), authority.root.key);
  const signature = sign(sequence(...children), authority.root.key);
  const behind = (...parts: Uint8Array[]): Hex =>
    bytesToHex(sequence(sequence(...children), children[2] ?? new Uint8Array(), ...parts));
  const r = integer(BigInt(slice(signature, 0, 32)));
  const s = integer(BigInt(slice(signature, 32)));
  const constrained = (...parts: Uint8Array[]): Hex =>
    authorityOf({
      platformCa: { changedExtensions: [{ ...basicConstraints(0), value: sequence(boolean(true), ...parts) }] },
    }).platformCa.certificate;

  it.each([
    ["as it is", signedWith(VALIDITY, sequence(validity)), undefined],
    [
      "a length in two bytes that fits in one",
      signedWith(VALIDITY, raw(0x30, validity, 0x82, 0, validity.length)),
      "Der_Unexpected",
    ],
    ["something behind the dates", signedWith(VALIDITY, sequence(validity, integer(0))), "Der_Unexpected"],
    ["a signature whose last bits do not count", behind(bitString(sequence(r, s), 1)), "Der_Unexpected"],
    ["a third number in the signature", behind(bitString(sequence(r, s, integer(1)))), "Der_Unexpected"],
    ["a signature of 33 octets", behind(bitString(sequence(integer(1n << 256n), s))), "Der_Unexpected"],
    ["a path of 33 octets", constrained(integer(1n << 256n)), "Der_Unexpected"],
    ["something behind the path's length", constrained(integer(0), integer(0)), "X509_InvalidExtension"],
  ])("%s", async (_name, der, refused) => {
    const trial = await bare();
    await trial.upload(authority.collateral(), ["uploadRootCrl"]);
    expect(readCertificate(certificate).publicKey).toBe(key.raw);
    const outcome = await trial.tryUpload({ functionName: "uploadPckCa", args: [der] });
    expect(outcome).toMatchObject(refused === undefined ? { value: "0x" } : { refused });
  });
});

describe("a verdict", () => {
  it.each(UPLOADS)("is refused without %s", async (name, kind) => {
    const trial = await bare();
    const after: Record<string, readonly string[]> = {
      uploadRootCrl: NAMES,
      uploadPckCa: ["uploadPckCa", "uploadPckCrl"],
      uploadTcbSigning: ["uploadTcbSigning", "uploadTcbInfo", "uploadQeIdentity"],
    };
    const missing = after[name] ?? [name];
    await trial.upload(
      authority.collateral(),
      NAMES.filter((other) => !missing.includes(other)),
    );
    for (const grace of [0, 14 * DAYS, 2 ** 40 - 1]) {
      const outcome = await trial.judge(quote, { grace });
      expect(outcome).toMatchObject({ refused: "CollateralStore_Missing" });
      if (missing.length === 1) expect(outcome).toMatchObject({ args: [kind] });
    }
  });

  it.each(UPLOADS)("is refused after the end of %s; only CRLs and texts have grace", async (name, kind) => {
    const trial = await bare();
    const end = NOW + 2 * DAYS;
    await trial.upload(dated({ to: end }, kind));
    await trial.verify(quote);
    await trial.stage.travelTo(BigInt(end));
    expect(await trial.judge(quote)).toMatchObject({ value: { status: 1 } });
    const expired = { refused: "CollateralStore_Expired", args: [kind, BigInt(end)] };
    await trial.stage.travel(1n);
    expect(await trial.judge(quote)).toEqual(expired);
    await trial.stage.travel(9n);
    const isCertificate = name === "uploadPckCa" || name === "uploadTcbSigning";
    for (const isKnown of [false, true]) {
      expect(await trial.judge(quote, { isKnown })).toEqual(expired);
      expect(await trial.judge(quote, { isKnown, grace: 9 })).toEqual(expired);
      const late = await trial.judge(quote, { isKnown, grace: 10 });
      expect(late).toMatchObject(isCertificate ? expired : { value: { status: 1, collateralUntil: end } });
    }
  });

  it.each([
    ["uploadPckCa", { platformCa: { notBefore: NOW - 1 } }],
    ["uploadTcbSigning", { tcbSigner: { notBefore: NOW - 1 } }],
  ] as const)("is no certificate by %s while the root's list is not current", async (name, options) => {
    const trial = await bare();
    const end = NOW + 2 * DAYS;
    await trial.upload(dated({ to: end }, KIND.rootCrl));
    const renewed = uploadOf(authorityOf(options).collateral(), name);
    await trial.stage.travelTo(BigInt(end));
    expect((await trial.tryUpload(renewed)).refused).toBeUndefined();
    await trial.stage.travel(1n);
    const expired = { refused: "CollateralStore_Expired", args: [KIND.rootCrl, BigInt(end)] };
    expect(await trial.tryUpload(renewed)).toEqual(expired);
  });

  it.each([
    ["platform", "processor"],
    ["processor", "platform"],
  ] as const)("is refused after the end of the %s CA, which the %s CA's does not stand in for", async (ca, other) => {
    const trial = await bare();
    const end = NOW + 2 * DAYS;
    const maker = authorityOf({ [ca === "platform" ? "platformCa" : "processorCa"]: { notAfter: end } });
    const later = { nextUpdate: NOW + 60 * DAYS };
    await trial.upload(maker.collateral({ ...later, pckCrl: later }));
    await trial.upload(maker.collateral({ ...later, pckCrl: later, ca: "processor" }), ["uploadPckCa", "uploadPckCrl"]);
    const quoteUnder = (kind: CaKind) =>
      readQuote(maker.platform({ seed: kind, ca: kind }).quote({ attestationKey: keyFromSeed(`${kind} attestation`) }));
    for (const kind of [ca, other]) await trial.verify(quoteUnder(kind));
    await trial.stage.travelTo(BigInt(end + 1));
    const expired = { refused: "CollateralStore_Expired", args: [ca === "platform" ? 1 : 2, BigInt(end)] };
    for (const isKnown of [false, true]) {
      expect(await trial.judge(quoteUnder(ca), { isKnown, grace: 14 * DAYS })).toEqual(expired);
      const good = { status: 1, collateralUntil: later.nextUpdate };
      expect(await trial.judge(quoteUnder(other), { isKnown })).toMatchObject({ value: good });
    }
  });

  it("is refused after the end of the root", async () => {
    const trial = await bare();
    const far = INTEL_ROOT.notAfter + 400 * DAYS;
    const maker = authorityOf({ platformCa: { notAfter: far }, tcbSigner: { notAfter: far } });
    const end = { nextUpdate: far };
    await trial.upload(maker.collateral({ ...end, rootCrl: end, pckCrl: end }));
    const late = readQuote(maker.platform({ certificate: { notAfter: far } }).quote());
    await trial.stage.travelTo(BigInt(INTEL_ROOT.notAfter));
    expect(await trial.judge(late)).toMatchObject({ value: { status: 1 } });
    const lastUploads = (["uploadPckCrl", "uploadTcbInfo", "uploadQeIdentity"] as const).map((name) =>
      uploadOf(
        maker.collateral({
          issued: INTEL_ROOT.notAfter,
          pckCrl: { thisUpdate: INTEL_ROOT.notAfter, nextUpdate: far },
        }),
        name,
      ),
    );
    for (const upload of lastUploads) expect((await trial.tryUpload(upload)).refused).toBeUndefined();
    await trial.stage.travel(1n);
    const expired = { refused: "CollateralStore_Expired", args: [KIND.platformCa, BigInt(INTEL_ROOT.notAfter)] };
    expect(await trial.judge(late, { grace: 14 * DAYS })).toEqual(expired);
    for (const upload of lastUploads) {
      expect(await trial.tryUpload(upload)).toMatchObject({ refused: "CollateralStore_Expired" });
    }
  });

  const serialOf = (certificate: Hex): Hex => readCertificate(certificate).serial;
  const revoking = (serial: Hex, thisUpdate = NOW - 1): CollateralOptions => ({
    rootCrl: { thisUpdate, revoked: [{ serial }] },
  });
  it.each([
    ["PCK CA", serialOf(authority.platformCa.certificate), KIND.platformCa],
    ["TCB signing certificate", serialOf(authority.tcbSigner.certificate), KIND.tcbSigning],
  ])("is refused under a revoked %s, whose uploads are too, though it leaves the list", async (_name, serial, kind) => {
    const trial = await load();
    await trial.verify(quote);
    await trial.upload(authority.collateral(revoking(serial)), ["uploadRootCrl"]);
    const revoked = { refused: "CollateralStore_Revoked", args: [kind] };
    for (const isKnown of [false, true])
      expect(await trial.judge(quote, { isKnown, grace: 14 * DAYS })).toEqual(revoked);
    const again = dated({ from: NOW - 1 });
    const names =
      kind === KIND.platformCa
        ? (["uploadPckCa", "uploadPckCrl"] as const)
        : (["uploadTcbSigning", "uploadTcbInfo", "uploadQeIdentity"] as const);
    for (const name of names) expect(await trial.tryUpload(uploadOf(again, name))).toEqual(revoked);
    await trial.upload(authority.collateral({ rootCrl: { thisUpdate: NOW } }), ["uploadRootCrl"]);
    expect(await trial.judge(quote)).toEqual(revoked);
  });

  it("is refused where both the PCK CA and the TCB signing certificate are revoked", async () => {
    const trial = await load();
    await trial.verify(quote);
    const revoked = [authority.platformCa, authority.tcbSigner].map((of) => ({ serial: serialOf(of.certificate) }));
    await trial.upload(authority.collateral({ rootCrl: { thisUpdate: NOW - 1, revoked } }), ["uploadRootCrl"]);
    for (const isKnown of [false, true])
      expect(await trial.judge(quote, { isKnown })).toEqual({
        refused: "CollateralStore_Revoked",
        args: [KIND.platformCa],
      });
  });

  it.each([true, false])(
    "is no revocation list with an extension that nobody knows, critical: %s",
    async (critical) => {
      const trial = await load();
      // Such a list need not be of all certificates (RFC 5280, 5.2.5).
      const scope = { oid: "2.5.29.28", critical, value: sequence() };
      for (const kind of ["rootCrl", "pckCrl"] as const) {
        const make = (extraExtensions: CrlOverrides["extraExtensions"] = []) =>
          uploadOf(
            authority.collateral({ [kind]: { thisUpdate: NOW - 1, extraExtensions } }),
            kind === "rootCrl" ? "uploadRootCrl" : "uploadPckCrl",
          );
        expect(await trial.tryUpload(make([scope]))).toMatchObject({ refused: "X509_UnknownCriticalExtension" });
        expect((await trial.tryUpload(make())).refused).toBeUndefined();
      }
    },
  );

  it("does not come from what a replaced PCK CA vouched for", async () => {
    const trial = await load();
    await trial.verify(quote);
    await trial.upload(authority.collateral(revoking(serialOf(authority.platformCa.certificate))), ["uploadRootCrl"]);
    const renewed = { notBefore: NOW - 1, serial: "0x0777", publicKey: stranger.raw } as const;
    await trial.upload(authorityOf({ platformCa: renewed }).collateral(), ["uploadPckCa"]);
    // The old key's CRL went with it.
    expect(await trial.judge(quote, { isKnown: true, grace: 2 ** 40 - 1 })).toMatchObject({
      refused: "TdxVerifier_OutdatedPlatform",
    });
    expect(await trial.judge(quote)).toEqual({ refused: "CollateralStore_Missing", args: [KIND.platformCrl] });
    const crl = authority.pckCrl("platform", { signer: stranger, thisUpdate: NOW - DAYS });
    await trial.send({ functionName: "uploadPckCrl", args: [crl] });
    expect(await trial.judge(quote, { isKnown: true })).toMatchObject({ refused: "TdxVerifier_OutdatedPlatform" });
    expect(await trial.judge(quote)).toMatchObject({ refused: "TdxVerifier_InvalidLeafSignature" });
    const renewedQuote = readQuote(authority.platform({ certificate: { signer: stranger } }).quote());
    await trial.verify(renewedQuote);
    expect(await trial.judge(renewedQuote, { isKnown: true })).toMatchObject({ value: { status: 1 } });
    // And the next one does the same to that one's.
    const next = { notBefore: NOW, serial: "0x0778", publicKey: keyFromSeed("next stranger").raw } as const;
    await trial.upload(authorityOf({ platformCa: next }).collateral(), ["uploadPckCa"]);
    expect(await trial.judge(renewedQuote, { isKnown: true, grace: 2 ** 40 - 1 })).toMatchObject({
      refused: "TdxVerifier_OutdatedPlatform",
    });
  });

  it("does not come from what a replaced TCB signer signed, which cannot stand in the way of the new one's", async () => {
    const trial = await load();
    // The key is in other hands: its last numbers are the highest there are.
    const last = { tcbEvaluationDataNumber: 65_535 };
    const texts = ["uploadTcbInfo", "uploadQeIdentity"] as const;
    await trial.upload(authority.collateral({ issued: NOW, tcbInfo: last, qeIdentity: last }), texts);
    await trial.upload(authority.collateral(revoking(serialOf(authority.tcbSigner.certificate))), ["uploadRootCrl"]);
    const renewed = { notBefore: NOW - 1, serial: "0x0777", publicKey: stranger.raw } as const;
    await trial.upload(authorityOf({ tcbSigner: renewed }).collateral(), ["uploadTcbSigning"]);
    expect(await trial.judge(quote, { grace: 2 ** 40 - 1 })).toEqual({
      refused: "CollateralStore_Missing",
      args: [KIND.qeIdentity],
    });
    expect(await trial.contract.read.collateral([KIND.tcbInfo, "0xb0c06f000000"])).toEqual([0, 0, 0]);
    const signer = { ...authority.tcbSigner, key: stranger };
    await trial.upload(authority.collateral({ signer }), ["uploadQeIdentity"]);
    expect(await trial.judge(quote, { grace: 2 ** 40 - 1 })).toEqual({
      refused: "CollateralStore_Missing",
      args: [KIND.tcbInfo],
    });
    await trial.upload(authority.collateral({ signer }), ["uploadTcbInfo"]);
    expect(await trial.verdict(quote)).toMatchObject({ status: "UpToDate" });
  });

  it("does not come from what a PCK CA vouched for whose key was replaced by another with the same x", async () => {
    const trial = await load();
    await trial.verify(quote);
    const { raw } = authority.platformCa.key;
    const otherY = numberToHex(P256_PRIME - BigInt(slice(raw, 32)), { size: 32 });
    const renewed = { notBefore: NOW - 1, serial: "0x0777", publicKey: concat([slice(raw, 0, 32), otherY]) } as const;
    await trial.upload(authorityOf({ platformCa: renewed }).collateral(), ["uploadPckCa"]);
    expect(await trial.judge(quote, { isKnown: true, grace: 2 ** 40 - 1 })).toMatchObject({
      refused: "TdxVerifier_OutdatedPlatform",
    });
  });

  it.each([
    ["PCK CA", "platformCa", "uploadPckCa", KIND.platformCa],
    ["TCB signer", "tcbSigner", "uploadTcbSigning", KIND.tcbSigning],
  ] as const)("ends with a %s that is renewed for a shorter time, at once", async (_name, who, upload, kind) => {
    const trial = await load();
    await trial.verify(quote);
    const end = NOW + 2 * DAYS;
    await trial.upload(authorityOf({ [who]: { notBefore: NOW - 1, notAfter: end } }).collateral(), [upload]);
    await trial.stage.travelTo(BigInt(end));
    for (const isKnown of [false, true])
      expect(await trial.judge(quote, { isKnown })).toMatchObject({ value: { status: 1 } });
    await trial.stage.travel(1n);
    for (const isKnown of [false, true])
      expect(await trial.judge(quote, { isKnown })).toEqual({
        refused: "CollateralStore_Expired",
        args: [kind, BigInt(end)],
      });
  });

  it("stays as it is under a PCK CA and a TCB signer that are renewed with the same key", async () => {
    const trial = await load();
    await trial.verify(quote);
    const before = await trial.judge(quote);
    const renewed = { notBefore: NOW - 1, serial: "0x0777" } as const;
    const file = authorityOf({ platformCa: renewed, tcbSigner: renewed }).collateral();
    await trial.upload(file, ["uploadPckCa", "uploadTcbSigning"]);
    for (const isKnown of [false, true]) expect(await trial.judge(quote, { isKnown })).toEqual(before);
  });

  it("asks for the full quote once after a change of the QE identity, but not of its levels", async () => {
    const trial = await load();
    await trial.verify(quote);
    const change = (issued: number, qeIdentity: CollateralOptions["qeIdentity"] = {}) =>
      trial.upload(authority.collateral({ issued, qeIdentity }), ["uploadQeIdentity"]);
    await change(NOW - 9, { tcbLevels: [isvLevel(4, "OutOfDate"), isvLevel(9, "UpToDate")] });
    expect(await trial.verdict(quote, { isKnown: true })).toMatchObject({ qeStatus: "OutOfDate" });
    // Once a day at most: who holds the signing key cannot run through the count of changes.
    const other = authority.collateral({
      issued: NOW - 8,
      qeIdentity: { attributesMask: "FBFFFFFFFFFFFFFF0000000000000001" },
    });
    await expectRevert(trial.upload(other, ["uploadQeIdentity"]), "CollateralStore_NotNewer");
    await trial.stage.travel(2n * BigInt(DAYS));
    await change(NOW - 9 + DAYS, { attributesMask: "FBFFFFFFFFFFFFFF0000000000000001" });
    expect(await trial.judge(quote, { isKnown: true })).toMatchObject({ refused: "TdxVerifier_OutdatedPlatform" });
    await trial.verify(quote);
    expect(await trial.judge(quote, { isKnown: true })).toMatchObject({ value: { status: 1 } });
    // And what the new identity does not name is refused in full.
    await change(NOW - 9 + 2 * DAYS, { isvprodid: 3 });
    expect(await trial.judge(quote)).toEqual({ refused: "TdxVerifier_QeIdentityMismatch", args: [] });
  });
});

it("the table names every kind", () => {
  expect(UPLOADS.map(([name]) => name)).toEqual(NAMES);
  expect(UPLOADS.map(([, kind]) => kind)).toEqual(KINDS);
});
