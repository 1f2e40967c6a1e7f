/** The transactions that the indexer's tests make, as orders for a block. */
import { type Address, type Hex, encodeFunctionData } from "viem";
import {
  emissionVaultAbi,
  guardianMandateAbi,
  merkleDistributorAbi,
  phaAbi,
  phalaAuthorityAbi,
  treasuryAbi,
  vphaAbi,
  workerRewardsAbi,
} from "../../deploy/generated/abis.ts";
import type { Claim } from "../../deploy/merkle.ts";
import { STREAMS, type Stream } from "../../model/emission.ts";
import type { Order, Suite } from "./suite.ts";

/** The calls of one suite; each takes who makes it first. Amounts are wei. */
export function callsOf({ contracts }: Pick<Suite, "contracts">) {
  const { pha, vpha, emissionVault, phalaAuthority, merkleDistributor, workerRewards } = contracts;
  const { guardianMandate, treasury } = contracts;
  const order = (from: Address, to: Address, data: Hex): Order => ({ from, to, data });
  const ofPha = (from: Address, data: Hex) => order(from, pha, data);
  const ofVpha = (from: Address, data: Hex) => order(from, vpha, data);
  return {
    transfer: (from: Address, to: Address, amount: bigint) =>
      ofPha(from, encodeFunctionData({ abi: phaAbi, functionName: "transfer", args: [to, amount] })),
    approve: (from: Address, amount: bigint) =>
      ofPha(from, encodeFunctionData({ abi: phaAbi, functionName: "approve", args: [vpha, amount] })),
    burn: (from: Address, amount: bigint) =>
      ofPha(from, encodeFunctionData({ abi: phaAbi, functionName: "burn", args: [amount] })),
    deposit: (from: Address, assets: bigint, receiver = from) =>
      ofVpha(from, encodeFunctionData({ abi: vphaAbi, functionName: "deposit", args: [assets, receiver] })),
    mint: (from: Address, shares: bigint, receiver = from) =>
      ofVpha(from, encodeFunctionData({ abi: vphaAbi, functionName: "mint", args: [shares, receiver] })),
    transferShares: (from: Address, to: Address, shares: bigint) =>
      ofVpha(from, encodeFunctionData({ abi: vphaAbi, functionName: "transfer", args: [to, shares] })),
    setOperator: (from: Address, operator: Address, approved = true) =>
      ofVpha(from, encodeFunctionData({ abi: vphaAbi, functionName: "setOperator", args: [operator, approved] })),
    request: (from: Address, shares: bigint, controller = from, owner = from) =>
      ofVpha(
        from,
        encodeFunctionData({ abi: vphaAbi, functionName: "requestRedeem", args: [shares, controller, owner] }),
      ),
    cancel: (from: Address, id: bigint) =>
      ofVpha(from, encodeFunctionData({ abi: vphaAbi, functionName: "cancelRedeem", args: [id] })),
    claim: (from: Address, ids: readonly bigint[], receiver = from) =>
      ofVpha(from, encodeFunctionData({ abi: vphaAbi, functionName: "claim", args: [ids, receiver] })),
    redeem: (from: Address, shares: bigint, receiver = from) =>
      ofVpha(from, encodeFunctionData({ abi: vphaAbi, functionName: "redeem", args: [shares, receiver, from] })),
    withdraw: (from: Address, assets: bigint, receiver = from) =>
      ofVpha(from, encodeFunctionData({ abi: vphaAbi, functionName: "withdraw", args: [assets, receiver, from] })),
    fund: (from: Address, amount: bigint) =>
      ofVpha(from, encodeFunctionData({ abi: vphaAbi, functionName: "fund", args: [amount] })),
    harvest: (from: Address) => ofVpha(from, encodeFunctionData({ abi: vphaAbi, functionName: "harvest" })),
    pause: (from: Address, until: bigint) =>
      order(
        from,
        guardianMandate,
        encodeFunctionData({ abi: guardianMandateAbi, functionName: "pauseDeposits", args: [until] }),
      ),
    resume: (from: Address) =>
      order(from, guardianMandate, encodeFunctionData({ abi: guardianMandateAbi, functionName: "resumeDeposits" })),
    pull: (from: Address, stream: Stream) =>
      order(
        from,
        emissionVault,
        encodeFunctionData({ abi: emissionVaultAbi, functionName: "pull", args: [STREAMS.indexOf(stream)] }),
      ),
    /** The treasury's stream, by its sink; anybody may make it. */
    collect: (from: Address) =>
      order(from, treasury, encodeFunctionData({ abi: treasuryAbi, functionName: "collect" })),
    /** The workers' stream, by its sink; anybody may make it. */
    pullWorkers: (from: Address) =>
      order(from, workerRewards, encodeFunctionData({ abi: workerRewardsAbi, functionName: "pull" })),
    /** The data of `replaceSink`, for an operation of the authority. */
    replaceSink: (stream: Stream, sink: Address) =>
      encodeFunctionData({ abi: emissionVaultAbi, functionName: "replaceSink", args: [STREAMS.indexOf(stream), sink] }),
    schedule: (from: Address, data: Hex, when: bigint) =>
      order(
        from,
        phalaAuthority,
        encodeFunctionData({
          abi: phalaAuthorityAbi,
          functionName: "schedule",
          args: [emissionVault, data, Number(when)],
        }),
      ),
    execute: (from: Address, data: Hex) =>
      order(
        from,
        phalaAuthority,
        encodeFunctionData({ abi: phalaAuthorityAbi, functionName: "execute", args: [emissionVault, data] }),
      ),
    cancelOperation: (from: Address, data: Hex) =>
      order(
        from,
        phalaAuthority,
        encodeFunctionData({ abi: phalaAuthorityAbi, functionName: "cancel", args: [from, emissionVault, data] }),
      ),
    claimAirdrop: (from: Address, { index, account, amount, proof }: Claim) => {
      if (merkleDistributor === null) throw new Error("this suite has no distributor");
      const args = [index, account, amount, proof] as const;
      return order(
        from,
        merkleDistributor,
        encodeFunctionData({ abi: merkleDistributorAbi, functionName: "claim", args }),
      );
    },
  };
}
