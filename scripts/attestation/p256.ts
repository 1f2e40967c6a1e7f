/** ECDSA over P-256 with SHA-256: keys from seeds, signatures that are the same in every run, and their other forms. */
import { createECDH, createHash, createHmac, createPublicKey, verify } from "node:crypto";
import { Buffer } from "node:buffer";
import { bytesToHex, concat, hexToBytes, numberToHex, slice, type Hex } from "viem";
import { DerError, integer, readDer, childrenOf, readInteger, sequence } from "./der.ts";

/** The order of the group (SEC 2, secp256r1). */
export const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** A private key and its public point. */
export interface P256Key {
  readonly secret: bigint;
  /** x ‖ y, 64 bytes. */
  readonly raw: Hex;
}

/** Forms of a signature: as it comes, or with the smaller or the larger of s and n − s. */
export type SignatureForm = "natural" | "lowS" | "highS";

const word = (value: bigint): Hex => numberToHex(value, { size: 32 });

/** The point `scalar · G`, x ‖ y. */
function pointOf(scalar: bigint): Hex {
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(Buffer.from(hexToBytes(word(scalar))));
  return slice(bytesToHex(curve.getPublicKey()), 1);
}

const scalarFrom = (bytes: Uint8Array): bigint => (BigInt(bytesToHex(bytes)) % (P256_ORDER - 1n)) + 1n;

/** The key that `seed` names: for tests and the devnet only. */
export function keyFromSeed(seed: string): P256Key {
  const secret = scalarFrom(createHash("sha256").update(`p256 key: ${seed}`).digest());
  return { secret, raw: pointOf(secret) };
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, left = exponent; left > 0n; left >>= 1n, square = (square * square) % P256_ORDER) {
    if (left & 1n) result = (result * square) % P256_ORDER;
  }
  return result;
}

const withS = (signature: Hex, s: bigint): Hex => concat([slice(signature, 0, 32), word(s)]);
const sOf = (signature: Hex): bigint => BigInt(slice(signature, 32, 64));

/** The other valid signature of the same message: n − s for s. */
export const malleate = (signature: Hex): Hex => withS(signature, P256_ORDER - sOf(signature));

/** The signature with s ≤ n / 2. */
export const toLowS = (signature: Hex): Hex => (sOf(signature) > P256_ORDER / 2n ? malleate(signature) : signature);

/** The signature with s > n / 2. */
export const toHighS = (signature: Hex): Hex => (sOf(signature) > P256_ORDER / 2n ? signature : malleate(signature));

const FORMS: Record<SignatureForm, (signature: Hex) => Hex> = {
  natural: (signature) => signature,
  lowS: toLowS,
  highS: toHighS,
};

/**
 * r ‖ s over `message`, 64 bytes. The nonce is derived from key and message, so a signature, and with it every length
 * and gas cost that follows, is the same in every run.
 */
export function sign(message: Uint8Array, key: P256Key, form: SignatureForm = "natural"): Hex {
  const digest = createHash("sha256").update(message).digest();
  const nonce = scalarFrom(
    createHmac("sha256", hexToBytes(word(key.secret)))
      .update(digest)
      .digest(),
  );
  const r = BigInt(slice(pointOf(nonce), 0, 32)) % P256_ORDER;
  const z = BigInt(bytesToHex(digest));
  const s = (power(nonce, P256_ORDER - 2n) * ((z + r * key.secret) % P256_ORDER)) % P256_ORDER;
  return FORMS[form](concat([word(r), word(s)]));
}

/** Whether `signature` (r ‖ s) over `message` is by the key `raw` (x ‖ y). False for what is no point or no signature. */
export function verifySignature(message: Uint8Array, signature: Hex, raw: Hex): boolean {
  const coordinate = (from: number): string =>
    Buffer.from(hexToBytes(slice(raw, from, from + 32))).toString("base64url");
  try {
    const key = createPublicKey({
      format: "jwk",
      key: { kty: "EC", crv: "P-256", x: coordinate(0), y: coordinate(32) },
    });
    return verify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, hexToBytes(signature));
  } catch {
    return false;
  }
}

/** A signature in DER, as certificates and CRLs hold it. */
export const signatureToDer = (signature: Hex): Uint8Array =>
  sequence(integer(BigInt(slice(signature, 0, 32))), integer(sOf(signature)));

/** r ‖ s from DER. */
export function signatureFromDer(der: Uint8Array): Hex {
  const [r, s, ...rest] = childrenOf(readDer(der)).map((node) => readInteger(node));
  const isScalar = (value: bigint | undefined): value is bigint =>
    value !== undefined && value > 0n && value < P256_ORDER;
  if (!isScalar(r) || !isScalar(s) || rest.length > 0) throw new DerError("not a signature");
  return concat([word(r), word(s)]);
}
