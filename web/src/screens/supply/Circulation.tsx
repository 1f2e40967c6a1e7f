/** What circulates, who holds what does not, and what each stream has released. */
import { useChainTime } from "../../chain/clock.ts";
import { compactAmount, formatAmount } from "../../format/amount.ts";
import { SUPPLY } from "../../indexer/emission.ts";
import { useIndexed } from "../../indexer/client.ts";
import { Card } from "../../ui/Card.tsx";
import { Chart } from "../../ui/Chart.tsx";
import { ChainLink } from "../../ui/Links.tsx";
import { Failure } from "../../ui/Note.tsx";
import { Table } from "../../ui/Table.tsx";
import { Loading } from "../../ui/Value.tsx";

const DAY = 86_400;
const HISTORY_DAYS = 365;

export function Circulation() {
  const today = Math.floor(Number(useChainTime(60_000)) / DAY) * DAY;
  const indexed = useIndexed(SUPPLY, { from: String(Math.max(0, today - HISTORY_DAYS * DAY)) }, { isSeries: true });
  const supply = indexed.data?.supplyDays.items ?? [];
  const emission = indexed.data?.emissionDays.items ?? [];
  return (
    <Card title="Circulation">
      {indexed.isError ? (
        <Failure what="The circulation" error={indexed.error} onRetry={() => void indexed.refetch()} />
      ) : null}
      {indexed.data === undefined ? (
        <Loading />
      ) : (
        <>
          <div className="columns">
            <Chart
              title="Supply"
              unit="PHA at the end of the day"
              times={supply.map(({ end }) => Number(end))}
              series={[
                { name: "Circulating", values: supply.map(({ circulating }) => BigInt(circulating)) },
                { name: "Staked", values: supply.map(({ staked }) => BigInt(staked)) },
              ]}
              format={compactAmount}
              hasZero
            />
            <Chart
              title="Released by stream"
              unit="PHA emitted in the day"
              times={emission.map(({ end }) => Number(end))}
              series={[
                { name: "Stakers", values: emission.map(({ emittedStakers }) => BigInt(emittedStakers)) },
                { name: "Workers", values: emission.map(({ emittedWorkers }) => BigInt(emittedWorkers)) },
                { name: "Treasury", values: emission.map(({ emittedTreasury }) => BigInt(emittedTreasury)) },
              ]}
              format={compactAmount}
              isStepped
              hasZero
            />
          </div>
          <h3>What does not circulate</h3>
          <Table
            label="What does not circulate"
            rows={indexed.data.supplyBuckets.items}
            rowKey={({ address }) => address}
            columns={[
              { name: "Bucket", cell: ({ name }) => name.replaceAll("_", " ") },
              { name: "Holder", cell: ({ address }) => <ChainLink kind="address" value={address} /> },
              { name: "PHA", isNumber: true, cell: ({ balance }) => formatAmount(BigInt(balance)) },
            ]}
          />
        </>
      )}
    </Card>
  );
}
