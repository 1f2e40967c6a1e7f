/** The file that registers a worker, as people may have it. */
import { bytesToHex, getAddress, keccak256, stringToHex, toHex } from "viem";
import { describe, expect, test } from "vitest";
import { createAuthority } from "../../scripts/attestation/factory.ts";
import { readQuote } from "../../scripts/attestation/quote.ts";
import {
  InvalidRegistration,
  parseFields,
  readRegistrationFile,
} from "../../web/src/screens/operate/registrationFile.ts";

const raw = createAuthority({ seed: "registration file", now: 1_780_000_000 }).platform({ seed: "host" }).quote();
const operator = getAddress(`0x${"ab".repeat(20)}`);
const gpuIds = [keccak256(toHex("one")), keccak256(toHex("two"))];
const evidenceHash = keccak256(toHex("evidence"));
const fields = { operator, model: "H100", gpus: gpuIds.join("\n"), evidence: evidenceHash, block: "123" };
const encode = (text: string) => new TextEncoder().encode(text);

describe("a file", () => {
  test.each([
    ["binary", raw],
    ["hex", encode(bytesToHex(raw))],
    [
      "hex in lines",
      encode(
        (
          bytesToHex(raw)
            .slice(2)
            .match(/.{1,64}/g) ?? []
        ).join("\r\n"),
      ),
    ],
    ["base64", encode(Buffer.from(raw).toString("base64"))],
    ["base64url", encode(Buffer.from(raw).toString("base64url"))],
  ])("of a quote alone, %s", (_, bytes) => {
    const read = readRegistrationFile(bytes);
    expect(read.quote).toEqual(readQuote(raw));
    expect(read.fields).toEqual({});
  });

  test("with all of it brings every field", () => {
    const subject = { operator, model: "H100", gpuIds, evidenceHash };
    const file = encode(JSON.stringify({ quote: bytesToHex(raw), blockNumber: 123, subject }));
    const read = readRegistrationFile(file);
    expect(read.fields).toEqual(fields);
    expect(parseFields(read.quote, fields)).toEqual({
      quote: readQuote(raw),
      subject: { ...subject, model: stringToHex("H100", { size: 32 }) },
      blockNumber: 123n,
    });
  });

  test.each([
    ["{}", /without a `quote`/],
    ['{"quote": 5}', /without a `quote`/],
    ['{"quote": "0x00"}', /The quote ends inside/],
    ["not a quote!", /neither hex nor base64/],
  ])("%s is refused in words", (text, message) => {
    expect(() => readRegistrationFile(encode(text))).toThrow(message);
  });
});

test.each([
  [{ operator: "0x12" }, /operator/],
  [{ model: "" }, /model/],
  [{ model: "H 100" }, /model/],
  [{ gpus: "0x1234" }, /GPU's id/],
  [{ evidence: "" }, /evidence/],
  [{ block: "-1" }, /block/],
  [{ block: "1e3" }, /block/],
])("the field in %j is named", (wrong, message) => {
  const parse = () => parseFields(readQuote(raw), { ...fields, ...wrong });
  expect(parse).toThrow(InvalidRegistration);
  expect(parse).toThrow(message);
});
