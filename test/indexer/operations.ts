/** The indexer's processes as an operator runs them, and what can go wrong with them: kills, faulty nodes, deep reorganisations. */
import { readFileSync, readdirSync } from "node:fs";
import { type IncomingMessage, type Server, createServer } from "node:http";
import { connect, createServer as createSocketServer } from "node:net";
import path from "node:path";
import { maxUint256, parseEther } from "viem";
import { indexerCommand } from "../../ponder/command.ts";
import { freePort, startService, waitFor } from "../../scripts/devnet/process.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { createRandom } from "../../scripts/devnet/random.ts";
import { callsOf } from "./calls.ts";
import { type Json, type Row, type Suite, ask, jsonOf, rowOf, rowsOf } from "./suite.ts";
import { contentOf as tablesOf } from "./tables.ts";

/** How many times more often what is random happens in `npm run test:deep`. */
export const isDeep = process.env["PHALA_TEST_DEEP"] === "1" || Number(process.env["PHALA_TEST_FACTOR"] ?? "1") > 1;

export interface ProcessOptions {
  readonly command?: "start" | "serve";
  readonly schema?: string;
  readonly viewsSchema?: string;
  /** Without it: PGlite in `directory`. */
  readonly databaseUrl?: string;
  readonly directory?: string;
  /** Default: the suite's chain. */
  readonly rpcUrl?: string;
  readonly deployment?: string;
  readonly port?: number;
  /** Folder of another version of the indexer. Default: ours. */
  readonly version?: string;
  /** Where it is started. Default: the indexer's own folder. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export type IndexerProcess = Awaited<ReturnType<typeof startProcess>>;

/** Starts the launcher with `command`. It looks twice a second. */
export async function startProcess(
  suite: Pick<Suite, "chain" | "folder" | "manifestPath">,
  options: ProcessOptions = {},
) {
  const port = options.port ?? (await freePort());
  const lines: string[] = [];
  const { command, args, cwd, env } = indexerCommand({
    command: options.command ?? "start",
    deployment: options.deployment ?? suite.manifestPath,
    rpcUrl: options.rpcUrl ?? suite.chain.url,
    port,
    directory: options.directory ?? path.join(suite.folder, "pglite"),
    pollingInterval: 100,
    ...(options.schema === undefined ? {} : { schema: options.schema }),
    ...(options.viewsSchema === undefined ? {} : { viewsSchema: options.viewsSchema }),
    ...(options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl }),
  });
  const version = options.version === undefined ? cwd : `${options.version}${path.sep}`;
  const service = startService({
    name: options.command ?? "start",
    command,
    args: args.map((argument) => argument.replace(cwd, version)),
    cwd: options.cwd ?? version,
    env: { ...env, PHALA_WATCH_INTERVAL: "500", ...options.env },
    onLine: (line) => lines.push(line),
  });
  const url = `http://127.0.0.1:${port}`;

  async function block(): Promise<number> {
    const status = rowOf(jsonOf(await (await fetch(`${url}/status`)).text()));
    const number = status["phala"] === undefined ? -1 : rowOf(rowOf(status["phala"])["block"])["number"];
    return typeof number === "number" ? number : -1;
  }

  /** The problems that /ready names; empty if it is ready, null if it does not answer. */
  async function problems(): Promise<string[] | null> {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(5_000) }).catch(() => null);
    if (response === null) return null;
    const text = await response.text();
    if (response.status === 200) return [];
    return rowsOf(rowOf(jsonOf(text))["problems"]).map(({ code }) => (typeof code === "string" ? code : "?"));
  }

  const wait = <T>(what: string, timeoutMs: number, probe: () => Promise<T | undefined>) =>
    waitFor({ what, timeoutMs, service, intervalMs: 100, probe });

  return {
    url,
    port,
    service,
    lines,
    block,
    problems,
    /** Waits until it is ready. Returns the milliseconds that took. */
    async ready(timeoutMs = 90_000): Promise<number> {
      const begun = Date.now();
      await wait("ready", timeoutMs, async () => ((await problems())?.length === 0 ? true : undefined));
      return Date.now() - begun;
    },
    /** Waits until /ready names the problem `code`. Returns the milliseconds that took. */
    async problem(code: string, timeoutMs = 30_000): Promise<number> {
      const begun = Date.now();
      await wait(`/ready says ${code}`, timeoutMs, async () => ((await problems())?.includes(code) ? true : undefined));
      return Date.now() - begun;
    },
    async reach(number: bigint | number, timeoutMs = 90_000): Promise<void> {
      await wait(`block ${number}`, timeoutMs, async () => ((await block()) >= Number(number) ? true : undefined));
    },
    async metrics(): Promise<string> {
      return (await fetch(`${url}/metrics`)).text();
    },
    async query(text: string): Promise<Row> {
      const { data, errors } = await ask(url, text);
      if (errors.length > 0 || data === null) throw new Error(`GraphQL: ${errors.join("; ")}`);
      return data;
    },
    /** Kills the process that indexes or serves, as the system does when memory is short; the launcher stays. */
    kill: () => process.kill(childOf(service.pid), "SIGKILL"),
    /** Kills the process and its launcher, as when the machine goes down. */
    async killAll(): Promise<void> {
      process.kill(-service.pid, "SIGKILL");
      await service.ended;
    },
    stop: () => service.stop(20_000),
  };
}

/** The process at the end of leash and launcher. Throws while there is none. */
function childOf(pid: number): number {
  const children = new Map<number, number>();
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [, parent] = (readFileSync(`/proc/${entry}/stat`, "utf8").split(") ").at(-1) ?? "").split(" ");
      if (readFileSync(`/proc/${entry}/cmdline`, "utf8").includes("ponder/"))
        children.set(Number(parent), Number(entry));
    } catch {
      // Gone meanwhile.
    }
  }
  const launcher = children.get(pid);
  const child = launcher === undefined ? undefined : children.get(launcher);
  if (child === undefined) throw new Error("there is no process to kill");
  return child;
}

/** All that an indexer has in its tables, except in the watchdog's. */
export const contentOf = (indexer: Pick<IndexerProcess, "url">) => tablesOf(indexer, ["indexedBlock"]);

/** The answer of the node at `url`. */
export async function answerOf(url: string, method: string, params: readonly Json[]): Promise<Json | undefined> {
  return (await postTo(url, { method, params }))["result"];
}

async function postTo(url: string, { method, params }: Call): Promise<Row> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return rowOf(jsonOf(await response.text()));
}

/** A request, as a fault sees it. */
export interface Call {
  readonly method: string;
  readonly params: readonly Json[];
}

/** What a fault does with a request: changes the node's answer, or says how it is not answered. */
export type Fault = (call: Call, answer: () => Promise<Json | undefined>) => Promise<Json | undefined | Refusal>;

/** No answer at all, one that never ends, or a status. */
export class Refusal {
  readonly kind: "drop" | "stall" | number;
  constructor(kind: "drop" | "stall" | number) {
    this.kind = kind;
  }
}

/** A node between the indexer and the chain that does what `fault` says. */
export async function startFaultyNode(chainUrl: string) {
  let fault: Fault | null = null;
  const server: Server = createServer((request, response) => {
    void (async () => {
      const body = rowOf(jsonOf(await textOf(request)));
      const { method, params } = body;
      const call: Call = {
        method: typeof method === "string" ? method : "",
        params: Array.isArray(params) ? params : [],
      };
      let row: Row | undefined;
      const answer = async () => (row = await postTo(chainUrl, call))["result"];
      const result = fault === null ? await answer() : await fault(call, answer);
      if (result instanceof Refusal) {
        if (result.kind === "drop") response.destroy();
        else if (result.kind !== "stall") response.writeHead(result.kind).end();
        return;
      }
      response.setHeader("content-type", "application/json");
      const error = row?.["error"];
      response.end(
        JSON.stringify({ jsonrpc: "2.0", id: body["id"] ?? 1, ...(error === undefined ? { result } : { error }) }),
      );
    })().catch(() => response.destroy());
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    /** What it does from now on; null: nothing wrong. */
    set(next: Fault | null) {
      fault = next;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * A way to the PostgreSQL at `port` that breaks where a transaction that takes the index further is committed: `before` PostgreSQL has
 * heard of it, or `after` it has done so, with nobody told.
 */
export async function startBrittleWay(port: number) {
  let cuts: ("before" | "after")[] = [];
  const server = createSocketServer((client) => {
    const database = connect(port, "127.0.0.1");
    let isFurther = false;
    let isOver = false;
    const end = () => {
      client.destroy();
      database.destroy();
    };
    client.on("data", (data) => {
      const text = data.toString("latin1");
      if (/(insert into|update) \S*_ponder_checkpoint"? .*"latest_checkpoint"/.test(text)) isFurther = true;
      if (isFurther && /^Q.{4}commit\0/s.test(text)) {
        const cut = cuts.shift();
        if (cut === "before") return end();
        isOver = cut === "after";
      }
      if (/^Q.{4}(commit|rollback)\0/s.test(text)) isFurther = false;
      database.write(data);
    });
    database.on("data", (data) => (isOver ? end() : client.write(data)));
    for (const socket of [client, database]) socket.on("close", end).on("error", end);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the way has no port");
  return {
    port: address.port,
    /** Where it breaks, one after the other, from now on. */
    cut(...next: ("before" | "after")[]) {
      cuts = next;
    },
    /** How often it is still going to. */
    cutsLeft: () => cuts.length,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  request.setEncoding("utf8");
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** Makes blocks with transfers, deposits and requests in them; `seed` decides which. */
export async function startTrade(suite: Suite, seed: number) {
  const random = createRandom(seed);
  const call = callsOf(suite);
  const actors = Array.from({ length: 6 }, (_, i) => devAccount(10 + i).address);
  const { reserve } = suite.parameters.accounts;
  let now = await suite.now();
  await suite.mine((now += 12n), [
    ...actors.map((actor) => call.transfer(reserve, actor, parseEther("100000"))),
    ...actors.map((actor) => call.approve(actor, maxUint256)),
  ]);
  await suite.mine(
    (now += 12n),
    actors.map((actor) => call.deposit(actor, parseEther("5000"))),
  );
  return {
    /** Makes `count` blocks of `size` transactions, `pace` seconds apart; every tenth is empty. */
    async blocks(count: number, size = 3, pace = 12n): Promise<void> {
      // A chain that was set back has its own time.
      now = await suite.now();
      for (let i = 0; i < count; ++i) {
        const orders = Array.from({ length: i % 10 === 9 ? 0 : size }, () => {
          const actor = random.pick(actors);
          const amount = random.part(parseEther("20"), 0, 1) + 1n;
          const other = random.pick(actors);
          const kinds = [
            () => call.transfer(actor, other, amount),
            () => call.deposit(actor, amount),
            () => call.transferShares(actor, other, amount),
            () => call.request(actor, amount),
          ];
          return random.pick(kinds)();
        });
        await suite.mine((now += pace), orders);
      }
    },
  };
}
