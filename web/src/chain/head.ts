/** The newest block. */
import { useQuery } from "@tanstack/react-query";
import { useConfig as useWagmiConfig } from "wagmi";
import { getBlock } from "wagmi/actions";
import { useConfig } from "../config/context.ts";

/** Asked for again as often as there can be a new one. */
export function useHead() {
  const wagmi = useWagmiConfig();
  const { chain } = useConfig();
  return useQuery({
    queryKey: ["chain", "head"],
    queryFn: async () => {
      const { number, timestamp } = await getBlock(wagmi, { chainId: chain.id });
      return { number, timestamp };
    },
    refetchInterval: chain.blockTime * 1000,
    retry: 1,
  });
}
