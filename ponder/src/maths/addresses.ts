/** Addresses as logs have them. */
import type { Address } from "viem";

/** `address` in lower case. */
export function lower(address: Address): Address {
  return `0x${address.slice(2).toLowerCase()}`;
}
