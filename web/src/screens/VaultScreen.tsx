/** The vault: what it holds, what it yields, and how that is reckoned. */
import { useState } from "react";
import { readContracts } from "wagmi/actions";
import { vphaAbi } from "../../../deploy/generated/abis.ts";
import { useChainTime } from "../chain/clock.ts";
import { useReading } from "../chain/reading.ts";
import { useConfig } from "../config/context.ts";
import { compactAmount, formatAmount, grouped } from "../format/amount.ts";
import { fisher, formatPercent } from "../format/rate.ts";
import { formatSpan } from "../format/time.ts";
import { useIndexed } from "../indexer/client.ts";
import { useIndexedSeries } from "../indexer/pages.ts";
import { VAULT, VAULT_DAYS } from "../indexer/vault.ts";
import { Card } from "../ui/Card.tsx";
import { Chart } from "../ui/Chart.tsx";
import { Failure } from "../ui/Note.tsx";
import { Segments } from "../ui/Segments.tsx";
import { Amount, Loading, Percent, Skeleton, Stat } from "../ui/Value.tsx";

const DAY = 86_400;

const RANGES = [
  { value: "1M", name: "1M", days: 30 },
  { value: "6M", name: "6M", days: 182 },
  { value: "1Y", name: "1Y", days: 365 },
  { value: "all", name: "All", days: Infinity },
] as const;

type Range = (typeof RANGES)[number]["value"];

export function VaultScreen() {
  return (
    <>
      <h1>Vault</h1>
      <Figures />
      <Solvency />
      <Charts />
    </>
  );
}

function Figures() {
  const indexed = useIndexed(VAULT, {});
  const vault = indexed.data?.vaults.items[0];
  const day = indexed.data?.vaultDays.items[0];
  const of = (value: string | undefined) => (value === undefined ? undefined : BigInt(value));
  const apr = of(vault?.apr);
  const inflation = of(day?.inflation);
  return (
    <Card title="Now" aside={vault === undefined ? null : <span className="muted">as of block {vault.block}</span>}>
      {indexed.isError ? (
        <Failure what="The vault" error={indexed.error} onRetry={() => void indexed.refetch()} />
      ) : null}
      <dl className="stats">
        <Stat
          name="Exchange rate"
          source={
            <Source
              formula="PHA for 1 vPHA: (assets + 1) / (shares + 1)"
              window="this block"
              from="convertToAssets of the vault"
            />
          }
        >
          <Amount wei={of(vault?.rate)} unit="PHA" digits={6} />
        </Stat>
        <Stat
          name="Staked (TVL)"
          source={<Source formula="PHA of all holders of vPHA" window="this block" from="totalAssets of the vault" />}
        >
          <Amount wei={of(vault?.totalAssets)} unit="PHA" />
        </Stat>
        <Stat
          name="APR"
          source={
            <Source
              formula="emission to stakers per year of 365 days / staked"
              window="this second"
              from="apr of the vault"
            />
          }
        >
          <Percent value={apr} />
        </Stat>
        <Stat name="APY" source={<Source formula="(1 + APR / 365)^365 − 1" window="this second" from="APR" />}>
          <Percent value={of(vault?.apy)} />
        </Stat>
        <Stat
          name="Inflation"
          source={
            <Source
              formula="emission of all streams × 365 / total supply"
              window="the last full day"
              from="pulls and curve of the emission vault"
            />
          }
        >
          <Percent value={inflation} />
        </Stat>
        <Stat
          name="Real yield"
          source={
            <Source
              formula="(1 + APR) / (1 + inflation) − 1 (Fisher)"
              window="this second, and the last full day"
              from="APR, inflation"
            />
          }
        >
          <Percent value={apr === undefined || inflation === undefined ? undefined : fisher(apr, inflation)} />
        </Stat>
        <Stat
          name="Real yield, simple"
          source={
            <Source formula="APR − inflation" window="this second, and the last full day" from="APR, inflation" />
          }
        >
          <Percent value={apr === undefined || inflation === undefined ? undefined : apr - inflation} />
        </Stat>
        <Stat
          name="Realised APR"
          source={
            <Source
              formula="rise of the rate × 365, other income included"
              window="the last full day"
              from="rates at both its ends"
            />
          }
        >
          <Percent value={of(day?.realisedApr)} />
        </Stat>
        <Stat name="Stakers" source="accounts that hold vPHA">
          {vault === undefined ? <Skeleton /> : grouped(vault.stakers)}
        </Stat>
        <Stat name="On the way out" source="PHA of open requests">
          <Amount wei={of(vault?.pendingAssets)} unit="PHA" />
        </Stat>
      </dl>
    </Card>
  );
}

/** How a number comes about. */
function Source(props: { formula: string; window: string; from: string }) {
  return (
    <>
      {props.formula}
      <br />
      Window: {props.window}. Source: {props.from}.
    </>
  );
}

function Solvency() {
  const { contracts } = useConfig();
  const vault = { address: contracts.vpha, abi: vphaAbi } as const;
  const reads = useReading(["solvency"], async (wagmi, blockNumber) => {
    const [solvency, runway, banked] = await readContracts(wagmi, {
      allowFailure: false,
      blockNumber,
      contracts: [
        { ...vault, functionName: "solvency" },
        { ...vault, functionName: "runway" },
        { ...vault, functionName: "banked" },
      ],
    });
    return { solvency, runway, banked };
  });
  const { solvency, runway, banked, block } = reads.data ?? {};
  return (
    <Card
      title="Runway and solvency"
      aside={
        block === undefined ? null : <span className="muted">as of block {block.toString()}, read from the vault</span>
      }
    >
      {reads.isError ? <Failure what="Solvency" error={reads.error} onRetry={() => void reads.refetch()} /> : null}
      <dl className="stats">
        <Stat
          name="Above what is owed"
          source="PHA held and due from emission − assets − unvested − banked − requests; never below 0"
        >
          <Amount wei={solvency} unit="PHA" digits={4} />
        </Stat>
        <Stat
          name="Emission goes on for"
          source="until the curve has emitted everything; all of it is in the emission vault already"
        >
          {runway === undefined ? <Skeleton /> : formatSpan(runway[0])}
        </Stat>
        <Stat name="Other income goes on for" source="until what was funded has vested">
          {runway === undefined ? <Skeleton /> : formatSpan(runway[1])}
        </Stat>
        <Stat name="Banked" source="emission that waits for 1,000 vPHA to be staked">
          <Amount wei={banked} unit="PHA" />
        </Stat>
      </dl>
    </Card>
  );
}

function Charts() {
  const [range, setRange] = useState<Range>("6M");
  const today = Math.floor(Number(useChainTime(60_000)) / DAY) * DAY;
  const days = RANGES.find(({ value }) => value === range)?.days ?? 0;
  const from = String(Math.max(0, today - days * DAY));
  const indexed = useIndexedSeries(
    ["vault", from],
    (after) => ({ document: VAULT_DAYS, variables: { from, after } }),
    ({ vaultDays }) => vaultDays,
  );
  const rows = indexed.data ?? [];
  const times = rows.map(({ end }) => Number(end));
  const column = (name: "rate" | "totalAssets" | "apr" | "apy" | "inflation") => rows.map((row) => BigInt(row[name]));
  return (
    <Card title="History" aside={<Segments label="Range" options={RANGES} value={range} onChange={setRange} />}>
      {indexed.isError ? (
        <Failure what="The history" error={indexed.error} onRetry={() => void indexed.refetch()} />
      ) : null}
      {indexed.data === undefined ? (
        <Loading />
      ) : (
        <div className="columns">
          <Chart
            title="Exchange rate"
            unit="PHA for 1 vPHA"
            times={times}
            series={[{ name: "Rate", values: column("rate") }]}
            format={(value) => formatAmount(value, 6)}
          />
          <Chart
            title="Staked"
            unit="PHA"
            times={times}
            series={[{ name: "TVL", values: column("totalAssets") }]}
            format={compactAmount}
            hasZero
          />
          <Chart
            title="Yield"
            unit="per year"
            times={times}
            series={[
              { name: "APR", values: column("apr") },
              { name: "APY", values: column("apy") },
              { name: "Inflation", values: column("inflation") },
            ]}
            format={(value) => formatPercent(value)}
            hasZero
          />
        </div>
      )}
    </Card>
  );
}
