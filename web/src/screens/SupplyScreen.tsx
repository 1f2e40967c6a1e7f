/** The emission as it is, and the supply as it may become. */
import { useChainTime } from "../chain/clock.ts";
import { formatAmount, compactAmount } from "../format/amount.ts";
import { formatDate, formatSpan } from "../format/time.ts";
import { useIndexed } from "../indexer/client.ts";
import { EMISSION } from "../indexer/emission.ts";
import { Card } from "../ui/Card.tsx";
import { Chart } from "../ui/Chart.tsx";
import { ChainLink } from "../ui/Links.tsx";
import { Failure } from "../ui/Note.tsx";
import { Amount, Loading, Skeleton, Stat } from "../ui/Value.tsx";
import { Circulation } from "./supply/Circulation.tsx";
import { Simulator } from "./supply/Simulator.tsx";

export function SupplyScreen() {
  const indexed = useIndexed(EMISSION, {});
  const now = useChainTime(10_000);
  const emission = indexed.data?.emissions.items[0];
  const token = indexed.data?.tokens.items[0];
  const epochs = indexed.data?.emissionEpochs.items ?? [];
  const current = epochs.find(({ start, end }) => BigInt(start) <= now && now < BigInt(end));
  const of = (value: string | undefined) => (value === undefined ? undefined : BigInt(value));

  return (
    <>
      <h1>Emission and supply</h1>
      {indexed.isError ? (
        <Failure what="The emission" error={indexed.error} onRetry={() => void indexed.refetch()} />
      ) : null}
      <Card
        title="Now"
        aside={emission === undefined ? null : <span className="muted">as of block {emission.block}</span>}
      >
        <dl className="stats">
          <Stat name="Total supply" source="one billion, less what was burnt">
            <Amount wei={of(token?.totalSupply)} unit="PHA" />
          </Stat>
          <Stat name="Circulating" source="total supply − what the buckets below hold">
            <Amount wei={of(token?.circulating)} unit="PHA" />
          </Stat>
          <Stat name="Staked" source="held by the vault; all of it circulates">
            <Amount wei={of(token?.staked)} unit="PHA" />
          </Stat>
          <Stat name="Burnt">
            <Amount wei={of(token?.burnedCumulative)} unit="PHA" />
          </Stat>
          <Stat name="Emitted" source="all streams, pulled or not">
            <Amount wei={of(emission?.emittedCumulative)} unit="PHA" />
          </Stat>
          <Stat name="Ever to be emitted" source="4 × the budget of epoch 0">
            <Amount wei={of(emission?.cap)} unit="PHA" />
          </Stat>
          <Stat name="Epoch" source="180 days each, 25 % less than the one before">
            {current === undefined ? <Skeleton /> : `${current.epoch}, ${formatSpan(BigInt(current.end) - now)} left`}
          </Stat>
        </dl>
      </Card>
      <div className="columns">
        <Card title="Epochs">
          {indexed.data === undefined ? (
            <Loading />
          ) : (
            <Chart
              title="Emission per epoch"
              unit="PHA in 180 days"
              times={epochs.map(({ start }) => Number(start))}
              series={[{ name: "Budget", values: epochs.map(({ budget }) => BigInt(budget)) }]}
              format={compactAmount}
              isStepped
              hasZero
              mark={{ time: Number(now), name: "now" }}
            />
          )}
        </Card>
        <Card title="Streams">
          <div className="table-box" role="group" aria-label="Streams" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th scope="col">Stream</th>
                  <th scope="col" className="number">
                    Emitted
                  </th>
                  <th scope="col" className="number">
                    Pulled
                  </th>
                  <th scope="col">Sink</th>
                </tr>
              </thead>
              <tbody>
                {(indexed.data?.emissionStreams.items ?? []).map(({ stream, sink, pulledCumulative }) => (
                  <tr key={stream}>
                    <th scope="row">{stream}</th>
                    <td className="number">
                      {formatAmount(
                        BigInt(
                          {
                            stakers: emission?.emittedStakersCumulative,
                            workers: emission?.emittedWorkersCumulative,
                            treasury: emission?.emittedTreasuryCumulative,
                          }[stream] ?? 0,
                        ),
                      )}
                    </td>
                    <td className="number">{formatAmount(BigInt(pulledCumulative))}</td>
                    <td>
                      <ChainLink kind="address" value={sink} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {emission === undefined ? null : <p className="muted">In PHA, since {formatDate(BigInt(emission.start))}.</p>}
        </Card>
      </div>
      <Circulation />
      <Simulator />
    </>
  );
}
