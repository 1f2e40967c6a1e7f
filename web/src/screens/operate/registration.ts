/** The checks that a worker's registration has to pass before anything is signed. */
import { type Address, type Hex, decodeFunctionResult, encodeFunctionData, getAddress, slice } from "viem";
import type { Config as WagmiConfig } from "wagmi";
import { getBlock, readContract } from "wagmi/actions";
import { attestationRegistryAbi, tdxVerifierAbi, workerRegistryAbi } from "../../../../deploy/generated/abis.ts";
import {
  QUOTE_BLOCKS,
  TCB_STATUS_NAMES,
  commitOf,
  dayText,
  quoteArguments,
  reportDataOf,
} from "../../../../scripts/attestation/calls.ts";
import { WORKER_STATES, modelName, subjectHash } from "../../../../scripts/compute/calls.ts";
import { COMPUTE_ERRORS } from "../../chain/computeReasons.ts";
import { attempt } from "../../chain/send.ts";
import type { Config } from "../../config/shape.ts";
import { formatAmount } from "../../format/amount.ts";
import { shortHex } from "../../format/address.ts";
import type { Registration } from "./registrationFile.ts";

/** What the checks have found out. */
export interface Ready {
  readonly worker: Address;
  /** Wei of vPHA that the catalog asks for. */
  readonly required: bigint;
  /** `quote` of the registry: whole, or without what the platform has shown before. */
  readonly shown: { readonly blockNumber: number; readonly signedData: Hex; readonly signatureData: Hex };
}

/** A check that has passed or failed, in words. */
export interface Verdict {
  readonly name: string;
  readonly isPassed: boolean;
  readonly said: string;
}

/** Thrown by a check: the sentence says why it failed. */
class Failed extends Error {}

const requireThat = (holds: boolean, otherwise: string): void => {
  if (!holds) throw new Failed(otherwise);
};

export const CHECKS = [
  "The file is a TDX quote",
  "The block it names is recent",
  "It binds this chain, registry, operator, GPUs and block",
  "Its key is new here",
  "The model is listed, and the GPUs are free",
  "Image and machine shape are allowed",
  "Intel's rules: signatures, certificates, TCB",
  "Policy: floors and switches",
  "Registrations are open, and the collateral is there",
] as const;

/**
 * Checks the registration step by step; `onVerdict` hears of each. Returns what to send, or null after the first check that fails.
 * `explain` says why a contract refused.
 */
export async function checkRegistration(
  { wagmi, config, account }: { wagmi: WagmiConfig; config: Config; account: Address },
  { quote, subject, blockNumber }: Registration,
  balance: bigint,
  explain: (error: unknown) => string,
  onVerdict: (verdict: Verdict) => void,
): Promise<Ready | null> {
  const chainId = config.chain.id;
  const { workerRegistry, attestationRegistry: registry } = config.contracts;
  const workers = { address: workerRegistry, abi: workerRegistryAbi, chainId } as const;
  const attested = { address: registry, abi: attestationRegistryAbi, chainId } as const;
  const { measurements } = quote;
  const worker = getAddress(slice(measurements.reportData, 0, 20));
  const caller = { wagmi, chainId, account };
  let required = 0n;
  const found: { shown: Ready["shown"] | null } = { shown: null };

  /** Tries `attest` with the quote in a form. */
  const attest = (signedData: Hex, signatureData: Hex) =>
    attempt(caller, {
      to: registry,
      abi: COMPUTE_ERRORS,
      data: encodeFunctionData({
        abi: attestationRegistryAbi,
        functionName: "attest",
        args: [subjectHash(subject), Number(blockNumber), signedData, signatureData],
      }),
    });

  const steps: Record<(typeof CHECKS)[number], () => Promise<string> | string> = {
    "The file is a TDX quote": () => `Version ${quote.version}, ${quote.size} bytes, of the key ${worker}.`,
    "The block it names is recent": async () => {
      const head = await getBlock(wagmi, { chainId });
      requireThat(blockNumber <= head.number, `Block ${blockNumber} is not there yet; the chain is at ${head.number}.`);
      requireThat(
        blockNumber + QUOTE_BLOCKS > head.number,
        `Block ${blockNumber} is not among the last ${QUOTE_BLOCKS}; the chain is at ${head.number}. Make a quote for a block of now.`,
      );
      return `Block ${blockNumber}, ${head.number - blockNumber} behind the head.`;
    },
    "It binds this chain, registry, operator, GPUs and block": async () => {
      const { hash: blockHash } = await getBlock(wagmi, { chainId, blockNumber });
      const commit = commitOf({ chainId, registry, subject: subjectHash(subject), blockNumber, blockHash });
      requireThat(
        measurements.reportData.toLowerCase() === reportDataOf(worker, commit).toLowerCase(),
        "The quote's report data is that of something else: another operator, model, list of GPUs, evidence, block, registry or chain.",
      );
      return `Operator ${subject.operator}, ${subject.gpuIds.length} × ${modelName(subject.model)}.`;
    },
    "Its key is new here": async () => {
      const { state } = await readContract(wagmi, { ...workers, functionName: "workerOf", args: [worker] });
      requireThat(state === 0, `${worker} is ${WORKER_STATES[state] ?? state} already: a worker registers once.`);
      return `${worker} was never registered.`;
    },
    "The model is listed, and the GPUs are free": async () => {
      const { gpuIds } = subject;
      const most = await readContract(wagmi, { ...workers, functionName: "MAX_GPUS" });
      requireThat(
        gpuIds.length > 0 && BigInt(gpuIds.length) <= most,
        `A worker has 1 to ${most} GPUs, not ${gpuIds.length}.`,
      );
      requireThat(new Set(gpuIds).size === gpuIds.length, "A GPU is named twice.");
      const model = await readContract(wagmi, { ...workers, functionName: "modelOf", args: [subject.model] });
      requireThat(model.isListed, `The catalog does not list ${modelName(subject.model)}.`);
      required = model.collateral * BigInt(gpuIds.length);
      const holders = await Promise.all(
        gpuIds.map((id) => readContract(wagmi, { ...workers, functionName: "holderOf", args: [id] })),
      );
      const moved = holders.filter(([, , isHeld]) => isHeld).length;
      return moved === 0
        ? `${formatAmount(required, 0)} vPHA of collateral.`
        : `${formatAmount(required, 0)} vPHA of collateral. ${moved} of the GPUs are another worker's until now, so that the first lease waits for six hours.`;
    },
    "Image and machine shape are allowed": async () => {
      // As the registry reads them: an image whose RTMR3 is not pinned has it empty.
      for (const rtMr3 of [measurements.rtMr3, "0x"] as const) {
        const image = await readContract(wagmi, {
          ...attested,
          functionName: "imageOf",
          args: [{ ...measurements, rtMr3 }],
        });
        if (!(await readContract(wagmi, { ...attested, functionName: "isImageAllowed", args: [image] }))) continue;
        const isShape = await readContract(wagmi, {
          ...attested,
          functionName: "isShapeAllowed",
          args: [image, measurements.rtMr0],
        });
        requireThat(isShape, `The image ${shortHex(image)} is allowed, but not in this shape of machine (RTMR0).`);
        return `Image ${image}.`;
      }
      throw new Failed(`No image with these measurements is allowed (MRTD ${shortHex(measurements.mrTd)}).`);
    },
    "Intel's rules: signatures, certificates, TCB": async () => {
      const [signedData, signatureData] = quoteArguments(quote);
      const to = await readContract(wagmi, { ...attested, functionName: "verifier" });
      const data = await attempt(caller, {
        to,
        abi: COMPUTE_ERRORS,
        data: encodeFunctionData({
          abi: tdxVerifierAbi,
          functionName: "verify",
          args: [signedData, signatureData, 0],
        }),
      });
      const { status, tcbDay, fmspc } = decodeFunctionResult({ abi: tdxVerifierAbi, functionName: "verify", data });
      return `${TCB_STATUS_NAMES[status] ?? status}, TCB of ${dayText(tcbDay).slice(0, 10)}, platform ${fmspc}.`;
    },
    "Policy: floors and switches": async () => {
      const forms = [quoteArguments(quote, { isKnown: true }), quoteArguments(quote)] as const;
      // The short form costs less; where it will not do, the whole one tells why.
      const isShort = await attest(...forms[0]).then(
        () => true,
        () => false,
      );
      if (!isShort) await attest(...forms[1]);
      const [signedData, signatureData] = forms[isShort ? 0 : 1];
      found.shown = { blockNumber: Number(blockNumber), signedData, signatureData };
      return isShort ? "Accepted; the platform is known, so that less is sent." : "Accepted; the platform is new.";
    },
    "Registrations are open, and the collateral is there": async () => {
      const [until, { timestamp }] = await Promise.all([
        readContract(wagmi, { ...workers, functionName: "registrationsPausedUntil" }),
        getBlock(wagmi, { chainId }),
      ]);
      requireThat(until <= timestamp, "Registrations are paused.");
      requireThat(
        balance >= required,
        `You have ${formatAmount(balance)} vPHA; ${formatAmount(required)} are needed. Stake PHA first.`,
      );
      return `${formatAmount(required)} of your ${formatAmount(balance)} vPHA.`;
    },
  };

  for (const name of CHECKS) {
    try {
      onVerdict({ name, isPassed: true, said: await steps[name]() });
    } catch (error) {
      onVerdict({ name, isPassed: false, said: error instanceof Failed ? error.message : explain(error) });
      return null;
    }
  }
  return found.shown === null ? null : { worker, required, shown: found.shown };
}
