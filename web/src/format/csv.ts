/** Files of comma-separated values: cells as the indexer writes them. */
import { lineOf } from "../../../ponder/src/api/csv.ts";

export function csvOf(rows: readonly (readonly (string | number | bigint | null)[])[]): string {
  return rows.map(lineOf).join("");
}
