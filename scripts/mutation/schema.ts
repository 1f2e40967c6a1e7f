/**
 * Mutant schemata (Untch, Offutt and Harrold, 1993): many faults of one file in one source, of which the code has none or one.
 * Each function with faults becomes a choice between itself and variants of itself, one for each fault. What is chosen by is
 * the address of a library: to the optimiser it is unknown, and in the bytecode it is a placeholder for the number of the fault.
 */
import { keccak256, toHex } from "viem";
import { type Mutation, type Node, type Range, isNode, rangeOf, textOf, visit } from "./operators.ts";

const CHOSEN = "MutantChosen";

/** Where a file's bytes are replaced. */
interface Edit extends Range {
  readonly text: string;
}

/** A function that can choose: its faults may be in its modifiers and in its body. */
interface Choosing extends Range {
  readonly name: string;
  /** Up to the modifiers or to what is returned. */
  readonly head: Range;
  readonly parameters: string;
  readonly arguments: string;
  readonly mutability: string;
  readonly modifiers: readonly Range[];
  /** `returns (…)`, or nothing. */
  readonly returns: string;
  readonly body: Range;
  readonly isFree: boolean;
}

/** A source with faults, and where those are: of a compiler's error at `position`, the index of the fault that it is about. */
export interface Schema {
  readonly content: string;
  readonly faultAt: (position: number) => number | undefined;
}

/** The faults that can be chosen in `source`, by the function that they are in; others are at constants, constructors, modifiers. */
export function choosable<T extends { readonly mutation: Mutation }>(
  source: Buffer,
  ast: unknown,
  faults: readonly T[],
): T[][] {
  return choosingOf(source, ast)
    .map((of) => faults.filter(({ mutation }) => isWithin(of, mutation)))
    .filter((group) => group.length > 0);
}

/** The source of `schema` for `faults`, which are numbered from 1. */
export function schemaOf(source: Buffer, ast: unknown, faults: readonly Mutation[]): Schema {
  const spans: (Range & { readonly fault: number })[] = [];
  let content = "";
  let at = 0;
  for (const of of choosingOf(source, ast)) {
    const own = [...faults.entries()].filter(([, fault]) => isWithin(of, fault));
    if (own.length === 0) continue;
    content += source.toString("utf8", at, of.start) + choiceOf(source, of, own);
    at = of.end;
    for (const [fault, mutation] of [[undefined, undefined] as const, ...own]) {
      const start = Buffer.byteLength(content);
      content += `\n${variantOf(source, of, (fault ?? -1) + 1, mutation)}`;
      if (fault !== undefined) spans.push({ start, end: Buffer.byteLength(content), fault });
    }
  }
  content += `${source.toString("utf8", at)}\nlibrary ${CHOSEN} {}\n`;
  const faultAt = (position: number) => spans.find(({ start, end }) => start <= position && position <= end)?.fault;
  return { content, faultAt };
}

/** The bytecode of a schema of `file`, such as `contracts/token/PHA.sol`, with the fault `number` chosen; 0 chooses none. */
export function choose(bytecode: string, file: string, number: number): string {
  const placeholder = `__$${keccak256(toHex(`${file}:${CHOSEN}`)).slice(2, 36)}$__`;
  return bytecode.replaceAll(placeholder, number.toString(16).padStart(40, "0"));
}

/** The function itself, without its modifiers. Where nothing is chosen, it makes all comparisons: a fault costs no more gas. */
function choiceOf(source: Buffer, of: Choosing, own: readonly (readonly [number, Mutation])[]): string {
  const call = (number: number) => {
    const text = `${nameOf(of, number)}(${of.arguments});`;
    return of.returns === "" ? `{ ${text} return; }` : `{ return ${text} }`;
  };
  const cases = own.map(([fault]) => `if (chosen__ == ${fault + 1}) ${call(fault + 1)}`);
  const blank = of.modifiers.map((range) => ({ ...range, text: "" }));
  const head = edited(source, of.head, blank);
  return `${head} { uint160 chosen__ = uint160(address(${CHOSEN})); ${cases.join(" ")} ${call(0)} }`;
}

/** Functions of the same name begin at different bytes. */
const nameOf = ({ name, start }: Choosing, number: number): string => `${name}__${start}_${number}`;

function variantOf(source: Buffer, of: Choosing, number: number, mutation: Mutation | undefined): string {
  const edits =
    mutation === undefined
      ? []
      : [{ start: mutation.start, end: mutation.start + mutation.length, text: mutation.replacement }];
  const modifiers = of.modifiers.map((range) => edited(source, range, edits)).join(" ");
  const visibility = of.isFree ? "" : "private";
  return `function ${nameOf(of, number)}(${of.parameters}) ${visibility} ${of.mutability} ${modifiers} ${of.returns} ${edited(source, of.body, edits)}`;
}

/** What is in `range`, with those of `edits` that are within it. */
function edited(source: Buffer, range: Range, edits: readonly Edit[]): string {
  let text = "";
  let at = range.start;
  for (const edit of edits) {
    if (edit.start < range.start || edit.end > range.end) continue;
    text += source.toString("utf8", at, edit.start) + edit.text;
    at = edit.end;
  }
  return text + source.toString("utf8", at, range.end);
}

function isWithin({ modifiers, body }: Choosing, { start, length }: Mutation): boolean {
  return [...modifiers, body].some((range) => range.start <= start && start + length <= range.end);
}

function choosingOf(source: Buffer, ast: unknown): Choosing[] {
  const found: Choosing[] = [];
  visit(ast, (node) => {
    const of = node.nodeType === "FunctionDefinition" ? choosing(source, node) : undefined;
    if (of !== undefined) found.push(of);
  });
  return found.sort((a, b) => a.start - b.start);
}

function choosing(source: Buffer, node: Node): Choosing | undefined {
  const kind = node["kind"];
  if (!isNode(node["body"]) || (kind !== "function" && kind !== "freeFunction")) return undefined;
  const declared = parametersOf(node["parameters"]);
  // One without a name is not used, and cannot be handed on.
  const named = declared.filter((each) => each["name"] !== "");
  const body = rangeOf(node["body"]);
  const { start, end } = rangeOf(node);
  const mutability = String(node["stateMutability"]);
  return {
    ...{ start, end, body, head: { start, end: body.start }, name: String(node["name"]) },
    parameters: named.map((each) => textOf(source, each)).join(", "),
    arguments: named.map((each) => String(each["name"])).join(", "),
    // Only what is called from outside can be payable.
    mutability: mutability === "pure" || mutability === "view" ? mutability : "",
    modifiers: Array.isArray(node["modifiers"]) ? node["modifiers"].map(rangeOf) : [],
    returns:
      parametersOf(node["returnParameters"]).length === 0 ? "" : `returns ${textOf(source, node["returnParameters"])}`,
    isFree: kind === "freeFunction",
  };
}

function parametersOf(list: unknown): Node[] {
  const parameters = isNode(list) ? list["parameters"] : undefined;
  return Array.isArray(parameters) ? parameters.filter(isNode) : [];
}
