/** What the verifier says of each piece of collateral that it takes, and shows of it later. */
import { type Hex, hexToString, pad, sha256, slice, zeroHash } from "viem";
import { expect, it } from "vitest";
import { uploadsOf } from "../../scripts/attestation/calls.ts";
import type { CollateralFile } from "../../scripts/attestation/collateral.ts";
import type { CaKind } from "../../scripts/attestation/factory.ts";
import { readCertificate, readCrl } from "../../scripts/attestation/x509.ts";
import { openRegistry } from "../helpers/registry.ts";
import { fixture } from "../helpers/stage.ts";

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
