import type { Address, Hex } from "viem";

/** One transaction that somebody has to make: what modules and tasks return, and executors carry out. */
export interface Call {
  readonly to: Address;
  readonly data: Hex;
  /** Wei of the native currency. */
  readonly value: bigint;
  /** Gas limit; what the endpoint estimates unless it is given. */
  readonly gas?: bigint;
  /** What it does, for people. */
  readonly description: string;
}
