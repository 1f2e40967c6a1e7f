/** What the parts of a history that looks for trouble are made of: who acts, what one does, and what comes of it. */
import { type Abi, type Address, type Hex, encodeFunctionData } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import type { Contracts } from "../../../deploy/modules/module.ts";
import type { Parameters } from "../../../deploy/parameters/parameters.ts";
import type { HistoryClaim } from "../activity.ts";
import type { Order } from "../broadcast.ts";
import type { chainClient } from "../chain.ts";
import type { NamedBlock } from "../fleet.ts";
import type { Ledger, RawLog } from "../ledger.ts";
import type { Random } from "../random.ts";

export const HOUR = 3_600n;
export const DAY = 86_400n;

/** An order that may fail. */
export interface Deed extends Order {
  /** Told of its logs if it succeeded. */
  readonly onDone?: (logs: readonly RawLog[], now: bigint) => void;
  /** Told if it failed. */
  readonly onFailed?: () => void;
}

/** Where a history plays. */
export interface Stage {
  readonly url: string;
  readonly client: ReturnType<typeof chainClient>;
  readonly chainId: number;
  readonly contracts: Contracts;
  readonly parameters: Pick<Parameters, "accounts" | "compute" | "attestation">;
  readonly random: Random;
  readonly ledger: Ledger;
  /** Has the PHA that everybody begins with. */
  readonly bank: PrivateKeyAccount;
  readonly stakers: readonly PrivateKeyAccount[];
  readonly claims: readonly HistoryClaim[];
  /** An account of the development mnemonic. */
  readonly accountOf: (address: Address) => PrivateKeyAccount;
}

/** Those of one domain. */
export interface Part {
  /** Who sends. */
  readonly accounts: readonly Address[];
  /** What has to be there before anything else, in blocks one after the other. */
  readonly opening: (now: bigint, block: NamedBlock) => readonly Deed[];
  /** What cannot wait, whoever else acts in the block at `now`. */
  readonly due: (now: bigint, block: NamedBlock) => Promise<readonly Deed[]>;
  /** Anything, by chance; `block` is the last one. */
  readonly act: (now: bigint, block: NamedBlock) => Promise<readonly Deed[]>;
  /** Learns anew what the chain has: it is another one than was left. */
  readonly resume: () => Promise<void>;
}

/** The call of `functionName`, for a message named `what`. */
export function deed(
  from: PrivateKeyAccount,
  to: Address,
  abi: Abi,
  functionName: string,
  args: readonly unknown[],
  rest: { readonly what?: string; readonly gas?: bigint } & Pick<Deed, "onDone" | "onFailed"> = {},
): Deed {
  const data: Hex = encodeFunctionData({ abi, functionName, args });
  return { from, to, data, what: functionName, ...rest };
}

/** All of `amount`, a wei or two, or something in between on a logarithmic scale. */
export function sized(random: Random, amount: bigint): bigint {
  if (random.chance(0.1)) return amount;
  if (random.chance(0.05)) return BigInt(random.integer(1, 2));
  return random.part(amount, 0, 10 ** (-4 * random.next()));
}
