/** Faults, compiled: as many at once as can be chosen from, others one at a time. */
import { type Compiled, type Genuine, astOf, compileWith } from "./compiler.ts";
import type { Fault } from "./faults.ts";
import { apply } from "./operators.ts";
import { readSource } from "./record.ts";
import { choosable, choose, schemaOf } from "./schema.ts";

/** How many faults are compiled at once. More cost less time each, and more gas wherever one is chosen from. */
const TOGETHER = 80;

/** Code that has one of several faults, or none. */
export interface Build {
  readonly faults: readonly Fault[];
  /** The contracts that hold the faults' source, with the fault in them; without one, as if genuine. */
  code(fault?: Fault): ReadonlyMap<string, Compiled>;
}

/** What is known of a fault once it is compiled. */
export interface Known {
  readonly fault: Fault;
  readonly outcome: "invalid" | "equal";
}

type Contracts = ReadonlyMap<string, Genuine>;

/** All faults, each in one build or known. */
export function* buildsOf(genuine: Contracts, faults: readonly Fault[]): Generator<Build | Known> {
  for (const source of new Set(faults.map((fault) => fault.source))) {
    const own = faults.filter((fault) => fault.source === source);
    const parsed = { source, bytes: readSource(source), ast: astOf(source) };
    const together = interleaved(choosable(parsed.bytes, parsed.ast, own));
    const chosen = new Set(together);
    const alone = own.filter((fault) => !chosen.has(fault));
    for (let at = 0; at < together.length; at += TOGETHER) {
      const { build, left } = buildTogether(genuine, parsed, together.slice(at, at + TOGETHER));
      if (build !== undefined) yield build;
      alone.push(...left);
    }
    for (const fault of alone) yield buildAlone(genuine, fault);
  }
}

/** The first of each group, then the second of each: a function gets slow by how many it has to choose from. */
function interleaved<T>(groups: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...groups.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => groups.flatMap((group) => group.slice(i, i + 1))).flat();
}

interface Parsed {
  readonly source: string;
  readonly bytes: Buffer;
  readonly ast: unknown;
}

/** A build of what compiles of `faults`, and what is left to be compiled alone. */
function buildTogether(
  genuine: Contracts,
  { source, bytes, ast }: Parsed,
  faults: readonly Fault[],
): { build?: Build; left: Fault[] } {
  const left: Fault[] = [];
  let fit = faults;
  const file = `contracts/${source}.sol`;
  while (fit.length > 0) {
    const of = fit.map(({ mutation }) => mutation);
    const { content, faultAt } = schemaOf(bytes, ast, of);
    const compiled = compileAll(genuine, { source, content });
    if (compiled.codes !== undefined) {
      const { codes } = compiled;
      const numbers = new Map(fit.map((fault, i) => [fault, i + 1]));
      const code = (fault?: Fault) => {
        const number = fault === undefined ? 0 : (numbers.get(fault) ?? 0);
        return new Map(
          [...codes].map(([name, { bytecode, deployedBytecode }]) => [
            name,
            { bytecode: choose(bytecode, file, number), deployedBytecode: choose(deployedBytecode, file, number) },
          ]),
        );
      };
      return { build: { faults: fit, code }, left };
    }
    const wrong = new Set(compiled.errors.map(faultAt));
    const rest = fit.filter((_, i) => !wrong.has(i));
    // An error that is of no fault, such as a stack that is too deep: none of them can be chosen.
    if (rest.length === fit.length) return { left: [...left, ...fit] };
    left.push(...fit.filter((_, i) => wrong.has(i)));
    fit = rest;
  }
  return { left };
}

/** A fault in its place, with nothing around it. */
export function buildAlone(genuine: Contracts, fault: Fault): Build | Known {
  const content = apply(readSource(fault.source), fault.mutation);
  const { codes } = compileAll(genuine, { source: fault.source, content });
  if (codes === undefined) return { fault, outcome: "invalid" };
  const changed = new Map([...codes].filter(([name, { bytecode }]) => genuine.get(name)?.bytecode !== bytecode));
  if (changed.size === 0) return { fault, outcome: "equal" };
  const asGenuine = new Map([...genuine].filter(([name]) => changed.has(name)));
  return { faults: [fault], code: (wanted) => (wanted === undefined ? asGenuine : changed) };
}

/** All contracts that hold `source`, with another content; or where it does not compile. */
function compileAll(
  genuine: Contracts,
  changed: { readonly source: string; readonly content: string },
): { codes: ReadonlyMap<string, Compiled> } | { codes?: undefined; errors: readonly number[] } {
  const codes = new Map<string, Compiled>();
  for (const [name, { files, viaIR }] of genuine) {
    if (!files.has(`contracts/${changed.source}.sol`)) continue;
    const { code, errors } = compileWith(name, { viaIR, changed });
    if (code === undefined) return { errors };
    codes.set(name, code);
  }
  return { codes };
}
