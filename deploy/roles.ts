/** The delay classes of PhalaAuthority, and which function of the suite is in which. Mirrors `contracts/types/DelayClass.sol`. */
import { type Abi, type AbiFunction, type Address, type Hex, getAbiItem, toFunctionSelector } from "viem";
import {
  attestationRegistryAbi,
  emissionVaultAbi,
  guardianMandateAbi,
  slashingAbi,
  treasuryAbi,
  vphaAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "./generated/abis.ts";
import type { ContractName, Contracts } from "./modules/module.ts";

const DAY = 86_400;

/** Role ids. */
export const ROLES = {
  admin: 0n,
  guardian: 1n,
  parameters: 2n,
  treasury: 3n,
  periphery: 4n,
  core: 5n,
  tightening: 6n,
  veto: 7n,
} as const;

export type RoleName = keyof typeof ROLES;

export const ROLE_NAMES = Object.keys(ROLES) as RoleName[];

/** Seconds: the delay with which genesis gives the role to its holders, which is the shortest allowed once sealed. */
export const DELAYS: Readonly<Record<RoleName, number>> = {
  admin: 52 * DAY,
  guardian: 0,
  parameters: 7 * DAY,
  treasury: 14 * DAY,
  periphery: 30 * DAY,
  core: 52 * DAY,
  tightening: 7 * DAY,
  veto: 0,
};

/** The two who propose: each may do everything, after the delay of its class. */
const PROPOSERS = ["governance", "phalaGovernor"] as const;

/** Who holds which role: an account of the parameters, or a contract of the suite. */
export const HOLDERS: Readonly<Record<RoleName, readonly ("governance" | ContractName)[]>> = {
  admin: PROPOSERS,
  guardian: ["guardianMandate"],
  parameters: PROPOSERS,
  treasury: PROPOSERS,
  periphery: PROPOSERS,
  core: PROPOSERS,
  tightening: PROPOSERS,
  veto: ["vetoLock"],
};

/** The addresses of {@link HOLDERS}. */
export function holdersOf(role: RoleName, contracts: Contracts, { governance }: { readonly governance: Address }) {
  return HOLDERS[role].map((name) => {
    const account = name === "governance" ? governance : contracts[name];
    if (account === null) throw new Error(`${name} is not deployed, but holds the role ${role}`);
    return { name, account };
  });
}

/** Whether a member of `role` has a delay that genesis leaves as it is: none exactly, others if they are longer, too. */
export function isDelayOf(role: RoleName, { delay }: { readonly delay: number }): boolean {
  return DELAYS[role] === 0 ? delay === 0 : delay >= DELAYS[role];
}

/** A function that only a role may call. */
export interface GovernedFunction {
  readonly contract: ContractName;
  readonly name: string;
  readonly selector: Hex;
  readonly item: AbiFunction;
  readonly role: RoleName;
}

const governed = (contract: ContractName, item: AbiFunction, role: RoleName): GovernedFunction => ({
  contract,
  name: item.name,
  selector: toFunctionSelector(item),
  item,
  role,
});

const ofRegistry = (name: FunctionOf<typeof attestationRegistryAbi>, role: RoleName) =>
  governed("attestationRegistry", getAbiItem({ abi: attestationRegistryAbi, name }), role);

const ofWorkers = (name: FunctionOf<typeof workerRegistryAbi>, role: RoleName) =>
  governed("workerRegistry", getAbiItem({ abi: workerRegistryAbi, name }), role);

const ofTreasury = (name: FunctionOf<typeof treasuryAbi>) =>
  governed("treasury", getAbiItem({ abi: treasuryAbi, name }), "treasury");

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
  confirmSwitch: ofRegistry("confirmSwitch", "tightening"),
  liftSwitch: ofRegistry("liftSwitch", "parameters"),
  raiseFloors: ofRegistry("raiseFloors", "tightening"),
  allowImage: ofRegistry("allowImage", "parameters"),
  removeImage: ofRegistry("removeImage", "tightening"),
  allowShape: ofRegistry("allowShape", "parameters"),
  removeShape: ofRegistry("removeShape", "tightening"),
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
  openAllowance: ofTreasury("openAllowance"),
  openStream: ofTreasury("openStream"),
  closeBudget: ofTreasury("closeBudget"),
  appoint: governed("guardianMandate", getAbiItem({ abi: guardianMandateAbi, name: "appoint" }), "core"),
  dismiss: governed("guardianMandate", getAbiItem({ abi: guardianMandateAbi, name: "dismiss" }), "tightening"),
} satisfies Record<string, GovernedFunction>;

export type GovernedName = keyof typeof GOVERNED;

export const GOVERNED_NAMES = Object.keys(GOVERNED) as GovernedName[];
