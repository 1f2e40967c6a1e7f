import { formatEther } from "viem";
import { claimOf } from "../merkle.ts";
import { command, readInput, required } from "./command.ts";

export default function action(options: { tree: string | undefined; account: string | undefined; json: boolean }) {
  return command(() => {
    const file = required(options.tree, "tree");
    const content = readInput(file);
    let tree: unknown;
    try {
      tree = JSON.parse(content);
    } catch (error) {
      throw new Error(`${file} is not JSON`, { cause: error });
    }
    const { index, account, amount, proof } = claimOf(tree, required(options.account, "account"));
    if (options.json) {
      console.log(JSON.stringify({ index: String(index), account, amount: String(amount), proof }, null, 2));
      return;
    }
    console.log(`index   ${index}\naccount ${account}\namount  ${amount} wei (${formatEther(amount)} PHA)`);
    console.log(`proof   [${proof.join(",")}]`);
  });
}
