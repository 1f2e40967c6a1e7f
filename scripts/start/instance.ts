/**
 * What one `npm start` keeps in its folder, and how a second one finds the first: by a port that it answers on with a token
 * that is also in its file, so that neither a process id that was given out again nor a stranger's port is mistaken for it.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import path from "node:path";

export interface InstanceFile {
  readonly pid: number;
  readonly controlPort: number;
  readonly token: string;
  readonly chainPort: number;
  readonly indexerPort: number;
}

/** Another `npm start` that runs. */
export interface Running extends InstanceFile {
  readonly folder: string;
  /** What it printed when it was ready; empty before. */
  readonly report: string;
}

export interface Claim {
  /** What a second `npm start` is told; to be set when ready. */
  report: string;
  release(): void;
}

/** The files of one chain. */
export interface Paths {
  readonly folder: string;
  readonly manifest: string;
  /** The whole chain. Exists only if deployment and history are complete. */
  readonly chain: string;
  readonly indexer: string;
  /** Settings and evidence of the workers' agents. */
  readonly agents: string;
}

export function pathsOf(root: string, key: string): Paths {
  const folder = path.join(root, key);
  return {
    folder,
    manifest: path.join(folder, "manifest.json"),
    chain: path.join(folder, "chain.json"),
    indexer: path.join(folder, "indexer"),
    agents: path.join(folder, "agents"),
  };
}

/** A short name for everything that `parts` say: another preset, seed or contract is another chain. */
export function keyOf(name: string, parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return `${name}-${hash.digest("hex").slice(0, 10)}`;
}

/** The instance that runs in `folder`, if one does. */
export async function findRunning(folder: string): Promise<Running | undefined> {
  const file = readInstance(path.join(folder, "instance.json"));
  if (file === undefined) return undefined;
  const answer = await ask(file.controlPort);
  if (answer === undefined || !answer.startsWith(file.token)) return undefined;
  return { ...file, folder, report: answer.slice(file.token.length) };
}

/** All instances in folders below `root`: those that run, and those that were killed and could not tidy up. */
export async function findInstances(root: string): Promise<{ running: Running[]; killed: InstanceFile[] }> {
  let names: string[] = [];
  try {
    names = readdirSync(root);
  } catch {
    // Nothing was ever started.
  }
  const running: Running[] = [];
  const killed: InstanceFile[] = [];
  for (const folder of names.map((name) => path.join(root, name))) {
    const file = readInstance(path.join(folder, "instance.json"));
    if (file === undefined) continue;
    const found = await findRunning(folder);
    if (found === undefined) killed.push(file);
    else running.push(found);
  }
  return { running, killed };
}

/** Takes `folder` for this process; the running instance instead, if there is one. */
export async function claim(
  folder: string,
  ports: { chainPort: number; indexerPort: number },
): Promise<Claim | Running> {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "instance.json");
  const token = randomUUID();
  const state = { report: "" };
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end(token + state.report);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  server.unref();
  const { port: controlPort } = server.address() as AddressInfo;
  const content: InstanceFile = { pid: process.pid, controlPort, token, ...ports };
  for (;;) {
    try {
      writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`, { flag: "wx" });
      break;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const running = await findRunning(folder);
    if (running !== undefined) {
      server.close();
      return running;
    }
    // Left behind by one that was killed.
    rmSync(file, { force: true });
  }
  return Object.assign(state, {
    release() {
      server.close();
      if (readInstance(file)?.token === token) rmSync(file, { force: true });
    },
  });
}

function readInstance(file: string): InstanceFile | undefined {
  try {
    const { pid, controlPort, token, chainPort, indexerPort } = JSON.parse(
      readFileSync(file, "utf8"),
    ) as Partial<InstanceFile>;
    if (pid === undefined || controlPort === undefined || token === undefined) return undefined;
    return { pid, controlPort, token, chainPort: chainPort ?? 0, indexerPort: indexerPort ?? 0 };
  } catch {
    return undefined;
  }
}

function ask(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const chunks: Buffer[] = [];
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.once("error", () => undefined);
    socket.once("close", (failed) =>
      resolve(failed || chunks.length === 0 ? undefined : Buffer.concat(chunks).toString()),
    );
  });
}
