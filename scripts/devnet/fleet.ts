/**
 * The workers of the local chain: 40 machines of eight operators. Their quotes come from the devnet's test authority; what a
 * machine signs is what the worker agent signs.
 */
import { type Address, type Hex, concat, keccak256, toHex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { commitOf, quoteArguments, reportDataOf } from "../attestation/calls.ts";
import type { Platform } from "../attestation/factory.ts";
import { readQuote } from "../attestation/quote.ts";
import { type WorkerSubject, modelId, signHeartbeat, subjectHash } from "../compute/calls.ts";
import { gpuIdOf } from "../worker-agent/gpus.ts";
import { agentKey, gpuIdentity } from "../worker-agent/simulator/identity.ts";
import { devnetAuthority } from "./attestation.ts";
import { devAccounts } from "./chain.ts";

/** The operators are accounts of the development mnemonic from this number on. */
export const FIRST_OPERATOR = 60;

export const OPERATORS = 8;
export const WORKERS = 40;
/** Machines attest again this long (seconds) before their attestation ends. */
export const AHEAD = 2n * 86_400n;
/** Several confidential VMs share one host. */
const PLATFORMS = 12;

/** What an agent derives its worker's key for. */
export const KEY_PATH = "phala/worker";

/** One machine, as it is delivered. */
export interface Machine {
  readonly index: number;
  /** Its guest's keys and its GPUs follow from it. */
  readonly seed: string;
  readonly key: PrivateKeyAccount;
  readonly operator: PrivateKeyAccount;
  readonly model: "H100" | "H200" | "B200";
  readonly gpuIds: readonly Hex[];
  readonly platform: Platform;
}

/** GPUs per machine, by the machine's number: mostly full ones. */
const GPU_COUNTS = [8, 8, 4, 1, 8, 2, 8, 4] as const;
const MODELS = ["H100", "H200", "H100", "B200", "H100"] as const;

/** All machines; the same ones every time. */
export function createFleet(): Machine[] {
  const authority = devnetAuthority();
  const operators = devAccounts(FIRST_OPERATOR, OPERATORS);
  const platforms = Array.from({ length: PLATFORMS }, (_, i) => authority.platform({ seed: `host ${i}` }));
  return Array.from({ length: WORKERS }, (_, index) => {
    const operator = operators[index % OPERATORS];
    const platform = platforms[index % PLATFORMS];
    const seed = `devnet machine ${index}`;
    const gpus = GPU_COUNTS[(index + Math.floor(index / 8)) % GPU_COUNTS.length] ?? 1;
    if (operator === undefined || platform === undefined) throw new Error("the fleet has no operator");
    return {
      index,
      seed,
      key: privateKeyToAccount(agentKey(seed, KEY_PATH)),
      operator,
      model: MODELS[index % MODELS.length] ?? "H100",
      gpuIds: Array.from({ length: gpus }, (__, gpu) => gpuIdOf(gpuIdentity(seed, gpu))).sort(),
      platform,
    };
  });
}

/** What a machine's attestation names. */
export function subjectOf({ index, operator, model }: Machine, gpuIds: readonly Hex[]): WorkerSubject {
  const evidenceHash = keccak256(toHex(`devnet evidence of machine ${index}`));
  return { operator: operator.address, model: modelId(model), gpuIds, evidenceHash };
}

/** A block that quotes and heartbeats name. */
export interface NamedBlock {
  readonly number: bigint;
  readonly hash: Hex;
}

/** A machine's quote for `subject`, as the worker registry takes it. */
export function quoteOf(
  { key, platform }: Machine,
  subject: WorkerSubject,
  block: NamedBlock,
  at: { readonly chainId: number; readonly registry: Address; readonly isKnown: boolean },
) {
  const binding = { ...at, subject: subjectHash(subject), blockNumber: block.number, blockHash: block.hash };
  const raw = platform.quote({ measurements: { reportData: reportDataOf(key.address, commitOf(binding)) } });
  const [signedData, signatureData] = quoteArguments(readQuote(raw), { isKnown: at.isKnown });
  return { blockNumber: Number(block.number), signedData, signatureData };
}

/** The arguments of `heartbeat` for all of `machines`. */
export async function heartbeatOf(
  machines: readonly Machine[],
  block: NamedBlock,
  at: { readonly chainId: number; readonly rewards: Address },
) {
  const context = { ...at, blockNumber: block.number, blockHash: block.hash };
  const signatures = await Promise.all(machines.map(({ key }) => signHeartbeat(key, context)));
  return [Number(block.number), machines.map(({ key }) => key.address), concat(signatures)] as const;
}
