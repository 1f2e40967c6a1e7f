/** Moments and spans, in unix seconds, as people read them. */

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const DATE_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function formatDate(seconds: bigint | number): string {
  return DATE.format(Number(seconds) * 1000);
}

export function formatDateTime(seconds: bigint | number): string {
  return DATE_TIME.format(Number(seconds) * 1000);
}

const UNITS = [
  [365 * 86_400, "y"],
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
] as const;

/** The two largest units of a span: `20 d 4 h`. */
export function formatSpan(seconds: bigint | number): string {
  let left = Math.max(0, Math.floor(Number(seconds)));
  const parts: string[] = [];
  for (const [size, name] of UNITS) {
    const count = Math.floor(left / size);
    if (parts.length === 0 && count === 0 && size !== 1) continue;
    if (count > 0 || parts.length === 0) parts.push(`${count} ${name}`);
    left -= count * size;
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}
