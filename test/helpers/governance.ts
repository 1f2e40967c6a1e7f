/** Governance on a stage: the whole suite under a sealed authority, as genesis leaves it, and what proposers and holders do. */
import {
  type Abi,
  type Address,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type Hex,
  encodeFunctionData,
  keccak256,
  toHex,
} from "viem";
import {
  guardianMandateAbi,
  phalaGovernorAbi,
  stateAssertionAbi,
  treasuryAbi,
  vetoLockAbi,
  votingVphaAbi,
} from "../../deploy/generated/abis.ts";
import type { ContractName } from "../../deploy/modules/module.ts";
import { DELAYS, GOVERNED, HOLDERS, ROLES, ROLE_NAMES } from "../../deploy/roles.ts";
import { openCompute } from "./compute.ts";
import { DAY, type Stage } from "./stage.ts";
import { STREAM, units } from "./suite.ts";

/** How long an operation can be executed once it is ready. */
export const WINDOW = 14n * DAY;

/** The governor's times. */
export const VOTE = { delay: 2n * DAY, period: 7n * DAY, extension: 2n * DAY } as const;

/** What the stakers have, in wei of vPHA: 1,000,000 in all. */
export const STAKES = { alice: units(600_000), bob: units(300_000), carol: units(100_000) } as const;

/** `ProposalState` of OpenZeppelin's governor. */
export const PROPOSAL_STATES = [
  "Pending",
  "Active",
  "Canceled",
  "Defeated",
  "Succeeded",
  "Queued",
  "Expired",
  "Executed",
] as const;

/** `VoteType`. */
export const SUPPORT = { against: 0, for: 1, abstain: 2 } as const;

/** What the authority schedules and executes. */
export interface Operation {
  readonly target: Address;
  readonly data: Hex;
}

type Changing = "nonpayable" | "payable";

/** The call of `functionName` of `contract`. */
export function operationOf<const abi extends Abi, name extends ContractFunctionName<abi, Changing>>(
  contract: { readonly abi: abi; readonly address: Address },
  functionName: name,
  args: ContractFunctionArgs<abi, Changing, name> & readonly unknown[],
): Operation {
  const { abi, address }: { abi: Abi; address: Address } = contract;
  const [general, values]: [string, readonly unknown[]] = [functionName, args];
  return { target: address, data: encodeFunctionData({ abi, functionName: general, args: values }) };
}

export interface Proposal {
  readonly id: bigint;
  /** What `queue`, `execute` and `cancel` take. */
  readonly content: readonly [readonly Address[], readonly bigint[], readonly Hex[], Hex];
}

export type Governance = Awaited<ReturnType<typeof openGovernance>>;

/** Deploys all of it and seals it. Everything happens in one second, in which a vPHA costs one PHA. */
export async function openGovernance(stage: Stage) {
  const compute = await openCompute(stage);
  const { actors, authority, emission, vpha, registry, rewards, slashing, attestation } = compute;
  const { governance, guardian } = actors;
  const as = { account: governance };

  const mandate = await stage.deploy("GuardianMandate", guardianMandateAbi, [
    authority.address,
    guardian,
    Number(365n * DAY),
    vpha.address,
    registry.address,
    attestation.registry.address,
  ]);
  const treasury = await stage.deploy("Treasury", treasuryAbi, [authority.address, emission.address]);
  const votes = await stage.deploy("VotingVPHA", votingVphaAbi, [vpha.address]);
  const governor = await stage.deploy("PhalaGovernor", phalaGovernorAbi, [
    authority.address,
    votes.address,
    vpha.address,
  ]);
  const vetoLock = await stage.deploy("VetoLock", vetoLockAbi, [authority.address, vpha.address]);
  const assertion = await stage.deploy("StateAssertion", stateAssertionAbi, []);
  await emission.write.replaceSink([STREAM.treasury, treasury.address], as);

  const addresses: Partial<Record<ContractName | "governance", Address>> = {
    governance,
    phalaAuthority: authority.address,
    emissionVault: emission.address,
    vpha: vpha.address,
    attestationRegistry: attestation.registry.address,
    workerRegistry: registry.address,
    workerRewards: rewards.address,
    slashing: slashing.address,
    guardianMandate: mandate.address,
    treasury: treasury.address,
    phalaGovernor: governor.address,
    vetoLock: vetoLock.address,
  };
  const addressOf = (name: ContractName | "governance"): Address => {
    const address = addresses[name];
    if (address === undefined) throw new Error(`no ${name} on this stage`);
    return address;
  };
  await authority.write.revokeRole([ROLES.guardian, guardian], as);
  for (const { contract, selector, role } of Object.values(GOVERNED)) {
    await authority.write.setTargetFunctionRole([addressOf(contract), [selector], ROLES[role]], as);
  }
  // Governance as admin comes last: with its delay it cannot act at once any more.
  for (const role of [...ROLE_NAMES.filter((name) => name !== "admin"), "admin"] as const) {
    for (const holder of HOLDERS[role].toReversed()) {
      await authority.write.grantRole([ROLES[role], addressOf(holder), DELAYS[role]], as);
    }
  }
  await authority.write.seal(as);
  await compute.stake(actors.alice, STAKES.alice);
  await compute.stake(actors.bob, STAKES.bob);
  await compute.stake(actors.carol, STAKES.carol);

  const schedule = (operation: Operation, when = 0n, account = governance) =>
    authority.write.schedule([operation.target, operation.data, Number(when)], { account });
  const execute = (operation: Operation, account = governance) =>
    authority.write.execute([operation.target, operation.data], { account });
  /** Seconds that governance has to wait for the operation. */
  const delayOf = async ({ target, data }: Operation): Promise<bigint> => {
    const selector: Hex = `0x${data.slice(2, 10)}`;
    const role = await authority.read.getTargetFunctionRole([target, selector]);
    return BigInt(await authority.read.delayFloor([role]));
  };

  return {
    ...compute,
    mandate,
    treasury,
    votes,
    governor,
    vetoLock,
    assertion,
    addressOf,
    schedule,
    execute,
    delayOf,

    /** Schedules, waits, executes. */
    act: async (operation: Operation): Promise<Hex> => {
      await schedule(operation);
      await stage.travel(await delayOf(operation));
      return execute(operation);
    },

    /** The operation's id and the nonce of its last schedule. */
    keyOf: async ({ target, data }: Operation, caller = governance): Promise<readonly [Hex, number]> => {
      const id = await authority.read.hashOperation([caller, target, data]);
      return [id, await authority.read.getNonce([id])];
    },

    /** When the operation is ready; 0 if it does not wait. */
    readyAt: async ({ target, data }: Operation, caller = governance): Promise<bigint> => {
      const id = await authority.read.hashOperation([caller, target, data]);
      return BigInt(await authority.read.getSchedule([id]));
    },

    /** Locks `amount` of the account's vPHA against an operation of `caller`. */
    lock: async (account: Address, operation: Operation, amount: bigint, caller = governance): Promise<Hex> => {
      await vpha.write.approve([vetoLock.address, amount], { account });
      return vetoLock.write.lock([caller, operation.target, operation.data, amount], { account });
    },

    /** Turns `amount` of the account's vPHA into votes, and lets the second pass after which they count. */
    wrap: async (account: Address, amount: bigint): Promise<void> => {
      await vpha.write.approve([votes.address, amount], { account });
      await votes.write.depositFor([account, amount], { account });
      await stage.travel(1n);
    },

    /** Proposes `operations`, as somebody who has votes. */
    propose: async (
      operations: readonly Operation[],
      { account = actors.alice, why = "because" }: { account?: Address; why?: string } = {},
    ): Promise<Proposal> => {
      const targets = operations.map(({ target }) => target);
      const values = operations.map(() => 0n);
      const datas = operations.map(({ data }) => data);
      const content = [targets, values, datas, keccak256(toHex(why))] as const;
      await governor.write.propose([targets, values, datas, why], { account });
      return { id: await governor.read.getProposalId(content), content };
    },

    stateOf: async ({ id }: Proposal) => PROPOSAL_STATES[await governor.read.state([id])],

    /** Lets time pass until the vote has begun. */
    awaitVote: async ({ id }: Proposal): Promise<void> => {
      await stage.travelTo((await governor.read.proposalSnapshot([id])) + 1n);
    },

    /** Lets time pass until the vote is over. */
    awaitResult: async ({ id }: Proposal): Promise<void> => {
      await stage.travelTo((await governor.read.proposalDeadline([id])) + 1n);
    },

    vote: ({ id }: Proposal, account: Address = actors.alice, support: number = SUPPORT.for) =>
      governor.write.castVote([id, support], { account }),

    /** By anyone, as everything after the vote. */
    queue: ({ content }: Proposal) => governor.write.queue(content, { account: actors.stranger }),
    enact: ({ content }: Proposal) => governor.write.execute(content, { account: actors.stranger }),
  };
}

/** From the proposal to the end of a vote that alice carries. */
export async function pass(g: Governance, operations: readonly Operation[], why?: string): Promise<Proposal> {
  const proposal = await g.propose(operations, why === undefined ? {} : { why });
  await g.awaitVote(proposal);
  await g.vote(proposal);
  await g.awaitResult(proposal);
  return proposal;
}
