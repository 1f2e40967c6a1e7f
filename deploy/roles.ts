/** The delay classes of PhalaAuthority, and which function of the suite is in which. Mirrors `contracts/types/DelayClass.sol`. */
import { type Abi, type Hex, getAbiItem, toFunctionSelector } from "viem";
import {
  attestationRegistryAbi,
  emissionVaultAbi,
  slashingAbi,
  vphaAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "./generated/abis.ts";
import type { ContractName } from "./modules/module.ts";

const DAY = 86_400;

/** Role ids. */
export const ROLES = { admin: 0n, guardian: 1n, parameters: 2n, treasury: 3n, periphery: 4n, core: 5n } as const;

export type RoleName = keyof typeof ROLES;

export const ROLE_NAMES = Object.keys(ROLES) as RoleName[];

/** Seconds: the delay that governance gives itself, which is the shortest allowed once sealed. */
export const DELAYS: Readonly<Record<RoleName, number>> = {
  admin: 52 * DAY,
  guardian: 0,
  parameters: 7 * DAY,
  treasury: 14 * DAY,
  periphery: 30 * DAY,
  core: 52 * DAY,
};

/** Whether a member of `role` has a delay that genesis leaves as it is: the guardian's exactly, others' if it is longer, too. */
export function isDelayOf(role: RoleName, { delay }: { readonly delay: number }): boolean {
  return role === "guardian" ? delay === DELAYS.guardian : delay >= DELAYS[role];
}

/** The classes that governance holds beside admin. */
export const GOVERNANCE_ROLES = ["parameters", "treasury", "periphery", "core"] as const;

/** A function that only a role may call. */
export interface GovernedFunction {
  readonly contract: ContractName;
  readonly name: string;
  readonly selector: Hex;
  readonly role: RoleName;
}

const governed = (contract: ContractName, item: Parameters<typeof toFunctionSelector>[0], role: RoleName) => ({
  contract,
  name: typeof item === "string" ? item : item.name,
  selector: toFunctionSelector(item),
  role,
});

const ofRegistry = (name: FunctionOf<typeof attestationRegistryAbi>, role: RoleName) =>
  governed("attestationRegistry", getAbiItem({ abi: attestationRegistryAbi, name }), role);

const ofWorkers = (name: FunctionOf<typeof workerRegistryAbi>, role: RoleName) =>
  governed("workerRegistry", getAbiItem({ abi: workerRegistryAbi, name }), role);

const ofSlashing = (name: FunctionOf<typeof slashingAbi>, role: RoleName) =>
  governed("slashing", getAbiItem({ abi: slashingAbi, name }), role);

type FunctionOf<A extends Abi> = Extract<A[number], { type: "function" }>["name"];

/** All `restricted` functions of the suite. What AccessManager itself restricts belongs to admin. */
export const GOVERNED = {
  pauseDeposits: governed("vpha", getAbiItem({ abi: vphaAbi, name: "pauseDeposits" }), "guardian"),
  resumeDeposits: governed("vpha", getAbiItem({ abi: vphaAbi, name: "resumeDeposits" }), "guardian"),
  replaceSink: governed("emissionVault", getAbiItem({ abi: emissionVaultAbi, name: "replaceSink" }), "core"),
  start: governed("emissionVault", getAbiItem({ abi: emissionVaultAbi, name: "start" }), "core"),
  switchOff: ofRegistry("switchOff", "guardian"),
  liftOwnSwitch: ofRegistry("liftOwnSwitch", "guardian"),
  confirmSwitch: ofRegistry("confirmSwitch", "parameters"),
  liftSwitch: ofRegistry("liftSwitch", "parameters"),
  raiseFloors: ofRegistry("raiseFloors", "parameters"),
  allowImage: ofRegistry("allowImage", "parameters"),
  removeImage: ofRegistry("removeImage", "parameters"),
  allowShape: ofRegistry("allowShape", "parameters"),
  removeShape: ofRegistry("removeShape", "parameters"),
  setFloors: ofRegistry("setFloors", "periphery"),
  setVerifier: ofRegistry("setVerifier", "periphery"),
  pauseRegistrations: ofWorkers("pauseRegistrations", "guardian"),
  resumeRegistrations: ofWorkers("resumeRegistrations", "guardian"),
  setModel: ofWorkers("setModel", "parameters"),
  removeModel: ofWorkers("removeModel", "parameters"),
  setSlashing: ofWorkers("setSlashing", "core"),
  setCeiling: governed("workerRewards", getAbiItem({ abi: workerRewardsAbi, name: "setCeiling" }), "parameters"),
  setSlasher: ofSlashing("setSlasher", "core"),
  setJudge: ofSlashing("setJudge", "core"),
  setTreasury: ofSlashing("setTreasury", "core"),
  setLimits: ofSlashing("setLimits", "core"),
} satisfies Record<string, GovernedFunction>;

export type GovernedName = keyof typeof GOVERNED;

export const GOVERNED_NAMES = Object.keys(GOVERNED) as GovernedName[];
