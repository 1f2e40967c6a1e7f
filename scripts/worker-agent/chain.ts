/** The chain as the agent sees it: what it says of the worker, read at one block. */
import { type Address, type Hex, type Transport, fallback, http } from "viem";
import { type ChainReader, chainReader } from "../../deploy/executors/account.ts";
import { workerRegistryAbi, workerRewardsAbi } from "../../deploy/generated/abis.ts";
import { nameOf } from "../attestation/names.ts";
import { LAPSES, WORKER_STATES } from "../compute/calls.ts";
import type { AgentConfig } from "./config.ts";

const HOUR = 3_600;

export interface NamedBlock {
  readonly number: bigint;
  readonly hash: Hex;
}

/** The worker at one block. Times are unix seconds, hours are counted since 1970. */
export interface Standing {
  readonly head: { readonly number: bigint; readonly timestamp: number };
  /** As the registry has it. */
  readonly state: (typeof WORKER_STATES)[number];
  readonly lapse: (typeof LAPSES)[number];
  readonly operator: Address;
  readonly collateral: bigint;
  readonly required: bigint;
  readonly thawing: bigint;
  readonly attestedBlock: bigint;
  /** 0 without a valid attestation. */
  readonly validUntil: number;
  /** When the attested block was; 0 if the node does not have it. */
  readonly attestedAt: number;
  readonly weight: number;
  readonly lease: {
    readonly from: number;
    readonly end: number;
    readonly weight: number;
    readonly blockNumber: bigint;
  };
  /** Wei, for gas. */
  readonly payerBalance: bigint;
}

/** The contracts' addresses that follow from the registry. */
export interface Contracts {
  readonly vpha: Address;
  readonly attestation: Address;
}

/** The hour that contains the unix second `at`. */
export const hourOf = (at: number): number => Math.floor(at / HOUR);

/** The configured contracts are not what they should be. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

export type Chain = ReturnType<typeof openChain>;

/** The endpoints of the configuration, one after the other where one fails. */
export function transportTo(rpcUrls: readonly string[]): Transport {
  const all = rpcUrls.map((url) => http(url, { retryCount: 0, timeout: 15_000 }));
  const [first] = all;
  if (first === undefined) throw new ConfigurationError("no endpoint");
  return all.length === 1 ? first : fallback(all, { rank: false, retryCount: 0 });
}

/** Reads the chain for `worker`. */
export function openChain(
  config: Pick<AgentConfig, "chainId" | "registry" | "rewards" | "confirmations">,
  transport: Transport,
  accounts: { readonly worker: Address; readonly payer: Address },
) {
  const reader: ChainReader = chainReader(transport);
  const registry = { address: config.registry, abi: workerRegistryAbi } as const;
  const rewards = { address: config.rewards, abi: workerRewardsAbi } as const;
  const args = [accounts.worker] as const;
  let attested = { block: 0n, at: 0 };
  let contracts: Contracts | undefined;

  /** When block `number` was; remembered for the last one. */
  const timeOf = async (number: bigint): Promise<number> => {
    if (number === 0n) return 0;
    if (attested.block !== number) {
      // A node may have forgotten it: then the agent goes by what it knows, the end.
      const block = await reader.getBlock({ blockNumber: number }).catch(() => undefined);
      if (block === undefined) return 0;
      attested = { block: number, at: Number(block.timestamp) };
    }
    return attested.at;
  };

  return {
    transport,
    reader,

    /** Checks chain and contracts, once, and finds what belongs to them. @throws ConfigurationError */
    async contracts(): Promise<Contracts> {
      if (contracts !== undefined) return contracts;
      const chainId = await reader.getChainId();
      if (chainId !== config.chainId) {
        throw new ConfigurationError(`the endpoint is of chain ${chainId}, the configuration of ${config.chainId}`);
      }
      for (const [name, address] of [
        ["registry", config.registry],
        ["rewards", config.rewards],
      ] as const) {
        if ((await reader.getCode({ address })) === undefined) {
          throw new ConfigurationError(`there is no contract at ${address} (${name})`);
        }
      }
      const [used, vpha, attestation] = await Promise.all([
        reader.readContract({ ...rewards, functionName: "workerRegistry" }),
        reader.readContract({ ...registry, functionName: "vpha" }),
        reader.readContract({ ...registry, functionName: "attestation" }),
      ]);
      if (used !== config.registry) {
        throw new ConfigurationError(`the rewards' registry is ${used}, the configured one ${config.registry}`);
      }
      contracts = { vpha, attestation };
      return contracts;
    },

    /** What the chain says of the worker, all of it at its head. */
    async standing(): Promise<Standing> {
      const { number, timestamp } = await reader.getBlock({ blockTag: "latest" });
      const at = { blockNumber: number };
      const [view, lease, payerBalance] = await Promise.all([
        reader.readContract({ ...registry, ...at, functionName: "workerOf", args }),
        reader.readContract({ ...rewards, ...at, functionName: "leaseOf", args }),
        reader.getBalance({ address: accounts.payer, ...at }),
      ]);
      return {
        head: { number, timestamp: Number(timestamp) },
        state: nameOf(WORKER_STATES, view.state),
        lapse: nameOf(LAPSES, view.lapse),
        operator: view.operator,
        collateral: view.collateral,
        required: view.required,
        thawing: view.thawing,
        attestedBlock: BigInt(view.attestedBlock),
        validUntil: view.validUntil,
        attestedAt: await timeOf(BigInt(view.attestedBlock)),
        weight: view.weight,
        lease: { from: lease.from, end: lease.end, weight: lease.weight, blockNumber: BigInt(lease.blockNumber) },
        payerBalance,
      };
    },

    /** The block to name now: the newest that has its confirmations and whose number `every` divides. */
    async namedBlock(head: bigint, every = 1): Promise<NamedBlock> {
      const depth = BigInt(config.confirmations);
      const newest = head > depth ? head - depth : head;
      const { number, hash } = await reader.getBlock({ blockNumber: newest - (newest % BigInt(every)) });
      return { number, hash };
    },
  };
}
