/** Preloaded into the indexer: writes the most memory that the process ever had, in bytes, when it ends. */
import { writeFileSync } from "node:fs";
import path from "node:path";

const folder = process.env.BENCH_PEAK_FOLDER;
if (folder !== undefined) {
  process.on("exit", () => {
    // The system counts in units of 1,024 bytes.
    writeFileSync(path.join(folder, String(process.pid)), String(process.resourceUsage().maxRSS * 1_024));
  });
}
