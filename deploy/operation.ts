/** Operations of the authority. */
import { type Address, type Hex, encodeAbiParameters, keccak256 } from "viem";

/** An operation's id: what `AccessManager.hashOperation` answers. */
export function operationId(caller: Address, { to, data }: { readonly to: Address; readonly data: Hex }): Hex {
  return keccak256(
    encodeAbiParameters([{ type: "address" }, { type: "address" }, { type: "bytes" }], [caller, to, data]),
  );
}
