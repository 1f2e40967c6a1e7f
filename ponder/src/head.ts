/** The head of the chain: time passes also when nothing happens. */
import { ponder } from "ponder:registry";
import { indexedBlock } from "ponder:schema";
import { blockInterval } from "../settings.ts";
import { refreshAttestation } from "./attestationPolicy.ts";
import { refreshEmission } from "./emission.ts";
import { reviewGovernance } from "./governance.ts";
import { advance } from "./series.ts";
import { refreshVault } from "./staking.ts";
import { reviewHead } from "./workerReview.ts";

/** Blocks that are kept with their hashes: more than any window in which Ponder takes blocks back. */
const KEPT_BLOCKS = 512n;

ponder.on("Head:block", async ({ event, context }) => {
  const { number, hash } = event.block;
  const slot = Number((number / BigInt(blockInterval(context.chain.id))) % KEPT_BLOCKS);
  await context.db.insert(indexedBlock).values({ slot, number, hash }).onConflictDoUpdate({ number, hash });
  await advance(context, event.block);
  await refreshEmission(context, event.block);
  await refreshVault(context, event.block);
  await refreshAttestation(context, event.block);
  await reviewHead(context, event.id, event.block);
  await reviewGovernance(context, event.block);
});
