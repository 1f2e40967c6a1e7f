/** Registers the worker, or attests it anew: evidence of the GPUs, subject, quote, transaction. */
import { type Address, type Hex, type PrivateKeyAccount, encodeFunctionData, erc20Abi } from "viem";
import { attestationRegistryAbi, workerRegistryAbi } from "../../deploy/generated/abis.ts";
import { commitOf, quoteArguments, reportDataOf } from "../attestation/calls.ts";
import { type Quote, readQuote } from "../attestation/quote.ts";
import { Refusal } from "../attestation/refusal.ts";
import { needsFull } from "../attestation/submit.ts";
import { amountText } from "../compute/amount.ts";
import { type WorkerSubject, modelId, subjectHash } from "../compute/calls.ts";
import type { Chain, NamedBlock, Standing } from "./chain.ts";
import type { AgentConfig } from "./config.ts";
import { GuestError, type Guest } from "./guest.ts";
import { gpuNonce, verifyGpus } from "./gpus.ts";
import type { Log } from "./log.ts";
import type { Sender } from "./sender.ts";

export interface Attester {
  readonly config: AgentConfig;
  readonly chain: Chain;
  readonly guest: Guest;
  readonly sender: Sender;
  readonly worker: PrivateKeyAccount;
  readonly payer: Address;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface Attested {
  readonly action: "register" | "reattest";
  readonly form: "full" | "short";
  readonly gpus: number;
  readonly evidenceHash: Hex;
  readonly blockNumber: bigint;
}

/** A quote that the guest has made for the worker's key, a subject and a block. */
async function bind(on: Attester, attestation: Address, subject: Hex, block: NamedBlock): Promise<Quote> {
  const { config, guest, worker } = on;
  const reportData = reportDataOf(
    worker.address,
    commitOf({
      chainId: config.chainId,
      registry: attestation,
      subject,
      blockNumber: block.number,
      blockHash: block.hash,
    }),
  );
  const quote = readQuote(await guest.quote(reportData));
  if (quote.measurements.reportData.toLowerCase() !== reportData.toLowerCase()) {
    throw new GuestError("dstack's guest agent: the quote is of other report data");
  }
  return quote;
}

/** Wei of vPHA to register with. */
async function collateralFor(on: Attester, gpus: number): Promise<bigint> {
  const { config, chain } = on;
  const model = await chain.reader.readContract({
    address: config.registry,
    abi: workerRegistryAbi,
    functionName: "modelOf",
    args: [modelId(config.model)],
  });
  if (!model.isListed) {
    throw new Refusal("WorkerRegistry_UnknownModel", `The catalog does not list ${config.model}.`);
  }
  const required = model.collateral * BigInt(gpus);
  return config.collateral !== null && config.collateral > required ? config.collateral : required;
}

/** Sees that the payer has the collateral and the registry may take it: exactly that, and no more. */
async function prepareCollateral(on: Attester, vpha: Address, collateral: bigint): Promise<void> {
  const { config, chain, payer, sender } = on;
  const token = { address: vpha, abi: erc20Abi } as const;
  const [balance, allowance] = await Promise.all([
    chain.reader.readContract({ ...token, functionName: "balanceOf", args: [payer] }),
    chain.reader.readContract({ ...token, functionName: "allowance", args: [payer, config.registry] }),
  ]);
  if (balance < collateral) {
    throw new Refusal(
      "ERC20InsufficientBalance",
      `The payer ${payer} has ${amountText(balance)}; ${amountText(collateral)} of collateral are needed.`,
    );
  }
  if (allowance >= collateral) return;
  const data = encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [config.registry, collateral] });
  await sender.send({ to: vpha, data, what: "approve" });
}

/**
 * Attests the worker, by the short form of the quote where the platform is known.
 * @throws GpuRefusal, GuestError, or a Refusal by the contracts.
 */
export async function attest(on: Attester, standing: Standing): Promise<Attested> {
  const { config, chain, worker, sender, log, signal } = on;
  const { vpha, attestation } = await chain.contracts();
  const block = await chain.namedBlock(standing.head.number);
  log.debug("attest.block", { block: block.number });
  const evidence = await verifyGpus(config.gpu, gpuNonce(worker.address, block.number, block.hash), signal);
  const subject: WorkerSubject = { operator: config.operator, model: modelId(config.model), ...evidence };
  const quote = await bind(on, attestation, subjectHash(subject), block);
  log.info("attest.ready", { gpus: evidence.gpuIds.length, evidenceHash: evidence.evidenceHash, block: block.number });

  const action = standing.state === "None" ? "register" : "reattest";
  const collateral = action === "register" ? await collateralFor(on, evidence.gpuIds.length) : 0n;
  if (action === "register") await prepareCollateral(on, vpha, collateral);
  const callOf = (isKnown: boolean) => {
    const [signedData, signatureData] = quoteArguments(quote, { isKnown });
    const shown = { blockNumber: Number(block.number), signedData, signatureData };
    const data =
      action === "register"
        ? encodeFunctionData({ abi: workerRegistryAbi, functionName: action, args: [subject, shown, collateral] })
        : encodeFunctionData({ abi: workerRegistryAbi, functionName: action, args: [subject, shown] });
    return { to: config.registry, data, what: action };
  };
  const verifier = await chain.reader.readContract({
    address: attestation,
    abi: attestationRegistryAbi,
    functionName: "verifier",
  });
  let isKnown = !(await needsFull(chain.reader, verifier, quote));
  if (isKnown) {
    try {
      await sender.simulate(callOf(isKnown));
    } catch (refusal) {
      if (!(refusal instanceof Refusal) || refusal.error !== "TdxVerifier_OutdatedPlatform") throw refusal;
      isKnown = false;
    }
  }
  await sender.send(callOf(isKnown));
  return {
    action,
    form: isKnown ? "short" : "full",
    gpus: evidence.gpuIds.length,
    evidenceHash: evidence.evidenceHash,
    blockNumber: block.number,
  };
}
