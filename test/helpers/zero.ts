/** Arguments that can be encoded, for calls that are refused before they are read. */
import { type AbiParameter, padHex, zeroAddress } from "viem";

/** Zero, false, empty, or a tuple of it: what `parameter` takes, whatever it is. */
export function zeroOf(parameter: AbiParameter): unknown {
  const [, item, length] = /^(.*)\[(\d*)\]$/.exec(parameter.type) ?? [];
  if (item !== undefined) return Array.from({ length: Number(length) }, () => zeroOf({ ...parameter, type: item }));
  if ("components" in parameter) return parameter.components.map(zeroOf);
  const { type } = parameter;
  if (type === "address") return zeroAddress;
  if (type === "bool") return false;
  if (type === "string") return "";
  if (type.startsWith("bytes")) return padHex("0x", { size: Number(type.slice("bytes".length)) });
  return 0n;
}
