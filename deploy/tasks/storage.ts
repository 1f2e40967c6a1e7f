/** From a variable to its place in storage, by solc's storage layouts. */
import { type Address, type Hex, encodeAbiParameters, hexToBigInt, isHex, keccak256, padHex, toHex } from "viem";
import { type StorageLayout, type StorageType, storageLayout } from "../artifacts.ts";
import type { ContractName } from "../modules/module.ts";
import { sourceOf } from "../modules/suite.ts";
import type { StoragePath, TaskReader } from "./task.ts";

const WORD = 32;

/** Bytes of a contract's storage. */
export interface StorageRange {
  readonly slot: Hex;
  /** Bytes from the right of the word. */
  readonly offset: number;
  readonly size: number;
}

/** A place in storage while it is being found. */
interface Place {
  readonly slot: bigint;
  readonly offset: number;
  readonly type: string;
}

/** The bytes that `path` of `contract` stands for, word by word: those of a value, an element, or a whole struct. */
export function storageRanges(contract: ContractName, path: StoragePath): StorageRange[] {
  const layout = storageLayout(sourceOf(contract));
  const [name, ...way] = path;
  const variable = layout.storage.find(({ label }) => label === name);
  if (variable === undefined) throw new Error(`${contract} has no variable ${name}`);
  let place: Place = { slot: BigInt(variable.slot), offset: variable.offset, type: variable.type };
  for (const step of way) place = enter(layout, place, step, pathText(contract, path));
  const type = typeOf(layout, place.type);
  if (type.encoding !== "inplace") throw new Error(`${pathText(contract, path)} is not one value: go further into it`);
  const size = Number(type.numberOfBytes);
  if (size <= WORD) return [{ slot: slotHex(place.slot), offset: place.offset, size }];
  return Array.from({ length: Math.ceil(size / WORD) }, (_, i) => ({
    slot: slotHex(place.slot + BigInt(i)),
    offset: 0,
    size: WORD,
  }));
}

/** The path as one text: `workerRegistry._models[0x48…].weight`. */
export function pathText(contract: ContractName, [name, ...way]: StoragePath): string {
  const steps = way.map((step) => (typeof step === "string" && !isHex(step) ? `.${step}` : `[${String(step)}]`));
  return `${contract}.${name}${steps.join("")}`;
}

/** The part of a word that `range` stands for. */
export function valueIn(word: Hex, { offset, size }: Pick<StorageRange, "offset" | "size">): bigint {
  return (hexToBigInt(word) >> BigInt(8 * offset)) & ((1n << BigInt(8 * size)) - 1n);
}

/** What stands at `path`, which has to fit into one word. */
export async function readStorage(
  client: Pick<TaskReader, "getStorageAt">,
  {
    contract,
    address,
    path,
  }: { readonly contract: ContractName; readonly address: Address; readonly path: StoragePath },
  blockNumber: bigint,
): Promise<bigint> {
  const [range, ...others] = storageRanges(contract, path);
  if (range === undefined || others.length !== 0) throw new Error(`${pathText(contract, path)} is more than one word`);
  const word = await client.getStorageAt({ address, slot: range.slot, blockNumber });
  return valueIn(padHex(word ?? "0x", { size: WORD }), range);
}

/** The type of an array's length, which layouts do not list. */
const LENGTH = "length";

const UINT256: StorageType = { encoding: "inplace", label: "uint256", numberOfBytes: "32" };

function typeOf({ types }: StorageLayout, id: string): StorageType {
  const type = id === LENGTH ? UINT256 : types?.[id];
  if (type === undefined) throw new Error(`the storage layout does not describe the type ${id}`);
  return type;
}

/** One step into a mapping, an array or a struct. */
function enter(layout: StorageLayout, { slot, type: id }: Place, step: string | number | bigint, what: string): Place {
  const type = typeOf(layout, id);
  const { encoding, members, key, value, base } = type;
  if (encoding === "mapping" && key !== undefined && value !== undefined) {
    const at = keccak256(
      encodeAbiParameters([{ type: "bytes32" }, { type: "uint256" }], [keyWord(typeOf(layout, key), step, what), slot]),
    );
    return { slot: hexToBigInt(at), offset: 0, type: value };
  }
  if (members !== undefined) {
    const member = members.find(({ label }) => label === step);
    if (member === undefined) throw new Error(`${what}: ${type.label} has no member ${String(step)}`);
    return { slot: slot + BigInt(member.slot), offset: member.offset, type: member.type };
  }
  if (base === undefined) throw new Error(`${what}: ${type.label} has no ${String(step)} in it`);
  if (encoding === "dynamic_array") {
    if (step === "length") return { slot, offset: 0, type: LENGTH };
    return element(layout, hexToBigInt(keccak256(slotHex(slot))), base, Number(step));
  }
  return element(layout, slot, base, Number(step));
}

/** Elements of less than half a word share words; others begin with a word. */
function element(layout: StorageLayout, first: bigint, base: string, index: number): Place {
  const size = Number(typeOf(layout, base).numberOfBytes);
  const perWord = Math.max(1, Math.floor(WORD / size));
  const words = Math.ceil(size / WORD);
  return {
    slot: first + BigInt(Math.floor(index / perWord) * words),
    offset: (index % perWord) * size * (perWord === 1 ? 0 : 1),
    type: base,
  };
}

/** A key as mappings hash it: fixed bytes from the left, all else from the right. */
function keyWord({ label, encoding }: StorageType, key: string | number | bigint, what: string): Hex {
  if (encoding !== "inplace") throw new Error(`${what}: keys of the type ${label} are not supported`);
  if (typeof key !== "string") return slotHex(BigInt(key));
  if (!isHex(key)) throw new Error(`${what}: ${key} is no key`);
  return padHex(key, { size: WORD, dir: /^bytes\d+$/.test(label) ? "right" : "left" });
}

const slotHex = (slot: bigint): Hex => toHex(BigInt.asUintN(256, slot), { size: WORD });
