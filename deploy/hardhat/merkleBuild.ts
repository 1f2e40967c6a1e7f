import { writeFileSync } from "node:fs";
import { formatEther } from "viem";
import { buildDistribution } from "../merkle.ts";
import { InvalidParameter } from "../parameters/validate.ts";
import { command, readInput, required } from "./command.ts";

export default function action(options: { csv: string | undefined; out: string | undefined }) {
  return command(() => {
    const csv = required(options.csv, "csv");
    const out = required(options.out, "out");
    const content = readInput(csv);
    try {
      const { root, total, tree } = buildDistribution(content);
      writeFileSync(out, `${JSON.stringify(tree, null, 2)}\n`);
      console.log(`root    ${root}\ntotal   ${formatEther(total)} PHA\nclaims  ${tree.values.length}\ntree    ${out}`);
    } catch (error) {
      if (error instanceof InvalidParameter) throw new Error(`${csv}, ${error.message}`, { cause: error });
      throw error;
    }
  });
}
