/** `npm start` with a short history, and the page's build: what is slow, and done once. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startPostgres } from "../../scripts/devnet/postgres.ts";
import { freePort, startService, waitFor } from "../../scripts/devnet/process.ts";
import { builtPage } from "../helpers/page.ts";

const root = path.join(import.meta.dirname, "../..");
/** Building, playing and indexing all of it, on two busy cores. */
const READY_MS = 900_000;

/** What runs, for whoever talks to it. */
export interface Running {
  readonly chainPort: number;
  readonly indexerUrl: string;
  /** File of the deployment. */
  readonly manifest: string;
  /** The built page. */
  readonly page: string;
  /** Seconds. */
  readonly blockTime: number;
}

/** Starts chain, history, workers and indexer, and builds the page. */
export async function startAll(options: { days: number; stakers: number; transactions: number; blockTime: number }) {
  const folder = mkdtempSync(path.join(tmpdir(), "phala-e2e-"));
  const [chainPort, indexerPort] = [await freePort(), await freePort()];
  const lines: string[] = [];
  const postgres = await startPostgres({ folder: path.join(folder, "postgres"), settings: { fsync: "off" } });
  const service = startService({
    name: "npm start",
    command: process.execPath,
    args: [
      path.join(root, "scripts/start.ts"),
      ...["--folder", folder, "--chain-port", String(chainPort), "--indexer-port", String(indexerPort), "--no-page"],
      ...["--days", String(options.days), "--stakers", String(options.stakers)],
      ...["--transactions", String(options.transactions), "--block-time", String(options.blockTime)],
    ],
    cwd: root,
    // Jumps of weeks are much work; a database of its own makes short of it.
    env: { DATABASE_URL: postgres.url() },
    onLine: (line) => lines.push(line),
  });
  const stop = async () => {
    await service.stop(40_000);
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const page = path.join(folder, "page");
    await Promise.all([
      builtPage(page),
      waitFor({
        what: "npm start is ready",
        timeoutMs: READY_MS,
        intervalMs: 250,
        service,
        probe: () => Promise.resolve(lines.some((line) => line.startsWith("Ready after")) || undefined),
      }),
    ]);
    const [, name] = /manifest +(\S+)/.exec(lines.join("\n")) ?? [];
    const running: Running = {
      chainPort,
      page,
      manifest: path.resolve(root, name ?? ""),
      indexerUrl: `http://127.0.0.1:${indexerPort}`,
      blockTime: options.blockTime,
    };
    return { running, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
