/** What the tasks of workers and slashes share: contracts, who acts, and options. */
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { type Address, isAddressEqual } from "viem";
import { type ChainArguments, addressOption, openChain } from "../../attestation/hardhat/command.ts";
import { invalidInput } from "../../attestation/refusal.ts";
import { amountOf } from "../amount.ts";
import type { Actor, Performed } from "../perform.ts";

export interface ComputeArguments extends ChainArguments {
  readonly registry: string | undefined;
  readonly rewards: string | undefined;
  readonly slashing: string | undefined;
  readonly from: string | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** The contracts' names in the manifest, by option. */
const CONTRACTS = { registry: "workerRegistry", rewards: "workerRewards", slashing: "slashing" } as const;

/** The chain behind `--network` with the compute contracts. */
export async function openCompute(options: ComputeArguments, hre: HardhatRuntimeEnvironment) {
  const chain = await openChain(options, hre);
  return {
    transport: chain.transport,
    manifest: chain.manifest,

    /** The contract that the option of this name gives, or the manifest. */
    contract: (option: keyof typeof CONTRACTS): Promise<Address> =>
      chain.contract(CONTRACTS[option], option, options[option]),

    /** `--from`, or the network's first account. In a dry run, `--from` can be any account. */
    async actor(): Promise<Actor> {
      const { transport } = chain;
      const isDryRun = options.dryRun;
      if (options.from === undefined) return { transport, account: await chain.account(), isDryRun };
      const account = addressOption(options.from, "from");
      if (!isDryRun && !(await chain.accounts()).some((own) => isAddressEqual(own, account))) {
        throw invalidInput(`${account} is no account of this network: it cannot sign.`);
      }
      return { transport, account, isDryRun };
    },
  };
}

/** An option as wei of a token with 18 decimals. */
export function amountOption(value: string, option: string): bigint {
  const amount = amountOf(value);
  if (amount !== undefined && amount < 2n ** 96n) return amount;
  throw invalidInput(`--${option} has to be an amount such as 1250.5, not ${value}.`);
}

/** An option as a list of addresses, separated by commas. */
export const addressesOption = (value: string, option: string): Address[] =>
  value.split(",").map((address) => addressOption(address.trim(), option));

/** How it was carried out, as rows of a table. */
export const performedRows = ({ dryRun, transaction, block, gas }: Performed): (readonly [string, string | number])[] =>
  dryRun
    ? [["sent", `nothing (dry run): it would take ${gas} gas`]]
    : [
        ["transaction", transaction ?? "?"],
        ["block", block ?? "?"],
        ["gas", gas],
      ];

/** `value` with all amounts as text, for JSON. */
export function printable(value: object): object {
  const print = (inner: unknown): unknown => {
    if (typeof inner === "bigint") return String(inner);
    if (Array.isArray(inner)) return inner.map(print);
    if (typeof inner !== "object" || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([name, member]) => [name, print(member)]));
  };
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, print(member)]));
}
