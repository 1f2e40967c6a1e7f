/** Transactions of a Safe: a batch of calls as one of them, its hash in two ways, its signatures. */
import {
  type Address,
  type Hex,
  type LocalAccount,
  type PublicClient,
  concatHex,
  encodeFunctionData,
  encodePacked,
  hashDomain,
  hashStruct,
  hashTypedData,
  size,
  zeroAddress,
} from "viem";
import type { Call } from "../call.ts";
import { multiSendCallOnlyAbi, safeAbi } from "../generated/abis.ts";
import { SAFE_CONTRACTS } from "./contracts.ts";

/** `Enum.Operation` of the Safe. */
const OPERATION = { call: 0, delegateCall: 1 } as const;

/** What owners sign; without a refund of gas, so that the Safe reverts when the call does. */
export interface SafeTransaction {
  readonly to: Address;
  readonly value: bigint;
  readonly data: Hex;
  readonly operation: (typeof OPERATION)[keyof typeof OPERATION];
  readonly safeTxGas: bigint;
  readonly baseGas: bigint;
  readonly gasPrice: bigint;
  readonly gasToken: Address;
  readonly refundReceiver: Address;
  readonly nonce: bigint;
}

/** Whose transaction it is. */
export interface SafeDomain {
  readonly chainId: number;
  readonly safe: Address;
}

/**
 * The calls as one transaction: a single one as it is, several through MultiSendCallOnly, which the Safe runs as its own code
 * and which can do nothing but call. If one call reverts, all do.
 */
export function safeTransaction(calls: readonly Omit<Call, "description">[], nonce: bigint): SafeTransaction {
  const [first, ...others] = calls;
  if (first === undefined) throw new Error("a batch needs at least one call");
  const refund = { safeTxGas: 0n, baseGas: 0n, gasPrice: 0n, gasToken: zeroAddress, refundReceiver: zeroAddress };
  if (others.length === 0) {
    const { to, value, data } = first;
    return { to, value, data, operation: OPERATION.call, ...refund, nonce };
  }
  const packed = calls.map(({ to, value, data }) =>
    encodePacked(
      ["uint8", "address", "uint256", "uint256", "bytes"],
      [OPERATION.call, to, value, BigInt(size(data)), data],
    ),
  );
  return {
    to: SAFE_CONTRACTS.multiSendCallOnly.address,
    value: 0n,
    data: encodeFunctionData({ abi: multiSendCallOnlyAbi, functionName: "multiSend", args: [concatHex(packed)] }),
    operation: OPERATION.delegateCall,
    ...refund,
    nonce,
  };
}

/** What a wallet shows and signs (EIP-712). */
export function safeTypedData({ chainId, safe }: SafeDomain, transaction: SafeTransaction) {
  return {
    domain: { chainId: BigInt(chainId), verifyingContract: safe },
    types: {
      EIP712Domain: [
        { name: "chainId", type: "uint256" },
        { name: "verifyingContract", type: "address" },
      ],
      SafeTx: [
        { name: "to", type: "address" },
        { name: "value", type: "uint256" },
        { name: "data", type: "bytes" },
        { name: "operation", type: "uint8" },
        { name: "safeTxGas", type: "uint256" },
        { name: "baseGas", type: "uint256" },
        { name: "gasPrice", type: "uint256" },
        { name: "gasToken", type: "address" },
        { name: "refundReceiver", type: "address" },
        { name: "nonce", type: "uint256" },
      ],
    },
    primaryType: "SafeTx",
    message: transaction,
  } as const;
}

/** What hardware wallets show of a transaction, and what all of it comes to. */
export interface SafeHashes {
  readonly domain: Hex;
  readonly message: Hex;
  readonly transaction: Hex;
}

/** The hashes, computed here. */
export function safeHashes(domain: SafeDomain, transaction: SafeTransaction): SafeHashes {
  const data = safeTypedData(domain, transaction);
  return {
    domain: hashDomain({ domain: data.domain, types: data.types }),
    message: hashStruct({ data: { ...data.message }, types: data.types, primaryType: data.primaryType }),
    transaction: hashTypedData(data),
  };
}

/**
 * The hash, computed by the Safe itself. Throws if it is another than the one that is computed here: then one of both is not
 * what signers would sign. Throws as well where a batch would do nothing, since there is no MultiSendCallOnly.
 */
export async function confirmedHash(
  client: Pick<PublicClient, "readContract" | "getCode">,
  domain: SafeDomain,
  transaction: SafeTransaction,
): Promise<Hex> {
  const { to, value, data, operation, safeTxGas, baseGas, gasPrice, gasToken, refundReceiver, nonce } = transaction;
  if (operation === OPERATION.delegateCall && (await client.getCode({ address: to })) === undefined) {
    throw new Error(`there is no MultiSendCallOnly at ${to}, so that the batch would do nothing: deploy it first`);
  }
  const found = await client.readContract({
    address: domain.safe,
    abi: safeAbi,
    functionName: "getTransactionHash",
    args: [to, value, data, operation, safeTxGas, baseGas, gasPrice, gasToken, refundReceiver, nonce],
  });
  const computed = safeHashes(domain, transaction).transaction;
  if (found !== computed) {
    throw new Error(`the Safe ${domain.safe} computes the hash ${found}, but it should be ${computed}: sign neither`);
  }
  return found;
}

/** The signatures of `owners`, in the order that the Safe demands. */
export async function signatures(
  owners: readonly LocalAccount[],
  domain: SafeDomain,
  transaction: SafeTransaction,
): Promise<Hex> {
  const sorted = [...owners].sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  return concatHex(await Promise.all(sorted.map((owner) => owner.signTypedData(safeTypedData(domain, transaction)))));
}

/** What anyone sends to the Safe to have a signed transaction executed. */
export function executionCall(safe: Address, transaction: SafeTransaction, signed: Hex, description: string): Call {
  const { to, value, data, operation, safeTxGas, baseGas, gasPrice, gasToken, refundReceiver } = transaction;
  return {
    to: safe,
    value: 0n,
    data: encodeFunctionData({
      abi: safeAbi,
      functionName: "execTransaction",
      args: [to, value, data, operation, safeTxGas, baseGas, gasPrice, gasToken, refundReceiver, signed],
    }),
    description,
  };
}
