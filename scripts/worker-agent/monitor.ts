/** What is known of the agent: for /health, whether the worker earns and if not, why; for /metrics, numbers. */
import type { Address } from "viem";
import { isoTime } from "../attestation/collateral.ts";
import { amountText } from "../compute/amount.ts";
import { LAPSES, WORKER_STATES } from "../compute/calls.ts";
import type { SignedHeartbeat } from "../compute/heartbeats.ts";
import { type Standing, hourOf } from "./chain.ts";
import type { AgentConfig } from "./config.ts";
import { attestationDueAt, hasLeft } from "./duties.ts";
import { type Sample, exposition } from "./metrics.ts";

/** What a failed attempt is known by: an error's name, and a sentence. */
export interface Trouble {
  readonly error: string;
  readonly reason: string;
  /** ISO 8601. */
  readonly since: string;
  readonly attempts: number;
}

/** What the agent does, and can fail at. */
export type Duty = "keys" | "chain" | "attestation" | "heartbeat";

export interface Health {
  readonly ok: boolean;
  readonly worker: Address | null;
  readonly payer: Address | null;
  readonly state: string;
  readonly lapse: string;
  /** Why it is not ok. */
  readonly reasons: readonly string[];
  /** What is wrong and costs nothing yet. */
  readonly warnings: readonly string[];
  readonly attestation: {
    readonly block: number;
    readonly validUntil: string | null;
    readonly renewalAt: string | null;
  };
  /** The worker earns until `end`. */
  readonly lease: { readonly end: string | null; readonly block: number };
  readonly head: { readonly block: number; readonly time: string | null };
  readonly troubles: Readonly<Partial<Record<Duty, Trouble>>>;
}

const HOUR = 3_600;
/** With less validity than this left, an attestation that is refused is no mere warning. */
const LAST_DAY = 86_400;

const LAPSE_TEXT: Record<(typeof LAPSES)[number], string> = {
  None: "",
  GpuTaken: "another worker has attested with one of its GPUs since",
  Collateral: "its collateral is less than what its GPUs need",
  Attestation: "it has no attestation that holds",
  Heartbeat: "it has no lease",
  GpuMoved: "a GPU came from another worker less than six hours ago",
};

export class Monitor {
  readonly #config: Pick<AgentConfig, "operator" | "pollSeconds">;
  readonly #now: () => number;
  readonly #troubles = new Map<Duty, Trouble>();
  readonly #counts: Record<Duty, { done: number; failed: number }> = {
    keys: { done: 0, failed: 0 },
    chain: { done: 0, failed: 0 },
    attestation: { done: 0, failed: 0 },
    heartbeat: { done: 0, failed: 0 },
  };
  readonly #errors = new Map<string, number>();
  #standing: Standing | undefined;
  #lastRead: number;
  worker: Address | undefined;
  payer: Address | undefined;
  gpus = 0;
  /** The newest that would extend the lease, for aggregators. */
  heartbeat: SignedHeartbeat | undefined;

  constructor(config: Pick<AgentConfig, "operator" | "pollSeconds">, now: () => number = Date.now) {
    this.#config = config;
    this.#now = now;
    this.#lastRead = now();
  }

  /** The chain was read. */
  read(standing: Standing): void {
    this.#standing = standing;
    this.#lastRead = this.#now();
    this.done("chain");
  }

  done(duty: Duty): void {
    this.#counts[duty].done += 1;
    this.#troubles.delete(duty);
  }

  failed(duty: Duty, error: string, reason: string): void {
    this.#counts[duty].failed += 1;
    const key = `${duty} ${error}`;
    this.#errors.set(key, (this.#errors.get(key) ?? 0) + 1);
    const before = this.#troubles.get(duty);
    this.#troubles.set(duty, {
      error,
      reason,
      since: before?.since ?? new Date(this.#now()).toISOString(),
      attempts: (before?.attempts ?? 0) + 1,
    });
  }

  /** `what` with what the duty fails at, if it does. */
  #because(duty: Duty, what: string): string {
    const trouble = this.#troubles.get(duty);
    return trouble === undefined ? `${what}.` : `${what}: ${trouble.error}: ${trouble.reason}`;
  }

  #reasonsOf(standing: Standing): { reasons: string[]; warnings: string[] } {
    const { state, lapse, head, lease, validUntil, operator } = standing;
    const reasons: string[] = [];
    const warnings: string[] = [];
    if (hasLeft(state)) return { reasons: [`The worker is ${state}: to work again, it needs a new key.`], warnings };
    if (state === "None") return { reasons: [this.#because("attestation", "Not registered yet")], warnings };
    if (state === "Lapsed") {
      const short = standing.required - (standing.collateral - standing.thawing);
      const how = lapse === "Collateral" ? ` (${amountText(short)} are missing)` : "";
      const what = `Lapsed: ${LAPSE_TEXT[lapse]}${how}`;
      reasons.push(lapse === "Collateral" ? `${what}.` : this.#because("attestation", what));
    } else {
      if (lease.end <= hourOf(head.timestamp)) reasons.push(this.#because("heartbeat", "The worker has no lease"));
      else if (this.#troubles.has("heartbeat")) warnings.push(this.#because("heartbeat", "The heartbeat fails"));
      if (this.#troubles.has("attestation")) {
        const list = validUntil - head.timestamp < LAST_DAY ? reasons : warnings;
        list.push(this.#because("attestation", `Not attested anew; the attestation ends at ${isoTime(validUntil)}`));
      }
    }
    if (operator !== this.#config.operator) {
      warnings.push(`The worker's operator is ${operator}; the next attestation would name ${this.#config.operator}.`);
    }
    return { reasons, warnings };
  }

  health(): Health {
    const standing = this.#standing;
    const { reasons, warnings } =
      standing === undefined
        ? {
            reasons: [
              this.#because(this.#troubles.has("keys") ? "keys" : "chain", "Nothing is known of the worker yet"),
            ],
            warnings: [],
          }
        : this.#reasonsOf(standing);
    const silence = this.#now() - this.#lastRead;
    if (standing !== undefined && this.#troubles.has("chain")) {
      const list = silence > 3_000 * this.#config.pollSeconds ? reasons : warnings;
      list.push(this.#because("chain", `The chain has not been read for ${Math.round(silence / 1000)} s`));
    }
    const time = (at: number) => (at === 0 ? null : isoTime(at));
    return {
      ok: reasons.length === 0,
      worker: this.worker ?? null,
      payer: this.payer ?? null,
      state: standing?.state ?? "Unknown",
      lapse: standing?.lapse ?? "None",
      reasons,
      warnings,
      attestation: {
        block: Number(standing?.attestedBlock ?? 0n),
        validUntil: time(standing?.validUntil ?? 0),
        renewalAt: standing === undefined ? null : time(attestationDueAt(standing)),
      },
      lease: { end: time((standing?.lease.end ?? 0) * HOUR), block: Number(standing?.lease.blockNumber ?? 0n) },
      head: { block: Number(standing?.head.number ?? 0n), time: time(standing?.head.timestamp ?? 0) },
      troubles: Object.fromEntries(this.#troubles),
    };
  }

  /** Prometheus' text format. */
  metrics(): string {
    const health = this.health();
    const standing = this.#standing;
    const one = (value: number): Sample[] => [{ labels: {}, value }];
    const duties = Object.entries(this.#counts).flatMap(([duty, { done, failed }]): Sample[] => [
      { labels: { duty, result: "done" }, value: done },
      { labels: { duty, result: "failed" }, value: failed },
    ]);
    const failures = [...this.#errors].map(([key, value]): Sample => {
      const [duty = "", error = ""] = key.split(" ");
      return { labels: { duty, error }, value };
    });
    const states = WORKER_STATES.map((state) => ({ labels: { state }, value: Number(state === health.state) }));
    const lapses = LAPSES.map((lapse) => ({ labels: { lapse }, value: Number(lapse === health.lapse) }));
    return exposition([
      ["healthy", "gauge", "1 if /health is 200", one(Number(health.ok))],
      ["state", "gauge", "1 for the state that the registry has", states],
      ["lapse", "gauge", "1 for why the worker is lapsed", lapses],
      ["attempts_total", "counter", "Reads of the chain, attestations and heartbeats", duties],
      ["failures_total", "counter", "Failed attempts by the name of their error", failures],
      ["attestation_valid_until_seconds", "gauge", "Unix time; 0: none", one(standing?.validUntil ?? 0)],
      ["lease_end_seconds", "gauge", "Unix time; 0: none", one((standing?.lease.end ?? 0) * HOUR)],
      ["weight", "gauge", "In units of one H100", one((standing?.weight ?? 0) / 100)],
      ["gpus", "gauge", "GPUs in the last evidence that was accepted", one(this.gpus)],
      ["head_block", "gauge", "Number of the last block that was read", one(health.head.block)],
      ["head_timestamp_seconds", "gauge", "Its time", one(standing?.head.timestamp ?? 0)],
      ["last_read_seconds", "gauge", "Unix time at which the chain was read", one(Math.floor(this.#lastRead / 1000))],
      ["collateral_vpha", "gauge", "vPHA that is held for the worker", one(Number(standing?.collateral ?? 0n) / 1e18)],
      ["payer_balance_ether", "gauge", "What the payer has for gas", one(Number(standing?.payerBalance ?? 0n) / 1e18)],
    ]);
  }
}
