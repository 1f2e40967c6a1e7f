/** The two batches of a task: what the Safe sends to schedule its operations, and to execute them. */
import { type Address, type Hex, encodeFunctionData, toHex } from "viem";
import type { Call } from "../call.ts";
import { phalaAuthorityAbi } from "../generated/abis.ts";
import { type TaskStatus, toExecute, toSchedule } from "./status.ts";
import { type StorageRange, pathText, storageRanges } from "./storage.ts";
import { operationId } from "../operation.ts";
import type { Operation, StorageChange, Task, TaskContext } from "./task.ts";

export const BATCH_NAMES = ["schedule", "execute"] as const;

export type BatchName = (typeof BATCH_NAMES)[number];

/** Calls that the Safe makes in one transaction. */
export interface Batch {
  readonly name: BatchName;
  readonly calls: readonly Call[];
  /** All that may change in storage. */
  readonly expected: readonly ExpectedChange[];
}

/** A part of some contract's storage that may change. */
export interface ExpectedChange {
  readonly address: Address;
  /** For people: `workerRegistry._models[0x48…].weight`. */
  readonly name: string;
  /** Null: anything that the contract stores. */
  readonly ranges: readonly StorageRange[] | null;
  readonly to?: bigint;
  readonly optional: boolean;
}

/** Where a Safe counts its transactions: `SafeStorage.nonce`. */
const NONCE: StorageRange = { slot: toHex(5, { size: 32 }), offset: 0, size: 32 };

/**
 * What is left of `task`: to be scheduled, if there is anything, and to be executed.
 *
 * @param nonce Of the Safe's next transaction.
 */
export function batchesOf(task: Task, status: TaskStatus, context: TaskContext, nonce: bigint): Batch[] {
  const batches: Batch[] = [];
  const add = (name: BatchName, calls: readonly Call[], changes: readonly ExpectedChange[]) => {
    if (calls.length === 0) return;
    const address = context.parameters.accounts.governance;
    const to = nonce + BigInt(batches.length) + 1n;
    batches.push({
      name,
      calls,
      expected: [...changes, { address, name: "safe.nonce", ranges: [NONCE], to, optional: false }],
    });
  };
  const executed = toExecute(status);
  if (!task.isDelayed) {
    add(
      "execute",
      executed.map(({ call }) => call),
      expectedOf(executed, context),
    );
    return batches;
  }
  requireCommonWindow(status);
  const scheduled = toSchedule(status);
  add(
    "schedule",
    scheduled.map((operation) => scheduleCall(operation, context)),
    scheduled.flatMap((operation) => [
      inSchedule(operation, ["_schedules", "timepoint"], context),
      inSchedule(operation, ["_schedules", "nonce"], context),
      inSchedule(operation, ["scheduledAt"], context),
    ]),
  );
  add(
    "execute",
    executed.map((operation) => executeCall(operation, context)),
    [
      ...expectedOf(executed, context),
      ...executed.map((operation) => inSchedule(operation, ["_schedules", "timepoint"], context, 0n)),
    ],
  );
  return batches;
}

/** Refuses operations that are never ready at the same time, when they are scheduled at the same time. */
function requireCommonWindow({ task, operations, window }: TaskStatus): void {
  const delays = operations.filter(({ operation }) => !operation.isInEffect).map(({ delay }) => delay);
  if (Math.max(...delays) - Math.min(...delays) >= window) {
    throw new Error(
      `${task}: some of its operations expire before others are ready: make a task of those of each class`,
    );
  }
}

/** Schedules an operation for the earliest moment that its class allows. */
export function scheduleCall({ call }: Operation, { contracts }: TaskContext): Call {
  return throughAuthority(
    contracts.phalaAuthority,
    `schedule: ${call.description}`,
    encodeFunctionData({ abi: phalaAuthorityAbi, functionName: "schedule", args: [call.to, call.data, 0] }),
  );
}

/** Executes an operation that is ready. */
export function executeCall({ call }: Operation, { contracts }: TaskContext): Call {
  return throughAuthority(
    contracts.phalaAuthority,
    `execute: ${call.description}`,
    encodeFunctionData({ abi: phalaAuthorityAbi, functionName: "execute", args: [call.to, call.data] }),
  );
}

function throughAuthority(to: Address, description: string, data: Hex): Call {
  return { to, value: 0n, data, description };
}

/** What the authority notes of an operation. */
function inSchedule(
  { call }: Operation,
  [variable, ...member]: readonly ["_schedules", "timepoint" | "nonce"] | readonly ["scheduledAt"],
  context: TaskContext,
  to?: bigint,
): ExpectedChange {
  const id = operationId(context.parameters.accounts.governance, call);
  const path = [variable, id, ...member] as const;
  return expectedChange({ contract: "phalaAuthority", path, ...(to === undefined ? {} : { to }) }, context);
}

function expectedOf(operations: readonly Operation[], context: TaskContext): ExpectedChange[] {
  const all = operations.flatMap(({ changes }) => changes.map((change) => expectedChange(change, context)));
  // Several operations may change the same variable.
  return [...new Map(all.map((change) => [`${change.name} ${String(change.to)}`, change])).values()];
}

function expectedChange({ contract, path, to, optional }: StorageChange, { contracts }: TaskContext): ExpectedChange {
  const address = contracts[contract];
  if (address === null) throw new Error(`${contract} is not deployed`);
  if (path === null) return { address, name: `${contract}: anything`, ranges: null, optional: true };
  return {
    address,
    name: pathText(contract, path),
    ranges: storageRanges(contract, path),
    ...(to === undefined ? {} : { to }),
    optional: optional === true,
  };
}
