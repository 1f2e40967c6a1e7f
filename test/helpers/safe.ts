/** A suite whose governance is a real Safe, 3 of 5, on a chain of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Transport } from "viem";
import { chainReader } from "../../deploy/executors/account.ts";
import { safeExecutor } from "../../deploy/executors/safe.ts";
import { planSuite } from "../../deploy/modules/suite.ts";
import { type Parameters, parametersFor } from "../../deploy/parameters/parameters.ts";
import { deploySuite } from "../../deploy/suite.ts";
import { type BatchName, batchesOf } from "../../deploy/tasks/batches.ts";
import { governanceSafe } from "../../deploy/tasks/simulate.ts";
import { readTask } from "../../deploy/tasks/status.ts";
import type { Task, TaskContext } from "../../deploy/tasks/task.ts";
import { devAccount, devAccounts } from "../../scripts/devnet/chain.ts";
import { FIRST_OWNER, OWNERS as OWNER_COUNT } from "../../scripts/devnet/multisig.ts";

/** The Safe's five owners. */
export const OWNERS = devAccounts(FIRST_OWNER, OWNER_COUNT);

/** Pays for everything, and owns nothing. */
export const DEPLOYER = devAccount(0);

/** The local parameters: governed by the Safe. */
export function safeParameters(): Parameters {
  return parametersFor("local", "current");
}

export const CONTEXT: TaskContext = (() => {
  const parameters = safeParameters();
  return { parameters, contracts: planSuite(parameters).contracts, startBlock: 0n };
})();

interface OnChain {
  readonly transport: Transport;
}

/** Deploys the suite; brings it through genesis unless `owners` is null. */
export async function deployUnderSafe(
  { transport }: OnChain,
  options: { owners?: typeof OWNERS | null; manifestPath?: string; onStep?: (description: string) => void } = {},
) {
  const folder = mkdtempSync(path.join(tmpdir(), "safe-"));
  const { owners = OWNERS.slice(0, 3), manifestPath = path.join(folder, "manifest.json"), onStep } = options;
  try {
    return await deploySuite({
      transport,
      parameters: CONTEXT.parameters,
      deployer: DEPLOYER,
      governance: owners && { owners },
      manifestPath,
      onStep: ({ description }) => onStep?.(description),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Sends the batch `name` of what is left of a task, signed by `owners`. Returns whether there was one. */
export async function sendBatch(
  { transport }: OnChain,
  task: Task,
  name: BatchName,
  owners = OWNERS.slice(0, 3),
): Promise<boolean> {
  const reader = chainReader(transport);
  const status = await readTask(reader, task, CONTEXT);
  const blockNumber = status.block.number;
  const account = await governanceSafe(reader, CONTEXT, blockNumber);
  const batch = batchesOf(task, status, CONTEXT, account.nonce).find((each) => each.name === name);
  if (batch === undefined) return false;
  const { chainId } = CONTEXT.parameters.network;
  await safeExecutor({ transport, safe: account.address, owners, payer: DEPLOYER, chainId, blockNumber }).execute(
    batch.calls,
  );
  return true;
}
