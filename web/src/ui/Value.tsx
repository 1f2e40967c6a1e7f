/** Numbers on the page: never a zero that is only not known yet. */
import type { ReactNode } from "react";
import { exactAmount, formatAmount } from "../format/amount.ts";
import { formatPercent } from "../format/rate.ts";

/** Stands where a value will be, and is as wide. */
export function Skeleton({ width = 8 }: { width?: number }) {
  return (
    <span className="skeleton" style={{ inlineSize: `${width}ch` }}>
      <span className="visually-hidden">Loading</span>&nbsp;
    </span>
  );
}

/** Stands where a table or a chart will be, whose height is not known: what comes after it is kept back until then (`ui.css`). */
export function Loading() {
  return (
    <p className="loading">
      <Skeleton width={30} />
    </p>
  );
}

/** An amount in wei; the exact one is in its title. */
export function Amount(props: { wei: bigint | null | undefined; unit: string; digits?: number }) {
  if (props.wei === null || props.wei === undefined) return <Skeleton />;
  return (
    <span title={`${exactAmount(props.wei)} ${props.unit}`}>
      {formatAmount(props.wei, props.digits)} <span className="unit">{props.unit}</span>
    </span>
  );
}

/** A fraction times 1e18. */
export function Percent(props: { value: bigint | null | undefined; digits?: number }) {
  if (props.value === null || props.value === undefined) return <Skeleton width={6} />;
  return <span title={`${exactAmount(props.value * 100n)} %`}>{formatPercent(props.value, props.digits)}</span>;
}

/** A named number; `source` says how it comes about. */
export function Stat(props: { name: string; children: ReactNode; source?: ReactNode }) {
  return (
    <div className="stat">
      <dt>{props.name}</dt>
      <dd>
        {props.children}
        {props.source === undefined ? null : <div className="source">{props.source}</div>}
      </dd>
    </div>
  );
}

/** A name and its value in a line, inside `<dl className="facts">`; in `facts facts-long`, values that do not fit beside it. */
export function Fact(props: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
