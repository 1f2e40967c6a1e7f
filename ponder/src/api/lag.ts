/** How far the data are behind the chain. */
import { sql } from "ponder";
import { db } from "ponder:api";
import { type Point, pointOf, watchState } from "../../watch/state.ts";
import type { ApiContext } from "./context.ts";

/** Always with status 200: who wants a status asks `/ready`. */
export async function lagHandler(context: ApiContext): Promise<Response> {
  const watched = watchState();
  const indexed = await indexedBlock();
  const head = watched?.head ?? null;
  return context.json(
    {
      indexed,
      head,
      /** Never negative: the head was seen some time ago. Null while one of the two is unknown. */
      blocksBehind: head && indexed ? Math.max(0, head.number - indexed.number) : null,
      secondsBehind: head && indexed ? Math.max(0, head.timestamp - indexed.timestamp) : null,
      checkedAt: watched === null ? null : Math.floor(watched.checkedAt / 1_000),
      problems: watched?.problems ?? [],
    },
    200,
    { "cache-control": "no-store" },
  );
}

/** The block up to which everything is indexed, as `/status` has it; null before the first. */
async function indexedBlock(): Promise<Point | null> {
  const { rows } = await db.execute(sql`SELECT latest_checkpoint FROM _ponder_checkpoint`);
  const checkpoint = rows[0]?.["latest_checkpoint"];
  return typeof checkpoint === "string" ? pointOf(checkpoint) : null;
}
