/** Seeded mutations of bytes, spread over all of them. */
import { type Hex, bytesToHex, hexToBytes } from "viem";
import type { createRandom } from "./random.ts";

/** One changed version of some bytes. */
export interface Mutant {
  readonly what: string;
  readonly bytes: Hex;
}

const cut = (bytes: Uint8Array, at: number): Uint8Array => bytes.slice(0, at);
const insert = (bytes: Uint8Array, at: number, value: number): Uint8Array =>
  Uint8Array.from([...bytes.subarray(0, at), value, ...bytes.subarray(at)]);
const replace = (bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array =>
  bytes.map((byte, index) => (index === at ? change(byte) : byte));

/** `count` mutations of `original`, one in each of as many equal stretches. */
export function* mutantsOf(
  original: Hex,
  count: number,
  random: ReturnType<typeof createRandom>,
  options: { isFixedSize?: boolean } = {},
): Generator<Mutant> {
  const bytes = hexToBytes(original);
  const upTo = (max: number): number => Number(random.between(0n, BigInt(max)));
  for (let i = 0; i < count; i++) {
    const at = Math.min(bytes.length - 1, Math.floor(((i + random.next()) * bytes.length) / count));
    const bit = 1 << upTo(7);
    // Flips most of the time: what has another size is refused early.
    const kind =
      options.isFixedSize === true ? "flip" : random.pick(["flip", "flip", "flip", "set", "cut", "insert", "append"]);
    const changed =
      kind === "cut"
        ? cut(bytes, at)
        : kind === "insert"
          ? insert(bytes, at, upTo(255))
          : kind === "append"
            ? insert(bytes, bytes.length, upTo(255))
            : replace(bytes, at, (byte) => (kind === "flip" ? byte ^ bit : (byte + 1 + upTo(254)) % 256));
    const made = bytesToHex(changed);
    // An inserted byte may repeat the one before it.
    if (made !== original) yield { what: `${kind} at ${at} (${i})`, bytes: made };
  }
}
