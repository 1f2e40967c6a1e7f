/** What the chain has to answer once genesis is complete, as `StateAssertion` takes it. */
import {
  type Abi,
  type Address,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type Hex,
  encodeFunctionData,
  encodeFunctionResult,
} from "viem";
import {
  attestationRegistryAbi,
  emissionVaultAbi,
  guardianMandateAbi,
  phalaAuthorityAbi,
  slashingAbi,
  workerRegistryAbi,
} from "../../generated/abis.ts";
import { floorsOf, imageIdOf } from "../../parameters/attestation.ts";
import { modelOf } from "../../parameters/compute.ts";
import type { Parameters } from "../../parameters/parameters.ts";
import { DELAYS, GOVERNED, GOVERNED_NAMES, ROLES, ROLE_NAMES, type RoleName, holdersOf } from "../../roles.ts";
import type { SuiteState } from "../../state.ts";

/** `target`, called with `data`, answers `result`. */
export interface Expectation {
  readonly target: Address;
  readonly data: Hex;
  readonly result: Hex;
}

/** All roles and classes, the sinks, and who and what is believed and slashes. */
export function expectations({ contracts, authority }: SuiteState, parameters: Parameters): Expectation[] {
  const { accounts, attestation, compute } = parameters;
  const ofAuthority = expecting(contracts.phalaAuthority, phalaAuthorityAbi);
  const ofVault = expecting(contracts.emissionVault, emissionVaultAbi);
  const ofAttestation = expecting(contracts.attestationRegistry, attestationRegistryAbi);
  const ofWorkers = expecting(contracts.workerRegistry, workerRegistryAbi);
  const ofSlashing = expecting(contracts.slashing, slashingAbi);
  const ofMandate = expecting(contracts.guardianMandate, guardianMandateAbi);

  const roles = ROLE_NAMES.flatMap((role: RoleName) => {
    const members = authority?.members[role] ?? [];
    const former = members.map(({ account }) => account);
    const holders = holdersOf(role, contracts, accounts).map(({ account }) => account);
    return [
      // In the order in which they were granted.
      ofAuthority("membersOf", [ROLES[role]], [...former, ...holders.filter((each) => !former.includes(each))]),
      ...holders.map((holder) => {
        const delay = members.find(({ account }) => account === holder)?.delay ?? 0;
        return ofAuthority("hasRole", [ROLES[role], holder], [true, Math.max(delay, DELAYS[role])]);
      }),
    ];
  });
  const classes = GOVERNED_NAMES.flatMap((name) => {
    const { contract, selector, role } = GOVERNED[name];
    const target = contracts[contract];
    return target === null ? [] : [ofAuthority("getTargetFunctionRole", [target, selector], ROLES[role])];
  });
  return [
    ofAuthority("isSealed", [], true),
    ...roles,
    ...classes,
    ofVault("sinkOf", [0], contracts.vpha),
    ofVault("sinkOf", [1], contracts.workerRewards),
    ofVault("sinkOf", [2], contracts.treasury),
    ofAttestation("verifier", [], contracts.tdxVerifier),
    ofAttestation("floors", [], floorsOf(attestation)),
    ...attestation.workloads.map((workload) => ofAttestation("isImageAllowed", [imageIdOf(workload)], true)),
    ofWorkers("slashing", [], contracts.slashing),
    ...compute.models.map((model) => {
      const [id, collateral, weight] = modelOf(model);
      return ofWorkers("modelOf", [id], { collateral, weight, isListed: true });
    }),
    ofSlashing("slasher", [], accounts.slasher),
    ofSlashing("judge", [], accounts.governance),
    ofSlashing("treasury", [], contracts.treasury),
    ofMandate("guardian", [], accounts.guardian),
  ];
}

/** Builds expectations of one contract: function, arguments, answer. */
function expecting<const A extends Abi>(target: Address, abi: A) {
  return <N extends ContractFunctionName<A, "view" | "pure">>(
    functionName: N,
    args: ContractFunctionArgs<A, "view" | "pure", N>,
    result: unknown,
  ): Expectation => {
    const of = { abi: abi as Abi, functionName: functionName as string };
    return {
      target,
      data: encodeFunctionData({ ...of, args: args as readonly unknown[] }),
      result: encodeFunctionResult({ ...of, result }),
    };
  };
}
