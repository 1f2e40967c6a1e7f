/**
 * Certificates and CRLs with changed contents that are signed all the same: what the readers of DER are there for, if
 * Intel ever signed it. They refuse it by name, or read what the reference reads.
 */
import { type Hex, bytesToHex, encodeAbiParameters, hexToBytes, keccak256, parseAbiParameters, slice } from "viem";
import { describe, expect, it } from "vitest";
import type { Upload } from "../../scripts/attestation/calls.ts";
import { DerError, integer, readDer } from "../../scripts/attestation/der.ts";
import { createAuthority } from "../../scripts/attestation/factory.ts";
import { keyFromSeed } from "../../scripts/attestation/p256.ts";
import { readQuote } from "../../scripts/attestation/quote.ts";
import {
  OID,
  readCertificate,
  readCrl,
  readPckExtension,
  signed,
  type Certificate,
  type Crl,
} from "../../scripts/attestation/x509.ts";
import { type Mutant, mutantsOf } from "../helpers/mutation.ts";
import { createRandom } from "../helpers/random.ts";
import { STAGE_START, type Stage, fixture } from "../helpers/stage.ts";
import { openTrial } from "../helpers/trial.ts";

const NOW = STAGE_START.getTime() / 1000;
const authority = createAuthority({ seed: "signed DER", now: NOW });
const attestationKey = keyFromSeed("attestation");
const quote = readQuote(authority.platform().quote({ attestationKey }));
const { platformCa, tcbSigner, root } = authority;
const revoked = ["0x11", "0x00ff", `0x4${"5".repeat(39)}`] as const;
const lists = {
  rootCrl: authority.rootCrl({ revoked: revoked.map((serial) => ({ serial })) }),
  pckCrl: authority.pckCrl("platform", { revoked: revoked.map((serial) => ({ serial })) }),
};

const load = fixture(async (stage: Stage) => {
  const trial = await openTrial(stage, root.key.raw);
  await trial.upload(authority.collateral(), ["uploadRootCrl", "uploadPckCa"]);
  return { ...trial, stage };
});
const loadAll = fixture(async (stage: Stage) => {
  const trial = await openTrial(stage, root.key.raw);
  await trial.upload(authority.collateral());
  return { ...trial, stage };
});
const empty = fixture(async (stage: Stage) => ({ ...(await openTrial(stage, root.key.raw)), stage }));

const NAMED = /^(TdxVerifier|CollateralStore|Der|X509|Calendar)_[A-Z]/;
const expectNamed = (refused: string, what: string): void => {
  if (!NAMED.test(refused)) expect.fail(`${what}: ${refused}`);
};

/** What `read` gives; undefined if it is no DER to the reference. */
function reading<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** Contents of `der`, changed and signed by `signer` again. */
function* resigned(der: Hex, signer: typeof root.key, count: number, seed: number): Generator<Mutant> {
  const { content } = readDer(hexToBytes(der));
  const tbs = reading(() => readCertificate(der).tbs) ?? readCrl(der).tbs;
  expect(bytesToHex(content).startsWith(bytesToHex(tbs))).toBe(true);
  for (const { what, bytes } of mutantsOf(bytesToHex(tbs), count, createRandom(seed))) {
    yield { what, bytes: signed(hexToBytes(bytes), signer) };
  }
}

describe("leaves", () => {
  const original = readCertificate(quote.leaf);
  const pckOf = (certificate: Certificate) =>
    readPckExtension(certificate.extensions.get(OID.sgx)?.value ?? new Uint8Array());
  const day = (seconds: number): number => Math.floor(seconds / 86_400);
  const serialIn = (certificate: Certificate): Hex => serialKey(certificate.issuer, BigInt(certificate.serial));
  /** What the contract remembers of a platform, from the reference's reading. */
  const expected = (certificate: Certificate) => {
    const pck = pckOf(certificate);
    const components = pck.components.reduce((sum, svn) => (sum << 8n) | BigInt(svn), 0n);
    const { notBefore, notAfter } = certificate;
    return [components, pck.pceSvn, pck.fmspc, day(notBefore), day(notAfter), 4, pck.ppid, serialIn(certificate)];
  };

  it("are refused by name, or read as the reference reads them", async () => {
    const trial = await loadAll();
    const restore = await trial.stage.remember();
    const errors = new Set<string>();
    let accepted = 0;
    for (const { what, bytes } of resigned(quote.leaf, platformCa.key, 420, 41)) {
      const mutant = { ...quote, leaf: bytes };
      const outcome = await trial.judge(mutant);
      if (outcome.refused !== undefined) {
        expectNamed(outcome.refused, what);
        errors.add(outcome.refused);
        continue;
      }
      accepted += 1;
      await trial.verify(mutant);
      const found = await trial.contract.read.platformOf([keccak256(quote.attestationKey)]);
      const read = reading(() => expected(readCertificate(bytes)));
      // What is no DER to the reference is none in what the contract has no use for: nothing that it reads has changed.
      expect({ what, found }).toEqual({ what, found: read ?? expected(original) });
      await restore();
    }
    expect(accepted).toBeGreaterThan(20);
    expect(errors.size).toBeGreaterThan(6);
  }, 120_000);
});

/** What `isRevoked` takes. */
function serialKey(issuer: Hex, serial: bigint): Hex {
  const octets = bytesToHex(readDer(integer(serial)).content);
  const words = encodeAbiParameters(parseAbiParameters("bytes32, bytes32"), [keccak256(issuer), keccak256(octets)]);
  return slice(keccak256(words), 0, 16);
}

describe("CRLs", () => {
  it.each([
    ["uploadRootCrl", lists.rootCrl, root.key, 0, empty],
    ["uploadPckCrl", lists.pckCrl, platformCa.key, 3, load],
  ] as const)(
    "%s",
    async (functionName, der, signer, kind, open) => {
      const trial = await open();
      const restore = await trial.stage.remember();
      const original = readCrl(der);
      const errors = new Set<string>();
      let accepted = 0;
      for (const { what, bytes } of resigned(der, signer, 240, 42 + kind)) {
        const upload: Upload = { functionName, args: [bytes] };
        const outcome = await trial.tryUpload(upload);
        if (outcome.refused !== undefined) {
          expectNamed(outcome.refused, what);
          errors.add(outcome.refused);
          continue;
        }
        accepted += 1;
        const crl: Crl = reading(() => readCrl(bytes)) ?? original;
        await trial.send(upload);
        const [issued, validUntil] = await trial.contract.read.collateral([kind, "0x000000000000"]);
        const keys = [...crl.revoked.keys()].map((serial) => serialKey(crl.issuer, BigInt(serial)));
        const states = await Promise.all(keys.map((key) => trial.contract.read.isRevoked([key])));
        const [event] = await trial.contract.getEvents.CertificatesRevoked();
        const serials = await trial.contract.getEvents.SerialRevoked();
        expect(new Set(serials.map(({ args: { serial } }) => serial))).toEqual(new Set(keys));
        expect({ what, issued, validUntil, states, count: event?.args.count ?? 0n }).toEqual({
          what,
          issued: crl.thisUpdate,
          validUntil: crl.nextUpdate,
          states: keys.map(() => true),
          count: BigInt(new Set(keys).size),
        });
        await restore();
      }
      expect(accepted).toBeGreaterThan(5);
      expect(errors.size).toBeGreaterThan(2);
    },
    120_000,
  );
});

describe("certificates above the leaf", () => {
  it.each([
    ["uploadPckCa", platformCa.certificate, 1],
    ["uploadTcbSigning", tcbSigner.certificate, 5],
  ] as const)(
    "%s",
    async (functionName, der, kind) => {
      const trial = await empty();
      await trial.upload(authority.collateral(), ["uploadRootCrl"]);
      const restore = await trial.stage.remember();
      const original = readCertificate(der);
      const errors = new Set<string>();
      let accepted = 0;
      for (const { what, bytes } of resigned(der, root.key, 220, 45 + kind)) {
        const upload: Upload = { functionName, args: [bytes] };
        const outcome = await trial.tryUpload(upload);
        if (outcome.refused !== undefined) {
          expectNamed(outcome.refused, what);
          errors.add(outcome.refused);
          continue;
        }
        accepted += 1;
        const { notBefore, notAfter } = reading(() => readCertificate(bytes)) ?? original;
        await trial.send(upload);
        const [issued, validUntil] = await trial.contract.read.collateral([kind, "0x000000000000"]);
        expect({ what, issued, validUntil }).toEqual({ what, issued: notBefore, validUntil: notAfter });
        await restore();
      }
      expect(accepted).toBeGreaterThan(10);
      expect(errors.size).toBeGreaterThan(4);
    },
    120_000,
  );
});
