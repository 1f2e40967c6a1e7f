/** The table of everything that is restricted, as the documentation shows it. */
import { toFunctionSignature } from "viem";
import { CONTRACT_NAMES } from "../modules/module.ts";
import { DELAYS, GOVERNED, HOLDERS, ROLE_NAMES } from "../roles.ts";

const DAY = 86_400;

/** Markdown, aligned: contract, function, role, delay, whether it can be vetoed, holders. */
export function functionTable(): string {
  const rows = Object.values(GOVERNED)
    .map(({ contract, item, role }) => ({ contract, role, signature: toFunctionSignature(item) }))
    .sort(
      (a, b) =>
        CONTRACT_NAMES.indexOf(a.contract) - CONTRACT_NAMES.indexOf(b.contract) ||
        ROLE_NAMES.indexOf(a.role) - ROLE_NAMES.indexOf(b.role) ||
        (a.signature < b.signature ? -1 : 1),
    )
    .map(({ contract, signature, role }) => [
      `\`${contract}\``,
      `\`${signature}\``,
      role,
      DELAYS[role] === 0 ? "at once" : `${DELAYS[role] / DAY} days`,
      role === "tightening" || role === "guardian" ? "no" : "yes",
      HOLDERS[role].map((name) => (name === "governance" ? "multisig" : `\`${name}\``)).join(", "),
    ]);
  const table = [["contract", "function", "role", "delay", "veto", "holders"], ...rows];
  const widths = table.reduce<number[]>((most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)), []);
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = table;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body.map(line), ""].join("\n");
}
