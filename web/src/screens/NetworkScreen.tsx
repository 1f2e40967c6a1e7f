/** All workers together: GPUs, collateral, rewards, and how fresh Intel's collateral is. */
import { useChainTime } from "../chain/clock.ts";
import { formatAmount, grouped, compactAmount } from "../format/amount.ts";
import { shortHex } from "../format/address.ts";
import { formatDate, formatSpan } from "../format/time.ts";
import { NETWORK } from "../indexer/compute.ts";
import { useIndexed } from "../indexer/client.ts";
import { Card } from "../ui/Card.tsx";
import { Chart } from "../ui/Chart.tsx";
import { Badge, Failure } from "../ui/Note.tsx";
import { Table } from "../ui/Table.tsx";
import { Amount, Loading, Skeleton, Stat } from "../ui/Value.tsx";

const DAY = 86_400;
const ONE = 10n ** 18n;
const HISTORY_DAYS = 365;
/** Less time than this until collateral expires is worth a warning. */
const SOON = BigInt(3 * DAY);

export function NetworkScreen() {
  const now = Number(useChainTime(60_000));
  const today = Math.floor(now / DAY) * DAY;
  const indexed = useIndexed(NETWORK, { from: String(today - HISTORY_DAYS * DAY) }, { isSeries: true });
  const data = indexed.data;
  const network = data?.computeNetworks.items[0];
  const days = data?.computeDays.items ?? [];
  const lastDay = days.at(-1);
  const attested = data?.attestedKeyTotals.items
    .filter(({ state }) => state === "valid")
    .reduce((sum, { keys }) => sum + keys, 0);
  const of = (value: string | undefined) => (value === undefined ? undefined : BigInt(value));
  const times = days.map(({ end }) => Number(end));

  return (
    <>
      <h1>Network</h1>
      {indexed.isError ? (
        <Failure what="The network" error={indexed.error} onRetry={() => void indexed.refetch()} />
      ) : null}
      <Card title="Now">
        <dl className="stats">
          <Stat name="Active workers" source="attested, with collateral, a lease running">
            {network === undefined ? <Skeleton width={4} /> : grouped(network.active)}
          </Stat>
          <Stat name="Lapsed">{network === undefined ? <Skeleton width={4} /> : grouped(network.lapsed)}</Stat>
          <Stat name="GPUs" source="held by workers that stay; active ones count for rewards">
            {network === undefined ? (
              <Skeleton width={6} />
            ) : (
              `${grouped(network.activeGpus)} active of ${grouped(network.heldGpus)}`
            )}
          </Stat>
          <Stat name="Attested now" source="workers whose attestation holds, and their GPUs">
            {network === undefined ? (
              <Skeleton width={6} />
            ) : (
              `${grouped(network.attested)}, ${grouped(network.attestedGpus)} GPUs`
            )}
          </Stat>
          <Stat name="Keys attested now" source="of anyone, workers or not">
            {attested === undefined ? <Skeleton width={4} /> : grouped(attested)}
          </Stat>
          <Stat name="Collateral" source="posted by workers; required is what their GPUs need">
            <Amount wei={of(network?.collateral)} unit="vPHA" />
          </Stat>
          <Stat name="Required">
            <Amount wei={of(network?.required)} unit="vPHA" />
          </Stat>
          <Stat name="Earned in the last full day">
            <Amount wei={of(lastDay?.earned)} unit="PHA" />
          </Stat>
          <Stat name="Slashed, ever">
            <Amount wei={of(network?.slashedCumulative)} unit="vPHA" />
          </Stat>
        </dl>
      </Card>
      <Card title="GPU models">
        {data === undefined ? (
          <Loading />
        ) : (
          <Table
            label="GPU models"
            rows={data.gpuModels.items}
            rowKey={({ model }) => model}
            columns={[
              {
                name: "Model",
                cell: ({ name, isListed }) =>
                  isListed ? (
                    name
                  ) : (
                    <>
                      {name} <Badge>not listed</Badge>
                    </>
                  ),
              },
              { name: "Active GPUs", isNumber: true, cell: ({ activeGpus }) => grouped(activeGpus) },
              { name: "Attested GPUs", isNumber: true, cell: ({ attestedGpus }) => grouped(attestedGpus) },
              { name: "Held GPUs", isNumber: true, cell: ({ heldGpus }) => grouped(heldGpus) },
              { name: "Workers", isNumber: true, cell: ({ activeWorkers }) => grouped(activeWorkers) },
              {
                name: "Collateral per GPU",
                isNumber: true,
                cell: ({ collateral }) => `${formatAmount(BigInt(collateral), 0)} vPHA`,
              },
              { name: "Weight per GPU", isNumber: true, cell: ({ weight }) => (weight / 100).toFixed(2) },
            ]}
          />
        )}
      </Card>
      <Card title="History">
        {data === undefined ? (
          <Loading />
        ) : (
          <div className="columns">
            <Chart
              title="GPUs"
              unit="at the end of the day"
              times={times}
              // The chart's values are times 1e18.
              series={[
                { name: "Active", values: days.map(({ activeGpus }) => BigInt(activeGpus) * ONE) },
                { name: "Held", values: days.map(({ heldGpus }) => BigInt(heldGpus) * ONE) },
              ]}
              format={(value) => grouped(value / ONE)}
              isStepped
              hasZero
            />
            <Chart
              title="Rewards"
              unit="PHA earned in the day"
              times={times}
              series={[{ name: "Earned", values: days.map(({ earned }) => BigInt(earned)) }]}
              format={compactAmount}
              hasZero
            />
            <Chart
              title="Collateral"
              unit="vPHA"
              times={times}
              series={[{ name: "Posted", values: days.map(({ collateral }) => BigInt(collateral)) }]}
              format={compactAmount}
              hasZero
            />
          </div>
        )}
      </Card>
      <Card title="Intel's collateral" aside={<span className="muted">what quotes are judged by</span>}>
        {data === undefined ? (
          <Loading />
        ) : (
          <Table
            label="Intel's collateral"
            rows={data.collaterals.items}
            rowKey={({ verifier, kind, fmspc }) => `${verifier}-${kind}-${fmspc}`}
            columns={[
              { name: "Kind", cell: ({ kind }) => kind.replaceAll("_", " ") },
              {
                name: "Platform (FMSPC)",
                cell: ({ fmspc }) => (/^0x0*$/.test(fmspc) ? "all" : <code>{shortHex(fmspc)}</code>),
              },
              { name: "Issued", cell: ({ issued }) => formatDate(BigInt(issued)) },
              {
                name: "Valid",
                cell: ({ validUntil }) => {
                  const left = BigInt(validUntil) - BigInt(now);
                  if (left <= 0n) return <Badge tone="bad">expired {formatDate(BigInt(validUntil))}</Badge>;
                  return <Badge tone={left < SOON ? "warn" : "good"}>{formatSpan(left)}</Badge>;
                },
              },
              { name: "Evaluation", isNumber: true, cell: ({ evaluation }) => (evaluation === 0 ? "–" : evaluation) },
            ]}
          />
        )}
      </Card>
    </>
  );
}
