/** What governance can change, between which bounds, and when it last did. */
import { type ReactNode, useId, useState } from "react";
import { isAddress } from "viem";
import { exactAmount, grouped } from "../../format/amount.ts";
import { formatDateTime, formatSpan } from "../../format/time.ts";
import { hexOf } from "../../indexer/hex.ts";
import { useIndexed } from "../../indexer/client.ts";
import { PARAMETERS } from "../../indexer/governance.ts";
import { Card } from "../../ui/Card.tsx";
import { ChainLink, TransactionLink } from "../../ui/Links.tsx";
import { Failure } from "../../ui/Note.tsx";
import { Table } from "../../ui/Table.tsx";
import { Loading } from "../../ui/Value.tsx";

const ONE = 10n ** 18n;

/** A value with its unit, by the parameter's name: see `ponder/schema/parameters.ts`. */
function shown(name: string, value: string): ReactNode {
  if (isAddress(value, { strict: false })) return <ChainLink kind="address" value={value} />;
  if (!/^\d+$/.test(value)) return value;
  const number = BigInt(value);
  if (name === "ceiling") return `${exactAmount(number)} PHA per hour and 0.01 of weight`;
  if (name.endsWith(".collateral")) return `${number % ONE === 0n ? grouped(number / ONE) : exactAmount(number)} vPHA`;
  if (name.endsWith(".weight")) return (Number(number) / 100).toFixed(2);
  if (name.startsWith("cap.")) return `${Number(number) / 100} %`;
  if (/(Window|Delay|Extension|^baseDelay)$/i.test(name)) return formatSpan(number);
  if (name === "end" || name === "floors.minTcbDate") return number === 0n ? "none" : formatDateTime(number);
  if (/\.is[A-Z]\w*$|^is[A-Z]/.test(name)) return number === 1n ? "yes" : "no";
  return value;
}

function bounds(name: string, min: string | null, max: string | null): ReactNode {
  if (min === null && max === null) return "–";
  if (min === null || max === null) {
    return max === null ? <>at least {shown(name, min ?? "")}</> : <>at most {shown(name, max)}</>;
  }
  return (
    <>
      {shown(name, min)} to {shown(name, max)}
    </>
  );
}

export function Parameters() {
  const indexed = useIndexed(PARAMETERS, {});
  const [search, setSearch] = useState("");
  const id = useId();
  const wanted = search.trim().toLowerCase();
  const rows = (indexed.data?.parameters.items ?? []).filter(({ contractName, name }) =>
    `${contractName}.${name}`.toLowerCase().includes(wanted),
  );
  return (
    <Card title="Parameters" aside={<span className="muted">what is not here is constant</span>}>
      {indexed.isError ? (
        <Failure what="Parameters" error={indexed.error} onRetry={() => void indexed.refetch()} />
      ) : null}
      {indexed.data === undefined ? (
        <Loading />
      ) : (
        <>
          <div className="field">
            <label htmlFor={id}>Search by contract or name</label>
            <div className="field-box">
              <input id={id} type="search" value={search} onChange={(event) => setSearch(event.target.value)} />
            </div>
          </div>
          {rows.length === 0 ? (
            <p className="muted">No parameter fits.</p>
          ) : (
            <Table
              label="Parameters"
              rows={rows}
              rowKey={({ contract, name }) => `${contract}-${name}`}
              columns={[
                {
                  name: "Parameter",
                  cell: ({ contractName, name }) => (
                    <>
                      {contractName}.<strong>{name}</strong>
                    </>
                  ),
                },
                { name: "Value", cell: ({ name, value }) => shown(name, value) },
                {
                  name: "Bounds",
                  isProse: true,
                  cell: ({ name, min, max }) => bounds(name, min, max),
                },
                {
                  name: "Last changed",
                  isProse: true,
                  cell: ({ updatedAt, changes, transaction }) => (
                    <>
                      {formatDateTime(BigInt(updatedAt))}
                      {changes === 1 ? ", when it was deployed" : `, ${changes - 1} times`}{" "}
                      <TransactionLink hash={hexOf(transaction)} />
                    </>
                  ),
                },
              ]}
            />
          )}
        </>
      )}
    </Card>
  );
}
