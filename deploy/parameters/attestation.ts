/** The attestation part of a parameter file: whom the verifier trusts, and what the registry accepts to begin with. */
import { type Hex, isHex, size } from "viem";
import { type ImageMeasurements, TCB_STATUS_NAMES, type TcbStatusName } from "../../scripts/attestation/calls.ts";
import { INTEL_ROOT, type RootKey } from "../../scripts/attestation/files.ts";
import { InvalidParameter, bytes32, integer, list, members, moment, title } from "./validate.ts";

const DAY = 86_400;

/** An image with the machine shapes on which it may run. */
export interface Workload {
  readonly name: string;
  readonly image: ImageMeasurements;
  /** RTMR0 of each shape. */
  readonly shapes: readonly Hex[];
}

export interface Attestation {
  /** Intel's root of trust, or the public key of another one and the end of its certificate (UTC, ISO 8601). */
  readonly root: "intel" | { readonly x: Hex; readonly y: Hex; readonly notAfter: string };
  readonly floors: {
    /** UTC midnight, ISO 8601: TCB dates of whatever is not UpToDate must reach it. */
    readonly minTcbDate: string;
    readonly minQeIsvSvn: number;
    readonly allowedStatuses: readonly TcbStatusName[];
  };
  /** What genesis lists. */
  readonly workloads: readonly Workload[];
}

/** The verifier's constructor argument. */
export function rootOf({ root }: Attestation): RootKey {
  return root === "intel" ? INTEL_ROOT : { ...root, notAfter: Date.parse(root.notAfter) / 1000 };
}

/** The registry's constructor argument: days since 1970, and one bit per status. */
export function floors({ floors: { minTcbDate, minQeIsvSvn, allowedStatuses } }: Attestation): {
  minTcbDay: number;
  minQeIsvSvn: number;
  allowedStatuses: number;
} {
  const bits = allowedStatuses.map((status) => 1 << TCB_STATUS_NAMES.indexOf(status));
  return {
    minTcbDay: Date.parse(minTcbDate) / 1000 / DAY,
    minQeIsvSvn,
    allowedStatuses: bits.reduce((sum, bit) => sum | bit, 0),
  };
}

/** An image as the contract takes it. */
export const imageArgument = ({ rtMr3, ...image }: ImageMeasurements) => ({ ...image, rtMr3: rtMr3 ?? "0x" }) as const;

/** Reads the member `attestation`. Throws {@link InvalidParameter}. */
export function parseAttestation(value: unknown): Attestation {
  const attestation = members(value, "attestation", ["root", "floors", "workloads"]);
  return {
    root: parseRoot(attestation.root),
    floors: parseFloors(attestation.floors),
    workloads: list(attestation.workloads, "attestation.workloads").map(parseWorkload),
  };
}

function parseRoot(value: unknown): Attestation["root"] {
  if (value === "intel") return value;
  if (typeof value === "string") {
    throw new InvalidParameter("attestation.root", "must be `intel`, or an object with x, y and notAfter");
  }
  const root = members(value, "attestation.root", ["x", "y", "notAfter"]);
  return {
    x: bytes32(root.x, "attestation.root.x"),
    y: bytes32(root.y, "attestation.root.y"),
    notAfter: moment(root.notAfter, "attestation.root.notAfter"),
  };
}

function parseFloors(value: unknown): Attestation["floors"] {
  const field = "attestation.floors";
  const given = members(value, field, ["minTcbDate", "minQeIsvSvn", "allowedStatuses"]);
  const minTcbDate = moment(given.minTcbDate, `${field}.minTcbDate`);
  if ((Date.parse(minTcbDate) / 1000) % DAY !== 0) {
    throw new InvalidParameter(`${field}.minTcbDate`, "must be midnight: Intel dates TCB levels by the day");
  }
  const allowedStatuses = list(given.allowedStatuses, `${field}.allowedStatuses`).map((status, i) => {
    const name = TCB_STATUS_NAMES.find((known) => known === status);
    if (name === undefined || name === "None" || name === "Revoked") {
      const names = TCB_STATUS_NAMES.filter((known) => known !== "None" && known !== "Revoked");
      throw new InvalidParameter(`${field}.allowedStatuses[${i}]`, `must be one of ${names.join(", ")}`);
    }
    return name;
  });
  if (!allowedStatuses.includes("UpToDate")) {
    throw new InvalidParameter(`${field}.allowedStatuses`, "must contain UpToDate");
  }
  return { minTcbDate, minQeIsvSvn: integer(given.minQeIsvSvn, `${field}.minQeIsvSvn`, 0, 65_535), allowedStatuses };
}

function parseWorkload(value: unknown, index: number): Workload {
  const field = `attestation.workloads[${index}]`;
  const workload = members(value, field, ["name", "image", "shapes"]);
  const given = members(workload.image, `${field}.image`, [
    "tdAttributes",
    "xfam",
    "mrTd",
    "mrConfigId",
    "rtMr1",
    "rtMr2",
    "rtMr3",
  ]);
  const at = (name: keyof typeof given, length: number) => bytes(given[name], `${field}.image.${name}`, length);
  const image: ImageMeasurements = {
    tdAttributes: at("tdAttributes", 8),
    xfam: at("xfam", 8),
    mrTd: at("mrTd", 48),
    mrConfigId: at("mrConfigId", 48),
    rtMr1: at("rtMr1", 48),
    rtMr2: at("rtMr2", 48),
    rtMr3: given.rtMr3 === null ? null : at("rtMr3", 48),
  };
  if (image.rtMr3 === null && BigInt(image.mrConfigId) === 0n) {
    throw new InvalidParameter(`${field}.image.rtMr3`, "must be pinned where mrConfigId is zero");
  }
  const shapes = list(workload.shapes, `${field}.shapes`).map((shape, i) => bytes(shape, `${field}.shapes[${i}]`, 48));
  if (shapes.length === 0) throw new InvalidParameter(`${field}.shapes`, "must name a shape, or nothing can attest");
  return { name: title(workload.name, `${field}.name`), image, shapes };
}

function bytes(value: unknown, field: string, length: number): Hex {
  if (typeof value !== "string" || !isHex(value) || size(value) !== length || value.length % 2 !== 0) {
    throw new InvalidParameter(field, `must be ${length} bytes (0x and ${2 * length} hexadecimal digits)`);
  }
  return value;
}
