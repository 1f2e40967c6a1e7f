/** Hex that the indexer answers as text. */
import { type Address, type Hex, isAddress, isHex } from "viem";
import { IndexerError } from "./client.ts";

/** Throws {@link IndexerError} if it is none. */
export function hexOf(text: string): Hex {
  if (isHex(text)) return text;
  throw new IndexerError(`The indexer answered ${JSON.stringify(text)} where there should be hex.`);
}

/** Throws {@link IndexerError} if it is none. */
export function addressOf(text: string): Address {
  if (isAddress(text, { strict: false })) return text;
  throw new IndexerError(`The indexer answered ${JSON.stringify(text)} where there should be an address.`);
}
