/** Rules of Intel's verification that other verifiers have got wrong, on chain: 1 to 7 of nine. */
import { type Hex, concat, slice } from "viem";
import { describe, expect, it } from "vitest";
import {
  PLATFORM_STATUSES,
  type ModuleStatus,
  type PlatformStatus,
  type TcbInfo,
} from "../../scripts/attestation/collateral.ts";
import {
  type CertificateOverrides,
  type CollateralOptions,
  type PlatformOptions,
  type QuoteOptions,
  createAuthority,
  isvLevel,
  tcbLevel,
} from "../../scripts/attestation/factory.ts";
import { P256_ORDER, keyFromSeed, toHighS } from "../../scripts/attestation/p256.ts";
import { readQuote } from "../../scripts/attestation/quote.ts";
import { uploadsOf } from "../../scripts/attestation/calls.ts";
import { OID, authorityKeyId, readCertificate, readCrl, subjectKeyId } from "../../scripts/attestation/x509.ts";
import { MODULE, modules, single, svns } from "../helpers/levels.ts";
import { DAY, STAGE_START, type Stage, fixture } from "../helpers/stage.ts";
import { openTrial, referenceVerdict } from "../helpers/trial.ts";

const NOW = STAGE_START.getTime() / 1000;
const authority = createAuthority({ seed: "rules", now: NOW });
const stranger = keyFromSeed("stranger");

/** A verifier without collateral, and with it. */
const bare = fixture(async (stage: Stage) => openTrial(stage, authority.root.key.raw));
const load = fixture(async (stage: Stage) => {
  const trial = await openTrial(stage, authority.root.key.raw);
  await trial.upload(authority.collateral());
  return { ...trial, stage };
});

const quoteOf = (platform: PlatformOptions = {}, quote: QuoteOptions = {}) =>
  readQuote(authority.platform(platform).quote(quote));

/** Both texts issued a little later each time, so that they may follow each other. */
let issued = NOW - 43_200;
const texts = (options: CollateralOptions) => authority.collateral({ ...options, issued: ++issued });
const TEXTS = ["uploadTcbInfo", "uploadQeIdentity"] as const;

describe("1. half of all signatures are high-S", () => {
  it.each(["highS", "lowS"] as const)("takes %s in certificates, CRLs, texts, QE report and quote", async (form) => {
    const trial = await bare();
    const signed = { signatureForm: form } as const;
    const maker = createAuthority({ seed: "rules", now: NOW, platformCa: signed, tcbSigner: signed });
    const file = maker.collateral({ ...signed, rootCrl: signed, pckCrl: signed });
    const quote = readQuote(maker.platform({ certificate: signed }).quote(signed));
    const signatures: Hex[] = [
      ...[maker.platformCa.certificate, maker.tcbSigner.certificate, quote.leaf].map(
        (certificate) => readCertificate(certificate).signature,
      ),
      ...[file.root_ca_crl, file.pck_crl].map((crl) => readCrl(`0x${crl}`).signature),
      `0x${file.tcb_info_signature}`,
      `0x${file.qe_identity_signature}`,
      quote.signature,
      quote.qeReportSignature,
    ];
    for (const signature of signatures) expect(toHighS(signature) === signature).toBe(form === "highS");
    await trial.upload(file);
    expect(await trial.verdict(quote)).toMatchObject({ status: "UpToDate" });
  });
});

describe("2. what is no signature or no key is refused by name", () => {
  const word = (value: bigint): Hex => `0x${value.toString(16).padStart(64, "0")}`;
  const pairs: [string, Hex][] = [
    ["zeros", `0x${"00".repeat(64)}`],
    ["ones", `0x${"ff".repeat(64)}`],
    ["r = 0", concat([word(0n), word(1n)])],
    ["s = 0", concat([word(1n), word(0n)])],
    ["r = n", concat([word(P256_ORDER), word(1n)])],
    ["s = n", concat([word(1n), word(P256_ORDER)])],
    ["a well-formed one of something else", concat([word(5n), word(1n)])],
  ];

  it("where the precompile answers with nothing", async () => {
    const { stage } = await load();
    const input = concat([word(1n), word(5n), word(1n), stranger.raw]);
    expect(await stage.publicClient.call({ to: "0x0000000000000000000000000000000000000100", data: input })).toEqual({
      data: undefined,
    });
  });

  it.each(pairs)("signatures: %s", async (_name, signature) => {
    const trial = await load();
    const wrong = await trial.judge(quoteOf({}, { signature }));
    expect(wrong).toEqual({ refused: "TdxVerifier_InvalidQuoteSignature", args: [] });
    const wrongReport = await trial.judge(quoteOf({}, { qeReportSignature: signature }));
    expect(wrongReport).toEqual({ refused: "TdxVerifier_InvalidQeReportSignature", args: [] });
    const digits = signature.slice(2);
    const file = { ...texts({}), tcb_info_signature: digits, qe_identity_signature: digits };
    for (const upload of uploadsOf(file).slice(4)) {
      const kind = upload.functionName === "uploadTcbInfo" ? 6 : 7;
      expect(await trial.tryUpload(upload)).toEqual({ refused: "CollateralStore_InvalidSignature", args: [kind] });
    }
  });

  it.each([
    ["zero", `0x${"00".repeat(64)}`],
    ["off the curve", concat([slice(stranger.raw, 0, 32), word(1n)])],
    ["coordinates above the field", `0x${"ff".repeat(64)}`],
  ] as const)("keys: %s", async (_name, raw) => {
    const trial = await load();
    const asKey = { ...stranger, raw };
    expect(await trial.judge(quoteOf({}, { attestationKey: asKey }))).toMatchObject({
      refused: "TdxVerifier_InvalidQuoteSignature",
    });
    expect(await trial.judge(quoteOf({ certificate: { publicKey: raw } }))).toMatchObject({
      refused: "TdxVerifier_InvalidQeReportSignature",
    });
  });
});

describe("3. TDX SVNs count from index 2 if the module has a version, from 0 otherwise", () => {
  it.each([
    [svns(3, 1, 4), undefined],
    [svns(3, 1, 3), "TdxVerifier_TcbNotSupported"],
    [svns(5, 0, 4), undefined],
    [svns(4, 0, 4), "TdxVerifier_TcbNotSupported"],
    [svns(5, 0, 3), "TdxVerifier_TcbNotSupported"],
  ] as const)("%s", async (teeTcbSvn, refused) => {
    const trial = await load();
    const level = tcbLevel({ sgx: [1], pceSvn: 1, tdx: [5, 0, 4], status: "UpToDate" });
    await trial.upload(texts({ tcbInfo: { ...modules([1, "UpToDate"]), tcbLevels: [level] } }), TEXTS);
    const verdict = await trial.verdict(quoteOf({}, { measurements: { teeTcbSvn } }));
    expect(verdict).toMatchObject(refused === undefined ? { status: "UpToDate" } : { refused });
  });
});

describe("a TDX module without a version", () => {
  it("is Intel's by the signer that the file names for it, and by no other", async () => {
    const trial = await load();
    await trial.upload(texts({ tcbInfo: single("UpToDate") }), TEXTS);
    const of = (mrSignerSeam: Hex) => quoteOf({}, { measurements: { teeTcbSvn: svns(1, 0, 1), mrSignerSeam } });
    expect(await trial.verdict(of(`0x${"00".repeat(48)}`))).toMatchObject({ status: "UpToDate" });
    expect(await trial.verdict(of(`0x${"00".repeat(47)}01`))).toEqual({ refused: "TdxVerifier_TdxModuleMismatch" });
  });
});

describe("4. the chain is checked link by link, whatever key ids say", () => {
  const otherId: Hex = `0x${"99".repeat(20)}`;
  const keyIds: [string, CertificateOverrides][] = [
    ["own", {}],
    ["other", { changedExtensions: [authorityKeyId(otherId), subjectKeyId(otherId)] }],
    ["absent", { withoutExtensions: [OID.authorityKeyId, OID.subjectKeyId] }],
  ];

  it.each(keyIds)("with %s key ids only the issuer's signature counts", async (_name, overrides) => {
    const trial = await load();
    expect(await trial.verdict(quoteOf({ certificate: overrides }))).toMatchObject({ status: "UpToDate" });
    const forged = await trial.judge(quoteOf({ certificate: { ...overrides, signer: stranger } }));
    expect(forged).toMatchObject({ refused: "TdxVerifier_InvalidLeafSignature" });
    const later = { ...overrides, notBefore: NOW - 1 };
    for (const signer of [authority.root.key, stranger]) {
      const made = createAuthority({
        seed: "rules",
        now: NOW,
        platformCa: { ...later, signer },
        tcbSigner: { ...later, signer },
      });
      const ca = { functionName: "uploadPckCa", args: [made.platformCa.certificate] } as const;
      const signing = { functionName: "uploadTcbSigning", args: [made.tcbSigner.certificate] } as const;
      const isForged = signer === stranger;
      expect(await trial.tryUpload(ca)).toMatchObject(isForged ? invalidSignature(1) : { value: "0x" });
      expect(await trial.tryUpload(signing)).toMatchObject(isForged ? invalidSignature(5) : { value: "0x" });
    }
  });

  const invalidSignature = (kind: number) => ({ refused: "CollateralStore_InvalidSignature", args: [kind] });

  it("and the issuer's name", async () => {
    const trial = await load();
    const issuedBy = (issuer: string) => quoteOf({ certificate: { issuer } });
    // The platform CA's signature under the processor CA's name.
    const asProcessor = issuedBy("Intel SGX PCK Processor CA");
    expect(await trial.judge(asProcessor)).toEqual({ refused: "CollateralStore_Missing", args: [2] });
    await trial.upload(authority.collateral({ ca: "processor" }), ["uploadPckCa", "uploadPckCrl"]);
    expect(await trial.judge(asProcessor)).toMatchObject({ refused: "TdxVerifier_InvalidLeafSignature" });
    for (const name of ["Intel SGX Root CA", "Intel SGX PCK Platform CA ", "Nobody"]) {
      expect(await trial.judge(issuedBy(name))).toMatchObject({ refused: "TdxVerifier_UnknownLeafIssuer" });
    }
    const other = createAuthority({ seed: "rules", now: NOW, platformCa: { issuer: "Nobody", notBefore: NOW - 1 } });
    expect(await trial.tryUpload({ functionName: "uploadPckCa", args: [other.platformCa.certificate] })).toMatchObject({
      refused: "CollateralStore_WrongIssuer",
    });
  });
});

describe("5. levels count from the highest down, statuses converge by Intel's table", () => {
  it("in whatever order a file has them", async () => {
    const trial = await load();
    const level = (svn: number, pceSvn: number, tdx: number, status: PlatformStatus) =>
      tcbLevel({ sgx: [svn], pceSvn, tdx: [0, 0, tdx], status });
    const levels = [
      level(1, 1, 1, "Revoked"),
      level(4, 11, 3, "ConfigurationNeeded"),
      level(4, 13, 3, "OutOfDate"),
      level(4, 13, 4, "SWHardeningNeeded"),
      level(5, 1, 1, "UpToDate"),
    ];
    const isv = [isvLevel(2, "Revoked"), isvLevel(4, "UpToDate")];
    for (const { tcbLevels, isvLevels } of [
      { tcbLevels: levels, isvLevels: isv },
      { tcbLevels: levels.toReversed(), isvLevels: isv.toReversed() },
      { tcbLevels: [...levels.slice(2), ...levels.slice(0, 2)], isvLevels: isv },
    ]) {
      const tdxModuleIdentities = [{ id: "TDX_01", ...MODULE, tcbLevels: isvLevels }];
      const file = texts({ tcbInfo: { tcbLevels, tdxModuleIdentities }, qeIdentity: { tcbLevels: isvLevels } });
      await trial.upload(file, TEXTS);
      expect(await trial.verdict(quoteOf())).toMatchObject({
        status: "SWHardeningNeeded",
        moduleStatus: "UpToDate",
        qeStatus: "UpToDate",
      });
    }
  });

  /** What a platform's status becomes with an old module or an old QE (TdxModuleCheck.cpp, TcbLevelCheck.cpp). */
  const WITH_OUT_OF_DATE: Record<PlatformStatus, string> = {
    UpToDate: "OutOfDate",
    SWHardeningNeeded: "OutOfDate",
    ConfigurationNeeded: "OutOfDateConfigurationNeeded",
    ConfigurationAndSWHardeningNeeded: "OutOfDateConfigurationNeeded",
    OutOfDate: "OutOfDate",
    OutOfDateConfigurationNeeded: "OutOfDateConfigurationNeeded",
    Revoked: "Revoked",
  };
  const PARTS: ModuleStatus[] = ["UpToDate", "OutOfDate", "Revoked"];

  it.each(PARTS)("with every status of platform and module, QE %s", async (qe) => {
    const trial = await load();
    for (const platform of PLATFORM_STATUSES) {
      for (const module of PARTS) {
        const file = texts({
          tcbInfo: { ...single(platform), ...modules([4, module]) },
          qeIdentity: { tcbLevels: [isvLevel(4, qe)] },
        });
        await trial.upload(file, TEXTS);
        const isRevoked = [platform, module, qe].includes("Revoked");
        const status = [module, qe].includes("OutOfDate") ? WITH_OUT_OF_DATE[platform] : platform;
        const found = await trial.verdict(quoteOf());
        expect(found).toMatchObject(isRevoked ? { refused: "TdxVerifier_TcbRevoked" } : { status });
        expect(found).toEqual(referenceVerdict(authority, quoteOf(), file, NOW));
      }
    }
  });
});

describe("6. evaluation numbers differ, and UpToDate may have advisories", () => {
  it.each([
    [5, 99],
    [99, 5],
  ])("TCB info %i, QE identity %i", async (info, identity) => {
    const trial = await bare();
    const tcbInfo = { ...single("UpToDate", ["INTEL-SA-01313", "INTEL-SA-00837"]), tcbEvaluationDataNumber: info };
    const file = authority.collateral({ tcbInfo, qeIdentity: { tcbEvaluationDataNumber: identity } });
    await trial.upload(file);
    expect(await trial.verdict(quoteOf())).toMatchObject({
      status: "UpToDate",
      advisoryIds: ["INTEL-SA-00837", "INTEL-SA-01313"],
    });
  });
});

describe("7. expired, revoked, not supported and out of date are four things", () => {
  it("each says its own name", async () => {
    const trial = await load();
    const upload = (tcbInfo: Partial<TcbInfo>) => trial.upload(texts({ tcbInfo }), ["uploadTcbInfo"]);
    await upload(single("OutOfDate"));
    expect(await trial.verdict(quoteOf())).toMatchObject({ status: "OutOfDate" });
    await upload({ tcbLevels: [tcbLevel({ sgx: [99], pceSvn: 1, tdx: [], status: "UpToDate" })] });
    expect(await trial.judge(quoteOf())).toEqual({ refused: "TdxVerifier_TcbNotSupported", args: [] });
    await upload(single("Revoked"));
    expect(await trial.judge(quoteOf())).toEqual({ refused: "TdxVerifier_TcbRevoked", args: [] });
    await upload(single("UpToDate"));
    const revoked = [{ serial: authority.platform().serial }];
    await trial.upload(authority.collateral({ pckCrl: { revoked, thisUpdate: NOW - 1 } }), ["uploadPckCrl"]);
    expect(await trial.judge(quoteOf())).toMatchObject({ refused: "TdxVerifier_LeafRevoked" });
    await trial.stage.travel(60n * DAY);
    expect(await trial.judge(quoteOf({ seed: "another" }))).toMatchObject({ refused: "CollateralStore_Expired" });
  });
});
