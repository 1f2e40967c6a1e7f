/** What an operator sends: collateral in and out, rewards, the end. */
import { type Address, type Hex, encodeFunctionData } from "viem";
import { useConfig as useWagmiConfig } from "wagmi";
import { workerRegistryAbi, workerRewardsAbi } from "../../../deploy/generated/abis.ts";
import { useConfig } from "../config/context.ts";
import { pay } from "./payment.ts";
import { type Sent, send } from "./send.ts";
import { TOKEN_ERRORS } from "./tokenErrors.ts";
import type { Steps } from "./transaction.ts";

const abi = workerRegistryAbi;
const REWARDS = [...workerRewardsAbi, ...TOKEN_ERRORS];

/** The actions of an operator, for {@link useTransaction}. */
export function useOperating(account: Address) {
  const wagmi = useWagmiConfig();
  const { chain, contracts } = useConfig();
  const { workerRegistry: spender, workerRewards, vpha: token } = contracts;
  const chainId = chain.id;
  const toRegistry = (steps: Steps, data: Hex) => send({ wagmi, chainId, account, steps }, { to: spender, abi, data });

  return {
    /** What the workers have earned until the last full hour, as vPHA. */
    claim: (workers: readonly Address[], steps: Steps): Promise<Sent> =>
      send(
        { wagmi, chainId, account, steps },
        {
          to: workerRewards,
          abi: REWARDS,
          data: encodeFunctionData({ abi: workerRewardsAbi, functionName: "claim", args: [workers, account] }),
        },
      ),
    /** `amount` in wei of vPHA. */
    addCollateral: (worker: Address, amount: bigint, steps: Steps): Promise<Sent> =>
      pay(wagmi, { chainId, token, owner: account, spender, amount }, steps, (permit) =>
        toRegistry(
          steps,
          permit === null
            ? encodeFunctionData({ abi, functionName: "addCollateral", args: [worker, amount] })
            : encodeFunctionData({ abi, functionName: "addCollateralWithPermit", args: [worker, amount, permit] }),
        ),
      ),
    /** Starts the thaw of `amount` wei of vPHA beyond what is required. */
    withdraw: (worker: Address, amount: bigint, steps: Steps): Promise<Sent> =>
      toRegistry(steps, encodeFunctionData({ abi, functionName: "withdraw", args: [worker, amount] })),
    finishWithdrawal: (worker: Address, steps: Steps): Promise<Sent> =>
      toRegistry(steps, encodeFunctionData({ abi, functionName: "finishWithdrawal", args: [worker, account] })),
    requestExit: (worker: Address, steps: Steps): Promise<Sent> =>
      toRegistry(steps, encodeFunctionData({ abi, functionName: "requestExit", args: [worker] })),
    finishExit: (worker: Address, steps: Steps): Promise<Sent> =>
      toRegistry(steps, encodeFunctionData({ abi, functionName: "finishExit", args: [worker, account] })),
  };
}
