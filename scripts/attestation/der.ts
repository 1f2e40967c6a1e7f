/**
 * A strict reader and writer of DER (ITU-T X.690, §10), as far as Intel's certificates and CRLs go: definite lengths in
 * their shortest form, shortest integers, single-byte tags, nothing after the value.
 */
import { concat, hexToBytes, bytesToHex } from "viem";

/** Tags that occur in Intel's certificates and CRLs. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Bytes that are not DER, or not the value that was expected there. */
export class DerError extends Error {
  override readonly name = "DerError";
}

/** One value: its tag, its content, and all its bytes. */
export interface DerNode {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly raw: Uint8Array;
}

const byteAt = (bytes: Uint8Array, index: number): number => {
  const byte = bytes[index];
  if (byte === undefined) throw new DerError("the value ends early");
  return byte;
};

function readAt(bytes: Uint8Array, start: number): DerNode {
  const tag = byteAt(bytes, start);
  if ((tag & 0x1f) === 0x1f) throw new DerError("tags of more than one byte are not used here");
  let length = byteAt(bytes, start + 1);
  let from = start + 2;
  if (length >= 0x80) {
    const size = length & 0x7f;
    if (size === 0 || size > 3) throw new DerError("the length is indefinite or too long");
    length = 0;
    for (let i = 0; i < size; i++) length = (length << 8) | byteAt(bytes, from + i);
    if (length < 0x80 || length < 1 << (8 * (size - 1))) throw new DerError("the length is not in its shortest form");
    from += size;
  }
  const to = from + length;
  if (to > bytes.length) throw new DerError("the value ends early");
  return { tag, content: bytes.subarray(from, to), raw: bytes.subarray(start, to) };
}

/** The one value that `bytes` hold. */
export function readDer(bytes: Uint8Array): DerNode {
  const node = readAt(bytes, 0);
  if (node.raw.length !== bytes.length) throw new DerError("bytes follow the value");
  return node;
}

/** The values that follow each other in `bytes`. */
export function readAll(bytes: Uint8Array): DerNode[] {
  const nodes: DerNode[] = [];
  for (let at = 0; at < bytes.length;) {
    const node = readAt(bytes, at);
    nodes.push(node);
    at += node.raw.length;
  }
  return nodes;
}

/** `node`, if it has `tag`. */
export function expectTag(node: DerNode | undefined, tag: number): DerNode {
  if (node?.tag !== tag) {
    throw new DerError(`expected tag 0x${tag.toString(16)}, found ${node ? `0x${node.tag.toString(16)}` : "nothing"}`);
  }
  return node;
}

/** What a SEQUENCE (or a value with another constructed `tag`) holds. */
export const childrenOf = (node: DerNode | undefined, tag: number = TAG.sequence): DerNode[] =>
  readAll(expectTag(node, tag).content);

/** An INTEGER (or ENUMERATED), of any sign. */
export function readInteger(node: DerNode | undefined, tag: number = TAG.integer): bigint {
  const { content } = expectTag(node, tag);
  const first = byteAt(content, 0);
  const second = content[1];
  if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    throw new DerError("the integer is not in its shortest form");
  }
  return BigInt.asIntN(8 * content.length, BigInt(bytesToHex(content)));
}

/** An INTEGER from 0 to `max`. */
export function readNumber(node: DerNode | undefined, max = 0xffff): number {
  const value = readInteger(node);
  if (value < 0n || value > BigInt(max)) throw new DerError(`the integer is not from 0 to ${max}`);
  return Number(value);
}

/** An OBJECT IDENTIFIER in dotted form. */
export function readOid(node: DerNode | undefined): string {
  const { content } = expectTag(node, TAG.oid);
  const arcs: number[] = [];
  let arc = 0;
  content.forEach((byte, index) => {
    if (arc === 0 && byte === 0x80) throw new DerError("the object identifier is not in its shortest form");
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) {
      if (index === content.length - 1) throw new DerError("the object identifier ends early");
      return;
    }
    if (arcs.length === 0) {
      const top = Math.min(Math.floor(arc / 40), 2);
      arcs.push(top, arc - 40 * top);
    } else arcs.push(arc);
    arc = 0;
  });
  if (arcs.length === 0) throw new DerError("the object identifier is empty");
  return arcs.join(".");
}

/** A BOOLEAN. */
export function readBoolean(node: DerNode | undefined): boolean {
  const { content } = expectTag(node, TAG.boolean);
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerError("not a boolean");
  return content[0] === 0xff;
}

/** A BIT STRING of whole bytes, or with `unused` bits at the end. */
export function readBitString(node: DerNode | undefined, unused = 0): Uint8Array {
  const { content } = expectTag(node, TAG.bitString);
  if (byteAt(content, 0) !== unused) throw new DerError(`expected ${unused} unused bits`);
  return content.subarray(1);
}

/** A UTCTime or GeneralizedTime in UTC, in Unix seconds (RFC 5280, §4.1.2.5). */
export function readTime(node: DerNode | undefined): number {
  if (node?.tag !== TAG.utcTime && node?.tag !== TAG.generalizedTime) throw new DerError("expected a time");
  const text = new TextDecoder("latin1").decode(node.content);
  const pattern = node.tag === TAG.utcTime ? /^(\d\d)(\d{10})Z$/ : /^(\d{4})(\d{10})Z$/;
  const [, yearText, rest] = pattern.exec(text) ?? [];
  if (yearText === undefined || rest === undefined) throw new DerError("the time is not in UTC with seconds");
  let year = Number(yearText);
  if (node.tag === TAG.utcTime) year += year < 50 ? 2000 : 1900;
  const [month, day, hour, minute, second] = (rest.match(/\d\d/g) ?? []).map(Number);
  if (month === undefined || day === undefined || hour === undefined || minute === undefined || second === undefined) {
    throw new DerError("the time ends early");
  }
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  const parsed = new Date(time);
  if (parsed.getUTCMonth() !== month - 1 || parsed.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    throw new DerError("no such time");
  }
  return time / 1000;
}

/** Text of a UTF8String or PrintableString. */
export function readText(node: DerNode | undefined): string {
  if (node?.tag !== TAG.utf8String && node?.tag !== TAG.printableString) throw new DerError("expected text");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(node.content);
  } catch {
    throw new DerError("the text is not UTF-8");
  }
}

/** A value with `tag` whose content is `parts`, one after the other. */
export function encode(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const content = concat(parts);
  const { length } = content;
  if (length < 0x80) return concat([Uint8Array.of(tag, length), content]);
  const size =
    length < 0x100 ? [length] : length < 0x10000 ? [length >> 8, length] : [length >> 16, length >> 8, length];
  return concat([Uint8Array.of(tag, 0x80 | size.length, ...size), content]);
}

export const sequence = (...parts: Uint8Array[]): Uint8Array => encode(TAG.sequence, ...parts);
export const set = (...parts: Uint8Array[]): Uint8Array => encode(TAG.set, ...parts);
export const octetString = (...parts: Uint8Array[]): Uint8Array => encode(TAG.octetString, ...parts);
export const boolean = (value: boolean): Uint8Array => encode(TAG.boolean, Uint8Array.of(value ? 0xff : 0));
export const utf8String = (text: string): Uint8Array => encode(TAG.utf8String, new TextEncoder().encode(text));
export const printableString = (text: string): Uint8Array =>
  encode(TAG.printableString, new TextEncoder().encode(text));

/** A tagged value of class "context", constructed unless told otherwise. */
export const context = (number: number, parts: Uint8Array[], constructed = true): Uint8Array =>
  encode((constructed ? 0xa0 : 0x80) | number, ...parts);

/** A BIT STRING whose last `unused` bits do not count. */
export const bitString = (content: Uint8Array, unused = 0): Uint8Array =>
  encode(TAG.bitString, Uint8Array.of(unused), content);

/** An INTEGER (or ENUMERATED) ≥ 0 in its shortest form. */
export function integer(value: bigint | number, tag: number = TAG.integer): Uint8Array {
  let digits = BigInt(value).toString(16);
  if (digits.length % 2 === 1) digits = `0${digits}`;
  if (Number.parseInt(digits.slice(0, 2), 16) >= 0x80) digits = `00${digits}`;
  return encode(tag, hexToBytes(`0x${digits}`));
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return encode(TAG.oid, Uint8Array.from(bytes));
}

/** A time in Unix seconds: UTCTime before 2050, GeneralizedTime from then on. */
export function time(seconds: number): Uint8Array {
  const iso = new Date(seconds * 1000).toISOString();
  const digits = `${iso.slice(0, 19).replace(/\D/g, "")}Z`;
  const short = Number(iso.slice(0, 4)) < 2050;
  return encode(short ? TAG.utcTime : TAG.generalizedTime, new TextEncoder().encode(short ? digits.slice(2) : digits));
}
