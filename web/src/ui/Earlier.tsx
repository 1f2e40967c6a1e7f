/** The button that goes on with a list. */
export function Earlier(props: {
  pages: { readonly hasMore: boolean; readonly isFetchingMore: boolean; readonly fetchMore: () => Promise<unknown> };
}) {
  const { hasMore, isFetchingMore, fetchMore } = props.pages;
  if (!hasMore) return null;
  return (
    <div>
      <button type="button" className="button button-small" disabled={isFetchingMore} onClick={() => void fetchMore()}>
        {isFetchingMore ? "Loading…" : "Earlier"}
      </button>
    </div>
  );
}
