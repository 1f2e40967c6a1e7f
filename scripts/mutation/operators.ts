/** Small faults in Solidity: where an AST of solc allows which, and what the source is with one of them. */

/** A node of solc's compact AST, as far as it is read here. */
export interface Node {
  readonly nodeType: string;
  /** `start:length:file`, in bytes. */
  readonly src?: string;
  readonly [member: string]: unknown;
}

/** One fault: `length` bytes from `start` on are replaced. */
export interface Mutation {
  readonly operator: Operator;
  readonly start: number;
  readonly length: number;
  readonly replacement: string;
}

/** What kinds of faults there are. */
export type Operator =
  | "boundary"
  | "condition"
  | "arithmetic"
  | "constant"
  | "revert"
  | "modifier"
  | "event"
  | "effect"
  | "order"
  | "assembly";

const BINARY: Readonly<Record<string, readonly (readonly [Operator, string])[]>> = {
  "<": [
    ["boundary", "<="],
    ["condition", ">"],
  ],
  "<=": [
    ["boundary", "<"],
    ["condition", ">"],
  ],
  ">": [
    ["boundary", ">="],
    ["condition", "<"],
  ],
  ">=": [
    ["boundary", ">"],
    ["condition", "<"],
  ],
  "==": [["condition", "!="]],
  "!=": [["condition", "=="]],
  "&&": [["condition", "||"]],
  "||": [["condition", "&&"]],
  "+": [["arithmetic", "-"]],
  "-": [["arithmetic", "+"]],
  "*": [["arithmetic", "/"]],
  "/": [["arithmetic", "*"]],
  "%": [["arithmetic", "*"]],
  "<<": [["arithmetic", ">>"]],
  ">>": [["arithmetic", "<<"]],
  "&": [["arithmetic", "|"]],
  "|": [["arithmetic", "&"]],
};

const ASSIGNMENT: Readonly<Record<string, string>> = {
  "+=": "-=",
  "-=": "+=",
  "*=": "/=",
  "/=": "*=",
  "|=": "&=",
  "&=": "|=",
};

/** Functions that are known by name: of libraries, and of Yul. */
const NAMED: Readonly<Record<string, string>> = { min: "max", max: "min" };
const YUL: Readonly<Record<string, string>> = {
  add: "sub",
  sub: "add",
  lt: "gt",
  gt: "lt",
  shl: "shr",
  shr: "shl",
  and: "or",
  or: "and",
  mul: "div",
  div: "mul",
};

/** All faults that the operators can make of a source, in the order of their places. */
export function mutationsOf(source: Buffer, ast: unknown): Mutation[] {
  const found: Mutation[] = [];
  visit(ast, (node) => found.push(...ofNode(source, node)));
  return found.sort((a, b) => a.start - b.start || (a.replacement < b.replacement ? -1 : 1));
}

/** The source with the fault in it. */
export function apply(source: Buffer, { start, length, replacement }: Mutation): string {
  return source.toString("utf8", 0, start) + replacement + source.toString("utf8", start + length);
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "nodeType" in value;
}

export function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) visit(item, see);
  if (!isNode(value)) return;
  see(value);
  for (const child of Object.values(value)) visit(child, see);
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

export function rangeOf(node: unknown): Range {
  const [start = 0, length = 0] = isNode(node) ? (node.src ?? "").split(":").map(Number) : [];
  return { start, end: start + length };
}

/** A statement's range, up to its semicolon. */
function statementOf(source: Buffer, node: Node): Range {
  const { start, end } = rangeOf(node);
  return { start, end: source.toString("utf8", end, end + 1) === ";" ? end + 1 : end };
}

function ofNode(source: Buffer, node: Node): Mutation[] {
  switch (node.nodeType) {
    case "BinaryOperation":
      return between(source, node["leftExpression"], node["rightExpression"], String(node["operator"])).flatMap((at) =>
        (BINARY[String(node["operator"])] ?? []).map(([operator, replacement]) => ({ operator, ...at, replacement })),
      );
    case "Assignment": {
      const replacement = ASSIGNMENT[String(node["operator"])];
      const places = between(source, node["leftHandSide"], node["rightHandSide"], String(node["operator"]));
      return replacement === undefined ? [] : places.map((at) => ({ operator: "arithmetic", ...at, replacement }));
    }
    case "UnaryOperation":
      return ofUnary(node);
    case "Conditional":
      return [replace("condition", rangeOf(node["condition"]), `!(${textOf(source, node["condition"])})`)];
    case "IfStatement":
      return [replace(isRevert(node["trueBody"]) ? "revert" : "condition", rangeOf(node["condition"]), "false")];
    case "Literal":
      return ofLiteral(node);
    case "FunctionDefinition":
      return ofModifiers(node);
    case "EmitStatement":
      return [replace("event", statementOf(source, node), "")];
    case "MemberAccess":
      return ofMember(source, node);
    case "Block":
    case "UncheckedBlock":
      return ofStatements(source, node["statements"]);
    case "YulFunctionCall":
      return ofYul(node["functionName"]);
    default:
      return [];
  }
}

const replace = (operator: Operator, { start, end }: Range, replacement: string): Mutation => ({
  operator,
  start,
  length: end - start,
  replacement,
});

export const textOf = (source: Buffer, node: unknown): string => {
  const { start, end } = rangeOf(node);
  return source.toString("utf8", start, end);
};

/** Where `operator` stands between two operands. */
function between(
  source: Buffer,
  left: unknown,
  right: unknown,
  operator: string,
): { readonly start: number; readonly length: number }[] {
  const { end } = rangeOf(left);
  const at = source.indexOf(operator, end);
  return at < 0 || at >= rangeOf(right).start ? [] : [{ start: at, length: operator.length }];
}

function ofUnary(node: Node): Mutation[] {
  const { start, end } = rangeOf(node);
  const sub = rangeOf(node["subExpression"]);
  const at = node["prefix"] === true ? { start, end: sub.start } : { start: sub.end, end };
  if (node["operator"] === "!") return [replace("condition", at, "")];
  if (node["operator"] === "++") return [replace("arithmetic", at, "--")];
  return node["operator"] === "--" ? [replace("arithmetic", at, "++")] : [];
}

function isRevert(body: unknown): boolean {
  if (!isNode(body)) return false;
  if (body.nodeType === "RevertStatement") return true;
  const statements = body["statements"];
  return Array.isArray(statements) && statements.length === 1 && isRevert(statements[0]);
}

/** Numbers in decimals, one more. Those in hex are masks and names, which have other mistakes. */
function ofLiteral(node: Node): Mutation[] {
  const value = String(node["value"]);
  const isNumber = node["kind"] === "number" && /^[\d_]+$/.test(value);
  if (!isNumber || node["subdenomination"] !== undefined) return [];
  const { start } = rangeOf(node);
  const next = String(BigInt(value.replaceAll("_", "")) + 1n);
  return [{ operator: "constant", start, length: value.length, replacement: next }];
}

function ofModifiers(node: Node): Mutation[] {
  const modifiers = node["modifiers"];
  if (!Array.isArray(modifiers) || node["kind"] === "constructor") return [];
  return modifiers.map((modifier) => replace("modifier", rangeOf(modifier), ""));
}

function ofMember(source: Buffer, node: Node): Mutation[] {
  const name = String(node["memberName"]);
  const replacement = NAMED[name];
  if (replacement === undefined) return [];
  const { end } = rangeOf(node);
  const start = end - name.length;
  return source.toString("utf8", start, end) === name
    ? [{ operator: "boundary", start, length: name.length, replacement }]
    : [];
}

/** Effects that do not happen, and effects in another order. */
function ofStatements(source: Buffer, statements: unknown): Mutation[] {
  if (!Array.isArray(statements)) return [];
  const list: readonly Node[] = statements.filter(isNode);
  const isEffect = ({ nodeType }: Node) => nodeType === "ExpressionStatement";
  // Two assignments in another order are seldom another effect; before and after a call are.
  const isCall = (node: Node) => {
    const expression = node["expression"];
    return isEffect(node) && isNode(expression) && expression.nodeType === "FunctionCall";
  };
  const removed = list.filter(isEffect).map((node) => replace("effect", statementOf(source, node), ""));
  const swapped = list.flatMap((node, i) => {
    const next = list[i + 1];
    if (next === undefined || !isEffect(node) || !(isCall(next) || isTelling(source, node, next))) return [];
    const [first, second] = [statementOf(source, node), statementOf(source, next)];
    const [a, b] = [first, second].map(({ start, end }) => source.toString("utf8", start, end));
    const gap = source.toString("utf8", first.end, second.start);
    return [replace("order", { start: first.start, end: second.end }, `${b ?? ""}${gap}${a ?? ""}`)];
  });
  return [...removed, ...swapped];
}

/**
 * Whether `next` is an event that would say something else before `node`: nobody sees what is between a write and an event
 * of one call, unless the event tells what was written, or what is before it is a call itself.
 */
function isTelling(source: Buffer, node: Node, next: Node): boolean {
  const expression = node["expression"];
  if (next.nodeType !== "EmitStatement" || !isNode(expression)) return false;
  if (expression.nodeType !== "Assignment") return true;
  const [variable] = /^\w+/.exec(textOf(source, expression["leftHandSide"])) ?? [];
  return variable === undefined || new RegExp(`\\b${variable}\\b`).test(textOf(source, next));
}

function ofYul(name: unknown): Mutation[] {
  const replacement = isNode(name) ? YUL[String(name["name"])] : undefined;
  return replacement === undefined ? [] : [replace("assembly", rangeOf(name), replacement)];
}
