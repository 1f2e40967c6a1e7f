/** What can be done with a worker: by its operator, and, adding collateral, by anyone. */
import { useState } from "react";
import type { Address } from "viem";
import { useAccountState } from "../../chain/account.ts";
import { useChainTime } from "../../chain/clock.ts";
import { computeReasonOf } from "../../chain/computeReasons.ts";
import { useOperating } from "../../chain/operating.ts";
import { useTransaction } from "../../chain/transaction.ts";
import { enteredAmount, formatAmount, overspent } from "../../format/amount.ts";
import { formatDateTime, formatSpan } from "../../format/time.ts";
import { AmountField } from "../../ui/AmountField.tsx";
import { Card } from "../../ui/Card.tsx";
import { Note } from "../../ui/Note.tsx";
import { TransactionSteps } from "../../ui/TransactionSteps.tsx";

/** From the request to the payment: a constant of the registry. */
const THAW = 21n * 86_400n;

export interface Controlled {
  readonly worker: Address;
  readonly state: string;
  /** Wei of PHA that can be claimed. */
  readonly rewards: bigint;
  /** Wei of vPHA. */
  readonly collateral: bigint;
  readonly required: bigint;
  readonly pendingWithdrawal: bigint;
  /** Unix seconds; 0 where there is none. */
  readonly withdrawableAt: bigint;
  readonly exitAt: bigint;
}

export function Controls({
  worker,
  account,
  isOperator,
}: {
  worker: Controlled;
  account: Address;
  isOperator: boolean;
}) {
  const now = useChainTime(10_000);
  const state = useAccountState();
  const operating = useOperating(account);
  const { progress, isBusy, run } = useTransaction(computeReasonOf);
  const [typed, setTyped] = useState("");
  const [isLeaving, setIsLeaving] = useState(false);
  const { amount: entered, problem: misread } = enteredAmount(typed);
  const amount = entered === 0n ? null : entered;
  const balance = state.data?.shares;
  const stays = worker.state === "active" || worker.state === "lapsed";
  const beyond = worker.collateral - worker.pendingWithdrawal - worker.required;
  const surplus = beyond > 0n ? beyond : 0n;
  const canWithdraw = isOperator && stays && worker.pendingWithdrawal === 0n;
  const canPay = amount !== null && balance !== undefined && amount <= balance;
  const canTake = canWithdraw && amount !== null && amount <= surplus;
  const problem = misread ?? (canTake ? null : overspent(amount, balance, "vPHA"));
  const perform = (action: Parameters<typeof run>[0]) => void run(action).then((isDone) => isDone && setTyped(""));

  return (
    <Card title={isOperator ? "Operate it" : "Add to its collateral"}>
      {stays ? (
        <>
          <AmountField
            label={isOperator ? "vPHA to add or withdraw" : "vPHA to add"}
            unit="vPHA"
            value={typed}
            onChange={setTyped}
            balance={balance}
            problem={problem}
            isDisabled={isBusy}
          />
          <div className="row">
            <button
              type="button"
              className="button"
              disabled={isBusy || !canPay}
              onClick={() =>
                amount !== null && perform((steps) => operating.addCollateral(worker.worker, amount, steps))
              }
            >
              Add collateral
            </button>
            {canWithdraw ? (
              <button
                type="button"
                className="button"
                disabled={isBusy || !canTake}
                onClick={() => amount !== null && perform((steps) => operating.withdraw(worker.worker, amount, steps))}
              >
                Withdraw, paid from {formatDateTime(now + THAW)}
              </button>
            ) : null}
          </div>
        </>
      ) : null}
      {canWithdraw ? (
        <p className="muted">
          {formatAmount(surplus)} vPHA are not required: as much can be withdrawn, in {formatSpan(THAW)}.
        </p>
      ) : null}
      {isOperator ? (
        <div className="row">
          <button
            type="button"
            className="button button-primary"
            disabled={isBusy || worker.rewards === 0n}
            onClick={() => perform((steps) => operating.claim([worker.worker], steps))}
          >
            Claim {formatAmount(worker.rewards, 4)} PHA
          </button>
          {worker.pendingWithdrawal > 0n && worker.withdrawableAt <= now ? (
            <button
              type="button"
              className="button"
              disabled={isBusy}
              onClick={() => perform((steps) => operating.finishWithdrawal(worker.worker, steps))}
            >
              Take out {formatAmount(worker.pendingWithdrawal)} vPHA
            </button>
          ) : null}
          {stays && !isLeaving ? (
            <button type="button" className="button" disabled={isBusy} onClick={() => setIsLeaving(true)}>
              Exit…
            </button>
          ) : null}
          {worker.exitAt !== 0n ? (
            <button
              type="button"
              className="button"
              disabled={isBusy || worker.exitAt > now || worker.collateral === 0n}
              onClick={() => perform((steps) => operating.finishExit(worker.worker, steps))}
            >
              {worker.exitAt > now ? `Collateral from ${formatDateTime(worker.exitAt)} on` : "Take out the collateral"}
            </button>
          ) : null}
        </div>
      ) : null}
      {isLeaving && stays ? (
        <Note tone="warn">
          <span>
            The worker leaves for good: it earns nothing from now on, its GPUs are free at once, and its{" "}
            {formatAmount(worker.collateral)} vPHA can be taken out from {formatDateTime(now + THAW)} on.
          </span>
          <div className="row">
            <button
              type="button"
              className="button button-primary button-small"
              disabled={isBusy}
              onClick={() => {
                setIsLeaving(false);
                perform((steps) => operating.requestExit(worker.worker, steps));
              }}
            >
              Leave for good
            </button>
            <button type="button" className="button button-small" onClick={() => setIsLeaving(false)}>
              Stay
            </button>
          </div>
        </Note>
      ) : null}
      <TransactionSteps progress={progress} success="Done." />
    </Card>
  );
}
