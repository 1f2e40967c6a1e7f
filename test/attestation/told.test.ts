/** What the verifier says of each piece of collateral that it takes, and shows of it later. */
import { type Hex, hexToString, pad, sha256, slice, zeroHash } from "viem";
import { expect, it } from "vitest";
import { uploadsOf } from "../../scripts/attestation/calls.ts";
import type { CollateralFile } from "../../scripts/attestation/collateral.ts";
import type { CaKind } from "../../scripts/attestation/factory.ts";
import { readCertificate, readCrl } from "../../scripts/attestation/x509.ts";
import { serialIdOf } from "../../scripts/attestation/submit.ts";
import { openRegistry } from "../helpers/registry.ts";
import { STAGE_START, fixture } from "../helpers/stage.ts";

const load = fixture(openRegistry);

const ofCrl = (der: Hex) => {
  const { thisUpdate, nextUpdate, tbs } = readCrl(der);
  return { id: zeroHash, issued: thisUpdate, validUntil: nextUpdate, evaluation: 0, digest: sha256(tbs) };
};

const ofCertificate = (der: Hex) => {
  const { notBefore, notAfter, tbs } = readCertificate(der);
  return { id: zeroHash, issued: notBefore, validUntil: notAfter, evaluation: 0, digest: sha256(tbs) };
};

const ofDocument = (text: Hex) => {
  const { issueDate, nextUpdate, tcbEvaluationDataNumber, fmspc } = JSON.parse(hexToString(text)) as {
    readonly issueDate: string;
    readonly nextUpdate: string;
    readonly tcbEvaluationDataNumber: number;
    readonly fmspc?: string;
  };
  return {
    id: fmspc === undefined ? zeroHash : pad(`0x${fmspc.toLowerCase()}`, { dir: "right", size: 32 }),
    issued: Date.parse(issueDate) / 1000,
    validUntil: Date.parse(nextUpdate) / 1000,
    evaluation: tcbEvaluationDataNumber,
    digest: sha256(text),
  };
};

/** What is told of the uploads of `ca`'s collateral. */
const expectedOf = (file: CollateralFile, ca: CaKind) =>
  uploadsOf(file).map(({ functionName, args: [content] }) => {
    switch (functionName) {
      case "uploadRootCrl":
        return { kind: 0, ...ofCrl(content) };
      case "uploadPckCa":
        return { kind: ca === "platform" ? 1 : 2, ...ofCertificate(content) };
      case "uploadPckCrl":
        return { kind: ca === "platform" ? 3 : 4, ...ofCrl(content) };
      case "uploadTcbSigning":
        return { kind: 5, ...ofCertificate(content) };
      case "uploadTcbInfo":
        return { kind: 6, ...ofDocument(content) };
      default:
        return { kind: 7, ...ofDocument(content) };
    }
  });

it("each version is told, and shown: of what it is and for whom, its dates and number, and what is signed", async () => {
  const { authority, verifier } = await load();
  const others = authority.collateral({ ca: "processor" });
  await verifier.upload(others, ["uploadPckCa", "uploadPckCrl"]);
  const expected = [
    ...expectedOf(authority.collateral({}), "platform"),
    ...expectedOf(others, "processor").filter(({ kind }) => kind === 2 || kind === 4),
  ];
  const told = await verifier.contract.getEvents.CollateralUploaded({}, { fromBlock: 0n });
  expect(told.map(({ args }) => args)).toEqual(expected);
  for (const { kind, id, issued, validUntil, evaluation } of expected) {
    const shown = await verifier.contract.read.collateral([kind, slice(id, 0, 6)]);
    expect(shown, String(kind)).toEqual([issued, validUntil, evaluation]);
  }
});

it("what a list revokes is told, each serial once, with how many were new", async () => {
  const { authority, verifier } = await load();
  const { contract } = verifier;
  const revoke = async (thisUpdate: number, serials: readonly Hex[]) => {
    const revoked = serials.map((serial) => ({ serial }));
    await verifier.upload(authority.collateral({ pckCrl: { thisUpdate, revoked } }), ["uploadPckCrl"]);
    const of = async (events: Promise<readonly { readonly args: unknown }[]>) => (await events).map(({ args }) => args);
    return [await of(contract.getEvents.SerialRevoked()), await of(contract.getEvents.CertificatesRevoked())];
  };
  const { subject } = readCertificate(authority.platformCa.certificate);
  const idOf = (serial: Hex) => ({ serial: serialIdOf({ issuer: subject, serial }) });
  const from = STAGE_START.getTime() / 1000;
  const platforms = 3;
  expect(await revoke(from - 9, ["0x11", "0x12"])).toEqual([
    [idOf("0x11"), idOf("0x12")],
    [{ kind: platforms, count: 2n, revocationEpoch: 1 }],
  ]);
  // Those of before, and one more.
  expect(await revoke(from - 8, ["0x12", "0x13", "0x11"])).toEqual([
    [idOf("0x13")],
    [{ kind: platforms, count: 1n, revocationEpoch: 2 }],
  ]);
  expect(await revoke(from - 7, ["0x11"])).toEqual([[], []]);
  expect(await contract.read.revocationEpoch()).toBe(2);
});
