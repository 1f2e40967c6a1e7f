import { padHex, type Hex } from "viem";
import { describe, expect, it } from "vitest";
import type { PlatformStatus, TcbInfo } from "../../scripts/attestation/collateral.ts";
import { PLATFORM_STATUSES } from "../../scripts/attestation/collateral.ts";
import {
  createAuthority,
  isvLevel,
  tcbLevel,
  type CollateralOptions,
  type PlatformOptions,
  type QuoteOptions,
} from "../../scripts/attestation/factory.ts";
import { keyFromSeed } from "../../scripts/attestation/p256.ts";
import { verifyReference, type Reason } from "../../scripts/attestation/reference.ts";
import { u16 } from "../../scripts/attestation/report.ts";
import { readCertificate, readCrl } from "../../scripts/attestation/x509.ts";
import { fixtures, sayWhatIsSkipped } from "../helpers/dcap.ts";
import { modules, single, svns } from "../helpers/levels.ts";
import { createRandom } from "../helpers/random.ts";

const now = 1_786_700_000;
const DAY = 86_400;
const authority = createAuthority({ seed: "reference", now });
const root = authority.root.key.raw;

/** What a quote of the authority comes to; everything is in order unless given. */
const verdict = (
  given: { platform?: PlatformOptions; quote?: QuoteOptions; collateral?: CollateralOptions; time?: number } = {},
) =>
  verifyReference({
    quote: authority.platform(given.platform).quote(given.quote),
    collateral: authority.collateral(given.collateral),
    root,
    time: given.time ?? now,
  });

describe("statuses", () => {
  it("of what is in order is UpToDate, in every form of a quote", () => {
    for (const quote of [{ version: 4 }, { version: 5 }, { version: 5, bodyType: 2 }] as const) {
      expect(verdict({ quote })).toMatchObject({
        ok: true,
        status: "UpToDate",
        advisoryIds: [],
        tcbDate: "2025-08-13T00:00:00Z",
        moduleStatus: "UpToDate",
        qeStatus: "UpToDate",
        fmspc: "0xb0c06f000000",
      });
    }
    expect(verdict({ platform: { ca: "processor" }, collateral: { ca: "processor" } })).toMatchObject({ ok: true });
  });

  it.each(PLATFORM_STATUSES)("%s of the platform's level", (status) => {
    const tcbInfo = single(status, ["INTEL-SA-2", "INTEL-SA-1"]);
    expect(verdict({ collateral: { tcbInfo } })).toMatchObject({
      ok: true,
      status,
      advisoryIds: ["INTEL-SA-1", "INTEL-SA-2"],
      tcbDate: "2024-03-13T00:00:00Z",
    });
  });

  const CONVERGED: [PlatformStatus, string][] = [
    ["UpToDate", "OutOfDate"],
    ["SWHardeningNeeded", "OutOfDate"],
    ["ConfigurationNeeded", "OutOfDateConfigurationNeeded"],
    ["ConfigurationAndSWHardeningNeeded", "OutOfDateConfigurationNeeded"],
    ["OutOfDate", "OutOfDate"],
    ["OutOfDateConfigurationNeeded", "OutOfDateConfigurationNeeded"],
    ["Revoked", "Revoked"],
  ];
  it.each(CONVERGED)("%s with an old module or QE is %s", (platform, status) => {
    const old = modules([12, "UpToDate"], [2, "OutOfDate", ["INTEL-SA-3", "INTEL-SA-1"]]);
    const tcbInfo = single(platform, ["INTEL-SA-2", "INTEL-SA-1"]);
    const ids = ["INTEL-SA-1", "INTEL-SA-2", "INTEL-SA-3"];
    expect(verdict({ collateral: { tcbInfo: { ...tcbInfo, ...old } } })).toMatchObject({
      ok: true,
      status,
      moduleStatus: "OutOfDate",
      advisoryIds: ids,
    });
    const qeIdentity = { tcbLevels: [isvLevel(5, "UpToDate"), isvLevel(4, "OutOfDate")] };
    expect(verdict({ collateral: { tcbInfo, qeIdentity } })).toMatchObject({ ok: true, status, qeStatus: "OutOfDate" });
  });

  it("are Revoked with a revoked module or QE", () => {
    expect(verdict({ collateral: { tcbInfo: modules([2, "Revoked"]) } })).toMatchObject({ status: "Revoked" });
    const qeIdentity = { tcbLevels: [isvLevel(4, "Revoked")] };
    expect(verdict({ collateral: { qeIdentity } })).toMatchObject({ status: "Revoked" });
  });
});

describe("relaunch of TD 1.5", () => {
  const old = modules([12, "UpToDate"], [2, "OutOfDate"]);
  const relaunch = (tcbInfo: Partial<TcbInfo>, teeTcbSvn2: Hex, more: CollateralOptions = {}) =>
    verdict({
      quote: { version: 5, measurements: { teeTcbSvn: svns(11, 1, 4), teeTcbSvn2 } },
      collateral: { ...more, tcbInfo: { ...tcbInfo, ...old } },
    });

  it("is advised if only the module was old when the TD started", () => {
    expect(relaunch(single("UpToDate"), svns(12, 1, 1))).toMatchObject({ status: "TdRelaunchAdvised" });
    expect(relaunch(single("SWHardeningNeeded"), svns(12, 3, 1))).toMatchObject({ status: "TdRelaunchAdvised" });
    expect(relaunch(single("UpToDate"), svns(1, 0, 1))).toMatchObject({ status: "TdRelaunchAdvised" });
    for (const status of ["ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded"] as const) {
      expect(relaunch(single(status), svns(12, 1, 1))).toMatchObject({
        status: "TdRelaunchAdvisedConfigurationNeeded",
      });
    }
  });

  it("is not if the loaded module or the platform is old too", () => {
    for (const loaded of [svns(11, 1, 1), svns(12, 1, 0), svns(0, 0, 1)]) {
      expect(relaunch(single("UpToDate"), loaded)).toMatchObject({ status: "OutOfDate" });
    }
    expect(relaunch(single("OutOfDate"), svns(12, 1, 1))).toMatchObject({ status: "OutOfDate" });
    const qeIdentity = { tcbLevels: [isvLevel(4, "OutOfDate")] };
    expect(relaunch(single("UpToDate"), svns(12, 1, 1), { qeIdentity })).toMatchObject({ status: "OutOfDate" });
  });

  it("refuses a loaded module that the TCB info does not know", () => {
    expect(relaunch(single("UpToDate"), svns(12, 2, 1))).toEqual({ ok: false, reason: "tdxModule: mismatch" });
  });
});

describe("levels", () => {
  it("compare TDX SVNs from index 2 if the module has a version, from 0 otherwise", () => {
    const tcbInfo = { ...single("UpToDate"), ...modules([1, "UpToDate"]) };
    const level = tcbLevel({ sgx: [1], pceSvn: 1, tdx: [5, 0, 4], status: "UpToDate" });
    const withSvn = (teeTcbSvn: Hex) =>
      verdict({ quote: { measurements: { teeTcbSvn } }, collateral: { tcbInfo: { ...tcbInfo, tcbLevels: [level] } } });
    expect(withSvn(svns(3, 1, 4))).toMatchObject({ ok: true });
    expect(withSvn(svns(3, 1, 3))).toEqual({ ok: false, reason: "tcb: notSupported" });
    expect(withSvn(svns(5, 0, 4))).toMatchObject({ ok: true });
    expect(withSvn(svns(4, 0, 4))).toEqual({ ok: false, reason: "tcb: notSupported" });
  });

  it("are taken from the highest down, in whatever order they stand", () => {
    const level = (svn: number, pceSvn: number, tdx: number, status: PlatformStatus) =>
      tcbLevel({ sgx: [svn], pceSvn, tdx: [0, 0, tdx], status });
    const levels = [
      level(1, 1, 1, "Revoked"),
      level(4, 11, 3, "ConfigurationNeeded"),
      level(4, 13, 3, "OutOfDate"),
      level(4, 13, 4, "SWHardeningNeeded"),
      level(5, 1, 1, "UpToDate"),
    ];
    for (const tcbLevels of [levels, levels.toReversed()]) {
      expect(verdict({ collateral: { tcbInfo: { tcbLevels } } })).toMatchObject({ status: "SWHardeningNeeded" });
    }
  });
});

describe("refusals", () => {
  const stranger = keyFromSeed("stranger");
  const { serial } = authority.platform();
  const revoking = (revoked: Hex) => ({ revoked: [{ serial: revoked }] });
  const cases: [Reason, Parameters<typeof verdict>[0]][] = [
    ["pckChain: signature", { platform: { certificate: { signer: stranger } } }],
    ["pckChain: issuer", { platform: { certificate: { issuer: "Intel SGX PCK Processor CA" } } }],
    ["pckChain: name", { platform: { certificate: { subject: "Intel SGX TCB Signing" } } }],
    ["pckChain: expired", { platform: { certificate: { notAfter: now - 1 } } }],
    ["pckChain: notYetValid", { platform: { certificate: { notBefore: now + 1 } } }],
    ["pckChain: revoked", { collateral: { pckCrl: revoking(serial) } }],
    [
      "pckChain: extensions",
      {
        platform: { certificate: { extraExtensions: [{ oid: "1.2.3", critical: true, value: Uint8Array.of(5, 0) }] } },
      },
    ],
    ["pckChain: length", { quote: { certificationChain: authority.platform().chain.slice(0, 2) } }],
    ["pckCrl: issuer", { collateral: { ca: "processor" } }],
    ["pckCrl: signature", { collateral: { pckCrl: { signer: stranger } } }],
    ["pckCrl: expired", { collateral: { pckCrl: { nextUpdate: now - 1 } } }],
    ["rootCrl: signature", { collateral: { rootCrl: { signer: stranger } } }],
    ["rootCrl: expired", { collateral: { rootCrl: { nextUpdate: now - 1 } } }],
    ["tcbInfo: signature", { collateral: { signer: { ...authority.tcbSigner, key: stranger } } }],
    ["tcbInfo: expired", { collateral: { issued: now - 31 * DAY } }],
    ["tcbInfo: notYetValid", { collateral: { issued: now + 1 } }],
    ["tcbInfo: fmspc", { platform: { fmspc: "0x90c06f000000" } }],
    ["tcbInfo: pceId", { platform: { pceId: "0x0001" } }],
    ["tcbInfo: kind", { collateral: { tcbInfo: { id: "SGX" } } }],
    ["tcbInfo: malformed", { collateral: { tcbInfoText: "{" } }],
    ["qeIdentity: kind", { collateral: { qeIdentity: { id: "QE" } } }],
    ["qeReport: signature", { quote: { qeSigner: stranger } }],
    ["qeReport: binding", { quote: { qe: { reportData: padHex("0x", { size: 64 }) } } }],
    ["qeReport: identity", { quote: { qe: { isvProdId: u16(1) } } }],
    ["qeReport: identity", { quote: { qe: { miscSelect: "0x00000001" } } }],
    ["qeReport: identity", { quote: { qe: { attributes: svns(0x13) } } }],
    ["quote: signature", { quote: { signature: `0x${"11".repeat(64)}` } }],
    ["quote: signature", { quote: { attestationKey: { ...stranger, raw: padHex("0x", { size: 64 }) } } }],
    ["tdxModule: mismatch", { quote: { measurements: { mrSignerSeam: padHex("0x01", { size: 48 }) } } }],
    ["tdxModule: mismatch", { quote: { measurements: { seamAttributes: "0x0100000000000000" } } }],
    ["tdxModule: mismatch", { quote: { measurements: { teeTcbSvn: svns(11, 2, 4) } } }],
    ["tcb: notSupported", { quote: { qe: { isvSvn: u16(3) } } }],
    ["tcb: notSupported", { platform: { pceSvn: 4 } }],
  ];
  it.each(cases)("%s (%#)", (reason, given) => {
    expect(verdict(given)).toEqual({ ok: false, reason });
  });

  it("of certificates under the root: revoked, expired, or of another root", () => {
    const revoked = authority.collateral({
      rootCrl: revoking(readCertificate(authority.platformCa.certificate).serial),
    });
    const quote = authority.platform().quote();
    expect(verifyReference({ quote, collateral: revoked, root, time: now })).toMatchObject({
      reason: "pckChain: revoked",
    });
    const signerRevoked = authority.collateral({
      rootCrl: revoking(readCertificate(authority.tcbSigner.certificate).serial),
    });
    const refused = verifyReference({ quote, collateral: signerRevoked, root, time: now });
    expect(refused).toMatchObject({ reason: "tcbInfoChain: revoked" });
    const collateral = authority.collateral();
    const untrusted = verifyReference({ quote, collateral, root: stranger.raw, time: now });
    expect(untrusted).toMatchObject({ reason: "pckChain: untrustedRoot" });
    expect(verifyReference({ quote, collateral, time: now })).toMatchObject({ reason: "pckChain: untrustedRoot" });
    expect(verifyReference({ quote: quote.subarray(0, 99), collateral, root, time: now })).toEqual({
      ok: false,
      reason: "quote: truncated",
    });
  });
});

describe("collateral with random changes", () => {
  it("is refused or comes to the same, and never throws", () => {
    const random = createRandom(6);
    const quote = authority.platform().quote();
    const collateral = authority.collateral({ pckCrl: { revoked: [{ serial: "0x1234" }] } });
    const members = Object.keys(collateral) as (keyof typeof collateral)[];
    const expected = verifyReference({ quote, collateral, root, time: now });
    expect(expected).toMatchObject({ ok: true });
    let refused = 0;
    for (let run = 0; run < 300; run++) {
      const member = members[run % members.length] ?? "tcb_info";
      const text = collateral[member] ?? "";
      const at = Number(random.between(0n, BigInt(text.length - 1)));
      const replacement = random.pick(["", "0", "f", "A", '"', "}", "00", "\u0000"]);
      const changed = { ...collateral, [member]: text.slice(0, at) + replacement + text.slice(at + 1) };
      const result = verifyReference({ quote, collateral: changed, root, time: now });
      if (result.ok) expect(result).toEqual(expected);
      else refused += 1;
    }
    expect(refused).toBeGreaterThan(200);
  });
});

describe("genuine quotes", () => {
  const genuine = fixtures();
  if (genuine === undefined) {
    sayWhatIsSkipped("the reference's verdicts on them");
    it.skip("are not here");
    return;
  }
  const cases = genuine.vectors.flatMap(({ name, fmspc, ppid, expected }) =>
    expected.map((verdict) => [name, verdict.collateral, { fmspc, ppid, ...verdict }] as const),
  );
  it.each(cases)("%s with %s", (name, file, expected) => {
    const quote = genuine.quote(name);
    const collateral = genuine.collateral(file);
    const at = (time: number) => verifyReference({ quote, collateral, time });
    const { validFrom } = expected;
    // The windows in vectors.json leave out the CRLs' next update, which comes up to some minutes before their end.
    const crls = [collateral.root_ca_crl, collateral.pck_crl].map((crl) => readCrl(`0x${crl}`).nextUpdate);
    const validUntil = Math.min(expected.validUntil, ...crls);
    if (!expected.usable) {
      expect(at(validFrom)).toMatchObject({ ok: false, reason: expect.stringContaining("expired") as string });
      return;
    }
    for (const time of [validFrom, validUntil]) {
      if (expected.error !== undefined) {
        expect(at(time)).toEqual({ ok: false, reason: "tcb: notSupported" });
        continue;
      }
      expect(at(time)).toMatchObject({
        ok: true,
        status: expected.status,
        advisoryIds: expected.advisoryIds,
        tcbDate: expected.tcbDate,
        moduleStatus: expected.module,
        qeStatus: expected.qe,
        fmspc: `0x${expected.fmspc}`,
        ppid: `0x${expected.ppid}`,
      });
    }
    expect(at(validFrom - 1)).toMatchObject({ ok: false, reason: expect.stringContaining("notYetValid") as string });
    expect(at(validUntil + 1)).toMatchObject({ ok: false, reason: expect.stringContaining("expired") as string });
  });
});
