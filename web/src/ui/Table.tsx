import type { ReactNode } from "react";

export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
  /** Words that may go on in the next line. */
  readonly isProse?: boolean;
  /** What it is sorted by; not sortable without. */
  readonly key?: (row: Row) => bigint | number | string;
}

export interface Sorting {
  readonly column: string;
  readonly isDescending: boolean;
}

/** Rows with a head that sorts them; scrolls sideways where it is too wide. */
export function Table<Row>(props: {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  sorting?: Sorting;
  onSort?: (sorting: Sorting) => void;
}) {
  const { columns, sorting, onSort } = props;
  const by = columns.find(({ name }) => name === sorting?.column)?.key;
  const rows =
    by === undefined
      ? props.rows
      : props.rows.toSorted((a, b) => {
          const [x, y] = [by(a), by(b)];
          const order = x < y ? -1 : x > y ? 1 : 0;
          return sorting?.isDescending === true ? -order : order;
        });
  return (
    <div className="table-box" role="group" aria-label={props.label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(({ name, isNumber, key }) => {
              const isSorted = sorting?.column === name;
              return (
                <th
                  key={name}
                  scope="col"
                  className={isNumber === true ? "number" : undefined}
                  aria-sort={isSorted ? (sorting.isDescending ? "descending" : "ascending") : undefined}
                >
                  {key === undefined || onSort === undefined ? (
                    name
                  ) : (
                    <button
                      type="button"
                      className="sort"
                      onClick={() => onSort({ column: name, isDescending: isSorted ? !sorting.isDescending : true })}
                    >
                      {name}
                      <span aria-hidden="true">{isSorted ? (sorting.isDescending ? " ↓" : " ↑") : ""}</span>
                    </button>
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={props.rowKey(row)}>
              {columns.map(({ name, cell, isNumber, isProse }) => (
                <td key={name} className={isNumber === true ? "number" : isProse === true ? "prose" : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
