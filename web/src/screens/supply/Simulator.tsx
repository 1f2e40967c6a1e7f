/** The supply month by month under assumptions, which the URL carries. */
import { useId, useMemo } from "react";
import { useLocation, useSearch } from "wouter";
import { MONTH, simulateSupply } from "../../../../model/supply.ts";
import { compactAmount, exactAmount, formatAmount } from "../../format/amount.ts";
import { csvOf } from "../../format/csv.ts";
import { formatPercent } from "../../format/rate.ts";
import { Card } from "../../ui/Card.tsx";
import { Chart } from "../../ui/Chart.tsx";
import { download } from "../../ui/download.ts";
import {
  type Inputs,
  DEFAULTS,
  PRESETS,
  SCENARIOS,
  fromSearch,
  isPreset,
  parseInputs,
  toSearch,
} from "./assumptions.ts";

const ONE = 10n ** 18n;

/** What is typed in, in this order. */
const FIELDS = [
  { key: "circulating", name: "Circulating at first", unit: "PHA" },
  { key: "months", name: "Months", unit: "× 30 d" },
  { key: "burn", name: "Burnt per year", unit: "% of supply" },
  { key: "staked", name: "Staked", unit: "% of supply" },
  { key: "price", name: "Price, held", unit: "USD" },
  { key: "unlock", name: "Further unlocks", unit: "PHA a month" },
  { key: "unlockMonths", name: "Unlocks last", unit: "months" },
] as const;

export function Simulator() {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const inputs = useMemo(() => fromSearch(search), [search]);
  const read = useMemo(() => parseInputs(inputs), [inputs]);
  const set = (change: Partial<Inputs>) => {
    const next = toSearch({ ...inputs, ...change });
    navigate(`${path}?${next}`, { replace: true });
  };
  const rows = useMemo(() => ("parsed" in read ? simulateSupply({ ...read.parsed, elapsed: 0n }) : []), [read]);
  const price = "parsed" in read ? read.parsed.price : 0n;
  const valueOf = (wei: bigint) => (wei * price) / ONE;
  const problems = "problems" in read ? read.problems : {};

  const save = () =>
    download(
      "phala-supply.csv",
      "text/csv",
      csvOf([
        [
          "month",
          "emission PHA",
          "unlocked PHA",
          "burnt PHA",
          "net PHA",
          "circulating PHA",
          "inflation per year",
          "APR of stakers",
          "emission USD",
        ],
        ...rows.map((row) => [
          row.month,
          exactAmount(row.emission),
          exactAmount(row.unlocked),
          exactAmount(row.burnt),
          exactAmount(row.net),
          exactAmount(row.circulating),
          exactAmount(row.inflation),
          exactAmount(row.apr),
          exactAmount(valueOf(row.emission)),
        ]),
      ]),
    );

  return (
    <Card
      title="Supply simulator"
      aside={
        <button type="button" className="button button-small" disabled={rows.length === 0} onClick={save}>
          CSV
        </button>
      }
    >
      <p className="muted">
        The emission is the contract's curve from its first second, to the wei; the rest is assumed. Months have 30
        days, six are an epoch. The address of this page carries the inputs: copy it to share them.
      </p>
      <div className="row">
        {SCENARIOS.map(({ name, inputs: change }) => (
          <button
            key={name}
            type="button"
            className="button button-small"
            onClick={() =>
              set({ ...DEFAULTS, preset: inputs.preset, circulating: PRESETS[inputs.preset].circulating, ...change })
            }
          >
            {name}
          </button>
        ))}
      </div>
      <div className="inputs">
        <PresetInput
          value={inputs.preset}
          onChange={(preset) => set({ preset, circulating: PRESETS[preset].circulating })}
        />
        {FIELDS.map(({ key, name, unit }) => (
          <Input
            key={key}
            name={name}
            unit={unit}
            value={inputs[key]}
            problem={problems[key]}
            onChange={(value) => set({ [key]: value })}
          />
        ))}
      </div>
      {rows.length === 0 ? null : (
        <>
          <Chart
            title="Circulating supply"
            unit="PHA at the end of the month"
            times={rows.map(({ month }) => month * Number(MONTH))}
            series={[{ name: "Circulating", values: rows.map(({ circulating }) => circulating) }]}
            format={compactAmount}
            label={(seconds) => `month ${seconds / Number(MONTH)}`}
          />
          <div className="table-box" role="group" aria-label="Months" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  {[
                    "Month",
                    "Emission",
                    "Unlocked",
                    "Burnt",
                    "Net",
                    "Circulating",
                    "Inflation",
                    "APR",
                    "Emission, USD",
                  ].map((name) => (
                    <th key={name} scope="col" className={name === "Month" ? undefined : "number"}>
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row.month}>
                    <th scope="row">{row.month}</th>
                    {[row.emission, row.unlocked, row.burnt, row.net, row.circulating].map((wei, i) => (
                      <td key={i} className="number" title={exactAmount(wei)}>
                        {formatAmount(wei)}
                      </td>
                    ))}
                    <td className="number">{formatPercent(row.inflation)}</td>
                    <td className="number">{formatPercent(row.apr)}</td>
                    <td className="number">{formatAmount(valueOf(row.emission))}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </Card>
  );
}

function Input(props: {
  name: string;
  unit: string;
  value: string;
  problem: string | undefined;
  onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>
        {props.name} <span className="unit">{props.unit}</span>
      </label>
      <div className="field-box" data-invalid={props.problem !== undefined}>
        <input
          id={id}
          inputMode="decimal"
          autoComplete="off"
          value={props.value}
          aria-invalid={props.problem !== undefined}
          aria-describedby={`${id}-problem`}
          onChange={(event) => props.onChange(event.target.value)}
        />
      </div>
      <div id={`${id}-problem`} className="field-problem" aria-live="polite">
        {props.problem}
      </div>
    </div>
  );
}

function PresetInput(props: { value: keyof typeof PRESETS; onChange: (value: keyof typeof PRESETS) => void }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>Emission</label>
      <div className="field-box">
        <select
          id={id}
          value={props.value}
          onChange={({ target: { value } }) => {
            if (isPreset(value)) props.onChange(value);
          }}
        >
          {Object.entries(PRESETS).map(([name, { name: shown }]) => (
            <option key={name} value={name}>
              {shown}
            </option>
          ))}
        </select>
      </div>
      <div className="field-problem" />
    </div>
  );
}
