/** Answers that are asked for again and again, of the chain and of the indexer. */
import { useState } from "react";

/** The parts of a query that count. */
interface Asked<Data> {
  readonly data: Data | undefined;
  readonly error: Error | null;
  /** How often it has failed, ever. */
  readonly errorUpdateCount: number;
  readonly refetch: () => Promise<unknown>;
}

/** What was answered last, and why there is nothing, or nothing newer. */
export type Answer<Data> = {
  readonly data: Data | undefined;
  readonly refetch: () => Promise<unknown>;
} & ({ readonly isError: false; readonly error: null } | { readonly isError: true; readonly error: Error });

/**
 * The answer of a query. TanStack forgets a failure while it asks again, if there was no answer yet; here it stands until there is
 * one. Else what is shown would come and go with every block.
 */
export function useStanding<Data>({ data, error, errorUpdateCount, refetch }: Asked<Data>): Answer<Data> {
  const [last, setLast] = useState<Error | null>(null);
  const standing = error ?? (data === undefined && errorUpdateCount > 0 ? last : null);
  if (standing !== last) setLast(standing);
  return standing === null
    ? { data, refetch, isError: false, error: null }
    : { data, refetch, isError: true, error: standing };
}
