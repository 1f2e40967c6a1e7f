/** All workers with their standings, however many there are. */
import { useQuery } from "@tanstack/react-query";
import type { ResultOf } from "gql.tada";
import { useStanding } from "../standing.ts";
import { ask, useIndexer } from "./client.ts";
import { STANDINGS, WORKERS, WORKERS_PAGE } from "./compute.ts";
import { MOST_PAGES, askAll, endless } from "./pages.ts";

type Standing = ResultOf<typeof STANDINGS>["workerStandings"]["items"][number];

async function allStandings(url: string, signal: AbortSignal): Promise<Map<string, Standing>> {
  const found = new Map<string, Standing>();
  for (let i = 0; i < MOST_PAGES; i++) {
    const { workerStandings } = await ask(url, STANDINGS, { offset: i * WORKERS_PAGE }, signal);
    for (const row of workerStandings.items) found.set(row.worker, row);
    if (workerStandings.items.length < WORKERS_PAGE) return found;
  }
  throw endless();
}

/** Asked again with every block. */
export function useWorkers() {
  const { url, again } = useIndexer();
  const query = useQuery({
    ...again,
    queryKey: ["indexer", "workers"],
    queryFn: async ({ signal }) => {
      const [rows, standings] = await Promise.all([
        askAll(
          url(),
          (after) => ({ document: WORKERS, variables: { after } }),
          ({ workers }) => workers,
          signal,
        ),
        allStandings(url(), signal),
      ]);
      return rows.map((row) => ({ ...row, standing: standings.get(row.worker) }));
    },
  });
  return useStanding(query);
}
