/** Contracts with faults, compiled one at a time. */
import { readFileSync } from "node:fs";
import path from "node:path";
import solc from "solc";

const ROOT = path.join(import.meta.dirname, "../..");

const { compile } = solc as {
  compile: (input: string, callbacks: { import: (file: string) => { contents: string } }) => string;
};

/** Of the optimiser, what takes little time: it keeps gas below the bounds that tests have, and the stack below the compiler's. */
const CHEAP = {
  enabled: false,
  details: {
    ...{ peephole: true, inliner: true, jumpdestRemover: true, deduplicate: true },
    ...{ orderLiterals: false, cse: false, constantOptimizer: false, yul: false },
  },
};
const CHEAP_IR = { enabled: true, details: { yulDetails: { optimizerSteps: "dhfoDgvulfnTUtnIf:" } } };

export interface Compiled {
  readonly bytecode: string;
  readonly deployedBytecode: string;
}

/** A deployed contract without a fault: the files that it is made of, and the pipeline that it takes. */
export interface Genuine extends Compiled {
  readonly files: ReadonlySet<string>;
  readonly viaIR: boolean;
}

/** A file of `contracts/` with another content. */
export interface Changed {
  readonly source: string;
  readonly content: string;
}

/** The code of a contract; or, where it does not compile, the positions in what was changed that are wrong. */
interface Compilation {
  readonly code: Compiled | undefined;
  readonly errors: readonly number[];
}

interface Output {
  readonly errors?: readonly {
    readonly severity: string;
    readonly sourceLocation?: { readonly file: string; readonly start: number };
  }[];
  readonly sources?: Readonly<Record<string, { readonly ast: unknown }>>;
  readonly contracts?: Readonly<
    Record<
      string,
      Readonly<Record<string, Readonly<Record<"evm", Readonly<Record<keyof Compiled, { object: string }>>>>>>
    >
  >;
}

interface Options {
  readonly viaIR: boolean;
  readonly changed?: Changed | undefined;
  /** Gets the name of every file that is read. */
  readonly files?: Set<string>;
}

function run(source: string, outputs: readonly string[], { viaIR, changed, files = new Set() }: Options): Output {
  const contentOf = (file: string): string => {
    files.add(file);
    if (changed !== undefined && file === `contracts/${changed.source}.sol`) return changed.content;
    return readFileSync(path.join(ROOT, file.startsWith("@") ? "node_modules" : "", file), "utf8");
  };
  const file = `contracts/${source}.sol`;
  const input = {
    language: "Solidity",
    sources: { [file]: { content: contentOf(file) } },
    settings: {
      evmVersion: "osaka",
      viaIR,
      // Without a hash of the sources, the same code is the same bytes.
      metadata: { bytecodeHash: "none" },
      optimizer: viaIR ? CHEAP_IR : CHEAP,
      outputSelection: { [file]: { "": outputs.filter((name) => name === "ast"), "*": outputs } },
    },
  };
  return JSON.parse(compile(JSON.stringify(input), { import: (name) => ({ contents: contentOf(name) }) })) as Output;
}

/** The code of `source`, such as `token/PHA`, with `changed` in it. */
export function compileWith(source: string, options: Options): Compilation {
  const output = run(source, ["evm.bytecode.object", "evm.deployedBytecode.object"], options);
  const evm = output.contracts?.[`contracts/${source}.sol`]?.[path.basename(source)]?.evm;
  const code = evm && { bytecode: `0x${evm.bytecode.object}`, deployedBytecode: `0x${evm.deployedBytecode.object}` };
  const errors = (output.errors ?? []).flatMap(({ severity, sourceLocation: at }) =>
    severity === "error" && at?.file === `contracts/${options.changed?.source}.sol` ? [at.start] : [],
  );
  return { code, errors };
}

/** The code of `source` as it is: by the legacy pipeline, which is many times faster, unless it is too deep for that. */
export function genuineOf(source: string): Genuine {
  const files = new Set<string>();
  for (const viaIR of [false, true]) {
    const { code } = compileWith(source, { viaIR, files });
    if (code !== undefined) return { ...code, files, viaIR };
  }
  throw new Error(`contracts/${source}.sol does not compile`);
}

/** The compact AST of a file. */
export function astOf(source: string): unknown {
  return run(source, ["ast"], { viaIR: false }).sources?.[`contracts/${source}.sol`]?.ast;
}
