/**
 * A chain on which time stands still until a test moves it: every transaction happens in the second of the last block, so
 * that a read and the write after it see the same price, and a test says exactly how much time lies between two events.
 *
 * All times are in unix seconds.
 */
import hre from "hardhat";
import {
  type Abi,
  type Address,
  type ContractConstructorArgs,
  createPublicClient,
  createWalletClient,
  custom,
  getAddress,
  getContract,
  isHex,
  numberToHex,
} from "viem";
import { hardhat } from "viem/chains";
import { createChain } from "./chain.ts";

export const MINUTE = 60n;
export const HOUR = 3_600n;
export const DAY = 86_400n;
export const YEAR = 365n * DAY;

/** When stages begin unless a test says otherwise: a full hour. */
export const STAGE_START = new Date("2026-01-01T00:00:00Z");

/** Enough for any call, below the limit of one transaction. */
const GAS = numberToHex(16_000_000);

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** Opens a stage on a chain of its own. */
export async function openStage(options: { initialDate?: Date; hardfork?: "prague" } = {}) {
  const chain = await createChain({ initialDate: STAGE_START, ...options, sameSecond: true });
  const provider = chain.provider;
  let now = (await chain.publicClient.getBlock()).timestamp;

  let last: Promise<unknown> = Promise.resolve();

  const ask = async (method: string, params: unknown[]): Promise<unknown> => provider.request({ method, params });
  const request = async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
    if (method === "eth_chainId") return numberToHex(hardhat.id);
    const list: unknown[] = Array.isArray(params) ? params : [];
    if (method !== "eth_sendTransaction") return ask(method, list);
    // One after the other: two transactions sent at once must not share one setting of the clock.
    const sent = last.then(async () => {
      await ask("evm_setNextBlockTimestamp", [numberToHex(now)]);
      return ask(method, [{ gas: GAS, ...(typeof list[0] === "object" ? list[0] : {}) }]);
    });
    last = sent.catch(() => undefined);
    return sent;
  };
  const transport = custom({ request }, { retryCount: 0 });
  const reader = createPublicClient({ chain: hardhat, transport, pollingInterval: 5, cacheTime: 0 });
  const wallet = createWalletClient({ chain: hardhat, transport });

  const travelTo = async (timestamp: bigint): Promise<bigint> => {
    if (timestamp === now) return now;
    if (timestamp < now) throw new Error(`cannot travel back from ${now} to ${timestamp}`);
    await provider.request({ method: "evm_setNextBlockTimestamp", params: [numberToHex(timestamp)] });
    await provider.request({ method: "evm_mine", params: [] });
    return (now = timestamp);
  };

  const create = async (name: string, abi: Abi, args: readonly unknown[] = []): Promise<Address> => {
    const { bytecode } = await hre.artifacts.readArtifact(name);
    const account = chain.accounts[0];
    if (!isHex(bytecode) || account === undefined) throw new Error(`${name} cannot be deployed`);
    const hash = await wallet.deployContract({ abi, bytecode, args, account });
    const { contractAddress } = await reader.getTransactionReceipt({ hash });
    if (contractAddress == null) throw new Error(`${name} was not deployed`);
    return getAddress(contractAddress);
  };

  return {
    accounts: chain.accounts,
    publicClient: reader,
    wallet,

    /** The second in which everything happens until {@link travel}. */
    now: () => now,

    /** Lets `seconds` pass. Returns the new time. */
    travel: (seconds: bigint) => travelTo(now + seconds),

    travelTo,

    /** Like {@link travelTo}, without a block of its own: time passes with the next transaction. */
    waitUntil: (timestamp: bigint): void => {
      if (timestamp < now) throw new Error(`cannot travel back from ${now} to ${timestamp}`);
      now = timestamp;
    },

    /** A handle on a deployed contract, which sends as whatever `account` a call names. */
    at<const abi extends Abi>(abi: abi, address: Address) {
      return getContract({ abi, address, client: { public: reader, wallet } });
    },

    /** Deploys the compiled contract `name`, sent by account 0. */
    async deploy<const abi extends Abi>(
      name: string,
      abi: abi,
      args: ContractConstructorArgs<abi> & readonly unknown[],
    ) {
      const address = await create(name, abi, args);
      return getContract({ abi, address, client: { public: reader, wallet } });
    },

    /** Remembers the state of the chain; the result brings it back, as often as wanted. */
    async remember(): Promise<() => Promise<void>> {
      const then = now;
      let id = await ask("evm_snapshot", []);
      return async () => {
        await provider.request({ method: "evm_revert", params: [id] });
        id = await ask("evm_snapshot", []);
        now = then;
      };
    },

    /** Lets the contract at `address` send transactions, for tests that stand in its place. */
    async impersonate(address: Address): Promise<Address> {
      await provider.request({ method: "hardhat_impersonateAccount", params: [address] });
      await provider.request({ method: "hardhat_setBalance", params: [address, numberToHex(10n ** 20n)] });
      return address;
    },

    /** Ends the chain. */
    close: async (): Promise<void> => chain.connection.close(),
  };
}

/** What makes each fixture begin anew. */
const forgetting: (() => Promise<void>)[] = [];

/** Ends the chains of all fixtures: each sets up another when it is loaded next, with what is in the artifacts then. */
export async function forgetFixtures(): Promise<void> {
  await Promise.all(forgetting.map(async (forget) => forget()));
}

/**
 * Runs `setUp` once, on a stage of its own, and returns what loads its result: each call finds the chain as `setUp` left it.
 */
export function fixture<T>(
  setUp: (stage: Stage) => Promise<T>,
  options: { initialDate?: Date; hardfork?: "prague" } = {},
) {
  let made: Promise<{ value: T; restore: () => Promise<void> }> | undefined;
  let stage: Stage | undefined;
  forgetting.push(async () => {
    made = undefined;
    await stage?.close();
    stage = undefined;
  });
  return async (): Promise<T> => {
    if (made === undefined) {
      made = openStage(options).then(async (opened) => {
        stage = opened;
        const value = await setUp(opened);
        return { value, restore: await opened.remember() };
      });
      return (await made).value;
    }
    const { value, restore } = await made;
    await restore();
    return value;
  };
}
