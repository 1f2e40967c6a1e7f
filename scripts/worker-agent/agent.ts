/** The agent's loop: reads the chain, attests and sends heartbeats when they are due, and goes on whatever fails. */
import { BaseError, HttpRequestError, type PrivateKeyAccount, TimeoutError } from "viem";
import { reason } from "../../deploy/executors/account.ts";
import { Refusal } from "../attestation/refusal.ts";
import { QuoteError } from "../attestation/quote.ts";
import { type Attester, attest } from "./attestation.ts";
import { type Chain, ConfigurationError, type Standing, openChain, transportTo } from "./chain.ts";
import type { AgentConfig } from "./config.ts";
import { hasLeft, heartbeatDuty, isAttestationDue } from "./duties.ts";
import { type Guest, GuestError } from "./guest.ts";
import { GpuRefusal } from "./gpus.ts";
import { makeHeartbeat, sendHeartbeat } from "./heartbeat.ts";
import type { Log } from "./log.ts";
import type { Monitor } from "./monitor.ts";
import { Backoff, pause } from "./pace.ts";
import { openSender } from "./sender.ts";

export interface AgentOptions {
  readonly config: AgentConfig;
  readonly guest: Guest;
  readonly worker: PrivateKeyAccount;
  readonly payer: PrivateKeyAccount;
  readonly monitor: Monitor;
  readonly log: Log;
  /** Ends the loop. */
  readonly signal: AbortSignal;
}

/** After a failed read: short, because a lease outlives it anyway and most losses are short. */
const CHAIN_RETRY = { minMs: 1_000, maxMs: 60_000 };

/** What a failure is called: a contract's error, one of the agent's own, or what the endpoint does. */
function nameOfFailure(failure: unknown): string {
  if (failure instanceof Refusal) return failure.error;
  const known = [GpuRefusal, GuestError, QuoteError, ConfigurationError];
  if (failure instanceof Error && known.some((kind) => failure instanceof kind)) return failure.name;
  const isSilent = (cause: unknown) => cause instanceof HttpRequestError || cause instanceof TimeoutError;
  return failure instanceof BaseError && failure.walk(isSilent) !== null ? "Unreachable" : "Failed";
}

/** Runs until `signal` is aborted. */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { config, guest, worker, payer, monitor, log, signal } = options;
  const chain: Chain = openChain(config, transportTo(config.rpcUrls), {
    worker: worker.address,
    payer: payer.address,
  });
  const sender = openSender({ chain, chainId: config.chainId, payer, log, signal });
  const attester: Attester = { config, chain, guest, sender, worker, payer: payer.address, log, signal };
  const retry = { minMs: config.retry.minSeconds * 1000, maxMs: config.retry.maxSeconds * 1000 };
  const backoffs = {
    chain: new Backoff(CHAIN_RETRY),
    attestation: new Backoff(retry),
    heartbeat: new Backoff(retry),
  };
  let lastState = "";

  /** Runs a duty; a failure is written down with its reason, and holds the next attempt back. */
  const attempt = async <T>(duty: keyof typeof backoffs, action: () => Promise<T>): Promise<T | undefined> => {
    try {
      const result = await action();
      if (backoffs[duty].failures > 0) log.info(`${duty}.recovered`, { after: backoffs[duty].failures });
      backoffs[duty].succeeded();
      return result;
    } catch (failure) {
      if (signal.aborted) return undefined;
      const error = nameOfFailure(failure);
      const line = reason(failure);
      const retryInMs = backoffs[duty].failed();
      monitor.failed(duty, error, line);
      log.warn(`${duty}.failed`, { error, reason: line, retryInMs });
      return undefined;
    }
  };

  const read = async (): Promise<Standing | undefined> => {
    const standing = await attempt("chain", async () => {
      await chain.contracts();
      return chain.standing();
    });
    if (standing === undefined) return undefined;
    monitor.read(standing);
    const state = `${standing.state} ${standing.lapse}`;
    if (state !== lastState) {
      const { lapse, validUntil } = standing;
      log.info("worker.state", { worker: worker.address, state: standing.state, lapse, validUntil });
      if (hasLeft(standing.state)) log.error("worker.left", { reason: "To work again, it needs a new key." });
      lastState = state;
    }
    return standing;
  };

  const doAttestation = async (standing: Standing): Promise<boolean> => {
    const attested = await attempt("attestation", () => attest(attester, standing));
    if (attested === undefined) return false;
    monitor.gpus = attested.gpus;
    monitor.done("attestation");
    // Whatever a heartbeat was refused for may be mended by it.
    backoffs.heartbeat.succeeded();
    log.info("attested", { ...attested, worker: worker.address });
    return true;
  };

  const doHeartbeat = async (standing: Standing): Promise<void> => {
    const duty = heartbeatDuty(standing, worker.address, config.heartbeat.jitterSeconds);
    if (!duty.isUseful) {
      monitor.heartbeat = undefined;
      return;
    }
    const made = await attempt("chain", () => makeHeartbeat(config, chain, worker, standing, duty.isUrgent));
    monitor.heartbeat = made;
    if (made === undefined || !duty.isDue || !backoffs.heartbeat.isOpen) return;
    const isSent = await attempt("heartbeat", async () => {
      await sendHeartbeat(config.rewards, sender, made);
      return true;
    });
    if (isSent !== true) return;
    monitor.done("heartbeat");
    log.info("heartbeat", { worker: worker.address, block: made.blockNumber, isUrgent: duty.isUrgent });
  };

  while (!signal.aborted) {
    let standing = await read();
    if (standing !== undefined && isAttestationDue(standing) && backoffs.attestation.isOpen) {
      if (await doAttestation(standing)) standing = await read();
    }
    if (standing !== undefined && !hasLeft(standing.state)) await doHeartbeat(standing);
    await pause(backoffs.chain.waitMs || config.pollSeconds * 1000, signal);
  }
}
