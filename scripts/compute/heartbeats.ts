/** Sends heartbeats that workers have signed: those of one block in one transaction. */
import { type Address, type Hex, concat, decodeFunctionResult, encodeFunctionData, isAddress, isHex, size } from "viem";
import { workerRewardsAbi } from "../../deploy/generated/abis.ts";
import { nameOf } from "../attestation/names.ts";
import { invalidInput } from "../attestation/refusal.ts";
import { HEARTBEAT_RESULTS } from "./calls.ts";
import { type Actor, type Performed, afterBlock, perform, plain } from "./perform.ts";

/** A heartbeat as a worker's agent gives it. */
export interface SignedHeartbeat {
  readonly worker: Address;
  readonly blockNumber: number;
  /** 64 bytes (EIP-2098). */
  readonly signature: Hex;
}

export interface Batch extends Performed {
  readonly blockNumber: number;
  readonly results: readonly { readonly worker: Address; readonly result: (typeof HEARTBEAT_RESULTS)[number] }[];
}

/** Reads one heartbeat, or a list of them, from JSON. @param what Where it is from, for the refusal. */
export function readHeartbeats(text: string, what: string): SignedHeartbeat[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalidInput(`${what} is not JSON.`, cause);
  }
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((one) => {
    const of = (name: string): unknown =>
      typeof one === "object" && one !== null ? Reflect.get(one, name) : undefined;
    const [worker, blockNumber, signature] = [of("worker"), of("blockNumber"), of("signature")];
    const isBlock = typeof blockNumber === "number" && Number.isSafeInteger(blockNumber) && blockNumber > 0;
    if (typeof worker === "string" && isAddress(worker) && isBlock && isHex(signature) && size(signature) === 64) {
      return { worker, blockNumber, signature };
    }
    throw invalidInput(`${what} holds no heartbeats: { worker, blockNumber, signature } with a signature of 64 bytes.`);
  });
}

/** Sends `heartbeats`, oldest block first. @throws Refusal if a whole block's are worth nothing. */
export async function sendHeartbeats(
  actor: Actor,
  rewards: Address,
  heartbeats: readonly SignedHeartbeat[],
): Promise<Batch[]> {
  if (heartbeats.length === 0) throw invalidInput("There are no heartbeats to send.");
  const blocks = [...new Set(heartbeats.map(({ blockNumber }) => blockNumber))].sort((a, b) => a - b);
  const batches: Batch[] = [];
  for (const blockNumber of blocks) {
    const batch = heartbeats.filter((heartbeat) => heartbeat.blockNumber === blockNumber);
    const workers = batch.map(({ worker }) => worker);
    const signatures = concat(batch.map(({ signature }) => signature));
    const args = [blockNumber, workers, signatures] as const;
    const data = encodeFunctionData({ abi: workerRewardsAbi, functionName: "heartbeat", args });
    const done = await afterBlock(actor.transport, BigInt(blockNumber), () =>
      perform(actor, [{ to: rewards, data, what: "heartbeat" }]),
    );
    const results = decodeFunctionResult({ abi: workerRewardsAbi, functionName: "heartbeat", data: done.returned });
    batches.push({
      ...plain(done),
      blockNumber,
      results: results.map((result, i) => ({ worker: workers[i] ?? "0x", result: nameOf(HEARTBEAT_RESULTS, result) })),
    });
  }
  return batches;
}
