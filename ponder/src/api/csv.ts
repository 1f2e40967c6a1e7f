/** Comma-separated values, RFC 4180. */

/** A line with its end. */
export function lineOf(values: readonly unknown[]): string {
  return `${values.map(cellOf).join(",")}\r\n`;
}

/**
 * A cell. Texts that a spreadsheet would take for a formula get an apostrophe in front; numbers, negative ones too, stay numbers.
 * Nothing and null are empty; lists and objects are JSON.
 */
export function cellOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "bigint" || typeof value === "number" || typeof value === "boolean") return String(value);
  const text = typeof value === "string" ? value : JSON.stringify(value, (_, each: unknown) => withoutBigint(each));
  const safe = /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function withoutBigint(value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
