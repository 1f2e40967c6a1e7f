/** What was run of each contract, by Hardhat's counting of lines and statements. */
import { readFileSync } from "node:fs";

/** A statement of a source, as Hardhat names it. */
interface Statement {
  readonly tag: string;
  readonly startUtf16: number;
  readonly endUtf16: number;
}

/** The parts of Hardhat's coverage manager that are read here: it has no interface of its own. */
interface CoverageManager {
  readonly filesMetadata: ReadonlyMap<string, ReadonlyMap<string, Statement>>;
  readonly data: ReadonlyMap<string, number>;
  loadData(...ids: readonly string[]): Promise<void>;
  getReport(): Promise<Readonly<Record<string, Counted>>>;
  formatLcovReport(report: Readonly<Record<string, Counted>>): string;
}

interface Counted {
  readonly lineExecutionCounts: ReadonlyMap<number, number>;
  readonly executedStatementsCount: number;
  readonly unexecutedStatementsCount: number;
  readonly executedLinesCount: number;
  readonly unexecutedLines: ReadonlySet<number>;
}

/** A statement that no test has run; of those within each other, the outermost. */
export interface Uncovered {
  /** Below `contracts/`. */
  readonly file: string;
  /** The function that it is in. */
  readonly within: string;
  /** On one line. */
  readonly statement: string;
  readonly line: number;
}

export interface Ratio {
  readonly covered: number;
  readonly total: number;
}

export interface FileCoverage {
  readonly file: string;
  readonly lines: Ratio;
  readonly statements: Ratio;
  readonly uncovered: readonly Uncovered[];
}

/** Puts together what was run by each of `runs`, in the tree of `hre`. */
export async function readCoverage(hre: object, runs: readonly string[]) {
  const manager = Reflect.get(hre, "_coverage") as CoverageManager | undefined;
  if (manager === undefined) throw new Error("Hardhat measures no coverage");
  await manager.loadData(...runs);
  const report = await manager.getReport();
  const files = Object.entries(report).map(([source, counted]): FileCoverage => {
    const { executedStatementsCount: executed, unexecutedStatementsCount: unexecuted } = counted;
    const statements = [...(manager.filesMetadata.get(source)?.values() ?? [])];
    return {
      file: source.replace(/^contracts\//, ""),
      lines: { covered: counted.executedLinesCount, total: counted.lineExecutionCounts.size },
      statements: { covered: executed, total: executed + unexecuted },
      uncovered: uncoveredOf(
        source,
        statements.filter(({ tag }) => !manager.data.has(tag)),
      ),
    };
  });
  return { files: files.sort((a, b) => (a.file < b.file ? -1 : 1)), lcov: manager.formatLcovReport(report) };
}

/** White space and comments, which Hardhat counts to the statement after them. */
const TRIVIA = /\s+|\/\/.*|\/\*[^]*?\*\//;

function uncoveredOf(source: string, statements: readonly Statement[]): Uncovered[] {
  const text = readFileSync(source, "utf8");
  const isInside = (a: Statement, b: Statement) => a !== b && b.startUtf16 <= a.startUtf16 && a.endUtf16 <= b.endUtf16;
  return statements
    .filter((each) => !statements.some((other) => isInside(each, other)))
    .sort((a, b) => a.startUtf16 - b.startUtf16)
    .map(({ startUtf16, endUtf16 }) => {
      const whole = text.slice(startUtf16, endUtf16);
      const [leading = ""] = new RegExp(`^(?:${TRIVIA.source})*`).exec(whole) ?? [];
      const before = text.slice(0, startUtf16 + leading.length);
      const declared = [...before.matchAll(/^ *(?:(?:function|modifier) +(\w+)|constructor)\b/gm)].at(-1);
      return {
        file: source.replace(/^contracts\//, ""),
        within: declared?.[1] ?? "constructor",
        statement: whole.replace(new RegExp(TRIVIA.source, "g"), " ").replace(/ +/g, " ").trim(),
        line: before.split("\n").length,
      };
    });
}

/** All files together. */
export function totalOf(files: readonly FileCoverage[], what: "lines" | "statements"): Ratio {
  const sum = (member: keyof Ratio) => files.reduce((all, file) => all + file[what][member], 0);
  return { covered: sum("covered"), total: sum("total") };
}
