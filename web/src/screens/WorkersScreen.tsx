/** Every worker, to filter, sort and search; and one of them in detail. */
import { type ReactNode, useId, useState } from "react";
import { Link } from "wouter";
import { NoAccount } from "../app/NoAccount.tsx";
import { useAccountAddress } from "../chain/account.ts";
import { useChainTime } from "../chain/clock.ts";
import { formatAmount } from "../format/amount.ts";
import { shortHex } from "../format/address.ts";
import { formatSpan } from "../format/time.ts";
import { useWorkers } from "../indexer/workers.ts";
import { Card } from "../ui/Card.tsx";
import { Badge, Failure } from "../ui/Note.tsx";
import { Segments } from "../ui/Segments.tsx";
import { type Sorting, Table } from "../ui/Table.tsx";
import { Loading } from "../ui/Value.tsx";
import { attestationWords, lapseReason, stateTone } from "./compute/words.ts";

const FILTERS = [
  { value: "staying", name: "Active and lapsed" },
  { value: "active", name: "Active" },
  { value: "lapsed", name: "Lapsed" },
  { value: "left", name: "Leaving or gone" },
  { value: "mine", name: "Mine" },
] as const;

type Filter = (typeof FILTERS)[number]["value"];

const HOUR = 3_600n;
const DAY = 24n * HOUR;

/** Part of its hours that it was up, from its registration until the last midnight; null where that is no time, or it has left. */
function uptimeOf(
  row: { readonly state: string; readonly registeredAt: string; readonly dayHoursCumulative: number },
  now: bigint,
): number | null {
  const hours = Number((now - (now % DAY) - BigInt(row.registeredAt)) / HOUR);
  if (hours <= 0 || (row.state !== "active" && row.state !== "lapsed")) return null;
  return Math.min(1, row.dayHoursCumulative / hours);
}

export function WorkersScreen() {
  const indexed = useWorkers();
  const account = useAccountAddress()?.toLowerCase();
  const [filter, setFilter] = useState<Filter>("staying");
  const [search, setSearch] = useState("");
  const [sorting, setSorting] = useState<Sorting>({ column: "GPUs", isDescending: true });
  const now = useChainTime(30_000);
  const searchId = useId();

  const rows = indexed.data ?? [];
  const wanted = search.trim().toLowerCase();
  const shown = rows.filter(({ worker, operator, state, modelRow }) => {
    const fits = {
      staying: state === "active" || state === "lapsed",
      active: state === "active",
      lapsed: state === "lapsed",
      left: state === "exiting" || state === "exited" || state === "removed",
      mine: operator === account,
    }[filter];
    return fits && [worker, operator, modelRow?.name.toLowerCase() ?? ""].some((text) => text.includes(wanted));
  });

  let list: ReactNode;
  if (indexed.data === undefined) list = indexed.isError ? null : <Loading />;
  else if (filter === "mine" && account === undefined)
    list = <NoAccount>Connect a wallet to see the workers that it operates.</NoAccount>;
  else if (shown.length === 0) list = <p className="muted">No worker fits. Another filter may show more.</p>;
  else {
    list = (
      <Table
        label="Workers"
        rows={shown}
        rowKey={({ worker }) => worker}
        sorting={sorting}
        onSort={setSorting}
        columns={[
          {
            name: "Worker",
            key: ({ worker }) => worker,
            cell: ({ worker }) => <Link href={`/workers/${worker}`}>{shortHex(worker)}</Link>,
          },
          {
            name: "State",
            key: ({ state }) => state,
            cell: ({ state, lapse }) => (
              <>
                <Badge tone={stateTone(state)}>{state}</Badge> <span className="muted">{lapseReason(lapse)}</span>
              </>
            ),
          },
          {
            name: "GPUs",
            key: ({ weight }) => weight,
            cell: ({ gpuCount, modelRow }) => `${gpuCount} × ${modelRow?.name ?? "?"}`,
          },
          {
            name: "Collateral / required",
            isNumber: true,
            key: ({ collateral }) => BigInt(collateral),
            cell: ({ collateral, required }) =>
              `${formatAmount(BigInt(collateral))} / ${formatAmount(BigInt(required), 0)}`,
          },
          {
            name: "Attestation",
            key: ({ validUntil }) => BigInt(validUntil),
            cell: ({ standing, validUntil }) => {
              if (standing === undefined) return "–";
              const { tone, text } = attestationWords(standing);
              const left = BigInt(validUntil) - now;
              return (
                <>
                  <Badge tone={tone}>{text}</Badge>{" "}
                  {standing.isAttested ? <span className="muted">{formatSpan(left)} left</span> : null}
                </>
              );
            },
          },
          {
            name: "Uptime",
            isNumber: true,
            key: (row) => uptimeOf(row, now) ?? -1,
            cell: (row) => {
              const uptime = uptimeOf(row, now);
              return uptime === null ? "–" : `${(uptime * 100).toFixed(1)} %`;
            },
          },
          {
            name: "Earned",
            isNumber: true,
            key: ({ standing }) => BigInt(standing?.earnedCumulative ?? 0),
            cell: ({ standing }) => `${formatAmount(BigInt(standing?.earnedCumulative ?? 0))} PHA`,
          },
          {
            name: "Slashed",
            isNumber: true,
            key: ({ slashedCumulative }) => BigInt(slashedCumulative),
            cell: ({ slashedCumulative }) =>
              slashedCumulative === "0" ? "–" : `${formatAmount(BigInt(slashedCumulative))} vPHA`,
          },
          {
            name: "Operator",
            key: ({ operator }) => operator,
            cell: ({ operator }) => <code>{shortHex(operator)}</code>,
          },
        ]}
      />
    );
  }

  return (
    <>
      <h1>Workers</h1>
      <Card
        title={indexed.data === undefined ? "All workers" : `${shown.length} of ${rows.length}`}
        aside={<Segments label="Which workers" options={FILTERS} value={filter} onChange={setFilter} />}
      >
        {indexed.isError ? (
          <Failure what="The workers" error={indexed.error} onRetry={() => void indexed.refetch()} />
        ) : null}
        <div className="field">
          <label htmlFor={searchId}>Search by worker, operator or model</label>
          <div className="field-box">
            <input id={searchId} type="search" value={search} onChange={(event) => setSearch(event.target.value)} />
          </div>
        </div>
        {list}
      </Card>
    </>
  );
}
