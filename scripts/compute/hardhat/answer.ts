/** How the tasks answer: a table, or JSON in which amounts are wei as text. */
import { answer, table } from "../../attestation/hardhat/command.ts";
import { printable } from "./command.ts";

/** Runs `action`; `rows` are what people see of its result. */
export function answerRows<T extends object>(
  json: boolean,
  action: () => Promise<T>,
  rows: (value: T) => readonly (readonly [string, string | number])[],
) {
  let text = "";
  return answer(
    json,
    async () => {
      const value = await action();
      text = table(rows(value));
      return printable(value);
    },
    () => text,
  );
}
