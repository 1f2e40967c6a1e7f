/** What the launcher runs and, when it ends by accident, runs again: see `main.ts`. */
import { flushCompileCache } from "node:module";
import { log, reasonOf } from "./log.ts";
import { parseOptions } from "./options.ts";
import { TRY_AGAIN, run } from "./process.ts";

/** When everything has been loaded, in milliseconds. */
const FLUSH_MS = 20_000;

// Without the launcher nobody would stop or restart this process.
process.once("disconnect", () => {
  log("error", "The launcher is gone: ending at once");
  process.exit(TRY_AGAIN);
});

// A process that is killed leaves nothing behind by itself.
setTimeout(flushCompileCache, FLUSH_MS).unref();

run(parseOptions(process.argv.slice(2), process.env), process.env).catch((error: unknown) => {
  log("error", "The indexer cannot start", { reason: reasonOf(error) });
  process.exit(1);
});
