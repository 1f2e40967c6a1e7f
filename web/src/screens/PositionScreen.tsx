/** What the connected account has in the vault, what is on its way out, and what it did. */
import type { ResultOf } from "gql.tada";
import { useState } from "react";
import { Link } from "wouter";
import { NoAccount } from "../app/NoAccount.tsx";
import { useAccountAddress, useAccountState } from "../chain/account.ts";
import { useChainTime } from "../chain/clock.ts";
import { useRequests, type OpenRequest } from "../chain/requests.ts";
import { useStaking } from "../chain/staking.ts";
import { useTransaction } from "../chain/transaction.ts";
import { useConfig } from "../config/context.ts";
import { exactAmount, formatAmount } from "../format/amount.ts";
import { calendarOf } from "../format/calendar.ts";
import { csvOf } from "../format/csv.ts";
import { formatDateTime, formatSpan } from "../format/time.ts";
import { hexOf } from "../indexer/hex.ts";
import { useIndexed } from "../indexer/client.ts";
import { askAll, useIndexedPages } from "../indexer/pages.ts";
import { CLOSED_REQUESTS, HISTORY, POSITION, earningsOf } from "../indexer/position.ts";
import { Card } from "../ui/Card.tsx";
import { download } from "../ui/download.ts";
import { ChainLink, TransactionLink } from "../ui/Links.tsx";
import { Badge, Failure } from "../ui/Note.tsx";
import { Earlier } from "../ui/Earlier.tsx";
import { Table } from "../ui/Table.tsx";
import { TransactionSteps } from "../ui/TransactionSteps.tsx";
import { Amount, Loading, Stat } from "../ui/Value.tsx";

export function PositionScreen() {
  const account = useAccountAddress();
  return (
    <>
      <h1>Position</h1>
      {account === undefined ? (
        <NoAccount>Connect a wallet to see what it has in the vault.</NoAccount>
      ) : (
        <>
          <Holdings account={account} />
          <Requests account={account} />
          <ClosedRequests account={account} />
          <History account={account} />
        </>
      )}
    </>
  );
}

function Holdings({ account }: { account: `0x${string}` }) {
  const state = useAccountState();
  const indexed = useIndexed(POSITION, { account: account.toLowerCase() });
  const { cost, earned } = indexed.data === undefined ? {} : earningsOf(indexed.data);
  const indexedAt = indexed.data?.vaults.items[0]?.block;
  return (
    <Card
      title="In the vault"
      aside={state.data === undefined ? null : <span className="muted">as of block {state.data.block.toString()}</span>}
    >
      {state.isError ? <Failure what="Your position" error={state.error} onRetry={() => void state.refetch()} /> : null}
      <dl className="stats">
        <Stat name="Shares">
          <Amount wei={state.data?.shares} unit="vPHA" digits={4} />
        </Stat>
        <Stat name="Value" source="shares at the vault's rate">
          <Amount wei={state.data?.value} unit="PHA" digits={4} />
        </Stat>
        <Stat
          name="Earned"
          source={`realised + value − cost${indexedAt === undefined ? "" : `, as of block ${indexedAt}`}`}
        >
          <Amount wei={earned} unit="PHA" digits={4} />
        </Stat>
        <Stat name="Cost basis" source="average cost; moves along with transfers">
          <Amount wei={cost} unit="PHA" digits={4} />
        </Stat>
        <Stat name="In your wallet">
          <Amount wei={state.data?.pha} unit="PHA" digits={4} />
        </Stat>
      </dl>
      {indexed.isError ? (
        <Failure what="Cost and reward" error={indexed.error} onRetry={() => void indexed.refetch()} />
      ) : null}
      {state.data?.shares === 0n ? (
        <p className="muted">
          You hold no vPHA. <Link href="/">Stake PHA</Link> to get some.
        </p>
      ) : null}
    </Card>
  );
}

function Requests({ account }: { account: `0x${string}` }) {
  const requests = useRequests(account);
  const staking = useStaking(account);
  const { progress, isBusy, run } = useTransaction();
  const { chain } = useConfig();
  const now = useChainTime();
  const open = requests.data?.open ?? [];
  const mature = open.filter(({ maturity }) => maturity <= now);
  // What one transaction takes; more follow with the next.
  const batch = mature.slice(0, CLAIMS);
  const due = batch.reduce((sum, { assets }) => sum + assets, 0n);
  const remind = () =>
    download(
      "phala-claims.ics",
      "text/calendar",
      calendarOf(
        open.map(({ id, assets, maturity }) => ({
          uid: `${chain.id}-${id}@phala`,
          title: `Claim ${formatAmount(assets)} PHA`.replaceAll("\u202f", " "),
          text: `Request ${id} of ${account} has matured.`,
          at: maturity,
          createdAt: now,
        })),
      ),
    );

  return (
    <Card
      title="On the way out"
      aside={
        <div className="row">
          <button type="button" className="button button-small" disabled={open.length === 0} onClick={remind}>
            Calendar (.ics)
          </button>
          <button
            type="button"
            className="button button-small button-primary"
            disabled={mature.length === 0 || isBusy}
            onClick={() =>
              void run((steps) =>
                staking.claim(
                  batch.map(({ id }) => id),
                  steps,
                ),
              )
            }
          >
            Claim {mature.length > batch.length ? `${batch.length} of ${mature.length}` : "all"}
            {due === 0n ? "" : ` (${formatAmount(due)} PHA)`}
          </button>
        </div>
      }
    >
      {requests.isError ? (
        <Failure what="Your requests" error={requests.error} onRetry={() => void requests.refetch()} />
      ) : null}
      <TransactionSteps progress={progress} success="Done." />
      {requests.data === undefined && !requests.isError ? <Loading /> : null}
      {requests.data !== undefined && open.length === 0 ? (
        <p className="muted">
          Nothing waits. Requests that you make on <Link href="/">Stake</Link> stand here until they are claimed.
        </p>
      ) : null}
      {open.length === 0 ? null : (
        <div className="table-box" role="group" aria-label="Open requests" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col" className="number">
                  Amount
                </th>
                <th scope="col">Claimable from</th>
                <th scope="col">
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {open.map((request) => (
                <RequestRow
                  key={request.id.toString()}
                  request={request}
                  now={now}
                  isBusy={isBusy}
                  onClaim={() => void run((steps) => staking.claim([request.id], steps))}
                  onCancel={() => void run((steps) => staking.cancel(request.id, steps))}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

/** Requests that were claimed or cancelled. */
function ClosedRequests({ account }: { account: `0x${string}` }) {
  const indexed = useIndexedPages(
    ["closed requests", account],
    (after) => ({ document: CLOSED_REQUESTS, variables: { account: account.toLowerCase(), after } }),
    ({ redemptionRequests }) => redemptionRequests,
  );
  if (indexed.isLoading) return <Loading />;
  if (indexed.rows.length === 0 && !indexed.isError) return null;
  return (
    <Card title="Closed requests">
      {indexed.isError ? (
        <Failure what="Closed requests" error={indexed.error} onRetry={() => void indexed.refetch()} />
      ) : null}
      <Table
        label="Closed requests"
        rows={indexed.rows}
        rowKey={({ id }) => id}
        columns={[
          { name: "State", cell: ({ state }) => <Badge tone={state === "claimed" ? "good" : "plain"}>{state}</Badge> },
          {
            name: "Amount",
            isNumber: true,
            cell: ({ assets }) => <Amount wei={BigInt(assets)} unit="PHA" digits={4} />,
          },
          { name: "Requested", cell: ({ requestedAt }) => formatDateTime(BigInt(requestedAt)) },
          { name: "Claimable from", cell: ({ maturity }) => formatDateTime(BigInt(maturity)) },
          { name: "Closed", cell: ({ closedAt }) => (closedAt === null ? "" : formatDateTime(BigInt(closedAt))) },
        ]}
      />
      <Earlier pages={indexed} />
    </Card>
  );
}

/** Requests that one transaction claims. */
const CLAIMS = 100;

function RequestRow(props: {
  request: OpenRequest;
  now: bigint;
  isBusy: boolean;
  onClaim: () => void;
  onCancel: () => void;
}) {
  const { assets, maturity } = props.request;
  const left = maturity - props.now;
  return (
    <tr>
      <td>{left <= 0n ? <Badge tone="good">claimable</Badge> : <Badge>in {formatSpan(left)}</Badge>}</td>
      <td className="number">
        <Amount wei={assets} unit="PHA" digits={4} />
      </td>
      <td>{formatDateTime(maturity)}</td>
      <td className="number">
        {left <= 0n ? (
          <button type="button" className="button button-small" disabled={props.isBusy} onClick={props.onClaim}>
            Claim
          </button>
        ) : (
          <button type="button" className="button button-small" disabled={props.isBusy} onClick={props.onCancel}>
            Cancel
          </button>
        )}
      </td>
    </tr>
  );
}

const PAGE = 50;
/** Rows in one request of the export. */
const EXPORT_PAGE = 1_000;

type Event = ResultOf<typeof HISTORY>["stakingEvents"]["items"][number];

/** What happened, as seen by `owner`. */
function wordOf({ kind, account }: Event, owner: string): string {
  if (kind === "transfer") return account === owner ? "sent" : "received";
  return kind;
}

/** Who else took part in it. */
function otherOf({ account, counterparty }: Event, owner: string): string | null {
  const other = account === owner ? counterparty : account;
  return other === owner ? null : other;
}

function Other({ row, owner }: { row: Event; owner: string }) {
  const other = otherOf(row, owner);
  return other === null ? null : <ChainLink kind="address" value={other} />;
}

function History({ account }: { account: `0x${string}` }) {
  const owner = account.toLowerCase();
  const { indexerUrl } = useConfig();
  const history = useIndexedPages(
    ["history", owner],
    (after) => ({ document: HISTORY, variables: { account: owner, limit: PAGE, after } }),
    ({ stakingEvents }) => stakingEvents,
  );
  const [isExporting, setIsExporting] = useState(false);
  const [problem, setProblem] = useState<Error | null>(null);
  const { rows } = history;

  const exportAll = async (url: string) => {
    const lines: (string | null)[][] = [
      ["time", "kind", "PHA", "vPHA", "rate", "counterparty", "request", "block", "transaction"],
    ];
    const rows = await askAll(
      url,
      (after) => ({ document: HISTORY, variables: { account: owner, limit: EXPORT_PAGE, after } }),
      ({ stakingEvents }) => stakingEvents,
    );
    for (const row of rows) {
      lines.push([
        new Date(Number(row.timestamp) * 1000).toISOString(),
        wordOf(row, owner),
        row.assets === null ? null : exactAmount(BigInt(row.assets)),
        row.shares === null ? null : exactAmount(BigInt(row.shares)),
        exactAmount(BigInt(row.rate)),
        otherOf(row, owner),
        row.requestId,
        row.block,
        row.transaction,
      ]);
    }
    download(`phala-history-${owner.slice(0, 10)}.csv`, "text/csv", csvOf(lines));
  };

  return (
    <Card
      title="History"
      aside={
        <button
          type="button"
          className="button button-small"
          disabled={isExporting || rows.length === 0 || indexerUrl === null}
          onClick={() => {
            if (indexerUrl === null) return;
            setIsExporting(true);
            setProblem(null);
            exportAll(indexerUrl)
              .catch((error: unknown) => setProblem(error instanceof Error ? error : new Error(String(error))))
              .finally(() => setIsExporting(false));
          }}
        >
          {isExporting ? "Collecting…" : "CSV"}
        </button>
      }
    >
      {problem === null ? null : <Failure what="The file" error={problem} />}
      {history.isError ? (
        <Failure what="Your history" error={history.error} onRetry={() => void history.refetch()} />
      ) : null}
      {history.isLoading ? <Loading /> : null}
      {!history.isLoading && !history.isError && rows.length === 0 ? <p className="muted">Nothing yet.</p> : null}
      {rows.length === 0 ? null : (
        <Table
          label="History"
          rows={rows}
          rowKey={({ id }) => id}
          columns={[
            { name: "When", cell: ({ timestamp }) => formatDateTime(BigInt(timestamp)) },
            { name: "What", cell: (row) => wordOf(row, owner) },
            {
              name: "PHA",
              isNumber: true,
              cell: ({ assets }) => (assets === null ? "" : formatAmount(BigInt(assets), 4)),
            },
            {
              name: "vPHA",
              isNumber: true,
              cell: ({ shares }) => (shares === null ? "" : formatAmount(BigInt(shares), 4)),
            },
            { name: "With", cell: (row) => <Other row={row} owner={owner} /> },
            { name: "Transaction", cell: ({ transaction }) => <TransactionLink hash={hexOf(transaction)} /> },
          ]}
        />
      )}
      <Earlier pages={history} />
    </Card>
  );
}
