/** Proposals to the governor, and the votes of the connected account. */
import { useState } from "react";
import type { Address } from "viem";
import type { ResultOf } from "gql.tada";
import { useAccountAddress } from "../../chain/account.ts";
import { useVotingPower } from "../../chain/balances.ts";
import { useChainTime } from "../../chain/clock.ts";
import { type Support, useDeciding } from "../../chain/deciding.ts";
import { useTransaction } from "../../chain/transaction.ts";
import { enteredAmount, formatAmount } from "../../format/amount.ts";
import { formatPercent } from "../../format/rate.ts";
import { formatDateTime, formatSpan } from "../../format/time.ts";
import { PROPOSALS, VOTES } from "../../indexer/governance.ts";
import { useIndexed } from "../../indexer/client.ts";
import { useIndexedPages } from "../../indexer/pages.ts";
import { AmountField } from "../../ui/AmountField.tsx";
import { Card } from "../../ui/Card.tsx";
import { Earlier } from "../../ui/Earlier.tsx";
import { Badge, Failure } from "../../ui/Note.tsx";
import { TransactionSteps } from "../../ui/TransactionSteps.tsx";
import { Amount, Loading, Stat } from "../../ui/Value.tsx";
import { Call } from "./Call.tsx";

const ONE = 10n ** 18n;
type Proposal = ResultOf<typeof PROPOSALS>["proposals"]["items"][number];

export function Votes() {
  const totals = useIndexed(VOTES, {});
  const pages = useIndexedPages(
    ["proposals"],
    (after) => ({ document: PROPOSALS, variables: { after } }),
    ({ proposals }) => proposals,
  );
  const account = useAccountAddress();
  const supply = BigInt(totals.data?.vaults.items[0]?.shares ?? 0);
  const wrapped = BigInt(totals.data?.votingTokens.items[0]?.totalSupply ?? 0);
  return (
    <Card
      title="Votes"
      aside={
        totals.data === undefined ? null : (
          <span className="muted">
            {formatAmount(wrapped)} vPHA wrapped into votes
            {supply === 0n ? "" : `, ${formatPercent((wrapped * ONE) / supply)} of all`}
          </span>
        )
      }
    >
      {pages.isError ? <Failure what="Proposals" error={pages.error} onRetry={() => void pages.refetch()} /> : null}
      {pages.isLoading ? <Loading /> : null}
      {!pages.isLoading && !pages.isError && pages.rows.length === 0 ? (
        <p className="muted">Nothing was ever proposed.</p>
      ) : null}
      <ul>
        {pages.rows.map((row) => (
          <ProposalRow key={row.id} row={row} account={account} />
        ))}
      </ul>
      <Earlier pages={pages} />
      {account === undefined ? null : <Wrapping account={account} />}
    </Card>
  );
}

/** Votes for it, against it and abstaining, what it takes, and where that leaves it: rules of the governor. */
function standing(row: Proposal, now: bigint) {
  const [yes, no, abstain] = [BigInt(row.forVotes), BigInt(row.againstVotes), BigInt(row.abstainVotes)];
  const quorum = BigInt(row.quorum ?? row.quorumFloor);
  const passes = yes + abstain >= quorum && yes > no;
  const word =
    row.state !== "proposed"
      ? row.state
      : now <= BigInt(row.voteStart)
        ? "pending"
        : now <= BigInt(row.voteEnd)
          ? "open"
          : passes
            ? "passed"
            : "defeated";
  return { yes, no, abstain, quorum, word };
}

function ProposalRow({ row, account }: { row: Proposal; account: Address | undefined }) {
  const now = useChainTime();
  const { yes, no, abstain, quorum, word } = standing(row, now);
  return (
    <li className="operation">
      <div className="card-head">
        {/* A proposer's text: shown as text. */}
        <strong>
          <bdi>{row.description.split("\n")[0]}</bdi>
        </strong>
        <span className="row">
          <Badge tone={word === "executed" || word === "passed" ? "good" : word === "open" ? "warn" : "plain"}>
            {word}
          </Badge>
          {word === "open" ? <span>ends in {formatSpan(BigInt(row.voteEnd) - now)}</span> : null}
          {word === "pending" ? <span>begins in {formatSpan(BigInt(row.voteStart) - now)}</span> : null}
        </span>
      </div>
      <p className="muted">
        For {formatAmount(yes)} · against {formatAmount(no)} · abstain {formatAmount(abstain)} · quorum{" "}
        {formatAmount(quorum)} · voting until {formatDateTime(BigInt(row.voteEnd))}
      </p>
      <ul>
        {(row.calls?.items ?? []).map((call) => (
          <li key={call.index}>
            <Call {...call} />
          </li>
        ))}
      </ul>
      {word === "open" && account !== undefined ? <Ballot proposal={BigInt(row.id)} account={account} /> : null}
    </li>
  );
}

function Ballot({ proposal, account }: { proposal: bigint; account: Address }) {
  const deciding = useDeciding(account);
  const { progress, isBusy, run } = useTransaction();
  return (
    <>
      <div className="row">
        {(["for", "against", "abstain"] as const satisfies readonly Support[]).map((support) => (
          <button
            key={support}
            type="button"
            className="button button-small"
            disabled={isBusy}
            onClick={() => void run((steps) => deciding.vote(proposal, support, steps))}
          >
            Vote {support}
          </button>
        ))}
      </div>
      <TransactionSteps progress={progress} success="Your vote counts." />
    </>
  );
}

/** vPHA into votes, and back. */
function Wrapping({ account }: { account: Address }) {
  const [typed, setTyped] = useState("");
  const power = useVotingPower(account);
  const deciding = useDeciding(account);
  const { progress, isBusy, run } = useTransaction();
  const { amount: entered, problem } = enteredAmount(typed);
  const amount = entered === 0n ? null : entered;
  const { shares, wrapped } = power.data ?? {};
  const perform = (action: "wrap" | "unwrap") => {
    if (amount === null) return;
    void run((steps) => deciding[action](amount, steps)).then((isDone) => isDone && setTyped(""));
  };
  return (
    <>
      <h3>Your votes</h3>
      {power.isError ? <Failure what="Your votes" error={power.error} onRetry={() => void power.refetch()} /> : null}
      <dl className="stats">
        <Stat name="Votes" source="yours, and of whoever has named you">
          <Amount wei={power.data?.votes} unit="vPHA" />
        </Stat>
        <Stat name="Wrapped" source="earns as before; can be taken back at any time">
          <Amount wei={wrapped} unit="vPHA" />
        </Stat>
      </dl>
      <AmountField
        label="vPHA to wrap or unwrap"
        unit="vPHA"
        value={typed}
        onChange={setTyped}
        balance={shares}
        problem={problem}
        isDisabled={isBusy}
      />
      <div className="row">
        <button
          type="button"
          className="button"
          disabled={isBusy || amount === null || shares === undefined || amount > shares}
          onClick={() => perform("wrap")}
        >
          Wrap
        </button>
        <button
          type="button"
          className="button"
          disabled={isBusy || amount === null || wrapped === undefined || amount > wrapped}
          onClick={() => perform("unwrap")}
        >
          Unwrap
        </button>
      </div>
      <TransactionSteps progress={progress} success="Done." />
    </>
  );
}
