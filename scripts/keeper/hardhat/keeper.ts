import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { Result } from "hardhat/types/utils";
import { errorResult, successfulResult } from "hardhat/utils/result";
import { parseEther } from "viem";
import { chainReader, reason } from "../../../deploy/executors/account.ts";
import { connect, networkName } from "../../../deploy/hardhat/command.ts";
import { manifestPathFor, readManifest } from "../../../deploy/manifest.ts";
import { DUTIES, type Duty, createKnowledge } from "../duties.ts";
import { type ChoreResult, keep } from "../keeper.ts";

interface KeeperArguments {
  readonly duties: string | undefined;
  readonly collateral: string | undefined;
  readonly minimum: string;
  readonly interval: number;
  readonly once: boolean;
  readonly manifest: string | undefined;
  readonly rpcUrl: string | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
}

function parseDuties(value: string | undefined): readonly Duty[] {
  if (value === undefined) return DUTIES;
  return value.split(",").map((name) => {
    const duty = DUTIES.find((each) => each === name.trim());
    if (duty === undefined) throw new Error(`--duties: ${name} is none of ${DUTIES.join(", ")}`);
    return duty;
  });
}

/** One line per result; with `--json`, one JSON object per line. */
function print(result: ChoreResult, isJson: boolean): void {
  if (isJson) {
    console.log(JSON.stringify({ time: new Date().toISOString(), ...result }));
    return;
  }
  const end = result.reason === undefined ? (result.transaction ?? "") : result.reason;
  console.log(`${result.result.padEnd(6)} ${result.duty.padEnd(10)} ${result.what} ${end}`.trimEnd());
}

/** Waits, but no longer than until a signal. */
function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

export default async function action(
  options: KeeperArguments,
  hre: HardhatRuntimeEnvironment,
): Promise<Result<undefined, undefined>> {
  try {
    const duties = parseDuties(options.duties);
    if (!/^\d+(\.\d+)?$/.test(options.minimum)) throw new Error(`--minimum: ${options.minimum} is no amount of PHA`);
    if (options.interval < 1) throw new Error("--interval: at least one second");
    const manifest = readManifest(options.manifest ?? manifestPathFor(networkName(hre)));
    const { transport, accounts } = await connect(options, hre);
    const [account] = await accounts();
    if (account === undefined) throw new Error("this network has no account to send from");
    const chainId = await chainReader(transport).getChainId();
    if (chainId !== manifest.chainId) {
      throw new Error(`the manifest is of chain ${manifest.chainId}, but this is chain ${chainId}`);
    }
    const end = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end.abort());
    const knowledge = createKnowledge(BigInt(manifest.startBlock));
    do {
      let isFailed = false;
      try {
        const results = await keep({
          transport,
          account,
          contracts: manifest.contracts,
          knowledge,
          duties,
          collateral: options.collateral ?? null,
          minimum: parseEther(options.minimum),
          isDryRun: options.dryRun,
          onResult: (result) => print(result, options.json),
        });
        isFailed = results.some(({ result }) => result === "failed");
        if (results.length === 0 && options.once && !options.json) console.log("Nothing is due.");
      } catch (error) {
        // The endpoint is away, or the like: the next round tries again.
        isFailed = true;
        if (options.json) console.log(JSON.stringify({ time: new Date().toISOString(), error: reason(error) }));
        else console.error(`Error: ${reason(error)}`);
      }
      if (options.once) return isFailed ? errorResult() : successfulResult();
      await pause(options.interval, end.signal);
    } while (!end.signal.aborted);
    return successfulResult();
  } catch (error) {
    console.error(`Error: ${reason(error)}`);
    return errorResult();
  }
}
