/** What the gas benchmark measures against: targets, the table, the committed snapshot. */
import { readFileSync, writeFileSync } from "node:fs";
import { printTable } from "./table.ts";

/** `first` is an account's, a key's or a document's first use, `repeat` a later one. */
export type Variant = "first" | "repeat";

/** Gas by `action variant`. */
export type Measured = Map<string, number>;

export interface Row {
  action: string;
  variant: Variant;
  gas: number;
  /** Gas of the same action in the system that the table names. */
  reference: number | null;
  /** What has to be beaten. */
  bar: number | null;
  aim: number | null;
}

/** What an action is measured against: a system that does the same, what must be beaten (its cost unless given), and an aim. */
export interface Target {
  of: string | null;
  reference: number | null;
  bar?: number;
  aim: number | null;
}

const SNAPSHOT = new URL("gas.snapshot.json", import.meta.url);
const TOLERANCE = 0.02;

const keyOf = (row: Row): string => `${row.action} ${row.variant}`;

/** Rows of what was measured. */
export const rowsOf = (measured: Measured, targets: Readonly<Record<string, Target>>): Row[] =>
  [...measured].map(([key, gas]) => {
    const variant: Variant = key.endsWith(" first") ? "first" : "repeat";
    const { reference = null, aim = null, bar = reference } = targets[key] ?? {};
    return { action: key.slice(0, -variant.length - 1), variant, gas, reference, bar, aim };
  });

function verdictOf({ gas, bar, aim }: Row): string | null {
  if (bar !== null && gas > bar) return "MISSED";
  if (aim !== null && gas <= aim) return "aim reached";
  return bar === null ? null : "beaten";
}

/** Prints `rows` beside their targets, and beside what the same costs with a small crowd. */
export function printRows(
  rows: readonly Row[],
  targets: Readonly<Record<string, Target>>,
  crowd?: { readonly alone: Measured; readonly few: string; readonly many: string },
): void {
  printTable(
    rows.map((row) => {
      const alone = crowd?.alone.get(keyOf(row)) ?? Number.NaN;
      return {
        action: row.action,
        variant: row.variant,
        ...(crowd === undefined
          ? { gas: row.gas }
          : {
              [`gas, ${crowd.few}`]: alone,
              [`gas, ${crowd.many}`]: row.gas,
              change: `${((100 * (row.gas - alone)) / alone).toFixed(2)} %`,
            }),
        "must beat": row.bar,
        of: targets[keyOf(row)]?.of ?? null,
        reference: row.reference,
        aim: row.aim,
        verdict: verdictOf(row),
      };
    }),
  );
}

/** Rewrites the snapshot. Rows of `kept` that were not measured stay as they are. */
export function writeSnapshot(rows: readonly Row[], kept: (action: string) => boolean): void {
  const measured = new Set(rows.map(keyOf));
  const old = readSnapshot().filter((row) => kept(row.action) && !measured.has(keyOf(row)));
  writeFileSync(SNAPSHOT, `${JSON.stringify([...rows, ...old], null, 2)}\n`);
}

/** What differs from the snapshot by more than 2 %, or is missing on one side. Rows of `optional` need not be measured. */
export function compareWithSnapshot(rows: readonly Row[], optional: (action: string) => boolean): string[] {
  const before = new Map(readSnapshot().map((row) => [keyOf(row), row]));
  const problems = rows.flatMap((row) => {
    const known = before.get(keyOf(row))?.gas;
    if (known === undefined) return [`${keyOf(row)} is not in the snapshot`];
    before.delete(keyOf(row));
    const change = row.gas / known - 1;
    return Math.abs(change) > TOLERANCE
      ? [`${keyOf(row)}: ${known} → ${row.gas} (${(100 * change).toFixed(1)} %)`]
      : [];
  });
  const missing = [...before.values()].filter((row) => !optional(row.action));
  return [...problems, ...missing.map((row) => `${keyOf(row)} is in the snapshot and was not measured`)];
}

const readSnapshot = (): Row[] => JSON.parse(readFileSync(SNAPSHOT, "utf8")) as Row[];
