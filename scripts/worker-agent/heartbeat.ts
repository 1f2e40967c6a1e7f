/** Heartbeats: which block is signed, and how the payer sends one if nobody else has. */
import { type Address, type PrivateKeyAccount, encodeFunctionData } from "viem";
import { workerRewardsAbi } from "../../deploy/generated/abis.ts";
import { signHeartbeat } from "../compute/calls.ts";
import type { SignedHeartbeat } from "../compute/heartbeats.ts";
import type { Chain, Standing } from "./chain.ts";
import type { AgentConfig } from "./config.ts";
import type { Sender } from "./sender.ts";

/**
 * Signs the newest block that all workers sign, or any block if it is urgent; undefined if there is none above that of the
 * worker's last heartbeat.
 */
export async function makeHeartbeat(
  config: Pick<AgentConfig, "chainId" | "rewards" | "heartbeat">,
  chain: Pick<Chain, "namedBlock">,
  worker: PrivateKeyAccount,
  standing: Standing,
  isUrgent: boolean,
): Promise<SignedHeartbeat | undefined> {
  const { head, lease } = standing;
  let block = await chain.namedBlock(head.number, config.heartbeat.blockEvery);
  if (block.number <= lease.blockNumber && isUrgent) block = await chain.namedBlock(head.number);
  if (block.number <= lease.blockNumber) return undefined;
  const { chainId, rewards } = config;
  const signature = await signHeartbeat(worker, { chainId, rewards, blockNumber: block.number, blockHash: block.hash });
  return { worker: worker.address, blockNumber: Number(block.number), signature };
}

/** Sends one heartbeat. @throws Refusal */
export async function sendHeartbeat(rewards: Address, sender: Sender, heartbeat: SignedHeartbeat): Promise<void> {
  const { worker, blockNumber, signature } = heartbeat;
  const args = [blockNumber, [worker], signature] as const;
  const data = encodeFunctionData({ abi: workerRewardsAbi, functionName: "heartbeat", args });
  await sender.send({ to: rewards, data, what: "heartbeat" });
}
