/**
 * Genesis: from deployed contracts to a running, sealed suite. All of it is governance's own doing.
 *
 * The order matters: once governance has raised the delay of its own admin role it cannot act at once any more, but for
 * `seal`, which demands that the delay was raised and waits for none.
 *
 * The last call changes nothing: it reverts, and with it a batch, unless the chain answers as {@link expectations} say.
 */
import { type Address, type Hex, encodeFunctionData, erc20Abi, formatEther } from "viem";
import type { Call } from "../../call.ts";
import { extrasOf, nameText } from "../../extras.ts";
import {
  attestationRegistryAbi,
  emissionVaultAbi,
  phalaAuthorityAbi,
  stateAssertionAbi,
  workerRegistryAbi,
} from "../../generated/abis.ts";
import { modelOf } from "../../parameters/compute.ts";
import { WEIGHT_UNIT } from "../../../scripts/compute/calls.ts";
import { imageIdOf, measurementsOf } from "../../parameters/attestation.ts";
import { type Parameters, distributorFunding, emissionFunding } from "../../parameters/parameters.ts";
import {
  DELAYS,
  GOVERNED,
  GOVERNED_NAMES,
  type GovernedName,
  ROLES,
  ROLE_NAMES,
  type RoleName,
  holdersOf,
  isDelayOf,
} from "../../roles.ts";
import type { SuiteState } from "../../state.ts";
import { expectations } from "./expectations.ts";

const CONTRACTS_NEEDED = [
  "vpha",
  "tdxVerifier",
  "attestationRegistry",
  "workerRegistry",
  "workerRewards",
  "slashing",
  "treasury",
  "guardianMandate",
  "votingVpha",
  "phalaGovernor",
  "vetoLock",
  "stateAssertion",
] as const;

/** The calls that are left for governance to make, in order; none once genesis is complete. */
export function genesis(state: SuiteState, parameters: Parameters): Call[] {
  const { authority, emissionVault, token, attestationRegistry, contracts } = state;
  const { governance } = parameters.accounts;
  const { workerRewards: workers, treasury } = contracts;
  if (
    authority === null ||
    emissionVault === null ||
    token === null ||
    !CONTRACTS_NEEDED.every((name) => state.exists[name])
  ) {
    throw new Error("genesis needs all contracts: run the deployment first");
  }

  const holds = (role: RoleName, account: Address) =>
    authority.members[role].some((member) => member.account === account && isDelayOf(role, member));
  const grant = (role: RoleName, account: Address, who: string): Call =>
    call(
      contracts.phalaAuthority,
      `grant ${role} (delay ${DELAYS[role] / 86_400} days) to ${who}`,
      encodeFunctionData({
        abi: phalaAuthorityAbi,
        functionName: "grantRole",
        args: [ROLES[role], account, DELAYS[role]],
      }),
    );
  const isMapped = (name: GovernedName) => authority.roleOf[name] === ROLES[GOVERNED[name].role];
  const map = (...names: GovernedName[]): Call[] =>
    names
      .filter((name) => !isMapped(name))
      .map((name) => {
        const { contract, selector, role } = GOVERNED[name];
        const target = contracts[contract];
        if (target === null) throw new Error(`${contract} is not deployed`);
        return call(
          contracts.phalaAuthority,
          `put ${contract}.${name} into the class ${role}`,
          encodeFunctionData({
            abi: phalaAuthorityAbi,
            functionName: "setTargetFunctionRole",
            args: [target, [selector], ROLES[role]],
          }),
        );
      });

  if (authority.isSealed) return [];
  const [replaced] = Object.keys(parameters.replaced);
  if (replaced !== undefined) {
    throw new Error(`replaced.${replaced}: genesis is made with the suite's own contracts: leave it out until then`);
  }
  // What is sealed can be undone after 52 days at the earliest, or never: so it has to be right before.
  for (const role of ROLE_NAMES) {
    const holders = holdersOf(role, contracts, parameters.accounts).map(({ account }) => account);
    const stranger = authority.members[role].find(({ account }) => !holders.includes(account));
    if (stranger !== undefined) {
      throw new Error(
        `${stranger.account} holds the role ${role}, which these parameters give to ${holders.join(" and ")}: revoke it before genesis goes on`,
      );
    }
  }
  const settings = (authority.settings ?? []).map(({ kind, subject, value }) => `${kind} ${subject} (${value})`);
  if (settings.length !== 0) {
    throw new Error(
      `the authority has settings that genesis does not make: ${settings.join(", ")}: undo them before genesis goes on`,
    );
  }
  const [, workersSink, treasurySink] = emissionVault.sinks;
  if (emissionVault.startTime !== 0n && (workersSink !== workers || treasurySink !== treasury)) {
    throw new Error(
      `the emission has started with the sinks ${workersSink} (workers) and ${treasurySink} (treasury), which are not those of these parameters: replace them before genesis goes on`,
    );
  }

  const verifier = attestationRegistry?.verifier;
  if (verifier !== undefined && verifier !== contracts.tdxVerifier) {
    throw new Error(
      `the registry's verifier is ${verifier}, not the suite's own, ${contracts.tdxVerifier}: set it back before genesis goes on`,
    );
  }

  const extras = extrasOf(state, parameters);
  if (extras.length !== 0) {
    throw new Error(
      `listed, but not in these parameters: ${extras.join(", ")}: take it off the list before genesis goes on`,
    );
  }
  const budgets = state.governance?.treasury.budgets ?? [];
  if (budgets.length !== 0) {
    throw new Error(
      `the treasury has open budgets: ${budgets.map(({ name }) => nameText(name)).join(", ")}: close them before genesis goes on`,
    );
  }

  const byAdmin: Call[] = [
    ...fund(state, parameters),
    // Before the classes: in its class a workload could be listed after 7 days at the earliest.
    ...listWorkloads(state, parameters),
    ...setUpCompute(state, parameters),
    ...map(...GOVERNED_NAMES.filter((name) => name !== "start")),
    ...ROLE_NAMES.flatMap((role) =>
      holdersOf(role, contracts, parameters.accounts)
        // Its own delay as admin comes last.
        .filter(({ account }) => !(role === "admin" && account === governance) && !holds(role, account))
        .map(({ account, name }) => grant(role, account, name)),
    ),
    ...(emissionVault.startTime !== 0n
      ? []
      : [
          call(
            contracts.emissionVault,
            "start the emission",
            encodeFunctionData({
              abi: emissionVaultAbi,
              functionName: "start",
              args: [[contracts.vpha, workers, treasury]],
            }),
          ),
        ]),
    // Only now: in its class it could be called after 52 days at the earliest.
    ...map("start"),
  ];
  const isRaised = holds("admin", governance);
  if (isRaised && byAdmin.length !== 0) {
    throw new Error(
      `governance has raised its own delay before genesis was complete; what is missing: ${byAdmin.map(({ description }) => description).join("; ")}`,
    );
  }
  return [
    ...byAdmin,
    ...(isRaised ? [] : [grant("admin", governance, "governance")]),
    call(
      contracts.phalaAuthority,
      "seal the authority: the floors are in force",
      encodeFunctionData({ abi: phalaAuthorityAbi, functionName: "seal" }),
    ),
    call(
      contracts.stateAssertion,
      "assert what has come of it",
      encodeFunctionData({
        abi: stateAssertionAbi,
        functionName: "check",
        args: [expectations(state, parameters)],
      }),
    ),
  ];
}

/** The parameters' images and shapes that are not on the registry's list. */
function listWorkloads({ contracts, attestationRegistry }: SuiteState, { attestation }: Parameters): Call[] {
  return attestation.workloads.flatMap((workload, i) => {
    const listed = attestationRegistry?.workloads[i];
    const image = imageIdOf(workload);
    const toRegistry = (description: string, data: Hex) => call(contracts.attestationRegistry, description, data);
    return [
      ...(listed?.image === true
        ? []
        : [
            toRegistry(
              `list the image ${image}`,
              encodeFunctionData({
                abi: attestationRegistryAbi,
                functionName: "allowImage",
                args: [measurementsOf(workload)],
              }),
            ),
          ]),
      ...workload.shapes
        .filter((_, shape) => listed?.shapes[shape] !== true)
        .map((rtMr0) =>
          toRegistry(
            `list the shape ${rtMr0} for the image ${image}`,
            encodeFunctionData({ abi: attestationRegistryAbi, functionName: "allowShape", args: [image, rtMr0] }),
          ),
        ),
    ];
  });
}

/** Who may slash, and the parameters' models that are not in the catalog as they should be. */
function setUpCompute({ contracts, compute }: SuiteState, parameters: Parameters): Call[] {
  const toWorkers = (description: string, data: Hex) => call(contracts.workerRegistry, description, data);
  return [
    ...(compute?.slashingOfRegistry === contracts.slashing
      ? []
      : [
          toWorkers(
            "let the slashing contract slash",
            encodeFunctionData({ abi: workerRegistryAbi, functionName: "setSlashing", args: [contracts.slashing] }),
          ),
        ]),
    ...parameters.compute.models.flatMap((model, i) => {
      const [id, collateral, weight] = modelOf(model);
      const listed = compute?.models[i];
      if (listed?.collateral === collateral && listed.weight === weight) return [];
      return [
        toWorkers(
          `list the model ${model.name}: ${model.collateral} vPHA, weight ${weight / WEIGHT_UNIT}`,
          encodeFunctionData({ abi: workerRegistryAbi, functionName: "setModel", args: [id, collateral, weight] }),
        ),
      ];
    }),
  ];
}

/** What the emission vault and the distributor still have to be sent. */
function fund({ contracts, token, emissionVault, merkleDistributor }: SuiteState, parameters: Parameters): Call[] {
  const goals = [
    {
      name: "the distributor",
      to: contracts.merkleDistributor,
      missing: distributorFunding(parameters) - (merkleDistributor?.received ?? 0n),
    },
    {
      name: "the emission vault",
      to: contracts.emissionVault,
      // Once it has started, it lets out what it held.
      missing: emissionVault?.startTime === 0n ? emissionFunding(parameters) - emissionVault.balance : 0n,
    },
  ].filter(({ missing }) => missing > 0n);

  const needed = goals.reduce((sum, { missing }) => sum + missing, 0n);
  const held = token?.balances.governance ?? 0n;
  if (held < needed) {
    throw new Error(
      `governance (${parameters.accounts.governance}) holds ${formatEther(held)} PHA, but genesis needs ${formatEther(needed)}: send it ${formatEther(needed - held)} more`,
    );
  }
  return goals.flatMap(({ name, to, missing }) =>
    to === null
      ? []
      : [
          call(
            contracts.pha,
            `send ${formatEther(missing)} PHA to ${name}`,
            encodeFunctionData({ abi: erc20Abi, functionName: "transfer", args: [to, missing] }),
          ),
        ],
  );
}

function call(to: Address, description: string, data: Hex): Call {
  return { to, data, value: 0n, description };
}
