/** The readers of TCB info and QE identity on texts that Intel would never sign, beside JSON.parse. */
import { decodeFunctionResult, encodeFunctionData, stringToHex } from "viem";
import { describe, expect, it } from "vitest";
import { tcbCodecAbi } from "../../deploy/generated/abis.ts";
import { type TcbInfo, qeIdentityText, tcbInfoText } from "../../scripts/attestation/collateral.ts";
import { defaultQeIdentity, defaultTcbInfo, isvLevel } from "../../scripts/attestation/factory.ts";
import { expectedQeIdentity, expectedTcbInfo } from "../helpers/compiled.ts";
import { createRandom } from "../helpers/random.ts";
import { STAGE_START, type Stage, fixture } from "../helpers/stage.ts";
import { mapOutcome, openProbe } from "../helpers/trial.ts";

const NOW = STAGE_START.getTime() / 1000;
const FMSPC = "0xb0c06f000000";
const whole = defaultTcbInfo(FMSPC, NOW, NOW + 86_400);
const info: TcbInfo = {
  ...whole,
  tcbLevels: whole.tcbLevels.slice(1, 3),
  tdxModuleIdentities: whole.tdxModuleIdentities?.slice(1) ?? [],
};
const infoText = tcbInfoText(info);
const identityText = qeIdentityText(defaultQeIdentity(NOW, NOW + 86_400));

const load = fixture(async (stage: Stage) => {
  const codec = await stage.deploy("TcbCodec", tcbCodecAbi, []);
  const probe = await openProbe(stage);
  const read = async (functionName: "readTcbInfo" | "readQeIdentity", text: string) => {
    const data = encodeFunctionData({ abi: tcbCodecAbi, functionName, args: [stringToHex(text)] });
    return probe(codec.address, data);
  };
  return {
    /** What the contract reads. */
    tcbInfo: async (text: string) =>
      mapOutcome(await read("readTcbInfo", text), (data) =>
        decodeFunctionResult({ abi: tcbCodecAbi, functionName: "readTcbInfo", data }),
      ),
    qeIdentity: async (text: string) =>
      mapOutcome(await read("readQeIdentity", text), (data) =>
        decodeFunctionResult({ abi: tcbCodecAbi, functionName: "readQeIdentity", data }),
      ),
  };
});

const NAMED = /^(Json|Calendar|TcbInfo|TcbLevels|QeIdentity)_[A-Z]/;

describe("accepted", () => {
  it("Intel's form, whole and empty lists", async () => {
    const codec = await load();
    const none = tcbInfoText({ ...info, tcbLevels: [], tdxModuleIdentities: [] });
    for (const text of [infoText, tcbInfoText(whole), none]) {
      expect(await codec.tcbInfo(text)).toEqual({ value: expectedTcbInfo(text) });
    }
  });

  /** The same value written otherwise: members in another order, unknown ones between, white space. */
  function rewritten(value: unknown, random: ReturnType<typeof createRandom>, depth = 0): string {
    const space = (): string => random.pick(["", "", "", " ", "\n\t", "\r\n  "]);
    if (Array.isArray(value)) {
      const items = value.map((item) => space() + rewritten(item, random, depth + 1) + space());
      return `[${items.join(",")}${items.length === 0 ? space() : ""}]`;
    }
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    const members = Object.entries(value)
      .map(([name, item]) => [name, rewritten(item, random, depth + 1)])
      .concat(random.next() < 0.3 ? [[`x-${depth}`, random.pick(UNKNOWN)]] : [])
      .map((member) => ({ member, place: random.next() }))
      .sort((a, b) => a.place - b.place)
      .map(({ member: [name = "", text = ""] }) => `${space()}"${name}"${space()}:${space()}${text}${space()}`);
    return `{${members.join(",")}}`;
  }
  const UNKNOWN: [string, ...string[]] = [
    "null",
    "true",
    "false",
    `"${"x".repeat(100)}"`,
    "-0",
    "1e400",
    "-12.5E-3",
    '""',
    '"\\u00e9\\n\\"]}"',
    '"é€😀"',
    "[]",
    "{ }",
    '[{"tcb":{"id":[1,2,[]]}},"]",{"a":{},"a":{}}]',
    "9".repeat(400),
    `${"[".repeat(32)}${"]".repeat(32)}`,
  ];

  it("advisories of another form than INTEL-SA-nnnnn, as one number that stands for all of them", async () => {
    const codec = await load();
    const [level, ...others] = info.tcbLevels;
    if (level === undefined) expect.fail("no level");
    const advisoryIDs = ["INTEL-SA-00001", "INTEL-DOC-00001", "INTEL-SA-000001", "INTEL-SA-0000", "INTEL-SA-0000x", ""];
    const text = tcbInfoText({ ...info, tcbLevels: [{ ...level, advisoryIDs }, ...others] });
    expect(await codec.tcbInfo(text)).toEqual({ value: expectedTcbInfo(text) });
  });

  it("other orders of members, unknown members and white space, read the same", async () => {
    const codec = await load();
    const random = createRandom(31);
    const value: unknown = JSON.parse(infoText);
    for (let run = 0; run < 80; run++) {
      const text = `${random.pick(["", " ", "\n"])}${rewritten(value, random)}${random.pick(["", "\r\n", "\t "])}`;
      expect(await codec.tcbInfo(text)).toEqual({ value: expectedTcbInfo(infoText) });
    }
    for (let run = 0; run < 60; run++) {
      const text = rewritten(JSON.parse(identityText), random);
      expect(await codec.qeIdentity(text)).toEqual({ value: expectedQeIdentity(identityText) });
    }
  });
});

describe("dates", () => {
  const dated = (date: string) => infoText.replace(/"issueDate":"[^"]*"/, `"issueDate":"${date}"`);

  it.each(["1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2024-02-29T00:00:00Z", "9999-12-31T23:59:59Z"])(
    "%s is read",
    async (date) => {
      const codec = await load();
      expect(await codec.tcbInfo(dated(date))).toEqual({ value: expectedTcbInfo(dated(date)) });
    },
  );

  it("each month has its last day, and none after it", async () => {
    const codec = await load();
    const lasts = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    for (const [month, last] of lasts.entries()) {
      const on = (day: number) => dated(`2023-${String(month + 1).padStart(2, "0")}-${day}T12:00:00Z`);
      expect(await codec.tcbInfo(on(last))).toEqual({ value: expectedTcbInfo(on(last)) });
      expect(await codec.tcbInfo(on(last + 1))).toMatchObject({ refused: "Calendar_InvalidDate" });
    }
  });

  it.each([
    ...["1969-12-31T00:00:00Z", "2100-02-29T00:00:00Z", "2024-02-30T00:00:00Z", "2024-00-01T00:00:00Z"],
    ...["2024-13-01T00:00:00Z", "2024-01-00T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z"],
    "2024-01-01T00:00:60Z",
  ])("%s is none", async (date) => {
    const codec = await load();
    expect(await codec.tcbInfo(dated(date))).toMatchObject({ refused: "Calendar_InvalidDate" });
  });
});

describe("refused by name", () => {
  const change = (from: string, to: string) => (text: string) => {
    expect(text).toContain(from);
    return text.replace(from, to);
  };
  const levels = (count: number): string =>
    tcbInfoText({
      ...info,
      tcbLevels: Array.from({ length: count }, () => info.tcbLevels[0] ?? expect.fail("no level")),
    });
  const modules = (count: number): NonNullable<TcbInfo["tdxModuleIdentities"]> =>
    Array.from({ length: count }, (_, index) => ({
      ...(info.tdxModuleIdentities?.[0] ?? expect.fail("no module")),
      id: `TDX_${index.toString(16).padStart(2, "0")}`,
      tcbLevels: [],
    }));
  const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  const manyIds = (count: number): string => JSON.stringify(Array.from({ length: count }, () => "INTEL-SA-00001"));

  const cases: [string, string, (text: string) => string][] = [
    ["an empty text", "Json_Unexpected", () => ""],
    ["an empty object", "Json_Unexpected", () => "{}"],
    ["a list", "Json_Unexpected", () => "[]"],
    ["null", "Json_Unexpected", () => "null"],
    ["NUL bytes behind it", "Json_Unexpected", (text) => `${text}\0`],
    ["NUL bytes before it", "Json_Unexpected", (text) => `\0${text}`],
    ["a NUL byte in a known string", "TcbInfo_Unsupported", change('"TDX"', '"TDX\0"')],
    ["a NUL byte in an unknown string", "Json_Unexpected", change("{", '{"x":"\0",')],
    ["a NUL byte in a name", "Json_Unexpected", change('"id"', '"id\0"')],
    ["a second text", "Json_Unexpected", (text) => text + text],
    ["the end missing", "Json_Unexpected", (text) => text.slice(0, -1)],
    ["a byte order mark", "Json_Unexpected", (text) => `\ufeff${text}`],
    ["a comma too many", "Json_Unexpected", change('"pceId":"0000",', '"pceId":"0000",,')],
    ["a comma at the end", "Json_Unexpected", (text) => text.replace(/\}$/, ",}")],
    ["single quotes", "Json_Unexpected", change('"id"', "'id'")],
    ["a comment", "Json_Unexpected", change("{", "{/**/")],
    ["another white space", "Json_Unexpected", change("{", "{\u00a0")],
    ["a form feed", "Json_Unexpected", change("{", "{\f")],
    ["a member twice", "Json_Duplicate", change("{", '{"id":"TDX",')],
    ["a member of a level twice", "Json_Duplicate", change('"tcbStatus":', '"tcbStatus":"UpToDate","tcbStatus":')],
    ["a member of a TCB twice", "Json_Duplicate", change('"pcesvn":', '"pcesvn":1,"pcesvn":')],
    ["an SVN twice", "Json_Duplicate", change('{"svn":3,', '{"svn":3,"svn":3,')],
    ["an SVN twice, apart", "Json_Duplicate", change('{"svn":3,', '{"svn":3,"type":"svn","svn":3,')],
    ["an ISV SVN twice", "Json_Duplicate", change('{"isvsvn":11}', '{"isvsvn":11,"isvsvn":11}')],
    ["a member of a module twice", "Json_Duplicate", change('"id":"TDX_01"', '"id":"TDX_01","id":"TDX_01"')],
    ["an escape in a known value", "TcbInfo_Unsupported", change('"TDX"', '"T\\u0044X"')],
    ["an escape in a name", "Json_Escape", change('"id"', '"i\\u0064"')],
    ["an escape in a status", "TcbLevels_UnknownStatus", change('"OutOfDate"', '"OutOf\\u0044ate"')],
    ["an escape in an advisory", "Json_Escape", change('"INTEL-SA-01192"', '"INTEL-SA-0119\\u0032"')],
    ["an unknown escape", "Json_Unexpected", change("{", '{"x":"\\x41",')],
    ["half an escape", "Json_Unexpected", change("{", '{"x":"\\u12",')],
    ["a line break in a string", "Json_Unexpected", change("{", '{"x":"\n",')],
    ["a number with an exponent", "Json_NumberOutOfRange", change('"pcesvn":11', '"pcesvn":1e1')],
    ["a fraction", "Json_NumberOutOfRange", change('"pcesvn":11', '"pcesvn":11.0')],
    ["minus zero", "Json_NumberOutOfRange", change('"svn":0', '"svn":-0')],
    ["a leading zero", "Json_Unexpected", change('"pcesvn":11', '"pcesvn":011')],
    ["two zeros", "Json_Unexpected", change('"svn":0', '"svn":00')],
    ["a plus", "Json_Unexpected", change('"pcesvn":11', '"pcesvn":+11')],
    ["a hexadecimal number", "Json_Unexpected", change('"svn":3', '"svn":0x3')],
    ["an SVN of 256", "Json_NumberOutOfRange", change('"svn":3', '"svn":256')],
    ["a PCE SVN of 65536", "Json_NumberOutOfRange", change('"pcesvn":11', '"pcesvn":65536')],
    ["a huge number", "Json_NumberOutOfRange", change('"pcesvn":11', `"pcesvn":1${"0".repeat(90)}`)],
    ["2^256 and a bit", "Json_NumberOutOfRange", change('"svn":3', `"svn":${2n ** 256n + 3n}`)],
    ["a module SVN of 256", "TcbInfo_Unsupported", change('"isvsvn":11', '"isvsvn":256')],
    ["text for a number", "Json_Unexpected", change('"pcesvn":11', '"pcesvn":"11"')],
    ["a number for text", "TcbInfo_Unsupported", change('"id":"TDX"', '"id":5')],
    ["a number for hex", "Json_Unexpected", change('"pceId":"0000"', '"pceId":0')],
    [
      "null for a list",
      "Json_Unexpected",
      (text) => text.replace(/"tcbLevels":\[\{"tcb":\{"sgx.*/, '"tcbLevels":null}'),
    ],
    ["an object for a list", "Json_Unexpected", change('"tdxModuleIdentities":[', '"tdxModuleIdentities":{[')],
    ["a list for an object", "Json_Unexpected", change('"tcb":{', '"tcb":[{')],
    ["null for a number", "Json_Unexpected", change('"pcesvn":11', '"pcesvn":null')],
    ["15 components", "Json_Unexpected", change('{"svn":3,"category":"BIOS","type":"Early Microcode Update"},', "")],
    ["17 components", "Json_Unexpected", change('"sgxtcbcomponents":[', '"sgxtcbcomponents":[{"svn":1},')],
    ["a component without SVN", "Json_Missing", change('{"svn":3,', "{")],
    ["no id", "Json_Missing", change('"id":"TDX",', "")],
    ["no status", "Json_Missing", change('"tcbStatus":"OutOfDate",', "")],
    ["no PCE SVN", "Json_Missing", change('"pcesvn":11,', "")],
    ["no module signer", "Json_Missing", change(`"mrsigner":"${"00".repeat(48)}",`, "")],
    [
      "a longer module signer",
      "Json_Unexpected",
      change(`"mrsigner":"${"00".repeat(48)}"`, `"mrsigner":"${"00".repeat(49)}"`),
    ],
    ["no ISV SVN", "Json_Missing", change('{"isvsvn":11}', '{"x":11}')],
    ["a member in another case", "Json_Missing", change('"fmspc"', '"FMSPC"')],
    ["an SGX file", "TcbInfo_Unsupported", change('"id":"TDX"', '"id":"SGX"')],
    ["a longer id", "TcbInfo_Unsupported", change('"id":"TDX"', '"id":"TDX2"')],
    ["another version", "TcbInfo_Unsupported", change('"version":3', '"version":4')],
    ["another TCB type", "TcbInfo_Unsupported", change('"tcbType":0', '"tcbType":1')],
    ["another PCE", "TcbInfo_Unsupported", change('"pceId":"0000"', '"pceId":"0001"')],
    ["a longer FMSPC", "Json_Unexpected", change('"fmspc":"B0', '"fmspc":"B000')],
    ["what is no hex", "Json_Unexpected", change('"fmspc":"B0', '"fmspc":"G0')],
    ["a module id without version", "TcbInfo_Unsupported", change('"TDX_01"', '"TDX"')],
    ["a module id that is no hex", "Json_Unexpected", change('"TDX_01"', '"TDX_0g"')],
    ["an unknown status", "TcbLevels_UnknownStatus", change('"OutOfDate"', '"OutOfdate"')],
    ["a status of no level", "TcbLevels_UnknownStatus", change('"OutOfDate"', '"TdRelaunchAdvised"')],
    ["a status of no module", "TcbLevels_UnknownStatus", change('"UpToDate"', '"ConfigurationNeeded"')],
    ["a date that is none", "Calendar_InvalidDate", change('"issueDate":"2026-01-01', '"issueDate":"2026-02-29')],
    ["a date with fractions", "Json_Unexpected", change("00:00:00Z", "00:00:00.0Z")],
    ["a date of another zone", "Json_Unexpected", change("00:00:00Z", "00:00:00+00:00")],
    ["a level before 1970", "Calendar_InvalidDate", change('"tcbDate":"2025', '"tcbDate":"1969')],
    ["a level after 2149", "TcbLevels_InvalidDate", change('"tcbDate":"2025', '"tcbDate":"2150')],
    ["unknown members 33 deep", "Json_TooDeep", change("{", `{"x":${nested(33)},`)],
    ["unknown members 5,000 deep", "Json_TooDeep", change("{", `{"x":${nested(5_000)},`)],
    ["an unknown number that is none", "Json_Unexpected", change("{", '{"x":01,')],
    ["an unknown word", "Json_Unexpected", change("{", '{"x":nul,')],
    ["an unknown object without value", "Json_Unexpected", change("{", '{"x":{"y"},')],
    ["65 levels", "TcbLevels_TooMany", () => levels(65)],
    ["65 modules", "TcbLevels_TooMany", () => tcbInfoText({ ...info, tdxModuleIdentities: modules(65) })],
    [
      "65 advisories",
      "TcbLevels_TooMany",
      (text) => text.replace(/"advisoryIDs":\[[^\]]*\]/, `"advisoryIDs":${manyIds(65)}`),
    ],
  ];

  it.each(cases)("TCB info: %s: %s", async (_name, error, by) => {
    const codec = await load();
    const text = by(infoText);
    expect(text).not.toBe(infoText);
    expect(await codec.tcbInfo(text)).toMatchObject({ refused: error });
  });

  const identityCases: [string, string, (text: string) => string][] = [
    ["of the SGX QE", "QeIdentity_Unsupported", change('"TD_QE"', '"QE"')],
    ["of another version", "QeIdentity_Unsupported", change('"version":2', '"version":3')],
    ["with a member twice", "Json_Duplicate", change("{", '{"isvprodid":2,')],
    ["with an escape in a name", "Json_Escape", change('"mrsigner"', '"mr\\u0073igner"')],
    ["with a longer signer", "Json_Unexpected", change('"mrsigner":"DC', '"mrsigner":"DCDC')],
    ["with a shorter signer", "Json_Unexpected", change('"mrsigner":"DC', '"mrsigner":"')],
    ["with a mask that is no hex", "Json_Unexpected", change('"miscselectMask":"F', '"miscselectMask":"x')],
    ["with a product id of 65536", "Json_NumberOutOfRange", change('"isvprodid":2', '"isvprodid":65536')],
    ["without levels", "Json_Missing", (text) => text.replace(/,"tcbLevels":.*\]/, "")],
    ["with a text behind it", "Json_Unexpected", (text) => `${text}x`],
    [
      "with more levels of different effect than fit",
      "TcbLevels_TooMany",
      (text) =>
        text.replace(
          /"tcbLevels":.*\]/,
          `"tcbLevels":${JSON.stringify(Array.from({ length: 8 }, (_, index) => isvLevel(index, index % 2 === 0 ? "UpToDate" : "Revoked")))}`,
        ),
    ],
  ];
  it.each(identityCases)("QE identity: %s: %s", async (_name, error, by) => {
    const codec = await load();
    expect(await codec.qeIdentity(by(identityText))).toMatchObject({ refused: error });
  });

  it("64 levels are as many as there may be", async () => {
    const codec = await load();
    expect(await codec.tcbInfo(levels(64))).toEqual({ value: expectedTcbInfo(levels(64)) });
  });
});

describe("random changes", () => {
  const TOKENS: [string, ...string[]] = [
    '"',
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "\n",
    "\0",
    "0",
    "1",
    "-",
    ".",
    "e",
    "Z",
    "\u00ff",
    "null",
    "[]",
    '"svn":1,',
    "\\u0041",
    "//",
  ];

  function changed(text: string, random: ReturnType<typeof createRandom>): string {
    const at = Number(random.between(0n, BigInt(text.length - 1)));
    const length = Number(random.between(1n, 12n));
    const [before, here, after] = [text.slice(0, at), text.slice(at, at + length), text.slice(at + length)];
    return random.pick([
      before + random.pick(TOKENS) + text.slice(at + 1),
      before + random.pick(TOKENS) + text.slice(at),
      before + text.slice(at + 1),
      before + after,
      before + here + here + after,
      before + Array.from(here).reverse().join("") + after,
      before + String(Number(random.between(0n, 300n))) + text.slice(at + 1),
    ]);
  }

  it("are refused by name, or read as JSON.parse reads them", async () => {
    const codec = await load();
    const random = createRandom(32);
    const errors = new Map<string, number>();
    let accepted = 0;
    for (let run = 0; run < 400; run++) {
      const text = changed(infoText, random);
      const outcome = await codec.tcbInfo(text);
      if (outcome.refused === undefined) {
        expect(outcome).toEqual({ value: expectedTcbInfo(text) });
        accepted += 1;
      } else {
        if (!NAMED.test(outcome.refused)) expect.fail(`${outcome.refused}: ${text}`);
        errors.set(outcome.refused, (errors.get(outcome.refused) ?? 0) + 1);
      }
    }
    expect(accepted).toBeGreaterThan(20);
    expect(errors.size).toBeGreaterThan(4);
    for (let run = 0; run < 200; run++) {
      const text = changed(identityText, random);
      const outcome = await codec.qeIdentity(text);
      if (outcome.refused === undefined) expect(outcome).toEqual({ value: expectedQeIdentity(text) });
      else expect(outcome.refused).toMatch(NAMED);
    }
  }, 120_000);
});
