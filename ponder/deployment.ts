/** Reads the export of a deployment: what is indexed, where, and from which block on. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Address, isAddress, zeroAddress } from "viem";
import { lower } from "./src/maths/addresses.ts";

/** The contracts that are indexed; the zero address stands for one that this deployment does without. */
export interface Contracts {
  readonly phalaAuthority: Address;
  readonly pha: Address;
  readonly emissionVault: Address;
  readonly vpha: Address;
  readonly teamVesting: Address;
  /** The registry's verifiers that are known from the beginning; later ones are named by the chain. */
  readonly tdxVerifier: readonly Address[];
  readonly attestationRegistry: Address;
  readonly workerRegistry: Address;
  readonly workerRewards: Address;
  /** The registry's slashing contracts that are known from the beginning; later ones are named by the chain. */
  readonly slashing: readonly Address[];
  readonly guardianMandate: Address;
  readonly vetoLock: Address;
  readonly votingVpha: Address;
  readonly phalaGovernor: Address;
  readonly treasury: Address;
}

/** Who holds PHA that does not circulate: see `schema/supply.ts`. */
export interface Bucket {
  readonly name: string;
  /** In lower case, as logs have it. */
  readonly address: Address;
}

export interface Deployment {
  readonly network: string;
  readonly chainId: number;
  /** First block that is read: not after the one that created the first of the contracts. */
  readonly startBlock: number;
  readonly contracts: Contracts;
  /** Those that are known from the beginning, each address once. */
  readonly buckets: readonly Bucket[];
}

type Required =
  | "phalaAuthority"
  | "pha"
  | "emissionVault"
  | "vpha"
  | "attestationRegistry"
  | "workerRegistry"
  | "workerRewards";
type Optional = "teamVesting" | "guardianMandate" | "vetoLock" | "votingVpha" | "phalaGovernor" | "treasury";

/** The manifest that is read unless PHALA_DEPLOYMENT names another; that is relative to the working directory. */
export function manifestPath(env: Readonly<Record<string, string | undefined>>): string {
  if (env["PHALA_DEPLOYMENT"]) return path.resolve(env["PHALA_DEPLOYMENT"]);
  return fileURLToPath(new URL("../deployments/local.json", import.meta.url));
}

/** Reads and checks the manifest `file`. Throws an error that names the file and the field. */
export function readDeployment(file: string): Deployment {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Cannot read the deployment manifest: ${reason}. Deploy the suite first, or let PHALA_DEPLOYMENT name its manifest.`,
      { cause: error },
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return parseDeployment(json, file);
}

/** Checks the content of a manifest; `file` is for the error messages. */
export function parseDeployment(json: unknown, file: string): Deployment {
  const fail = (what: string): never => {
    throw new Error(`${file}: ${what}`);
  };
  const record = (value: unknown, name: string): Readonly<Record<string, unknown>> =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value))
      : fail(`${name} must be an object`);
  const integer = (value: unknown, name: string, min: number): number =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= min
      ? value
      : fail(`${name} must be an integer of at least ${min}, not ${JSON.stringify(value)}`);
  const addressAt = (value: unknown, field: string): Address =>
    typeof value === "string" && isAddress(value) && value !== zeroAddress
      ? value
      : fail(`${field} must be an address, not ${JSON.stringify(value)}`);
  const address = (value: unknown, name: string): Address => addressAt(value, `contracts.${name}`);

  const manifest = record(json, "the manifest");
  const contracts = record(manifest["contracts"], "contracts");
  const required = (name: Required) => address(contracts[name], name);
  const optional = (name: Optional) =>
    contracts[name] === undefined || contracts[name] === null ? zeroAddress : address(contracts[name], name);

  /** One, or all of them once it was replaced. */
  const all = (name: "tdxVerifier" | "slashing"): Address[] => {
    const named = contracts[name];
    const each: readonly unknown[] = Array.isArray(named) && named.length > 0 ? named : [named];
    return each.map((value) => address(value, name));
  };

  const account = (name: string) => {
    const accounts = record(record(manifest["parameters"], "parameters")["accounts"], "parameters.accounts");
    return addressAt(accounts[name], `parameters.accounts.${name}`);
  };
  const bucketsOf = (): Bucket[] => {
    const holders = [
      ["emission_vault", required("emissionVault")],
      ["worker_rewards", required("workerRewards")],
      ["treasury", optional("treasury")],
      ["team_vesting", optional("teamVesting")],
      ["reserve", account("reserve")],
      ["private_sale", account("privateSale")],
      ["other_rewards", account("otherRewards")],
      ["governance", account("governance")],
    ] as const;
    const found = new Map<Address, string>();
    for (const [name, holder] of holders) {
      const key = lower(holder);
      if (key !== zeroAddress && !found.has(key)) found.set(key, name);
    }
    return [...found].map(([key, name]) => ({ name, address: key }));
  };

  return {
    network: typeof manifest["network"] === "string" ? manifest["network"] : fail("network must be a name"),
    chainId: integer(manifest["chainId"], "chainId", 1),
    startBlock: integer(manifest["startBlock"], "startBlock", 0),
    contracts: {
      phalaAuthority: required("phalaAuthority"),
      pha: required("pha"),
      emissionVault: required("emissionVault"),
      vpha: required("vpha"),
      teamVesting: optional("teamVesting"),
      tdxVerifier: all("tdxVerifier"),
      attestationRegistry: required("attestationRegistry"),
      workerRegistry: required("workerRegistry"),
      workerRewards: required("workerRewards"),
      slashing: all("slashing"),
      guardianMandate: optional("guardianMandate"),
      vetoLock: optional("vetoLock"),
      votingVpha: optional("votingVpha"),
      phalaGovernor: optional("phalaGovernor"),
      treasury: optional("treasury"),
    },
    buckets: bucketsOf(),
  };
}
