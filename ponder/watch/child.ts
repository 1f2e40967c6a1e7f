/** What the launcher runs and, when it ends by accident, runs again: see `main.ts`. */
import { log, reasonOf } from "./log.ts";
import { parseOptions } from "./options.ts";
import { TRY_AGAIN, run } from "./process.ts";

// Without the launcher nobody would stop or restart this process.
process.once("disconnect", () => {
  log("error", "The launcher is gone: ending at once");
  process.exit(TRY_AGAIN);
});

run(parseOptions(process.argv.slice(2), process.env), process.env).catch((error: unknown) => {
  log("error", "The indexer cannot start", { reason: reasonOf(error) });
  process.exit(1);
});
