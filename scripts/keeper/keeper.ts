/** One round of a keeper: sees what is due, and does it. Whatever fails is told, and does not keep the rest from being done. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import type { Account, Address, Hex, Transport } from "viem";
import { accountExecutor, addressOf, chainReader, reason, waitUntilIdle } from "../../deploy/executors/account.ts";
import type { Contracts } from "../../deploy/modules/module.ts";
import { attestationRegistryAbi } from "../../deploy/generated/abis.ts";
import type { CollateralFile } from "../attestation/collateral.ts";
import { parseCollateralFile, readCollateralFile } from "../attestation/files.ts";
import { COLLATERAL_TEXT } from "../attestation/names.ts";
import { missingCollateral, uploadCollateral } from "../attestation/upload.ts";
import { type Chore, type Duty, type Knowledge, choresOf, learn } from "./duties.ts";

/** How long a collateral service may take to answer. */
const FETCH_MS = 20_000;

export interface KeeperOptions {
  readonly transport: Transport;
  /** Pays. An address must be unlocked at the endpoint. */
  readonly account: Account | Address;
  readonly contracts: Contracts;
  readonly knowledge: Knowledge;
  readonly duties: readonly Duty[];
  /** A collateral file, a folder of them, or an http(s) URL that answers with one; null: none. */
  readonly collateral: string | CollateralFile | null;
  /** Wei of PHA from which bringing in a stream is worth its gas. */
  readonly minimum: bigint;
  /** Only says what is due. */
  readonly isDryRun: boolean;
  readonly onResult?: (result: ChoreResult) => void;
}

/** What became of something that was due. */
export interface ChoreResult {
  readonly duty: Duty;
  readonly what: string;
  readonly result: "done" | "due" | "failed";
  readonly transaction?: Hex;
  /** Why it failed. */
  readonly reason?: string;
}

/** The collateral files that `source` stands for. Throws an error that says what is wrong with it. */
export async function readCollateral(source: string | CollateralFile | null): Promise<CollateralFile[]> {
  if (source === null) return [];
  if (typeof source !== "string") return [source];
  if (/^https?:\/\//.test(source)) {
    const response = await fetch(source, { signal: AbortSignal.timeout(FETCH_MS) });
    if (!response.ok) throw new Error(`${source} answers ${response.status}`);
    return [parseCollateralFile(await response.text(), source)];
  }
  const isFolder = statSync(source, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isFolder) return [readCollateralFile(source)];
  const files = readdirSync(source).filter((name) => name.endsWith(".json"));
  return files.sort().map((name) => parseCollateralFile(readFileSync(path.join(source, name), "utf8"), name));
}

/** Does what is due. Safe to run at any time, and beside others: whoever comes second finds nothing to do, or is refused. */
export async function keep(options: KeeperOptions): Promise<ChoreResult[]> {
  const { transport, account, contracts, knowledge, duties } = options;
  const results: ChoreResult[] = [];
  const tell = (result: ChoreResult) => {
    results.push(result);
    options.onResult?.(result);
  };
  const reader = chainReader(transport);
  if (duties.includes("collateral")) {
    try {
      await keepCollateral(options, tell);
    } catch (error) {
      tell({ duty: "collateral", what: "upload collateral", result: "failed", reason: reason(error) });
    }
  }
  await learn(reader, contracts, knowledge);
  const chores = (await choresOf({ reader, contracts, knowledge, minimum: options.minimum })).filter(({ duty }) =>
    duties.includes(duty),
  );
  for (const chore of chores) {
    const { duty, what, to, data } = chore;
    try {
      await reader.estimateGas({ account: addressOf(account), to, data });
      if (options.isDryRun) tell({ duty, what, result: "due" });
      else tell({ duty, what, result: "done", transaction: await send(options, chore) });
    } catch (error) {
      tell({ duty, what, result: "failed", reason: reason(error) });
    }
  }
  return results;
}

async function keepCollateral(
  { transport, account, contracts, collateral, isDryRun }: KeeperOptions,
  tell: (result: ChoreResult) => void,
): Promise<void> {
  const reader = chainReader(transport);
  const verifier = await reader.readContract({
    address: contracts.attestationRegistry,
    abi: attestationRegistryAbi,
    functionName: "verifier",
  });
  for (const file of await readCollateral(collateral)) {
    if (isDryRun) {
      for (const kind of await missingCollateral(reader, verifier, file)) {
        tell({ duty: "collateral", what: `upload the ${COLLATERAL_TEXT[kind]}`, result: "due" });
      }
      continue;
    }
    await uploadCollateral({
      transport,
      account,
      verifier,
      file,
      onItem: ({ kind, result, transaction }) => {
        if (result !== "uploaded") return;
        const what = `upload the ${COLLATERAL_TEXT[kind]}`;
        tell({ duty: "collateral", what, result: "done", ...(transaction && { transaction }) });
      },
    });
  }
}

/** Sends one chore and waits for it. */
async function send({ transport, account }: KeeperOptions, { to, data, what }: Chore): Promise<Hex> {
  const reader = chainReader(transport);
  await waitUntilIdle(reader, addressOf(account));
  const [chainId, blockNumber] = await Promise.all([reader.getChainId(), reader.getBlockNumber()]);
  return accountExecutor({ transport, account, chainId, blockNumber }).send({ to, data, value: 0n, description: what });
}
