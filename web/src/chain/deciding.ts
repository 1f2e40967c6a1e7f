/** What a holder of vPHA sends to have a say: locks against operations, wrapped votes, votes. */
import { type Address, type Hex, encodeFunctionData } from "viem";
import { useConfig as useWagmiConfig } from "wagmi";
import { phalaGovernorAbi, vetoLockAbi, votingVphaAbi } from "../../../deploy/generated/abis.ts";
import { useConfig } from "../config/context.ts";
import { pay } from "./payment.ts";
import { type Call, type Sent, send } from "./send.ts";
import { TOKEN_ERRORS } from "./tokenErrors.ts";
import type { Steps } from "./transaction.ts";

const LOCK = [...vetoLockAbi, ...TOKEN_ERRORS];

/** An operation as the veto lock names it. */
export interface Scheduled {
  readonly caller: Address;
  readonly target: Address;
  readonly data: Hex;
}

/** In the order of the governor's numbers. */
const SUPPORT = ["against", "for", "abstain"] as const;
export type Support = (typeof SUPPORT)[number];

/** The actions of who decides, for {@link useTransaction}. Amounts are in wei of vPHA. */
export function useDeciding(account: Address) {
  const wagmi = useWagmiConfig();
  const { chain, contracts } = useConfig();
  const { vetoLock, votingVpha, phalaGovernor, vpha: token } = contracts;
  const chainId = chain.id;
  const sent = (steps: Steps, call: Call) => send({ wagmi, chainId, account, steps }, call);
  const toLock = (steps: Steps, data: Hex) => sent(steps, { to: vetoLock, abi: LOCK, data });
  const toVotes = (steps: Steps, data: Hex) => sent(steps, { to: votingVpha, abi: votingVphaAbi, data });

  return {
    /** Locks `amount` against the operation. */
    lock: ({ caller, target, data }: Scheduled, amount: bigint, steps: Steps): Promise<Sent> =>
      pay(wagmi, { chainId, token, owner: account, spender: vetoLock, amount }, steps, (permit) =>
        toLock(
          steps,
          permit === null
            ? encodeFunctionData({ abi: vetoLockAbi, functionName: "lock", args: [caller, target, data, amount] })
            : encodeFunctionData({
                abi: vetoLockAbi,
                functionName: "lockWithPermit",
                args: [caller, target, data, amount, permit.deadline, permit.v, permit.r, permit.s],
              }),
        ),
      ),
    /** Takes back what is locked, once the operation is gone and the time after it is over. */
    unlock: (operation: Hex, nonce: number, steps: Steps): Promise<Sent> =>
      toLock(
        steps,
        encodeFunctionData({ abi: vetoLockAbi, functionName: "unlock", args: [operation, nonce, account] }),
      ),
    /** Wraps `amount` into votes, 1 to 1. */
    wrap: (amount: bigint, steps: Steps): Promise<Sent> =>
      pay(wagmi, { chainId, token, owner: account, spender: votingVpha, amount }, steps, (permit) =>
        toVotes(
          steps,
          permit === null
            ? encodeFunctionData({ abi: votingVphaAbi, functionName: "depositFor", args: [account, amount] })
            : encodeFunctionData({
                abi: votingVphaAbi,
                functionName: "depositForWithPermit",
                args: [account, amount, permit.deadline, permit.v, permit.r, permit.s],
              }),
        ),
      ),
    unwrap: (amount: bigint, steps: Steps): Promise<Sent> =>
      toVotes(steps, encodeFunctionData({ abi: votingVphaAbi, functionName: "withdrawTo", args: [account, amount] })),
    vote: (proposal: bigint, support: Support, steps: Steps): Promise<Sent> =>
      sent(steps, {
        to: phalaGovernor,
        abi: phalaGovernorAbi,
        data: encodeFunctionData({
          abi: phalaGovernorAbi,
          functionName: "castVote",
          args: [proposal, SUPPORT.indexOf(support)],
        }),
      }),
  };
}
