/** Tasks of governance: from the state of the chain and parameters to the operations that governance decides. */
import type { PublicClient } from "viem";
import type { Call } from "../call.ts";
import type { ContractName, Contracts } from "../modules/module.ts";
import type { Parameters } from "../parameters/parameters.ts";

/** The least that a task needs of a client. */
export type TaskReader = Pick<
  PublicClient,
  "readContract" | "getCode" | "getStorageAt" | "getBlock" | "getLogs" | "getBlockNumber"
>;

/** Where a task finds the suite. */
export interface TaskContext {
  readonly parameters: Parameters;
  readonly contracts: Contracts;
  /** No contract of the suite existed before it. */
  readonly startBlock: bigint;
}

/** What stands in storage: a variable, and the way into it by keys, indices, `length` and names of members. */
export type StoragePath = readonly [variable: string, ...way: (string | number | bigint)[]];

/** A part of a contract's storage that an operation changes. */
export interface StorageChange {
  readonly contract: ContractName;
  /** Null: anything that the contract stores. */
  readonly path: StoragePath | null;
  /** What it is afterwards; left out where that depends on the moment. */
  readonly to?: bigint;
  /** Whether it may stay as it is. */
  readonly optional?: boolean;
}

/** One decision: a call by governance. */
export interface Operation {
  readonly call: Call;
  readonly changes: readonly StorageChange[];
  /** Whether the chain is already as the call would make it. */
  readonly isInEffect: boolean;
}

export interface Task<State = unknown> {
  /** Its folder's name. */
  readonly name: string;
  /** What it does, for people. */
  readonly title: string;
  /**
   * Whether the calls wait in the authority until the delay of their class is over, or governance makes them itself, at once:
   * possible only before the authority is sealed.
   */
  readonly isDelayed: boolean;
  /** Reads what {@link operations} needs to know of the chain. */
  read(client: TaskReader, context: TaskContext, blockNumber: bigint): Promise<State>;
  /** The decisions, in order. The same state gives the same decisions. */
  operations(state: State, context: TaskContext): readonly Operation[];
}
