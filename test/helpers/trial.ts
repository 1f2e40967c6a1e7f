/** A verifier under a test authority, and what comes of calls to it without a transaction. */
import { type Hex, decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import { tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import { type Upload, TCB_STATUS_NAMES, advisoryId, dayText, quoteArguments } from "../../scripts/attestation/calls.ts";
import type { CollateralFile } from "../../scripts/attestation/collateral.ts";
import type { Authority } from "../../scripts/attestation/factory.ts";
import type { Quote } from "../../scripts/attestation/quote.ts";
import { verifyReference } from "../../scripts/attestation/reference.ts";
import { deployVerifier } from "./attestation.ts";
import { decodeRevert } from "./errors.ts";
import type { Stage } from "./stage.ts";

const callProbeAbi = parseAbi(["function outcome(address target, bytes data) returns (bool isDone, bytes result)"]);

/** What came of a call: what it returned, or the error's name and arguments. */
export type Outcome<T> =
  | { readonly refused?: undefined; readonly value: T }
  | { readonly refused: string; readonly args: readonly unknown[] };

/** The outcome with `map` of what was returned. */
export const mapOutcome = <T, U>(outcome: Outcome<T>, map: (value: T) => U): Outcome<U> =>
  outcome.refused === undefined ? { value: map(outcome.value) } : outcome;

/** A call that never fails: it says what came of it. Far faster than a failing `eth_call`, whose stack trace is drawn. */
export async function openProbe(stage: Stage) {
  const probe = await stage.deploy("CallProbe", callProbeAbi, []);
  return async (target: Hex, data: Hex): Promise<Outcome<Hex>> => {
    const { data: answer } = await stage.publicClient.call({
      to: probe.address,
      data: encodeFunctionData({ abi: callProbeAbi, functionName: "outcome", args: [target, data] }),
    });
    const [isDone, result] = decodeFunctionResult({
      abi: callProbeAbi,
      functionName: "outcome",
      data: answer ?? "0x",
    });
    if (isDone) return { value: result };
    const { name, args } = decodeRevert(result);
    return { refused: name, args };
  };
}

const decodeVerdict = (data: Hex) => decodeFunctionResult({ abi: tdxVerifierAbi, functionName: "verify", data });

/** Options of a judgement. */
interface JudgeOptions {
  readonly isKnown?: boolean;
  /** Seconds. */
  readonly grace?: number;
}

/** Deploys a verifier under `root` (x ‖ y) that a test can try calls on. */
export async function openTrial(stage: Stage, root: Hex) {
  const verifier = await deployVerifier(stage, root);
  const probe = await openProbe(stage);
  const ask = (data: Hex) => probe(verifier.contract.address, data);

  /** What `verify` would come to with these bytes. */
  const judgeBytes = async (signedData: Hex, signatureData: Hex, grace = 0) => {
    const args = [signedData, signatureData, grace] as const;
    return mapOutcome(
      await ask(encodeFunctionData({ abi: tdxVerifierAbi, functionName: "verify", args })),
      decodeVerdict,
    );
  };
  /** What `verify` would come to. */
  const judge = (quote: Quote, options: JudgeOptions = {}) =>
    judgeBytes(...quoteArguments(quote, options), options.grace);

  return {
    ...verifier,
    judge,
    judgeBytes,

    /** What an upload would come to. */
    tryUpload: (upload: Upload): Promise<Outcome<Hex>> => ask(encodeFunctionData({ abi: tdxVerifierAbi, ...upload })),

    /** The verdict as {@link referenceVerdict} gives it. */
    async verdict(quote: Quote, options: JudgeOptions = {}) {
      const outcome = await judge(quote, options);
      if (outcome.refused !== undefined) return { refused: outcome.refused };
      const { fmspc, level, module, moduleLevel, ...verdict } = outcome.value;
      const advisories = await verifier.contract.read.advisories([fmspc, level, module, moduleLevel]);
      return {
        status: TCB_STATUS_NAMES[verdict.status],
        moduleStatus: TCB_STATUS_NAMES[verdict.moduleStatus],
        qeStatus: TCB_STATUS_NAMES[verdict.qeStatus],
        tcbDate: dayText(verdict.tcbDay),
        moduleTcbDate: dayText(verdict.moduleDay),
        advisoryIds: advisories.map(advisoryId),
      };
    },
  };
}

/** Errors of the contract that stand for the reference's refusals of a TCB. */
const TCB_REFUSALS: Record<string, string> = {
  "tcb: notSupported": "TdxVerifier_TcbNotSupported",
  "tdxModule: mismatch": "TdxVerifier_TdxModuleMismatch",
};

/** What the reference says of a quote whose signatures and dates are in order, in the contract's terms. */
export function referenceVerdict(authority: Authority, quote: Quote, collateral: CollateralFile, time: number) {
  const verdict = verifyReference({ quote, collateral, root: authority.root.key.raw, time });
  if (!verdict.ok) return { refused: TCB_REFUSALS[verdict.reason] ?? verdict.reason };
  const { status, moduleStatus, qeStatus, tcbDate, moduleTcbDate, advisoryIds } = verdict;
  if (status === "Revoked") return { refused: "TdxVerifier_TcbRevoked" };
  return { status, moduleStatus, qeStatus, tcbDate, moduleTcbDate, advisoryIds };
}
