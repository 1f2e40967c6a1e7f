/** The chain's clock: what it says of maturities and deadlines counts, not the browser's. */
import { useRef } from "react";
import { useNow } from "../ui/useNow.ts";
import { useHead } from "./head.ts";

/** Unix seconds by the newest block and the time that has passed since it came; by the browser before the first one. */
export function useChainTime(everyMs = 1_000): bigint {
  const now = useNow(everyMs);
  const { data: head } = useHead();
  const ahead = useRef<{ readonly block: bigint; readonly by: bigint } | null>(null);
  if (head !== undefined && head.number !== ahead.current?.block) {
    ahead.current = { block: head.number, by: head.timestamp - BigInt(Math.floor(Date.now() / 1000)) };
  }
  return BigInt(now) + (ahead.current?.by ?? 0n);
}
