/** A verifier on a stage, with collateral. */
import type { Hex } from "viem";
import { tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import { type Upload, quoteArguments, uploadsOf } from "../../scripts/attestation/calls.ts";
import type { CollateralFile } from "../../scripts/attestation/collateral.ts";
import { INTEL_ROOT, rootKey } from "../../scripts/attestation/files.ts";
import type { Quote } from "../../scripts/attestation/quote.ts";
import { INTEL_ROOT_KEY } from "../../scripts/attestation/reference.ts";
import type { Stage } from "./stage.ts";

export type Verifier = Awaited<ReturnType<typeof deployVerifier>>;

/** Deploys a verifier under `root` (x ‖ y); Intel's by default. */
export async function deployVerifier(stage: Stage, root: Hex = INTEL_ROOT_KEY) {
  const contract = await stage.deploy("TdxVerifier", tdxVerifierAbi, [rootKey(root, INTEL_ROOT.notAfter)]);
  const account = stage.accounts[0];
  if (account === undefined) throw new Error("the stage has no account");
  const gasOf = async (hash: Hex): Promise<number> =>
    Number((await stage.publicClient.getTransactionReceipt({ hash })).gasUsed);
  const send = async ({ functionName, args }: Upload): Promise<number> => {
    const { address } = contract;
    return gasOf(await stage.wallet.writeContract({ abi: tdxVerifierAbi, address, functionName, args, account }));
  };
  return {
    contract,

    /** Sends one upload. Returns its gas. */
    send,

    /** Uploads a collateral file, or the parts of it that `only` names. Returns the gas of each upload by function. */
    async upload(file: CollateralFile, only?: readonly Upload["functionName"][]): Promise<Record<string, number>> {
      const gas: Record<string, number> = {};
      for (const upload of uploadsOf(file)) {
        if (only?.includes(upload.functionName) !== false) gas[upload.functionName] = await send(upload);
      }
      return gas;
    },

    /** What `verify` returns, by a call. */
    async judge(quote: Quote, options: { isKnown?: boolean; grace?: number } = {}) {
      const { result } = await contract.simulate.verify([...quoteArguments(quote, options), options.grace ?? 0], {
        account,
      });
      return result;
    },

    /** Sends `verify`. Returns its gas. */
    async verify(quote: Quote, options: { isKnown?: boolean; grace?: number } = {}): Promise<number> {
      return gasOf(await contract.write.verify([...quoteArguments(quote, options), options.grace ?? 0], { account }));
    },
  };
}
