/** Registers the worker, or attests it anew: evidence of the GPUs, subject, quote, transaction. */
import type { Address, Hex, PrivateKeyAccount } from "viem";
import { commitOf, reportDataOf } from "../attestation/calls.ts";
import { type Quote, readQuote } from "../attestation/quote.ts";
import { approval, attestStep, isShortEnough, requiredCollateral } from "../compute/attest.ts";
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

/**
 * Attests the worker, by the short form of the quote where the platform is known.
 * @throws GpuRefusal, GuestError, or a Refusal by the contracts.
 */
export async function attest(on: Attester, standing: Standing): Promise<Attested> {
  const { config, chain, worker, payer, sender, log, signal } = on;
  const { vpha, attestation } = await chain.contracts();
  const block = await chain.namedBlock(standing.head.number);
  log.debug("attest.block", { block: block.number });
  const evidence = await verifyGpus(config.gpu, gpuNonce(worker.address, block.number, block.hash), signal);
  const subject: WorkerSubject = { operator: config.operator, model: modelId(config.model), ...evidence };
  const quote = await bind(on, attestation, subjectHash(subject), block);
  log.info("attest.ready", { gpus: evidence.gpuIds.length, evidenceHash: evidence.evidenceHash, block: block.number });

  const action = standing.state === "None" ? "register" : "reattest";
  let collateral = 0n;
  if (action === "register") {
    const required = await requiredCollateral(chain.reader, config.registry, subject);
    collateral = config.collateral !== null && config.collateral > required ? config.collateral : required;
    const at = { vpha, registry: config.registry, payer };
    for (const step of await approval(chain.reader, at, collateral)) await sender.send(step);
  }
  const showing = { registry: config.registry, action, subject, quote, blockNumber: block.number, collateral } as const;
  const isKnown = await isShortEnough(chain.reader, attestation, quote, (known) =>
    sender.simulate(attestStep(showing, known)),
  );
  await sender.send(attestStep(showing, isKnown));
  return {
    action,
    form: isKnown ? "short" : "full",
    gpus: evidence.gpuIds.length,
    evidenceHash: evidence.evidenceHash,
    blockNumber: block.number,
  };
}
