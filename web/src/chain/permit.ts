/** ERC-2612: an allowance by signature instead of a transaction. */
import { type Address, type Hex, hexToNumber, size, slice } from "viem";

/** How long a permit can be used; wallets show it. */
export const PERMIT_SECONDS = 1_200n;

export interface Permit {
  readonly token: Address;
  /** As its EIP-712 domain names it. */
  readonly name: string;
  readonly version: string;
  readonly chainId: number;
  readonly owner: Address;
  readonly spender: Address;
  readonly value: bigint;
  readonly nonce: bigint;
  readonly deadline: bigint;
}

/** A permit as contracts take it. */
export interface SignedPermit {
  readonly deadline: bigint;
  readonly v: number;
  readonly r: Hex;
  readonly s: Hex;
}

/** What a wallet signs. */
export function permitMessage({ token, name, version, chainId, owner, spender, value, nonce, deadline }: Permit) {
  return {
    domain: { name, version, chainId, verifyingContract: token },
    types: {
      Permit: [
        { name: "owner", type: "address" },
        { name: "spender", type: "address" },
        { name: "value", type: "uint256" },
        { name: "nonce", type: "uint256" },
        { name: "deadline", type: "uint256" },
      ],
    },
    primaryType: "Permit",
    message: { owner, spender, value, nonce, deadline },
  } as const;
}

/** `v`, `r` and `s` of a signature of 65 bytes; null if it is none, as those of contract wallets. */
export function splitSignature(signature: Hex): Omit<SignedPermit, "deadline"> | null {
  if (size(signature) !== 65) return null;
  const parity = hexToNumber(slice(signature, 64));
  return { v: parity < 27 ? parity + 27 : parity, r: slice(signature, 0, 32), s: slice(signature, 32, 64) };
}
