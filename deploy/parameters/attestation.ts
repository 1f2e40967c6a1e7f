/** Whose quotes the suite believes, and what it accepts of them: the parameters, and the contracts' form of them. */
import { createPublicKey } from "node:crypto";
import { type Hex, concat, hexToBytes, keccak256 } from "viem";
import { TCB_STATUS_NAMES } from "../../scripts/attestation/calls.ts";
import { INTEL_ROOT, type RootKey } from "../../scripts/attestation/files.ts";
import { InvalidParameter, bytes, bytes32, date, integer, list, members } from "./validate.ts";

/** What the registry takes per image. */
const MAX_SHAPES = 64;

const ZERO_48: Hex = `0x${"00".repeat(48)}`;

/** What a quote can come to and still be accepted, by the names of Intel. */
export type AcceptableStatus = Exclude<(typeof TCB_STATUS_NAMES)[number], "None" | "Revoked">;

/** An image and the machine shapes on which it may run. Measurements as they stand in the TD report. */
export interface Workload {
  readonly image: {
    readonly tdAttributes: Hex;
    readonly xfam: Hex;
    readonly mrTd: Hex;
    readonly mrConfigId: Hex;
    readonly rtMr1: Hex;
    readonly rtMr2: Hex;
    /** Null if any will do. */
    readonly rtMr3: Hex | null;
  };
  /** RTMR0 of each shape. */
  readonly shapes: readonly Hex[];
}

export interface AttestationParameters {
  /** Intel's SGX Root CA, or a test root. */
  readonly root: "intel" | RootKey;
  /** To begin with; governance can change them. */
  readonly floors: {
    /** UTC day that the TCB dates of whatever is not UpToDate must reach: `2025-05-14`. */
    readonly minTcbDate: string;
    readonly minQeIsvSvn: number;
    readonly allowedStatuses: readonly AcceptableStatus[];
  };
  /** Listed at genesis. */
  readonly workloads: readonly Workload[];
}

/** The root key as the verifier's constructor takes it. */
export function rootKeyOf({ root }: AttestationParameters): RootKey {
  return root === "intel" ? INTEL_ROOT : root;
}

/** The floors as the registry takes them: days from 1970-01-01, and a bit for each status. */
export function floorsOf({ floors }: Pick<AttestationParameters, "floors">) {
  return {
    minTcbDay: Date.parse(floors.minTcbDate) / 86_400_000,
    minQeIsvSvn: floors.minQeIsvSvn,
    allowedStatuses: floors.allowedStatuses.reduce((set, status) => set | (1 << TCB_STATUS_NAMES.indexOf(status)), 0),
  };
}

/** The registry's `ImageMeasurements`. */
export function measurementsOf({ image }: Workload) {
  return { ...image, rtMr3: image.rtMr3 ?? "0x" } as const;
}

/** The registry's `imageOf`: the id of the workload's image. */
export function imageIdOf({ image }: Workload): Hex {
  const { tdAttributes, xfam, mrTd, mrConfigId, rtMr1, rtMr2, rtMr3 } = image;
  return keccak256(concat([tdAttributes, xfam, mrTd, mrConfigId, rtMr1, rtMr2, rtMr3 ?? ZERO_48]));
}

/** Checks the member `attestation` of a parameter file. Throws {@link InvalidParameter}. */
export function parseAttestation(value: unknown): AttestationParameters {
  const file = members(value, "attestation", ["root", "floors", "workloads"]);
  const workloads = parseWorkloads(file.workloads, "attestation.workloads");
  return { root: parseRoot(file.root), floors: parseFloors(file.floors, "attestation.floors"), workloads };
}

function parseRoot(value: unknown): AttestationParameters["root"] {
  if (value === "intel") return value;
  if (typeof value === "string") {
    throw new InvalidParameter("attestation.root", 'must be "intel", or the key {x, y, notAfter} of another root');
  }
  const root = members(value, "attestation.root", ["x", "y", "notAfter"]);
  const key = {
    x: bytes32(root.x, "attestation.root.x"),
    y: bytes32(root.y, "attestation.root.y"),
    notAfter: integer(root.notAfter, "attestation.root.notAfter", 1, 2 ** 40 - 1),
  };
  const coordinate = (hex: Hex) => Buffer.from(hexToBytes(hex)).toString("base64url");
  try {
    createPublicKey({ format: "jwk", key: { kty: "EC", crv: "P-256", x: coordinate(key.x), y: coordinate(key.y) } });
  } catch {
    throw new InvalidParameter("attestation.root", "must be a public key on P-256: (x, y) is not on the curve");
  }
  return key;
}

/** Checks floors. Throws {@link InvalidParameter}. */
export function parseFloors(value: unknown, field: string): AttestationParameters["floors"] {
  const floors = members(value, field, ["minTcbDate", "minQeIsvSvn", "allowedStatuses"]);
  const allowedStatuses = list(floors.allowedStatuses, `${field}.allowedStatuses`, acceptableStatus);
  if (!allowedStatuses.includes("UpToDate") || new Set(allowedStatuses).size !== allowedStatuses.length) {
    throw new InvalidParameter(`${field}.allowedStatuses`, "must hold UpToDate, and no status twice");
  }
  const minTcbDate = date(floors.minTcbDate, `${field}.minTcbDate`);
  const minQeIsvSvn = integer(floors.minQeIsvSvn, `${field}.minQeIsvSvn`, 0, 0xffff);
  return { minTcbDate, minQeIsvSvn, allowedStatuses };
}

function acceptableStatus(value: unknown, field: string): AcceptableStatus {
  const acceptable = TCB_STATUS_NAMES.filter((name) => name !== "None" && name !== "Revoked");
  const found = acceptable.find((name) => name === value);
  if (found === undefined) throw new InvalidParameter(field, `must be one of ${acceptable.join(", ")}`);
  return found;
}

/** Checks a list of workloads. Throws {@link InvalidParameter}. */
export function parseWorkloads(value: unknown, field: string): Workload[] {
  const workloads = list(value, field, parseWorkload);
  const ids = workloads.map(imageIdOf);
  const twice = ids.findIndex((id, i) => ids.indexOf(id) !== i);
  if (twice !== -1) throw new InvalidParameter(`${field}[${twice}].image`, "is listed twice");
  return workloads;
}

function parseWorkload(value: unknown, field: string): Workload {
  const workload = members(value, field, ["image", "shapes"]);
  const at = `${field}.image`;
  const given = members(workload.image, at, ["tdAttributes", "xfam", "mrTd", "mrConfigId", "rtMr1", "rtMr2", "rtMr3"]);
  const image = {
    tdAttributes: bytes(given.tdAttributes, `${at}.tdAttributes`, 8),
    xfam: bytes(given.xfam, `${at}.xfam`, 8),
    mrTd: bytes(given.mrTd, `${at}.mrTd`, 48),
    mrConfigId: bytes(given.mrConfigId, `${at}.mrConfigId`, 48),
    rtMr1: bytes(given.rtMr1, `${at}.rtMr1`, 48),
    rtMr2: bytes(given.rtMr2, `${at}.rtMr2`, 48),
    rtMr3: given.rtMr3 === null ? null : bytes(given.rtMr3, `${at}.rtMr3`, 48),
  };
  // Little-endian: debugging is in the first byte, SEPT_VE_DISABLE is bit 28, MIGRATABLE bit 29.
  const [debug, , , fourth = 0] = hexToBytes(image.tdAttributes);
  if (debug !== 0 || (fourth & 0x30) !== 0x10) {
    throw new InvalidParameter(
      `${at}.tdAttributes`,
      "must allow neither debugging nor migration, and must set SEPT_VE_DISABLE",
    );
  }
  if (image.rtMr3 === null && image.mrConfigId === ZERO_48) {
    throw new InvalidParameter(`${at}.rtMr3`, "must be there where mrConfigId is zero: any application would do");
  }
  if (image.rtMr3 === ZERO_48) throw new InvalidParameter(`${at}.rtMr3`, "must not be zero: null stands for any value");
  const shapes = list(workload.shapes, `${field}.shapes`, (shape, name) => bytes(shape, name, 48));
  if (shapes.length === 0 || shapes.length > MAX_SHAPES || new Set(shapes).size !== shapes.length) {
    throw new InvalidParameter(`${field}.shapes`, `must hold 1 to ${MAX_SHAPES} values of RTMR0, and none twice`);
  }
  return { image, shapes };
}
