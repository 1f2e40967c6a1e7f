/**
 * Intel's verification of TDX quotes in plain TypeScript, to compare the contracts with: it shares no code with them.
 * Source: intel/SGX-TDX-DCAP-QuoteVerificationLibrary, Src/AttestationLibrary/src/Verifiers: QuoteVerifier.cpp,
 * EnclaveReportVerifier.cpp, and what `tcb.ts` names. Policy (debug TDs, workloads, floors) is not its matter.
 */
import { createHash } from "node:crypto";
import { concat, hexToBytes, slice, type Hex } from "viem";
import {
  MODULE_STATUSES,
  PLATFORM_STATUSES,
  type CollateralFile,
  type ModuleStatus,
  type PlatformStatus,
  type QeIdentity,
  type TcbInfo,
  type TcbStatus,
} from "./collateral.ts";
import { DerError } from "./der.ts";
import { verifySignature } from "./p256.ts";
import { decodePem, PemError } from "./pem.ts";
import { QuoteError, readQuote, type Quote, type QuoteErrorCode } from "./quote.ts";
import { fromLittleEndian, readEnclaveReport } from "./report.ts";
import { converge, findModule, matchIsvLevel, matchLevels, relaunchStatus } from "./tcb.ts";
import {
  isSignedBy,
  OID,
  readCertificate,
  readCrl,
  readPckExtension,
  type Certificate,
  type Crl,
  type PckExtension,
} from "./x509.ts";

/** The public key of Intel's root CA ("Intel SGX Root CA"), x ‖ y. */
export const INTEL_ROOT_KEY: Hex =
  "0x0ba9c4c0c0c86193a3fe23d6b02cda10a8bbd4e88e48b4458561a36e705525f567918e2edc88e40d860bd0cc4ee26aacc988e505a953558c453f6b0904ae7394";

/** Parts that have a chain or dates of their own. */
export type Part = "pckChain" | "pckCrlChain" | "tcbInfoChain" | "qeIdentityChain" | "rootCrl" | "pckCrl";

/** Why a quote is refused. */
export type Reason =
  | `quote: ${QuoteErrorCode}`
  | `${Part}: ${"malformed" | "length" | "untrustedRoot" | "name" | "issuer" | "signature" | "extensions" | "revoked"}`
  | `${Part | "tcbInfo" | "qeIdentity"}: ${"notYetValid" | "expired"}`
  | `${"tcbInfo" | "qeIdentity"}: ${"signature" | "malformed" | "kind"}`
  | "tcbInfo: fmspc"
  | "tcbInfo: pceId"
  | "pckCertificate: sgxExtension"
  | "qeReport: signature"
  | "qeReport: binding"
  | "qeReport: identity"
  | "quote: signature"
  | "tdxModule: mismatch"
  | "tcb: notSupported"
  | "tcb: unrecognizedStatus";

/** What a genuine quote says about its platform. */
export interface Verified {
  readonly ok: true;
  readonly status: TcbStatus;
  /** Of the platform's and the module's level, sorted, each once. */
  readonly advisoryIds: string[];
  /** Of the level that certificate and TD report match, ISO 8601. */
  readonly tcbDate: string;
  /** Of the module's level; of the platform's where the module has no levels of its own (version 0). */
  readonly moduleTcbDate: string;
  readonly platformStatus: PlatformStatus;
  readonly moduleStatus: ModuleStatus;
  readonly qeStatus: ModuleStatus;
  readonly fmspc: Hex;
  readonly ppid: Hex;
  readonly pck: PckExtension;
  readonly quote: Quote;
}

export interface Refused {
  readonly ok: false;
  readonly reason: Reason;
}

/** What is verified, and by which root at which time. */
export interface ReferenceInput {
  readonly quote: Quote | string | Uint8Array;
  readonly collateral: CollateralFile;
  /** x ‖ y of the root CA's key; Intel's by default. */
  readonly root?: Hex;
  /** Unix seconds. */
  readonly time: number;
}

class Refusal extends Error {
  readonly reason: Reason;

  constructor(reason: Reason) {
    super(reason);
    this.reason = reason;
  }
}

function check(holds: boolean, reason: Reason): asserts holds {
  if (!holds) throw new Refusal(reason);
}

/** The result of `read`, or `reason` if it is no DER or PEM. */
function reading<T>(read: () => T, reason: Reason): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError || error instanceof PemError) throw new Refusal(reason);
    throw error;
  }
}

type Dated = Part | "tcbInfo" | "qeIdentity";

function checkDates(from: number, to: number, time: number, part: Dated): void {
  check(time >= from, `${part}: notYetValid`);
  check(time <= to, `${part}: expired`);
}

const STANDARD_EXTENSIONS: readonly string[] = [
  OID.authorityKeyId,
  OID.subjectKeyId,
  OID.keyUsage,
  OID.basicConstraints,
];
const KEY_USAGE = { signer: 0x80, ca: 0x06 } as const;

/** Required extensions are there, critical ones are known, and they allow the certificate's role. */
function allowsRole(certificate: Certificate, role: "leaf" | "intermediate" | "root"): boolean {
  const known = [...STANDARD_EXTENSIONS, OID.crlDistributionPoints, OID.sgx];
  const { extensions, keyUsage: usage = 0, ca, pathLength } = certificate;
  if (!STANDARD_EXTENSIONS.every((id) => extensions.has(id))) return false;
  if ([...extensions].some(([id, { critical }]) => critical && !known.includes(id))) return false;
  if (role === "leaf") return !ca && (usage & KEY_USAGE.signer) !== 0;
  if (!ca || (usage & KEY_USAGE.ca) !== KEY_USAGE.ca) return false;
  return role === "intermediate" || pathLength === undefined || pathLength >= 1;
}

/** A chain of certificates, each signed by the next, the last being the trusted root. */
interface ChainRule {
  readonly part: Part;
  /** Part of the common name from the first certificate to the root. */
  readonly names: readonly string[];
  /** Whether the first certificate is a CA. */
  readonly ca: boolean;
}

interface Trust {
  readonly root: Hex;
  readonly time: number;
}

function readChain(der: readonly Hex[], { part, names, ca }: ChainRule, trust: Trust): Certificate[] {
  check(der.length === names.length, `${part}: length`);
  const chain = der.map((bytes) => reading(() => readCertificate(bytes), `${part}: malformed`));
  chain.forEach((certificate, index) => {
    const last = index === chain.length - 1;
    const issuer = chain[index + 1] ?? certificate;
    check(certificate.subjectCommonName.includes(names[index] ?? ""), `${part}: name`);
    check(certificate.issuer === issuer.subject, `${part}: issuer`);
    check(!last || certificate.publicKey === trust.root, `${part}: untrustedRoot`);
    check(isSignedBy(certificate, issuer.publicKey), `${part}: signature`);
    const role = last ? "root" : index > 0 || ca ? "intermediate" : "leaf";
    check(allowsRole(certificate, role), `${part}: extensions`);
    checkDates(certificate.notBefore, certificate.notAfter, trust.time, part);
  });
  return chain;
}

const first = (chain: readonly Certificate[], part: Part): Certificate => {
  const [certificate] = chain;
  check(certificate !== undefined, `${part}: length`);
  return certificate;
};

function readRevocations(text: string, part: "rootCrl" | "pckCrl", issuer: Certificate, time: number): Crl {
  check(/^([0-9a-f]{2})+$/i.test(text), `${part}: malformed`);
  const crl = reading(() => readCrl(`0x${text}`), `${part}: malformed`);
  check(crl.issuer === issuer.subject, `${part}: issuer`);
  check(isSignedBy(crl, issuer.publicKey), `${part}: signature`);
  checkDates(crl.thisUpdate, crl.nextUpdate, time, part);
  return crl;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function parseJson(text: string, reason: Reason): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Falls through to the refusal.
  }
  throw new Refusal(reason);
}

const isString = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => Number.isSafeInteger(value);
const isHex = (value: unknown, bytes: number): boolean =>
  isString(value) && value.length === 2 * bytes && /^[0-9a-f]*$/i.test(value);
const isDate = (value: unknown): boolean => isString(value) && !Number.isNaN(Date.parse(value));
const isList = (value: unknown, isItem: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(isItem);
const isComponent = (value: unknown): boolean => isObject(value) && isNumber(value["svn"]);
const isComponents = (value: unknown): boolean =>
  isList(value, isComponent) && Array.isArray(value) && value.length === 16;

const isLevel = (value: unknown, isTcb: (tcb: Record<string, unknown>) => boolean): boolean =>
  isObject(value) &&
  isObject(value["tcb"]) &&
  isTcb(value["tcb"]) &&
  isDate(value["tcbDate"]) &&
  isString(value["tcbStatus"]) &&
  (value["advisoryIDs"] === undefined || isList(value["advisoryIDs"], isString));

const isIsvLevel = (value: unknown): boolean => isLevel(value, ({ isvsvn }) => isNumber(isvsvn));
const isPlatformLevel = (value: unknown): boolean =>
  isLevel(
    value,
    (tcb) => isComponents(tcb["sgxtcbcomponents"]) && isComponents(tcb["tdxtcbcomponents"]) && isNumber(tcb["pcesvn"]),
  );

const isModule = (value: unknown): value is Record<string, unknown> =>
  isObject(value) && isHex(value["mrsigner"], 48) && isHex(value["attributes"], 8) && isHex(value["attributesMask"], 8);

const isModuleIdentity = (value: unknown): boolean =>
  isModule(value) && isString(value["id"]) && isList(value["tcbLevels"], isIsvLevel);

const hasHead = (value: Record<string, unknown>): boolean =>
  isString(value["id"]) &&
  isNumber(value["version"]) &&
  isDate(value["issueDate"]) &&
  isDate(value["nextUpdate"]) &&
  isNumber(value["tcbEvaluationDataNumber"]);

const isTcbInfo = (value: object): value is TcbInfo => {
  const info: Record<string, unknown> = { ...value };
  return (
    hasHead(info) &&
    isHex(info["fmspc"], 6) &&
    isHex(info["pceId"], 2) &&
    isNumber(info["tcbType"]) &&
    isModule(info["tdxModule"]) &&
    (info["tdxModuleIdentities"] === undefined || isList(info["tdxModuleIdentities"], isModuleIdentity)) &&
    isList(info["tcbLevels"], isPlatformLevel)
  );
};

const isQeIdentity = (value: object): value is QeIdentity => {
  const identity: Record<string, unknown> = { ...value };
  return (
    hasHead(identity) &&
    isHex(identity["miscselect"], 4) &&
    isHex(identity["miscselectMask"], 4) &&
    isHex(identity["attributes"], 16) &&
    isHex(identity["attributesMask"], 16) &&
    isHex(identity["mrsigner"], 32) &&
    isNumber(identity["isvprodid"]) &&
    isList(identity["tcbLevels"], isIsvLevel)
  );
};

interface SignedText {
  readonly text: string;
  readonly signature: string;
  readonly chain: string;
}

/** A signed text of the collateral, verified up to the root, within its dates. */
function readSignedText<T extends TcbInfo | QeIdentity>(
  part: "tcbInfo" | "qeIdentity",
  { text, signature, chain }: SignedText,
  is: (value: object) => value is T,
  rootCrl: (root: Certificate) => Crl,
  trust: Trust,
): T {
  const chainPart = `${part}Chain` as const;
  const der = reading(() => decodePem(chain), `${chainPart}: malformed`);
  const rule = { part: chainPart, names: ["SGX TCB Signing", "SGX Root CA"], ca: false };
  const [signer, root] = readChain(der, rule, trust);
  check(signer !== undefined && root !== undefined, `${chainPart}: length`);
  check(!rootCrl(root).revoked.has(signer.serial), `${chainPart}: revoked`);
  const isSigned = verifySignature(new TextEncoder().encode(text), `0x${signature}`, signer.publicKey);
  check(isSigned, `${part}: signature`);
  const value = parseJson(text, `${part}: malformed`);
  check(is(value), `${part}: malformed`);
  checkDates(Date.parse(value.issueDate) / 1000, Date.parse(value.nextUpdate) / 1000, trust.time, part);
  return value;
}

const bytesOf = (value: Hex): number[] => [...hexToBytes(value)];

const equalsMasked = (value: Hex, expected: string, mask: string): boolean => {
  const masks = bytesOf(`0x${mask}`);
  const wanted = bytesOf(`0x${expected}`);
  return bytesOf(value).every((byte, index) => (byte & (masks[index] ?? 0)) === wanted[index]);
};

const equalsHex = (value: Hex, expected: string): boolean => value === `0x${expected.toLowerCase()}`;

/** The QE's report is of the enclave that its identity names; what its level says. */
function judgeQe(quote: Quote, identity: QeIdentity): ModuleStatus {
  const report = readEnclaveReport(quote.qeReport);
  check(
    equalsMasked(report.miscSelect, identity.miscselect, identity.miscselectMask) &&
      equalsMasked(report.attributes, identity.attributes, identity.attributesMask) &&
      equalsHex(report.mrSigner, identity.mrsigner) &&
      fromLittleEndian(report.isvProdId) === identity.isvprodid,
    "qeReport: identity",
  );
  const level = matchIsvLevel(identity.tcbLevels, fromLittleEndian(report.isvSvn));
  check(level !== undefined, "tcb: notSupported");
  check(MODULE_STATUSES.includes(level.tcbStatus), "tcb: unrecognizedStatus");
  return level.tcbStatus;
}

/** The TDX module is the one that the TCB info names; the level of a module with a version. */
function judgeModule({ measurements }: Quote, info: TcbInfo) {
  const [isvSvn = 0, version = 0] = bytesOf(measurements.teeTcbSvn);
  const identity = version > 0 ? findModule(info, version) : undefined;
  check(version === 0 || identity !== undefined, "tdxModule: mismatch");
  const { mrsigner, attributes } = identity ?? info.tdxModule;
  check(
    equalsHex(measurements.mrSignerSeam, mrsigner) &&
      equalsHex(measurements.seamAttributes, attributes) &&
      BigInt(measurements.seamAttributes) === 0n,
    "tdxModule: mismatch",
  );
  if (identity === undefined) return { status: "UpToDate", advisoryIds: [], tcbDate: undefined } as const;
  const level = matchIsvLevel(identity.tcbLevels, isvSvn);
  check(level !== undefined, "tcb: notSupported");
  check(MODULE_STATUSES.includes(level.tcbStatus), "tcb: unrecognizedStatus");
  return { status: level.tcbStatus, advisoryIds: level.advisoryIDs ?? [], tcbDate: level.tcbDate };
}

/** The platform's levels, together with module, relaunch check and QE. */
function judgeTcb(quote: Quote, info: TcbInfo, pck: PckExtension, qeStatus: ModuleStatus) {
  const { measurements } = quote;
  const levels = matchLevels(info.tcbLevels, { ...pck, teeTcbSvn: bytesOf(measurements.teeTcbSvn) });
  const { sgx, tdx } = levels;
  check(sgx !== undefined && tdx !== undefined, "tcb: notSupported");
  const module = judgeModule(quote, info);
  const known = [sgx, tdx].every(({ tcbStatus }) => PLATFORM_STATUSES.includes(tcbStatus));
  check(known, "tcb: unrecognizedStatus");
  const tdxStatus = converge(tdx.tcbStatus, module.status);
  let status: ReturnType<typeof relaunchStatus> = tdxStatus;
  if (measurements.teeTcbSvn2 !== undefined) {
    status = relaunchStatus({
      info,
      teeTcbSvn2: bytesOf(measurements.teeTcbSvn2),
      sgxStatus: sgx.tcbStatus,
      tdxStatus,
      moduleStatus: module.status,
      qeStatus,
    });
  }
  check(status !== "noModule", "tdxModule: mismatch");
  check(status !== "noLevel", "tcb: notSupported");
  return {
    status: converge(status, qeStatus),
    advisoryIds: [...new Set([...(tdx.advisoryIDs ?? []), ...module.advisoryIds])].sort(),
    tcbDate: tdx.tcbDate,
    moduleTcbDate: module.tcbDate ?? tdx.tcbDate,
    platformStatus: tdx.tcbStatus,
    moduleStatus: module.status,
  };
}

function verifyOrThrow({ quote: input, collateral, root: rootKey = INTEL_ROOT_KEY, time }: ReferenceInput): Verified {
  const trust: Trust = { root: rootKey, time };
  const quote = typeof input === "string" || input instanceof Uint8Array ? readQuote(input) : input;

  const rootCrl = (issuer: Certificate): Crl => readRevocations(collateral.root_ca_crl, "rootCrl", issuer, time);
  const names = ["SGX PCK Certificate", "CA", "SGX Root CA"];
  const chain = readChain(quote.certificationChain, { part: "pckChain", names, ca: false }, trust);
  const [leaf, intermediate, root] = chain;
  check(leaf !== undefined && intermediate !== undefined && root !== undefined, "pckChain: length");
  check(!rootCrl(root).revoked.has(intermediate.serial), "pckChain: revoked");

  const crlRule = { part: "pckCrlChain", names: names.slice(1), ca: true } as const;
  const crlDer = reading(() => decodePem(collateral.pck_crl_issuer_chain), "pckCrlChain: malformed");
  const crlIssuer = first(readChain(crlDer, crlRule, trust), "pckCrlChain");
  check(!rootCrl(root).revoked.has(crlIssuer.serial), "pckCrlChain: revoked");
  const pckCrl = readRevocations(collateral.pck_crl, "pckCrl", crlIssuer, time);
  check(pckCrl.issuer === leaf.issuer, "pckCrl: issuer");
  check(!pckCrl.revoked.has(leaf.serial), "pckChain: revoked");

  const infoText = {
    text: collateral.tcb_info,
    signature: collateral.tcb_info_signature,
    chain: collateral.tcb_info_issuer_chain,
  };
  const identityText = {
    text: collateral.qe_identity,
    signature: collateral.qe_identity_signature,
    chain: collateral.qe_identity_issuer_chain,
  };
  const info = readSignedText("tcbInfo", infoText, isTcbInfo, rootCrl, trust);
  const identity = readSignedText("qeIdentity", identityText, isQeIdentity, rootCrl, trust);
  check(info.id === "TDX" && info.version === 3, "tcbInfo: kind");
  check(identity.id === "TD_QE" && identity.version === 2, "qeIdentity: kind");

  const sgx = leaf.extensions.get(OID.sgx);
  check(sgx !== undefined, "pckCertificate: sgxExtension");
  const pck = reading(() => readPckExtension(sgx.value), "pckCertificate: sgxExtension");
  check(equalsHex(pck.fmspc, info.fmspc), "tcbInfo: fmspc");
  check(equalsHex(pck.pceId, info.pceId), "tcbInfo: pceId");

  const qeSigned = verifySignature(hexToBytes(quote.qeReport), quote.qeReportSignature, leaf.publicKey);
  check(qeSigned, "qeReport: signature");
  const bound = createHash("sha256")
    .update(hexToBytes(concat([quote.attestationKey, quote.qeAuthData])))
    .digest("hex");
  check(slice(readEnclaveReport(quote.qeReport).reportData, 0, 32) === `0x${bound}`, "qeReport: binding");
  const qeStatus = judgeQe(quote, identity);
  check(verifySignature(hexToBytes(quote.signedData), quote.signature, quote.attestationKey), "quote: signature");

  return {
    ok: true,
    ...judgeTcb(quote, info, pck, qeStatus),
    qeStatus,
    fmspc: pck.fmspc,
    ppid: pck.ppid,
    pck,
    quote,
  };
}

/** Verifies a quote by Intel's rules at `time`. Refusals are results; only a defect of this program throws. */
export function verifyReference(input: ReferenceInput): Verified | Refused {
  try {
    return verifyOrThrow(input);
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, reason: error.reason };
    if (error instanceof QuoteError) return { ok: false, reason: `quote: ${error.code}` };
    throw error;
  }
}
