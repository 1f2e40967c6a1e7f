/**
 * Raw TDX quotes (versions 4 and 5), taken apart and put together. All numbers are little-endian.
 * Source: Intel, "TDX DCAP Quoting Library API", appendix 3.
 *
 *     v4: header 48 ‖ body 584 ‖ size 4 ‖ signature data
 *     v5: header 48 ‖ body type 2 ‖ body size 4 ‖ body 584 or 648 ‖ size 4 ‖ signature data
 *     signature data: signature 64 ‖ attestation key 64 ‖ type 6 ‖ size 4 ‖ QE report 384 ‖ its signature 64
 *                     ‖ size 2 ‖ QE auth data ‖ type 5 ‖ size 4 ‖ PEM chain, leaf first
 */
import { bytesToHex, concat, hexToBytes, size, slice, stringToHex, type Hex } from "viem";
import { fromBase64 } from "./base64.ts";
import { decodePem, encodePem, PemError } from "./pem.ts";
import { BODY_SIZE, fromLittleEndian, readBody, u16, u32, type BodyType, type Measurements } from "./report.ts";

const TEE_TYPE = { sgx: 0x00, tdx: 0x81 } as const;
const ECDSA_P256 = 2;
const CERTIFICATION = { pckChain: 5, qeReport: 6 } as const;

/** Why bytes are not a quote that this suite reads. */
export type QuoteErrorCode =
  | "encoding"
  | "truncated"
  | "sgxQuote"
  | "unknownVersion"
  | "unknownTeeType"
  | "unknownKeyType"
  | "unknownBodyType"
  | "unsupportedCertification"
  | "malformedSizes"
  | "malformedPem";

/** A refused quote: a code for programs, a sentence for people. */
export class QuoteError extends Error {
  override readonly name = "QuoteError";
  readonly code: QuoteErrorCode;

  constructor(code: QuoteErrorCode, sentence: string) {
    super(sentence);
    this.code = code;
  }
}

/** What a quote is put together from. */
export interface QuoteParts {
  /** 48 bytes, the version among them. */
  readonly header: Hex;
  readonly bodyType: BodyType;
  /** 584 bytes, or 648 of type 3. */
  readonly body: Hex;
  /** r ‖ s over `signedData`, by the attestation key. */
  readonly signature: Hex;
  /** x ‖ y. */
  readonly attestationKey: Hex;
  /** 384 bytes. */
  readonly qeReport: Hex;
  /** r ‖ s over the QE report, by the leaf's key. */
  readonly qeReportSignature: Hex;
  readonly qeAuthData: Hex;
  /** Certificates in DER, leaf first. */
  readonly certificationChain: readonly Hex[];
}

/** A quote taken apart. */
export interface Quote extends QuoteParts {
  readonly version: 4 | 5;
  readonly teeType: number;
  /** Exactly the bytes that the quote's signature covers. */
  readonly signedData: Hex;
  readonly certificationChain: readonly [Hex, ...Hex[]];
  /** The PCK certificate in DER. */
  readonly leaf: Hex;
  readonly measurements: Measurements;
  /** Bytes of the quote; what follows them was ignored. */
  readonly size: number;
}

/** Takes bytes from the front, by name. */
class Cursor {
  readonly bytes: Hex;
  at = 0;

  constructor(bytes: Hex) {
    this.bytes = bytes;
  }

  take(length: number, what: string): Hex {
    const to = this.at + length;
    if (to > size(this.bytes)) {
      throw new QuoteError("truncated", `The quote ends inside ${what}: ${size(this.bytes)} bytes, ${to} needed.`);
    }
    const taken: Hex = length === 0 ? "0x" : slice(this.bytes, this.at, to);
    this.at = to;
    return taken;
  }

  number(length: number, what: string): number {
    return fromLittleEndian(this.take(length, what));
  }

  /** A part with its own size, which must be used up. */
  part<T>(length: number, what: string, read: (part: Cursor) => T): T {
    const part = new Cursor(this.take(length, what));
    const result = read(part);
    if (part.at !== length) {
      throw new QuoteError("malformedSizes", `The size of ${what} is ${length} bytes, of which ${part.at} are used.`);
    }
    return result;
  }
}

/** The bytes that text or a file holds: hex (with or without 0x, spaces and line breaks), base64, or binary. */
export function quoteBytes(input: string | Uint8Array): Uint8Array {
  if (typeof input !== "string") {
    // No quote is all text: its version alone has a zero byte.
    const isText =
      input.length > 0 && input.every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13));
    return isText ? quoteBytes(new TextDecoder().decode(input)) : input;
  }
  const text = input.replace(/\s/g, "");
  const digits = text.replace(/^0x/i, "");
  if (/^[0-9a-f]*$/i.test(digits) && digits.length % 2 === 0) return hexToBytes(`0x${digits}`);
  try {
    return fromBase64(text);
  } catch {
    throw new QuoteError("encoding", "The quote is neither hex nor base64.");
  }
}

function readVersion(header: Hex): 4 | 5 {
  const version = fromLittleEndian(slice(header, 0, 2));
  const keyType = fromLittleEndian(slice(header, 2, 4));
  const teeType = fromLittleEndian(slice(header, 4, 8));
  if (version === 3) throw new QuoteError("sgxQuote", "A quote of version 3 is of an SGX enclave, not of a TD.");
  if (version !== 4 && version !== 5)
    throw new QuoteError("unknownVersion", `Quotes of version ${version} are unknown.`);
  if (teeType === TEE_TYPE.sgx) throw new QuoteError("sgxQuote", "The quote is of an SGX enclave, not of a TD.");
  if (teeType !== TEE_TYPE.tdx)
    throw new QuoteError("unknownTeeType", `TEE type 0x${teeType.toString(16)} is unknown.`);
  if (keyType !== ECDSA_P256) throw new QuoteError("unknownKeyType", `Attestation key type ${keyType} is unknown.`);
  return version;
}

function readBodyType(cursor: Cursor): BodyType {
  const type = cursor.number(2, "the body type");
  const length = cursor.number(4, "the body size");
  if (type === 1) throw new QuoteError("sgxQuote", "The quote's body is the report of an SGX enclave, not of a TD.");
  if (type !== 2 && type !== 3) throw new QuoteError("unknownBodyType", `Body type ${type} is unknown.`);
  if (length !== BODY_SIZE[type]) {
    throw new QuoteError("malformedSizes", `A body of type ${type} has ${BODY_SIZE[type]} bytes, not ${length}.`);
  }
  return type;
}

function readChain(cursor: Cursor): readonly [Hex, ...Hex[]] {
  const type = cursor.number(2, "the certification data type");
  if (type !== CERTIFICATION.pckChain) {
    throw new QuoteError("unsupportedCertification", `Certification data of type ${type} instead of a PCK chain (5).`);
  }
  const text = cursor.take(cursor.number(4, "the certification data size"), "the PCK chain");
  try {
    const [leaf, ...rest] = decodePem(new TextDecoder("latin1").decode(hexToBytes(text)));
    if (leaf === undefined) throw new PemError("no PEM certificate");
    return [leaf, ...rest];
  } catch (error) {
    if (!(error instanceof PemError)) throw error;
    throw new QuoteError("malformedPem", `The PCK chain is not PEM: ${error.message}.`);
  }
}

const readQeCertification = (cursor: Cursor) => ({
  qeReport: cursor.take(384, "the QE report"),
  qeReportSignature: cursor.take(64, "the QE report's signature"),
  qeAuthData: cursor.take(cursor.number(2, "the QE auth data size"), "the QE auth data"),
  certificationChain: readChain(cursor),
});

function readSignatureData(cursor: Cursor) {
  const signature = cursor.take(64, "the signature");
  const attestationKey = cursor.take(64, "the attestation key");
  const type = cursor.number(2, "the certification data type");
  if (type !== CERTIFICATION.qeReport) {
    throw new QuoteError("unsupportedCertification", `Certification data of type ${type} instead of a QE report (6).`);
  }
  const length = cursor.number(4, "the certification data size");
  return { signature, attestationKey, ...cursor.part(length, "the certification data", readQeCertification) };
}

/**
 * Takes a raw quote apart. Checks its form only: signatures, certificates and measurements are the verifier's.
 * @param input Hex, base64 or binary; bytes after the quote are ignored.
 * @throws QuoteError
 */
export function readQuote(input: string | Uint8Array): Quote {
  const cursor = new Cursor(bytesToHex(quoteBytes(input)));
  const header = cursor.take(48, "the header");
  const version = readVersion(header);
  const bodyType = version === 5 ? readBodyType(cursor) : 2;
  const body = cursor.take(BODY_SIZE[bodyType], "the body");
  const signedData = slice(cursor.bytes, 0, cursor.at);
  const length = cursor.number(4, "the signature data size");
  const signatureData = cursor.part(length, "the signature data", readSignatureData);
  return {
    version,
    teeType: TEE_TYPE.tdx,
    header,
    bodyType,
    body,
    signedData,
    ...signatureData,
    leaf: signatureData.certificationChain[0],
    measurements: readBody(bodyType, body),
    size: cursor.at,
  };
}

/** A header of a TDX quote: `vendorId` is Intel's QE by default, `userData` 20 bytes. */
export const encodeHeader = (version: 4 | 5, userData: Hex = `0x${"00".repeat(20)}`): Hex =>
  concat([u16(version), u16(ECDSA_P256), u32(TEE_TYPE.tdx), u32(0), "0x939a7233f79c4ca9940a0db3957f0607", userData]);

/** Exactly the bytes that a quote's signature covers. The header says the version. */
export const encodeSignedData = ({ header, bodyType, body }: Pick<QuoteParts, "header" | "bodyType" | "body">): Hex =>
  fromLittleEndian(slice(header, 0, 2)) === 5
    ? concat([header, u16(bodyType), u32(size(body)), body])
    : concat([header, body]);

/** The inverse of `readQuote`, with nothing after the quote. */
export function encodeQuote(parts: QuoteParts): Uint8Array {
  const chain = concat([stringToHex(encodePem(parts.certificationChain)), "0x00"]);
  const certification = concat([
    parts.qeReport,
    parts.qeReportSignature,
    u16(size(parts.qeAuthData)),
    parts.qeAuthData,
    u16(CERTIFICATION.pckChain),
    u32(size(chain)),
    chain,
  ]);
  const signatureData = concat([
    parts.signature,
    parts.attestationKey,
    u16(CERTIFICATION.qeReport),
    u32(size(certification)),
    certification,
  ]);
  return hexToBytes(concat([encodeSignedData(parts), u32(size(signatureData)), signatureData]));
}
