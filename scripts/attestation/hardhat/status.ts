import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { statusOfKey } from "../status.ts";
import { type ChainArguments, addressOption, answer, given, openChain, table } from "./command.ts";

interface StatusArguments extends ChainArguments {
  readonly key: string | undefined;
  readonly registry: string | undefined;
  readonly json: boolean;
}

export default function action(options: StatusArguments, hre: HardhatRuntimeEnvironment) {
  return answer(
    options.json,
    async () => {
      const key = addressOption(given(options.key, "key"), "key");
      const chain = await openChain(options, hre);
      return statusOfKey({ transport: chain.transport, registry: await chain.registry(options.registry) }, key);
    },
    ({ key, text, subject, block }) =>
      table([
        ["key", key],
        ["status", text],
        ...(subject === null ? [] : [["subject", subject] as const]),
        ...(block === null ? [] : [["block", block] as const]),
      ]),
  );
}
