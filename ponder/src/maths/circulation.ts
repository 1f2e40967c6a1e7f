/** What circulates: see `schema/supply.ts`. */
import { type Address, zeroAddress } from "viem";

/** Wei of PHA. */
export interface Circulation {
  readonly circulating: bigint;
  readonly staked: bigint;
}

/**
 * Circulation after a transfer of PHA, which can also be a mint or a burn.
 *
 * @param buckets Whose PHA does not circulate.
 * @param vault The vPHA vault.
 */
export function circulationAfter(
  { circulating, staked }: Circulation,
  { from, to, value }: { readonly from: Address; readonly to: Address; readonly value: bigint },
  { buckets, vault }: { readonly buckets: readonly Address[]; readonly vault: Address },
): Circulation {
  const circulates = (holder: Address) => (holder === zeroAddress || buckets.includes(holder) ? 0n : value);
  const isStaked = (holder: Address) => (holder === vault ? value : 0n);
  return {
    circulating: circulating + circulates(to) - circulates(from),
    staked: staked + isStaked(to) - isStaked(from),
  };
}
