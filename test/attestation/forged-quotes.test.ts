/** Quotes that somebody made up, or made of pieces that do not belong together. */
import { type Hex, concat, hexToBytes, keccak256, padHex, size, slice } from "viem";
import { describe, expect, it } from "vitest";
import { quoteArguments } from "../../scripts/attestation/calls.ts";
import { type PlatformOptions, type QuoteOptions, createAuthority } from "../../scripts/attestation/factory.ts";
import { P256_ORDER, keyFromSeed, sign } from "../../scripts/attestation/p256.ts";
import { encodeHeader, encodeSignedData, readQuote } from "../../scripts/attestation/quote.ts";
import { type EnclaveReport, type Measurements, u16, u32 } from "../../scripts/attestation/report.ts";
import { bitString } from "../../scripts/attestation/der.ts";
import {
  OID,
  basicConstraints,
  keyUsage,
  pckExtension,
  readCertificate,
  readPckExtension,
} from "../../scripts/attestation/x509.ts";
import { fixtures } from "../helpers/dcap.ts";
import { svns } from "../helpers/levels.ts";
import { DAY, STAGE_START, type Stage, fixture } from "../helpers/stage.ts";
import { openTrial } from "../helpers/trial.ts";

const NOW = STAGE_START.getTime() / 1000;
const authority = createAuthority({ seed: "forged", now: NOW });
const stranger = keyFromSeed("stranger");
const attestationKey = keyFromSeed("attestation");
/** BIT STRINGs: one with nothing in it, and digitalSignature with decipherOnly, the ninth bit (RFC 5280, 4.2.1.3). */
const NO_BITS = Uint8Array.of(3, 0);
const NINE_BITS = Uint8Array.of(3, 3, 7, 0x80, 0x80);

const load = fixture(async (stage: Stage) => {
  const trial = await openTrial(stage, authority.root.key.raw);
  await trial.upload(authority.collateral());
  return { ...trial, stage };
});

const quoteOf = (platform: PlatformOptions = {}, quote: QuoteOptions = {}) =>
  readQuote(authority.platform(platform).quote({ attestationKey, ...quote }));
const good = quoteOf();
/** A quote in order but for what is signed, which is `signedData`. */
const signing = (signedData: Hex) => ({
  ...good,
  signedData,
  signature: sign(hexToBytes(signedData), attestationKey),
});

describe("another authority", () => {
  it("with the same names and a root of its own", async () => {
    const { judge } = await load();
    const other = createAuthority({ seed: "impostor", now: NOW });
    const quote = readQuote(other.platform().quote());
    expect(await judge(quote)).toEqual({ refused: "TdxVerifier_InvalidLeafSignature", args: [] });
  });

  it("with the true authority's certificates and another key", async () => {
    const { judge } = await load();
    for (const [certificate, refused] of [
      [{ signer: stranger }, "TdxVerifier_InvalidLeafSignature"],
      [{ signer: authority.processorCa.key }, "TdxVerifier_InvalidLeafSignature"],
      [{ signer: authority.root.key }, "TdxVerifier_InvalidLeafSignature"],
      [{ signer: authority.root.key, issuer: "Intel SGX Root CA" }, "TdxVerifier_UnknownLeafIssuer"],
      [{ publicKey: stranger.raw }, "TdxVerifier_InvalidQeReportSignature"],
      [{ subject: "Intel SGX TCB Signing" }, "TdxVerifier_WrongLeafSubject"],
    ] as const) {
      expect(await judge(quoteOf({ certificate }))).toMatchObject({ refused });
    }
  });

  it("with a certificate of the chain in the leaf's place", async () => {
    const { judge } = await load();
    for (const leaf of [
      authority.platformCa.certificate,
      authority.tcbSigner.certificate,
      authority.root.certificate,
    ]) {
      expect((await judge({ ...good, leaf })).refused).toMatch(/^X509_InvalidExtension$/);
    }
  });

  it("with a leaf that is a CA, may not sign, or has an unknown critical extension", async () => {
    const { judge } = await load();
    const pck = readPckExtension(readCertificate(good.leaf).extensions.get(OID.sgx)?.value ?? new Uint8Array());
    const critical = { oid: "1.2.3.4", critical: true, value: Uint8Array.of(5, 0) };
    const long = { oid: "1.2.3.4", critical: false, value: new Uint8Array(200) };
    for (const [certificate, refused] of [
      [{ changedExtensions: [basicConstraints(0)] }, "X509_InvalidExtension"],
      [{ changedExtensions: [keyUsage("ca")] }, "X509_InvalidExtension"],
      [{ withoutExtensions: [OID.basicConstraints] }, "X509_InvalidExtension"],
      [{ withoutExtensions: [OID.keyUsage] }, "X509_InvalidExtension"],
      [{ withoutExtensions: [OID.sgx] }, "X509_InvalidExtension"],
      [{ extraExtensions: [critical] }, "X509_UnknownCriticalExtension"],
      [{ extraExtensions: [basicConstraints()] }, "X509_InvalidExtension"],
      [{ extraExtensions: [keyUsage("signer")] }, "X509_InvalidExtension"],
      [{ extraExtensions: [pckExtension(pck)] }, "X509_InvalidExtension"],
      [{ changedExtensions: [{ ...keyUsage("signer"), value: bitString(new Uint8Array()) }] }, "X509_InvalidExtension"],
      // Without even the count of unused bits; what follows could be taken for it.
      [
        { withoutExtensions: [OID.keyUsage], extraExtensions: [{ ...keyUsage("signer"), value: NO_BITS }, long] },
        "X509_InvalidExtension",
      ],
      [{ changedExtensions: [pckExtension({ ...pck, ppid: slice(pck.ppid, 1) })] }, "X509_InvalidExtension"],
      [{ changedExtensions: [pckExtension({ ...pck, components: pck.components.slice(1) })] }, "X509_InvalidExtension"],
    ] as const) {
      expect(await judge(quoteOf({ certificate }))).toMatchObject({ refused });
    }
  });

  it("but not with a leaf whose key usage has nine bits", async () => {
    const trial = await load();
    const certificate = { changedExtensions: [{ ...keyUsage("signer"), value: NINE_BITS }] };
    expect(await trial.verdict(quoteOf({ certificate }))).toMatchObject({ status: "UpToDate" });
  });

  it("with another platform's leaf, QE report or attestation key", async () => {
    const { judge } = await load();
    const other = quoteOf({ seed: "other" }, { attestationKey: stranger });
    for (const [quote, refused] of [
      [{ ...good, leaf: other.leaf }, "TdxVerifier_InvalidQeReportSignature"],
      [{ ...good, qeReport: other.qeReport }, "TdxVerifier_InvalidQeReportSignature"],
      [{ ...good, ...pick(other, "qeReport", "qeReportSignature") }, "TdxVerifier_InvalidQeReportSignature"],
      [{ ...good, ...pick(other, "qeReport", "qeReportSignature", "leaf") }, "TdxVerifier_QeReportMismatch"],
      [{ ...good, attestationKey: other.attestationKey }, "TdxVerifier_InvalidQuoteSignature"],
      [{ ...good, ...pick(other, "signature", "attestationKey") }, "TdxVerifier_InvalidQuoteSignature"],
      [{ ...good, ...pick(other, "signedData", "signature") }, "TdxVerifier_InvalidQuoteSignature"],
    ] as const) {
      expect(await judge(quote)).toMatchObject({ refused });
    }
  });

  const pick = <T, K extends keyof T>(value: T, ...keys: readonly K[]): Pick<T, K> =>
    Object.fromEntries(keys.map((key) => [key, value[key]])) as Pick<T, K>;

  it("with a signature in DER whose numbers are too long", async () => {
    const { judge } = await load();
    // An r or s with a sign octet, which another byte takes the place of: r + 2^256.
    let changed = 0;
    for (let seed = 0; seed < 8; seed++) {
      const quote = quoteOf({ seed: `leaf ${seed}` });
      const { signature } = readCertificate(quote.leaf);
      for (const number of [signature.slice(2, 66), signature.slice(66)]) {
        if (!quote.leaf.includes(`022100${number}`)) continue;
        const leaf: Hex = `0x${quote.leaf.slice(2).replace(`022100${number}`, `022101${number}`)}`;
        expect(await judge({ ...quote, leaf })).toMatchObject({ refused: "Der_Unexpected" });
        changed += 1;
      }
    }
    expect(changed).toBeGreaterThan(3);
  });
});

describe("the quoting enclave", () => {
  const wrong: [string, Partial<EnclaveReport>, string][] = [
    ["of another signer", { mrSigner: `0x${"11".repeat(32)}` }, "TdxVerifier_QeIdentityMismatch"],
    ["with debugging", { attributes: svns(0x17, 0, 0, 0, 0, 0, 0, 0, 0xe7) }, "TdxVerifier_QeIdentityMismatch"],
    ["without initialisation", { attributes: svns(0x10) }, "TdxVerifier_QeIdentityMismatch"],
    ["with another MISCSELECT", { miscSelect: "0x01000000" }, "TdxVerifier_QeIdentityMismatch"],
    ["of another product", { isvProdId: u16(1) }, "TdxVerifier_QeIdentityMismatch"],
    ["whose product id is right in big-endian only", { isvProdId: "0x0002" }, "TdxVerifier_QeIdentityMismatch"],
    ["below all levels", { isvSvn: u16(3) }, "TdxVerifier_TcbNotSupported"],
    ["of another attestation key", { reportData: padHex("0x11", { size: 64 }) }, "TdxVerifier_QeReportMismatch"],
    ["of none", { reportData: `0x${"00".repeat(64)}` }, "TdxVerifier_QeReportMismatch"],
  ];
  it.each(wrong)("%s", async (_name, qe, refused) => {
    const { judge } = await load();
    expect(await judge(quoteOf({}, { qe }))).toEqual({ refused, args: [] });
  });

  it("with other bits that the mask leaves open is taken", async () => {
    const { judge } = await load();
    const qe = { attributes: svns(0x15, 0, 0, 0, 0, 0, 0, 0, 0xff) };
    expect(await judge(quoteOf({}, { qe }))).toMatchObject({ value: { status: 1 } });
  });

  it("with other auth data than it has signed", async () => {
    const { judge } = await load();
    for (const qeAuthData of ["0x", slice(good.qeAuthData, 0, 31), concat([good.qeAuthData, "0x00"])] as const) {
      expect(await judge({ ...good, qeAuthData })).toMatchObject({ refused: "TdxVerifier_QeReportMismatch" });
      expect(await judge(quoteOf({}, { qeAuthData }))).toMatchObject({ value: { status: 1 } });
    }
  });
});

describe("signatures", () => {
  const word = (value: bigint): Hex => padHex(`0x${value.toString(16)}`, { size: 32 });
  const [r, s] = [slice(good.signature, 0, 32), slice(good.signature, 32, 64)];
  it.each([
    ["negated s", concat([r, word(P256_ORDER - BigInt(s))]), undefined],
    ["negated r", concat([word(P256_ORDER - BigInt(r)), s]), "TdxVerifier_InvalidQuoteSignature"],
    ["s + 1", concat([r, word(BigInt(s) + 1n)]), "TdxVerifier_InvalidQuoteSignature"],
    [
      "the highest numbers",
      concat([word(P256_ORDER - 1n), word(P256_ORDER - 1n)]),
      "TdxVerifier_InvalidQuoteSignature",
    ],
  ] as const)("%s", async (_name, signature, refused) => {
    const { judge } = await load();
    const outcome = await judge({ ...good, signature });
    expect(outcome).toMatchObject(refused === undefined ? { value: { status: 1 } } : { refused });
  });

  it("by the leaf over the quote, by the attestation key over the QE report", async () => {
    const { judge } = await load();
    const leafKey = authority.platform().key;
    const byLeaf = sign(hexToBytes(good.signedData), leafKey);
    expect(await judge({ ...good, signature: byLeaf })).toMatchObject({ refused: "TdxVerifier_InvalidQuoteSignature" });
    const byKey = quoteOf({}, { qeSigner: attestationKey });
    expect(await judge(byKey)).toMatchObject({ refused: "TdxVerifier_InvalidQeReportSignature" });
  });
});

describe("what is no quote of a TD", () => {
  const header = encodeHeader(4);
  const replace = (bytes: Hex, at: number, by: Hex): Hex =>
    `${bytes.slice(0, 2 + 2 * at)}${by.slice(2)}${bytes.slice(2 + 2 * (at + size(by)))}` as Hex;
  const with4 = (at: number, by: Hex) => signing(encodeSignedData({ ...good, header: replace(header, at, by) }));
  const v5 = quoteOf({}, { version: 5 });
  const body5 = slice(v5.signedData, 54);
  const data5 = (type: number, length: number, body: Hex) =>
    signing(concat([encodeHeader(5), u16(type), u32(length), body]));

  it.each([
    ["version 3", with4(0, u16(3)), "TdxVerifier_UnsupportedVersion", [3]],
    ["version 6", with4(0, u16(6)), "TdxVerifier_UnsupportedVersion", [6]],
    ["version 4 in big-endian", with4(0, "0x0004"), "TdxVerifier_UnsupportedVersion", [0x400]],
    ["key type 3", with4(2, u16(3)), "TdxVerifier_UnsupportedKeyType", [3]],
    ["an SGX quote", with4(4, u32(0)), "TdxVerifier_SgxQuote", []],
    ["another TEE", with4(4, u32(0x82)), "TdxVerifier_UnsupportedTee", [0x82]],
    ["another QE vendor", with4(12, `0x${"22".repeat(16)}`), "TdxVerifier_UnknownQeVendor", [`0x${"22".repeat(16)}`]],
    ["nothing", signing("0x"), "TdxVerifier_MalformedQuote", []],
    ["half a header", signing(slice(header, 0, 47)), "TdxVerifier_MalformedQuote", []],
    ["a header", signing(header), "TdxVerifier_MalformedQuote", []],
    ["a byte too few", signing(slice(good.signedData, 0, 631)), "TdxVerifier_MalformedQuote", []],
    ["a byte too many", signing(concat([good.signedData, "0x00"])), "TdxVerifier_MalformedQuote", []],
    ["a TD 1.5 body in a quote v4", signing(concat([header, body5])), "TdxVerifier_MalformedQuote", []],
    ["body type 1, an enclave", data5(1, 584, slice(body5, 0, 584)), "TdxVerifier_UnsupportedBody", [1]],
    ["body type 4", data5(4, 648, body5), "TdxVerifier_UnsupportedBody", [4]],
    ["body type 2 of the size of 3", data5(2, 648, body5), "TdxVerifier_MalformedQuote", []],
    ["body type 3 of the size of 2", data5(3, 584, slice(body5, 0, 584)), "TdxVerifier_MalformedQuote", []],
    ["a body that says another size", data5(3, 647, body5), "TdxVerifier_MalformedQuote", []],
    ["a v5 header alone", signing(encodeHeader(5)), "TdxVerifier_MalformedQuote", []],
  ] as const)("%s", async (_name, quote, refused, args) => {
    const { judge } = await load();
    expect(await judge(quote)).toEqual({ refused, args });
  });

  it("an SGX enclave's quote is refused by name, genuine or made: by its header, its body, its quoting enclave, its length", async () => {
    const { judge, judgeBytes } = await load();
    expect(await judge(with4(4, u32(0)))).toMatchObject({ refused: "TdxVerifier_SgxQuote" });
    expect(await judge(data5(1, 384, slice(body5, 0, 384)))).toMatchObject({ refused: "TdxVerifier_UnsupportedBody" });
    // SGX's own quoting enclave has the same signer, and number 1.
    const bySgx = quoteOf({}, { qe: { isvProdId: u16(1) } });
    expect(await judge(bySgx)).toMatchObject({ refused: "TdxVerifier_QeIdentityMismatch" });
    const report = slice(good.qeReport, 0, 384);
    for (const header of [encodeHeader(4), replace(encodeHeader(4), 4, u32(0))]) {
      const { refused } = await judge(signing(concat([header, report])));
      expect(["TdxVerifier_MalformedQuote", "TdxVerifier_SgxQuote"]).toContain(refused);
    }
    for (const { name, tee } of fixtures()?.vectors ?? []) {
      if (tee !== "SGX") continue;
      const genuine: Hex = `0x${fixtures()?.quote(name).trim().replace(/^0x/, "") ?? ""}`;
      const signed = slice(genuine, 0, 48 + 384);
      expect(await judgeBytes(signed, quoteArguments(good)[1])).toMatchObject({
        refused: "TdxVerifier_SgxQuote",
      });
    }
  });

  const [signedData, signatureData] = quoteArguments(good);
  const authEnd = 578 + size(good.qeAuthData);
  it.each([
    ["nothing", "0x", "TdxVerifier_MalformedQuote"],
    ["half a key", slice(signatureData, 0, 127), "TdxVerifier_MalformedQuote"],
    ["no more than the key, of no known platform", slice(signatureData, 0, 128), "TdxVerifier_UnknownPlatform"],
    ["a byte after the key", slice(signatureData, 0, 129), "TdxVerifier_MalformedQuote"],
    ["half a size", slice(signatureData, 0, 577), "TdxVerifier_MalformedQuote"],
    ["a size alone", slice(signatureData, 0, 578), "TdxVerifier_MalformedQuote"],
    ["half the authentication data", slice(signatureData, 0, authEnd - 1), "TdxVerifier_MalformedQuote"],
    ["no leaf", slice(signatureData, 0, authEnd), "Der_Unexpected"],
    ["a size in big-endian", replace(signatureData, 576, "0x0020"), "TdxVerifier_MalformedQuote"],
    ["the largest size", replace(signatureData, 576, "0xffff"), "TdxVerifier_MalformedQuote"],
    [
      "a size that reaches into the leaf",
      replace(signatureData, 576, u16(size(good.qeAuthData) + 1)),
      "Der_Unexpected",
    ],
    ["a byte after the leaf", concat([signatureData, "0x00"]), "Der_Unexpected"],
  ] as const)("signature data: %s", async (_name, bytes, refused) => {
    const { judgeBytes } = await load();
    expect(await judgeBytes(signedData, bytes)).toMatchObject({ refused });
  });

  it("a quote v5 of a TD 1.0 is one", async () => {
    const { judge } = await load();
    expect(await judge(quoteOf({}, { version: 5, bodyType: 2 }))).toMatchObject({ value: { status: 1 } });
  });

  const bad: [string, Partial<Measurements>, string][] = [
    ["a TD under debugging", { tdAttributes: "0x0100001000000000" }, "TdxVerifier_DebugTd"],
    ["another bit for debuggers", { tdAttributes: "0x8000001000000000" }, "TdxVerifier_DebugTd"],
    ["SEPT_VE_DISABLE off", { tdAttributes: "0x0000000000000000" }, "TdxVerifier_SeptVeEnabled"],
    ["SEPT_VE_DISABLE at the place of big-endian", { tdAttributes: "0x0000000010000000" }, "TdxVerifier_SeptVeEnabled"],
    ["SEAM attributes", { seamAttributes: "0x0000000000000001" }, "TdxVerifier_TdxModuleMismatch"],
    ["a module of another signer", { mrSignerSeam: padHex("0x01", { size: 48 }) }, "TdxVerifier_TdxModuleMismatch"],
    ["a module of an unknown version", { teeTcbSvn: svns(11, 9, 4) }, "TdxVerifier_TdxModuleMismatch"],
    ["a module below all levels", { teeTcbSvn: svns(1, 1, 4) }, "TdxVerifier_TcbNotSupported"],
  ];
  it.each(bad)("%s", async (_name, measurements, refused) => {
    const { judge } = await load();
    for (const version of [4, 5] as const) {
      expect(await judge(quoteOf({}, { version, measurements }))).toMatchObject({ refused });
    }
  });

  it.each([0, 15, 16, 31, 47])("a service TD, byte %i", async (at) => {
    const { judge } = await load();
    const mrServiceTd = replace(`0x${"00".repeat(48)}`, at, "0x01");
    const quote = quoteOf({}, { version: 5, measurements: { mrServiceTd } });
    expect(await judge(quote)).toEqual({ refused: "TdxVerifier_ServiceTd", args: [] });
  });
});

describe("leaves of the same attestation key", () => {
  it("a later one takes the place of an earlier one, never the reverse", async () => {
    const trial = await load();
    const leafOf = (days: number, pceSvn: number) =>
      quoteOf({ pceSvn, certificate: { notBefore: NOW - 86_400 * days } });
    const stored = async () => (await trial.contract.read.platformOf([keccak256(good.attestationKey)]))[1];
    await trial.verify(leafOf(20, 13));
    await trial.verify(leafOf(10, 14));
    expect(await stored()).toBe(14);
    const day = Math.floor(NOW / 86_400);
    const outdated = { refused: "TdxVerifier_LeafOutdated", args: [day - 20, day - 10].map(BigInt) };
    expect(await trial.judge(leafOf(20, 13))).toEqual(outdated);
    expect(await trial.judge(leafOf(20, 14))).toEqual(outdated);
    await trial.verify(leafOf(5, 14));
    expect(await stored()).toBe(14);
  });

  it("an old quote sent again brings back no lower SVN, whatever the date of its leaf", async () => {
    const trial = await load();
    const of = (days: number, platform: Parameters<typeof quoteOf>[0], qe = 4) =>
      quoteOf({ ...platform, certificate: { notBefore: NOW - 86_400 * days } }, { qe: { isvSvn: u16(qe) } });
    await trial.verify(of(10, { pceSvn: 13 }));
    const lower = [
      of(10, { pceSvn: 12 }),
      of(5, { pceSvn: 12 }),
      of(5, { pceSvn: 13, components: [4, 3, 2, 2, 4, 1, 0, 5] }),
      of(5, { pceSvn: 14, components: [3, 4, 2, 2, 4, 1, 0, 5] }),
      of(5, { pceSvn: 13 }, 3),
    ];
    for (const quote of lower) {
      expect(await trial.judge(quote)).toMatchObject({ refused: "TdxVerifier_LeafOutdated" });
    }
    // What is better counts, though its certificate was issued before.
    await trial.verify(of(20, { pceSvn: 14 }));
    expect((await trial.contract.read.platformOf([keccak256(good.attestationKey)]))[1]).toBe(14);
  });

  it("unknown ones cannot be left out, expired ones no longer", async () => {
    const trial = await load();
    const quote = quoteOf({ certificate: { notAfter: NOW + 5 * 86_400 } });
    const platform = keccak256(quote.attestationKey);
    expect(await trial.judge(quote, { isKnown: true })).toEqual({
      refused: "TdxVerifier_UnknownPlatform",
      args: [platform],
    });
    await trial.verify(quote);
    await trial.stage.travel(5n * DAY + 1n);
    for (const isKnown of [false, true]) {
      expect(await trial.judge(quote, { isKnown })).toMatchObject({ refused: "TdxVerifier_LeafExpired" });
    }
    const now = Number(trial.stage.now());
    const early = quoteOf({ certificate: { notBefore: now + 1 } });
    expect(await trial.judge(early)).toEqual({ refused: "TdxVerifier_LeafNotYetValid", args: [BigInt(now + 1)] });
    expect(await trial.judge(quoteOf({ certificate: { notBefore: now } }))).toMatchObject({ value: { status: 1 } });
  });

  it("of a platform type that no TCB info is there for", async () => {
    const { judge } = await load();
    expect(await judge(quoteOf({ fmspc: "0x90c06f000000" }))).toEqual({
      refused: "CollateralStore_Missing",
      args: [6],
    });
    expect(await judge(quoteOf({ pceId: "0x0001" }))).toEqual({
      refused: "TdxVerifier_UnsupportedPce",
      args: ["0x0001"],
    });
  });
});
