/** Statuses, simulations and their differences as text and as JSON. */
import { type BatchName } from "./batches.ts";
import { wordChanges } from "./diff.ts";
import type { SimulatedBatch, Simulation } from "./simulate.ts";
import type { OperationStatus, TaskStatus } from "./status.ts";

/** A moment as people read it, from unix seconds. */
export const time = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

/** The status as text. */
export function formatTask({ task, isDelayed, block, operations }: TaskStatus): string {
  const lines = isDelayed
    ? operations.map(operationLine)
    : operations.map(({ operation }) => `left: ${operation.call.description}`);
  return [
    `${task}, block ${block.number} (${time(Number(block.timestamp))})`,
    ...(lines.length === 0 ? ["nothing is left to do"] : lines),
  ].join("\n");
}

/** The status as JSON takes it. */
export function jsonTask({ task, block, window, operations }: TaskStatus) {
  return {
    task,
    block: Number(block.number),
    timestamp: Number(block.timestamp),
    window,
    operations: operations.map(({ operation, ...status }) => ({
      ...status,
      description: operation.call.description,
      target: operation.call.to,
      data: operation.call.data,
      isInEffect: operation.isInEffect,
    })),
  };
}

function operationLine({ operation, id, state, readyAt, expiresAt }: OperationStatus): string {
  const effect = operation.isInEffect ? ", in effect" : "";
  return `${state}${moment(state, readyAt ?? 0, expiresAt ?? 0)}${effect}: ${operation.call.description}\n  ${id}`;
}

function moment(state: OperationStatus["state"], readyAt: number, expiresAt: number): string {
  if (state === "scheduled") return `, ready at ${time(readyAt)}`;
  if (state === "ready") return `, until ${time(expiresAt)}`;
  return state === "expired" ? ` at ${time(expiresAt)}` : "";
}

/** What happened, as text. */
export function formatSimulation({ isSignedByOwners, batches, status }: Simulation): string {
  return [
    isSignedByOwners
      ? "signed by owners of the Safe"
      : "NOT SIGNED BY OWNERS: their keys are not here, so the Safe on the fork was given throw-away owners",
    ...batches.flatMap(({ name, calls, timestamp, gasUsed }) => [
      `${time(Number(timestamp))} ${DONE[name]} in one transaction, ${gasUsed} gas:`,
      ...calls.map(({ description }) => `  ${description}`),
    ]),
    "afterwards:",
    formatTask(status),
  ].join("\n");
}

const DONE: Readonly<Record<BatchName, string>> = { schedule: "scheduled", execute: "executed" };

/** What changed, and what is wrong with it, as text. */
export function formatDiff({ batches }: Simulation): string {
  return batches
    .flatMap((batch) => [
      `${batch.name}: ${wordChanges(batch.diff).length} words of storage changed`,
      ...wordChanges(batch.diff).map(
        ({ address, slot, from, to }) => `  ${address} ${slot}\n    ${from}\n    ${to}${namesOf(batch, address, slot)}`,
      ),
      ...(batch.findings.length === 0 ? ["  as expected"] : batch.findings.map((finding) => `  WRONG: ${finding}`)),
    ])
    .join("\n");
}

/** The variables in a word that may change. */
function namesOf({ expected }: SimulatedBatch, address: string, slot: string): string {
  const names = expected
    .filter((each) => each.address === address && (each.ranges?.some((range) => range.slot === slot) ?? true))
    .map(({ name }) => name);
  return names.length === 0 ? "" : `\n    ${[...new Set(names)].join(", ")}`;
}

/** What changed as JSON takes it. */
export function jsonDiff({ isSignedByOwners, batches }: Simulation) {
  return {
    isSignedByOwners,
    batches: batches.map(({ name, diff, findings }) => ({ name, changes: wordChanges(diff), findings })),
  };
}
