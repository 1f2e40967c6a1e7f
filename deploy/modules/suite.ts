/** Phase A: what has to be deployed, in which order, and where it will be. Needs no authority. */
import type { Address, Hex } from "viem";
import { creationCode } from "../artifacts.ts";
import type { Call } from "../call.ts";
import { FACTORY, create2Address, create2Data } from "../factory.ts";
import type { Parameters } from "../parameters/parameters.ts";
import { emissionVault } from "./emissionVault.ts";
import { merkleDistributor } from "./merkleDistributor.ts";
import type { ContractName, Contracts, Module } from "./module.ts";
import { pha } from "./pha.ts";
import { phalaAuthority } from "./phalaAuthority.ts";
import { teamVesting } from "./teamVesting.ts";
import { vpha } from "./vpha.ts";

/** Each after those whose addresses it needs. */
export const MODULES: readonly Module[] = [phalaAuthority, teamVesting, pha, emissionVault, vpha, merkleDistributor];

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
  for (const module of MODULES) {
    const initCode = module.initCode({ parameters, bytecode: creationCode(module.source), at });
    if (initCode === null) continue;
    const address = create2Address(initCode);
    addresses.set(module.name, address);
    deployments.push({ name: module.name, address, initCode });
  }
  return {
    deployments,
    contracts: {
      phalaAuthority: at("phalaAuthority"),
      teamVesting: addresses.get("teamVesting") ?? null,
      pha: at("pha"),
      emissionVault: at("emissionVault"),
      vpha: at("vpha"),
      merkleDistributor: addresses.get("merkleDistributor") ?? null,
    },
  };
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
