/** What the agent decides, says and waits for, without a chain. */
import { describe, expect, it } from "vitest";
import { zeroAddress } from "viem";
import { type Standing, hourOf } from "../../scripts/worker-agent/chain.ts";
import {
  attestationDueAt,
  heartbeatDuty,
  heartbeatOffset,
  isAttestationDue,
} from "../../scripts/worker-agent/duties.ts";
import { Secrets, createLog } from "../../scripts/worker-agent/log.ts";
import { exposition } from "../../scripts/worker-agent/metrics.ts";
import { Monitor } from "../../scripts/worker-agent/monitor.ts";
import { Backoff, pause } from "../../scripts/worker-agent/pace.ts";

const HOUR = 3_600;
const DAY = 86_400;
const NOW = 500_000 * HOUR;
const WORKER = "0x1111111111111111111111111111111111111111";

/** A worker that has just attested and has the longest lease. */
const standing = (differs: Partial<Standing> = {}): Standing => ({
  head: { number: 1_000n, timestamp: NOW },
  state: "Active",
  lapse: "None",
  operator: zeroAddress,
  collateral: 10n,
  required: 10n,
  thawing: 0n,
  attestedBlock: 900n,
  validUntil: NOW + 7 * DAY,
  attestedAt: NOW,
  weight: 100,
  lease: { from: 500_001, end: 500_006, weight: 100, blockNumber: 999n },
  payerBalance: 1n,
  ...differs,
});
const at = (seconds: number): Standing["head"] => ({ number: 2_000n, timestamp: NOW + seconds });

describe("the next attestation", () => {
  it("is due after two thirds of the validity, however long that is", () => {
    const due = (7 * DAY * 2) / 3;
    expect(attestationDueAt(standing())).toBe(NOW + due);
    expect(isAttestationDue(standing({ head: at(due - 1) }))).toBe(false);
    expect(isAttestationDue(standing({ head: at(due) }))).toBe(true);
    expect(attestationDueAt(standing({ validUntil: NOW + 3 * DAY }))).toBe(NOW + 2 * DAY);
  });

  it("is found by the end alone where the node has forgotten the block", () => {
    expect(attestationDueAt(standing({ attestedAt: 0 }))).toBe(attestationDueAt(standing()));
  });

  it("is due at once for whoever has none or lost a GPU, and never for one that has left or lacks collateral", () => {
    const due = (differs: Partial<Standing>) => isAttestationDue(standing(differs));
    expect(due({ state: "None", validUntil: 0 })).toBe(true);
    expect(due({ state: "Lapsed", lapse: "Attestation", validUntil: 0 })).toBe(true);
    expect(due({ state: "Lapsed", lapse: "GpuTaken" })).toBe(true);
    expect(due({ state: "Lapsed", lapse: "Collateral" })).toBe(false);
    for (const state of ["Exiting", "Exited", "Removed"] as const) expect(due({ state, validUntil: 0 })).toBe(false);
  });
});

describe("a heartbeat", () => {
  const duty = (differs: Partial<Standing>, jitter = 0) => heartbeatDuty(standing(differs), WORKER, jitter);
  const lease = (end: number, weight = 100) => ({ from: 500_001, end, weight, blockNumber: 999n });

  it("is sent once in an hour: when it moves the lease's end", () => {
    expect(duty({}).isDue).toBe(false);
    expect(duty({ head: at(HOUR - 1) }).isDue).toBe(false);
    expect(duty({ head: at(HOUR) })).toEqual({ isUseful: true, isDue: true, isUrgent: false });
  });

  it("is sent for a new weight too", () => {
    expect(duty({ weight: 200 }).isUseful).toBe(true);
  });

  it("waits for its turn within the hour, unless the lease ends soon", () => {
    const jitter = 3_000;
    const hours = Array.from({ length: 50 }, (_, i) => 500_001 + i);
    const offsets = hours.map((hour) => heartbeatOffset(WORKER, hour, jitter));
    expect(Math.max(...offsets)).toBeLessThanOrEqual(jitter);
    expect(new Set(offsets).size).toBeGreaterThan(40);
    const [offset = 0] = offsets;
    expect(offset).toBeGreaterThan(0);
    expect(duty({ head: at(HOUR + offset - 1) }, jitter)).toMatchObject({ isUseful: true, isDue: false });
    expect(duty({ head: at(HOUR + offset) }, jitter).isDue).toBe(true);
    expect(duty({ head: at(HOUR), lease: lease(500_004) }, jitter).isDue).toBe(false);
    expect(duty({ head: at(HOUR), lease: lease(500_003) }, jitter)).toMatchObject({ isDue: true, isUrgent: true });
    expect(duty({ lease: lease(0) }, jitter)).toMatchObject({ isDue: true, isUrgent: true });
  });

  it("is not sent where the contract would grant nothing", () => {
    // The attestation ends within the next hour.
    expect(duty({ lease: lease(0), validUntil: NOW + 2 * HOUR - 1 }).isUseful).toBe(false);
    expect(duty({ lease: lease(0), validUntil: NOW + 2 * HOUR }).isUseful).toBe(true);
    // It reaches no further than the attestation does.
    expect(duty({ lease: lease(500_003), validUntil: NOW + 3 * HOUR }).isUseful).toBe(false);
    expect(duty({ state: "Lapsed", lapse: "Collateral", lease: lease(0) }).isUseful).toBe(false);
    expect(hourOf(NOW)).toBe(500_000);
  });
});

describe("health", () => {
  const config = { operator: zeroAddress, pollSeconds: 10 } as const;
  const monitored = (differs: Partial<Standing> = {}) => {
    const clock = { now: 1_000_000 };
    const monitor = new Monitor(config, () => clock.now);
    monitor.read(standing(differs));
    return { monitor, clock };
  };

  it("is good while the worker has a lease, also while single reads fail", () => {
    const { monitor, clock } = monitored();
    expect(monitor.health()).toMatchObject({ ok: true, reasons: [], warnings: [] });
    clock.now += 30_000;
    monitor.failed("chain", "Unreachable", "no answer");
    expect(monitor.health()).toMatchObject({ ok: true });
    expect(monitor.health().warnings).toEqual(["The chain has not been read for 30 s: Unreachable: no answer"]);
    clock.now += 1_000;
    expect(monitor.health()).toMatchObject({ ok: false, warnings: [] });
    monitor.read(standing());
    expect(monitor.health()).toMatchObject({ ok: true, warnings: [] });
  });

  it("names what is missing of the collateral", () => {
    const missing = { collateral: 10n ** 18n, thawing: 10n ** 17n, required: 2n * 10n ** 18n };
    const { monitor } = monitored({ state: "Lapsed", lapse: "Collateral", ...missing });
    expect(monitor.health().reasons).toEqual([
      "Lapsed: its collateral is less than what its GPUs need (1.1 vPHA are missing).",
    ]);
  });

  it("warns of a refused renewal, and is bad on the last day", () => {
    const { monitor } = monitored({ validUntil: NOW + 2 * DAY });
    monitor.failed("attestation", "WorkerRegistry_OtherOperator", "It is another's.");
    expect(monitor.health()).toMatchObject({ ok: true });
    expect(monitor.health().warnings[0]).toMatch(/WorkerRegistry_OtherOperator: It is another's\./);
    monitor.read(standing({ validUntil: NOW + DAY - 1, lease: standing().lease }));
    expect(monitor.health().ok).toBe(false);
  });

  it("is bad without a lease, with what the heartbeat was refused for", () => {
    const { monitor } = monitored({ lease: { from: 0, end: 500_000, weight: 100, blockNumber: 1n } });
    monitor.failed("heartbeat", "WorkerRewards_NothingGranted", "No lease.");
    expect(monitor.health().reasons).toEqual(["The worker has no lease: WorkerRewards_NothingGranted: No lease."]);
    expect(monitor.metrics()).toMatch(/^phala_worker_healthy 0$/m);
    expect(monitor.metrics()).toMatch(/^phala_worker_lease_end_seconds 1800000000$/m);
  });
});

describe("logs and metrics", () => {
  it("are JSON lines without secrets", () => {
    const secrets = new Secrets();
    const key = `0x${"ab".repeat(32)}`;
    secrets.add(key);
    const lines: string[] = [];
    const log = createLog({ secrets, write: (line) => lines.push(line) });
    log.debug("hidden");
    log.info("sent", { block: 5n, reason: `bad key ${key}`, again: key.slice(2) });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain("abab");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "info", event: "sent", block: "5", again: "***" });
  });

  it("escape labels", () => {
    expect(exposition([["x", "gauge", "help", [{ labels: { error: 'a"\\\nb' }, value: 1 }]]])).toBe(
      '# HELP phala_worker_x help\n# TYPE phala_worker_x gauge\nphala_worker_x{error="a\\"\\\\\\nb"} 1\n',
    );
  });
});

describe("delays", () => {
  it("double up to a bound, are spread, and end with a success", () => {
    let now = 0;
    const backoff = new Backoff({ minMs: 100, maxMs: 1_000, now: () => now, random: () => 0 });
    expect([1, 2, 3, 4, 5, 6].map(() => backoff.failed())).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(backoff.isOpen).toBe(false);
    now = 999;
    expect(backoff.waitMs).toBe(1);
    now = 1_000;
    expect(backoff.isOpen).toBe(true);
    backoff.failed();
    backoff.succeeded();
    expect([backoff.isOpen, backoff.failures]).toEqual([true, 0]);
    expect(new Backoff({ minMs: 100, maxMs: 1_000, random: () => 1 }).failed()).toBe(125);
  });

  it("end with the program", async () => {
    const stop = new AbortController();
    const waited = pause(60_000, stop.signal);
    stop.abort();
    await waited;
    await pause(60_000, stop.signal);
    expect(stop.signal.aborted).toBe(true);
  });
});
