/** `attestation verify`: the contract's verdict on files, its refusals by name, and what people read of them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Abi, type AbiParameter, bytesToHex, encodeErrorResult, hexToBytes } from "viem";
import { afterAll, describe, expect, it } from "vitest";
import { creationCode } from "../../deploy/artifacts.ts";
import { attestationRegistryAbi, tcbCodecAbi, tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import type { CollateralFile } from "../../scripts/attestation/collateral.ts";
import { type QuoteOptions, createAuthority, defaultTcbInfo } from "../../scripts/attestation/factory.ts";
import { INTEL_ROOT, readCollateralFile, readQuoteFile, readRootFile } from "../../scripts/attestation/files.ts";
import { encodePem } from "../../scripts/attestation/pem.ts";
import { readQuote } from "../../scripts/attestation/quote.ts";
import { Refusal, refusalOf } from "../../scripts/attestation/refusal.ts";
import { verifyQuote } from "../../scripts/attestation/verify.ts";
import { hardhat } from "../helpers/cli.ts";
import { fixtures, sayWhatIsSkipped } from "../helpers/dcap.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z") / 1000;
const DAY = 86_400;

const folder = mkdtempSync(path.join(tmpdir(), "verify-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
let files = 0;
const write = (content: string | Uint8Array): string => {
  const file = path.join(folder, String(++files));
  writeFileSync(file, content);
  return file;
};

const authority = createAuthority({ seed: "verify", now: NOW });
const platform = authority.platform({ seed: "one" });
const good = {
  quote: write(platform.quote()),
  collateral: write(JSON.stringify(authority.collateral())),
  root: write(encodePem([authority.root.certificate])),
};

/** Runs the verification on files, as the task does. */
const verify = (given: Partial<typeof good> & { time?: number } = {}) => {
  const { quote, collateral, root, time = NOW } = { ...good, ...given };
  return verifyQuote({
    code: creationCode("attestation/TdxVerifier"),
    root: root === "intel" ? INTEL_ROOT : readRootFile(root),
    quote: readQuoteFile(quote),
    collateral: readCollateralFile(collateral),
    time,
  });
};

const quoteFile = (options: QuoteOptions) => write(platform.quote(options));
const collateralFile = (changed: Partial<CollateralFile>) =>
  write(JSON.stringify({ ...authority.collateral(), ...changed }));

/** Expects a refusal with this name and a reason like this. */
async function expectRefusal(call: () => unknown, error: string, reason: RegExp): Promise<void> {
  const failure: unknown = await Promise.resolve()
    .then(call)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  if (!(failure instanceof Refusal)) throw new Error("not refused", { cause: failure });
  expect(failure.error).toBe(error);
  expect(failure.message).toMatch(reason);
  expect(failure.message).not.toMatch(/[\n{}]/);
}

describe("a genuine quote", () => {
  it("is verified in blocks of exactly the time that is asked for", async () => {
    const { measurements, gas, ...result } = await verify();
    const { reportData, ...expected } = readQuote(platform.quote()).measurements;
    expect(result).toEqual({
      status: "UpToDate",
      advisoryIds: [],
      tcbDate: "2025-08-13T00:00:00Z",
      fmspc: platform.fmspc,
      ppid: platform.ppid,
      reportData,
    });
    expect(measurements).toEqual(expected);
    expect(Object.keys(gas.uploads)).toHaveLength(6);
    expect(gas.verify).toBeGreaterThan(100_000);
    expect(gas.total).toBe(Object.values(gas.uploads).reduce((sum, used) => sum + used, gas.verify));
    // The collateral's first and last second.
    await verify({ time: NOW - DAY });
    await verify({ time: NOW + 29 * DAY });
  });

  it("is what hex, base64 and binary hold, and its status may be one that policy refuses", async () => {
    const old = platform.quote({ measurements: { teeTcbSvn: "0x06010400000000000000000000000000" } });
    const results = await Promise.all(
      [bytesToHex(old), `${Buffer.from(old).toString("base64")}\n`, old].map((content) =>
        verify({ quote: write(content) }),
      ),
    );
    for (const { status, advisoryIds } of results) {
      expect(status).toBe("OutOfDate");
      expect(advisoryIds).toEqual(["INTEL-SA-01192", "INTEL-SA-01245", "INTEL-SA-01312"]);
    }
  });

  it("has advisories of a form that the contract does not keep", async () => {
    const tcbLevels = defaultTcbInfo(platform.fmspc, NOW, NOW).tcbLevels.map((level) => ({
      ...level,
      advisoryIDs: ["INTEL-SA-00042", "INTEL-DOC-1"],
    }));
    const collateral = write(JSON.stringify(authority.collateral({ tcbInfo: { tcbLevels } })));
    expect((await verify({ collateral })).advisoryIds).toEqual(["INTEL-SA-00042", "other"]);
  });

  it("is trusted under the root that is named, in PEM or DER", async () => {
    const der = write(hexToBytes(authority.root.certificate));
    expect(readRootFile(der)).toEqual(readRootFile(good.root));
    expect((await verify({ root: der })).status).toBe("UpToDate");
    await expectRefusal(() => verify({ root: "intel" }), "CollateralStore_InvalidSignature", /root CA CRL/);
  });
});

describe("refused by the contract's own errors", () => {
  it.each([
    [
      "debug TD",
      { quote: quoteFile({ measurements: { tdAttributes: "0x0100001000000000" } }) },
      "TdxVerifier_DebugTd",
      /debugged/,
    ],
    [
      "SEPT_VE_DISABLE = 0",
      { quote: quoteFile({ measurements: { tdAttributes: "0x0000000000000000" } }) },
      "TdxVerifier_SeptVeEnabled",
      /SEPT_VE_DISABLE/,
    ],
    [
      "service TD",
      { quote: quoteFile({ version: 5, measurements: { mrServiceTd: `0x${"01".repeat(48)}` } }) },
      "TdxVerifier_ServiceTd",
      /mrServiceTd/,
    ],
    [
      "collateral that has expired",
      { time: NOW + 29 * DAY + 1 },
      "CollateralStore_Expired",
      /CRL of the PCK platform CA expired at 2026-01-30T00:00:00Z/,
    ],
    [
      "collateral that is not valid yet",
      { time: NOW - DAY - 1 },
      "CollateralStore_NotYetValid",
      /root CA CRL is not valid before 2025-12-31T00:00:00Z/,
    ],
    [
      "collateral of another platform type",
      { collateral: write(JSON.stringify(authority.collateral({ fmspc: "0x90c06f000000" }))) },
      "CollateralStore_Missing",
      /TCB info.*FMSPC/,
    ],
    [
      "a changed TCB info",
      { collateral: collateralFile({ tcb_info: authority.collateral().tcb_info.replace("UpToDate", "Revoked") }) },
      "CollateralStore_InvalidSignature",
      /TCB info/,
    ],
    [
      "a CRL that is no DER",
      { collateral: collateralFile({ pck_crl: "30820100" }) },
      "Der_Unexpected",
      /^PCK CRL \(pck_crl\): not the DER/,
    ],
    [
      "a TCB info with a member twice",
      {
        collateral: write(
          JSON.stringify(authority.collateral({ tcbInfoText: (text) => text.replace("{", '{"version":3,') })),
        ),
      },
      "Json_Duplicate",
      /^TCB info \(tcb_info\): a JSON member twice/,
    ],
    [
      "a TCB info of SGX",
      { collateral: write(JSON.stringify(authority.collateral({ tcbInfo: { id: "SGX" } }))) },
      "TcbInfo_Unsupported",
      /the value of id is not supported/,
    ],
  ])("%s", async (_, given, error, reason) => {
    await expectRefusal(() => verify(given), error, reason);
  });

  it("a flipped byte in each signed part", async () => {
    const bytes = platform.quote();
    const at = (position: number) => write(bytes.map((byte, index) => (index === position ? byte ^ 0x80 : byte)));
    // In the TD report; in the signature; in the QE report; in the PEM text of the leaf.
    await expectRefusal(() => verify({ quote: at(48 + 200) }), "TdxVerifier_InvalidQuoteSignature", /was changed/);
    await expectRefusal(() => verify({ quote: at(640) }), "TdxVerifier_InvalidQuoteSignature", /was changed/);
    await expectRefusal(() => verify({ quote: at(900) }), "TdxVerifier_InvalidQeReportSignature", /QE report/);
    await expectRefusal(() => verify({ quote: at(1_600) }), "TdxVerifier_MalformedQuote", /PEM/);
  });
});

describe("every error of the contracts", () => {
  const errors = [...tdxVerifierAbi, ...tcbCodecAbi, ...attestationRegistryAbi]
    .flatMap((item): Abi => [item])
    .flatMap((item) => (item.type === "error" ? [item] : []));

  /** Where a sample would be none of the enumeration's numbers. */
  const RANGES: Readonly<Record<string, number>> = {
    "AttestationRegistry_BelowFloor.floor": 1,
    "AttestationRegistry_SwitchedOff.kind": 4,
  };
  const sample = ({ type }: AbiParameter) => {
    if (type === "address") return `0x${"11".repeat(20)}`;
    if (type === "bytes") return "0x2222";
    if (type.startsWith("bytes")) return `0x${"33".repeat(Number(type.slice(5)))}`;
    return type === "uint256" ? 5n : 5;
  };

  it("reads as one sentence with its arguments filled in", () => {
    expect(errors.length).toBeGreaterThan(60);
    for (const item of errors) {
      const args = item.inputs.map((input) => RANGES[`${item.name}.${input.name ?? ""}`] ?? sample(input));
      const data = encodeErrorResult({ abi: [item], errorName: item.name, args });
      const refusal = refusalOf(Object.assign(new Error("reverted"), { data }), "TCB info");
      if (!(refusal instanceof Refusal)) throw new Error(`${item.name} is not decoded`);
      expect(refusal.error).toBe(item.name);
      expect(refusal.message).toMatch(/^[A-Z].*\.$/);
      expect(refusal.message).not.toMatch(/[{}\n]|undefined/);
    }
  });

  it("is not made of other failures", () => {
    const failure = new Error("connection refused");
    expect(refusalOf(failure, "TCB info")).toBe(failure);
  });
});

describe("files that cannot be used", () => {
  const incomplete = Object.fromEntries(
    Object.entries(authority.collateral()).filter(([member]) => member !== "tcb_info_signature"),
  );
  it.each([
    ["a quote that is not there", () => readQuoteFile(path.join(folder, "none")), /none cannot be read: ENOENT/],
    ["an empty quote", () => readQuoteFile(write("")), /is empty/],
    ["a quote that is no hex and no base64", () => readQuoteFile(write("<html>")), /neither hex nor base64/],
    ["collateral that is no JSON", () => readCollateralFile(write("{")), /is not JSON/],
    ["collateral that is no object", () => readCollateralFile(write("null")), /pck_crl_issuer_chain is missing/],
    [
      "collateral without a member",
      () => readCollateralFile(write(JSON.stringify(incomplete))),
      /tcb_info_signature is missing; it has to be 64 bytes of hex/,
    ],
    ["a CRL that is no hex", () => readCollateralFile(collateralFile({ pck_crl: "MIIC" })), /pck_crl is not hex/],
    [
      "a signature of another length",
      () => readCollateralFile(collateralFile({ qe_identity_signature: "00" })),
      /qe_identity_signature is not 64 bytes/,
    ],
    [
      "a chain that is no PEM",
      () => readCollateralFile(collateralFile({ tcb_info_issuer_chain: "DER" })),
      /tcb_info_issuer_chain is not a chain of PEM/,
    ],
    ["a root that is no certificate", () => readRootFile(write("intel")), /no root certificate in PEM or DER/],
    ["a root in broken DER", () => readRootFile(write(Uint8Array.of(0x30, 0x82, 1))), /no root certificate/],
    [
      "two certificates as a root",
      () => readRootFile(write(encodePem([authority.root.certificate, authority.root.certificate]))),
      /more than one/,
    ],
    [
      "an intermediate CA as a root",
      () => readRootFile(write(encodePem([authority.platformCa.certificate]))),
      /is not a root certificate/,
    ],
  ])("%s", async (_name, read, reason) => {
    await expectRefusal(read, "InvalidInput", reason);
  });

  it.each([
    ["sgx", write(Uint8Array.of(3, 0, 2, ...new Uint8Array(500))), "TdxVerifier_SgxQuote"],
    ["cut", write(platform.quote().subarray(0, 1_000)), "TdxVerifier_MalformedQuote"],
    ["version 6", write(Uint8Array.of(6, 0, 2, 0, 0x81, ...new Uint8Array(700))), "TdxVerifier_UnsupportedVersion"],
  ])("a quote that does not come apart has the contract's name for it: %s", async (_name, file, error) => {
    await expectRefusal(() => readQuoteFile(file), error, /./);
  });
});

describe("the command line", () => {
  const run = (given: Partial<typeof good>, ...args: string[]) => {
    const { quote, collateral, root } = { ...good, ...given };
    const files = ["--quote", quote, "--collateral", collateral, "--root", root];
    return hardhat("attestation", "verify", ...files, ...args);
  };

  it("prints a verdict for people and exits with 0", () => {
    const { status, stdout, stderr } = run({}, "--time", String(NOW));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^genuine +yes, at 2026-01-01T00:00:00Z\nstatus +UpToDate\nadvisories +none\n/);
    expect(stdout).toContain(platform.ppid);
  });

  it("prints a refusal as JSON, or as one line on stderr, and exits with 1", () => {
    const quote = quoteFile({ measurements: { tdAttributes: "0x0100001000000000" } });
    const asJson = run({ quote }, "--time", String(NOW), "--json");
    expect(asJson.status).toBe(1);
    expect(JSON.parse(asJson.stdout)).toEqual({
      ok: false,
      error: "TdxVerifier_DebugTd",
      reason: "The TD can be debugged: its host sees everything in it.",
    });
    const text = run({ quote: path.join(folder, "none") });
    expect(text.status).toBe(1);
    expect(text.stdout).toBe("");
    expect(text.stderr.trim().split("\n")).toHaveLength(1);
    expect(text.stderr).toMatch(/^Error: InvalidInput: .*none cannot be read/);
  });

  it("verifies now unless told otherwise, and says which option is wrong", () => {
    // Collateral of January 2026 cannot be valid when this runs.
    const late = run({}, "--json");
    expect(late.status).toBe(1);
    expect(JSON.parse(late.stdout)).toMatchObject({ ok: false, error: "CollateralStore_Expired" });
    const wrong = run({}, "--time", "tomorrow", "--json");
    expect(wrong.status).toBe(1);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ ok: false, error: "InvalidInput" });
    expect(wrong.stdout).toContain("--time");
  });

  const data = fixtures();
  if (data === undefined) sayWhatIsSkipped("genuine quotes on the command line");

  it.skipIf(data === undefined)("prints exactly what a genuine quote comes to", () => {
    const vector = data?.vectors.find(({ name }) => name === "near-mpc-quote");
    const expected = vector?.expected.find(({ usable }) => usable);
    if (data === undefined || vector === undefined || expected === undefined) throw new Error("no such vector");
    const { stdout, status } = hardhat(
      ...["attestation", "verify", "--json", "--time", String(expected.validFrom)],
      ...["--quote", path.join(data.folder, "quotes", `${vector.name}.hex`)],
      ...["--collateral", path.join(data.folder, "collateral", `${expected.collateral}.json`)],
    );
    expect(status).toBe(0);
    const { reportData, ...measurements } = readQuote(data.quote(vector.name)).measurements;
    const uploads = Object.fromEntries(
      ["RootCrl", "PckCa", "PckCrl", "TcbSigning", "TcbInfo", "QeIdentity"].map((name): [string, unknown] => [
        `upload${name}`,
        expect.any(Number),
      ]),
    );
    expect(reportData).toBe(`0x${vector.reportData ?? ""}`);
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      status: expected.status,
      advisoryIds: expected.advisoryIds,
      tcbDate: expected.tcbDate,
      fmspc: `0x${vector.fmspc}`,
      ppid: `0x${vector.ppid}`,
      measurements,
      reportData,
      gas: { total: expect.any(Number) as number, verify: expect.any(Number) as number, uploads },
    });
  });
});
