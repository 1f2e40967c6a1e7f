/** Rules of Intel's verification that other verifiers have got wrong, on chain: 8 and 9 of nine. */
import { type Hex, hexToBytes, keccak256, numberToHex, size } from "viem";
import { describe, expect, it } from "vitest";
import { childrenOf, integer, octetString, oid, readDer, sequence } from "../../scripts/attestation/der.ts";
import {
  type CollateralOptions,
  type PlatformOptions,
  type QuoteOptions,
  createAuthority,
  isvLevel,
  tcbLevel,
} from "../../scripts/attestation/factory.ts";
import { readQuote } from "../../scripts/attestation/quote.ts";
import { OID, pckExtension, readCertificate } from "../../scripts/attestation/x509.ts";
import { modules, single } from "../helpers/levels.ts";
import { STAGE_START, type Stage, fixture } from "../helpers/stage.ts";
import { openTrial } from "../helpers/trial.ts";

const NOW = STAGE_START.getTime() / 1000;
const authority = createAuthority({ seed: "rules", now: NOW });

const load = fixture(async (stage: Stage) => {
  const trial = await openTrial(stage, authority.root.key.raw);
  await trial.upload(authority.collateral());
  return trial;
});

const quoteOf = (platform: PlatformOptions = {}, quote: QuoteOptions = {}) =>
  readQuote(authority.platform(platform).quote(quote));

/** Both texts issued a little later each time, so that they may follow each other. */
let issued = NOW - 43_200;
const texts = (options: CollateralOptions) => authority.collateral({ ...options, issued: ++issued });
const TEXTS = ["uploadTcbInfo", "uploadQeIdentity"] as const;

describe("8. SVNs are DER integers, read strictly", () => {
  const field = (path: string, value: Uint8Array): Uint8Array => sequence(oid(`${OID.sgx}.${path}`), value);
  /** An SGX extension whose first component is `first`, raw. */
  const extension = (
    first: Uint8Array,
    tail: Uint8Array = new Uint8Array(),
    outerTail: Uint8Array = new Uint8Array(),
  ) => ({
    oid: OID.sgx,
    value: sequence(
      field("1", octetString(hexToBytes(`0x${"11".repeat(16)}`))),
      field(
        "2",
        sequence(
          ...Array.from({ length: 16 }, (_, index) => field(`2.${index + 1}`, index === 0 ? first : integer(9))),
          field("2.17", integer(13)),
          field("2.18", octetString(new Uint8Array(16))),
          tail,
        ),
      ),
      field("3", octetString(Uint8Array.of(0, 0))),
      field("4", octetString(hexToBytes("0xb0c06f000000"))),
      field("5", Uint8Array.of(0x0a, 1, 1)),
      outerTail,
    ),
  });
  const withExtension = (value: ReturnType<typeof extension>) =>
    quoteOf({ certificate: { changedExtensions: [value] } });

  it.each([0, 127, 128, 255])("%i", async (svn) => {
    const trial = await load();
    const at = (wanted: number) =>
      trial.upload(
        texts({ tcbInfo: { tcbLevels: [tcbLevel({ sgx: [wanted], pceSvn: 1, tdx: [], status: "UpToDate" })] } }),
        TEXTS,
      );
    const quote = withExtension(extension(integer(svn)));
    expect(size(quote.leaf)).toBe(size(withExtension(extension(integer(0))).leaf) + (svn > 127 ? 1 : 0));
    await at(svn);
    expect(await trial.verdict(quote)).toMatchObject({ status: "UpToDate" });
    await trial.verify(quote);
    const [components] = await trial.contract.read.platformOf([keccak256(quote.attestationKey)]);
    expect(components >> 120n).toBe(BigInt(svn));
    if (svn === 255) return;
    await at(svn + 1);
    expect(await trial.judge(quote)).toMatchObject({ refused: "TdxVerifier_TcbNotSupported" });
  });

  it.each([
    ["a zero too many", Uint8Array.of(2, 2, 0, 5)],
    ["256", integer(256)],
    ["255 as one byte, which is -1", Uint8Array.of(2, 1, 255)],
    ["no byte", Uint8Array.of(2, 0)],
    ["a longer length than needed", Uint8Array.of(2, 0x81, 1, 5)],
    ["an indefinite length", Uint8Array.of(2, 0x80, 5, 0, 0)],
    ["another type", Uint8Array.of(4, 1, 5)],
    ["a byte behind it", Uint8Array.of(2, 1, 5, 0)],
  ])("refuses %s", async (_name, first) => {
    const trial = await load();
    expect((await trial.judge(withExtension(extension(first)))).refused).toMatch(/^(Der_Unexpected|X509_Invalid)/);
  });

  it("reads components in any order", async () => {
    const trial = await load();
    const value = pckExtension({
      ppid: `0x${"11".repeat(16)}`,
      components: Array.from({ length: 16 }, (_, index) => 3 * index + 20),
      pceSvn: 13,
      pceId: "0x0000",
      fmspc: "0xb0c06f000000",
      sgxType: 0,
      cpuSvn: `0x${"00".repeat(16)}`,
    }).value;
    // The list of components, turned round.
    const [ppid, tcb, ...others] = childrenOf(readDer(value));
    const [id, list] = childrenOf(tcb);
    const turned = sequence(
      id?.raw ?? expect.fail("no id"),
      sequence(
        ...childrenOf(list)
          .map(({ raw }) => raw)
          .reverse(),
      ),
    );
    const parts = [ppid?.raw ?? expect.fail("no ppid"), turned, ...others.map(({ raw }) => raw)];
    const quotes = [value, sequence(...parts)].map((of) =>
      quoteOf({ certificate: { changedExtensions: [{ oid: OID.sgx, value: of }] } }),
    );
    expect(quotes[0]?.leaf).not.toBe(quotes[1]?.leaf);
    for (const quote of quotes) {
      await trial.verify(quote);
      const [components, pceSvn] = await trial.contract.read.platformOf([keccak256(quote.attestationKey)]);
      expect([...hexToBytes(numberToHex(components, { size: 16 }))]).toEqual(
        Array.from({ length: 16 }, (_, i) => 3 * i + 20),
      );
      expect(pceSvn).toBe(13);
    }
  });

  it("refuses bytes behind the lists, components twice or missing", async () => {
    const trial = await load();
    const zero = Uint8Array.of(0);
    for (const value of [
      extension(integer(5), zero),
      extension(integer(5), undefined, zero),
      extension(integer(5), field("2.1", integer(5))),
      extension(integer(5), field("2.19", integer(5))),
      extension(integer(5), undefined, field("4", octetString(new Uint8Array(6)))),
    ]) {
      const { refused } = await trial.judge(withExtension(value));
      expect(refused).toMatch(/^(Der_Unexpected|X509_InvalidExtension)$/);
    }
    const { value } = extension(integer(5));
    const cut = { oid: OID.sgx, value: value.slice(0, -1) };
    expect((await trial.judge(withExtension(cut))).refused).toMatch(/^Der_Unexpected$/);
  });
});

describe("9. what is revoked is refused in every path, by the right list", () => {
  it.each([
    ["platform", { tcbInfo: single("Revoked") }],
    ["TDX module", { tcbInfo: modules([2, "Revoked"]) }],
    ["QE", { qeIdentity: { tcbLevels: [isvLevel(4, "Revoked")] } }],
  ] as [string, CollateralOptions][])("TCB of the %s, by full and short quote, v4 and v5", async (_name, options) => {
    const trial = await load();
    for (const version of [4, 5] as const) await trial.verify(quoteOf({}, { version }));
    await trial.upload(texts(options), TEXTS);
    for (const version of [4, 5] as const) {
      for (const isKnown of [false, true]) {
        const outcome = await trial.judge(quoteOf({}, { version }), { isKnown });
        expect(outcome).toEqual({ refused: "TdxVerifier_TcbRevoked", args: [] });
      }
    }
  });

  const revoking = (...serials: Hex[]) => ({ revoked: serials.map((serial) => ({ serial })) });
  const leafSerial = authority.platform().serial;
  const caSerial = readCertificate(authority.platformCa.certificate).serial;
  it.each([
    ["the leaf, by its CA", { pckCrl: revoking(leafSerial) }, "TdxVerifier_LeafRevoked"],
    ["the CA, by the root", { rootCrl: revoking(caSerial) }, "CollateralStore_Revoked"],
    ["nothing, if the lists are exchanged", { rootCrl: revoking(leafSerial), pckCrl: revoking(caSerial) }, undefined],
  ] as [string, CollateralOptions, string | undefined][])("certificates: %s", async (_name, options, refused) => {
    const trial = await load();
    await trial.verify(quoteOf());
    const later = { thisUpdate: NOW - 1 };
    const lists = { rootCrl: { ...later, ...options.rootCrl }, pckCrl: { ...later, ...options.pckCrl } };
    await trial.upload(authority.collateral(lists), ["uploadPckCrl"]);
    await trial.upload(authority.collateral(lists), ["uploadRootCrl"]);
    for (const isKnown of [false, true]) {
      const outcome = await trial.judge(quoteOf(), { isKnown });
      if (refused === undefined) expect(outcome).toMatchObject({ value: { status: 1 } });
      else expect(outcome).toMatchObject({ refused });
    }
  });

  it("certificates: not the leaf of another CA with the same serial", async () => {
    const trial = await load();
    await trial.upload(authority.collateral({ ca: "processor", pckCrl: revoking(leafSerial) }), [
      "uploadPckCa",
      "uploadPckCrl",
    ]);
    expect(await trial.verdict(quoteOf())).toMatchObject({ status: "UpToDate" });
    const single = quoteOf({ ca: "processor" });
    expect(await trial.judge(single)).toMatchObject({ refused: "TdxVerifier_LeafRevoked" });
  });
});
