/** WorkerRegistry: workers register, attest, post collateral, and leave. */
import { ponder } from "ponder:registry";
import { zeroAddress } from "viem";
import { policyOf } from "./attestationPolicy.ts";
import { ensureNetwork } from "./catalog.ts";
import { nameGpus, releaseGpus } from "./gpus.ts";
import { GPU_MOVE, isShort } from "./maths/worker.ts";
import { handOver } from "./operators.ts";
import { advance } from "./series.ts";
import { addWorker, changeWorker, momentOf, workerOf } from "./workerLog.ts";
import { planReview } from "./workerReview.ts";

// ATTESTATION

ponder.on("WorkerRegistry:WorkerRegistered", async ({ event, context }) => {
  const { worker, operator, payer } = event.args;
  const { number: registeredBlock, timestamp } = event.block;
  await advance(context, event.block);
  await ensureNetwork(context, timestamp);
  const row = {
    ...{ worker, operator, proposedOperator: null },
    ...({ state: "lapsed", lapse: "heartbeat", stateSince: timestamp } as const),
    ...{ hasLostGpu: false, isShort: false, isAttested: false, gpuMovedUntil: 0n },
    ...{ model: "0x" as const, gpuCount: 0, gpuIds: [], evidenceHash: "0x" as const, weight: 0, required: 0n },
    ...{ attestedBlock: 0n, validUntil: 0n, stampedEpoch: 0n, attestedAt: timestamp, attestations: 0 },
    ...{ collateral: 0n, pendingWithdrawal: 0n, withdrawableAt: 0n, reserved: 0n, exitAt: 0n },
    ...{ paidCumulative: 0n, slashedCumulative: 0n },
    ...{ leaseFrom: 0n, leaseEnd: 0n, leaseWeight: 0, carryWeight: 0, heartbeats: 0, lastHeartbeatAt: null },
    ...{ accrued: 0n, claimedCumulative: 0n, creditedCumulative: 0n, lastClaimedAt: null, settledHoursCumulative: 0 },
    ...{ dayEarnedCumulative: 0n, dayClaimedCumulative: 0n, dayHoursCumulative: 0 },
    ...{ registeredAt: timestamp, registeredBlock, transaction: event.transaction.hash, updatedAt: timestamp },
  };
  await addWorker(context, momentOf(event), row, { kind: "registered", account: payer });
});

ponder.on("WorkerRegistry:WorkerAttested", async ({ event, context }) => {
  const { worker: key, model, gpuIds, evidenceHash, weight, required } = event.args;
  const { timestamp } = event.block;
  const [attestedBlock, validUntil] = [BigInt(event.args.blockNumber), BigInt(event.args.validUntil)];
  await advance(context, event.block);

  const before = await workerOf(context, key);
  const isNew = before.attestations === 0;
  const { epoch: stampedEpoch } = await policyOf(context);
  const isMoved = await nameGpus(context, event, { worker: key, model, gpuIds, former: before.gpuIds, attestedBlock });
  const change = {
    ...{ model, gpuCount: gpuIds.length, gpuIds: [...gpuIds], evidenceHash, weight, required },
    ...{ attestedBlock, validUntil, stampedEpoch, attestedAt: timestamp, attestations: before.attestations + 1 },
    hasLostGpu: false,
    // It holds, if it does so for a full hour.
    isAttested: timestamp < validUntil,
    gpuMovedUntil: isMoved ? timestamp + GPU_MOVE : before.gpuMovedUntil,
    // A new worker's collateral comes next.
    isShort: !isNew && isShort({ ...before, required }),
  };
  const entry = { kind: "attested", weight, until: validUntil } as const;
  await changeWorker(context, momentOf(event), key, change, entry);
  if (timestamp < validUntil) await planReview(context, validUntil);
  if (timestamp < change.gpuMovedUntil) await planReview(context, change.gpuMovedUntil);
});

ponder.on("WorkerRegistry:WorkerRestamped", async ({ event, context }) => {
  const { worker: key } = event.args;
  await advance(context, event.block);
  const change = { stampedEpoch: BigInt(event.args.epoch) };
  await changeWorker(context, momentOf(event), key, change, { kind: "restamped" });
});

ponder.on("WorkerRegistry:GpuTaken", async ({ event, context }) => {
  const { gpuId: gpu, loser, taker: account } = event.args;
  await advance(context, event.block);
  await changeWorker(context, momentOf(event), loser, { hasLostGpu: true }, { kind: "gpu_taken", gpu, account });
});

// COLLATERAL

ponder.on("WorkerRegistry:CollateralAdded", async ({ event, context }) => {
  const { worker: key, payer: account, amount, collateral } = event.args;
  await advance(context, event.block);
  const before = await workerOf(context, key);
  const change = { collateral, isShort: isShort({ ...before, collateral }) };
  const entry = { kind: "collateral_added", account, amount } as const;
  await changeWorker(context, momentOf(event), key, change, entry, { addedCumulative: amount });
});

ponder.on("WorkerRegistry:WithdrawalRequested", async ({ event, context }) => {
  const { worker: key, amount } = event.args;
  const until = BigInt(event.args.availableAt);
  await advance(context, event.block);
  const change = { pendingWithdrawal: amount, withdrawableAt: until };
  await changeWorker(context, momentOf(event), key, change, { kind: "withdrawal_requested", amount, until });
});

ponder.on("WorkerRegistry:WithdrawalCancelled", async ({ event, context }) => {
  const { worker: key, amount } = event.args;
  await advance(context, event.block);
  const before = await workerOf(context, key);
  const pendingWithdrawal = 0n;
  const change = { pendingWithdrawal, withdrawableAt: 0n, isShort: isShort({ ...before, pendingWithdrawal }) };
  await changeWorker(context, momentOf(event), key, change, { kind: "withdrawal_cancelled", amount });
});

ponder.on("WorkerRegistry:Withdrawn", async ({ event, context }) => {
  const { worker: key, receiver: account, amount, collateral, thawing: pendingWithdrawal } = event.args;
  await advance(context, event.block);
  const before = await workerOf(context, key);
  const change = {
    ...{ collateral, pendingWithdrawal },
    withdrawableAt: pendingWithdrawal === 0n ? 0n : before.withdrawableAt,
    paidCumulative: before.paidCumulative + amount,
  };
  const entry = { kind: "withdrawn", account, amount } as const;
  await changeWorker(context, momentOf(event), key, change, entry, { paidCumulative: amount });
});

ponder.on("WorkerRegistry:CollateralReserved", async ({ event, context }) => {
  const { worker: key, amount, reserved } = event.args;
  await advance(context, event.block);
  await changeWorker(context, momentOf(event), key, { reserved }, { kind: "collateral_reserved", amount });
});

ponder.on("WorkerRegistry:CollateralReleased", async ({ event, context }) => {
  const { worker: key, amount, reserved } = event.args;
  await advance(context, event.block);
  await changeWorker(context, momentOf(event), key, { reserved }, { kind: "collateral_released", amount });
});

ponder.on("WorkerRegistry:WorkerSlashed", async ({ event, context }) => {
  const { worker: key, receiver: account, amount, collateral, thawing: pendingWithdrawal, reserved } = event.args;
  await advance(context, event.block);
  const before = await workerOf(context, key);
  const held = { collateral, pendingWithdrawal, required: before.required };
  const change = {
    ...{ collateral, pendingWithdrawal, reserved, isShort: isShort(held) },
    withdrawableAt: pendingWithdrawal === 0n ? 0n : before.withdrawableAt,
    slashedCumulative: before.slashedCumulative + amount,
  };
  const entry = { kind: "slashed", account, amount } as const;
  await changeWorker(context, momentOf(event), key, change, entry, { slashedCumulative: amount });
});

// OPERATOR

ponder.on("WorkerRegistry:OperatorProposed", async ({ event, context }) => {
  const { worker: key, proposed } = event.args;
  await advance(context, event.block);
  const proposedOperator = proposed === zeroAddress ? null : proposed;
  const entry = { kind: "operator_proposed", account: proposedOperator } as const;
  await changeWorker(context, momentOf(event), key, { proposedOperator }, entry);
});

ponder.on("WorkerRegistry:OperatorChanged", async ({ event, context }) => {
  const { worker: key, newOperator: operator } = event.args;
  await advance(context, event.block);
  const credited = await handOver(context, await workerOf(context, key), operator, event.block.timestamp);
  const change = { operator, proposedOperator: null, ...credited };
  await changeWorker(context, momentOf(event), key, change, { kind: "operator_changed", account: operator });
});

// EXIT

ponder.on("WorkerRegistry:ExitRequested", async ({ event, context }) => {
  const { worker: key } = event.args;
  const exitAt = BigInt(event.args.availableAt);
  await advance(context, event.block);
  const entry = { kind: "exit_requested", until: exitAt } as const;
  const { gpuIds } = await changeWorker(context, momentOf(event), key, { state: "exiting", exitAt }, entry);
  await releaseGpus(context, event, key, gpuIds);
});

ponder.on("WorkerRegistry:WorkerRemoved", async ({ event, context }) => {
  const { worker: key } = event.args;
  const exitAt = BigInt(event.args.availableAt);
  await advance(context, event.block);
  const entry = { kind: "removed", until: exitAt } as const;
  const { gpuIds } = await changeWorker(context, momentOf(event), key, { state: "removed", exitAt }, entry);
  await releaseGpus(context, event, key, gpuIds);
});

ponder.on("WorkerRegistry:ExitPaid", async ({ event, context }) => {
  const { worker: key, receiver: account, amount, collateral } = event.args;
  await advance(context, event.block);
  const before = await workerOf(context, key);
  const isDone = collateral === 0n;
  const change = {
    ...{ collateral, pendingWithdrawal: 0n, withdrawableAt: 0n },
    paidCumulative: before.paidCumulative + amount,
    ...(isDone && { exitAt: 0n, required: 0n }),
    ...(isDone && before.state === "exiting" && { state: "exited" as const }),
  };
  const entry = { kind: "exit_paid", account, amount } as const;
  await changeWorker(context, momentOf(event), key, change, entry, { paidCumulative: amount });
});
