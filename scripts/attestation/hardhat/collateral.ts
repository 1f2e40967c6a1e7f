import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { readCollateralFile } from "../files.ts";
import { COLLATERAL_TEXT } from "../names.ts";
import { uploadCollateral, type UploadedItem } from "../upload.ts";
import { type ChainArguments, answer, given, openChain } from "./command.ts";

interface CollateralArguments extends ChainArguments {
  readonly file: string | undefined;
  readonly verifier: string | undefined;
  readonly json: boolean;
}

/** What became of a piece, as a line. */
function describe({ kind, result, issued, evaluation, onChain, gas }: UploadedItem): string {
  const age = (date: string, number: number) => (number === 0 ? date : `${date}, evaluation ${number}`);
  const results = {
    uploaded: `uploaded (${gas ?? "?"} gas)`,
    present: "already there",
    newerOnChain: `not uploaded: the chain has a newer one (${age(onChain?.issued ?? "", onChain?.evaluation ?? 0)})`,
  };
  return `${COLLATERAL_TEXT[kind]} of ${age(issued, evaluation)}: ${results[result]}`;
}

export default function action(options: CollateralArguments, hre: HardhatRuntimeEnvironment) {
  return answer(
    options.json,
    async () => {
      const file = readCollateralFile(given(options.file, "file"));
      const chain = await openChain(options, hre);
      const verifier = await chain.verifier(options.verifier);
      const items = await uploadCollateral({
        transport: chain.transport,
        account: await chain.account(),
        verifier,
        file,
        onItem: (item) => {
          if (!options.json) console.log(describe(item));
        },
      });
      return { verifier, items };
    },
    ({ verifier }) => `The verifier ${verifier} has all of ${options.file ?? ""}.`,
  );
}
