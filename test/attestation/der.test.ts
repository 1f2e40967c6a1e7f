import { hexToBytes, type Hex } from "viem";
import { describe, expect, it } from "vitest";
import * as der from "../../scripts/attestation/der.ts";
import { decodePem, encodePem, PemError } from "../../scripts/attestation/pem.ts";

const node = (bytes: Hex): der.DerNode => der.readDer(hexToBytes(bytes));

describe("DER", () => {
  it("reads what it writes", () => {
    for (const value of [0n, 1n, 127n, 128n, 255n, 256n, 65_535n, 1n << 159n, (1n << 160n) - 1n]) {
      expect(der.readInteger(der.readDer(der.integer(value)))).toBe(value);
    }
    expect(der.integer(255)).toEqual(hexToBytes("0x020200ff"));
    for (const oid of ["1.2.840.113741.1.13.1.2.16", "2.5.29.15", "1.2.840.10045.4.3.2"]) {
      expect(der.readOid(der.readDer(der.oid(oid)))).toBe(oid);
    }
    for (const time of [
      "2018-05-21T10:45:10Z",
      "2049-12-31T23:59:59Z",
      "2050-01-01T00:00:00Z",
      "2024-02-29T00:00:00Z",
    ]) {
      const seconds = Date.parse(time) / 1000;
      expect(der.readTime(der.readDer(der.time(seconds)))).toBe(seconds);
    }
    for (const length of [0, 127, 128, 255, 256, 65_535, 65_536]) {
      expect(der.readDer(der.octetString(new Uint8Array(length))).content).toHaveLength(length);
    }
    expect(der.readText(der.readDer(der.utf8String("Intel")))).toBe("Intel");
    expect(der.readBitString(der.readDer(der.bitString(Uint8Array.of(6), 1)), 1)).toEqual(Uint8Array.of(6));
  });

  it.each([
    ["bytes after the value", "0x02010100"],
    ["a value that ends early", "0x020201"],
    ["a long length under 128", "0x04810100"],
    ["a length with a leading zero", "0x0482000100"],
    ["an indefinite length", "0x30800000"],
    ["a tag of several bytes", "0x1f0100"],
    ["nothing", "0x"],
  ] as const)("refuses %s", (_what, bytes) => {
    expect(() => node(bytes)).toThrow(der.DerError);
  });

  it("refuses values in another form than the shortest", () => {
    const refused: (() => unknown)[] = [
      () => der.readInteger(node("0x02020001")),
      () => der.readInteger(node("0x0202ff80")),
      () => der.readInteger(node("0x0200")),
      () => der.readNumber(node("0x0201ff"), 255),
      () => der.readNumber(node("0x02020100"), 255),
      () => der.readOid(node("0x0603802a03")),
      () => der.readOid(node("0x06022a83")),
      () => der.readOid(node("0x0600")),
      () => der.readBoolean(node("0x010101")),
      () => der.readText(node("0x0c01ff")),
      () => der.readBitString(node("0x03020106")),
      () => der.readTime(node("0x040100")),
      ...["2502302325510Z", "250230232551Z", "251301000000Z", "250101240000Z", "250101000000+", "2501010000Z"].map(
        (text) => () => der.readTime(der.readDer(der.encode(der.TAG.utcTime, new TextEncoder().encode(text)))),
      ),
    ];
    for (const read of refused) expect(read).toThrow(der.DerError);
  });
});

describe("PEM", () => {
  it("reads what it writes, with white space and NUL around", () => {
    const certificates: Hex[] = ["0x3000", `0x${"ab".repeat(100)}`];
    const text = encodePem(certificates);
    expect(decodePem(text)).toEqual(certificates);
    expect(decodePem(`\r\n${text.replaceAll("\n", "\r\n")}\0\0`)).toEqual(certificates);
  });

  it("refuses what is no chain", () => {
    const text = encodePem(["0x3000"]);
    for (const bad of [
      "",
      "certificate",
      `${text}x`,
      text.replace("MAA", "M!A"),
      text.replace("MAA=", "MAA"),
      text.slice(0, -3),
    ]) {
      expect(() => decodePem(bad)).toThrow(PemError);
    }
  });
});
