/** What waits, what was done, and what vPHA is locked against. */
import { useState } from "react";
import { type Address, encodeFunctionData } from "viem";
import { phalaAuthorityAbi } from "../../../../deploy/generated/abis.ts";
import { transactionBuilderFile } from "../../../../deploy/safe/transactionBuilder.ts";
import type { ResultOf } from "gql.tada";
import { useAccountAddress } from "../../chain/account.ts";
import { useVotingPower } from "../../chain/balances.ts";
import { useChainTime } from "../../chain/clock.ts";
import { useDeciding } from "../../chain/deciding.ts";
import { useTransaction } from "../../chain/transaction.ts";
import { useConfig } from "../../config/context.ts";
import { enteredAmount, formatAmount, overspent } from "../../format/amount.ts";
import { formatPercent } from "../../format/rate.ts";
import { formatDateTime, formatSpan } from "../../format/time.ts";
import { addressOf, hexOf } from "../../indexer/hex.ts";
import { LOCKS, OPERATIONS } from "../../indexer/governance.ts";
import { useIndexed } from "../../indexer/client.ts";
import { useIndexedPages } from "../../indexer/pages.ts";
import { AmountField } from "../../ui/AmountField.tsx";
import { Card } from "../../ui/Card.tsx";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { Earlier } from "../../ui/Earlier.tsx";
import { ChainLink, TransactionLink } from "../../ui/Links.tsx";
import { Badge, Failure } from "../../ui/Note.tsx";
import { Table } from "../../ui/Table.tsx";
import { TransactionSteps } from "../../ui/TransactionSteps.tsx";
import { Amount, Loading, Skeleton } from "../../ui/Value.tsx";
import { Call } from "./Call.tsx";

type Operation = ResultOf<typeof OPERATIONS>["operations"]["items"][number];

const ONE = 10n ** 18n;
const TONES = {
  scheduled: "plain",
  ready: "warn",
  executed: "good",
  cancelled: "plain",
  vetoed: "bad",
  expired: "bad",
} as const;

export function Operations() {
  const pages = useIndexedPages(
    ["operations"],
    (after) => ({ document: OPERATIONS, variables: { after } }),
    ({ operations }) => operations,
  );
  const account = useAccountAddress();
  return (
    <Card
      title="Operations"
      aside={
        <span className="muted">scheduled by the multisig or the governor; each waits as long as its class says</span>
      }
    >
      {pages.isError ? <Failure what="Operations" error={pages.error} onRetry={() => void pages.refetch()} /> : null}
      {pages.isLoading ? <Loading /> : null}
      {!pages.isLoading && !pages.isError && pages.rows.length === 0 ? (
        <p className="muted">Nothing was ever scheduled.</p>
      ) : null}
      <ul>
        {pages.rows.map((row) => (
          <OperationRow key={`${row.hash}-${row.nonce}`} row={row} account={account} />
        ))}
      </ul>
      <Earlier pages={pages} />
      {account === undefined ? null : <Locks account={account} />}
    </Card>
  );
}

/** What the clock says of the state, between two blocks too. */
function stateOf({ state, readyAt, expiresAt }: Operation, now: bigint): Operation["state"] {
  if (state !== "scheduled" && state !== "ready") return state;
  if (now >= BigInt(expiresAt)) return "expired";
  return now >= BigInt(readyAt) ? "ready" : "scheduled";
}

function OperationRow({ row, account }: { row: Operation; account: Address | undefined }) {
  const now = useChainTime();
  const [isLocking, setIsLocking] = useState(false);
  const state = stateOf(row, now);
  const waits = state === "scheduled" || state === "ready";
  return (
    <li className="operation">
      <div className="card-head">
        <span className="row">
          <Badge tone={TONES[state]}>{state}</Badge>
          <span>
            <When row={row} state={state} now={now} />
          </span>
        </span>
        <span className="row">
          {waits && account !== undefined && row.role !== "tightening" ? (
            <button
              type="button"
              className="button button-small"
              aria-expanded={isLocking}
              onClick={() => setIsLocking(!isLocking)}
            >
              Lock vPHA against it
            </button>
          ) : null}
          <CopyBatch row={row} />
        </span>
      </div>
      <Call {...row} />
      <p className="muted">
        Class {row.role}, scheduled by <ChainLink kind="address" value={row.caller} />
        {row.proposalId === null ? "" : " (the governor)"} on {formatDateTime(BigInt(row.scheduledAt))}{" "}
        <TransactionLink hash={hexOf(row.scheduleTransaction)} />
        {row.closeTransaction === null ? null : (
          <>
            , {row.state} <TransactionLink hash={hexOf(row.closeTransaction)} />
          </>
        )}
      </p>
      {row.lockedAgainst === "0" && !isLocking ? null : <Veto row={row} />}
      {isLocking && account !== undefined ? <LockForm row={row} account={account} /> : null}
    </li>
  );
}

function When({ row, state, now }: { row: Operation; state: Operation["state"]; now: bigint }) {
  if (state === "scheduled") {
    return (
      <>
        ready in {formatSpan(BigInt(row.readyAt) - now)}{" "}
        <span className="muted">({formatDateTime(BigInt(row.readyAt))})</span>
      </>
    );
  }
  if (state === "ready") return <>can be executed, expires in {formatSpan(BigInt(row.expiresAt) - now)}</>;
  return <>{row.closedAt === null ? "" : formatDateTime(BigInt(row.closedAt))}</>;
}

/** Puts the batch that executes the operation on the clipboard, for the Safe that scheduled it. */
function CopyBatch({ row }: { row: Operation }) {
  const { chain, contracts } = useConfig();
  const batch = () => {
    const file = transactionBuilderFile(
      {
        chainId: chain.id,
        safe: addressOf(row.caller),
        name: `Execute ${row.contract ?? row.target}`,
        description: row.signature ?? row.data.slice(0, 10),
      },
      [
        {
          to: contracts.phalaAuthority,
          value: 0n,
          data: encodeFunctionData({
            abi: phalaAuthorityAbi,
            functionName: "execute",
            args: [addressOf(row.target), hexOf(row.data)],
          }),
          description: "execute",
        },
      ],
    );
    return JSON.stringify(file, null, 2);
  };
  // The governor executes its own, by anyone's call.
  if (row.proposalId !== null) return null;
  return <CopyButton name="Copy as Safe batch" text={batch} />;
}

/** How much is locked against it, beside what a veto takes. */
function Veto({ row }: { row: Operation }) {
  const power = useVotingPower(addressOf(row.caller));
  const locked = BigInt(row.lockedAgainst);
  const threshold = power.data?.threshold;
  return (
    <div className="veto">
      {threshold === undefined ? (
        <Skeleton width={20} />
      ) : (
        <>
          <progress
            max={100}
            value={Number(locked >= threshold ? 100n : (locked * 100n) / threshold)}
            aria-label="Locked, in parts of what a veto takes"
          />
          <span className="muted">
            {formatAmount(locked)} vPHA locked against it; a veto takes {formatAmount(threshold)} (a tenth of the
            supply)
            {threshold === 0n ? "" : `, ${formatPercent((locked * ONE) / threshold, 1)} of it`}
          </span>
        </>
      )}
    </div>
  );
}

function LockForm({ row, account }: { row: Operation; account: Address }) {
  const [typed, setTyped] = useState("");
  const power = useVotingPower(account);
  const deciding = useDeciding(account);
  const { progress, isBusy, run } = useTransaction();
  const balance = power.data?.shares;
  const { amount, problem: misread } = enteredAmount(typed);
  const problem = misread ?? overspent(amount, balance, "vPHA");
  const isReady = amount !== null && amount > 0n && problem === null && !isBusy;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isReady) return;
        const operation = { caller: addressOf(row.caller), target: addressOf(row.target), data: hexOf(row.data) };
        void run((steps) => deciding.lock(operation, amount, steps)).then((isDone) => isDone && setTyped(""));
      }}
    >
      <AmountField
        label="vPHA to lock until the operation is gone, and seven days longer"
        unit="vPHA"
        value={typed}
        onChange={setTyped}
        balance={balance}
        problem={problem}
        isDisabled={isBusy}
      />
      <div>
        <button type="submit" className="button button-primary" disabled={!isReady}>
          Lock
        </button>
      </div>
      <TransactionSteps progress={progress} success="Locked." />
    </form>
  );
}

/** What the account has locked, and when it is free. */
function Locks({ account }: { account: Address }) {
  const indexed = useIndexed(LOCKS, { account: account.toLowerCase() });
  const deciding = useDeciding(account);
  const { progress, isBusy, run } = useTransaction();
  const rows = indexed.data?.vetoLockers.items ?? [];
  if (indexed.isError) {
    return <Failure what="Your locks" error={indexed.error} onRetry={() => void indexed.refetch()} />;
  }
  if (indexed.data === undefined) return <Loading />;
  if (rows.length === 0) return null;
  return (
    <>
      <h3>What you have locked</h3>
      <Table
        label="What you have locked"
        rows={rows}
        rowKey={({ hash, nonce }) => `${hash}-${nonce}`}
        columns={[
          {
            name: "Against",
            cell: ({ operation, hash }) => <code>{operation?.signature ?? hash.slice(0, 10)}</code>,
          },
          { name: "State", cell: ({ operation }) => operation?.state ?? "" },
          { name: "Locked", isNumber: true, cell: ({ locked }) => <Amount wei={BigInt(locked)} unit="vPHA" /> },
          {
            name: "Free",
            cell: ({ operation }) =>
              operation?.lockedUntil == null ? "" : `by ${formatDateTime(BigInt(operation.lockedUntil))}`,
          },
          {
            name: "Take back",
            cell: ({ hash, nonce }) => (
              <button
                type="button"
                className="button button-small"
                disabled={isBusy}
                onClick={() => void run((steps) => deciding.unlock(hexOf(hash), nonce, steps))}
              >
                Unlock
              </button>
            ),
          },
        ]}
      />
      <TransactionSteps progress={progress} success="Done." />
    </>
  );
}
