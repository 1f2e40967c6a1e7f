/** An operator's own view: what is due, what is at risk, and its workers. */
import type { ResultOf } from "gql.tada";
import { Link } from "wouter";
import type { Address } from "viem";
import { NoAccount } from "../app/NoAccount.tsx";
import { useAccountAddress } from "../chain/account.ts";
import { useChainTime } from "../chain/clock.ts";
import { computeReasonOf } from "../chain/computeReasons.ts";
import { useOperating } from "../chain/operating.ts";
import { useTransaction } from "../chain/transaction.ts";
import { formatAmount, grouped } from "../format/amount.ts";
import { shortHex } from "../format/address.ts";
import { formatDateTime, formatSpan } from "../format/time.ts";
import { OPERATOR } from "../indexer/compute.ts";
import { useIndexed } from "../indexer/client.ts";
import { addressOf } from "../indexer/hex.ts";
import { Card } from "../ui/Card.tsx";
import { ExternalLink } from "../ui/Links.tsx";
import { Badge, Failure, Note } from "../ui/Note.tsx";
import { Table } from "../ui/Table.tsx";
import { TransactionSteps } from "../ui/TransactionSteps.tsx";
import { Amount, Loading, Stat } from "../ui/Value.tsx";
import { attestationWords, lapseReason, remedyOf, stateTone } from "./compute/words.ts";

type Data = ResultOf<typeof OPERATOR>;
type Worker = Data["workers"]["items"][number];

const HOUR = 3_600n;
/** Before an attestation or a lease ends, what is worth a word. */
const SOON = { attestation: 48n * HOUR, lease: HOUR } as const;
/** Workers of one claim. */
const CLAIM = 50;

export function OperateScreen() {
  const account = useAccountAddress();
  return (
    <>
      <div className="card-head">
        <h1>Operate</h1>
        <Link className="button" href="/operate/register">
          Register a worker
        </Link>
      </div>
      {account === undefined ? (
        <NoAccount>Connect a wallet to see the workers that it operates.</NoAccount>
      ) : (
        <Own account={account} />
      )}
    </>
  );
}

function Own({ account }: { account: Address }) {
  const indexed = useIndexed(OPERATOR, { operator: account.toLowerCase() });
  const failure = indexed.isError ? (
    <Failure what="Your workers" error={indexed.error} onRetry={() => void indexed.refetch()} />
  ) : null;
  if (indexed.data === undefined) return failure ?? <Loading />;
  if (indexed.data.operator === null) {
    return (
      <Note>
        <span>
          This account operates no worker. <Link href="/operate/register">Register one</Link> with a quote of its
          confidential VM, or let the worker agent do it.
        </span>
      </Note>
    );
  }
  return (
    <>
      {failure}
      <Totals data={indexed.data} account={account} />
      <Due data={indexed.data} />
      <AtRisk data={indexed.data} />
      <Workers data={indexed.data} />
    </>
  );
}

function Totals({ data, account }: { data: Data; account: Address }) {
  const operating = useOperating(account);
  const { progress, isBusy, run } = useTransaction(computeReasonOf);
  const { operator } = data;
  const standing = data.operatorStandings.items[0];
  const earning = data.workerStandings.items.filter(({ rewards }) => rewards !== "0");
  // What one transaction takes; the rest follows with the next.
  const batch = earning.slice(0, CLAIM);
  const due = batch.reduce((sum, { rewards }) => sum + BigInt(rewards), 0n);
  return (
    <Card
      title="Together"
      aside={
        <button
          type="button"
          className="button button-primary"
          disabled={isBusy || earning.length === 0}
          onClick={() =>
            void run((steps) =>
              operating.claim(
                batch.map(({ worker }) => addressOf(worker)),
                steps,
              ),
            )
          }
        >
          Claim {earning.length > batch.length ? `${batch.length} of ${earning.length}` : "all"}
          {due === 0n ? "" : ` (${formatAmount(due)} PHA)`}
        </button>
      }
    >
      <dl className="stats">
        <Stat name="Workers" source={`${operator?.active ?? 0} active, ${operator?.lapsed ?? 0} lapsed`}>
          {grouped(operator?.workers ?? 0)}
        </Stat>
        <Stat name="Claimable" source="earned until the last full hour; paid as vPHA">
          <Amount wei={BigInt(standing?.rewards ?? 0)} unit="PHA" digits={4} />
        </Stat>
        <Stat name="Earned, ever">
          <Amount wei={BigInt(standing?.earnedCumulative ?? 0)} unit="PHA" />
        </Stat>
        <Stat name="Collateral" source={`${formatAmount(BigInt(operator?.required ?? 0))} vPHA required`}>
          <Amount wei={BigInt(operator?.collateral ?? 0)} unit="vPHA" />
        </Stat>
        <Stat name="Slashed, ever">
          <Amount wei={BigInt(operator?.slashedCumulative ?? 0)} unit="vPHA" />
        </Stat>
      </dl>
      <TransactionSteps progress={progress} success="Your rewards are staked: they are vPHA in your wallet." />
    </Card>
  );
}

interface Task {
  readonly worker: string;
  readonly what: string;
  readonly tone: "bad" | "warn" | "good";
  /** Unix seconds; null: now. */
  readonly by: bigint | null;
}

/** What somebody has to do for a worker, the most pressing first. */
function tasksOf(worker: Worker, now: bigint): Task[] {
  const tasks: Task[] = [];
  const add = (tone: Task["tone"], what: string, by: bigint | null = null) =>
    tasks.push({ worker: worker.worker, what, tone, by });
  const free = BigInt(worker.collateral) - BigInt(worker.pendingWithdrawal);
  const short = BigInt(worker.required) - free;
  if (worker.state === "lapsed") {
    const amount = worker.lapse === "collateral" && short > 0n ? ` ${formatAmount(short)} vPHA are missing.` : "";
    add("bad", `Lapsed: ${lapseReason(worker.lapse) ?? "unknown"}. ${remedyOf(worker.lapse)}${amount}`);
  }
  if (worker.state === "active") {
    const valid = BigInt(worker.validUntil);
    if (valid - now < SOON.attestation) add("warn", "The attestation ends: the agent attests anew, if it runs.", valid);
    const lease = BigInt(worker.leaseEnd);
    if (lease - now < SOON.lease) add("warn", "The lease ends: a heartbeat prolongs it.", lease);
  }
  if (worker.exitAt !== "0") {
    const at = BigInt(worker.exitAt);
    if (at <= now) add("good", "The collateral can be taken out.");
    else add("warn", "Leaves: the collateral can be taken out then.", at);
  }
  if (worker.pendingWithdrawal !== "0") {
    const at = BigInt(worker.withdrawableAt);
    const amount = `${formatAmount(BigInt(worker.pendingWithdrawal))} vPHA`;
    if (at <= now) add("good", `${amount} can be taken out.`);
    else add("warn", `${amount} thaw until then.`, at);
  }
  return tasks;
}

const URGENCY = { bad: 0, warn: 1, good: 2 } as const;

function Due({ data }: { data: Data }) {
  const now = useChainTime(10_000);
  const tasks = data.workers.items
    .flatMap((worker) => tasksOf(worker, now))
    .toSorted((a, b) => URGENCY[a.tone] - URGENCY[b.tone] || Number((a.by ?? 0n) - (b.by ?? 0n)));
  return (
    <Card title="What is due">
      {tasks.length === 0 ? (
        <p className="muted">Nothing: every worker is attested, has its collateral, and beats.</p>
      ) : (
        <Table
          label="What is due"
          rows={tasks}
          rowKey={({ worker, what }) => `${worker}-${what}`}
          columns={[
            { name: "Worker", cell: ({ worker }) => <Link href={`/workers/${worker}`}>{shortHex(worker)}</Link> },
            { name: "What", cell: ({ what, tone }) => <span data-tone={tone}>{what}</span> },
            {
              name: "When",
              cell: ({ by }) =>
                by === null ? "now" : by > now ? `in ${formatSpan(by - now)}, ${formatDateTime(by)}` : "now",
            },
          ]}
        />
      )}
    </Card>
  );
}

function AtRisk({ data }: { data: Data }) {
  const now = useChainTime(10_000);
  const rows = data.slashProposals.items;
  return (
    <Card title="What is at risk">
      {rows.length === 0 ? (
        <p className="muted">No slash is proposed against your workers.</p>
      ) : (
        <>
          <Table
            label="Open slashes"
            rows={rows}
            rowKey={({ id }) => id}
            columns={[
              { name: "Worker", cell: ({ worker }) => <Link href={`/workers/${worker}`}>{shortHex(worker)}</Link> },
              { name: "Fault", cell: ({ faultClass }) => faultClass },
              { name: "State", cell: ({ state }) => <Badge tone="bad">{state}</Badge> },
              { name: "Amount", isNumber: true, cell: ({ amount }) => `${formatAmount(BigInt(amount))} vPHA` },
              {
                name: "Rebut until",
                cell: ({ rebuttalUntil, state }) =>
                  state !== "open"
                    ? "rebutted"
                    : BigInt(rebuttalUntil) > now
                      ? `${formatDateTime(BigInt(rebuttalUntil))}, in ${formatSpan(BigInt(rebuttalUntil) - now)}`
                      : "over",
              },
              { name: "Executable from", cell: ({ executableAt }) => formatDateTime(BigInt(executableAt)) },
              { name: "Evidence", cell: ({ evidenceUri }) => <ExternalLink href={evidenceUri}>evidence</ExternalLink> },
            ]}
          />
          <p className="muted">
            A rebuttal is made with <code>npx hardhat slash rebut</code>; it moves the decision to governance.
          </p>
        </>
      )}
    </Card>
  );
}

function Workers({ data }: { data: Data }) {
  const standings = new Map(data.workerStandings.items.map((row) => [row.worker, row]));
  return (
    <Card title="Your workers">
      <Table
        label="Your workers"
        rows={data.workers.items}
        rowKey={({ worker }) => worker}
        columns={[
          { name: "Worker", cell: ({ worker }) => <Link href={`/workers/${worker}`}>{shortHex(worker)}</Link> },
          { name: "State", cell: ({ state }) => <Badge tone={stateTone(state)}>{state}</Badge> },
          { name: "GPUs", cell: ({ gpuCount, modelRow }) => `${gpuCount} × ${modelRow?.name ?? "?"}` },
          {
            name: "Attestation",
            cell: ({ worker }) => {
              const standing = standings.get(worker);
              if (standing === undefined) return "–";
              const { tone, text } = attestationWords(standing);
              return <Badge tone={tone}>{text}</Badge>;
            },
          },
          {
            name: "Collateral / required",
            isNumber: true,
            cell: ({ collateral, required }) =>
              `${formatAmount(BigInt(collateral))} / ${formatAmount(BigInt(required), 0)}`,
          },
          {
            name: "Claimable",
            isNumber: true,
            cell: ({ worker }) => `${formatAmount(BigInt(standings.get(worker)?.rewards ?? 0))} PHA`,
          },
        ]}
      />
    </Card>
  );
}
