/** Lines over time, as SVG, with the same numbers as a table. */
import { type KeyboardEvent, type PointerEvent, useId, useState } from "react";
import { scaleLinear } from "d3-scale";
import { area, curveLinear, curveStepAfter, line } from "d3-shape";
import { formatDate } from "../format/time.ts";
import { Segments } from "./Segments.tsx";

declare module "react" {
  interface CSSProperties {
    "--chart-room"?: string;
  }
}

export interface Series {
  readonly name: string;
  /** Exact, as the table has it. */
  readonly values: readonly bigint[];
}

const WIDTH = 720;
const HEIGHT = 256;
const LEFT = 8;
const BOTTOM = 10;
const TOP = 16;

/** bigint → number for the position on the screen only. */
const position = (value: bigint) => Number(value) / 1e18;

/** And back, for the names on the axis. */
const weiOf = (tick: number) => BigInt(Math.round(tick * 1e9)) * 10n ** 9n;

/** Where the axis ends: at the highest value, unless a few are so far above the rest that nothing else could be seen. */
function ceilingOf(values: readonly number[], highest: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const usual = sorted[Math.floor(sorted.length * 0.9)] ?? highest;
  return usual > 0 && highest > 10 * usual ? 3 * usual : highest;
}

export function Chart(props: {
  title: string;
  unit: string;
  /** Unix seconds, ascending; as many as each series has values. */
  times: readonly number[];
  series: readonly Series[];
  format: (value: bigint) => string;
  isStepped?: boolean;
  /** Whether the axis begins at zero. Default: it does not. */
  hasZero?: boolean;
  /** What to call a moment. Default: its date. */
  label?: (seconds: number) => string;
  /** A moment to point out. */
  mark?: { readonly time: number; readonly name: string };
}) {
  const id = useId();
  const [view, setView] = useState<"chart" | "table">("chart");
  const [cursor, setCursor] = useState<number | null>(null);
  const { times, series, mark } = props;
  const label = props.label ?? formatDate;
  const last = times.length - 1;
  const first = times[0];
  const end = times[last];

  if (first === undefined || end === undefined) {
    return (
      <figure className="chart" aria-labelledby={id}>
        <figcaption id={id}>
          <strong>{props.title}</strong> <span className="muted">{props.unit}</span>
        </figcaption>
        <p className="muted">Nothing yet: the first period has not ended.</p>
      </figure>
    );
  }

  const all = series.flatMap(({ values }) => values.map(position));
  const hasZero = props.hasZero === true;
  const low = hasZero ? 0 : Math.min(...all);
  const highest = Math.max(...all);
  const high = ceilingOf(all, highest);
  const room = high === low ? Math.abs(high) * 0.01 || 1 : 0;
  const x = scaleLinear([first, end === first ? first + 1 : end], [LEFT, WIDTH - LEFT]);
  const y = scaleLinear([hasZero ? 0 : low - room, high + room], [HEIGHT - BOTTOM, TOP]).nice(4);
  const ticks = y.ticks(4).map((tick) => ({ tick, name: props.format(weiOf(tick)) }));
  /** As wide as the longest label. */
  const labels = { "--chart-room": `${Math.max(...ticks.map(({ name }) => name.length)) * 0.45 + 0.75}rem` };
  const curve = props.isStepped === true ? curveStepAfter : curveLinear;
  const at = (i: number) => x(times[i] ?? first);
  const marked = mark === undefined ? -1 : times.findLastIndex((time) => time <= mark.time);
  const shown = cursor ?? (marked === -1 ? last : marked);

  const isMarked = mark !== undefined && mark.time >= first && mark.time <= end;

  const find = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const time = x.invert(((event.clientX - box.left) / box.width) * WIDTH);
    let nearest = 0;
    for (const [i, each] of times.entries()) {
      if (Math.abs(each - time) < Math.abs((times[nearest] ?? first) - time)) nearest = i;
    }
    setCursor(nearest);
  };
  const step = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -last, End: last }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    setCursor(Math.min(last, Math.max(0, shown + by)));
  };

  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption className="chart-head" id={id}>
        <span>
          <strong>{props.title}</strong> <span className="muted">{props.unit}</span>
        </span>
        <Segments
          label={`${props.title}: how to show it`}
          options={[
            { value: "chart", name: "Chart" },
            { value: "table", name: "Table" },
          ]}
          value={view}
          onChange={setView}
        />
      </figcaption>
      {view === "chart" ? (
        <div className="chart" style={labels}>
          <div className="chart-plot">
            {ticks.map(({ tick, name }) => (
              <span key={tick} className="chart-tick" style={{ insetBlockStart: `${(y(tick) / HEIGHT) * 100}%` }}>
                {name}
              </span>
            ))}
            {mark === undefined || !isMarked ? null : (
              <span
                className="chart-mark-name"
                style={{
                  insetInlineStart: `calc(var(--chart-room) + (100% - var(--chart-room)) * ${x(mark.time) / WIDTH})`,
                }}
              >
                {mark.name}
              </span>
            )}
            <svg
              viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
              preserveAspectRatio="none"
              role="img"
              aria-label={`${props.title}, ${props.unit}, ${label(first)} to ${label(end)}. Arrow keys read single values.`}
              tabIndex={0}
              onPointerMove={find}
              onPointerLeave={() => setCursor(null)}
              onKeyDown={step}
            >
              {ticks.map(({ tick }) => (
                <line key={tick} className="chart-grid" x1={0} x2={WIDTH} y1={y(tick)} y2={y(tick)} />
              ))}
              {series.map(({ name, values }, i) => {
                const colour = `var(--series-${i + 1})`;
                const points = values.map(position);
                return (
                  <g key={name}>
                    {series.length === 1 ? (
                      <path
                        className="chart-area"
                        fill={colour}
                        d={
                          area<number>(
                            (_, k) => at(k),
                            HEIGHT - BOTTOM,
                            (value) => y(value),
                          ).curve(curve)(points) ?? ""
                        }
                      />
                    ) : null}
                    <path
                      className="chart-line"
                      stroke={colour}
                      d={
                        line<number>(
                          (_, k) => at(k),
                          (value) => y(value),
                        ).curve(curve)(points) ?? ""
                      }
                    />
                  </g>
                );
              })}
              {mark === undefined || !isMarked ? null : (
                <line className="chart-mark" x1={x(mark.time)} x2={x(mark.time)} y1={TOP} y2={HEIGHT - BOTTOM} />
              )}
              {cursor === null ? null : (
                <line className="chart-cursor" x1={at(cursor)} x2={at(cursor)} y1={TOP} y2={HEIGHT - BOTTOM} />
              )}
            </svg>
          </div>
          {high < highest ? (
            <p className="muted">The axis ends at {props.format(weiOf(high))}; the table has the values above.</p>
          ) : null}
          <div className="chart-span muted">
            <span>{label(first)}</span>
            <span>{label(end)}</span>
          </div>
          <div className="chart-readout" aria-live={cursor === null ? "off" : "polite"}>
            {label(times[shown] ?? end)}:{" "}
            {series
              .map(({ name, values }) => `${series.length === 1 ? "" : `${name} `}${props.format(values[shown] ?? 0n)}`)
              .join(" · ")}
          </div>
          {series.length === 1 ? null : (
            <div className="legend">
              {series.map(({ name }, i) => (
                <span key={name} data-series={i + 1}>
                  {name}
                </span>
              ))}
            </div>
          )}
        </div>
      ) : (
        <div className="table-box" tabIndex={0} role="group" aria-label={`${props.title}, table`}>
          <table>
            <caption className="visually-hidden">
              {props.title}, {props.unit}
            </caption>
            <thead>
              <tr>
                <th scope="col">Date</th>
                {series.map(({ name }) => (
                  <th key={name} scope="col" className="number">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {[...times.entries()].reverse().map(([i, time]) => (
                <tr key={time}>
                  <th scope="row">{label(time)}</th>
                  {series.map(({ name, values }) => (
                    <td key={name} className="number">
                      {props.format(values[i] ?? 0n)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </figure>
  );
}
