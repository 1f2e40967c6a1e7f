import { Buffer } from "node:buffer";
import { bytesToHex, concat, hexToBytes, slice } from "viem";
import { describe, expect, it } from "vitest";
import { createAuthority } from "../../scripts/attestation/factory.ts";
import { encodeQuote, QuoteError, readQuote, type QuoteErrorCode } from "../../scripts/attestation/quote.ts";
import { fixtures, sayWhatIsSkipped } from "../helpers/dcap.ts";

const authority = createAuthority({ seed: "quotes", now: 1_786_700_000 });
const platform = authority.platform();
const v4 = platform.quote();
const v5 = platform.quote({ version: 5 });

/** The error that reading `bytes` ends with. */
function errorOf(bytes: Uint8Array | string): QuoteErrorCode | undefined {
  try {
    readQuote(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof QuoteError) return error.code;
    throw error;
  }
}

/** A copy of `bytes` with `changes` by offset. */
function changed(bytes: Uint8Array, changes: Record<number, number>): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const [offset, value] of Object.entries(changes)) copy[Number(offset)] = value;
  return copy;
}

describe("reading a quote", () => {
  it("takes binary, hex with and without 0x, broken lines, base64, and files of text", () => {
    const hex = bytesToHex(v4);
    const lines = (hex.slice(2).match(/.{1,64}/g) ?? []).join("\n");
    const base64 = Buffer.from(v4).toString("base64");
    const expected = readQuote(v4);
    for (const input of [hex, hex.slice(2), `${lines}\n`, base64, new TextEncoder().encode(lines)]) {
      expect(readQuote(input)).toEqual(expected);
    }
  });

  it("ignores what follows the quote", () => {
    const quote = readQuote(v4);
    expect(quote.size).toBeLessThan(v4.length);
    expect(readQuote(v4.subarray(0, quote.size))).toEqual(quote);
  });

  it("covers header and body in v4, the body's type and size too in v5", () => {
    const four = readQuote(v4);
    expect(four.signedData).toBe(concat([four.header, four.body]));
    expect(four.signedData).toHaveLength(2 + 2 * 632);
    const five = readQuote(v5);
    expect(five.signedData).toBe(concat([five.header, "0x030088020000", five.body]));
    expect(five.signedData).toHaveLength(2 + 2 * 702);
  });

  it("reads measurements of TD 1.0 and TD 1.5", () => {
    const reportData = bytesToHex(Uint8Array.from({ length: 64 }, (_, index) => index));
    const mrServiceTd = bytesToHex(new Uint8Array(48).fill(7));
    const four = readQuote(platform.quote({ measurements: { reportData } }));
    expect(four.measurements.reportData).toBe(reportData);
    expect(four.measurements).not.toHaveProperty("mrServiceTd");
    const five = readQuote(platform.quote({ version: 5, measurements: { reportData, mrServiceTd } }));
    expect(five.measurements).toMatchObject({ reportData, mrServiceTd, tdAttributes: "0x0000001000000000" });
    const old = readQuote(platform.quote({ version: 5, bodyType: 2 }));
    expect(old).toMatchObject({ version: 5, bodyType: 2, body: readQuote(v4).body });
  });

  it("is undone by writing", () => {
    for (const bytes of [v4, v5]) {
      const quote = readQuote(bytes);
      expect(encodeQuote(quote)).toEqual(bytes.subarray(0, quote.size));
      expect(readQuote(encodeQuote(quote))).toEqual(quote);
    }
  });

  it("names what it refuses", () => {
    const cases: [QuoteErrorCode, Uint8Array | string][] = [
      ["encoding", "no quote!"],
      ["sgxQuote", changed(v4, { 0: 3, 4: 0 })],
      ["sgxQuote", changed(v4, { 4: 0 })],
      ["sgxQuote", changed(v5, { 48: 1 })],
      ["unknownVersion", changed(v4, { 0: 6 })],
      ["unknownTeeType", changed(v4, { 4: 0x82 })],
      ["unknownKeyType", changed(v4, { 2: 3 })],
      ["unknownBodyType", changed(v5, { 48: 4 })],
      ["malformedSizes", changed(v5, { 50: 0x48 })],
      ["malformedSizes", changed(v4, { 632: (v4[632] ?? 0) + 1 })],
      ["unsupportedCertification", changed(v4, { [636 + 128]: 5 })],
      ["malformedPem", changed(v4, { [readQuote(v4).size - 100]: 0x21 })],
    ];
    for (const [code, bytes] of cases) expect([code, errorOf(bytes)]).toEqual([code, code]);
  });

  it("says truncated at every length that is too short", () => {
    const { size } = readQuote(v4);
    for (let length = 0; length < size; length += length < 1300 ? 1 : 97) {
      expect(errorOf(v4.subarray(0, length))).toBe("truncated");
    }
  });
});

describe("genuine quotes", () => {
  const genuine = fixtures();
  if (genuine === undefined) {
    sayWhatIsSkipped("reading them");
    it.skip("are not here");
    return;
  }
  it.each(genuine.vectors.map((vector) => [vector.name, vector] as const))("%s", (name, vector) => {
    const text = genuine.quote(name);
    if (vector.tee === "SGX") {
      expect(errorOf(text)).toBe("sgxQuote");
      return;
    }
    const quote = readQuote(text);
    expect(quote).toMatchObject({ version: vector.version, bodyType: vector.bodyType });
    expect(quote.measurements.reportData).toBe(`0x${vector.reportData ?? ""}`);
    expect(quote.measurements.tdAttributes).toBe(`0x${vector.tdAttributes ?? ""}`);
    expect(quote.measurements.mrServiceTd).toBe(vector.mrServiceTd && `0x${vector.mrServiceTd}`);
    expect(quote.certificationChain).toHaveLength(3);
    const bytes = hexToBytes(slice(`0x${text.trim().replace(/^0x/, "")}`, 0, quote.size));
    expect(encodeQuote(quote)).toEqual(bytes);
  });
});
