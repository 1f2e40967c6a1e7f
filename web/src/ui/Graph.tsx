/** Nodes in columns, with lines from each column to the next. Its table twin is the caller's. */
import { useId } from "react";

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

const COLUMN = 320;
const ROW = 34;
const NODE = { width: 200, height: 26 } as const;
const HEAD = 30;

/** The names in a column, in the order in which edges name them. */
function namesOf(edges: readonly (readonly Edge[])[], column: number): string[] {
  const names = new Set<string>();
  for (const { to } of edges[column - 1] ?? []) names.add(to);
  for (const { from } of edges[column] ?? []) names.add(from);
  return [...names];
}

export function Graph(props: {
  title: string;
  /** Heads of the columns. */
  columns: readonly string[];
  /** Between each two columns. */
  edges: readonly (readonly Edge[])[];
}) {
  const id = useId();
  const columns = props.columns.map((_, i) => namesOf(props.edges, i));
  const rows = Math.max(1, ...columns.map(({ length }) => length));
  const height = HEAD + rows * ROW;
  const width = (columns.length - 1) * COLUMN + NODE.width;
  /** Columns are centred. */
  const y = (column: number, name: string) => {
    const names = columns[column] ?? [];
    return HEAD + (names.indexOf(name) + 0.5 + (rows - names.length) / 2) * ROW;
  };
  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption id={id}>
        <strong>{props.title}</strong>
      </figcaption>
      <div className="table-box" role="group" aria-label={props.title} tabIndex={0}>
        <svg
          className="graph"
          viewBox={`0 0 ${width} ${height}`}
          style={{ inlineSize: width, blockSize: height }}
          role="img"
          aria-label={`${props.title}; the tables below say the same.`}
        >
          {props.edges.flatMap((between, i) =>
            between.map(({ from, to, label }) => {
              const [x1, y1] = [i * COLUMN + NODE.width, y(i, from)];
              const [x2, y2] = [(i + 1) * COLUMN, y(i + 1, to)];
              const middle = (x1 + x2) / 2;
              return (
                <g key={`${from} ${to}`}>
                  <path className="graph-edge" d={`M${x1},${y1} C${middle},${y1} ${middle},${y2} ${x2},${y2}`}>
                    <title>{`${from} → ${to}: ${label}`}</title>
                  </path>
                </g>
              );
            }),
          )}
          {columns.flatMap((names, i) => [
            <text key={`head ${i}`} className="graph-head" x={i * COLUMN} y={16}>
              {props.columns[i]}
            </text>,
            ...names.map((name) => {
              const top = y(i, name) - NODE.height / 2;
              const said = props.edges[i - 1]
                ?.filter(({ to }) => to === name)
                .reduce((n, { label }) => n + (Number(label) || 0), 0);
              return (
                <g key={`${i} ${name}`}>
                  <rect className="graph-node" x={i * COLUMN} y={top} width={NODE.width} height={NODE.height} rx={6} />
                  <text className="graph-name" x={i * COLUMN + 10} y={top + NODE.height / 2 + 4}>
                    {name}
                    {said === undefined || said === 0 ? "" : ` (${said})`}
                  </text>
                </g>
              );
            }),
          ])}
        </svg>
      </div>
    </figure>
  );
}
