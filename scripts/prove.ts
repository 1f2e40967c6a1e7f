/**
 * `npm run prove [-- NAME…]`: has the SMTChecker of solc (constrained Horn clauses, z3) prove the harnesses in `test/formal`.
 * Of a contract `…Proof` no assertion may be violated, for any arguments and after any sequence of calls; of a contract `…Wrong`
 * each in its own text must be, or one of those that it inherits: else the proofs show nothing. Neither may remain unknown.
 */
import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import solc from "solc";
import { patience } from "./test/patience.ts";

const FOLDER = path.join(import.meta.dirname, "../test/formal");

/** A proof that takes longer, in minutes, has failed. The checker's own limit ends the compiler with it. */
const PATIENCE = 10;

/** How often z3 is asked before it counts as having no answer. */
const ATTEMPTS = 8;

const { compile } = solc as { compile: (input: string) => string };

/** What solc says of an assertion, by the code of its message. */
const CODES = { safe: "9576", notSafe: "6328" } as const;

interface Answer {
  readonly safe: number;
  /** Those with a counterexample. */
  readonly violated: readonly string[];
  /** Those that z3 could neither prove nor refute, and whatever else the compiler says. */
  readonly other: readonly string[];
}

/**
 * A file of models with `contract` as its only one that is proved or refuted; lines keep their numbers. What z3 finds depends on how
 * the compiler numbers what it reads: neighbours are left out, so that what is added to a file loses no proof of another, and each
 * attempt has some constants before it that nothing uses. A proof of either is a proof of the same.
 */
const sourceOf = (file: string, contract: string, attempt: number): string =>
  readFileSync(path.join(FOLDER, file), "utf8")
    .replace(/^contract (\w+(?:Proof|Wrong))\b(?:.*\{\}|[^]*?^\})$/gm, (text, name) =>
      name === contract ? text : text.replace(/[^\n]+/g, ""),
    )
    .replace(/^pragma .*$/m, (pragma) =>
      [pragma, ...Array.from({ length: attempt }, (_, i) => `uint256 constant ATTEMPT_${i} = 0;`)].join(" "),
    );

/** Asks for all assertions of `contract`. Takes as long as it takes, and blocks. */
function ask(file: string, contract: string, attempt: number): Answer {
  const input = {
    language: "Solidity",
    sources: { [file]: { content: sourceOf(file, contract, attempt) } },
    settings: {
      modelChecker: {
        engine: "chc",
        solvers: ["z3"],
        targets: ["assert"],
        contracts: { [file]: [contract] },
        showProvedSafe: true,
        showUnproved: true,
        showUnsupported: true,
      },
    },
  };
  const { errors = [] } = JSON.parse(compile(JSON.stringify(input))) as {
    errors?: readonly { readonly errorCode?: string; readonly message: string; readonly formattedMessage: string }[];
  };
  const safe = errors.filter(({ errorCode }) => errorCode === CODES.safe);
  const violated = errors.filter(
    ({ errorCode, message }) => errorCode === CODES.notSafe && message.includes("violation happens here"),
  );
  const other = errors.filter((error) => !safe.includes(error) && !violated.includes(error));
  const texts = (list: typeof errors) => list.map(({ formattedMessage }) => formattedMessage.trim());
  return { safe: safe.length, violated: texts(violated), other: texts(other) };
}

/** How many assertions are in the own text of `contract`. */
function assertionsOf(file: string, contract: string): number {
  const own = new RegExp(`^contract ${contract}\\b[^{]*\\{(.*?)^\\}`, "ms");
  return (own.exec(readFileSync(path.join(FOLDER, file), "utf8"))?.[1] ?? "").split("assert(").length - 1;
}

/** What is wrong with an answer. */
function problemsOf(file: string, contract: string, { safe, violated, other }: Answer): readonly string[] {
  if (contract.endsWith("Wrong")) {
    const least = Math.max(1, assertionsOf(file, contract));
    return violated.length >= least ? [] : [`${violated.length} of ${least} assertions are refuted`, ...other];
  }
  return safe > 0 ? [...violated, ...other] : ["has nothing that is proved", ...violated, ...other];
}

/** {@link ask}, again where z3 has given up. What it refutes needs no other answer. */
function prove(file: string, contract: string): Answer {
  for (let attempt = 0; ; ++attempt) {
    const answer = ask(file, contract, attempt);
    const isDecided = answer.violated.length > 0 || answer.other.length === 0;
    if (isDecided || attempt === ATTEMPTS - 1) return answer;
  }
}

/** {@link prove} in a process of its own, that can be ended. */
async function proveApart(file: string, contract: string): Promise<Answer> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), "--child", file, contract], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const done = patience(PATIENCE, () => child.kill("SIGKILL"));
  let written = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (written += text));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  done();
  if (code === 0) return JSON.parse(written) as Answer;
  return { safe: 0, violated: [], other: [`no answer within ${PATIENCE} minutes (${code ?? "killed"})`] };
}

async function main(wanted: readonly string[]): Promise<number> {
  const contracts = readdirSync(FOLDER)
    .filter((file) => file.endsWith(".sol"))
    .flatMap((file) =>
      [...readFileSync(path.join(FOLDER, file), "utf8").matchAll(/^contract (\w+(?:Proof|Wrong))\b/gm)].map(
        ([, contract = ""]) => ({ file, contract }),
      ),
    )
    .filter(({ contract }) => wanted.length === 0 || wanted.includes(contract));
  if (contracts.length === 0) throw new Error(`test/formal has no contract ${wanted.join(", ")}`);
  let failed = 0;
  const waiting = [...contracts];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const started = Date.now();
      const answer = await proveApart(next.file, next.contract);
      const problems = problemsOf(next.file, next.contract, answer);
      const verdict = next.contract.endsWith("Wrong") ? "refuted" : `proved, ${answer.safe} assertions`;
      const seconds = ((Date.now() - started) / 1000).toFixed(0);
      console.log(
        `${problems.length === 0 ? verdict.padEnd(22) : "FAILED".padEnd(22)} ${next.contract} (${seconds} s)`,
      );
      for (const problem of problems) console.log(problem);
      if (problems.length > 0) ++failed;
    }
  };
  await Promise.all([work(), work()]);
  console.log(`${contracts.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

const { values, positionals } = parseArgs({ options: { child: { type: "boolean" } }, allowPositionals: true });
const [file = "", contract = ""] = positionals;
if (values.child === true) console.log(JSON.stringify(prove(file, contract)));
else process.exit(await main(positionals));
