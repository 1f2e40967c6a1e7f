/** Calls in words: contract, function, arguments. */
import {
  type Abi,
  type AbiFunction,
  type Hex,
  decodeFunctionData,
  encodeFunctionData,
  toFunctionSelector,
  toFunctionSignature,
} from "viem";

/** A contract of the suite. */
export interface Named {
  readonly name: string;
  readonly abi: Abi;
}

/** A call as the schema has it; null where the contract or its function is not known. */
export interface DecodedCall {
  readonly contract: string | null;
  readonly signature: string | null;
  readonly arguments: string | null;
}

/** The signature of the function `selector` of `abi`. */
export function signatureOf(abi: Abi, selector: Hex): string | null {
  const item = abi.find(
    (each): each is AbiFunction => each.type === "function" && toFunctionSelector(each) === selector.toLowerCase(),
  );
  return item === undefined ? null : toFunctionSignature(item);
}

/** What `data` means for the contract `found`. Data that is not what the function takes, or more than that, has a signature and no arguments. */
export function decodeCall(found: Named | undefined, data: Hex): DecodedCall {
  if (found === undefined) return { contract: null, signature: null, arguments: null };
  const signature = signatureOf(found.abi, data.slice(0, 10) as Hex);
  let args: string | null = null;
  try {
    const decoded = decodeFunctionData({ abi: found.abi, data });
    // Solidity ignores bytes after the arguments; whoever reads this must not.
    if (encodeFunctionData({ abi: found.abi, ...decoded }) !== data) throw new Error("not the call in one form");
    args = JSON.stringify(decoded.args ?? [], (_, value: unknown) =>
      typeof value === "bigint" || typeof value === "number" ? String(value) : value,
    );
  } catch {
    // It would revert, or hides something.
  }
  return { contract: found.name, signature, arguments: args };
}
