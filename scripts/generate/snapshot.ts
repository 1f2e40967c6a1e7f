/** What a reviewer wants to see change: size, code, storage and interface of a contract, one line each. */
import { type Abi, type AbiFunction, type Hex, keccak256, size, toEventSelector, toFunctionSelector } from "viem";
import { formatAbiItem, formatAbiParams } from "viem/utils";
import { type StorageLayout, abiOf, creationCode, runtimeCode, storageLayout } from "../../deploy/artifacts.ts";

/** The snapshot of `source`, such as `token/PHA`. */
export function renderSnapshot(source: string, header: string): string {
  const abi = abiOf(source);
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ["bytecode", bytecodeLines(creationCode(source), runtimeCode(source).code)],
    ["storage: slot, byte, bytes, variable", storageLines(storageLayout(source))],
    ["functions", functionLines(abi)],
    ["events", eventLines(abi)],
    ["errors", errorLines(abi)],
  ];
  const blocks = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [`\n## ${title}\n`, ...lines].join("\n"));
  return `${header}\n# contracts/${source}.sol\n${blocks.join("\n")}\n`;
}

function bytecodeLines(creation: Hex, runtime: Hex): string[] {
  return [
    `runtime   ${size(runtime)} bytes`,
    `creation  ${size(creation)} bytes`,
    // What CREATE2 makes addresses of, together with the constructor's arguments.
    `keccak    ${keccak256(creation)}`,
  ];
}

/** Variables in the order of their slots; structs that are stored are spelt out once, below. */
function storageLines({ storage, types }: StorageLayout): string[] {
  const label = (id: string) => types?.[id]?.label ?? id;
  const bytes = (id: string) => types?.[id]?.numberOfBytes ?? "?";
  const line = (name: string, variable: StorageLayout["storage"][number]) =>
    [variable.slot, variable.offset, bytes(variable.type)].map((n) => String(n).padStart(4)).join("") +
    `  ${name}: ${label(variable.type)}`;
  const structs = Object.values(types ?? {})
    .filter(({ members }) => members !== undefined)
    .sort((a, b) => (a.label < b.label ? -1 : 1));
  return [
    ...storage.map((variable) => line(variable.label, variable)),
    ...structs.flatMap(({ label: name, members }) => [
      `   ${name}`,
      ...(members ?? []).map((member) => line(`  ${member.label}`, member)),
    ]),
  ];
}

function functionLines(abi: Abi): string[] {
  const lines = abi.flatMap((item) =>
    item.type === "function" ? [`${toFunctionSelector(item)}  ${declarationOf(item)}`] : [],
  );
  const others = abi.flatMap((item) =>
    item.type === "constructor"
      ? [`            constructor(${formatAbiParams(item.inputs, { includeName: true })}) ${item.stateMutability}`]
      : item.type === "fallback" || item.type === "receive"
        ? [`            ${item.type}() ${item.stateMutability}`]
        : [],
  );
  return [...others, ...sortedByName(lines)];
}

function declarationOf(item: AbiFunction): string {
  const returned =
    item.outputs.length === 0 ? "" : ` returns (${formatAbiParams(item.outputs, { includeName: true })})`;
  return `${formatAbiItem(item, { includeName: true })} ${item.stateMutability}${returned}`;
}

/** The ABI's formatter leaves out what is indexed: it stands behind. */
function eventLines(abi: Abi): string[] {
  return sortedByName(
    abi.flatMap((item) => {
      if (item.type !== "event") return [];
      const indexed = item.inputs.flatMap((input) => ("indexed" in input && input.indexed ? [input.name ?? ""] : []));
      const suffix = indexed.length === 0 ? "" : ` indexed ${indexed.join(", ")}`;
      return [`${toEventSelector(item)}  ${formatAbiItem(item, { includeName: true })}${suffix}`];
    }),
  );
}

function errorLines(abi: Abi): string[] {
  return sortedByName(
    abi.flatMap((item) => {
      if (item.type !== "error") return [];
      const selector = keccak256(new TextEncoder().encode(formatAbiItem(item))).slice(0, 10);
      return [`${selector}  ${formatAbiItem(item, { includeName: true })}`];
    }),
  );
}

/** By what stands behind the selector: a new function is one new line, wherever the source declares it. */
function sortedByName(lines: readonly string[]): string[] {
  const nameOf = (line: string) => line.slice(line.indexOf("  "));
  return [...lines].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}
