/** Phase A: what has to be deployed, in which order, and where it will be. Needs no authority. */
import type { Address, Hex } from "viem";
import { creationCode } from "../artifacts.ts";
import type { Call } from "../call.ts";
import { FACTORY, create2Address, create2Data } from "../factory.ts";
import type { Parameters } from "../parameters/parameters.ts";
import { InvalidParameter } from "../parameters/validate.ts";
import { attestationRegistry } from "./attestationRegistry.ts";
import { emissionVault } from "./emissionVault.ts";
import { guardianMandate } from "./guardianMandate.ts";
import { merkleDistributor } from "./merkleDistributor.ts";
import { CONTRACT_NAMES, type ContractName, type Contracts, type Module, contractAt, contractsFrom } from "./module.ts";
import { pha } from "./pha.ts";
import { phalaAuthority } from "./phalaAuthority.ts";
import { phalaGovernor } from "./phalaGovernor.ts";
import { slashing } from "./slashing.ts";
import { stateAssertion } from "./stateAssertion.ts";
import { tdxVerifier } from "./tdxVerifier.ts";
import { teamVesting } from "./teamVesting.ts";
import { treasury } from "./treasury.ts";
import { vetoLock } from "./vetoLock.ts";
import { votingVpha } from "./votingVpha.ts";
import { vpha } from "./vpha.ts";
import { workerRegistry } from "./workerRegistry.ts";
import { workerRewards } from "./workerRewards.ts";

const MODULES: Readonly<Record<ContractName, Module>> = {
  phalaAuthority,
  teamVesting,
  pha,
  emissionVault,
  vpha,
  treasury,
  merkleDistributor,
  tdxVerifier,
  attestationRegistry,
  workerRegistry,
  workerRewards,
  slashing,
  guardianMandate,
  votingVpha,
  phalaGovernor,
  vetoLock,
  stateAssertion,
};

/** Where the contract's source is: below `contracts/`, without the ending. */
export function sourceOf(name: ContractName): string {
  return MODULES[name].source;
}

/** A contract that these parameters call for. */
export interface Deployment {
  readonly name: ContractName;
  readonly address: Address;
  readonly initCode: Hex;
}

export interface Plan {
  /** In the order in which they can be deployed. */
  readonly deployments: readonly Deployment[];
  readonly contracts: Contracts;
}

/** All contracts with their addresses: the same parameters and the same bytecode give the same plan. */
export function planSuite(parameters: Parameters): Plan {
  const addresses = new Map<ContractName, Address>();
  if ("adopt" in parameters.token) addresses.set("pha", parameters.token.adopt);
  const at = (name: ContractName) => {
    const found = addresses.get(name);
    if (found === undefined) throw new Error(`${name} is needed, but these parameters do not deploy it`);
    return found;
  };
  const deployments: Deployment[] = [];
  for (const name of CONTRACT_NAMES) {
    const module = MODULES[name];
    const initCode = module.initCode({ parameters, bytecode: creationCode(module.source), at });
    if (initCode === null) continue;
    const address = create2Address(initCode);
    addresses.set(name, address);
    deployments.push({ name, address, initCode });
  }
  const contracts = contractsFrom((name) => addresses.get(name) ?? null);
  checkAccounts(parameters, contracts);
  return { deployments, contracts };
}

/** Refuses an account that is one of the contracts, where what it receives or may do would be lost. */
function checkAccounts({ accounts, team }: Parameters, contracts: Contracts): void {
  const named = Object.entries(accounts).map(([key, account]): [string, Address] => [`accounts.${key}`, account]);
  if (team !== null) named.push(["team.beneficiary", team.beneficiary]);
  for (const [field, account] of named) {
    const contract = contractAt(contracts, account);
    if (contract !== undefined)
      throw new InvalidParameter(field, `must not be the suite's own ${contract}, ${account}`);
  }
}

/** The calls that are left of phase A: one for each contract of `plan` that `exists` denies. */
export function deploymentCalls(plan: Plan, exists: (name: ContractName) => boolean): Call[] {
  return plan.deployments
    .filter(({ name }) => !exists(name))
    .map(({ name, address, initCode }) => ({
      to: FACTORY,
      data: create2Data(initCode),
      value: 0n,
      description: `deploy ${name} at ${address}`,
    }));
}
