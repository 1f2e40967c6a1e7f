/** What the agent is told: a JSON file, in which the environment can replace each setting. */
import { readFileSync } from "node:fs";
import { type Address, type Hex, getAddress, isAddress, isHash } from "viem";
import { amountOf } from "../compute/amount.ts";
import { modelId } from "../compute/calls.ts";
import type { Level } from "./log.ts";
import { type Environment, Settings, SettingsError } from "./settings.ts";

/** Where a key comes from. A derived one belongs to the guest's instance; a file lies on its encrypted disk. */
export type KeySource =
  | { readonly source: "dstack"; readonly path: string }
  | { readonly source: "file"; readonly file: string };

export interface AgentConfig {
  /** Endpoints, the preferred one first. */
  readonly rpcUrls: readonly string[];
  readonly chainId: number;
  /** WorkerRegistry and WorkerRewards. They are named here and not asked for: the payer's vPHA depends on them. */
  readonly registry: Address;
  readonly rewards: Address;
  /** Whose worker it is: may claim and leave. */
  readonly operator: Address;
  /** As the catalog has it: `H100`. */
  readonly model: string;
  /** Wei of vPHA to register with; null: what the GPUs need. */
  readonly collateral: bigint | null;
  readonly key: KeySource;
  /** Pays for gas and collateral. */
  readonly payer: KeySource | { readonly source: "environment"; readonly privateKey: Hex };
  /** Socket of dstack's guest agent. */
  readonly guestAgent: string;
  readonly gpu: {
    /** NVIDIA's verifier; `{nonce}` stands for the nonce. */
    readonly command: readonly string[];
    /** How many there have to be; null: any number from 1 to 8. */
    readonly count: number | null;
    /** What each one's `hwmodel` has to begin with; null: anything. */
    readonly hwModel: string | null;
    readonly timeoutSeconds: number;
    /** Where evidence is kept by its hash; null: nowhere. */
    readonly evidenceFolder: string | null;
  };
  readonly heartbeat: {
    /** Blocks whose numbers it divides are signed, so that many workers sign the same ones. */
    readonly blockEvery: number;
    /** Part of the hour over which workers spread. */
    readonly jitterSeconds: number;
  };
  /** Blocks below the head that are named by quotes and heartbeats: a reorganisation would undo them. */
  readonly confirmations: number;
  readonly pollSeconds: number;
  /** Delays after refusals and failures: the first, and the longest. */
  readonly retry: { readonly minSeconds: number; readonly maxSeconds: number };
  /** Port on 127.0.0.1 of /health, /metrics and /heartbeat; 0: any. */
  readonly port: number;
  readonly logLevel: Level;
}

const LEVELS: Readonly<Record<string, Level>> = { debug: "debug", info: "info", warn: "warn", error: "error" };

/** `nvattest` of NVIDIA's attestation SDK, verifying on the spot. */
const NVATTEST = [
  ...["nvattest", "--format", "json", "attest", "--device", "gpu", "--verifier", "local"],
  ...["--nonce", "{nonce}"],
] as const;

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
const address = (value: unknown): Address | undefined =>
  typeof value === "string" && isAddress(value) && BigInt(value) !== 0n ? getAddress(value) : undefined;

const urls = (value: unknown): readonly string[] | undefined => {
  const list: unknown[] = typeof value === "string" ? value.split(",") : Array.isArray(value) ? value : [];
  const read = list.map((url) => text(url) ?? "");
  return read.length > 0 && read.every((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? "")) ? read : undefined;
};

function command(value: unknown): readonly string[] | undefined {
  const list: unknown[] =
    typeof value === "string" ? value.split(/\s+/).filter(Boolean) : Array.isArray(value) ? value : [];
  const words = list.filter((word) => typeof word === "string");
  if (words.length === 0 || words.length !== list.length) return undefined;
  return words.some((word) => word.includes("{nonce}")) ? words : undefined;
}

const model = (value: unknown): string | undefined => {
  const name = text(value);
  try {
    if (name !== undefined) modelId(name);
    return name;
  } catch {
    return undefined;
  }
};

const collateral = (value: unknown): bigint | null | undefined => {
  if (value === "required") return null;
  const wei = typeof value === "string" || typeof value === "number" ? amountOf(String(value)) : undefined;
  return wei !== undefined && wei < 2n ** 96n ? wei : undefined;
};

/** `name.source` and what it needs. */
function keySource(settings: Settings, name: string, path: string): KeySource | undefined {
  const isSource = (value: unknown) => (value === "dstack" || value === "file" ? value : undefined);
  const source = settings.get(`${name}.source`, "dstack or file", isSource, "dstack");
  const file = settings.optional(`${name}.file`, "a path", text);
  const derived = settings.get(`${name}.path`, "a path for dstack's key derivation", text, path);
  if (source === undefined || derived === undefined) return undefined;
  if (source === "dstack") return { source, path: derived };
  if (file === undefined) settings.fail(`${name}.file`, "is missing: a path on the guest's encrypted disk");
  return { source, file: file ?? "" };
}

function payerSource(settings: Settings, environment: Environment): AgentConfig["payer"] | undefined {
  const given = environment["WORKER_AGENT_PAYER_KEY"];
  if (given === undefined || given === "") return keySource(settings, "payer", "phala/worker-payer");
  const privateKey = given.startsWith("0x") ? given : `0x${given}`;
  keySource(settings, "payer", "-");
  if (isHash(privateKey)) return { source: "environment", privateKey };
  settings.fail("payer.key", "has to be a private key, 32 bytes of hex");
  return undefined;
}

/**
 * The agent's settings from the content of a file and the environment.
 * @throws SettingsError which names all that is wrong.
 */
export function parseConfig(file: unknown, environment: Environment = {}): AgentConfig {
  const settings = new Settings(file, environment);
  const anAddress = "an address (not zero)";
  const config = {
    rpcUrls: settings.get("rpcUrls", "one or more http(s) endpoints", urls),
    chainId: settings.number("chainId", 1, Number.MAX_SAFE_INTEGER),
    registry: settings.get("registry", `${anAddress}: WorkerRegistry`, address),
    rewards: settings.get("rewards", `${anAddress}: WorkerRewards`, address),
    operator: settings.get("operator", anAddress, address),
    model: settings.get("model", "a model of the catalog, such as H100", model),
    collateral: settings.get("collateral", "`required`, or an amount of vPHA such as 1250.5", collateral, null),
    key: keySource(settings, "key", "phala/worker"),
    payer: payerSource(settings, environment),
    guestAgent: settings.get("guestAgent", "the path of a socket", text, "/var/run/dstack.sock"),
    gpu: {
      command: settings.get("gpu.command", "a command in which {nonce} appears", command, NVATTEST),
      count: settings.raw("gpu.count") === undefined ? null : settings.number("gpu.count", 1, 8),
      hwModel: settings.optional("gpu.hwModel", "text", text) ?? null,
      timeoutSeconds: settings.number("gpu.timeoutSeconds", 1, 900, 180),
      evidenceFolder: settings.optional("gpu.evidenceFolder", "the path of a folder", text) ?? null,
    },
    heartbeat: {
      blockEvery: settings.number("heartbeat.blockEvery", 1, 64, 16),
      jitterSeconds: settings.number("heartbeat.jitterSeconds", 0, 3_000, 1_800),
    },
    confirmations: settings.number("confirmations", 0, 64, 2),
    pollSeconds: settings.number("pollSeconds", 1, 600, 30),
    retry: {
      minSeconds: settings.number("retry.minSeconds", 1, 3_600, 60),
      maxSeconds: settings.number("retry.maxSeconds", 1, 86_400, 1_800),
    },
    port: settings.number("port", 0, 65_535, 9464),
    logLevel: settings.get("logLevel", Object.keys(LEVELS).join(", "), (value) => LEVELS[String(value)], "info"),
  };
  settings.finish();
  return complete(config);
}

type Incomplete<T> = T extends readonly unknown[] | string | number | bigint | null
  ? T | undefined
  : { readonly [K in keyof T]: Incomplete<T[K]> | undefined };

/** Whether nothing in `value` is undefined. */
const isComplete = (value: unknown): boolean =>
  value !== undefined &&
  (typeof value !== "object" || value === null || Object.values(value).every((inner) => isComplete(inner)));

function isConfig(config: Incomplete<AgentConfig>): config is AgentConfig {
  return isComplete(config);
}

function complete(config: Incomplete<AgentConfig>): AgentConfig {
  // Settings.finish has thrown whatever is missing.
  if (!isConfig(config)) throw new SettingsError(["something is missing"]);
  return config;
}

/** Reads `file`, or the environment alone. @throws SettingsError */
export function readConfig(file: string | undefined, environment: Environment): AgentConfig {
  if (file === undefined) return parseConfig({}, environment);
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const why = error instanceof SyntaxError ? "is not JSON" : "cannot be read";
    throw new SettingsError([`${file} ${why}`]);
  }
  return parseConfig(content, environment);
}
