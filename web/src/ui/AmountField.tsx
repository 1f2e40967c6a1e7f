import { useId } from "react";
import { exactAmount, formatAmount } from "../format/amount.ts";

/** An amount to type, with what there is of it and a button that takes all. */
export function AmountField(props: {
  label: string;
  unit: string;
  value: string;
  onChange: (value: string) => void;
  balance: bigint | undefined;
  balanceName?: string;
  problem: string | null;
  isDisabled?: boolean;
}) {
  const id = useId();
  const { balance } = props;
  return (
    <div className="field">
      <div className="field-head">
        <label htmlFor={id}>{props.label}</label>
        <span className="muted">
          {props.balanceName ?? "Balance"}: {balance === undefined ? "–" : formatAmount(balance, 4)} {props.unit}
        </span>
      </div>
      <div className="field-box field-amount" data-invalid={props.problem !== null}>
        <input
          id={id}
          inputMode="decimal"
          autoComplete="off"
          placeholder="0.00"
          value={props.value}
          disabled={props.isDisabled}
          aria-invalid={props.problem !== null}
          aria-describedby={`${id}-problem`}
          onChange={(event) => props.onChange(event.target.value)}
        />
        <span className="unit">{props.unit}</span>
        <button
          type="button"
          className="button button-small"
          disabled={props.isDisabled === true || balance === undefined || balance === 0n}
          onClick={() => balance !== undefined && props.onChange(exactAmount(balance))}
        >
          Max
        </button>
      </div>
      <div id={`${id}-problem`} className="field-problem" aria-live="polite">
        {props.problem}
      </div>
    </div>
  );
}
