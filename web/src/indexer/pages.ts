/** Lists of any length, page by page. */
import { type QueryKey, keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { TadaDocumentNode } from "gql.tada";
import { useStanding } from "../standing.ts";
import { IndexerError, ask, useIndexer } from "./client.ts";

/** A page of a list, as the indexer answers it. */
export interface Page<Row> {
  readonly items: readonly Row[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** What follows the cursor `after`, or the beginning of the list. */
type Question<Data, Variables> = (after: string | null) => {
  readonly document: TadaDocumentNode<Data, Variables>;
  readonly variables: Variables;
};

/** The page in an answer. Throws {@link IndexerError} where there is none. */
function pageIn<Data, Row>(data: Data, pageOf: (data: Data) => Partial<Page<Row>> | null | undefined): Page<Row> {
  const page = pageOf(data);
  if (!Array.isArray(page?.items) || page.pageInfo == null) {
    throw new IndexerError("The indexer answered with something else than a list.");
  }
  return { items: page.items, pageInfo: page.pageInfo };
}

/** The list so far, asked again with every block; `fetchNextPage` goes on. */
export function useIndexedPages<Data, Variables, Row>(
  key: QueryKey,
  question: Question<Data, Variables>,
  pageOf: (data: Data) => Page<Row>,
) {
  const { url, again } = useIndexer();
  const query = useInfiniteQuery({
    ...again,
    queryKey: ["indexer", "pages", ...key],
    queryFn: async ({ pageParam, signal }) => {
      const { document, variables } = question(pageParam);
      return pageIn(await ask(url(), document, variables, signal), pageOf);
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ pageInfo }) => (pageInfo.hasNextPage ? pageInfo.endCursor : null),
  });
  const { isError, error, refetch } = useStanding(query);
  return {
    rows: query.data?.pages.flatMap(({ items }) => items) ?? [],
    isLoading: query.data === undefined && !isError,
    isError,
    error: error ?? new Error("unknown"),
    refetch,
    hasMore: query.hasNextPage,
    isFetchingMore: query.isFetchingNextPage,
    fetchMore: query.fetchNextPage,
  };
}

/** Pages of one list: more than any list has. An indexer that goes on for ever is not believed. */
export const MOST_PAGES = 1_000;

export const endless = () => new IndexerError("The indexer's list does not end.");

/** The whole list. Throws {@link IndexerError}, also where it does not end. */
export async function askAll<Data, Variables, Row>(
  url: string,
  question: Question<Data, Variables>,
  pageOf: (data: Data) => Page<Row>,
  signal?: AbortSignal,
): Promise<Row[]> {
  const rows: Row[] = [];
  let after: string | null = null;
  for (let i = 0; i < MOST_PAGES; i++) {
    const { document, variables } = question(after);
    const { items, pageInfo }: Page<Row> = pageIn(await ask(url, document, variables, signal), pageOf);
    for (const item of items) rows.push(item);
    if (!pageInfo.hasNextPage || pageInfo.endCursor === null) return rows;
    if (pageInfo.endCursor === after) break;
    after = pageInfo.endCursor;
  }
  throw endless();
}

/** A whole series, asked again with every block; the last one stays while another span of time is on its way. */
export function useIndexedSeries<Data, Variables, Row>(
  key: QueryKey,
  question: Question<Data, Variables>,
  pageOf: (data: Data) => Page<Row>,
) {
  const { url, again } = useIndexer();
  const query = useQuery({
    ...again,
    queryKey: ["indexer", "series", ...key],
    queryFn: ({ signal }) => askAll(url(), question, pageOf, signal),
    placeholderData: keepPreviousData,
  });
  return useStanding(query);
}
