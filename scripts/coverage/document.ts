/** The report for people: docs/coverage.md. */
import { format, resolveConfig } from "prettier";
import { EXCUSED, FAILING } from "./exceptions.ts";
import { type FileCoverage, type Ratio, totalOf } from "./report.ts";

const ratio = ({ covered, total }: Ratio): string => `${covered} / ${total}`;

/** In percent, and never 100 when something is missing. */
export const percent = ({ covered, total }: Ratio): string =>
  total === 0 ? "100 %" : `${(Math.floor((covered * 10_000) / total) / 100).toFixed(covered === total ? 0 : 2)} %`;

const code = (text: string): string => `\`${text}\``;

/** The whole text of `file`. */
export async function documentOf(files: readonly FileCoverage[], file: string): Promise<string> {
  const rows = files.map(({ file: name, lines, statements }) => [name, ratio(lines), ratio(statements)]);
  const [lines, statements] = [totalOf(files, "lines"), totalOf(files, "statements")];
  const all = ["all", `${ratio(lines)} (${percent(lines)})`, `${ratio(statements)} (${percent(statements)})`];
  const table = [["contracts/", "lines", "statements"], ["---", "---:", "---:"], ...rows, all];
  const excused = EXCUSED.map(
    ({ file: name, within, statement, reason }) => `- ${name}, ${code(within)}: ${code(statement)}: ${reason}`,
  );
  const failing = Object.entries(FAILING).map(
    ([name, { tests, reason }]) => `- ${name}: ${reason} (${tests.length} ${tests.length === 1 ? "test" : "tests"})`,
  );
  const text = `
<!-- Written by \`npm run coverage\`. -->

# Coverage

Lines and statements of \`contracts/\` that the tests run, by Hardhat's counting: the Solidity tests and, of Vitest's, those in \`scripts/coverage/vitest.config.ts\`, together.
Whether the tests also notice what these lines do is what \`npm run test:mutation\` says. Genuine quotes are no part of it: they are not everywhere.
A test fails where these numbers are not those of the last run, or a source has other functions or statements than it had then: run \`npm run coverage\` again.

${table.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}

## What is not run, and why

${excused.length === 0 ? "Nothing." : excused.join("\n")}

## Tests that fail on instrumented contracts

These are larger, cost more gas and have other addresses. Tests that are about just that are expected to fail on them; what they run counts all the same:

${failing.length === 0 ? "None." : failing.join("\n")}
`;
  return format(text.trimStart(), { ...(await resolveConfig(file)), parser: "markdown" });
}
