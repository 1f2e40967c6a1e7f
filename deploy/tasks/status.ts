/** How far the operations of a task are, on one block. Reads only. */
import { type Address, type Hex, getAbiItem, slice } from "viem";
import { phalaAuthorityAbi } from "../generated/abis.ts";
import { ROLES } from "../roles.ts";
import { blockRanges } from "../state.ts";
import { operationId } from "../operation.ts";
import type { Operation, Task, TaskContext, TaskReader } from "./task.ts";

export type OperationState = "unscheduled" | "scheduled" | "ready" | "executed" | "expired" | "cancelled";

export interface OperationStatus {
  readonly operation: Operation;
  readonly id: Hex;
  /** Of what was scheduled last; `unscheduled` where it never was. */
  readonly state: OperationState;
  /** Unix seconds from which it can be executed; null where it was never scheduled. */
  readonly readyAt: number | null;
  /** Unix seconds until which it can be executed. */
  readonly expiresAt: number | null;
  /** Seconds that it has to wait for after it is scheduled. */
  readonly delay: number;
}

export interface TaskStatus {
  readonly task: string;
  /** See {@link Task}. */
  readonly isDelayed: boolean;
  readonly block: { readonly number: bigint; readonly timestamp: bigint };
  /** Seconds for which an operation can be executed. */
  readonly window: number;
  readonly operations: readonly OperationStatus[];
}

const EVENTS = [
  getAbiItem({ abi: phalaAuthorityAbi, name: "OperationScheduled" }),
  getAbiItem({ abi: phalaAuthorityAbi, name: "OperationExecuted" }),
  getAbiItem({ abi: phalaAuthorityAbi, name: "OperationCanceled" }),
] as const;

/** Reads the state of the chain, lets the task decide, and reads how far these decisions are. */
export async function readTask(client: TaskReader, task: Task, context: TaskContext): Promise<TaskStatus> {
  const { number, timestamp } = await client.getBlock({ blockTag: "latest" });
  const operations = task.operations(await task.read(client, context, number), context);
  const at = { address: context.contracts.phalaAuthority, abi: phalaAuthorityAbi, blockNumber: number } as const;
  const window = await client.readContract({ ...at, functionName: "expiration" });
  const governance = context.parameters.accounts.governance;
  const ids = operations.map(({ call }) => operationId(governance, call));
  const last = task.isDelayed ? await lastEvents(client, context, ids, number) : new Map<Hex, Event>();
  return {
    task: task.name,
    isDelayed: task.isDelayed,
    block: { number, timestamp },
    window,
    operations: await Promise.all(
      operations.map(async (operation, i) => {
        const id = ids[i] ?? "0x";
        const event = last.get(id);
        const readyAt = event?.readyAt ?? null;
        return {
          operation,
          id,
          state: stateOf(event, window, Number(timestamp)),
          readyAt,
          expiresAt: readyAt === null ? null : readyAt + window,
          delay: task.isDelayed ? await delayOf(client, context, operation, number) : 0,
        };
      }),
    ),
  };
}

/** What happened to an operation last. */
interface Event {
  readonly name: (typeof EVENTS)[number]["name"];
  readonly readyAt: number;
}

async function lastEvents(
  client: TaskReader,
  { contracts, startBlock }: TaskContext,
  ids: readonly Hex[],
  blockNumber: bigint,
): Promise<Map<Hex, Event>> {
  const last = new Map<Hex, Event>();
  for (const { first, last: end } of blockRanges(startBlock, blockNumber)) {
    const logs = await client.getLogs({
      address: contracts.phalaAuthority,
      events: EVENTS,
      fromBlock: first,
      toBlock: end,
      strict: true,
    });
    for (const { eventName: name, args } of logs) {
      if (!ids.includes(args.operationId)) continue;
      const readyAt = "schedule" in args ? args.schedule : (last.get(args.operationId)?.readyAt ?? 0);
      last.set(args.operationId, { name, readyAt });
    }
  }
  return last;
}

function stateOf(event: Event | undefined, window: number, now: number): OperationState {
  if (event === undefined) return "unscheduled";
  if (event.name === "OperationExecuted") return "executed";
  if (event.name === "OperationCanceled") return "cancelled";
  if (now < event.readyAt) return "scheduled";
  return now < event.readyAt + window ? "ready" : "expired";
}

/** How long governance has to wait, by the function's role; what the authority itself restricts is admin's. */
async function delayOf(
  client: TaskReader,
  { contracts, parameters }: TaskContext,
  { call }: Operation,
  blockNumber: bigint,
): Promise<number> {
  const at = { address: contracts.phalaAuthority, abi: phalaAuthorityAbi, blockNumber } as const;
  const governance: Address = parameters.accounts.governance;
  const role =
    call.to === contracts.phalaAuthority
      ? ROLES.admin
      : await client.readContract({
          ...at,
          functionName: "getTargetFunctionRole",
          args: [call.to, slice(call.data, 0, 4)],
        });
  const [isMember, delay] = await client.readContract({ ...at, functionName: "hasRole", args: [role, governance] });
  if (!isMember) throw new Error(`governance, ${governance}, may not: ${call.description}`);
  return delay;
}

/** The operations that have to be scheduled (again) before they can be executed. */
export function toSchedule({ operations }: TaskStatus): Operation[] {
  return operations
    .filter(({ operation, state }) => !operation.isInEffect && state !== "scheduled" && state !== "ready")
    .map(({ operation }) => operation);
}

/** The operations that are left to be executed, whether or not it is time. */
export function toExecute({ operations }: TaskStatus): Operation[] {
  return operations.filter(({ operation }) => !operation.isInEffect).map(({ operation }) => operation);
}
