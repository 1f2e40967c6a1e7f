/** Base64 without Node's Buffer: the page reads quotes, too. */

/** The bytes of base64 or base64url, padded or not. Throws if it is neither. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
}

/** Base64 of `bytes`, padded. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
