/** Files of the Safe's Transaction Builder: a batch to be imported there. */
import { type Address, type Hex, isHex, keccak256, stringToHex } from "viem";
import type { Call } from "../call.ts";
import { InvalidParameter, address, list, members } from "../parameters/validate.ts";

/** The version whose format this is. */
const BUILDER_VERSION = "1.16.5";

export interface TransactionBuilderFile {
  readonly version: "1.0";
  readonly chainId: string;
  /** Always 0, so that the same batch is the same file. */
  readonly createdAt: 0;
  readonly meta: {
    readonly name: string;
    readonly description: string;
    readonly txBuilderVersion: string;
    readonly createdFromSafeAddress: Address;
    readonly createdFromOwnerAddress: "";
    readonly checksum: Hex;
  };
  readonly transactions: readonly {
    readonly to: Address;
    /** Wei, decimal. */
    readonly value: string;
    readonly data: Hex;
    readonly contractMethod: null;
    readonly contractInputsValues: null;
  }[];
}

/** A batch as the Transaction Builder imports it. */
export function transactionBuilderFile(
  batch: { readonly chainId: number; readonly safe: Address; readonly name: string; readonly description: string },
  calls: readonly Call[],
): TransactionBuilderFile {
  const { chainId, safe, name, description } = batch;
  const file = {
    version: "1.0",
    chainId: String(chainId),
    createdAt: 0,
    meta: {
      name,
      description,
      txBuilderVersion: BUILDER_VERSION,
      createdFromSafeAddress: safe,
      createdFromOwnerAddress: "",
    },
    transactions: calls.map(({ to, value, data }) => ({
      to,
      value: String(value),
      data,
      contractMethod: null,
      contractInputsValues: null,
    })),
  } as const;
  return { ...file, meta: { ...file.meta, checksum: checksumOf(file) } };
}

/** The Transaction Builder's checksum: of everything but the batch's name and the checksum itself. */
export function checksumOf(file: { readonly meta: object }): Hex {
  const meta: Record<string, unknown> = { ...file.meta, name: null };
  delete meta["checksum"];
  return keccak256(stringToHex(serialised({ ...file, meta })));
}

/** The Transaction Builder's own form of JSON: members sorted by name, their names first. */
function serialised(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(serialised).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${JSON.stringify(sorted.map(([key]) => key))}${sorted.map(([, member]) => `${serialised(member)},`).join("")}}`;
}

/** The calls in a file of the Transaction Builder, for the Safe and the chain they must be for. Throws if it was changed. */
export function readTransactionBuilderFile(
  value: unknown,
  expected: { readonly chainId: number; readonly safe: Address },
): Call[] {
  const file = members(value, "", ["version", "chainId", "createdAt", "meta", "transactions"]);
  const meta = members(file.meta, "meta", [
    "name",
    "description",
    "txBuilderVersion",
    "createdFromSafeAddress",
    "createdFromOwnerAddress",
    "checksum",
  ]);
  if (meta.checksum !== checksumOf({ ...file, meta })) {
    throw new InvalidParameter("meta.checksum", "is not that of the batch: the file was changed");
  }
  if (file.chainId !== String(expected.chainId)) throw new InvalidParameter("chainId", `must be "${expected.chainId}"`);
  if (meta.createdFromSafeAddress !== expected.safe) {
    throw new InvalidParameter("meta.createdFromSafeAddress", `must be ${expected.safe}`);
  }
  return list(file.transactions, "transactions", (item, field) => {
    const call = members(item, field, ["to", "value", "data", "contractMethod", "contractInputsValues"]);
    if (!isHex(call.data)) throw new InvalidParameter(`${field}.data`, "must be bytes (0x and hexadecimal digits)");
    if (typeof call.value !== "string" || !/^\d+$/.test(call.value)) {
      throw new InvalidParameter(`${field}.value`, "must be an amount of wei as a string");
    }
    const to = address(call.to, `${field}.to`);
    return { to, value: BigInt(call.value), data: call.data, description: `call ${to}` };
  });
}
