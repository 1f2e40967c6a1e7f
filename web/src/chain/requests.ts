/** Open redemption requests of an account, as the vault has them. */
import type { Address } from "viem";
import { readContract } from "wagmi/actions";
import { vphaAbi } from "../../../deploy/generated/abis.ts";
import { useConfig } from "../config/context.ts";
import { useReading } from "./reading.ts";

export interface OpenRequest {
  readonly id: bigint;
  /** PHA that are left of it. */
  readonly assets: bigint;
  /** Unix seconds from which on it can be claimed. */
  readonly maturity: bigint;
}

/** The vault walks this many in one read. */
const PAGE = 1_000n;

/** All open requests, oldest first. Anybody can make somebody else requests: however many there are, none is left out. */
export function useRequests(owner: Address) {
  const { contracts } = useConfig();
  const vault = { address: contracts.vpha, abi: vphaAbi } as const;
  return useReading(["requests", owner], async (wagmi, blockNumber) => {
    const count = await readContract(wagmi, { ...vault, blockNumber, functionName: "requestCount", args: [owner] });
    const open: OpenRequest[] = [];
    for (let from = 0n; from < count; from += PAGE) {
      const args = [owner, from, PAGE] as const;
      const requests = await readContract(wagmi, { ...vault, blockNumber, functionName: "requestsOf", args });
      for (const { requestId: id, assets, maturity } of requests) open.push({ id, assets, maturity });
    }
    return { open };
  });
}
