/** What there is of the suite on a chain, read at one block: the input of tasks, of `status` and of the final check. */
import { type Address, type Hex, type PublicClient, erc20Abi, parseAbiItem } from "viem";
import { FACTORY } from "./factory.ts";
import {
  emissionVaultAbi,
  merkleDistributorAbi,
  phalaAuthorityAbi,
  teamVestingAbi,
  vphaAbi,
} from "./generated/abis.ts";
import type { ContractName, Contracts } from "./modules/module.ts";
import type { Plan } from "./modules/suite.ts";
import type { Parameters } from "./parameters/parameters.ts";
import { GOVERNED, GOVERNED_NAMES, type GovernedName, ROLES, ROLE_NAMES, type RoleName } from "./roles.ts";

/** The least that is needed of a client: any viem client with public actions. */
export type Reader = Pick<PublicClient, "readContract" | "getCode" | "getBlock" | "getLogs" | "getBlockNumber">;

export interface Member {
  readonly account: Address;
  /** Execution delay in force, in seconds. */
  readonly delay: number;
}

export interface AuthorityState {
  readonly isSealed: boolean;
  readonly members: Readonly<Record<RoleName, readonly Member[]>>;
  /** Role id of each governed function. */
  readonly roleOf: Readonly<Record<GovernedName, bigint>>;
}

/** All amounts in wei, all times in unix seconds; null where the contract does not exist (yet). */
export interface SuiteState {
  readonly block: { readonly number: bigint; readonly timestamp: bigint };
  readonly contracts: Contracts;
  /** Whether the CREATE2 factory is there. */
  readonly factory: boolean;
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
}

const TRANSFER = parseAbiItem("event Transfer(address indexed from, address indexed to, uint256 value)");

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

  const [factory, phalaAuthority, teamVesting, pha, emissionVault, vpha, merkleDistributor] = await Promise.all([
    has(FACTORY),
    has(contracts.phalaAuthority),
    has(contracts.teamVesting),
    has(contracts.pha),
    has(contracts.emissionVault),
    has(contracts.vpha),
    has(contracts.merkleDistributor),
  ]);

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
    const [totalSupply, decimals, governance, guardian, treasury, workers, reserve, privateSale, otherRewards] =
      await Promise.all([
        client.readContract({ ...at, functionName: "totalSupply" }),
        client.readContract({ ...at, functionName: "decimals" }),
        balanceOf(accounts.governance),
        balanceOf(accounts.guardian),
        balanceOf(accounts.treasury),
        balanceOf(accounts.workers),
        balanceOf(accounts.reserve),
        balanceOf(accounts.privateSale),
        balanceOf(accounts.otherRewards),
      ]);
    const balances = { governance, guardian, treasury, workers, reserve, privateSale, otherRewards };
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

  const authority = phalaAuthority ? await readAuthority(client, contracts, blockNumber) : null;
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

  return {
    block: { number: blockNumber, timestamp },
    contracts,
    factory,
    exists: { phalaAuthority, teamVesting, pha, emissionVault, vpha, merkleDistributor },
    token: await token(),
    authority,
    teamVesting: await vesting(),
    emissionVault: await vault(),
    vpha: await staking(),
    merkleDistributor: await distributor(),
  };
}

async function readAuthority(client: Reader, contracts: Contracts, blockNumber: bigint): Promise<AuthorityState> {
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
    Promise.all(ROLE_NAMES.map(membersOf)),
    Promise.all(GOVERNED_NAMES.map(roleOf)),
  ]);
  const [admin = [], guardian = [], parameters = [], treasury = [], periphery = [], core = []] = members;
  const [pauseDeposits = 0n, resumeDeposits = 0n, replaceSink = 0n, start = 0n] = roles;
  return {
    isSealed,
    members: { admin, guardian, parameters, treasury, periphery, core },
    roleOf: { pauseDeposits, resumeDeposits, replaceSink, start },
  };
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
  for (let first = fromBlock; first <= toBlock; first += LOG_RANGE) {
    const last = first + LOG_RANGE - 1n < toBlock ? first + LOG_RANGE - 1n : toBlock;
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
