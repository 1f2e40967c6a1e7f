/** Rates and yields, integers times 1e18, as people read them. */

const ONE = 10n ** 18n;

/** A fraction times 1e18 as percent, rounded to `digits`. */
export function formatPercent(value: bigint, digits = 2): string {
  const scale = 10n ** BigInt(digits);
  const scaled = value * 100n * scale;
  const rounded = (scaled + (value < 0n ? -ONE : ONE) / 2n) / ONE;
  const size = rounded < 0n ? -rounded : rounded;
  const sign = rounded < 0n ? "−" : "";
  return `${sign}${size / scale}${digits === 0 ? "" : `.${(size % scale).toString().padStart(digits, "0")}`} %`;
}

/** Real yield after inflation by the Fisher formula, (1 + nominal) / (1 + inflation) − 1; all times 1e18. Rounds down. */
export function fisher(nominal: bigint, inflation: bigint): bigint {
  return ((ONE + nominal) * ONE) / (ONE + inflation) - ONE;
}
