/** The contracts of the suite by name, for calls in words. */
import type { Context } from "ponder:registry";
import type { Named } from "./maths/calls.ts";

/** All contracts that the indexer follows, as they are configured. */
export function suiteContracts({ contracts }: Context): Named[] {
  return Object.entries(contracts).map(([name, { abi, address }]) => ({ name, abi, address }));
}
