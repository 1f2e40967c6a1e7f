/** One action of a person on the chain, from the first signature to the block that has it. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { type Address, type Hash, zeroAddress } from "viem";
import { useConfig as useWagmiConfig, useConnection } from "wagmi";
import { useConfig } from "../config/context.ts";
import { isRejection, reasonOf, refusalOf } from "./reasons.ts";
import { receiptOf } from "./receipt.ts";
import type { Sent } from "./send.ts";

/** What each way goes through, in order: how the tokens are paid, if any are. */
export const WAYS = {
  direct: ["sign", "sent", "confirmed"],
  permit: ["permit", "sign", "sent", "confirmed"],
  approval: ["approval", "approving", "sign", "sent", "confirmed"],
} as const;

export type Way = keyof typeof WAYS;
/** What a person sees happen, one after the other. */
export type Step = (typeof WAYS)[Way][number];

export interface Progress {
  /** `preparing`: reads and tries. */
  readonly stage: "idle" | "preparing" | Step | "rejected" | "failed";
  readonly way: Way;
  readonly hash: Hash | null;
  /** Block that has it. */
  readonly block: bigint | null;
  /** Why it was rejected or failed. */
  readonly reason: string | null;
}

const IDLE: Progress = { stage: "idle", way: "direct", hash: null, block: null, reason: null };
const AT_REST: ReadonlySet<Progress["stage"]> = new Set(["idle", "confirmed", "rejected", "failed"]);

export interface Steps {
  /** Says what the wallet is asked for now. */
  at(stage: "permit" | "approval" | "sign"): void;
  /** Waits until an approval is in a block, and returns its number. Throws if it failed there. */
  approved(sent: Sent): Promise<bigint>;
}

/**
 * Runs `action`, which returns the last transaction. One at a time for each account, and each account sees its own; when it is
 * confirmed, everything that the page has read is read again. `explain` says why it failed.
 */
export function useTransaction(explain: (error: unknown) => string = reasonOf) {
  const wagmi = useWagmiConfig();
  const chainId = useConfig().chain.id;
  const queries = useQueryClient();
  const { address: account = zeroAddress } = useConnection();
  const [all, setAll] = useState<ReadonlyMap<Address, Progress>>(new Map());
  const running = useRef(new Set<Address>());
  // What somebody has left, and begins anew elsewhere, asks the wallet for nothing more.
  const isGone = useRef(false);
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);

  const run = useCallback(
    async (action: (steps: Steps) => Promise<Sent>): Promise<boolean> => {
      if (running.current.has(account)) return false;
      running.current.add(account);
      let progress = IDLE;
      const show = (change: Partial<Progress>) => {
        progress = { ...progress, ...change };
        const shown = progress;
        setAll((before) => new Map(before).set(account, shown));
      };
      const mined = async ({ hash, again }: Sent) => {
        const receipt = await receiptOf(wagmi, chainId, { hash, account });
        if (receipt.status === "success") return receipt;
        try {
          await again(receipt.blockNumber);
        } catch (error) {
          // Else it is the node that has failed to try again.
          if (refusalOf(error) !== null) throw error;
        }
        throw new Error(`The transaction failed in block ${receipt.blockNumber}.`);
      };
      const approval = { stands: false };
      show({ stage: "preparing" });
      try {
        const sent = await action({
          at: (stage) => {
            if (isGone.current) throw new Error("The form of it was left before.");
            show(stage === "sign" ? { stage, hash: null } : { stage, way: stage });
          },
          approved: async (sent) => {
            show({ stage: "approving", hash: sent.hash });
            const { blockNumber } = await mined(sent);
            approval.stands = true;
            return blockNumber;
          },
        });
        show({ stage: "sent", hash: sent.hash });
        const { transactionHash: hash, blockNumber: block } = await mined(sent);
        show({ stage: "confirmed", hash, block });
        // Not waited for: the next one may begin meanwhile.
        void queries.invalidateQueries();
        return true;
      } catch (error) {
        if (!isRejection(error)) show({ stage: "failed", reason: explain(error) });
        else if (!approval.stands) show({ stage: "rejected", reason: reasonOf(error) });
        else show({ stage: "rejected", reason: "You declined it in the wallet. The approval before it stands." });
        return false;
      } finally {
        running.current.delete(account);
      }
    },
    [wagmi, chainId, queries, account, explain],
  );
  const progress = all.get(account) ?? IDLE;
  return { progress, isBusy: !AT_REST.has(progress.stage), run };
}
