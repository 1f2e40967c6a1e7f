/** What has come of a key's attestation, in words. */
import { type Address, type Hex, type Transport, padHex } from "viem";
import { chainReader } from "../../deploy/executors/account.ts";
import { attestationRegistryAbi, tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import { QUOTE_BLOCKS, TCB_STATUS_NAMES, dayText } from "./calls.ts";
import { isoTime } from "./collateral.ts";
import {
  ATTESTATION_STATES,
  FLOORS,
  FLOOR_TEXT,
  SWITCH_KINDS,
  SWITCH_TEXT,
  type AttestationState,
  type Floor,
  type SwitchKind,
  nameOf,
} from "./names.ts";

/** A key's attestation. Times are ISO 8601. */
export interface KeyStatus {
  readonly key: Address;
  readonly state: AttestationState;
  /** Null if there never was an attestation. */
  readonly validUntil: string | null;
  readonly subject: Hex | null;
  /** The block that the last quote names. */
  readonly block: number | null;
  /** The switch that is off, if one is; until null: until governance lifts it. */
  readonly switchedOff?: { readonly kind: SwitchKind; readonly until: string | null };
  /** The floor that the attestation is below, if it is. */
  readonly belowFloor?: { readonly floor: Floor; readonly wanted: string };
  /** All of it as a sentence. */
  readonly text: string;
}

/** What a registry is read with. */
export interface RegistryAt {
  readonly transport: Transport;
  readonly registry: Address;
}

/** `switchedOffUntil` of what governance confirmed. */
const CONFIRMED = 2 ** 40 - 1;

/** The event of a key's last attestation; undefined if the node does not have it any more. */
async function lastAttestation({ transport, registry }: RegistryAt, key: Address, block: number) {
  const reader = chainReader(transport);
  const head = await reader.getBlockNumber();
  const last = BigInt(block) + QUOTE_BLOCKS;
  const logs = await reader.getContractEvents({
    address: registry,
    abi: attestationRegistryAbi,
    eventName: "Attested",
    args: { key },
    fromBlock: BigInt(block),
    toBlock: last < head ? last : head,
    strict: true,
  });
  return logs.findLast(({ args }) => args.blockNumber === block)?.args;
}

/** Until when a switch that is off stays off: unix seconds; undefined if the node has no record of what it names. */
async function switchedOffUntil(at: RegistryAt, kind: SwitchKind, key: Address, block: number) {
  const reader = chainReader(at.transport);
  const registry = { address: at.registry, abi: attestationRegistryAbi } as const;
  const event = await lastAttestation(at, key, block);
  if (event === undefined) return undefined;
  const verifier = await reader.readContract({ ...registry, functionName: "verifier" });
  const [, , fmspc, , , , ppid] = await reader.readContract({
    address: verifier,
    abi: tdxVerifierAbi,
    functionName: "platformOf",
    args: [event.platform],
  });
  const names: Record<SwitchKind, Hex> = {
    Ppid: ppid,
    Fmspc: fmspc,
    TdxModule: event.tdxModule,
    Workload: event.image,
    Operator: "0x",
  };
  const id = padHex(names[kind], { size: 32, dir: "right" });
  const args = [SWITCH_KINDS.indexOf(kind), id] as const;
  const until = await reader.readContract({ ...registry, functionName: "switchedOffUntil", args });
  return until === 0 ? undefined : until;
}

/** What a floor asks for, in words. */
async function wantedBy({ transport, registry }: RegistryAt, floor: Floor): Promise<string> {
  const floors = await chainReader(transport).readContract({
    address: registry,
    abi: attestationRegistryAbi,
    functionName: "floors",
  });
  const allowed = TCB_STATUS_NAMES.filter((_, status) => (floors.allowedStatuses >> status) & 1);
  const texts: Record<Floor, string> = {
    None: "",
    MinTcbDate: dayText(floors.minTcbDay).slice(0, 10),
    MinQeIsvSvn: String(floors.minQeIsvSvn),
    AllowedStatuses: allowed.join(", "),
  };
  return texts[floor];
}

/** Reads what a registry says of `key` now. */
export async function statusOfKey(at: RegistryAt, key: Address): Promise<KeyStatus> {
  const registry = { address: at.registry, abi: attestationRegistryAbi } as const;
  const reader = chainReader(at.transport);
  const args = [key] as const;
  const [status, subject, block] = await Promise.all([
    reader.readContract({ ...registry, functionName: "statusOf", args }),
    reader.readContract({ ...registry, functionName: "subjectOf", args }),
    reader.readContract({ ...registry, functionName: "blockOf", args }),
  ]);
  const state = nameOf(ATTESTATION_STATES, status.state);
  if (state === "Never") return { key, state, validUntil: null, subject: null, block: null, text: "never attested" };
  const validUntil = isoTime(status.validUntil);
  const common = { key, state, validUntil, subject, block };
  if (state === "SwitchedOff") {
    const kind = nameOf(SWITCH_KINDS, status.kind);
    const until = await switchedOffUntil(at, kind, key, block);
    const end = until === undefined || until === CONFIRMED ? null : isoTime(until);
    const words = until === CONFIRMED ? " until governance lifts it" : end === null ? "" : ` until ${end}`;
    return {
      ...common,
      switchedOff: { kind, until: end },
      text: `its ${SWITCH_TEXT[kind]} is switched off${words}`,
    };
  }
  if (state === "BelowFloor") {
    const floor = nameOf(FLOORS, status.floor);
    const wanted = await wantedBy(at, floor);
    return { ...common, belowFloor: { floor, wanted }, text: `below the ${FLOOR_TEXT[floor]} (${wanted})` };
  }
  const texts = {
    Valid: `valid until ${validUntil}`,
    Expired: `expired at ${validUntil}`,
    Revoked: "Intel has revoked the platform's PCK certificate",
  };
  return { ...common, text: texts[state] };
}
