/**
 * What a deployment is made from: one JSON file per network in this folder, and the emission preset. The type is the
 * file's own form, so that a manifest carries it unchanged; amounts and times in wei and seconds are derived below.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { type Address, type Hex, formatEther, parseEther } from "viem";
import { buildDistribution, summaryOf } from "../merkle.ts";
import { type SafeParameters, parseSafe, safeAddress } from "../safe/account.ts";
import { type AttestationParameters, parseAttestation } from "./attestation.ts";
import { type ComputeParameters, parseCompute } from "./compute.ts";
import {
  InvalidParameter,
  TOTAL_SUPPLY,
  address,
  bytes32,
  fileName,
  integer,
  members,
  moment,
  name,
  pha,
} from "./validate.ts";

/** PHA that epoch 0 emits; all epochs together emit exactly four times that. */
export const PRESETS = {
  /** The whole mining allocation: 700,000,000. */
  genesis: "175000000",
  /** 720,000 a day at the start: 518,400,000. */
  published: "129600000",
  /** 135,000 a day at the start: 97,200,000. */
  current: "24300000",
} as const;

export type Preset = keyof typeof PRESETS;

const BPS = 10_000;
const SHARES = ["mining", "privateSale", "airdrop", "team", "other"] as const;

/** Parts of the supply in basis points; their sum is 10,000. */
export type Allocation = Readonly<Record<(typeof SHARES)[number], number>>;

export interface Parameters {
  readonly preset: Preset;
  readonly network: { readonly name: string; readonly chainId: number };
  readonly accounts: {
    /** Holds the roles, each with its class's delay. A Safe, on a real network. */
    readonly governance: Address;
    /** The guardian of the first mandate: may pause and switch off, within the contracts' limits. */
    readonly guardian: Address;
    /** Proposes slashes of workers. */
    readonly slasher: Address;
    /** Receives what the preset leaves of the mining allocation. */
    readonly reserve: Address;
    readonly privateSale: Address;
    readonly otherRewards: Address;
  };
  /** The Safe that governs, if it is to be created; null where `accounts.governance` exists already. */
  readonly safe: SafeParameters | null;
  /** How long the guardian's first mandate lasts from its deployment: at most 366. */
  readonly guardianTermDays: number;
  /** Either a new PHA and who gets how much of it, or an ERC-20 that exists already. */
  readonly token: { readonly allocation: Allocation } | { readonly adopt: Address };
  /** The team's vesting; null where the token is adopted. */
  readonly team: {
    readonly beneficiary: Address;
    /** UTC, ISO 8601. */
    readonly start: string;
    readonly durationDays: number;
    readonly cliffDays: number;
  } | null;
  /** The airdrop, or claims of migrated balances; null where there is none. */
  readonly distributor: {
    /** File with all claims, beside the parameter file: CSV, or the tree that `merkle build` wrote. */
    readonly claims: string;
    /** What that file's root must be. */
    readonly root: Hex;
    /** UTC, ISO 8601: claims end, and what is left may be swept to the treasury. */
    readonly deadline: string;
    /** PHA: what all claims come to. With a new token: the airdrop's share of it. */
    readonly amount: string;
  } | null;
  /** Whose quotes are believed, and what is accepted of them. */
  readonly attestation: AttestationParameters;
  /** What workers post, weigh, earn and can lose. */
  readonly compute: ComputeParameters;
  /** What governance has put in the place of the suite's own contracts since genesis. */
  readonly replaced: Replaced;
}

const REPLACEABLE = ["workersSink", "treasurySink", "verifier", "slashing"] as const;

/** Addresses of replacements; what is not there is the suite's own. */
export type Replaced = Readonly<Partial<Record<(typeof REPLACEABLE)[number], Address>>>;

export const ACCOUNT_NAMES = [
  "governance",
  "guardian",
  "slasher",
  "reserve",
  "privateSale",
  "otherRewards",
] as const satisfies readonly (keyof Parameters["accounts"])[];

/** Wei that epoch 0 emits. */
export function emissionBudget(parameters: Parameters): bigint {
  return parseEther(PRESETS[parameters.preset]);
}

/** Wei that the emission vault must hold before it starts: 4B. */
export function emissionFunding(parameters: Parameters): bigint {
  return 4n * emissionBudget(parameters);
}

/** Wei that the distributor must have received. */
export function distributorFunding(parameters: Parameters): bigint {
  return parameters.distributor === null ? 0n : parseEther(parameters.distributor.amount);
}

/** Wei of a new PHA that `share` stands for. Exact: 1e27 is a multiple of 10,000. */
export function allocated(allocation: Allocation, share: keyof Allocation): bigint {
  return (TOTAL_SUPPLY * BigInt(allocation[share])) / BigInt(BPS);
}

/** Unix seconds of a moment in a parameter file. */
export function unixTime(moment: string): bigint {
  return BigInt(Date.parse(moment) / 1000);
}

/** Whether `value` names a preset. */
export function isPreset(value: string): value is Preset {
  return Object.hasOwn(PRESETS, value);
}

/** `value` as a preset. Throws {@link InvalidParameter}. */
export function parsePreset(value: unknown): Preset {
  if (typeof value !== "string" || !isPreset(value)) {
    throw new InvalidParameter("preset", `must be one of ${Object.keys(PRESETS).join(", ")}`);
  }
  return value;
}

/**
 * Checks the content of a parameter file. `preset`, if given, takes the place of the file's own.
 *
 * Throws {@link InvalidParameter}, which names the first wrong field.
 */
export function parseParameters(value: unknown, preset?: string): Parameters {
  const file = members(
    value,
    "",
    ["network", "accounts", "guardianTermDays", "token", "team", "distributor", "attestation", "compute"],
    ["preset", "safe", "replaced"],
  );
  const network = members(file.network, "network", ["name", "chainId"]);
  const parameters: Parameters = {
    preset: parsePreset(preset ?? file.preset),
    network: {
      name: name(network.name, "network.name"),
      chainId: integer(network.chainId, "network.chainId", 1, Number.MAX_SAFE_INTEGER),
    },
    accounts: parseAccounts(file.accounts),
    safe: file.safe === undefined || file.safe === null ? null : parseSafe(file.safe),
    guardianTermDays: integer(file.guardianTermDays, "guardianTermDays", 1, 366),
    token: parseToken(file.token),
    team: parseTeam(file.team),
    distributor: parseDistributor(file.distributor),
    attestation: parseAttestation(file.attestation),
    compute: parseCompute(file.compute),
    replaced: parseReplaced(file.replaced),
  };
  checkTogether(parameters);
  return parameters;
}

function parseAccounts(value: unknown): Parameters["accounts"] {
  const accounts = members(value, "accounts", ACCOUNT_NAMES);
  const at = (key: keyof Parameters["accounts"]) => address(accounts[key], `accounts.${key}`);
  return {
    governance: at("governance"),
    guardian: at("guardian"),
    slasher: at("slasher"),
    reserve: at("reserve"),
    privateSale: at("privateSale"),
    otherRewards: at("otherRewards"),
  };
}

function parseToken(value: unknown): Parameters["token"] {
  const token = members(value, "token", [], ["allocation", "adopt"]);
  if ("allocation" in token === "adopt" in token) {
    throw new InvalidParameter("token", "must have either `allocation` (a new PHA) or `adopt` (the address of one)");
  }
  if ("adopt" in token) return { adopt: address(token.adopt, "token.adopt") };

  const shares = members(token.allocation, "token.allocation", SHARES);
  const at = (share: (typeof SHARES)[number]) => integer(shares[share], `token.allocation.${share}`, 0, BPS);
  const allocation = {
    mining: at("mining"),
    privateSale: at("privateSale"),
    airdrop: at("airdrop"),
    team: at("team"),
    other: at("other"),
  };
  const sum = SHARES.reduce((total, share) => total + allocation[share], 0);
  if (sum !== BPS) {
    throw new InvalidParameter("token.allocation", `must sum to ${BPS} basis points, but sums to ${sum}`);
  }
  return { allocation };
}

function parseTeam(value: unknown): Parameters["team"] {
  if (value === null) return null;
  const team = members(value, "team", ["beneficiary", "start", "durationDays", "cliffDays"]);
  const durationDays = integer(team.durationDays, "team.durationDays", 1, 36_500);
  return {
    beneficiary: address(team.beneficiary, "team.beneficiary"),
    start: moment(team.start, "team.start"),
    durationDays,
    cliffDays: integer(team.cliffDays, "team.cliffDays", 0, durationDays),
  };
}

function parseDistributor(value: unknown): Parameters["distributor"] {
  if (value === null) return null;
  const distributor = members(value, "distributor", ["claims", "root", "deadline", "amount"]);
  return {
    claims: fileName(distributor.claims, "distributor.claims"),
    root: bytes32(distributor.root, "distributor.root"),
    deadline: moment(distributor.deadline, "distributor.deadline"),
    amount: pha(distributor.amount, "distributor.amount"),
  };
}

function parseReplaced(value: unknown): Replaced {
  if (value === undefined) return {};
  const replaced = Object.entries(members(value, "replaced", [], REPLACEABLE));
  return Object.fromEntries(replaced.map(([name, account]) => [name, address(account, `replaced.${name}`)]));
}

/** What no field can be judged for alone. */
function checkTogether(parameters: Parameters): void {
  const { accounts, safe, token, team } = parameters;
  if (safe !== null && accounts.governance !== safeAddress(safe)) {
    throw new InvalidParameter("accounts.governance", `must be the Safe of these owners, ${safeAddress(safe)}`);
  }
  if (accounts.guardian === accounts.governance) {
    throw new InvalidParameter("accounts.guardian", "must not be governance: it acts without a delay");
  }
  if ("adopt" in token) {
    if (team !== null) throw new InvalidParameter("team", "must be null where the token is adopted");
    return;
  }
  const { allocation } = token;
  const left = allocated(allocation, "mining") - emissionFunding(parameters);
  if (left < 0n) {
    throw new InvalidParameter(
      "token.allocation.mining",
      `is ${formatEther(-left)} PHA less than the preset ${parameters.preset} emits`,
    );
  }
  if ((team === null) !== (allocation.team === 0)) {
    throw new InvalidParameter("team", "must be there if, and only if, token.allocation.team is more than 0");
  }
  if (distributorFunding(parameters) !== allocated(allocation, "airdrop")) {
    throw new InvalidParameter(
      "distributor.amount",
      `must be the airdrop's share of the supply, ${formatEther(allocated(allocation, "airdrop"))} PHA`,
    );
  }
}

/**
 * Refuses a distributor whose root or amount is not that of the claims in the file it names: others could claim, or the
 * last ones would find nothing left.
 */
function checkClaims({ distributor }: Parameters, folder: string): void {
  if (distributor === null) return;
  const file = path.join(folder, distributor.claims);
  let found: { readonly root: Hex; readonly total: bigint };
  try {
    const content = readFileSync(file, "utf8");
    found = file.endsWith(".csv") ? buildDistribution(content) : summaryOf(JSON.parse(content));
  } catch (error) {
    throw new InvalidParameter(
      "distributor.claims",
      `${file}: ${error instanceof Error ? error.message : "unreadable"}`,
    );
  }
  if (found.root !== distributor.root.toLowerCase()) {
    throw new InvalidParameter("distributor.root", `must be that of ${file}, ${found.root}`);
  }
  if (found.total !== parseEther(distributor.amount)) {
    throw new InvalidParameter("distributor.amount", `must be the sum of ${file}, ${formatEther(found.total)} PHA`);
  }
}

/** What `read` makes of the JSON in `file`. Throws an error that names the file and the field. */
export function readFile<T>(file: string, read: (content: unknown) => T): T {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${file}: cannot be read as JSON (${error instanceof Error ? error.message : String(error)})`, {
      cause: error,
    });
  }
  try {
    return read(content);
  } catch (error) {
    if (error instanceof InvalidParameter) throw new Error(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
}

/**
 * Reads and checks a parameter file, and the claims that its distributor is made from. Throws an error that names the file
 * and the field.
 */
export function readParameters(file: string, preset?: string): Parameters {
  return readFile(file, (content) => {
    const parameters = parseParameters(content, preset);
    checkClaims(parameters, path.dirname(file));
    return parameters;
  });
}

/** The name of the network that a parameter file is for. Throws like {@link readParameters}. */
export function networkIn(file: string): string {
  return readFile(file, (content) => {
    const { network } = members(
      content,
      "",
      ["network"],
      [
        "accounts",
        "safe",
        "guardianTermDays",
        "token",
        "team",
        "distributor",
        "attestation",
        "compute",
        "preset",
        "replaced",
      ],
    );
    return name(members(network, "network", ["name"], ["chainId"]).name, "network.name");
  });
}

/** The file in this folder with the parameters of `network`. */
export function parameterFileFor(network: string): string {
  return path.join(import.meta.dirname, `${name(network, "network")}.json`);
}

/** The parameters of a network whose file is in this folder, with an emission preset (default: the file's own). */
export function parametersFor(network: string, preset?: string): Parameters {
  return readParameters(parameterFileFor(network), preset);
}
