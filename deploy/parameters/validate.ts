/** Readers of untyped JSON: each returns the value in its type, or says which field is wrong and what it must be. */
import { type Address, type Hex, getAddress, isAddress, isHex, parseEther, zeroAddress } from "viem";

/** All of PHA, in wei. */
export const TOTAL_SUPPLY = 10n ** 27n;

/** A parameter or input file is wrong: `field` says where, the message what it must be. */
export class InvalidParameter extends Error {
  override readonly name = "InvalidParameter";
  readonly field: string;

  constructor(field: string, reason: string) {
    super(`${field}: ${reason}`);
    this.field = field;
  }
}

/** The members of an object: all of `keys` must be there, and of others only `optional`, so that a typo cannot go unseen. */
export function members<K extends string, O extends string = never>(
  value: unknown,
  field: string,
  keys: readonly K[],
  optional: readonly O[] = [],
): Record<K, unknown> & { readonly [key in O]?: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidParameter(field || "file", "must be an object");
  }
  const at = (key: string) => (field === "" ? key : `${field}.${key}`);
  const known: readonly string[] = [...keys, ...optional];
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw new InvalidParameter(at(key), "is not a known field");
  }
  for (const key of keys) {
    if (!(key in value)) throw new InvalidParameter(at(key), "is missing");
  }
  if (!hasKeys(value, keys, optional)) throw new InvalidParameter(field, "is incomplete");
  return value;
}

function hasKeys<K extends string, O extends string>(
  value: object,
  keys: readonly K[],
  _optional: readonly O[],
): value is Record<K, unknown> & { readonly [key in O]?: unknown } {
  return keys.every((key) => key in value);
}

/** The name of a file beside the one that names it. */
export function fileName(value: unknown, field: string): string {
  if (typeof value !== "string" || !/^[\w-][\w.-]*$/.test(value)) {
    throw new InvalidParameter(field, "must be the name of a file in the same folder");
  }
  return value;
}

/** A network's or preset's name: it becomes part of a path. */
export function name(value: unknown, field: string): string {
  if (typeof value !== "string" || !/^[a-z0-9][a-z0-9-]*$/.test(value)) {
    throw new InvalidParameter(field, "must be a name of lower-case letters, digits and hyphens");
  }
  return value;
}

/** An integer from `min` to `max`. */
export function integer(value: unknown, field: string, min: number, max: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw new InvalidParameter(field, `must be an integer from ${min} to ${max}`);
  }
  return value;
}

/** An address other than zero; one with mixed case must have the right checksum. */
export function address(value: unknown, field: string): Address {
  if (typeof value !== "string" || !isAddress(value) || value === zeroAddress) {
    throw new InvalidParameter(field, "must be an address (0x and 40 hexadecimal digits, right checksum, not zero)");
  }
  return getAddress(value);
}

/** 32 bytes other than zero. */
export function bytes32(value: unknown, field: string): Hex {
  if (typeof value !== "string" || !isHex(value) || value.length !== 66 || BigInt(value) === 0n) {
    throw new InvalidParameter(field, "must be 32 bytes (0x and 64 hexadecimal digits, not zero)");
  }
  return value;
}

/** `size` bytes, in lower case. */
export function bytes(value: unknown, field: string, size: number): Hex {
  if (typeof value !== "string" || !isHex(value) || value.length !== 2 + 2 * size) {
    throw new InvalidParameter(field, `must be ${size} bytes (0x and ${2 * size} hexadecimal digits)`);
  }
  return `0x${value.slice(2).toLowerCase()}`;
}

/** A list, each element of it read by `read`. */
export function list<T>(value: unknown, field: string, read: (element: unknown, field: string) => T): T[] {
  if (!Array.isArray(value)) throw new InvalidParameter(field, "must be a list");
  return value.map((element: unknown, i) => read(element, `${field}[${i}]`));
}

/** A day since 1970 in UTC: `2030-01-01`. */
export function date(value: unknown, field: string): string {
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value) || !isDay(value)) {
    throw new InvalidParameter(field, "must be a day since 1970 such as 2030-01-01");
  }
  return value;
}

/** 30 February is read as 2 March. */
function isDay(text: string): boolean {
  const time = Date.parse(text);
  return time >= 0 && new Date(time).toISOString().startsWith(text);
}

/** A moment, as ISO 8601 in UTC with seconds: `2030-01-01T00:00:00Z`. */
export function moment(value: unknown, field: string): string {
  if (
    typeof value !== "string" ||
    !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(value) ||
    Number.isNaN(Date.parse(value)) ||
    // 30 February is read as 2 March.
    new Date(value).toISOString() !== value.replace("Z", ".000Z")
  ) {
    throw new InvalidParameter(field, "must be a moment in UTC such as 2030-01-01T00:00:00Z");
  }
  return value;
}

/** A positive amount of PHA as a decimal string, at most 18 decimals and 1,000,000,000 PHA. */
export function pha(value: unknown, field: string): string {
  if (typeof value !== "string" || !/^\d+(\.\d{1,18})?$/.test(value)) {
    throw new InvalidParameter(
      field,
      'must be an amount of PHA as a string such as "1000.5", with at most 18 decimals',
    );
  }
  const wei = parseEther(value);
  if (wei === 0n || wei > TOTAL_SUPPLY) {
    throw new InvalidParameter(field, "must be more than 0 and at most 1,000,000,000 PHA");
  }
  return value;
}
