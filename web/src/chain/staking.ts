/** What a staker sends. */
import { type Address, type Hex, encodeFunctionData, zeroAddress } from "viem";
import { useConfig as useWagmiConfig } from "wagmi";
import { vphaAbi } from "../../../deploy/generated/abis.ts";
import { useConfig } from "../config/context.ts";
import { pay } from "./payment.ts";
import { type Sent, send } from "./send.ts";
import type { Steps } from "./transaction.ts";

const abi = vphaAbi;

/** The actions of a staker, for {@link useTransaction}. */
export function useStaking(owner: Address | undefined) {
  const wagmi = useWagmiConfig();
  const { chain, contracts } = useConfig();
  const { pha: token, vpha: spender } = contracts;
  const account = owner ?? zeroAddress;
  const chainId = chain.id;
  const toVault = (steps: Steps, data: Hex) => send({ wagmi, chainId, account, steps }, { to: spender, abi, data });

  return {
    /** `amount` in wei of PHA. */
    deposit: (amount: bigint, steps: Steps): Promise<Sent> =>
      pay(wagmi, { chainId, token, owner: account, spender, amount }, steps, (permit) =>
        toVault(
          steps,
          permit === null
            ? encodeFunctionData({ abi, functionName: "deposit", args: [amount, account] })
            : encodeFunctionData({
                abi,
                functionName: "depositWithPermit",
                args: [amount, account, permit.deadline, permit.v, permit.r, permit.s],
              }),
        ),
      ),
    /** `shares` in wei of vPHA. */
    request: (shares: bigint, steps: Steps): Promise<Sent> =>
      toVault(steps, encodeFunctionData({ abi, functionName: "requestRedeem", args: [shares, account, account] })),
    claim: (ids: readonly bigint[], steps: Steps): Promise<Sent> =>
      toVault(steps, encodeFunctionData({ abi, functionName: "claim", args: [ids, account] })),
    cancel: (id: bigint, steps: Steps): Promise<Sent> =>
      toVault(steps, encodeFunctionData({ abi, functionName: "cancelRedeem", args: [id] })),
  };
}
