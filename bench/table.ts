/** Prints rows as a table with aligned columns: numbers to the right, everything else to the left. */
export function printTable(rows: readonly Record<string, string | number | null>[]): void {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first);
  const cell = (value: string | number | null | undefined) =>
    value === null || value === undefined ? "-" : typeof value === "number" ? value.toLocaleString("en-US") : value;
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => cell(row[column]).length)));
  const line = (cells: readonly string[], right: readonly boolean[]) =>
    cells.map((text, i) => (right[i] ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0))).join("  ");
  const numeric = columns.map((column) => rows.some((row) => typeof row[column] === "number"));
  console.log(line(columns, numeric));
  console.log(widths.map((width) => "-".repeat(width)).join("  "));
  for (const row of rows)
    console.log(
      line(
        columns.map((c) => cell(row[c])),
        numeric,
      ),
    );
}
