/** Preloaded into the indexer: writes the most memory that the process ever had, in bytes, when it ends. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const STATUS = "/proc/self/status";

/** In units of 1,024 bytes, as the system counts. Linux's `maxRSS` is also that of the process that started this one. */
function peak() {
  if (!existsSync(STATUS)) return process.resourceUsage().maxRSS;
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(STATUS, "utf8"))[1]);
}

const folder = process.env.BENCH_PEAK_FOLDER;
if (folder !== undefined) {
  process.on("exit", () => writeFileSync(path.join(folder, String(process.pid)), String(peak() * 1_024)));
}
