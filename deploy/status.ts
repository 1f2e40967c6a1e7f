/** What a deployment looks like on its chain, beside what its parameters say. Reads only. */
import type { RootKey } from "../scripts/attestation/files.ts";
import { type Address, type Hex, formatEther, zeroAddress } from "viem";
import { TCB_STATUS_NAMES, dayText } from "../scripts/attestation/calls.ts";
import { CONTRACT_NAMES, type Contracts } from "./modules/module.ts";
import { type Plan, deploymentCalls } from "./modules/suite.ts";
import { extrasOf } from "./extras.ts";
import { WEIGHT_UNIT } from "../scripts/compute/calls.ts";
import { floorsOf, imageIdOf, rootKeyOf } from "./parameters/attestation.ts";
import { ceilingOf, modelOf, slashingLimitsOf } from "./parameters/compute.ts";
import { type Parameters, emissionBudget, unixTime } from "./parameters/parameters.ts";
import { TOTAL_SUPPLY } from "./parameters/validate.ts";
import { DELAYS, GOVERNED, GOVERNED_NAMES, ROLES, ROLE_NAMES, holdersOf, isDelayOf } from "./roles.ts";
import { SAFE_CONTRACTS } from "./safe/contracts.ts";
import { type Member, type SuiteState, readState } from "./state.ts";
import { genesis } from "./tasks/0001-genesis/genesis.ts";
import type { ChainReader } from "./executors/account.ts";

/** One fact that the parameters demand. */
export interface Check {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
  readonly ok: boolean;
  /** Whether governance may have changed it since genesis, by a decision of its own. */
  readonly changeable: boolean;
}

export interface Status {
  readonly network: string;
  readonly chainId: number;
  readonly preset: string;
  readonly block: number;
  readonly contracts: readonly { readonly name: string; readonly address: Hex; readonly deployed: boolean }[];
  readonly checks: readonly Check[];
  readonly roles: Readonly<Record<string, readonly Member[]>>;
  /** Wei, decimal. */
  readonly balances: Readonly<Record<string, string>>;
  /** What is left to do, in order: by anyone (contracts), then by governance. */
  readonly remaining: readonly string[];
  /** Whether nothing is left to do and every check holds. */
  readonly complete: boolean;
}

/** Reads the status of the suite that `parameters` describe. */
export async function readStatus(
  client: ChainReader,
  parameters: Parameters,
  plan: Plan,
  startBlock: bigint,
): Promise<Status> {
  const state = await readState(client, parameters, plan, startBlock);
  const checks = checkSuite(state, parameters);
  const remaining = remainingSteps(state, parameters, plan);
  return {
    network: parameters.network.name,
    chainId: parameters.network.chainId,
    preset: parameters.preset,
    block: Number(state.block.number),
    contracts: contractList(plan.contracts).map(([name, address]) => ({ name, address, deployed: state.exists[name] })),
    checks,
    roles: state.authority?.members ?? {},
    balances: balances(state),
    remaining,
    complete: remaining.length === 0 && checks.every(({ ok }) => ok),
  };
}

function contractList(contracts: Contracts) {
  return CONTRACT_NAMES.flatMap((name) => {
    const address = contracts[name];
    return address === null ? [] : [[name, address] as const];
  });
}

function remainingSteps(state: SuiteState, parameters: Parameters, plan: Plan): string[] {
  const steps = deploymentCalls(plan, (name) => state.exists[name]).map(({ description }) => description);
  steps.unshift(...(state.safe?.calls ?? []).map(({ description }) => description));
  if (!state.factory) steps.unshift("install the CREATE2 factory");
  if (!state.exists.pha && "adopt" in parameters.token) {
    steps.unshift(`there is no token at ${parameters.token.adopt}`);
  }
  if (steps.length !== 0) return [...steps, "genesis"];
  try {
    return genesis(state, parameters).map(({ description }) => description);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function balances({ token, emissionVault, teamVesting, merkleDistributor }: SuiteState): Record<string, string> {
  if (token === null) return {};
  const all: Record<string, bigint> = {
    ...token.balances,
    ...(emissionVault && { emissionVault: emissionVault.balance }),
    ...(teamVesting && { teamVesting: teamVesting.balance }),
    ...(merkleDistributor && { merkleDistributor: merkleDistributor.balance }),
  };
  return Object.fromEntries(Object.entries(all).map(([name, wei]) => [name, String(wei)]));
}

/** Every fact about the contracts that exist which the parameters demand after genesis. */
export function checkSuite(state: SuiteState, parameters: Parameters): Check[] {
  const {
    contracts,
    token,
    authority,
    teamVesting,
    emissionVault,
    vpha,
    merkleDistributor,
    tdxVerifier,
    attestationRegistry,
    compute,
    governance,
  } = state;
  const { accounts, team, distributor, attestation, replaced } = parameters;
  const checks: Check[] = [];
  const check = (name: string, found: string | bigint, expected: string | bigint, changeable = false) =>
    checks.push({ name, expected: String(expected), found: String(found), ok: found === expected, changeable });

  if (token !== null) {
    check("pha.decimals", String(token.decimals), "18");
    if (!("adopt" in parameters.token)) {
      const { totalSupply } = token;
      const found = totalSupply <= TOTAL_SUPPLY ? "at most 1e27" : String(totalSupply);
      check("pha.totalSupply", found, "at most 1e27");
    }
  }
  if (state.safe?.account !== undefined && parameters.safe !== null) {
    const { owners, threshold, modules, guard, moduleGuard, fallbackHandler } = state.safe.account;
    const sorted = (accounts: readonly Address[]) => [...accounts].sort().join(", ");
    check("safe.owners", sorted(owners), sorted(parameters.safe.owners), true);
    check("safe.threshold", String(threshold), String(parameters.safe.threshold), true);
    check("safe.modules", sorted(modules), "", true);
    check("safe.guard", guard, zeroAddress, true);
    check("safe.moduleGuard", moduleGuard, zeroAddress, true);
    check("safe.fallbackHandler", fallbackHandler, SAFE_CONTRACTS.fallbackHandler.address, true);
  }
  if (teamVesting !== null && team !== null) {
    check("teamVesting.owner", teamVesting.beneficiary, team.beneficiary, true);
    check("teamVesting.start", teamVesting.start, unixTime(team.start));
    check("teamVesting.duration", teamVesting.duration, BigInt(team.durationDays) * 86_400n);
    check("teamVesting.cliff", teamVesting.cliff, BigInt(team.cliffDays) * 86_400n);
  }
  if (emissionVault !== null) {
    check("emissionVault.authority", emissionVault.authority, contracts.phalaAuthority);
    check("emissionVault.token", emissionVault.token, contracts.pha);
    check("emissionVault.budget", emissionVault.budget, emissionBudget(parameters));
    check("emissionVault.started", emissionVault.startTime === 0n ? "no" : "yes", "yes");
    check("emissionVault.sink of stakers", emissionVault.sinks[0], contracts.vpha);
    check(
      "emissionVault.sink of workers",
      emissionVault.sinks[1],
      replaced.workersSink ?? contracts.workerRewards,
      true,
    );
    check("emissionVault.sink of treasury", emissionVault.sinks[2], replaced.treasurySink ?? contracts.treasury, true);
  }
  if (vpha !== null) {
    check("vpha.authority", vpha.authority, contracts.phalaAuthority);
    check("vpha.asset", vpha.asset, contracts.pha);
    check("vpha.emissionVault", vpha.emissionVault, contracts.emissionVault);
  }
  if (merkleDistributor !== null && distributor !== null) {
    check("merkleDistributor.token", merkleDistributor.token, contracts.pha);
    check("merkleDistributor.root", merkleDistributor.root, distributor.root);
    check("merkleDistributor.deadline", merkleDistributor.deadline, unixTime(distributor.deadline));
    check("merkleDistributor.treasury", merkleDistributor.treasury, contracts.treasury);
  }
  if (tdxVerifier !== null) {
    check("tdxVerifier.rootKey", keyText(tdxVerifier.rootKey), keyText(rootKeyOf(attestation)));
  }
  if (attestationRegistry !== null) {
    const { floors, workloads } = attestationRegistry;
    check("attestationRegistry.authority", attestationRegistry.authority, contracts.phalaAuthority);
    check(
      "attestationRegistry.verifier",
      attestationRegistry.verifier,
      replaced.verifier ?? contracts.tdxVerifier,
      true,
    );
    check("attestationRegistry.floors", floorsText(floors), floorsText(floorsOf(attestation)), true);
    attestation.workloads.forEach((workload, i) => {
      const listed = workloads[i];
      const isListed = listed !== undefined && listed.image && !listed.shapes.includes(false);
      check(`attestationRegistry.image ${imageIdOf(workload)}`, isListed ? "listed" : "not listed", "listed", true);
    });
  }
  if (compute !== null) {
    const { workerRegistry, workerRewards, slashing } = compute;
    check("workerRegistry.authority", workerRegistry.authority, contracts.phalaAuthority);
    check("workerRegistry.vpha", workerRegistry.vpha, contracts.vpha);
    check("workerRegistry.attestation", workerRegistry.attestation, contracts.attestationRegistry);
    check("workerRegistry.slashing", compute.slashingOfRegistry, replaced.slashing ?? contracts.slashing, true);
    check("workerRewards.authority", workerRewards.authority, contracts.phalaAuthority);
    check("workerRewards.emissionVault", workerRewards.emissionVault, contracts.emissionVault);
    check("workerRewards.vpha", workerRewards.vpha, contracts.vpha);
    check("workerRewards.workerRegistry", workerRewards.workerRegistry, contracts.workerRegistry);
    check("workerRewards.ceiling", workerRewards.ceiling, ceilingOf(parameters.compute), true);
    check("slashing.authority", slashing.authority, contracts.phalaAuthority);
    check("slashing.workerRegistry", slashing.workerRegistry, contracts.workerRegistry);
    check("slashing.slasher", slashing.slasher, accounts.slasher, true);
    check("slashing.judge", slashing.judge, accounts.governance, true);
    check("slashing.treasury", slashing.treasury, contracts.treasury, true);
    check("slashing.limits", limitsText(slashing.limits), limitsText(slashingLimitsOf(parameters.compute)), true);
    parameters.compute.models.forEach((model, i) => {
      const [, collateral, weight] = modelOf(model);
      const found = compute.models[i];
      check(
        `workerRegistry.model ${model.name}`,
        found === undefined ? "not listed" : modelText(found),
        modelText({ collateral, weight }),
        true,
      );
    });
  }
  for (const extra of extrasOf(state, parameters)) check(extra, "listed", "not listed", true);
  if (governance !== null) {
    const { treasury, guardianMandate, votingVpha, phalaGovernor, vetoLock } = governance;
    check("treasury.authority", treasury.authority, contracts.phalaAuthority);
    check("treasury.emissionVault", treasury.emissionVault, contracts.emissionVault);
    check("guardianMandate.authority", guardianMandate.authority, contracts.phalaAuthority);
    check("guardianMandate.guardian", guardianMandate.guardian, accounts.guardian, true);
    const isInForce = BigInt(guardianMandate.end) > state.block.timestamp;
    check("guardianMandate.end", isInForce ? "in force" : "ended", "in force", true);
    check("guardianMandate.vpha", guardianMandate.vpha, contracts.vpha);
    check("guardianMandate.workerRegistry", guardianMandate.workerRegistry, contracts.workerRegistry);
    check("guardianMandate.attestationRegistry", guardianMandate.attestationRegistry, contracts.attestationRegistry);
    check("votingVpha.underlying", votingVpha.underlying, contracts.vpha);
    check("phalaGovernor.accessManager", phalaGovernor.accessManager, contracts.phalaAuthority);
    check("phalaGovernor.token", phalaGovernor.token, contracts.votingVpha);
    check("phalaGovernor.vpha", phalaGovernor.vpha, contracts.vpha);
    check("vetoLock.authority", vetoLock.authority, contracts.phalaAuthority);
    check("vetoLock.vpha", vetoLock.vpha, contracts.vpha);
  }
  if (authority !== null) {
    check("authority.sealed", authority.isSealed ? "yes" : "no", "yes");
    for (const role of ROLE_NAMES) {
      const holders = holdersOf(role, contracts, accounts).map(({ account }) => account);
      const members = authority.members[role];
      checks.push({
        name: `members of ${role}`,
        expected: `${holders.join(" and ")} after ${DELAYS[role] === 0 ? "" : "at least "}${DELAYS[role]} s`,
        found: members.map((member) => `${member.account} after ${member.delay} s`).join(", ") || "nobody",
        ok:
          members.length === holders.length &&
          members.every((member) => holders.includes(member.account) && isDelayOf(role, member)),
        changeable: true,
      });
    }
    for (const name of GOVERNED_NAMES) {
      const { contract, role } = GOVERNED[name];
      check(`class of ${contract}.${name}`, authority.roleOf[name], ROLES[role], true);
    }
  }
  return checks;
}

function keyText({ x, y, notAfter }: RootKey): string {
  return `${x} ${y} until ${notAfter}`;
}

function limitsText({ rebuttalWindow, processWindow, caps }: ReturnType<typeof slashingLimitsOf>): string {
  return `rebuttal ${rebuttalWindow / 86_400} days, process ${processWindow / 86_400} days, caps ${caps.join(", ")} bps`;
}

function modelText({ collateral, weight }: { readonly collateral: bigint; readonly weight: number }): string {
  return `${formatEther(collateral)} vPHA, weight ${weight / WEIGHT_UNIT}`;
}

function floorsText({ minTcbDay, minQeIsvSvn, allowedStatuses }: ReturnType<typeof floorsOf>): string {
  const statuses = TCB_STATUS_NAMES.filter((_, bit) => (allowedStatuses >> bit) & 1);
  return `TCB of ${dayText(minTcbDay).slice(0, 10)}, QE ISV SVN ${minQeIsvSvn}, ${statuses.join(" or ")}`;
}

/** The status as text. */
export function formatStatus(status: Status): string {
  const mark = (ok: boolean) => (ok ? "ok     " : "MISSING");
  const wrong = status.checks.filter(({ ok }) => !ok);
  return [
    `${status.network} (chain ${status.chainId}), preset ${status.preset}, block ${status.block}`,
    "",
    ...status.contracts.map(({ name, address, deployed }) => `${mark(deployed)} ${name.padEnd(20)} ${address}`),
    "",
    ...Object.entries(status.roles).map(
      ([role, members]) =>
        `role ${role.padEnd(11)} ${members.map(({ account, delay }) => `${account} (${delay / 86_400} days)`).join(", ") || "-"}`,
    ),
    ...Object.entries(status.balances).map(([name, wei]) => `PHA  ${name.padEnd(20)} ${formatEther(BigInt(wei))}`),
    "",
    `${status.checks.length - wrong.length} of ${status.checks.length} checks hold`,
    ...wrong.map(
      ({ name, expected, found, changeable }) =>
        `  ${name}: ${found} instead of ${expected}${changeable ? " (governance may have changed it)" : ""}`,
    ),
    ...(status.remaining.length === 0 ? [] : ["left to do:", ...status.remaining.map((step) => `  ${step}`)]),
    status.complete ? "complete" : "not complete",
  ].join("\n");
}
