import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { readQuoteFile } from "../files.ts";
import { submitQuote } from "../submit.ts";
import { type ChainArguments, answer, bytes32Option, given, openChain, table, wholeNumber } from "./command.ts";

interface SubmitArguments extends ChainArguments {
  readonly quote: string | undefined;
  readonly subject: string | undefined;
  readonly block: string | undefined;
  readonly registry: string | undefined;
  readonly json: boolean;
}

/** Block numbers have 40 bits in the registry. */
const LAST_BLOCK = 2 ** 40 - 1;

export default function action(options: SubmitArguments, hre: HardhatRuntimeEnvironment) {
  return answer(
    options.json,
    async () => {
      const quote = readQuoteFile(given(options.quote, "quote"));
      const subject = bytes32Option(given(options.subject, "subject"), "subject");
      const blockNumber = BigInt(wholeNumber(given(options.block, "block"), "block", LAST_BLOCK));
      const chain = await openChain(options, hre);
      return submitQuote({
        transport: chain.transport,
        account: await chain.account(),
        registry: await chain.registry(options.registry),
        quote,
        subject,
        blockNumber,
      });
    },
    ({ key, status, validUntil, form, tcbStatus, gas }) =>
      table([
        ["key", key],
        ["status", status],
        ["valid until", validUntil ?? "never"],
        ...(tcbStatus === undefined ? [] : [["TCB status", tcbStatus] as const]),
        form === null
          ? ["sent", "nothing: this quote was accepted before"]
          : ["sent", `${form} form of the quote, ${gas ?? "?"} gas`],
      ]),
  );
}
