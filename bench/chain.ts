/** A chain for benchmarks: transactions are free, and each says what gas it took. */
import hre from "hardhat";
import {
  type Abi,
  type Address,
  type Hex,
  decodeFunctionResult,
  encodeDeployData,
  encodeFunctionData,
  toHex,
} from "viem";

/** Opens a chain of its own, at `initialDate` (now by default). */
export async function createBenchChain(initialDate?: Date) {
  const { provider } = await hre.network.create({
    network: "default",
    override: { initialBaseFeePerGas: 0n, ...(initialDate && { initialDate }) },
  });
  const accounts = (await provider.request({ method: "eth_accounts" })) as Address[];

  async function send(from: Address, to: Address | undefined, data: Hex): Promise<{ gas: number; address: Address }> {
    const transaction = { from, ...(to === undefined ? {} : { to }), data, gas: toHex(16_000_000), gasPrice: "0x0" };
    const hash: unknown = await provider.request({ method: "eth_sendTransaction", params: [transaction] });
    const receipt = (await provider.request({ method: "eth_getTransactionReceipt", params: [hash] })) as {
      status: Hex;
      gasUsed: Hex;
      contractAddress: Address | null;
    };
    if (receipt.status !== "0x1") throw new Error(`a transaction of ${from} failed`);
    return { gas: Number(receipt.gasUsed), address: receipt.contractAddress ?? "0x" };
  }

  return {
    accounts,
    send,
    async deploy(name: string, abi: Abi, args: readonly unknown[]): Promise<Address> {
      const { bytecode } = await hre.artifacts.readArtifact(name);
      const [from] = accounts;
      if (from === undefined) throw new Error("the chain has no accounts");
      return (await send(from, undefined, encodeDeployData({ abi, bytecode: bytecode as Hex, args: [...args] })))
        .address;
    },
    /** The last block, for what binds one. */
    async lastBlock(): Promise<{ number: bigint; hash: Hex }> {
      const block = (await provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] })) as {
        number: Hex;
        hash: Hex;
      };
      return { number: BigInt(block.number), hash: block.hash };
    },
    /** What a view returns. */
    async read(to: Address, abi: Abi, functionName: string, args: readonly unknown[]): Promise<unknown> {
      const data = encodeFunctionData({ abi, functionName, args: [...args] });
      const result = (await provider.request({ method: "eth_call", params: [{ to, data }, "latest"] })) as Hex;
      return decodeFunctionResult({ abi, functionName, data: result });
    },
    async wait(seconds: number) {
      await provider.request({ method: "evm_increaseTime", params: [seconds] });
    },
    async impersonate(account: Address) {
      await provider.request({ method: "hardhat_impersonateAccount", params: [account] });
    },
  };
}
