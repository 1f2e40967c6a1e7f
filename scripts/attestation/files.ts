/** The files that an operator names: a quote, collateral, a root certificate. What is wrong with one names it. */
import { readFileSync } from "node:fs";
import { bytesToHex, isHex, size, slice, type Hex } from "viem";
import type { CollateralFile } from "./collateral.ts";
import { DerError } from "./der.ts";
import { decodePem, PemError } from "./pem.ts";
import { readQuote, type Quote } from "./quote.ts";
import { INTEL_ROOT_KEY } from "./reference.ts";
import { invalidInput, quoteRefusal } from "./refusal.ts";
import { isSignedBy, readCertificate } from "./x509.ts";

/** The root of trust as the verifier's constructor takes it. */
export interface RootKey {
  readonly x: Hex;
  readonly y: Hex;
  /** Unix seconds. */
  readonly notAfter: number;
}

/** A root of trust from its key (x ‖ y) and the end of its validity. */
export const rootKey = (publicKey: Hex, notAfter: number): RootKey => ({
  x: slice(publicKey, 0, 32),
  y: slice(publicKey, 32, 64),
  notAfter,
});

/** Intel's root CA, valid until 2049-12-31T23:59:59Z. */
export const INTEL_ROOT = rootKey(INTEL_ROOT_KEY, 2_524_607_999);

function readBytes(file: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw invalidInput(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  if (bytes.length === 0) throw invalidInput(`${file} is empty.`);
  return bytes;
}

/** A quote from a file: hex, base64 or binary; bytes after it are ignored. */
export function readQuoteFile(file: string): Quote {
  const bytes = readBytes(file);
  try {
    return readQuote(bytes);
  } catch (error) {
    throw quoteRefusal(error, file);
  }
}

/** What each member of a collateral file has to be. */
const MEMBERS = {
  pck_crl_issuer_chain: "pem",
  root_ca_crl: "hex",
  pck_crl: "hex",
  tcb_info_issuer_chain: "pem",
  tcb_info: "json",
  tcb_info_signature: "signature",
  qe_identity_issuer_chain: "pem",
  qe_identity: "json",
  qe_identity_signature: "signature",
} as const satisfies Partial<Record<keyof CollateralFile, string>>;

const FORMS: Record<(typeof MEMBERS)[keyof typeof MEMBERS], { name: string; fits: (text: string) => boolean }> = {
  pem: { name: "a chain of PEM certificates", fits: (text) => decodesAsPem(text) },
  hex: { name: "hex", fits: (text) => hexBytes(text) !== undefined },
  signature: { name: "64 bytes of hex", fits: (text) => hexBytes(text) === 64 },
  json: { name: "the signed JSON text", fits: (text) => text !== "" },
};

function decodesAsPem(text: string): boolean {
  try {
    return decodePem(text).length > 0;
  } catch (error) {
    if (error instanceof PemError) return false;
    throw error;
  }
}

/** How many bytes hex digits stand for, with or without 0x; undefined if they are no hex, or none. */
function hexBytes(text: string): number | undefined {
  const hex = `0x${text.trim().replace(/^0x/, "")}`;
  return isHex(hex) && hex.length > 2 && hex.length % 2 === 0 ? size(hex) : undefined;
}

/** A member of what JSON says, if that is an object and the member a string. */
function textOf(value: unknown, member: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found: unknown = Object.entries(value).find(([name]) => name === member)?.[1];
  return typeof found === "string" ? found : undefined;
}

/** A collateral file. Checks its form only: dates and signatures are the verifier's. */
export function readCollateralFile(file: string): CollateralFile {
  return parseCollateralFile(new TextDecoder().decode(readBytes(file)), file);
}

/** Like {@link readCollateralFile}; `file` is what the refusals call it. */
export function parseCollateralFile(content: string, file: string): CollateralFile {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalidInput(`${file} is not JSON; it has to hold collateral as Intel's service gives it.`, error);
  }
  const member = (name: keyof typeof MEMBERS): string => {
    const form = FORMS[MEMBERS[name]];
    const text = textOf(value, name);
    if (text === undefined) throw invalidInput(`${file}: the member ${name} is missing; it has to be ${form.name}.`);
    if (!form.fits(text)) throw invalidInput(`${file}: the member ${name} is not ${form.name}.`);
    return text;
  };
  return {
    pck_crl_issuer_chain: member("pck_crl_issuer_chain"),
    root_ca_crl: member("root_ca_crl"),
    pck_crl: member("pck_crl"),
    tcb_info_issuer_chain: member("tcb_info_issuer_chain"),
    tcb_info: member("tcb_info"),
    tcb_info_signature: member("tcb_info_signature"),
    qe_identity_issuer_chain: member("qe_identity_issuer_chain"),
    qe_identity: member("qe_identity"),
    qe_identity_signature: member("qe_identity_signature"),
  };
}

/** The root of trust that a certificate in PEM or DER names. It has to be a CA's, signed by itself. */
export function readRootFile(file: string): RootKey {
  const bytes = readBytes(file);
  // DER begins with a SEQUENCE.
  const isDer = bytes[0] === 0x30 && bytes[1] !== undefined && bytes[1] >= 0x80;
  try {
    const [der, ...others] = isDer ? [bytesToHex(bytes)] : decodePem(new TextDecoder().decode(bytes));
    if (der === undefined || others.length > 0) throw new PemError("more than one certificate");
    const certificate = readCertificate(der);
    if (!certificate.ca || !isSignedBy(certificate, certificate.publicKey)) {
      throw invalidInput(`${file} is not a root certificate: a CA's that its own key has signed.`);
    }
    return rootKey(certificate.publicKey, certificate.notAfter);
  } catch (error) {
    if (!(error instanceof PemError || error instanceof DerError)) throw error;
    throw invalidInput(`${file} holds no root certificate in PEM or DER: ${error.message}.`, error);
  }
}
