/** `npm start`, as a newcomer runs it, with a short history: real chain, real deployment, real indexer. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort, isPortFree } from "../../scripts/devnet/process.ts";
import { readManifest } from "../../deploy/manifest.ts";

const root = path.join(import.meta.dirname, "../..");
const folder = mkdtempSync(path.join(os.tmpdir(), "start-test-"));
const started: Start[] = [];
let ports: { chain: number; indexer: number; page: number };

interface Start {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exitCode: Promise<number | null>;
}

function start(flags: readonly string[] = []): Start {
  const child = spawn(
    process.execPath,
    [
      path.join(root, "scripts/start.ts"),
      ...["--folder", folder, "--chain-port", String(ports.chain), "--indexer-port", String(ports.indexer)],
      ...["--web-port", String(ports.page)],
      ...["--days", "30", "--stakers", "5", "--transactions", "60", "--block-time", "1"],
      ...flags,
    ],
    { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const exitCode = new Promise<number | null>((resolve) => child.once("close", resolve));
  const result = { child, output: () => output, exitCode };
  started.push(result);
  return result;
}

async function until(what: string, probe: () => boolean | Promise<boolean>, timeoutMs = 120_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await probe())) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** How long a start may take here, in milliseconds: it is not its speed that is tested. */
const READY_MS = 480_000;

/** Waits until it is ready; fails with its output if it ends before. */
async function ready({ child, output }: Start): Promise<void> {
  const isReady = () => {
    if (child.exitCode !== null) throw new Error(`ended before it was ready:\n${output()}`);
    return output().includes("Ctrl-C ends everything");
  };
  await until("ready", isReady, READY_MS).catch((error: unknown) => {
    throw new Error(`${String(error)}:\n${output()}`);
  });
}

/** Process ids of everything below `pid`, by the tables of the system. */
function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      // After the command's name in parentheses: state, parent.
      const [, parent] = (readFileSync(`/proc/${entry}/stat`, "utf8").split(") ").at(-1) ?? "").split(" ");
      children.set(Number(parent), [...(children.get(Number(parent)) ?? []), Number(entry)]);
    } catch {
      // Gone meanwhile.
    }
  }
  return (children.get(pid) ?? []).flatMap((child) => [child, ...descendants(child)]);
}

function isAlive(pid: number): boolean {
  try {
    // A zombie has ended.
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

const isAgent = (pid: number): boolean =>
  /^[^\0]*node\0[^\0]*worker-agent\/main\.ts/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"));

/** The workers whose agents the report names, each of which is well. */
async function agentsOf(report: string): Promise<string[]> {
  const rows = [...report.matchAll(/(0x\w{40}) {2}(http:\/\/\S+\/health)/g)];
  return Promise.all(
    rows.map(async ([, worker = "", url = ""]) => {
      expect(await (await fetch(url)).json()).toMatchObject({ ok: true, worker, state: "Active" });
      return worker;
    }),
  );
}

const allEnded = (pids: readonly number[]) => until(`ended: ${pids.join()}`, () => !pids.some(isAlive), 45_000);

async function rpc(method: string, params: readonly unknown[] = []): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${ports.chain}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const answer: unknown = await response.json();
  return typeof answer === "object" && answer !== null && "result" in answer ? answer.result : undefined;
}

beforeAll(async () => {
  ports = { chain: await freePort(), indexer: await freePort(), page: await freePort() };
});

afterEach(async () => {
  for (const { child, exitCode } of started.splice(0)) {
    child.kill("SIGTERM");
    await exitCode;
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(process.platform !== "linux")("npm start", () => {
  let firstBlock: unknown;
  let workers: readonly string[];

  test("from nothing to an answered query; Ctrl-C ends everything", { timeout: 2 * READY_MS }, async () => {
    const first = start();
    await ready(first);
    const report = first.output();

    const [, key] = /manifest +\S*\/([^/]+)\/manifest\.json/.exec(report) ?? [];
    const manifest = readManifest(path.join(folder, key ?? "", "manifest.json"));
    const addresses: (string | null)[] = Object.values({ ...manifest.contracts, ...manifest.parameters.accounts });
    for (const address of addresses) expect(report).toContain(address ?? "");
    expect(report).toContain(`http://127.0.0.1:${ports.chain}`);

    // The page, and what it is configured with.
    const page = `http://127.0.0.1:${ports.page}`;
    expect(report).toContain(page);
    expect(await (await fetch(page)).text()).toContain('<div id="app">');
    expect(await (await fetch(`${page}/config.json`)).json()).toMatchObject({
      chain: { id: manifest.chainId, rpcUrl: `http://127.0.0.1:${ports.chain}` },
      indexerUrl: `http://127.0.0.1:${ports.indexer}`,
      contracts: { vpha: manifest.contracts.vpha },
    });

    // The sample query, as it is printed.
    const [, body] = /-d '(.*)'/.exec(report) ?? [];
    const answer = await fetch(`http://127.0.0.1:${ports.indexer}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: body ?? "",
    });
    const text = await answer.text();
    expect(text).not.toContain('"errors"');
    expect(text).toMatch(/"stakers":[1-9]/);
    firstBlock = await rpc("eth_getBlockByNumber", ["0x10", false]);
    expect(firstBlock).not.toBeNull();

    // Some workers are processes of their own.
    workers = await agentsOf(report);
    expect(workers).toHaveLength(3);

    // Time goes on, and is that of the clock.
    const head = Number(await rpc("eth_blockNumber"));
    await until("a new block", async () => Number(await rpc("eth_blockNumber")) > head, 10_000);

    const pids = descendants(first.child.pid ?? 0);
    expect(pids.filter(isAgent)).toHaveLength(3);
    expect(pids.length).toBeGreaterThanOrEqual(7);
    first.child.kill("SIGINT");
    // As a terminal and npm do.
    first.child.kill("SIGINT");
    expect(await first.exitCode).toBe(0);
    await allEnded(pids);
  });

  test("a second start goes on; a third finds it; a crashed service ends it", { timeout: 2 * READY_MS }, async () => {
    const second = start();
    await ready(second);
    expect(second.output()).not.toMatch(/[·✓] (deploy|history)/);
    expect(await rpc("eth_getBlockByNumber", ["0x10", false])).toEqual(firstBlock);
    expect(await agentsOf(second.output())).toEqual(workers);

    const third = start();
    expect(await third.exitCode).toBe(0);
    expect(third.output()).toContain("It runs already");
    expect(third.output()).toContain(`http://127.0.0.1:${ports.indexer}/graphql`);

    const other = start(["--seed", "2"]);
    expect(await other.exitCode).toBe(1);
    expect(other.output()).toMatch(/error: port \d+ is used by another `npm start`/);

    const pids = descendants(second.child.pid ?? 0);
    const anvil = pids.find((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith(`${root}/node_modules/@foundry-rs`),
    );
    process.kill(anvil ?? 0, "SIGKILL");
    expect(await second.exitCode).toBe(1);
    expect(second.output()).toContain("error: the chain ended by itself");
    await allEnded(pids);
  });

  test("killed in the middle of the history, it leaves nothing behind that is taken for finished", async () => {
    const killed = start(["--seed", "3", "--transactions", "5000", "--no-indexer"]);
    await until("history", () => killed.output().includes("history"));
    const pids = descendants(killed.child.pid ?? 0);
    killed.child.kill("SIGKILL");
    await allEnded(pids);

    const again = start(["--seed", "3", "--transactions", "5000", "--no-indexer"]);
    await until("history again", () => again.output().includes("· history"));
    again.child.kill("SIGINT");
    expect(await again.exitCode).toBe(130);
  });

  test("a busy port is one clear error", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(ports.indexer, "127.0.0.1", resolve));
    try {
      const { exitCode, output } = start();
      expect(await exitCode).toBe(1);
      expect(output().match(/error:.*/g)).toEqual([
        expect.stringContaining(`error: port ${ports.indexer} is in use: end it, or choose another port`),
      ]);
      expect(await isPortFree(ports.chain)).toBe(true);
    } finally {
      server.close();
    }
  });

  test("a wrong flag is one clear error", async () => {
    const { exitCode, output } = start(["--prest", "current"]);
    expect(await exitCode).toBe(2);
    expect(output()).toMatch(/^error: .*--prest.*\n$/);
  });
});
