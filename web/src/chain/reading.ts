/** Reads of contracts, all of one block, again with every block. */
import { type QueryKey, useQuery } from "@tanstack/react-query";
import { type Config as WagmiConfig, useConfig as useWagmiConfig } from "wagmi";
import { getBlockNumber } from "wagmi/actions";
import { useConfig } from "../config/context.ts";
import { type Answer, useStanding } from "../standing.ts";

/** What `read` finds at a block, with that block. It stays while the next one is read. */
export function useReading<Data extends object>(
  key: QueryKey,
  read: (wagmi: WagmiConfig, blockNumber: bigint) => Promise<Data>,
): Answer<Data & { readonly block: bigint }> {
  const wagmi = useWagmiConfig();
  const { chain } = useConfig();
  const query = useQuery({
    queryKey: ["chain", ...key],
    queryFn: async () => {
      const block = await getBlockNumber(wagmi, { chainId: chain.id, cacheTime: 0 });
      return { ...(await read(wagmi, block)), block };
    },
    refetchInterval: chain.blockTime * 1000,
    retry: 1,
  });
  return useStanding(query);
}
