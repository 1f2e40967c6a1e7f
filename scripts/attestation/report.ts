/**
 * The two reports inside a TDX quote, field by field: the TD report that a workload is judged by, and the report of the
 * quoting enclave (QE). Source: Intel, "TDX DCAP Quoting Library API", appendix 3 (A.3.2, A.3.3, A.3.10).
 */
import { concat, hexToBytes, numberToHex, padHex, size, slice, type Hex } from "viem";

/** Body types of a quote v5; a quote v4 of a TD has the body of type 2. */
export const BODY_TYPE = { tdReport10: 2, tdReport15: 3 } as const;
export type BodyType = (typeof BODY_TYPE)[keyof typeof BODY_TYPE];

/** Fields of a TD 1.0 report in order, with their size in bytes (584 in all). */
const TD_REPORT_10 = {
  teeTcbSvn: 16,
  mrSeam: 48,
  mrSignerSeam: 48,
  seamAttributes: 8,
  tdAttributes: 8,
  xfam: 8,
  mrTd: 48,
  mrConfigId: 48,
  mrOwner: 48,
  mrOwnerConfig: 48,
  rtMr0: 48,
  rtMr1: 48,
  rtMr2: 48,
  rtMr3: 48,
  reportData: 64,
} as const;

/** What a TD 1.5 report has after them (648 in all). */
const TD_REPORT_15 = { teeTcbSvn2: 16, mrServiceTd: 48 } as const;

/** Fields of an enclave report in order, with their size in bytes (384 in all). */
const ENCLAVE_REPORT = {
  cpuSvn: 16,
  miscSelect: 4,
  reserved1: 28,
  attributes: 16,
  mrEnclave: 32,
  reserved2: 32,
  mrSigner: 32,
  reserved3: 96,
  isvProdId: 2,
  isvSvn: 2,
  reserved4: 60,
  reportData: 64,
} as const;

/** Bytes of a body by its type. */
export const BODY_SIZE: Record<BodyType, number> = { 2: 584, 3: 648 };

/** The fields of a TD report as they stand in the quote (numbers little-endian). */
export type Measurements = Record<keyof typeof TD_REPORT_10, Hex> & Partial<Record<keyof typeof TD_REPORT_15, Hex>>;

/** The fields of an enclave report as they stand in the quote (numbers little-endian). */
export type EnclaveReport = Record<keyof typeof ENCLAVE_REPORT, Hex>;

function split<Field extends string>(layout: Record<Field, number>, bytes: Hex): Record<Field, Hex> {
  let at = 0;
  const fields: Partial<Record<Field, Hex>> = {};
  for (const name in layout) {
    fields[name] = slice(bytes, at, at + layout[name]);
    at += layout[name];
  }
  return complete(layout, fields);
}

/** `fields` with zeros for those that are missing; a field of another size is an error. */
function complete<Field extends string>(
  layout: Record<Field, number>,
  fields: Partial<Record<NoInfer<Field>, Hex>>,
): Record<Field, Hex> {
  const all: Record<string, Hex> = {};
  for (const name in layout) {
    const value = fields[name] ?? padHex("0x", { size: layout[name] });
    if (size(value) !== layout[name]) throw new RangeError(`${name} has ${layout[name]} bytes, not ${size(value)}`);
    all[name] = value;
  }
  return all;
}

const join = <Field extends string>(layout: Record<Field, number>, fields: Partial<Record<NoInfer<Field>, Hex>>): Hex =>
  concat(Object.values<Hex>(complete(layout, fields)));

/** The fields of a TD report of `type`. */
export const readBody = (type: BodyType, body: Hex): Measurements =>
  type === BODY_TYPE.tdReport15 ? split({ ...TD_REPORT_10, ...TD_REPORT_15 }, body) : split(TD_REPORT_10, body);

/** A TD report of `type`; fields that are missing are zero. */
export const encodeBody = (type: BodyType, fields: Partial<Measurements>): Hex =>
  type === BODY_TYPE.tdReport15 ? join({ ...TD_REPORT_10, ...TD_REPORT_15 }, fields) : join(TD_REPORT_10, fields);

/** The fields of an enclave report. */
export const readEnclaveReport = (report: Hex): EnclaveReport => split(ENCLAVE_REPORT, report);

/** An enclave report; fields that are missing are zero. */
export const encodeEnclaveReport = (fields: Partial<EnclaveReport>): Hex => join(ENCLAVE_REPORT, fields);

function littleEndian(value: number, length: number): Hex {
  let bytes: Hex = "0x";
  for (let i = 0, left = value; i < length; i++, left = Math.floor(left / 256)) {
    bytes = concat([bytes, numberToHex(left % 256, { size: 1 })]);
  }
  return bytes;
}

/** `value` as two little-endian bytes. */
export const u16 = (value: number): Hex => littleEndian(value, 2);

/** `value` as four little-endian bytes. */
export const u32 = (value: number): Hex => littleEndian(value, 4);

/** The number that little-endian `bytes` (at most 6) say. */
export const fromLittleEndian = (bytes: Hex): number =>
  hexToBytes(bytes).reduceRight((value, byte) => value * 256 + byte, 0);
