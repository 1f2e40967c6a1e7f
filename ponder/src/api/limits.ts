/** Rate limits: a bucket of tokens per address, which fills by the minute. */
import { isIP } from "node:net";

/** So many addresses are remembered; of more, those that were quiet longest begin with a full bucket again. */
const REMEMBERED = 20_000;

export interface Limiter {
  /** Takes `weight` tokens of `address`. Returns 0, or after how many seconds there will be enough. */
  take(address: string, weight: number): number;
  /** How many addresses are remembered. */
  readonly size: number;
}

/**
 * @param perMinute Tokens that a bucket holds, and gets in a minute.
 * @param now Milliseconds that only ever grow.
 */
export function createLimiter(perMinute: number, now = () => performance.now(), remembered = REMEMBERED): Limiter {
  /** In the order in which they were used last. */
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(address, weight) {
      const at = now();
      const bucket = buckets.get(address) ?? { tokens: perMinute, at };
      const tokens = Math.min(perMinute, bucket.tokens + ((at - bucket.at) * perMinute) / 60_000);
      // A request that weighs more than a bucket holds takes all of a full one.
      const wanted = Math.min(weight, perMinute);
      const isEnough = tokens >= wanted;
      buckets.delete(address);
      buckets.set(address, { tokens: isEnough ? tokens - wanted : tokens, at });
      if (buckets.size > remembered) {
        const [oldest] = buckets.keys();
        if (oldest !== undefined) buckets.delete(oldest);
      }
      return isEnough ? 0 : Math.max(1, Math.ceil(((wanted - tokens) * 60) / perMinute));
    },
    get size() {
      return buckets.size;
    },
  };
}

/**
 * Whose request it is: the peer, or, behind `proxies` proxies that append to x-forwarded-for, whom the outermost of them saw. What
 * is further left in the header the client can have written itself. IPv6 counts by its /64, which one subscriber has whole.
 */
export function clientOf(peer: string, forwardedFor: string | undefined, proxies: number): string {
  const hops = (forwardedFor ?? "")
    .split(",")
    .map((hop) => hop.trim())
    .filter((hop) => hop !== "");
  const seen = proxies === 0 ? peer : (hops[Math.max(0, hops.length - proxies)] ?? peer);
  const address = seen.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  if (isIP(address) === 0) return isIP(peer) === 0 ? "unknown" : peer;
  return isIP(address) === 6 ? prefixOf(address) : address;
}

/** The first 64 bits of an IPv6 address. */
function prefixOf(address: string): string {
  const [left = "", right] = address.toLowerCase().split("::");
  const head = left === "" ? [] : left.split(":");
  const tail = right === undefined || right === "" ? [] : right.split(":");
  const zeros = right === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array.from({ length: Math.max(0, zeros) }, () => "0"), ...tail];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}

/** Whether the address is of this machine. */
export function isLoopback(address: string): boolean {
  return address === "::1" || address === "0:0:0:0" || /^127\./.test(address) || /^::ffff:127\./i.test(address);
}
