/** A fresh in-process chain (EDR, osaka unless told) for each test file, with typed clients: what tests talk to contracts through. */
import hre from "hardhat";
import { createPublicClient, createTestClient, createWalletClient, custom } from "viem";
import { hardhat } from "viem/chains";

export type Chain = Awaited<ReturnType<typeof createChain>>;

/**
 * Starts a chain; `initialDate` is its genesis time. Accounts are funded and unlocked.
 *
 * @param options.sameSecond Lets two blocks have the same timestamp, so that a test decides alone when time passes.
 * @param options.hardfork Another than osaka: the P-256 precompile came with it.
 */
export async function createChain(options: { initialDate?: Date; sameSecond?: boolean; hardfork?: "prague" } = {}) {
  const connection = await hre.network.create({
    network: "default",
    override: {
      ...(options.initialDate === undefined ? {} : { initialDate: options.initialDate }),
      ...(options.sameSecond === undefined ? {} : { allowBlocksWithSameTimestamp: options.sameSecond }),
      ...(options.hardfork === undefined ? {} : { hardfork: options.hardfork }),
    },
  });
  const transport = custom(connection.provider, { retryCount: 0 });
  const publicClient = createPublicClient({ chain: hardhat, transport, pollingInterval: 5, cacheTime: 0 });
  const wallet = createWalletClient({ chain: hardhat, transport });
  const accounts = await wallet.getAddresses();
  const clock = createTestClient({ chain: hardhat, transport, mode: "hardhat" });
  return { connection, provider: connection.provider, transport, publicClient, wallet, clock, accounts };
}
