/** Amounts in wei as people read and type them. */

const DECIMALS = 18;
const UNIT = 10n ** BigInt(DECIMALS);

/** The separator of thousands; narrow and unbreakable. */
const GROUP = "\u202f";

/**
 * `wei` in whole units with `digits` decimals, cut off (never rounded up: nobody is shown more than there is). Zeros at the end
 * are kept, so that columns align. Less than can be shown, but more than nothing, is `<0.01`.
 */
export function formatAmount(wei: bigint, digits = 2): string {
  const sign = wei < 0n ? "−" : "";
  const size = wei < 0n ? -wei : wei;
  const scale = 10n ** BigInt(DECIMALS - digits);
  const cut = size / scale;
  if (cut === 0n && size > 0n) return `${sign}<${digits === 0 ? "1" : `0.${"1".padStart(digits, "0")}`}`;
  const whole = cut / 10n ** BigInt(digits);
  const rest = cut % 10n ** BigInt(digits);
  return `${sign}${grouped(whole)}${digits === 0 ? "" : `.${rest.toString().padStart(digits, "0")}`}`;
}

/** `wei` exactly, without groups, for fields and files. */
export function exactAmount(wei: bigint): string {
  const sign = wei < 0n ? "-" : "";
  const size = wei < 0n ? -wei : wei;
  const rest = (size % UNIT).toString().padStart(DECIMALS, "0").replace(/0+$/, "");
  return `${sign}${size / UNIT}${rest === "" ? "" : `.${rest}`}`;
}

/** Thousands apart. */
export function grouped(value: bigint | number): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, GROUP);
}

/** Short for large ones: 12.3 M. Rounds down. */
export function compactAmount(wei: bigint): string {
  const sign = wei < 0n ? "−" : "";
  const whole = (wei < 0n ? -wei : wei) / UNIT;
  for (const [size, name] of [
    [10n ** 9n, "B"],
    [10n ** 6n, "M"],
    [10n ** 3n, "k"],
  ] as const) {
    if (whole >= size) return `${sign}${Number((whole * 100n) / size) / 100}${GROUP}${name}`;
  }
  return formatAmount(wei);
}

export type ParsedAmount = { readonly wei: bigint } | { readonly problem: string } | null;

/**
 * What somebody typed, in wei; null for nothing. A comma or a point is the decimal sign, spaces are ignored. `1,000` is a thousand
 * to some and one to others: it is asked back.
 */
export function parseAmount(typed: string): ParsedAmount {
  const stripped = typed.replace(/[\s\u202f_']/g, "");
  if (/^[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(stripped)) return { problem: "No commas between thousands, please." };
  const text = stripped.replace(",", ".");
  if (text === "") return null;
  const match = /^(\d*)(?:\.(\d*))?$/.exec(text);
  if (match === null || text === ".") return { problem: "This is not a number." };
  const [, whole = "", rest = ""] = match;
  if (rest.length > DECIMALS) return { problem: `At most ${DECIMALS} decimals.` };
  return { wei: BigInt(whole || "0") * UNIT + BigInt(rest.padEnd(DECIMALS, "0") || "0") };
}

/** What a field for an amount says: its wei, null for none, and what is wrong with the text. */
export function enteredAmount(typed: string): { readonly amount: bigint | null; readonly problem: string | null } {
  const parsed = parseAmount(typed);
  if (parsed === null) return { amount: null, problem: null };
  return "wei" in parsed ? { amount: parsed.wei, problem: null } : { amount: null, problem: parsed.problem };
}

/** What is wrong with an amount beyond the balance, as far as both are known. */
export function overspent(amount: bigint | null, balance: bigint | undefined, unit: string): string | null {
  if (amount === null || balance === undefined || amount <= balance) return null;
  return `You have ${formatAmount(balance, 4)} ${unit}.`;
}
