/** Carries out calls of an account, or only tries them; what is refused is refused before anything is sent. */
import { type Account, type Address, type Hex, type TransactionReceipt, type Transport, hexToBigInt } from "viem";
import { accountExecutor, addressOf, chainReader, waitUntilIdle } from "../../deploy/executors/account.ts";
import { Refusal } from "../attestation/refusal.ts";
import { waitForBlockAfter } from "../attestation/submit.ts";
import { computeRefusalOf } from "./refusal.ts";

/** Who acts, and whether for real. */
export interface Actor {
  readonly transport: Transport;
  /** An address must be unlocked at the endpoint; for a dry run, any will do. */
  readonly account: Account | Address;
  readonly isDryRun: boolean;
}

export interface Step {
  readonly to: Address;
  readonly data: Hex;
  /** For messages: `register`. */
  readonly what: string;
}

/** What became of the last step; of a dry run, what would become of it. */
export interface Performed {
  readonly dryRun: boolean;
  /** Null if nothing was sent. */
  readonly transaction: Hex | null;
  readonly block: number | null;
  readonly gas: number;
}

/** What is printed of it. */
export const plain = ({ dryRun, transaction, block, gas }: Performed): Performed => ({
  dryRun,
  transaction,
  block,
  gas,
});

/** The gas of each step, and what the last one returns. */
export interface Simulated {
  readonly gas: readonly bigint[];
  readonly returned: Hex;
}

/** The gas limit for what took `gas`: an hour may end before it is mined, whose books it then closes, and refunds come last. */
export const gasLimit = (gas: bigint): bigint => (gas * 130n) / 100n + 100_000n;

/** Tries steps one after the other, in one simulated block. */
async function simulateAll(actor: Actor, steps: readonly Step[]): Promise<Simulated> {
  const reader = chainReader(actor.transport);
  const from = addressOf(actor.account);
  const calls = steps.map(({ to, data }) => ({ from, to, data }));
  const [block] = await reader.request({
    method: "eth_simulateV1",
    params: [{ blockStateCalls: [{ calls }] }, "latest"],
  });
  const results = block?.calls ?? [];
  for (const [i, step] of steps.entries()) {
    const result = results[i];
    if (result === undefined) throw new Error(`${step.what}: the endpoint has not simulated it`);
    if (hexToBigInt(result.status) === 1n) continue;
    const { error, returnData } = result;
    throw computeRefusalOf({ data: error?.data ?? returnData, message: error?.message }, step.what);
  }
  const last = results.at(-1);
  if (last === undefined) throw new Error("nothing to simulate");
  return { gas: results.map(({ gasUsed }) => hexToBigInt(gasUsed)), returned: last.returnData };
}

/** The gas of one step, and what it would return. @throws Refusal */
async function simulateOne(actor: Actor, { to, data, what }: Step): Promise<Simulated> {
  const reader = chainReader(actor.transport);
  const { account } = actor;
  try {
    const gas = await reader.estimateGas({ account, to, data });
    const { data: returned = "0x" } = await reader.call({ account, to, data });
    return { gas: [gas], returned };
  } catch (failure) {
    throw computeRefusalOf(failure, what);
  }
}

/** What `steps` would do. @throws Refusal by the first that is refused. */
export async function simulate(actor: Actor, steps: readonly Step[]): Promise<Simulated> {
  const [only, ...others] = steps;
  return only !== undefined && others.length === 0 ? simulateOne(actor, only) : simulateAll(actor, steps);
}

/**
 * Runs `action`; once more if it does not know block `blockNumber`, after that: some nodes try calls in the last block, which does
 * not see its own hash. The next block may have come since then, so that its being there says nothing of what the try has seen.
 */
export async function afterBlock<T>(transport: Transport, blockNumber: bigint, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (refusal) {
    if (!(refusal instanceof Refusal) || !refusal.error.endsWith("_UnknownBlock")) throw refusal;
    if (!(await waitForBlockAfter(chainReader(transport), blockNumber))) throw refusal;
    return action();
  }
}

/**
 * Carries `steps` out, one transaction each.
 * @throws Refusal, before anything is sent.
 */
export async function perform(
  actor: Actor,
  steps: readonly Step[],
): Promise<Performed & { readonly returned: Hex; readonly receipt: TransactionReceipt | null }> {
  const { transport, account, isDryRun } = actor;
  const reader = chainReader(transport);
  if (!isDryRun) await waitUntilIdle(reader, addressOf(account));
  const { gas, returned } = await simulate(actor, steps);
  if (isDryRun) {
    return { dryRun: true, transaction: null, block: null, gas: Number(gas.at(-1)), returned, receipt: null };
  }
  const [chainId, blockNumber] = await Promise.all([reader.getChainId(), reader.getBlockNumber()]);
  const executor = accountExecutor({ transport, account, chainId, blockNumber });
  let hash: Hex | undefined;
  try {
    for (const [i, { to, data, what }] of steps.entries()) {
      hash = await executor.send({ to, data, value: 0n, gas: gasLimit(gas[i] ?? 0n), description: what });
    }
  } catch (failure) {
    throw computeRefusalOf(failure, steps.at(-1)?.what ?? "");
  }
  if (hash === undefined) throw new Error("not mined");
  const receipt = await reader.getTransactionReceipt({ hash });
  return {
    dryRun: false,
    transaction: hash,
    block: Number(receipt.blockNumber),
    gas: Number(receipt.gasUsed),
    returned,
    receipt,
  };
}
