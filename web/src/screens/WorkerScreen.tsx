/** One worker: what it is and why, its collateral, attestation, days, slashes and history. */
import { Link, useParams } from "wouter";
import { useAccountAddress } from "../chain/account.ts";
import { useChainTime } from "../chain/clock.ts";
import { compactAmount, formatAmount, grouped } from "../format/amount.ts";
import { formatDateTime, formatSpan } from "../format/time.ts";
import { addressOf, hexOf } from "../indexer/hex.ts";
import { useIndexed } from "../indexer/client.ts";
import { WORKER } from "../indexer/compute.ts";
import { Card } from "../ui/Card.tsx";
import { Chart } from "../ui/Chart.tsx";
import { ChainLink, ExternalLink, TransactionLink } from "../ui/Links.tsx";
import { Badge, Failure, Note } from "../ui/Note.tsx";
import { Table } from "../ui/Table.tsx";
import { Amount, Fact, Loading, Stat } from "../ui/Value.tsx";
import { Controls } from "./compute/Controls.tsx";
import { attestationWords, lapseReason, stateTone } from "./compute/words.ts";

const ONE = 10n ** 18n;
const HOURS_PER_DAY = 24;

export function WorkerScreen() {
  const { worker: key } = useParams<{ worker: string }>();
  const indexed = useIndexed(WORKER, { worker: key.toLowerCase() });
  const now = useChainTime(30_000);
  const account = useAccountAddress();
  const worker = indexed.data?.worker;
  const standing = indexed.data?.workerStandings.items[0];
  const days = (indexed.data?.workerDays.items ?? []).toReversed();
  const attested = worker?.attestedKey;

  const failure = indexed.isError ? (
    <Failure what="The worker" error={indexed.error} onRetry={() => void indexed.refetch()} />
  ) : null;
  const heading = (
    <div className="row">
      <h1>Worker</h1>
      <bdi>
        <code>{key}</code>
      </bdi>
    </div>
  );

  if (indexed.data !== undefined && (worker === null || worker === undefined)) {
    return (
      <>
        {heading}
        <Note tone="warn">
          <span>
            This key has never registered. <Link href="/workers">All workers</Link>
          </span>
        </Note>
      </>
    );
  }
  if (worker === null || worker === undefined) {
    return (
      <>
        {heading}
        {failure ?? <Loading />}
      </>
    );
  }

  const badge = standing === undefined ? null : attestationWords(standing);
  const hours = days.reduce((sum, { hoursUp }) => sum + hoursUp, 0);
  return (
    <>
      {heading}
      {failure}
      <Card
        title="Now"
        aside={
          <span className="row">
            <Badge tone={stateTone(worker.state)}>{worker.state}</Badge>
            {badge === null ? null : <Badge tone={badge.tone}>{badge.text}</Badge>}
          </span>
        }
      >
        {worker.lapse === null ? null : (
          <Note tone="warn">
            Lapsed since {formatDateTime(BigInt(worker.stateSince))}: {lapseReason(worker.lapse)}. It earns nothing
            until that is put right.
          </Note>
        )}
        <dl className="stats">
          <Stat name="GPUs">
            {worker.gpuCount} × {worker.modelRow?.name ?? "?"}
          </Stat>
          <Stat name="Claimable" source="earned until the last full hour, not claimed">
            <Amount wei={standing === undefined ? undefined : BigInt(standing.rewards)} unit="PHA" digits={4} />
          </Stat>
          <Stat name="Earned, ever">
            <Amount
              wei={standing === undefined ? undefined : BigInt(standing.earnedCumulative)}
              unit="PHA"
              digits={4}
            />
          </Stat>
          <Stat name="Collateral" source={`${formatAmount(BigInt(worker.required))} vPHA required`}>
            <Amount wei={BigInt(worker.collateral)} unit="vPHA" />
          </Stat>
          <Stat name="Reserved by open slashes">
            <Amount wei={BigInt(worker.reserved)} unit="vPHA" />
          </Stat>
          <Stat name="Uptime" source={`hours under a lease, last ${days.length} full days`}>
            {days.length === 0 ? "–" : `${((hours / (days.length * HOURS_PER_DAY)) * 100).toFixed(1)} %`}
          </Stat>
        </dl>
        <dl className="facts">
          <Fact name="Operator">
            <ChainLink kind="address" value={worker.operator} />
          </Fact>
          <Fact name="Attestation ends">
            {formatDateTime(BigInt(worker.validUntil))}
            {BigInt(worker.validUntil) > now ? `, in ${formatSpan(BigInt(worker.validUntil) - now)}` : ""}
          </Fact>
          <Fact name="Lease ends">
            {worker.leaseEnd === "0" ? "none yet" : formatDateTime(BigInt(worker.leaseEnd))}
          </Fact>
          <Fact name="Heartbeats">
            {grouped(worker.heartbeats)}
            {worker.lastHeartbeatAt === null
              ? ""
              : `, the last ${formatSpan(now - BigInt(worker.lastHeartbeatAt))} ago`}
          </Fact>
          {worker.exitAt === "0" ? null : (
            <Fact name="Collateral is paid from">{formatDateTime(BigInt(worker.exitAt))}</Fact>
          )}
          {worker.pendingWithdrawal === "0" ? null : (
            <Fact name="On its way out">
              {formatAmount(BigInt(worker.pendingWithdrawal))} vPHA from {formatDateTime(BigInt(worker.withdrawableAt))}
            </Fact>
          )}
          <Fact name="Registered">
            {formatDateTime(BigInt(worker.registeredAt))} <TransactionLink hash={hexOf(worker.transaction)} />
          </Fact>
        </dl>
      </Card>
      {account === undefined ? null : (
        <Controls
          account={account}
          isOperator={worker.operator === account.toLowerCase()}
          worker={{
            worker: addressOf(key),
            state: worker.state,
            rewards: BigInt(standing?.rewards ?? 0),
            collateral: BigInt(worker.collateral),
            required: BigInt(worker.required),
            pendingWithdrawal: BigInt(worker.pendingWithdrawal),
            withdrawableAt: BigInt(worker.withdrawableAt),
            exitAt: BigInt(worker.exitAt),
          }}
        />
      )}
      <Card title="Attestation">
        {attested === null || attested === undefined ? (
          <p className="muted">The registry knows no attestation of this key.</p>
        ) : (
          <dl className="facts facts-long">
            {[
              ["Image", attested.image],
              ["TCB status", attested.status],
              ["FMSPC", attested.fmspc],
              ["Platform (PPID)", attested.ppid],
              ["TDX module", attested.tdxModule],
              ["QE ISV SVN", String(attested.qeIsvSvn)],
              ["Subject", attested.subject],
              ["GPU evidence", worker.evidenceHash],
            ].map(([name, value]) => (
              <Fact key={name} name={name ?? ""}>
                <code>{value}</code>
              </Fact>
            ))}
          </dl>
        )}
        {attested?.imageRow == null ? null : (
          <>
            <h3>
              What its quote measured{" "}
              <Badge tone={attested.imageRow.isAllowed ? "good" : "bad"}>
                {attested.imageRow.isAllowed ? "image allowed" : "image not allowed any more"}
              </Badge>
            </h3>
            <dl className="facts facts-long">
              {[
                ["MRTD", attested.imageRow.mrTd],
                ["MRCONFIGID", attested.imageRow.mrConfigId],
                [
                  "RTMR0, one of",
                  (attested.imageRow.shapes?.items ?? []).map(({ rtMr0 }) => rtMr0).join(" ") || "none allowed",
                ],
                ["RTMR1", attested.imageRow.rtMr1],
                ["RTMR2", attested.imageRow.rtMr2],
                [
                  "RTMR3",
                  attested.imageRow.rtMr3 === "0x" ? "any: MRCONFIGID pins the application" : attested.imageRow.rtMr3,
                ],
                ["TD attributes", attested.imageRow.tdAttributes],
                ["XFAM", attested.imageRow.xfam],
                ["Block that the quote names", attested.blockNumber],
              ].map(([name, value]) => (
                <Fact key={name} name={name ?? ""}>
                  <code>{value}</code>
                </Fact>
              ))}
            </dl>
          </>
        )}
        <h3>GPUs</h3>
        <ul>
          {worker.gpuIds.map((id) => (
            <li key={id}>
              <code>{id}</code>
            </li>
          ))}
        </ul>
      </Card>
      <Card title="Days">
        <div className="columns">
          <Chart
            title="Hours up"
            unit="of 24, by day"
            times={days.map(({ end }) => Number(end))}
            series={[{ name: "Hours", values: days.map(({ hoursUp }) => BigInt(hoursUp) * ONE) }]}
            format={(value) => (value / ONE).toString()}
            isStepped
            hasZero
          />
          <Chart
            title="Earned"
            unit="PHA by day"
            times={days.map(({ end }) => Number(end))}
            series={[{ name: "Earned", values: days.map(({ earned }) => BigInt(earned)) }]}
            format={compactAmount}
            hasZero
          />
        </div>
      </Card>
      <Card title="Slashes">
        {indexed.data?.slashProposals.items.length === 0 ? (
          <p className="muted">None was ever proposed.</p>
        ) : (
          <Table
            label="Slashes"
            rows={indexed.data?.slashProposals.items ?? []}
            rowKey={({ id }) => id}
            columns={[
              { name: "Fault", cell: ({ faultClass }) => faultClass.replaceAll("_", " ") },
              { name: "State", cell: ({ state }) => <Badge>{state}</Badge> },
              { name: "Amount", isNumber: true, cell: ({ amount }) => `${formatAmount(BigInt(amount))} vPHA` },
              { name: "Proposed", cell: ({ proposedAt }) => formatDateTime(BigInt(proposedAt)) },
              { name: "Executable from", cell: ({ executableAt }) => formatDateTime(BigInt(executableAt)) },
              { name: "Evidence", cell: ({ evidenceUri }) => <ExternalLink href={evidenceUri}>evidence</ExternalLink> },
              {
                name: "Rebuttal",
                cell: ({ rebuttalUri }) =>
                  rebuttalUri === null ? "–" : <ExternalLink href={rebuttalUri}>rebuttal</ExternalLink>,
              },
            ]}
          />
        )}
      </Card>
      <Card title="History">
        <Table
          label="History"
          rows={indexed.data?.workerEvents.items ?? []}
          rowKey={({ id }) => id}
          columns={[
            { name: "When", cell: ({ timestamp }) => formatDateTime(BigInt(timestamp)) },
            { name: "What", cell: ({ kind }) => kind.replaceAll("_", " ") },
            { name: "State", cell: ({ state, lapse }) => (lapse === null ? state : `${state}: ${lapseReason(lapse)}`) },
            {
              name: "vPHA",
              isNumber: true,
              cell: ({ amount }) => (amount === null ? "" : formatAmount(BigInt(amount))),
            },
            {
              name: "Transaction",
              cell: ({ transaction }) =>
                transaction === null ? "time" : <TransactionLink hash={hexOf(transaction)} />,
            },
          ]}
        />
      </Card>
    </>
  );
}
