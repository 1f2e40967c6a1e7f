/**
 * The worker's agent, for a GPU guest in a dstack confidential VM:
 *
 *     node scripts/worker-agent/main.ts --config agent.json
 *
 * Ends with 0 after SIGTERM or SIGINT, with 2 if its settings cannot be used.
 */
import { parseArgs } from "node:util";
import { reason } from "../../deploy/executors/account.ts";
import { runAgent } from "./agent.ts";
import { type AgentConfig, readConfig } from "./config.ts";
import { GuestError, connectGuest } from "./guest.ts";
import { loadKeys } from "./keys.ts";
import { type Log, Secrets, createLog } from "./log.ts";
import { Monitor } from "./monitor.ts";
import { Backoff, pause } from "./pace.ts";
import { serve } from "./server.ts";
import { SettingsError } from "./settings.ts";

const HELP = `node scripts/worker-agent/main.ts --config agent.json

Registers a GPU worker, keeps it attested and sends its heartbeats. Every setting can also be given by the environment:
gpu.count is WORKER_AGENT_GPU_COUNT; the payer's private key can be WORKER_AGENT_PAYER_KEY.
`;

/** How long what is under way may take to end. */
const GRACE_MS = 5_000;

/** The keys; waits for a guest agent that is not there yet. */
async function keysOf(config: AgentConfig, secrets: Secrets, monitor: Monitor, log: Log, signal: AbortSignal) {
  const guest = connectGuest(config.guestAgent);
  const backoff = new Backoff({ minMs: 1_000, maxMs: 60_000 });
  while (!signal.aborted) {
    try {
      return { guest, ...(await loadKeys(config, guest, secrets)) };
    } catch (error) {
      if (!(error instanceof GuestError)) throw error;
      monitor.failed("keys", error.name, error.message);
      const retryInMs = backoff.failed();
      log.warn("keys.failed", { error: error.name, reason: error.message, retryInMs });
      await pause(retryInMs, signal);
    }
  }
  return undefined;
}

const secrets = new Secrets();

async function main(): Promise<number> {
  let log = createLog({ secrets });
  let config: AgentConfig;
  try {
    const { values } = parseArgs({ options: { config: { type: "string" }, help: { type: "boolean" } } });
    if (values.help === true) {
      process.stdout.write(HELP);
      return 0;
    }
    config = readConfig(values.config, process.env);
  } catch (error) {
    const problems = error instanceof SettingsError ? error.problems : [reason(error)];
    log.error("config.invalid", { problems });
    return 2;
  }
  // Endpoints carry keys in their paths.
  for (const url of config.rpcUrls) {
    const { pathname, search, username, password } = new URL(url);
    for (const part of [...pathname.split("/"), search, username, password]) if (part.length >= 16) secrets.add(part);
  }
  log = createLog({ secrets, level: config.logLevel });
  const monitor = new Monitor(config);
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.once(name, () => {
      log.info("stopping", { signal: name });
      stop.abort();
      setTimeout(() => process.exit(0), GRACE_MS).unref();
    });
  }
  const endpoint = await serve(config.port, monitor, secrets);
  log.info("listening", { url: `http://127.0.0.1:${endpoint.port}` });
  try {
    const keys = await keysOf(config, secrets, monitor, log, stop.signal);
    if (keys !== undefined) {
      const { guest, worker, payer } = keys;
      monitor.done("keys");
      [monitor.worker, monitor.payer] = [worker.address, payer.address];
      log.info("started", {
        worker: worker.address,
        payer: payer.address,
        operator: config.operator,
        model: config.model,
      });
      await runAgent({ config, guest, worker, payer, monitor, log, signal: stop.signal });
    }
  } finally {
    await endpoint.close();
  }
  log.info("stopped");
  return 0;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    createLog({ secrets }).error("failed", { reason: reason(error) });
    process.exitCode = 1;
  },
);
