/** A fresh in-process chain (EDR, osaka) for each test file, with typed clients: what tests talk to contracts through. */
import hre from "hardhat";
import {
  type Abi,
  type Account,
  type Address,
  type ContractConstructorArgs,
  type Hex,
  createPublicClient,
  createTestClient,
  createWalletClient,
  custom,
  publicActions,
  walletActions,
} from "viem";
import { hardhat } from "viem/chains";

export type Chain = Awaited<ReturnType<typeof createChain>>;

/** Starts a chain; `initialDate` is its genesis time. Accounts are funded and unlocked. */
export async function createChain(options: { initialDate?: Date } = {}) {
  const connection = await hre.network.create({
    network: "default",
    override: options.initialDate === undefined ? {} : { initialDate: options.initialDate },
  });
  const transport = custom(connection.provider, { retryCount: 0 });
  const publicClient = createPublicClient({ chain: hardhat, transport, pollingInterval: 5, cacheTime: 0 });
  const wallet = createWalletClient({ chain: hardhat, transport });
  const accounts = await wallet.getAddresses();
  const clock = createTestClient({ chain: hardhat, transport, mode: "hardhat" });
  return { connection, provider: connection.provider, transport, publicClient, wallet, clock, accounts };
}
