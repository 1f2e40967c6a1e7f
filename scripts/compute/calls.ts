/** Workers, as their contracts see them: subjects, heartbeats, names of states. */
import {
  type Address,
  type Hex,
  type LocalAccount,
  encodeAbiParameters,
  hexToString,
  keccak256,
  parseSignature,
  serializeCompactSignature,
  signatureToCompactSignature,
  stringToHex,
} from "viem";

/** What a worker's attestation is bound to. */
export interface WorkerSubject {
  readonly operator: Address;
  /** As {@link modelId} gives it. */
  readonly model: Hex;
  readonly gpuIds: readonly Hex[];
  readonly evidenceHash: Hex;
}

/** `WorkerState`, by its number. */
export const WORKER_STATES = ["None", "Active", "Lapsed", "Exiting", "Exited", "Removed"] as const;

/** `Lapse`, by its number. */
export const LAPSES = ["None", "GpuTaken", "Collateral", "Attestation", "Heartbeat", "GpuMoved"] as const;

/** `HeartbeatResult`, by its number. */
export const HEARTBEAT_RESULTS = ["Granted", "BadSignature", "Stale", "NotActive", "Expiring"] as const;

/** `FaultClass`, by its number. */
export const FAULT_CLASSES = ["Unavailability", "Misreporting", "Breach"] as const;

/** `ProposalState`, by its number. */
export const PROPOSAL_STATES = ["None", "Open", "Rebutted", "Executed", "Rejected", "Withdrawn"] as const;

/** Whether a worker in `state` (a `WorkerState`'s number) stays: it can be Active again. */
export const isStaying = (state: number): boolean => ["Active", "Lapsed"].includes(WORKER_STATES[state] ?? "");

/** A weight of 1.0 in the units of the contracts. */
export const WEIGHT_UNIT = 100;

/** A model's name as the catalog has it: ASCII, left-aligned in 32 bytes. Throws if it does not fit. */
export function modelId(name: string): Hex {
  if (!/^[\x21-\x7e]{1,32}$/.test(name)) throw new Error(`${name}: a model's name has 1 to 32 ASCII characters`);
  return stringToHex(name, { size: 32 });
}

/** The name that {@link modelId} encoded. */
export function modelName(model: Hex): string {
  return hexToString(model, { size: 32 });
}

/** The registry's `subjectHash`: what the attestation names. */
export function subjectHash({ operator, model, gpuIds, evidenceHash }: WorkerSubject): Hex {
  return keccak256(
    encodeAbiParameters(
      [{ type: "address" }, { type: "bytes32" }, { type: "bytes32[]" }, { type: "bytes32" }],
      [operator, model, gpuIds, evidenceHash],
    ),
  );
}

/** The block that a heartbeat names, and whose rewards it is for. */
export interface HeartbeatContext {
  readonly chainId: number;
  /** WorkerRewards. */
  readonly rewards: Address;
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
}

/** What a worker's key signs for a heartbeat (EIP-712). */
export function heartbeatTypedData(worker: Address, { chainId, rewards, blockNumber, blockHash }: HeartbeatContext) {
  return {
    domain: { name: "Phala WorkerRewards", version: "1", chainId, verifyingContract: rewards },
    types: {
      Heartbeat: [
        { name: "worker", type: "address" },
        { name: "blockNumber", type: "uint256" },
        { name: "blockHash", type: "bytes32" },
      ],
    },
    primaryType: "Heartbeat",
    message: { worker, blockNumber, blockHash },
  } as const;
}

/** A heartbeat's signature in 64 bytes (EIP-2098), as `heartbeat` takes it. */
export async function signHeartbeat(worker: LocalAccount, context: HeartbeatContext): Promise<Hex> {
  const signature = await worker.signTypedData(heartbeatTypedData(worker.address, context));
  return serializeCompactSignature(signatureToCompactSignature(parseSignature(signature)));
}
