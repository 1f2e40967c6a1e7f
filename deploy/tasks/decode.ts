/** Calls as people read them: contract, function, arguments, and the calls inside. */
import { type Abi, type Address, type Hex, decodeFunctionData, encodeFunctionData, isAddress, isHex, size } from "viem";
import type { Call } from "../call.ts";
import * as abis from "../generated/abis.ts";
import { type ContractName, type Contracts, contractAt } from "../modules/module.ts";

/** How deep calls can be in each other: the authority's, and those of an authority's. */
const DEPTH = 4;

/** What a call does, one line for each call and argument, those inside by two blanks further in. */
export function callTree(contracts: Contracts, { to, data, value }: Omit<Call, "description">, depth = 0): string[] {
  const name = contractAt(contracts, to);
  const sum = value === 0n ? "" : ` with ${value} wei`;
  const decoded = name === undefined ? undefined : decode(name, data);
  if (name === undefined || decoded === undefined || depth > DEPTH) {
    return [`call ${name ?? to}${sum}: ${data}`];
  }
  const { functionName, inputs, args, excess } = decoded;
  const lines = [`${name}.${functionName} (${to})${sum}${excess}`];
  const target = args.find((argument): argument is Address => typeof argument === "string" && isAddress(argument));
  inputs.forEach((input, i) => {
    const argument = args[i];
    if (
      input.type === "bytes" &&
      ["schedule", "execute"].includes(functionName) &&
      target !== undefined &&
      isHex(argument)
    ) {
      const inner = callTree(contracts, { to: target, data: argument, value: 0n }, depth + 1);
      lines.push(`  ${input.name ?? i}:`, ...inner.map((line) => `    ${line}`));
      return;
    }
    const known = typeof argument === "string" && isAddress(argument) ? contractAt(contracts, argument) : undefined;
    lines.push(`  ${input.name ?? i}: ${valueText(argument)}${known === undefined ? "" : ` (${known})`}`);
  });
  return lines;
}

function decode(name: ContractName, data: Hex) {
  const abi: Abi = abis[`${name}Abi`];
  try {
    const { functionName, args } = decodeFunctionData({ abi, data });
    const values: readonly unknown[] = args ?? [];
    const item = abi.find(
      (each) => each.type === "function" && each.name === functionName && each.inputs.length === values.length,
    );
    if (item?.type !== "function") return undefined;
    const excess = excessText(data, encodeFunctionData({ abi: [item], args: values }));
    return { functionName, inputs: item.inputs, args: values, excess };
  } catch {
    return undefined;
  }
}

/** What `data` holds beside its `canonical` form, which a contract reads alike: an operation's id is of all its bytes. */
function excessText(data: Hex, canonical: Hex): string {
  if (data.toLowerCase() === canonical) return "";
  const bytes = size(data) - size(canonical);
  return bytes > 0 ? ` with ${bytes} further byte${bytes === 1 ? "" : "s"}` : ", encoded in another way than usual";
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([key, member]) => `${key}: ${valueText(member)}`)
    .join(", ")} }`;
}
