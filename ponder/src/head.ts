/** The head of the chain: time passes also when nothing happens. */
import { ponder } from "ponder:registry";
import { refreshAttestation } from "./attestationPolicy.ts";
import { refreshEmission } from "./emission.ts";
import { reviewGovernance } from "./governance.ts";
import { advance } from "./series.ts";
import { refreshVault } from "./staking.ts";
import { reviewHead } from "./workerReview.ts";

ponder.on("Head:block", async ({ event, context }) => {
  await advance(context, event.block);
  await refreshEmission(context, event.block);
  await refreshVault(context, event.block);
  await refreshAttestation(context, event.block);
  await reviewHead(context, event.id, event.block);
  await reviewGovernance(context, event.block);
});
