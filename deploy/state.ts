/** What there is of the suite on a chain, read at one block: the input of tasks, of `status` and of the final check. */
import type { RootKey } from "../scripts/attestation/files.ts";
import { type Address, type Hex, type PublicClient, erc20Abi, getAbiItem, parseAbiItem } from "viem";
import type { Call } from "./call.ts";
import { FACTORY } from "./factory.ts";
import {
  attestationRegistryAbi,
  emissionVaultAbi,
  guardianMandateAbi,
  merkleDistributorAbi,
  phalaAuthorityAbi,
  phalaGovernorAbi,
  slashingAbi,
  tdxVerifierAbi,
  teamVestingAbi,
  treasuryAbi,
  vetoLockAbi,
  votingVphaAbi,
  vphaAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "./generated/abis.ts";
import { CONTRACT_NAMES, type ContractName, type Contracts, byName } from "./modules/module.ts";
import type { Plan } from "./modules/suite.ts";
import { imageIdOf } from "./parameters/attestation.ts";
import { modelOf, type slashingLimitsOf } from "./parameters/compute.ts";
import { ACCOUNT_NAMES, type Parameters } from "./parameters/parameters.ts";
import { GOVERNED, GOVERNED_NAMES, type GovernedName, ROLES, ROLE_NAMES, type RoleName } from "./roles.ts";
import { type SafeState, readSafe, safeCalls } from "./safe/account.ts";

/** The least that is needed of a client: any viem client with public actions. */
export type Reader = Pick<
  PublicClient,
  "readContract" | "getCode" | "getStorageAt" | "getBlock" | "getLogs" | "getBlockNumber"
>;

export interface Member {
  readonly account: Address;
  /** Execution delay in force, in seconds. */
  readonly delay: number;
}

/** Something that AccessManager can be set to, but genesis never sets. */
export interface AuthoritySetting {
  readonly kind: "grant delay of role" | "closed target" | "admin delay of target";
  /** Role id, or address of the target. */
  readonly subject: string;
  /** Role id, or seconds; 1 for closed. */
  readonly value: bigint;
}

export interface AuthorityState {
  readonly isSealed: boolean;
  readonly members: Readonly<Record<RoleName, readonly Member[]>>;
  /** Role id of each governed function. */
  readonly roleOf: Readonly<Record<GovernedName, bigint>>;
  /** All that differs from what AccessManager begins with, in force or announced; null once sealed, when it is governance's affair. */
  readonly settings: readonly AuthoritySetting[] | null;
}

export interface AttestationState {
  readonly authority: Address;
  readonly verifier: Address;
  readonly floors: { readonly minTcbDay: number; readonly minQeIsvSvn: number; readonly allowedStatuses: number };
  /** What of the parameters' workloads is listed, in their order. */
  readonly workloads: readonly { readonly image: boolean; readonly shapes: readonly boolean[] }[];
  /** All images that are listed, with their shapes; from the events. */
  readonly listed: readonly { readonly image: Hex; readonly shapes: readonly Hex[] }[];
}

/** The three contracts of compute together. */
export interface ComputeState {
  readonly workerRegistry: { readonly authority: Address; readonly vpha: Address; readonly attestation: Address };
  readonly workerRewards: {
    readonly authority: Address;
    readonly emissionVault: Address;
    readonly vpha: Address;
    readonly workerRegistry: Address;
    readonly ceiling: bigint;
  };
  readonly slashing: {
    readonly authority: Address;
    readonly workerRegistry: Address;
    readonly slasher: Address;
    readonly judge: Address;
    readonly treasury: Address;
    readonly limits: ReturnType<typeof slashingLimitsOf>;
  };
  /** Who may slash, as the registry has it; zero before genesis. */
  readonly slashingOfRegistry: Address;
  /** The parameters' models as the catalog has them, in their order; undefined if it does not list one. */
  readonly models: readonly ({ readonly collateral: bigint; readonly weight: number } | undefined)[];
  /** The ids of all models that the catalog lists. */
  readonly listed: readonly Hex[];
}

/** A budget of the treasury by which something can still leave. */
export interface OpenBudget {
  readonly name: Hex;
  readonly payee: Address;
  readonly token: Address;
  readonly total: bigint;
  readonly paid: bigint;
  readonly end: number;
}

/** The contracts of governance together. */
export interface GovernanceState {
  readonly treasury: {
    readonly authority: Address;
    readonly emissionVault: Address;
    readonly budgets: readonly OpenBudget[];
  };
  readonly guardianMandate: {
    readonly authority: Address;
    readonly guardian: Address;
    readonly end: number;
    readonly vpha: Address;
    readonly workerRegistry: Address;
    readonly attestationRegistry: Address;
  };
  readonly votingVpha: { readonly underlying: Address };
  readonly phalaGovernor: { readonly accessManager: Address; readonly token: Address; readonly vpha: Address };
  readonly vetoLock: { readonly authority: Address; readonly vpha: Address };
}

/** All amounts in wei, all times in unix seconds; null where the contract does not exist (yet). */
export interface SuiteState {
  readonly block: { readonly number: bigint; readonly timestamp: bigint };
  readonly contracts: Contracts;
  /** Whether the CREATE2 factory is there. */
  readonly factory: boolean;
  /** The Safe that the parameters have created, and what is left of that; null where they name none. */
  readonly safe: { readonly account: SafeState | undefined; readonly calls: readonly Call[] } | null;
  readonly exists: Readonly<Record<ContractName, boolean>>;
  readonly token: {
    readonly totalSupply: bigint;
    readonly decimals: number;
    readonly balances: Readonly<Record<keyof Parameters["accounts"], bigint>>;
  } | null;
  readonly authority: AuthorityState | null;
  readonly teamVesting: {
    readonly beneficiary: Address;
    readonly start: bigint;
    readonly duration: bigint;
    readonly cliff: bigint;
    readonly balance: bigint;
  } | null;
  readonly emissionVault: {
    readonly authority: Address;
    readonly token: Address;
    readonly budget: bigint;
    readonly startTime: bigint;
    readonly balance: bigint;
    /** In the order stakers, workers, treasury. */
    readonly sinks: readonly [Address, Address, Address];
  } | null;
  readonly vpha: { readonly authority: Address; readonly asset: Address; readonly emissionVault: Address } | null;
  readonly merkleDistributor: {
    readonly token: Address;
    readonly root: Hex;
    readonly deadline: bigint;
    readonly treasury: Address;
    readonly balance: bigint;
    /** All that was ever sent to it; null once the authority is sealed, when nobody asks any more. */
    readonly received: bigint | null;
  } | null;
  readonly tdxVerifier: { readonly rootKey: RootKey } | null;
  readonly attestationRegistry: AttestationState | null;
  readonly compute: ComputeState | null;
  readonly governance: GovernanceState | null;
}

const TRANSFER = parseAbiItem("event Transfer(address indexed from, address indexed to, uint256 value)");

/** AccessManager's events of what {@link AuthoritySetting} lists. */
const SETTINGS = [
  getAbiItem({ abi: phalaAuthorityAbi, name: "RoleGrantDelayChanged" }),
  getAbiItem({ abi: phalaAuthorityAbi, name: "TargetClosed" }),
  getAbiItem({ abi: phalaAuthorityAbi, name: "TargetAdminDelayUpdated" }),
] as const;

/** What puts a workload on the registry's list, and takes it off. */
const LISTINGS = [
  getAbiItem({ abi: attestationRegistryAbi, name: "ImageAllowed" }),
  getAbiItem({ abi: attestationRegistryAbi, name: "ImageRemoved" }),
  getAbiItem({ abi: attestationRegistryAbi, name: "ShapeAllowed" }),
  getAbiItem({ abi: attestationRegistryAbi, name: "ShapeRemoved" }),
] as const;

/** `BudgetKind.Stream`. */
const STREAM = 2;

/** Blocks per log query: what public endpoints allow. */
const LOG_RANGE = 10_000n;

/**
 * Reads the state of the suite that `plan` describes.
 *
 * @param startBlock No contract of the suite existed before it.
 */
export async function readState(
  client: Reader,
  parameters: Parameters,
  { contracts }: Plan,
  startBlock: bigint,
): Promise<SuiteState> {
  const { number: blockNumber, timestamp } = await client.getBlock({ blockTag: "latest" });
  const has = async (address: Address | null) =>
    address !== null && (await client.getCode({ address, blockNumber })) !== undefined;

  const [factory, exists] = await Promise.all([has(FACTORY), byName(CONTRACT_NAMES, (name) => has(contracts[name]))]);
  const { phalaAuthority, teamVesting, pha, emissionVault, vpha, merkleDistributor, tdxVerifier, attestationRegistry } =
    exists;

  const safe = async (): Promise<SuiteState["safe"]> => {
    if (parameters.safe === null) return null;
    const [account, calls] = await Promise.all([
      readSafe(client, parameters.accounts.governance, blockNumber),
      safeCalls(client, parameters.safe, blockNumber),
    ]);
    return { account, calls };
  };
  const balanceOf = async (account: Address) =>
    pha
      ? client.readContract({
          address: contracts.pha,
          abi: erc20Abi,
          functionName: "balanceOf",
          args: [account],
          blockNumber,
        })
      : 0n;
  const token = async (): Promise<SuiteState["token"]> => {
    if (!pha) return null;
    const at = { address: contracts.pha, abi: erc20Abi, blockNumber } as const;
    const { accounts } = parameters;
    const [totalSupply, decimals, balances] = await Promise.all([
      client.readContract({ ...at, functionName: "totalSupply" }),
      client.readContract({ ...at, functionName: "decimals" }),
      byName(ACCOUNT_NAMES, (name) => balanceOf(accounts[name])),
    ]);
    return { totalSupply, decimals, balances };
  };
  const vesting = async (): Promise<SuiteState["teamVesting"]> => {
    if (!teamVesting || contracts.teamVesting === null) return null;
    const at = { address: contracts.teamVesting, abi: teamVestingAbi, blockNumber } as const;
    const [beneficiary, start, duration, cliff, balance] = await Promise.all([
      client.readContract({ ...at, functionName: "owner" }),
      client.readContract({ ...at, functionName: "start" }),
      client.readContract({ ...at, functionName: "duration" }),
      client.readContract({ ...at, functionName: "cliff" }),
      balanceOf(contracts.teamVesting),
    ]);
    return { beneficiary, start, duration, cliff: cliff - start, balance };
  };
  const vault = async (): Promise<SuiteState["emissionVault"]> => {
    if (!emissionVault) return null;
    const at = { address: contracts.emissionVault, abi: emissionVaultAbi, blockNumber } as const;
    const [authority, tokenAddress, budget, startTime, balance, ...sinks] = await Promise.all([
      client.readContract({ ...at, functionName: "authority" }),
      client.readContract({ ...at, functionName: "token" }),
      client.readContract({ ...at, functionName: "budget" }),
      client.readContract({ ...at, functionName: "startTime" }),
      balanceOf(contracts.emissionVault),
      client.readContract({ ...at, functionName: "sinkOf", args: [0] }),
      client.readContract({ ...at, functionName: "sinkOf", args: [1] }),
      client.readContract({ ...at, functionName: "sinkOf", args: [2] }),
    ]);
    return { authority, token: tokenAddress, budget, startTime, balance, sinks };
  };
  const staking = async (): Promise<SuiteState["vpha"]> => {
    if (!vpha) return null;
    const at = { address: contracts.vpha, abi: vphaAbi, blockNumber } as const;
    const [authority, asset, emission] = await Promise.all([
      client.readContract({ ...at, functionName: "authority" }),
      client.readContract({ ...at, functionName: "asset" }),
      client.readContract({ ...at, functionName: "emissionVault" }),
    ]);
    return { authority, asset, emissionVault: emission };
  };

  const authority = phalaAuthority ? await readAuthority(client, contracts, startBlock, blockNumber) : null;
  const distributor = async (): Promise<SuiteState["merkleDistributor"]> => {
    if (!merkleDistributor || contracts.merkleDistributor === null) return null;
    const at = { address: contracts.merkleDistributor, abi: merkleDistributorAbi, blockNumber } as const;
    const [tokenAddress, root, deadline, treasury, balance, received] = await Promise.all([
      client.readContract({ ...at, functionName: "token" }),
      client.readContract({ ...at, functionName: "root" }),
      client.readContract({ ...at, functionName: "deadline" }),
      client.readContract({ ...at, functionName: "treasury" }),
      balanceOf(contracts.merkleDistributor),
      authority?.isSealed
        ? null
        : receivedBy(client, contracts.pha, contracts.merkleDistributor, startBlock, blockNumber),
    ]);
    return { token: tokenAddress, root, deadline, treasury, balance, received };
  };

  const verifier = async (): Promise<SuiteState["tdxVerifier"]> => {
    if (!tdxVerifier) return null;
    const { verifier: address = contracts.tdxVerifier } = parameters.replaced;
    const at = { address, abi: tdxVerifierAbi, blockNumber } as const;
    return { rootKey: await client.readContract({ ...at, functionName: "rootKey" }) };
  };

  return {
    block: { number: blockNumber, timestamp },
    contracts,
    factory,
    safe: await safe(),
    exists,
    token: await token(),
    authority,
    teamVesting: await vesting(),
    emissionVault: await vault(),
    vpha: await staking(),
    merkleDistributor: await distributor(),
    tdxVerifier: await verifier(),
    attestationRegistry: attestationRegistry
      ? await readAttestation(client, parameters, contracts, startBlock, blockNumber)
      : null,
    compute:
      exists.workerRegistry && exists.workerRewards && exists.slashing
        ? await readCompute(client, parameters, contracts, blockNumber)
        : null,
    governance:
      exists.treasury && exists.guardianMandate && exists.votingVpha && exists.phalaGovernor && exists.vetoLock
        ? await readGovernance(client, contracts, startBlock, { number: blockNumber, timestamp })
        : null,
  };
}

async function readAttestation(
  client: Reader,
  { attestation }: Parameters,
  { attestationRegistry }: Contracts,
  startBlock: bigint,
  blockNumber: bigint,
): Promise<AttestationState> {
  const at = { address: attestationRegistry, abi: attestationRegistryAbi, blockNumber } as const;
  const [authority, verifier, floors, workloads] = await Promise.all([
    client.readContract({ ...at, functionName: "authority" }),
    client.readContract({ ...at, functionName: "verifier" }),
    client.readContract({ ...at, functionName: "floors" }),
    Promise.all(
      attestation.workloads.map(async (workload) => {
        const id = imageIdOf(workload);
        const [image, ...shapes] = await Promise.all([
          client.readContract({ ...at, functionName: "isImageAllowed", args: [id] }),
          ...workload.shapes.map((rtMr0) =>
            client.readContract({ ...at, functionName: "isShapeAllowed", args: [id, rtMr0] }),
          ),
        ]);
        return { image, shapes };
      }),
    ),
  ]);
  const listed = await readListed(client, attestationRegistry, startBlock, blockNumber);
  return { authority, verifier, floors, workloads, listed };
}

/** From the events: the registry answers only for an image or a shape that one can name. */
async function readListed(
  client: Reader,
  attestationRegistry: Address,
  startBlock: bigint,
  blockNumber: bigint,
): Promise<AttestationState["listed"]> {
  const listed = new Map<Hex, Set<Hex>>();
  for (const { first, last } of blockRanges(startBlock, blockNumber)) {
    const range = { address: attestationRegistry, events: LISTINGS, fromBlock: first, toBlock: last } as const;
    for (const { eventName, args } of await client.getLogs({ ...range, strict: true })) {
      switch (eventName) {
        case "ImageAllowed":
          listed.set(args.image, new Set());
          break;
        case "ImageRemoved":
          listed.delete(args.image);
          break;
        case "ShapeAllowed":
          listed.get(args.image)?.add(args.rtMr0);
          break;
        case "ShapeRemoved":
          listed.get(args.image)?.delete(args.rtMr0);
          break;
      }
    }
  }
  return [...listed].map(([image, shapes]) => ({ image, shapes: [...shapes] }));
}

async function readCompute(
  client: Reader,
  { compute }: Parameters,
  contracts: Contracts,
  blockNumber: bigint,
): Promise<ComputeState> {
  const registry = { address: contracts.workerRegistry, abi: workerRegistryAbi, blockNumber } as const;
  const rewards = { address: contracts.workerRewards, abi: workerRewardsAbi, blockNumber } as const;
  const slashing = { address: contracts.slashing, abi: slashingAbi, blockNumber } as const;
  const model = async (id: Hex) => {
    const { isListed, ...found } = await client.readContract({ ...registry, functionName: "modelOf", args: [id] });
    return isListed ? found : undefined;
  };
  const known = await client.readContract({ ...registry, functionName: "models" });
  const listed = await Promise.all(known.map(async (id) => ((await model(id)) === undefined ? [] : [id])));
  return {
    workerRegistry: await resolved({
      authority: client.readContract({ ...registry, functionName: "authority" }),
      vpha: client.readContract({ ...registry, functionName: "vpha" }),
      attestation: client.readContract({ ...registry, functionName: "attestation" }),
    }),
    workerRewards: await resolved({
      authority: client.readContract({ ...rewards, functionName: "authority" }),
      emissionVault: client.readContract({ ...rewards, functionName: "emissionVault" }),
      vpha: client.readContract({ ...rewards, functionName: "vpha" }),
      workerRegistry: client.readContract({ ...rewards, functionName: "workerRegistry" }),
      ceiling: client.readContract({ ...rewards, functionName: "ceiling" }),
    }),
    slashing: await resolved({
      authority: client.readContract({ ...slashing, functionName: "authority" }),
      workerRegistry: client.readContract({ ...slashing, functionName: "workerRegistry" }),
      slasher: client.readContract({ ...slashing, functionName: "slasher" }),
      judge: client.readContract({ ...slashing, functionName: "judge" }),
      treasury: client.readContract({ ...slashing, functionName: "treasury" }),
      limits: client.readContract({ ...slashing, functionName: "limits" }),
    }),
    slashingOfRegistry: await client.readContract({ ...registry, functionName: "slashing" }),
    models: await Promise.all(compute.models.map((each) => model(modelOf(each)[0]))),
    listed: listed.flat(),
  };
}

async function readGovernance(
  client: Reader,
  contracts: Contracts,
  startBlock: bigint,
  block: SuiteState["block"],
): Promise<GovernanceState> {
  const { number: blockNumber } = block;
  const treasury = { address: contracts.treasury, abi: treasuryAbi, blockNumber } as const;
  const mandate = { address: contracts.guardianMandate, abi: guardianMandateAbi, blockNumber } as const;
  const votes = { address: contracts.votingVpha, abi: votingVphaAbi, blockNumber } as const;
  const governor = { address: contracts.phalaGovernor, abi: phalaGovernorAbi, blockNumber } as const;
  const veto = { address: contracts.vetoLock, abi: vetoLockAbi, blockNumber } as const;
  return {
    treasury: await resolved({
      authority: client.readContract({ ...treasury, functionName: "authority" }),
      emissionVault: client.readContract({ ...treasury, functionName: "emissionVault" }),
      budgets: readBudgets(client, contracts, startBlock, block),
    }),
    guardianMandate: await resolved({
      authority: client.readContract({ ...mandate, functionName: "authority" }),
      guardian: client.readContract({ ...mandate, functionName: "guardian" }),
      end: client.readContract({ ...mandate, functionName: "end" }),
      vpha: client.readContract({ ...mandate, functionName: "vpha" }),
      workerRegistry: client.readContract({ ...mandate, functionName: "workerRegistry" }),
      attestationRegistry: client.readContract({ ...mandate, functionName: "attestationRegistry" }),
    }),
    votingVpha: await resolved({
      underlying: client.readContract({ ...votes, functionName: "underlying" }),
    }),
    phalaGovernor: await resolved({
      accessManager: client.readContract({ ...governor, functionName: "accessManager" }),
      token: client.readContract({ ...governor, functionName: "token" }),
      vpha: client.readContract({ ...governor, functionName: "vpha" }),
    }),
    vetoLock: await resolved({
      authority: client.readContract({ ...veto, functionName: "authority" }),
      vpha: client.readContract({ ...veto, functionName: "vpha" }),
    }),
  };
}

/** The budgets that are open, by the names in the events; a stream is so until all of it is paid. */
async function readBudgets(
  client: Reader,
  { treasury }: Contracts,
  startBlock: bigint,
  { number: blockNumber, timestamp }: SuiteState["block"],
): Promise<OpenBudget[]> {
  const at = { address: treasury, abi: treasuryAbi, blockNumber } as const;
  const event = getAbiItem({ abi: treasuryAbi, name: "BudgetOpened" });
  const budgets: OpenBudget[] = [];
  for (const { first, last } of blockRanges(startBlock, blockNumber)) {
    const logs = await client.getLogs({ address: treasury, event, fromBlock: first, toBlock: last, strict: true });
    for (const { name } of logs.map(({ args }) => args)) {
      const budget = await client.readContract({ ...at, functionName: "budgetOf", args: [name] });
      const { kind, payee, token, total, paid, end } = budget;
      if (paid === total || (kind !== STREAM && BigInt(end) <= timestamp)) continue;
      budgets.push({ name, payee, token, total, paid, end });
    }
  }
  return budgets;
}

/** All members at once. */
async function resolved<T extends Record<string, unknown>>(promises: T): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const entries = await Promise.all(
    Object.entries(promises).map(async ([name, value]) => [name, await value] as const),
  );
  return Object.fromEntries(entries) as { [K in keyof T]: Awaited<T[K]> };
}

async function readAuthority(
  client: Reader,
  contracts: Contracts,
  startBlock: bigint,
  blockNumber: bigint,
): Promise<AuthorityState> {
  const at = { address: contracts.phalaAuthority, abi: phalaAuthorityAbi, blockNumber } as const;
  const membersOf = async (role: RoleName): Promise<Member[]> => {
    const accounts = await client.readContract({ ...at, functionName: "membersOf", args: [ROLES[role]] });
    return Promise.all(
      accounts.map(async (account) => {
        const [, delay] = await client.readContract({ ...at, functionName: "getAccess", args: [ROLES[role], account] });
        return { account, delay };
      }),
    );
  };
  const roleOf = async (name: GovernedName) => {
    const { contract, selector } = GOVERNED[name];
    const target = contracts[contract];
    if (target === null) return ROLES.admin;
    return client.readContract({ ...at, functionName: "getTargetFunctionRole", args: [target, selector] });
  };
  const [isSealed, members, roles] = await Promise.all([
    client.readContract({ ...at, functionName: "isSealed" }),
    byName(ROLE_NAMES, membersOf),
    byName(GOVERNED_NAMES, roleOf),
  ]);
  const settings = isSealed ? null : await readSettings(client, contracts, startBlock, blockNumber);
  return { isSealed, members, roleOf: roles, settings };
}

/** From the events: a delay that was announced can be seen nowhere else, nor which targets there are. */
async function readSettings(
  client: Reader,
  { phalaAuthority }: Contracts,
  startBlock: bigint,
  blockNumber: bigint,
): Promise<AuthoritySetting[]> {
  const last = new Map<string, AuthoritySetting>();
  for (const { first, last: end } of blockRanges(startBlock, blockNumber)) {
    const logs = await client.getLogs({
      address: phalaAuthority,
      events: SETTINGS,
      fromBlock: first,
      toBlock: end,
      strict: true,
    });
    for (const log of logs) {
      const setting = await settingOf(client, phalaAuthority, blockNumber, log);
      last.set(`${setting.kind} ${setting.subject}`, setting);
    }
  }
  return [...last.values()].filter(({ value }) => value !== 0n);
}

/** An event of what {@link AuthoritySetting} lists. */
export type SettingEvent =
  | { readonly eventName: "RoleGrantDelayChanged"; readonly args: { readonly roleId: bigint; readonly delay: number } }
  | { readonly eventName: "TargetClosed"; readonly args: { readonly target: Address; readonly closed: boolean } }
  | {
      readonly eventName: "TargetAdminDelayUpdated";
      readonly args: { readonly target: Address; readonly delay: number };
    };

/** What the event sets; a delay that it takes back counts until that is in force. */
export async function settingOf(
  client: Pick<Reader, "readContract">,
  phalaAuthority: Address,
  blockNumber: bigint,
  { eventName, args }: SettingEvent,
): Promise<AuthoritySetting> {
  const at = { address: phalaAuthority, abi: phalaAuthorityAbi, blockNumber } as const;
  switch (eventName) {
    case "RoleGrantDelayChanged": {
      const inForce = { ...at, functionName: "getRoleGrantDelay", args: [args.roleId] } as const;
      const value = BigInt(args.delay || (await client.readContract(inForce)));
      return { kind: "grant delay of role", subject: String(args.roleId), value };
    }
    case "TargetClosed":
      return { kind: "closed target", subject: args.target, value: args.closed ? 1n : 0n };
    case "TargetAdminDelayUpdated": {
      const inForce = { ...at, functionName: "getTargetAdminDelay", args: [args.target] } as const;
      const value = BigInt(args.delay || (await client.readContract(inForce)));
      return { kind: "admin delay of target", subject: args.target, value };
    }
  }
}

/** The blocks `from` … `to` in parts that one log query may ask for. */
export function* blockRanges(from: bigint, to: bigint): Generator<{ readonly first: bigint; readonly last: bigint }> {
  for (let first = from; first <= to; first += LOG_RANGE) {
    const last = first + LOG_RANGE - 1n;
    yield { first, last: last < to ? last : to };
  }
}

/**
 * Wei of `token` that `account` was ever sent. The distributor's balance does not tell whether it was funded: somebody may
 * have claimed already.
 */
async function receivedBy(
  client: Reader,
  token: Address,
  account: Address,
  fromBlock: bigint,
  toBlock: bigint,
): Promise<bigint> {
  let sum = 0n;
  for (const { first, last } of blockRanges(fromBlock, toBlock)) {
    const logs = await client.getLogs({
      address: token,
      event: TRANSFER,
      args: { to: account },
      fromBlock: first,
      toBlock: last,
      strict: true,
    });
    for (const { args } of logs) sum += args.value;
  }
  return sum;
}
