/** A task from beginning to end on a chain that is thrown away afterwards: signed, scheduled, waited for, executed. */
import {
  type Address,
  type Hash,
  type Hex,
  type LocalAccount,
  type Transport,
  createTestClient,
  decodeFunctionData,
  encodeAbiParameters,
  getAbiItem,
  getAddress,
  keccak256,
  padHex,
  parseEther,
  stringToHex,
  toFunctionSelector,
  toHex,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { foundry } from "viem/chains";
import type { Call } from "../call.ts";
import { type ChainReader, chainReader } from "../executors/account.ts";
import { safeExecutor } from "../executors/safe.ts";
import { phalaAuthorityAbi } from "../generated/abis.ts";
import { SENTINEL, type SafeState, readSafe } from "../safe/account.ts";
import { type Batch, type BatchName, batchesOf } from "./batches.ts";
import { type PrestateDiff, callFindings, findings, traceChanges } from "./diff.ts";
import { type TaskStatus, readTask } from "./status.ts";
import { operationId } from "../operation.ts";
import type { Task, TaskContext } from "./task.ts";

export interface SimulateOptions {
  /** Of a chain whose clock, balances and storage may be set: a fork, never the chain itself. */
  readonly transport: Transport;
  readonly task: Task;
  readonly context: TaskContext;
  /** Owners whose keys are at hand; without enough of them, the Safe's owners are replaced on the fork. */
  readonly owners: readonly LocalAccount[];
  /** Batches in place of those that the task makes, as they were read from files. */
  readonly batches?: Partial<Readonly<Record<BatchName, readonly Call[]>>> | undefined;
}

/** A batch that was executed. */
export interface SimulatedBatch extends Batch {
  readonly hash: Hash;
  readonly gasUsed: bigint;
  readonly timestamp: bigint;
  readonly diff: PrestateDiff;
  /** Its calls against the task's own, and what it changed against what it may change: see {@link findings}. */
  readonly findings: readonly string[];
}

export interface Simulation {
  /** Whether the Safe's own owners signed. */
  readonly isSignedByOwners: boolean;
  readonly batches: readonly SimulatedBatch[];
  /** How far the task is afterwards. */
  readonly status: TaskStatus;
}

/** Sends the batches of the fork. */
const PAYER = throwAwayKey("payer");

export async function simulateTask(options: SimulateOptions): Promise<Simulation> {
  const { transport, task, context, owners } = options;
  const { chainId } = context.parameters.network;
  const reader = chainReader(transport);
  const fork = createTestClient({ chain: { ...foundry, id: chainId }, transport, mode: "hardhat", cacheTime: 0 });
  const status = await readTask(reader, task, context);
  const safe = await governanceSafe(reader, context, status.block.number);
  await fork.setBalance({ address: PAYER.address, value: parseEther("100") });

  const known = owners.filter(({ address }) => safe.owners.includes(address));
  const isSignedByOwners = known.length >= safe.threshold;
  const signers = isSignedByOwners ? known : await replaceOwners(fork, safe);

  const done: SimulatedBatch[] = [];
  const all = batchesOf(task, status, context, safe.nonce);
  if (options.batches !== undefined) requireNames(task, Object.keys(options.batches), all);
  for (const planned of all) {
    const batch = { ...planned, calls: options.batches?.[planned.name] ?? planned.calls };
    if (batch.name === "execute") await waitUntilReady(fork, reader, batch.calls, context);
    const blockNumber = await reader.getBlockNumber();
    const hash = await safeExecutor({
      transport,
      safe: safe.address,
      owners: signers,
      payer: PAYER,
      chainId,
      blockNumber,
    }).send(batch.calls);
    const [receipt, diff] = await Promise.all([reader.getTransactionReceipt({ hash }), traceChanges(transport, hash)]);
    const { timestamp, miner } = await reader.getBlock({ blockNumber: receipt.blockNumber });
    done.push({
      ...batch,
      hash,
      gasUsed: receipt.gasUsed,
      timestamp,
      diff,
      findings: [
        ...callFindings(batch.calls, planned.calls),
        ...findings(diff, batch.expected, { payer: PAYER.address, miner: getAddress(miner) }),
      ],
    });
  }
  return { isSignedByOwners, batches: done, status: await readTask(reader, task, context) };
}

/** Refuses files that leave a batch out, or hold one that nobody would run: it could be signed all the same. */
function requireNames({ name }: Task, files: readonly string[], planned: readonly Batch[]): void {
  const text = (names: readonly string[]) => names.map((each) => `${each}.json`).join(" and ") || "nothing";
  const left = planned.map((batch) => batch.name);
  if (left.length === files.length && left.every((each) => files.includes(each))) return;
  throw new Error(`the folder holds ${text(files)}, but what is left of ${name} is ${text(left)}: build it again`);
}

type Fork = ReturnType<typeof createTestClient>;

/** The Safe that governs. Throws where an account does. */
export async function governanceSafe(
  client: Parameters<typeof readSafe>[0],
  { parameters }: TaskContext,
  blockNumber: bigint,
): Promise<SafeState> {
  const { governance } = parameters.accounts;
  const safe = await readSafe(client, governance, blockNumber);
  if (safe === undefined) {
    throw new Error(`accounts.governance: there is no Safe at ${governance}; an account sends what it decides itself`);
  }
  return safe;
}

/** Lets time pass until the authority lets all of `calls` through: from their own content, whatever the task says. */
async function waitUntilReady(
  fork: Fork,
  reader: ChainReader,
  calls: readonly Call[],
  { contracts, parameters }: TaskContext,
): Promise<void> {
  const { phalaAuthority } = contracts;
  const schedules = await Promise.all(
    calls.map(async ({ to, data }) => {
      const inner = to === phalaAuthority ? executedBy(data) : undefined;
      if (inner === undefined) return 0;
      return reader.readContract({
        address: phalaAuthority,
        abi: phalaAuthorityAbi,
        functionName: "getSchedule",
        args: [operationId(parameters.accounts.governance, inner)],
      });
    }),
  );
  const latest = BigInt(Math.max(...schedules));
  const { timestamp } = await reader.getBlock();
  if (latest <= timestamp) return;
  await fork.setNextBlockTimestamp({ timestamp: latest });
  await fork.mine({ blocks: 1 });
}

/** What a call of the authority's `execute` executes; undefined if it is another call. */
function executedBy(data: Hex): Pick<Call, "to" | "data"> | undefined {
  if (!data.startsWith(toFunctionSelector(getAbiItem({ abi: phalaAuthorityAbi, name: "execute" })))) return undefined;
  const { functionName, args } = decodeFunctionData({ abi: phalaAuthorityAbi, data });
  return functionName === "execute" ? { to: args[0], data: args[1] } : undefined;
}

/** `SafeStorage.owners` and `SafeStorage.ownerCount`. */
const OWNERS_SLOT = 2n;
const OWNER_COUNT_SLOT = 3;

/** Puts as many owners as have to sign in place of the Safe's own; their keys are in this file, so on a fork only. */
async function replaceOwners(fork: Fork, { address, threshold }: SafeState): Promise<LocalAccount[]> {
  const accounts = Array.from({ length: threshold }, (_, i) => throwAwayKey(`owner ${i}`));
  const slotOf = (owner: Address): Hex =>
    keccak256(encodeAbiParameters([{ type: "address" }, { type: "uint256" }], [owner, OWNERS_SLOT]));
  const list: Address[] = [SENTINEL, ...accounts.map((account) => account.address), SENTINEL];
  for (const [i, next] of list.slice(1).entries()) {
    await fork.setStorageAt({ address, index: slotOf(list[i] ?? SENTINEL), value: padHex(next, { size: 32 }) });
  }
  await fork.setStorageAt({ address, index: OWNER_COUNT_SLOT, value: toHex(threshold, { size: 32 }) });
  return accounts;
}

function throwAwayKey(name: string): LocalAccount {
  return privateKeyToAccount(keccak256(stringToHex(`throw-away key of a simulation: ${name}`)));
}
