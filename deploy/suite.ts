/** Deployment as one function: looks at the chain, does what is missing, or nothing. */
import { type Account, type Address, type Transport, erc20Abi, isAddressEqual } from "viem";
import {
  type ChainReader,
  type OnStep,
  accountExecutor,
  addressOf,
  chainReader,
  reason,
  waitUntilIdle,
} from "./executors/account.ts";
import { type SafeSigners, isSafeSigners, safeExecutor } from "./executors/safe.ts";
import { type Manifest, findManifest, findManifestOf, manifestPathFor, writeManifest } from "./manifest.ts";
import { CONTRACT_NAMES } from "./modules/module.ts";
import { type Plan, deploymentCalls, planSuite } from "./modules/suite.ts";
import { type Parameters, unixTime } from "./parameters/parameters.ts";
import { checkSuite } from "./status.ts";
import { readState } from "./state.ts";
import { genesis } from "./tasks/0001-genesis/genesis.ts";

export interface DeploySuiteOptions {
  /** The chain: viem's `http(url)`, or `custom(provider)`. */
  readonly transport: Transport;
  readonly parameters: Parameters;
  /** Pays for the contracts. Gets no role and no token. */
  readonly deployer: Account | Address;
  /** The parameters' governance account, or owners of the Safe that it is: the deployer pays what they sign; null if it does not sign here: then genesis is left to it. */
  readonly governance: Account | Address | SafeSigners | null;
  /** Default: `deployments/<network>.json`. */
  readonly manifestPath?: string | undefined;
  /** See {@link startOf}. */
  readonly startBlock?: bigint | undefined;
  /** Told of each mined transaction before the next one is sent. */
  readonly onStep?: OnStep | undefined;
}

/**
 * Deploys the suite, or what is missing of it, and brings it through genesis.
 *
 * Safe to run again at any time, whenever an earlier run was killed: addresses follow from parameters and bytecode, and
 * what was done is seen on the chain.
 *
 * @returns The manifest, as it was written to `manifestPath`.
 */
export async function deploySuite(options: DeploySuiteOptions): Promise<Manifest> {
  const { transport, parameters, onStep } = options;
  const { chainId } = parameters.network;
  const deployer = addressOf(options.deployer);
  const manifestPath = options.manifestPath ?? manifestPathFor(parameters.network.name);
  const reader = chainReader(transport);
  if (isAddressEqual(deployer, parameters.accounts.governance)) {
    throw new Error(`accounts.governance: must not be the deployer, ${deployer}, which gets no role`);
  }
  const recorded = findManifestOf(parameters.preset, manifestPath);
  await checkChain(reader, parameters);
  const { governance } = options;
  const { governance: governing } = parameters.accounts;
  if (governance !== null && !isSafeSigners(governance) && addressOf(governance) !== governing) {
    throw new Error(`the governance account is ${addressOf(governance)}, but accounts.governance is ${governing}`);
  }

  const plan = planSuite(parameters);
  if (recorded !== undefined) await checkRecord(reader, plan, recorded, manifestPath);
  await waitUntilIdle(reader, deployer);
  const findStart = () => startOf(reader, plan, manifestPath, options.startBlock);
  const before = await readState(reader, parameters, plan, await findStart());
  const { number: blockNumber } = before.block;
  const executor = accountExecutor({ transport, account: options.deployer, chainId, blockNumber, onStep });
  const { distributor, team } = parameters;
  if (team !== null && !before.exists.teamVesting) {
    if (unixTime(team.start) + BigInt(team.durationDays) * 86_400n <= before.block.timestamp) {
      throw new Error(
        `team.durationDays: ${team.durationDays} days from team.start, ${team.start}, have passed: nothing would vest any more`,
      );
    }
  }
  if (distributor !== null && !before.exists.merkleDistributor) {
    if (unixTime(distributor.deadline) <= before.block.timestamp) {
      throw new Error(`distributor.deadline: ${distributor.deadline} has passed`);
    }
  }
  const { minTcbDate } = parameters.attestation.floors;
  if (!before.exists.attestationRegistry && unixTime(minTcbDate) > before.block.timestamp) {
    throw new Error(`attestation.floors.minTcbDate: ${minTcbDate} is later than the chain's last block`);
  }
  if (!before.factory) await executor.installFactory();

  // Before the first contract, so that a run that is killed leaves the right block behind.
  const startBlock = await findStart();
  const manifest: Manifest = {
    network: parameters.network.name,
    chainId,
    preset: parameters.preset,
    startBlock: Number(startBlock),
    parameters,
    contracts: plan.contracts,
  };
  writeManifest(manifestPath, manifest);
  await executor.execute([...(before.safe?.calls ?? []), ...deploymentCalls(plan, (name) => before.exists[name])]);

  if (governance === null) return manifest;
  if (!isSafeSigners(governance)) await waitUntilIdle(reader, governing);
  const deployed = await readState(reader, parameters, plan, startBlock);
  const calls = genesis(deployed, parameters);
  const chain = { transport, chainId, blockNumber: deployed.block.number, onStep };
  const governor = isSafeSigners(governance)
    ? safeExecutor({ ...chain, safe: governing, owners: governance.owners, payer: options.deployer })
    : accountExecutor({ ...chain, account: governance });
  await governor.execute(calls);

  const failed = checkSuite(await readState(reader, parameters, plan, startBlock), parameters).filter(
    // What governance decided since an earlier genesis is its own affair.
    ({ ok, changeable }) => !ok && (!changeable || calls.length !== 0),
  );
  if (failed.length !== 0) {
    throw new Error(
      `the deployment is not what the parameters say: ${failed.map(({ name, found, expected }) => `${name} is ${found} instead of ${expected}`).join("; ")}`,
    );
  }
  return manifest;
}

/** Refuses to forget a suite that is on the chain: the record of it would be replaced by that of another one. */
async function checkRecord(reader: ChainReader, { contracts }: Plan, recorded: Manifest, file: string): Promise<void> {
  const other = CONTRACT_NAMES.find((name) => contracts[name] !== recorded.contracts[name]);
  // The first contract: without it, there is none of the others.
  const { phalaAuthority } = recorded.contracts;
  if (other === undefined || (await reader.getCode({ address: phalaAuthority })) === undefined) return;
  throw new Error(
    `${file} records a suite that is on this chain, and with these parameters and this build ${other} would be at ${contracts[other] ?? "no address"} instead of ${recorded.contracts[other] ?? "none"}: that would be a second suite; name another manifest (--manifest) for one`,
  );
}

/** Refuses a chain that the parameters are not for. */
export async function checkChain(reader: ChainReader, { network, token }: Parameters): Promise<void> {
  const chainId = await reader.getChainId();
  if (chainId !== network.chainId) {
    throw new Error(`the chain's id is ${chainId}, but network.chainId is ${network.chainId}`);
  }
  if (!("adopt" in token)) return;
  if ((await reader.getCode({ address: token.adopt })) === undefined) {
    throw new Error(`token.adopt: there is no contract at ${token.adopt}`);
  }
  const decimals = await reader
    .readContract({ address: token.adopt, abi: erc20Abi, functionName: "decimals" })
    .catch((error: unknown) => {
      throw new Error(`token.adopt: ${token.adopt} does not say its decimals (${reason(error)})`, { cause: error });
    });
  if (decimals !== 18) {
    throw new Error(`token.adopt: ${token.adopt} has ${decimals} decimals, but the suite needs 18`);
  }
}

/**
 * A block before which no contract of the suite existed: `given`, if it is; the manifest's, if it is the record of these
 * contracts and they are on this chain; the next one, if none of them is; otherwise found by search, which asks the node
 * for past states.
 */
export async function startOf(
  reader: ChainReader,
  { contracts, deployments }: Plan,
  file: string,
  given?: bigint,
): Promise<bigint> {
  const exists = async (address: Address, blockNumber: bigint) =>
    (await reader.getCode({ address, blockNumber })) !== undefined;
  const anyExists = async (blockNumber: bigint) =>
    (await Promise.all(deployments.map(({ address }) => exists(address, blockNumber)))).includes(true);
  const head = await reader.getBlockNumber();
  if (given !== undefined) {
    if (given > head) throw new Error(`the start block is ${given}, but the chain's last one is ${head}`);
    return given;
  }
  if (!(await anyExists(head))) return head + 1n;

  const manifest = findManifest(file);
  if (manifest !== undefined && JSON.stringify(manifest.contracts) === JSON.stringify(contracts)) {
    return BigInt(manifest.startBlock);
  }
  let without = -1n;
  let having = head;
  while (having - without > 1n) {
    const middle = (without + having) / 2n;
    const isThere = await anyExists(middle).catch((error: unknown) => {
      throw new Error(
        `${file} does not record these contracts, and the node cannot say when they were deployed, since it keeps no past states (block ${middle}: ${reason(error)}): name a block before the first of them as start block (--start-block)`,
        { cause: error },
      );
    });
    if (isThere) having = middle;
    else without = middle;
  }
  return having;
}
