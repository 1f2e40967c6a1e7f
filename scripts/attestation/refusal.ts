/** Why something is refused: the name of an error for programs, a sentence for people. */
import { type Abi, type ContractErrorName, type Hex, hexToString, isHex, trim } from "viem";
import { attestationRegistryAbi, tcbCodecAbi, tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import { TCB_STATUS_NAMES, dayText } from "./calls.ts";
import { isoTime } from "./collateral.ts";
import { COLLATERAL_KINDS, COLLATERAL_TEXT, FLOORS, FLOOR_TEXT, SWITCH_KINDS, SWITCH_TEXT, nameOf } from "./names.ts";
import { QuoteError, type QuoteErrorCode } from "./quote.ts";
import { type Phrasebook, sentenceOf } from "./sentence.ts";

/** Something is refused, by a contract or before it is asked. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** Name of the contract's error, or `InvalidInput`. */
  readonly error: string;

  constructor(error: string, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.error = error;
  }
}

/** What somebody gave cannot be used; `sentence` names it. */
export const invalidInput = (sentence: string, cause?: unknown): Refusal =>
  new Refusal("InvalidInput", sentence, { cause });

const VERIFIER_ERRORS = [...tdxVerifierAbi, ...tcbCodecAbi];
const ERRORS: Abi = [...VERIFIER_ERRORS, ...attestationRegistryAbi];

/** Errors of this suite's own contracts and libraries; those of others have no underscore. */
type VerifierError = Extract<ContractErrorName<typeof VERIFIER_ERRORS>, `${string}_${string}`>;
type RegistryError = ContractErrorName<typeof attestationRegistryAbi>;

/** As {@link Phrasebook} has them. Every error of the verifier has a sentence. */
const VERIFIER_SENTENCES = {
  Calendar_InvalidDate: "{what}: a date that does not exist.",
  CollateralStore_Expired: "The {kind:collateral} expired at {validUntil:time}.",
  CollateralStore_InvalidSignature: "The {kind:collateral} is not signed by its issuer's key under this root.",
  CollateralStore_Missing:
    "There is no {kind:collateral} that fits: the collateral has to be that of the platform's FMSPC and PCK CA.",
  CollateralStore_NotNewer:
    "The {kind:collateral}, issued at {issued:time}, is not newer than what is there, issued at {storedIssued:time}.",
  CollateralStore_NotYetValid: "The {kind:collateral} is not valid before {validFrom:time}.",
  CollateralStore_Revoked: "The {kind:collateral} has been revoked.",
  CollateralStore_TooManyEntries: "{what}: more than 600 entries.",
  CollateralStore_WrongIssuer: "{what}: the issuer's name is not that of Intel's CA (its hash is {issuer}).",
  CollateralStore_WrongSubject: "{what}: the subject's name is not Intel's for it (its hash is {subject}).",
  Der_Unexpected: "{what}: not the DER that is expected.",
  Json_Duplicate: "{what}: a JSON member twice, at byte {offset}.",
  Json_Escape: "{what}: an escape in a JSON string that has none in Intel's, at byte {offset}.",
  Json_Missing: "{what}: a JSON member is missing (number {member} of those that are read).",
  Json_NumberOutOfRange: "{what}: a number that is no integer from 0 to {max}, at byte {offset}.",
  Json_TooDeep: "{what}: JSON values nested too deep, at byte {offset}.",
  Json_Unexpected: "{what}: not the JSON that is expected, at byte {offset}.",
  QeIdentity_Unsupported: "{what}: the value of {member:text} is not supported.",
  TcbInfo_Unsupported: "{what}: the value of {member:text} is not supported.",
  TcbInfo_UnknownLevel: "The TCB info has no such level or module.",
  TcbLevels_InvalidDate: "{what}: a TCB date that is no day from 1970 to 2149.",
  TcbLevels_TooMany: "{what}: more TCB levels, modules or advisories than are supported.",
  TcbLevels_UnknownStatus: "{what}: a TCB status that Intel does not define.",
  TdxVerifier_DebugTd: "The TD can be debugged: its host sees everything in it.",
  TdxVerifier_InvalidLeafSignature: "The PCK certificate is not signed by the key of its PCK CA under this root.",
  TdxVerifier_InvalidQeReportSignature: "The QE report is not signed by the key of the PCK certificate.",
  TdxVerifier_InvalidQuoteSignature: "The quote is not signed by its attestation key: its content was changed.",
  TdxVerifier_LeafExpired: "The PCK certificate expired at {notAfter:time}.",
  TdxVerifier_LeafNotYetValid: "The PCK certificate is not valid before {notBefore:time}.",
  TdxVerifier_LeafOutdated:
    "The PCK certificate is of {notBeforeDay:day}, but one of {knownNotBeforeDay:day} of the same platform is known.",
  TdxVerifier_LeafRevoked: "Intel has revoked the PCK certificate of this platform.",
  TdxVerifier_MalformedQuote: "The quote does not have the form of a TDX quote.",
  TdxVerifier_OutdatedPlatform:
    "Intel has changed the QE's identity or a PCK CA's key since: the full quote is needed once.",
  TdxVerifier_QeIdentityMismatch: "The quoting enclave is not the one that Intel's QE identity names.",
  TdxVerifier_QeReportMismatch: "The QE report does not vouch for the attestation key.",
  TdxVerifier_SeptVeEnabled: "The TD runs without SEPT_VE_DISABLE: its host can inject exceptions into it.",
  TdxVerifier_ServiceTd: "A service TD could have been bound to the TD (mrServiceTd is not zero).",
  TdxVerifier_SgxQuote: "The quote is of an SGX enclave, not of a TD.",
  TdxVerifier_TcbNotSupported: "The platform, its TDX module or its QE is below every TCB level that Intel names.",
  TdxVerifier_TcbRevoked: "Intel has revoked the TCB level of the platform, its TDX module or its QE.",
  TdxVerifier_TdxModuleMismatch:
    "The TDX module, of version {version}, is none that the TCB info names, or not by its signer.",
  TdxVerifier_UnknownLeafIssuer: "The PCK certificate is not issued by one of Intel's PCK CAs (name hash {issuer}).",
  TdxVerifier_UnknownPlatform: "No full quote of this attestation key has been verified yet ({platform}).",
  TdxVerifier_UnknownQeVendor: "The quoting enclave is not Intel's (vendor {vendor}).",
  TdxVerifier_UnsupportedBody: "Quotes with a body of type {bodyType} are not supported.",
  TdxVerifier_UnsupportedKeyType: "Attestation keys of type {keyType} are not supported.",
  TdxVerifier_UnsupportedPce: "The PCE has the id {pceId}; only 0x0000 is Intel's.",
  TdxVerifier_UnsupportedTee: "TEEs of type {teeType} are not supported.",
  TdxVerifier_UnsupportedVersion: "Quotes of version {version} are not supported.",
  TdxVerifier_WrongLeafSubject: "The PCK certificate has not the name of one (name hash {subject}).",
  X509_InvalidExtension: "{what}: a certificate extension is missing or has a wrong value.",
  X509_UnknownCriticalExtension: "{what}: a critical certificate extension that is unknown.",
} as const satisfies Record<VerifierError, string>;

/** What `attest` is refused with beside the verifier's errors. */
const REGISTRY_SENTENCES = {
  AttestationRegistry_BelowFloor:
    "Policy: below the {floor:floor}: status {status:status}, TCB date {tcbDay:day}, QE ISV SVN {qeIsvSvn}.",
  AttestationRegistry_BindingMismatch:
    "The quote's report data commits to {found}; chain, registry, subject and block need {wanted} and zeros behind it.",
  AttestationRegistry_MalformedQuote: "The quote is too short for a TD report.",
  AttestationRegistry_StaleBlock:
    "The key has attested at block {lastBlockNumber} before; block {blockNumber} is not higher: make a quote for a newer block.",
  AttestationRegistry_SwitchedOff: "Policy: the {kind:switch} of this quote is switched off.",
  AttestationRegistry_UnknownBlock:
    "Block {blockNumber} is not among the last 256: make a quote for a newer block and submit it at once.",
  AttestationRegistry_UnknownWorkload:
    "Policy: the workload is not listed (image {image}, RTMR0 {rtMr0}): image and machine shape have to be allowed.",
} as const satisfies Partial<Record<RegistryError, string>>;

const FORMATS = {
  collateral: (value) => COLLATERAL_TEXT[nameOf(COLLATERAL_KINDS, Number(value))],
  switch: (value) => SWITCH_TEXT[nameOf(SWITCH_KINDS, Number(value))],
  floor: (value) => FLOOR_TEXT[nameOf(FLOORS, Number(value))],
  status: (value) => nameOf(TCB_STATUS_NAMES, Number(value)),
  time: (value) => isoTime(Number(value)),
  day: (value) => dayText(Number(value)).slice(0, 10),
  text: (value) => (isHex(value) ? hexToString(trim(value, { dir: "right" })) : String(value)),
} satisfies Phrasebook["formats"];

/** What the verifier and `attest` refuse with. */
export const ATTESTATION_PHRASES = {
  abi: ERRORS,
  sentences: { ...VERIFIER_SENTENCES, ...REGISTRY_SENTENCES },
  formats: FORMATS,
} satisfies Phrasebook;

/** The revert data in `error` or in one of its causes, wherever the client or the chain has put it. */
export function revertData(error: unknown): Hex | undefined {
  for (let current = error; typeof current === "object" && current !== null;) {
    const data = "data" in current ? current.data : undefined;
    if (isHex(data)) return data;
    if (typeof data === "object" && data !== null && "data" in data && isHex(data.data)) return data.data;
    current = "cause" in current ? current.cause : undefined;
  }
  return undefined;
}

/**
 * What a failed call was refused with; `failure` itself if it was no refusal by a contract.
 * @param what What was being read, such as "TCB info".
 */
export function refusalOf(failure: unknown, what: string): unknown {
  if (failure instanceof Refusal) return failure;
  const data = revertData(failure);
  if (data === undefined || data === "0x") return failure;
  const { error, sentence } = sentenceOf(ATTESTATION_PHRASES, data, what);
  return new Refusal(error, sentence, { cause: failure });
}

/** The contract's error for the same fault: a quote that does not come apart never gets to the contract. */
const QUOTE_ERRORS: Record<QuoteErrorCode, VerifierError | "InvalidInput"> = {
  encoding: "InvalidInput",
  truncated: "TdxVerifier_MalformedQuote",
  sgxQuote: "TdxVerifier_SgxQuote",
  unknownVersion: "TdxVerifier_UnsupportedVersion",
  unknownTeeType: "TdxVerifier_UnsupportedTee",
  unknownKeyType: "TdxVerifier_UnsupportedKeyType",
  unknownBodyType: "TdxVerifier_UnsupportedBody",
  unsupportedCertification: "TdxVerifier_MalformedQuote",
  malformedSizes: "TdxVerifier_MalformedQuote",
  malformedPem: "TdxVerifier_MalformedQuote",
};

/** The refusal of a quote that does not come apart; `failure` itself if it is something else. */
export const quoteRefusal = (failure: unknown, file: string): unknown =>
  failure instanceof QuoteError
    ? new Refusal(QUOTE_ERRORS[failure.code], `${file}: ${failure.message}`, { cause: failure })
    : failure;
