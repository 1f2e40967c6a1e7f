import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { Hex } from "viem";
import { creationCode } from "../../../deploy/artifacts.ts";
import { isoTime } from "../collateral.ts";
import { INTEL_ROOT, readCollateralFile, readQuoteFile, readRootFile } from "../files.ts";
import { verifyQuote, type Verification } from "../verify.ts";
import { answer, given, table, wholeNumber } from "./command.ts";

interface VerifyArguments {
  readonly quote: string | undefined;
  readonly collateral: string | undefined;
  readonly time: string | undefined;
  readonly root: string | undefined;
  readonly json: boolean;
}

const VERIFIER = "attestation/TdxVerifier";
/** 9999-12-31T23:59:59Z, the last that certificates can name. */
const LAST_TIME = 253_402_300_799;

/** The verifier's bytecode. Compiles the contracts if they have not been. */
async function verifierCode(hre: HardhatRuntimeEnvironment): Promise<Hex> {
  try {
    return creationCode(VERIFIER);
  } catch {
    console.error("The contracts have not been compiled: compiling, once, which takes some minutes.");
    await hre.tasks.getTask("build").run({ noTests: true, quiet: true });
    return creationCode(VERIFIER);
  }
}

function describe(verification: Verification, time: number): string {
  const { status, advisoryIds, tcbDate, fmspc, ppid, reportData, measurements, gas } = verification;
  return table([
    ["genuine", `yes, at ${isoTime(time)}`],
    ["status", status],
    ["advisories", advisoryIds.join(", ") || "none"],
    ["TCB date", tcbDate],
    ["FMSPC", fmspc],
    ["PPID", ppid],
    ["reportData", reportData],
    ...Object.entries(measurements),
    ["gas", gas.total],
    ["  verify", gas.verify],
    ...Object.entries(gas.uploads).map(([name, used]) => [`  ${name}`, used] as const),
  ]);
}

export default function action(options: VerifyArguments, hre: HardhatRuntimeEnvironment) {
  const now = Math.floor(Date.now() / 1000);
  let time = now;
  return answer(
    options.json,
    async () => {
      if (options.time !== undefined) time = wholeNumber(options.time, "time", LAST_TIME);
      const quote = readQuoteFile(given(options.quote, "quote"));
      const collateral = readCollateralFile(given(options.collateral, "collateral"));
      const { root = "intel" } = options;
      return verifyQuote({
        root: root === "intel" ? INTEL_ROOT : readRootFile(root),
        code: await verifierCode(hre),
        quote,
        collateral,
        time,
      });
    },
    (verification) => describe(verification, time),
  );
}
