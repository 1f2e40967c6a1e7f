/** What an account can have a say with. */
import type { Address } from "viem";
import { readContracts } from "wagmi/actions";
import { vetoLockAbi, votingVphaAbi, vphaAbi } from "../../../deploy/generated/abis.ts";
import { useConfig } from "../config/context.ts";
import { useReading } from "./reading.ts";

/** Its vPHA, wrapped and not, its votes, and what a veto takes; all in wei of vPHA. */
export function useVotingPower(account: Address) {
  const { contracts } = useConfig();
  const votes = { address: contracts.votingVpha, abi: votingVphaAbi } as const;
  return useReading(["votes", account], async (wagmi, blockNumber) => {
    const [shares, wrapped, current, threshold] = await readContracts(wagmi, {
      allowFailure: false,
      blockNumber,
      contracts: [
        { address: contracts.vpha, abi: vphaAbi, functionName: "balanceOf", args: [account] },
        { ...votes, functionName: "balanceOf", args: [account] },
        { ...votes, functionName: "getVotes", args: [account] },
        { address: contracts.vetoLock, abi: vetoLockAbi, functionName: "threshold" },
      ],
    });
    return { shares, wrapped, votes: current, threshold };
  });
}
