/** Carries out calls of an account, or only tries them; what is refused is refused before anything is sent. */
import { type Account, type Address, type Hex, type TransactionReceipt, type Transport, hexToBigInt } from "viem";
import { accountExecutor, chainReader, waitUntilIdle } from "../../deploy/executors/account.ts";
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

export const addressOf = (account: Account | Address): Address =>
  typeof account === "string" ? account : account.address;

/** Tries steps one after the other, in one simulated block. */
async function simulateAll(actor: Actor, steps: readonly Step[]): Promise<{ gas: bigint; returned: Hex }> {
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
  return { gas: hexToBigInt(last.gasUsed), returned: last.returnData };
}

/** The gas of one step, and what it would return. @throws Refusal */
async function simulateOne(actor: Actor, { to, data, what }: Step): Promise<{ gas: bigint; returned: Hex }> {
  const reader = chainReader(actor.transport);
  const { account } = actor;
  try {
    const gas = await reader.estimateGas({ account, to, data });
    const { data: returned = "0x" } = await reader.call({ account, to, data });
    return { gas, returned };
  } catch (failure) {
    throw computeRefusalOf(failure, what);
  }
}

/** What `steps` would do. @throws Refusal by the first that is refused. */
export async function simulate(actor: Actor, steps: readonly Step[]): Promise<{ gas: bigint; returned: Hex }> {
  const [only, ...others] = steps;
  return only !== undefined && others.length === 0 ? simulateOne(actor, only) : simulateAll(actor, steps);
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
  if (isDryRun) return { dryRun: true, transaction: null, block: null, gas: Number(gas), returned, receipt: null };
  const [chainId, blockNumber] = await Promise.all([reader.getChainId(), reader.getBlockNumber()]);
  let hash: Hex | undefined;
  const executor = accountExecutor({
    transport,
    account,
    chainId,
    blockNumber,
    onStep: (step) => {
      hash = step.hash;
    },
  });
  try {
    await executor.execute(steps.map(({ to, data, what }) => ({ to, data, value: 0n, description: what })));
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
