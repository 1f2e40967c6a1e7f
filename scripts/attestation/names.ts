/** Names of the contracts' enumerations, by number; those of `TcbStatus` are in calls.ts. */

/** `CollateralKind`. */
export const COLLATERAL_KINDS = [
  "RootCrl",
  "PlatformCa",
  "ProcessorCa",
  "PlatformCrl",
  "ProcessorCrl",
  "TcbSigning",
  "TcbInfo",
  "QeIdentity",
] as const;
export type CollateralKind = (typeof COLLATERAL_KINDS)[number];

/** Collateral as people call it. */
export const COLLATERAL_TEXT: Record<CollateralKind, string> = {
  RootCrl: "root CA CRL",
  PlatformCa: "PCK platform CA certificate",
  ProcessorCa: "PCK processor CA certificate",
  PlatformCrl: "CRL of the PCK platform CA",
  ProcessorCrl: "CRL of the PCK processor CA",
  TcbSigning: "TCB signing certificate",
  TcbInfo: "TCB info",
  QeIdentity: "QE identity",
};

/** `AttestationState`. */
export const ATTESTATION_STATES = ["Never", "Valid", "Expired", "SwitchedOff", "BelowFloor", "Revoked"] as const;
export type AttestationState = (typeof ATTESTATION_STATES)[number];

/** `SwitchKind`. */
export const SWITCH_KINDS = ["Ppid", "Fmspc", "TdxModule", "Workload", "Operator"] as const;
export type SwitchKind = (typeof SWITCH_KINDS)[number];

/** Switches as people call them. */
export const SWITCH_TEXT: Record<SwitchKind, string> = {
  Ppid: "platform (PPID)",
  Fmspc: "platform type (FMSPC)",
  TdxModule: "TDX module",
  Workload: "workload",
  Operator: "operator",
};

/** `Floor`. */
export const FLOORS = ["None", "MinTcbDate", "MinQeIsvSvn", "AllowedStatuses"] as const;
export type Floor = (typeof FLOORS)[number];

/** Floors as people call them. */
export const FLOOR_TEXT: Record<Floor, string> = {
  None: "no floor",
  MinTcbDate: "floor of TCB dates",
  MinQeIsvSvn: "floor of the QE's ISV SVN",
  AllowedStatuses: "list of allowed TCB statuses",
};

/** The name at `index`. Throws if the contract has numbers that this list does not know. */
export function nameOf<const Names extends readonly string[]>(names: Names, index: number): Names[number] {
  const name = names[index];
  if (name === undefined) throw new RangeError(`${index} is none of ${names.join(", ")}`);
  return name;
}
