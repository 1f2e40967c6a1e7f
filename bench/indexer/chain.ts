/**
 * The chain that the indexer is measured on: the deployed suite, and a history of chosen length by many accounts over the hot
 * contracts. It is made once, kept in `.bench/` under a name that follows from all that it is made of, and loaded from then on.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { http } from "viem";
import { type Manifest, findManifest } from "../../deploy/manifest.ts";
import { type Parameters, parametersFor } from "../../deploy/parameters/parameters.ts";
import { deploySuite } from "../../deploy/suite.ts";
import { type LocalChain, devAccount, saveChain, startChain } from "../../scripts/devnet/chain.ts";
import { Player, type Traffic } from "./traffic.ts";

/** Midnight, 2025-01-01. */
const BEGIN = 1_735_689_600n;
export const SEED = 20_261_121;

/** States beyond this many events are too large to be written and read as one file. */
const KEPT_EVENTS = 1_000_000;

/** Blocks of any size. */
const ROOM = ["--gas-limit", "10000000000"];

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface BenchChain {
  readonly chain: LocalChain;
  readonly manifestPath: string;
  readonly manifest: Manifest;
  readonly traffic: Traffic;
}

/** The chain with about `events` events of `accounts` accounts: loaded, or made. */
export async function benchChain(events: number, accounts: number): Promise<BenchChain> {
  const folder = path.join(root, ".bench", keyOf(events, accounts));
  const state = path.join(folder, "chain.json");
  const manifestPath = path.join(folder, "manifest.json");
  const trafficPath = path.join(folder, "traffic.json");
  if (existsSync(state)) {
    const manifest = findManifest(manifestPath);
    if (manifest === undefined) throw new Error(`${manifestPath} is missing: delete ${folder}.`);
    const traffic = JSON.parse(readFileSync(trafficPath, "utf8")) as Traffic;
    return { chain: await startChain({ load: state, args: ROOM }), manifestPath, manifest, traffic };
  }

  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.log(`Making a chain with ${events.toLocaleString("en-US")} events …`);
  const chain = await startChain({ timestamp: Number(BEGIN), accounts: 30, args: [...ROOM, "--prune-history"] });
  try {
    const manifest = await deploySuite({
      transport: http(chain.url, { retryCount: 0 }),
      parameters: parameters(),
      deployer: devAccount(0),
      governance: devAccount(1),
      manifestPath,
    });
    const player = await Player.connect({ url: chain.url, manifest, seed: SEED, accounts });
    const traffic = await player.play(events);
    writeFileSync(trafficPath, JSON.stringify(traffic));
    if (events <= KEPT_EVENTS) await saveChain(chain.url, state);
    return { chain, manifestPath, manifest, traffic };
  } catch (error) {
    await chain.stop();
    throw error;
  }
}

/** Governed by one account, so that no transaction needs several signatures. */
function parameters(): Parameters {
  const local = parametersFor("local", "current");
  return { ...local, safe: null, accounts: { ...local.accounts, governance: devAccount(1).address } };
}

/** Another generator, contract or parameter makes another chain. */
function keyOf(events: number, accounts: number): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify({ events, accounts, parameters: parameters() }));
  const below = (folder: string, suffix: string) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(suffix))
      .sort()
      .map((name) => readFileSync(path.join(root, folder, name), "utf8"));
  for (const artifact of below("artifacts/contracts", ".json")) {
    const { bytecode } = JSON.parse(artifact) as { bytecode?: string };
    hash.update(bytecode ?? "");
  }
  for (const file of ["chain.ts", "traffic.ts"]) hash.update(readFileSync(new URL(file, import.meta.url)));
  for (const source of below("deploy", ".ts")) hash.update(source);
  return `${events}-${hash.digest("hex").slice(0, 10)}`;
}
