/** `npm start`: chain, contracts, history, indexer and page on this machine. The flags are in `start/options.ts`. */
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { http } from "viem";
import { type Manifest, readManifest } from "../deploy/manifest.ts";
import { buildDistribution, claimOf } from "../deploy/merkle.ts";
import { parametersFor } from "../deploy/parameters/parameters.ts";
import { deploySuite } from "../deploy/suite.ts";
import { indexerCommand } from "../ponder/command.ts";
import { AGENT_MACHINES, type RunningAgent, startAgents } from "./devnet/agents.ts";
import { ATTESTER, attestDemo } from "./devnet/attestation.ts";
import { type HistoryClaim, playHistory, together } from "./devnet/activity.ts";
import { scriptGovernance } from "./devnet/governance.ts";
import { Multisig, signingOwners } from "./devnet/multisig.ts";
import { createFleet } from "./devnet/fleet.ts";
import { createLiveFleet } from "./devnet/live.ts";
import { playTrouble } from "./devnet/trouble/history.ts";
import { scriptWorkers } from "./devnet/workers.ts";
import { type LocalChain, chainClient, devAccount, saveChain, startChain } from "./devnet/chain.ts";
import { type Service, isPortFree, startService, waitFor } from "./devnet/process.ts";
import { type InstanceFile, type Paths, claim, findInstances, findRunning, keyOf, pathsOf } from "./start/instance.ts";
import { HELP, type StartOptions, WrongFlag, parseStartOptions } from "./start/options.ts";
import { Progress } from "./start/progress.ts";
import { type ReportInput, SAMPLE_QUERY, renderReport } from "./start/report.ts";
import { webConfig } from "./web/config.ts";
import { startWebServer } from "./web/server.ts";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const DAY = 86_400;
/** Services that lost their `npm start` end by themselves within this time. */
const LEFTOVER_MS = 35_000;
/** How many of the airdrop's accounts claim in the history. */
const CLAIMS = 3;
/** Number of the account of the development mnemonic that relays heartbeats and keeps. */
const KEEPER = 9;
/** Between two rounds of the live workers: a lease lasts six hours. */
const ROUND_MS = 600_000;
/** How long an agent may take until its worker has all it needs. */
const AGENT_MS = 120_000;

/** What went wrong, in words that say what to do. Nothing else is printed of it. */
class Failure extends Error {}

class Ended extends Error {}

/** Everything that runs, ended in the reverse order of its beginning. */
class Session {
  readonly progress = new Progress();
  readonly #stops: { readonly name: string; readonly stop: () => Promise<void> }[] = [];
  #abort: (error: Error) => void = () => undefined;
  #isEnding = false;
  /** Rejects when something that must go on has ended, or somebody asks to end. */
  readonly interrupted = new Promise<never>((_, reject) => (this.#abort = reject));

  constructor() {
    this.interrupted.catch(() => undefined);
  }

  abort(error: Error): void {
    this.#abort(error);
  }

  onEnd(name: string, stop: () => Promise<void>): void {
    this.#stops.push({ name, stop });
  }

  /** Fails the session if `service` ends by itself. */
  watch(service: Service): void {
    void service.ended.then((code) => {
      if (this.#isEnding) return;
      this.#abort(new Failure(`the ${service.name} ended by itself (${code}).${tail(service)}`));
    });
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    for (const { name, stop } of this.#stops.splice(0).reverse()) {
      await stop().catch((error: unknown) => console.error(`error: ending the ${name}: ${messageOf(error)}`));
    }
  }

  /** For services that are meant to end now. */
  async expectEnd(work: () => Promise<void>): Promise<void> {
    this.#isEnding = true;
    await work();
    this.#isEnding = false;
  }
}

function tail(service: Service): string {
  const output = service.output();
  return output === "" ? "" : ` Its last words:\n${output.replaceAll(/^/gm, "    ")}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** All files below `folder` that end in `suffix`, in a stable order. */
function filesBelow(folder: string, suffix: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(suffix) && statSync(path.join(folder, name)).isFile())
    .sort()
    .map((name) => path.join(folder, name));
}

/** The chain's name: other flags, contracts or generators make another chain. */
function chainKey(options: StartOptions): string {
  const { preset, seed, days, stakers, transactions, hasHistory, isTroubled } = options;
  const history = hasHistory ? { seed, days, stakers, transactions, isTroubled } : {};
  const bytecodes = filesBelow(path.join(root, "artifacts", "contracts"), ".json").map((file) => {
    const { bytecode } = JSON.parse(readFileSync(file, "utf8")) as { bytecode?: string };
    return bytecode ?? "";
  });
  const sources = [
    ...filesBelow(path.join(root, "scripts", "devnet"), ".ts"),
    ...filesBelow(path.join(root, "scripts", "compute"), ".ts"),
    ...filesBelow(path.join(root, "scripts", "worker-agent", "simulator"), ".ts"),
    ...filesBelow(path.join(root, "deploy"), ".ts"),
  ];
  return keyOf(preset, [
    JSON.stringify({ preset, hasHistory, ...history, parameters: parametersFor("local", preset) }),
    ...bytecodes,
    ...sources.map((file) => readFileSync(file, "utf8")),
  ]);
}

/** Compiles what has changed. */
async function build(session: Session): Promise<void> {
  const sources = filesBelow(path.join(root, "contracts"), ".sol");
  await session.progress.stage("build", "compiling contracts (about 40 s the first time)", async (update) => {
    const service = startService({
      name: "compiler",
      command: process.execPath,
      args: [
        path.join(root, "node_modules", "hardhat", "dist", "src", "cli.js"),
        ...["build", "--no-tests"],
        // Without what only tests need.
        ...sources.map((file) => path.relative(root, file)),
      ],
      cwd: root,
      env: { HARDHAT_DISABLE_TELEMETRY_PROMPT: "true", FORCE_COLOR: "0" },
      onLine: (line) => line.trim() !== "" && update(line.trim()),
    });
    session.onEnd("compiler", () => service.stop());
    const code = await service.ended;
    if (code !== 0) throw new Failure(`the contracts do not compile.${tail(service)}`);
    return [undefined, `${sources.length} files compiled, or up to date`];
  });
}

/** Waits for the services of a killed `npm start`; fails if a port stays taken. */
async function requirePorts(options: StartOptions, folder: string): Promise<void> {
  const ports = [
    { port: options.chainPort, flag: "--chain-port" },
    ...(options.hasIndexer ? [{ port: options.indexerPort, flag: "--indexer-port" }] : []),
    ...(options.hasPage ? [{ port: options.webPort, flag: "--web-port" }] : []),
  ];
  const instances = await findInstances(folder);
  const deadline = Date.now() + LEFTOVER_MS;
  for (const { port, flag } of ports) {
    for (let isFirst = true; !(await isPortFree(port)); isFirst = false) {
      const uses = ({ chainPort, indexerPort }: InstanceFile) => chainPort === port || indexerPort === port;
      const running = instances.running.find(uses);
      const advice = `end it, or choose another port: npm start -- ${flag} ${port + 1}`;
      if (running !== undefined) {
        throw new Failure(`port ${port} is used by another \`npm start\` (process ${running.pid}): ${advice}`);
      }
      if (!instances.killed.some(uses) || Date.now() > deadline) throw new Failure(`port ${port} is in use: ${advice}`);
      if (isFirst)
        console.log(`Waiting for port ${port}: an earlier \`npm start\` was killed, what it started is ending.`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

/** Airdrop claims of the local network, for the history. */
function airdropClaims(manifest: Manifest): HistoryClaim[] {
  if (manifest.contracts.merkleDistributor === null) return [];
  const csv = readFileSync(path.join(root, "deploy", "parameters", "local.airdrop.csv"), "utf8");
  const { tree } = buildDistribution(csv);
  return tree.values.slice(0, CLAIMS).map(({ value: [, account] }) => claimOf(tree, account));
}

/** Makes the chain that is kept in `paths.chain`: deployment and history. */
async function createChain(session: Session, options: StartOptions, paths: Paths): Promise<void> {
  const { progress } = session;
  for (const file of [paths.chain, paths.manifest, paths.indexer]) rmSync(file, { recursive: true, force: true });
  const now = Math.floor(Date.now() / 1000);
  const days = options.hasHistory ? options.days : 0;
  // The emission starts at the next full hour after the deployment.
  const chain = await progress.stage("chain", "starting", async () => {
    const started = await startChain({
      port: options.chainPort,
      timestamp: now - days * DAY - 3_600,
      args: ["--prune-history"],
    });
    return [started, `${started.url}, ${days} days ago`];
  });
  session.onEnd("chain", () => chain.stop());
  session.watch(chain.service);

  const manifest = await progress.stage("deploy", `preset ${options.preset}`, async (update) => {
    let steps = 0;
    const deployed = await deploySuite({
      transport: http(chain.url, { retryCount: 0 }),
      parameters: parametersFor("local", options.preset),
      deployer: devAccount(0),
      governance: { owners: signingOwners() },
      manifestPath: paths.manifest,
      onStep: ({ description }) => update(`${++steps}: ${description}`),
    });
    return [deployed, `${steps} transactions, preset ${options.preset}`];
  });

  const setting = {
    url: chain.url,
    manifest,
    seed: options.seed,
    stakers: options.stakers,
    transactions: options.transactions,
    claims: airdropClaims(manifest),
  };
  if (options.hasHistory && options.isTroubled) {
    await progress.stage("history", `looking for trouble in ${days} days`, async (update) => {
      const { succeeded, failed, blocks } = await playTrouble({
        ...setting,
        to: BigInt(now),
        onProgress: ({ done, total }) => update(`${done} of at most ${total} transactions`),
      });
      return [undefined, `${succeeded} transactions in ${blocks} blocks, ${failed} more that failed`];
    });
  } else if (options.hasHistory) {
    await progress.stage("history", `playing ${days} days`, async (update) => {
      const { transactions, blocks } = await playHistory({
        ...setting,
        script: async (context) => {
          const multisig = await Multisig.connect(chain.url, manifest.parameters.accounts.governance);
          const scripted = { ...context, url: chain.url, manifest, multisig };
          return together([scriptGovernance(scripted), await scriptWorkers(scripted)]);
        },
        onProgress: ({ done, total }) => update(`${done} of about ${total} transactions`),
      });
      return [undefined, `${transactions} transactions in ${blocks} blocks, ${days} days, ${options.stakers} stakers`];
    });
  }
  await saveChain(chain.url, paths.chain);
  await session.expectEnd(() => chain.stop());
}

/** Goes on with the chain in `paths.chain`, in real time. */
async function continueChain(session: Session, options: StartOptions, paths: Paths): Promise<LocalChain> {
  return session.progress.stage("chain", "going on", async () => {
    const chain = await startChain({ port: options.chainPort, load: paths.chain, blockTime: options.blockTime });
    session.onEnd("chain", async () => {
      await saveChain(chain.url, paths.chain).catch(() => undefined);
      await chain.stop();
    });
    session.watch(chain.service);
    const number = await chainClient(chain.url).getBlockNumber();
    return [chain, `${chain.url}, block ${number}, one every ${options.blockTime} s or at once`];
  });
}

/** Keeps the demo keys attested. */
async function attest(session: Session, manifest: Manifest, chain: LocalChain): Promise<void> {
  await session.progress.stage("attest", "uploading collateral", async (update) => {
    const { uploads, attested, keys } = await attestDemo({
      url: chain.url,
      contracts: manifest.contracts,
      account: devAccount(ATTESTER),
      onStep: update,
    });
    return [
      undefined,
      `${uploads} documents uploaded, ${attested} of ${keys} demo keys attested, the others are valid`,
    ];
  });
}

/** Starts the agents of some workers. They become well while the indexer is at work. */
async function runAgents(
  session: Session,
  manifest: Manifest,
  chain: LocalChain,
  { agents: folder }: Paths,
): Promise<readonly RunningAgent[]> {
  const machines = createFleet().filter(({ index }) => AGENT_MACHINES.includes(index));
  const { agents, stop } = await startAgents({ url: chain.url, manifest, machines, folder });
  session.onEnd("agents", stop);
  for (const { service } of agents) session.watch(service);
  return agents;
}

/** Waits until all agents are well. Returns where they answer. */
async function meetAgents(session: Session, agents: readonly RunningAgent[]): Promise<ReportInput["agents"]> {
  return session.progress.stage("agents", "attesting and beating", async () => {
    const rows = await Promise.all(
      agents.map(async ({ machine: { index, model }, worker, healthy }) => {
        return { name: `machine ${index}, ${model}`, worker, url: await healthy(AGENT_MS) };
      }),
    );
    return [rows, `${rows.length} workers run the agent, all healthy`];
  });
}

/** Lets the other workers of the history go on, and a keeper with them, every ten minutes. */
async function runFleet(session: Session, manifest: Manifest, chain: LocalChain): Promise<void> {
  const machines = createFleet().filter(({ index }) => !AGENT_MACHINES.includes(index));
  const round = createLiveFleet({ url: chain.url, manifest, account: devAccount(KEEPER), machines });
  await session.progress.stage("workers", "going on", async () => {
    const { workers, reattested, heartbeats, chores } = await round();
    return [undefined, `${heartbeats} of ${workers} beat, ${reattested} attested anew, ${chores} chores of the keeper`];
  });
  const timer = setInterval(() => {
    // The chain may be on its way down; the next round tells more.
    round().catch(() => undefined);
  }, ROUND_MS);
  session.onEnd("workers", () => {
    clearInterval(timer);
    return Promise.resolve();
  });
}

/** Starts the indexer and waits until it has reached the chain's head and answers. */
async function index(session: Session, options: StartOptions, paths: Paths, chain: LocalChain): Promise<string> {
  return session.progress.stage("indexer", "starting", async (update) => {
    // A few seconds' work; what a killed indexer or chain left behind could be wrong.
    rmSync(paths.indexer, { recursive: true, force: true });
    mkdirSync(paths.indexer, { recursive: true });
    const url = `http://127.0.0.1:${options.indexerPort}`;
    const head = await chainClient(chain.url).getBlockNumber();
    const service = startService({
      name: "indexer",
      ...indexerCommand({
        deployment: paths.manifest,
        rpcUrl: chain.url,
        port: options.indexerPort,
        directory: paths.indexer,
        logLevel: "warn",
      }),
    });
    session.onEnd("indexer", () => service.stop(15_000));
    session.watch(service);
    let reached: bigint | undefined;
    await waitFor({
      what: `the indexer reaches block ${head}, or another one`,
      timeoutMs: 120_000,
      service,
      progress: () => reached,
      probe: async () => {
        reached = (await indexedBlock(url)) ?? reached;
        if (reached !== undefined) update(`block ${reached} of ${head}`);
        return reached !== undefined && reached >= head ? reached : undefined;
      },
    });
    await waitFor({
      what: "the sample query is answered",
      timeoutMs: 30_000,
      service,
      probe: async () => sampleIsAnswered(url),
    });
    return [url, `${url}/graphql, at the chain's head`];
  });
}

/** The page's build, in a process of its own. */
function buildPage(session: Session): Service {
  const service = startService({
    name: "page's build",
    command: process.execPath,
    args: [path.join(root, "scripts", "web", "build.ts")],
    cwd: root,
  });
  session.onEnd("page's build", () => service.stop());
  return service;
}

/** Serves the page once it is built. */
async function servePage(
  session: Session,
  options: StartOptions,
  building: Service,
  config: ReturnType<typeof webConfig>,
): Promise<string> {
  return session.progress.stage("page", "building", async () => {
    if ((await building.ended) !== 0) throw new Failure(`the page cannot be built.${tail(building)}`);
    const server = await startWebServer({ folder: path.join(root, "web", "dist"), port: options.webPort, config });
    session.onEnd("page", () => server.stop());
    return [server.url, server.url];
  });
}

async function indexedBlock(url: string): Promise<bigint | undefined> {
  const response = await fetch(`${url}/status`, { signal: AbortSignal.timeout(5_000) });
  const status = (await response.json()) as Record<string, { block?: { number?: number } }>;
  const number = Object.values(status)[0]?.block?.number;
  return number === undefined ? undefined : BigInt(number);
}

async function sampleIsAnswered(url: string): Promise<true | undefined> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: SAMPLE_QUERY }),
    signal: AbortSignal.timeout(10_000),
  });
  const { errors, data } = (await response.json()) as { errors?: readonly { message: string }[]; data?: unknown };
  if (errors?.[0] !== undefined) throw new Error(errors[0].message);
  return data ? true : undefined;
}

async function run(session: Session, options: StartOptions, startedAt: number): Promise<"ready" | "already running"> {
  await build(session);
  const folder = path.resolve(root, options.folder);
  const paths = pathsOf(folder, chainKey(options));
  // Before the claim, which takes the place of what a killed one left behind.
  const running = await findRunning(paths.folder);
  if (running === undefined) await requirePorts(options, folder);
  const claimed = running ?? (await claim(paths.folder, options));
  if (!("release" in claimed)) {
    if (claimed.report === "") {
      throw new Failure(
        `the same \`npm start\` is on its way already (process ${claimed.pid}): wait for it, or end it.`,
      );
    }
    console.log(`It runs already (process ${claimed.pid}):\n${claimed.report}`);
    return "already running";
  }
  session.onEnd("instance", () => {
    claimed.release();
    return Promise.resolve();
  });
  if (options.isReset) rmSync(paths.chain, { force: true });

  const building = options.hasPage ? buildPage(session) : null;
  if (!statSync(paths.chain, { throwIfNoEntry: false })) await createChain(session, options, paths);
  const chain = await continueChain(session, options, paths);
  const manifest = readManifest(paths.manifest);
  let agents: readonly RunningAgent[] = [];
  // After trouble, who could go on is anybody's guess.
  if (!options.isTroubled) {
    await attest(session, manifest, chain);
    agents = await runAgents(session, manifest, chain, paths);
    await runFleet(session, manifest, chain);
  }
  const indexerUrl = options.hasIndexer ? await index(session, options, paths, chain) : null;
  const local = { name: "Local chain", currency: { name: "Ether", symbol: "ETH" }, explorerUrl: null };
  const config = webConfig(manifest, { ...local, rpcUrl: chain.url, blockTime: options.blockTime }, indexerUrl);
  const pageUrl = building === null ? null : await servePage(session, options, building, config);
  claimed.report = renderReport({
    chainUrl: chain.url,
    indexerUrl,
    pageUrl,
    agents: options.isTroubled ? [] : await meetAgents(session, agents),
    manifest,
    manifestPath: path.relative(process.cwd(), paths.manifest),
    stakers: options.hasHistory ? options.stakers : 0,
    seconds: (Date.now() - startedAt) / 1000,
  });
  console.log(claimed.report);
  return "ready";
}

async function main(): Promise<number> {
  // The bootstrap may have installed something first; that is a stage of its own.
  const startedAt = Date.now();
  let options: StartOptions | null;
  try {
    options = parseStartOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof WrongFlag)) throw error;
    console.error(`error: ${error.message}`);
    return 2;
  }
  if (options === null) {
    console.log(HELP);
    return 0;
  }

  const session = new Session();
  let isReady = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // A terminal sends it to everybody, npm once more: only the first one counts.
    process.on(signal, () => session.abort(new Ended(signal)));
  }
  try {
    const work = run(session, options, startedAt);
    work.catch(() => undefined);
    const outcome = await Promise.race([work, session.interrupted]);
    if (outcome === "already running") return 0;
    isReady = true;
    // A timer, since nothing else keeps this process alive if its services are idle.
    const alive = setInterval(() => undefined, 2 ** 30);
    await session.interrupted.finally(() => clearInterval(alive));
    return 1;
  } catch (error) {
    session.progress.interrupt();
    if (error instanceof Ended) {
      console.log("\nEnding …");
      await session.end();
      console.log("Everything has ended.");
      return isReady ? 0 : 130;
    }
    console.error(`error: ${messageOf(error)}`);
    return 1;
  } finally {
    await session.end();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`error: ${messageOf(error)}`);
    process.exit(1);
  },
);
