/** What the commands of governance's tasks share: the task, the suite it is for, and a fork of its chain. */
import { readdirSync } from "node:fs";
import path from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { type LocalAccount, custom, http, isHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { devAccounts } from "../../scripts/devnet/chain.ts";
import type { Call } from "../call.ts";
import { type ChainReader, chainReader } from "../executors/account.ts";
import { manifestPathFor, readManifest } from "../manifest.ts";
import { readFile } from "../parameters/parameters.ts";
import { readTransactionBuilderFile } from "../safe/transactionBuilder.ts";
import { checkChain } from "../suite.ts";
import { BATCH_NAMES, type BatchName } from "../tasks/batches.ts";
import { callTree } from "../tasks/decode.ts";
import { type Simulation, simulateTask } from "../tasks/simulate.ts";
import { loadTask } from "../tasks/tasks.ts";
import type { Task, TaskContext } from "../tasks/task.ts";
import { connect, networkName, readInput } from "./command.ts";

export interface TaskArguments {
  readonly task: string;
  readonly input: string | undefined;
  readonly manifest: string | undefined;
  readonly rpcUrl: string | undefined;
}

export interface SimulateArguments extends TaskArguments {
  readonly ownerKeys: string | undefined;
  readonly batches: string | undefined;
}

/** The task that the options name, the deployment that it is for, and its chain. */
export async function openTask(
  options: TaskArguments,
  hre: HardhatRuntimeEnvironment,
): Promise<{ task: Task; context: TaskContext; reader: ChainReader }> {
  const task = loadTask(options.task, options.input);
  const { parameters, contracts, startBlock } = readManifest(options.manifest ?? manifestPathFor(networkName(hre)));
  const { transport } = await connect(options, hre);
  const reader = chainReader(transport);
  await checkChain(reader, parameters);
  return { task, context: { parameters, contracts, startBlock: BigInt(startBlock) }, reader };
}

/** Runs the task on a fork of its chain, in this process. */
export async function simulateOnFork(
  options: SimulateArguments,
  hre: HardhatRuntimeEnvironment,
): Promise<{ task: Task; simulation: Simulation }> {
  const { task, context } = await openTask(options, hre);
  const { chainId } = context.parameters.network;
  const { networkConfig, chainType } = await hre.network.getOrCreate(networkName(hre));
  if (networkConfig.type !== "http") throw new Error("a fork needs a network that is reached by its endpoint");
  const url = options.rpcUrl ?? (await networkConfig.url.getUrl());
  // The head, by number: Hardhat's own choice lies further back, where a node without past states has nothing.
  const blockNumber = Number(await chainReader(http(url)).getBlockNumber());
  const { provider } = await hre.network.create({
    network: "fork",
    chainType,
    override: { chainId, forking: { url, enabled: true, blockNumber } },
  });
  // Of the block it begins with, the fork does not know by which rules calls are to be executed.
  await provider.request({ method: "hardhat_mine" });
  const simulation = await simulateTask({
    transport: custom(provider, { retryCount: 0 }),
    task,
    context,
    owners: [
      ...(options.ownerKeys === undefined ? [] : readKeys(options.ownerKeys)),
      // Everybody knows the keys of a development chain.
      ...(chainId === DEVELOPMENT ? devAccounts(0, 20) : []),
    ],
    batches: options.batches === undefined ? undefined : readBatches(options.batches, context),
  });
  return { task, simulation };
}

const DEVELOPMENT = 31_337;

/** Private keys, one in each line. */
function readKeys(file: string): LocalAccount[] {
  const lines = readInput(file)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.map((line, i) => {
    if (!isHex(line) || line.length !== 66)
      throw new Error(`${file}, line ${i + 1}: is no private key (0x and 64 digits)`);
    return privateKeyToAccount(line);
  });
}

/** The batches in the files of a folder that `build` wrote. */
function readBatches(
  folder: string,
  { parameters, contracts }: TaskContext,
): Partial<Record<BatchName, readonly Call[]>> {
  const described = (call: Call): Call => ({
    ...call,
    description: callTree(contracts, call)
      .map((line) => line.trim())
      .join(" "),
  });
  const expected = { chainId: parameters.network.chainId, safe: parameters.accounts.governance };
  const read = (name: BatchName) => {
    const file = path.join(folder, `${name}.json`);
    return readFile(file, (content) => readTransactionBuilderFile(content, expected)).map(described);
  };
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const other = names.find((name) => !BATCH_NAMES.some((each) => name === `${each}.json`));
  if (other !== undefined) throw new Error(`${folder}: ${other} is neither schedule.json nor execute.json`);
  const found = BATCH_NAMES.filter((name) => names.includes(`${name}.json`));
  if (found.length === 0) throw new Error(`${folder}: holds neither schedule.json nor execute.json`);
  return Object.fromEntries(found.map((name) => [name, read(name)]));
}
