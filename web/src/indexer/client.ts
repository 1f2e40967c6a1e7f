/** The indexer: typed queries, the answer's errors as errors. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type TadaDocumentNode, initGraphQLTada } from "gql.tada";
import { print } from "@0no-co/graphql.web";
import { useConfig } from "../config/context.ts";
import { type Answer, useStanding } from "../standing.ts";
import type { introspection } from "./schema.d.ts";

export const graphql = initGraphQLTada<{
  introspection: introspection;
  /** Integers beyond 32 bits come as text. */
  scalars: { BigInt: string };
}>();

/** The indexer does not answer, or not as it should. */
export class IndexerError extends Error {}

const TIMEOUT_MS = 15_000;

/** Asks the indexer at `url`. Throws {@link IndexerError}. */
export async function ask<Data, Variables>(
  url: string,
  document: TadaDocumentNode<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Data> {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: print(document), variables }),
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
  }).catch((cause: unknown) => {
    throw new IndexerError(`The indexer at ${url} does not answer.`, { cause });
  });
  const answer = (await response.json().catch(() => null)) as {
    data?: Data | null;
    errors?: readonly { readonly message: string }[];
  } | null;
  const problem = answer?.errors?.[0]?.message;
  if (problem !== undefined) throw new IndexerError(`The indexer refused the question: ${problem}`);
  if (answer?.data === undefined || answer.data === null)
    throw new IndexerError(`The indexer answered with status ${response.status}.`);
  return answer.data;
}

/** Where the indexer is, and how it is asked again: with every block. `url` throws {@link IndexerError} where there is none. */
export function useIndexer() {
  const { indexerUrl, chain } = useConfig();
  const url = (): string => {
    if (indexerUrl === null) throw new IndexerError("This page is configured without an indexer.");
    return indexerUrl;
  };
  return { url, again: { refetchInterval: chain.blockTime * 1000, retry: 1 } };
}

/**
 * Answers of the indexer, asked again with every block. With `isSeries`, what was there stays while the same is asked for another
 * span of time; what belongs to another account or worker never does.
 */
export function useIndexed<Data, Variables>(
  document: TadaDocumentNode<Data, Variables>,
  variables: Variables,
  options: { enabled?: boolean; isSeries?: boolean } = {},
): Answer<Data> {
  const { url, again } = useIndexer();
  const query = useQuery({
    ...again,
    queryKey: ["indexer", print(document), variables],
    queryFn: ({ signal }) => ask(url(), document, variables, signal),
    enabled: options.enabled ?? true,
    ...(options.isSeries === true ? { placeholderData: keepPreviousData } : {}),
  });
  return useStanding(query);
}
