/** The Safe that governs: where it is, how it is created, and what there is of it. */
import {
  type Address,
  type Hex,
  type PublicClient,
  concatHex,
  encodeFunctionData,
  encodePacked,
  getAddress,
  getContractAddress,
  keccak256,
  padHex,
  slice,
  stringToHex,
  toHex,
  zeroAddress,
} from "viem";
import type { Call } from "../call.ts";
import { safeAbi, safeProxyFactoryAbi } from "../generated/abis.ts";
import { InvalidParameter, address, integer, list, members } from "../parameters/validate.ts";
import { PROXY_CODE, SAFE_CONTRACTS, SAFE_VERSION, installationCall } from "./contracts.ts";

/** A Safe to be created. */
export interface SafeParameters {
  readonly owners: readonly Address[];
  /** How many owners have to sign. */
  readonly threshold: number;
  /** Tells Safes of the same owners apart. */
  readonly saltNonce: number;
}

/** Checks the member `safe` of a parameter file. Throws {@link InvalidParameter}. */
export function parseSafe(value: unknown): SafeParameters {
  const safe = members(value, "safe", ["owners", "threshold", "saltNonce"]);
  const owners = list(safe.owners, "safe.owners", address);
  if (owners.length === 0 || new Set(owners).size !== owners.length) {
    throw new InvalidParameter("safe.owners", "must hold at least one account, and none twice");
  }
  // The end of the Safe's own list of owners.
  if (owners.includes(SENTINEL)) throw new InvalidParameter("safe.owners", `must not hold ${SENTINEL}`);
  return {
    owners,
    threshold: integer(safe.threshold, "safe.threshold", 1, owners.length),
    saltNonce: integer(safe.saltNonce, "safe.saltNonce", 0, Number.MAX_SAFE_INTEGER),
  };
}

/** Both ends of a Safe's lists of owners and of modules. */
export const SENTINEL = getAddress(padHex("0x01", { size: 20 }));

/** The one call that a new Safe takes: its owners, no module, no payment. */
function initializer({ owners, threshold }: SafeParameters): Hex {
  return encodeFunctionData({
    abi: safeAbi,
    functionName: "setup",
    args: [
      owners,
      BigInt(threshold),
      zeroAddress,
      "0x",
      SAFE_CONTRACTS.fallbackHandler.address,
      zeroAddress,
      0n,
      zeroAddress,
    ],
  });
}

/** Where the Safe of these parameters is, on every chain. */
export function safeAddress(safe: SafeParameters): Address {
  return getContractAddress({
    opcode: "CREATE2",
    from: SAFE_CONTRACTS.proxyFactory.address,
    salt: keccak256(encodePacked(["bytes32", "uint256"], [keccak256(initializer(safe)), BigInt(safe.saltNonce)])),
    bytecode: concatHex([PROXY_CODE, padHex(SAFE_CONTRACTS.singleton.address, { size: 32 })]),
  });
}

/** The least that is needed of a client. */
type Reader = Pick<PublicClient, "readContract" | "getCode" | "getStorageAt">;

/** What is left to be called, by anyone, until the Safe of these parameters is there. */
export async function safeCalls(client: Reader, safe: SafeParameters, blockNumber: bigint): Promise<Call[]> {
  const isThere = async (at: Address) => (await client.getCode({ address: at, blockNumber })) !== undefined;
  const calls: Call[] = [];
  for (const contract of Object.values(SAFE_CONTRACTS)) {
    if (!(await isThere(contract.address))) calls.push(installationCall(contract));
  }
  const account = safeAddress(safe);
  if (await isThere(account)) return calls;
  const data = encodeFunctionData({
    abi: safeProxyFactoryAbi,
    functionName: "createProxyWithNonce",
    args: [SAFE_CONTRACTS.singleton.address, initializer(safe), BigInt(safe.saltNonce)],
  });
  const description = `create the Safe ${account}: ${safe.threshold} of ${safe.owners.length} owners`;
  return [...calls, { to: SAFE_CONTRACTS.proxyFactory.address, data, value: 0n, description }];
}

/** What there is of a Safe. */
export interface SafeState {
  readonly address: Address;
  readonly singleton: Address;
  readonly owners: readonly Address[];
  readonly threshold: number;
  /** Of its next transaction. */
  readonly nonce: bigint;
  readonly modules: readonly Address[];
  /** What checks its transactions; zero if nothing does. */
  readonly guard: Address;
  /** What checks the transactions of its modules; zero if nothing does. */
  readonly moduleGuard: Address;
  /** Answers calls that the Safe has no function for. */
  readonly fallbackHandler: Address;
}

/** Where a Safe keeps what its storage layout does not name. */
const GUARD_SLOT = keccak256(stringToHex("guard_manager.guard.address"));
const MODULE_GUARD_SLOT = keccak256(stringToHex("module_manager.module_guard.address"));
const FALLBACK_HANDLER_SLOT = keccak256(stringToHex("fallback_manager.handler.address"));

/** More modules than anybody has. */
const MODULES = 100n;

/** Reads a Safe; undefined if there is none at `account`. Throws if its code is not that of the canonical singleton. */
export async function readSafe(client: Reader, account: Address, blockNumber: bigint): Promise<SafeState | undefined> {
  const at = { address: account, abi: safeAbi, blockNumber } as const;
  if ((await client.getCode({ address: account, blockNumber })) === undefined) return undefined;
  const word = async (slot: Hex) => {
    const value = await client.getStorageAt({ address: account, slot, blockNumber });
    return getAddress(slice(padHex(value ?? "0x", { size: 32 }), 12));
  };
  const version = await client.readContract({ ...at, functionName: "VERSION" }).catch(() => undefined);
  if (version !== SAFE_VERSION) {
    throw new Error(
      `${account} is ${version === undefined ? "no Safe" : `a Safe of version ${version}`}, but these tasks are for a Safe of version ${SAFE_VERSION}`,
    );
  }
  // Another singleton can call itself what it likes.
  const singleton = await word(toHex(0, { size: 32 }));
  if (singleton !== SAFE_CONTRACTS.singleton.address) {
    throw new Error(
      `${account} is a Safe with the code of ${singleton}, but these tasks are for one with that of ${SAFE_CONTRACTS.singleton.address}`,
    );
  }
  const [owners, threshold, nonce, [modules], guard, moduleGuard, fallbackHandler] = await Promise.all([
    client.readContract({ ...at, functionName: "getOwners" }),
    client.readContract({ ...at, functionName: "getThreshold" }),
    client.readContract({ ...at, functionName: "nonce" }),
    client.readContract({ ...at, functionName: "getModulesPaginated", args: [SENTINEL, MODULES] }),
    word(GUARD_SLOT),
    word(MODULE_GUARD_SLOT),
    word(FALLBACK_HANDLER_SLOT),
  ]);
  return {
    address: account,
    singleton,
    owners,
    threshold: Number(threshold),
    nonce,
    modules,
    guard,
    moduleGuard,
    fallbackHandler,
  };
}
