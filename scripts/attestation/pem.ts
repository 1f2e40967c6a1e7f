/** PEM chains of certificates (RFC 7468): what Intel's service and a quote's certification data hold. */
import { bytesToHex, hexToBytes, type Hex } from "viem";
import { fromBase64, toBase64 } from "./base64.ts";

/** Text that is not a chain of PEM certificates. */
export class PemError extends Error {
  override readonly name = "PemError";
}

const BLOCK = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g;

function contentOf(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch {
    throw new PemError("a PEM block is not base64");
  }
}

/** The certificates of a PEM chain in DER, in the order given. White space and NUL around the blocks are let pass. */
export function decodePem(text: string): Hex[] {
  const certificates: Hex[] = [];
  const rest = text.replace(BLOCK, (_block, body: string) => {
    const base64 = body.replace(/\s/g, "");
    const bytes = contentOf(base64);
    if (bytes.length === 0 || toBase64(bytes) !== base64) throw new PemError("a PEM block is not base64");
    certificates.push(bytesToHex(bytes));
    return "";
  });
  if (rest.replace(/\0/g, "").trim() !== "") throw new PemError("text around the PEM blocks");
  if (certificates.length === 0) throw new PemError("no PEM certificate");
  return certificates;
}

/** A PEM chain as Intel writes it: lines of 64 characters, a newline after each block. */
export const encodePem = (certificates: readonly Hex[]): string =>
  certificates
    .map((certificate) => {
      const lines = toBase64(hexToBytes(certificate)).match(/.{1,64}/g) ?? [];
      return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
    })
    .join("");
