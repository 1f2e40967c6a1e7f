/**
 * Who may do what, from the authority's events alone: whoever was ever granted a role, and every function that was ever given
 * one. The other way of asking, `deploy status`, goes by what it knows; this one finds what nobody knows of.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { type Address, type Hex, getAbiItem, isAddressEqual } from "viem";
import { phalaAuthorityAbi } from "../generated/abis.ts";
import { CONTRACT_NAMES, type Contracts } from "../modules/module.ts";
import { ACCOUNT_NAMES, type Parameters } from "../parameters/parameters.ts";
import { DELAYS, GOVERNED, GOVERNED_NAMES, HOLDERS, ROLES, ROLE_NAMES } from "../roles.ts";
import { type AuthoritySetting, type Reader, type SettingEvent, blockRanges, settingOf } from "../state.ts";

/** Names stand for accounts of the parameters and contracts of the suite; who has none is there by address. */
export interface RoleGraph {
  /** Role → holder → the least delay, in seconds. */
  readonly roles: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** `contract.function` → role. */
  readonly functions: Readonly<Record<string, string>>;
  /** What AccessManager could be set to and is not: targets that are closed, delays of grants and of targets. */
  readonly settings: Readonly<Record<string, string>>;
}

const FILE = path.join(import.meta.dirname, "../role-graph.json");

/** The committed graph. */
export function committedGraph(): RoleGraph {
  return JSON.parse(readFileSync(FILE, "utf8")) as RoleGraph;
}

/** The graph that genesis makes: what `deploy/role-graph.json` must be. */
export function plannedGraph(): RoleGraph {
  return {
    roles: Object.fromEntries(
      ROLE_NAMES.map((role) => [role, Object.fromEntries(HOLDERS[role].map((name) => [name, DELAYS[role]]))]),
    ),
    functions: Object.fromEntries(
      GOVERNED_NAMES.map((name) => [`${GOVERNED[name].contract}.${GOVERNED[name].name}`, GOVERNED[name].role]),
    ),
    settings: {},
  };
}

const EVENTS = [
  getAbiItem({ abi: phalaAuthorityAbi, name: "RoleGranted" }),
  getAbiItem({ abi: phalaAuthorityAbi, name: "RoleRevoked" }),
  getAbiItem({ abi: phalaAuthorityAbi, name: "TargetFunctionRoleUpdated" }),
  getAbiItem({ abi: phalaAuthorityAbi, name: "TargetClosed" }),
  getAbiItem({ abi: phalaAuthorityAbi, name: "TargetAdminDelayUpdated" }),
  getAbiItem({ abi: phalaAuthorityAbi, name: "RoleGrantDelayChanged" }),
  getAbiItem({ abi: phalaAuthorityAbi, name: "RoleAdminChanged" }),
  getAbiItem({ abi: phalaAuthorityAbi, name: "RoleGuardianChanged" }),
] as const;

/**
 * The graph on the chain, rebuilt from the events since `startBlock`; delays as they are at `blockNumber`. Members that the
 * authority names and its events do not are in it, too.
 *
 * Throws if the events do not go back to the authority's first, which makes governance its admin.
 */
export async function readRoleGraph(
  client: Reader,
  contracts: Contracts,
  { accounts }: Parameters,
  startBlock: bigint,
  blockNumber: bigint,
): Promise<RoleGraph> {
  const nameOf = (address: Address): string =>
    CONTRACT_NAMES.find((name) => contracts[name] !== null && isAddressEqual(contracts[name], address)) ??
    ACCOUNT_NAMES.find((name) => isAddressEqual(accounts[name], address)) ??
    address;
  const functionOf = (target: Address, selector: Hex): string => {
    const contract = nameOf(target);
    const known = Object.values(GOVERNED).find((each) => each.contract === contract && each.selector === selector);
    return `${contract}.${known?.name ?? selector}`;
  };
  const roleOf = (id: bigint): string => ROLE_NAMES.find((role) => ROLES[role] === id) ?? `role ${id}`;

  const at = { address: contracts.phalaAuthority, abi: phalaAuthorityAbi, blockNumber } as const;
  const holders = new Map<string, { readonly id: bigint; readonly account: Address }>();
  const functions = new Map<string, string>();
  const settings = new Map<string, string>();
  const noteSetting = ({ kind, subject, value }: AuthoritySetting) => {
    const name = {
      "closed target": () => `closed target ${nameOf(subject as Address)}`,
      "admin delay of target": () => `admin delay of ${nameOf(subject as Address)}`,
      "grant delay of role": () => `grant delay of ${roleOf(BigInt(subject))}`,
    }[kind]();
    if (value === 0n) settings.delete(name);
    else settings.set(name, kind === "closed target" ? "yes" : `${value} s`);
  };
  let isComplete = false;
  for (const { first, last } of blockRanges(startBlock, blockNumber)) {
    const range = { address: contracts.phalaAuthority, events: EVENTS, fromBlock: first, toBlock: last } as const;
    for (const { eventName, args } of await client.getLogs({ ...range, strict: true })) {
      if (!isComplete) requireFirst(eventName === "RoleGranted" ? args : undefined, startBlock);
      isComplete = true;
      switch (eventName) {
        case "RoleGranted":
          holders.set(`${args.roleId} ${args.account}`, { id: args.roleId, account: args.account });
          break;
        case "RoleRevoked":
          holders.delete(`${args.roleId} ${args.account}`);
          break;
        case "TargetFunctionRoleUpdated":
          functions.set(functionOf(args.target, args.selector), roleOf(args.roleId));
          break;
        case "TargetClosed":
        case "TargetAdminDelayUpdated":
        case "RoleGrantDelayChanged":
          noteSetting(
            await settingOf(client, contracts.phalaAuthority, blockNumber, { eventName, args } as SettingEvent),
          );
          break;
        case "RoleAdminChanged":
          settings.set(`admin of ${roleOf(args.roleId)}`, roleOf(args.admin));
          break;
        case "RoleGuardianChanged":
          settings.set(`guardian of ${roleOf(args.roleId)}`, roleOf(args.guardian));
          break;
      }
    }
  }

  if (!isComplete) requireFirst(undefined, startBlock);

  for (const role of ROLE_NAMES) {
    const id = ROLES[role];
    for (const account of await client.readContract({ ...at, functionName: "membersOf", args: [id] })) {
      holders.set(`${id} ${account}`, { id, account });
    }
  }
  const roles: Record<string, Record<string, number>> = Object.fromEntries(ROLE_NAMES.map((role) => [role, {}]));
  for (const { id, account } of holders.values()) {
    const access = { ...at, functionName: "getAccess", args: [id, account] } as const;
    const [, current, pending, effect] = await client.readContract(access);
    // A shorter delay that was announced is what counts for whoever relies on it.
    (roles[roleOf(id)] ??= {})[nameOf(account)] = effect === 0 ? current : Math.min(current, pending);
  }
  return {
    roles,
    functions: Object.fromEntries([...functions].sort(([a], [b]) => (a < b ? -1 : 1))),
    settings: Object.fromEntries(settings),
  };
}

/** Refuses a first event other than the constructor's: nobody becomes admin without a delay later on. */
function requireFirst(
  grant: { readonly roleId: bigint; readonly delay: number; readonly newMember: boolean } | undefined,
  startBlock: bigint,
): void {
  if (grant?.roleId === ROLES.admin && grant.delay === 0 && grant.newMember) return;
  throw new Error(
    `the authority's events since block ${startBlock} do not begin with its first, the grant of the admin role to governance: name an earlier start block (--start-block)`,
  );
}

/** One edge of a graph that is not as it should be. */
export interface Difference {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
}

/** All differences. A delay that is longer than it must be is none, but for roles that have none. */
export function compareGraphs(expected: RoleGraph, found: RoleGraph): Difference[] {
  const differences: Difference[] = [];
  const note = (name: string, wanted: string | undefined, is: string | undefined) =>
    differences.push({ name, expected: wanted ?? "-", found: is ?? "-" });
  for (const role of union(expected.roles, found.roles)) {
    const [wanted, are] = [expected.roles[role] ?? {}, found.roles[role] ?? {}];
    for (const holder of union(wanted, are)) {
      const [least, delay] = [wanted[holder], are[holder]];
      const isRight = least !== undefined && delay !== undefined && (least === 0 ? delay === 0 : delay >= least);
      if (!isRight) note(`${role}: ${holder}`, seconds(least), seconds(delay));
    }
  }
  for (const name of union(expected.functions, found.functions)) {
    if (expected.functions[name] !== found.functions[name]) {
      note(name, expected.functions[name], found.functions[name]);
    }
  }
  for (const name of union(expected.settings, found.settings)) {
    if (expected.settings[name] !== found.settings[name]) note(name, expected.settings[name], found.settings[name]);
  }
  return differences;
}

function union(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}

function seconds(delay: number | undefined): string | undefined {
  return delay === undefined ? undefined : `${delay} s`;
}

/** How many edges a graph has. */
export function edgesOf({ roles, functions }: RoleGraph): number {
  const holders = Object.values(roles).reduce((sum, each) => sum + Object.keys(each).length, 0);
  return holders + Object.keys(functions).length;
}
