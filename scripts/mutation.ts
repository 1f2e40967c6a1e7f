/**
 * `npm run test:mutation -- GROUP… [--source NAME] [--every N] [--limit N] [--again]`: makes one small fault after the other in the
 * contracts, and runs the tests of their group on each. A fault that no test notices survives.
 *
 * What came of each fault is kept in `test/mutation/GROUP.json`, so that a run goes on where the last one ended; a fault counts
 * as known while its file is unchanged. Survivors are listed there with the reason why they may (`reason`, by hand): most change
 * nothing that can be seen. `--every 7` takes each seventh fault, `--again` forgets what survived. Without arguments, prints the results.
 *
 * Faults are compiled here, one contract at a time, into a copy of the tree with its own artifacts.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import solc from "solc";
import { GROUPS, NEEDED, type Group, type GroupName } from "./mutation/groups.ts";
import { type Mutation, type Operator, apply, mutationsOf } from "./mutation/operators.ts";
import { patience } from "./test/patience.ts";

const ROOT = path.join(import.meta.dirname, "..");
const RESULTS = path.join(ROOT, "test", "mutation");
/** Minutes after which tests on a fault count as failed: it made something endless. */
const PATIENCE = 5;

const { compile } = solc as {
  compile: (input: string, callbacks: { import: (file: string) => { contents: string } }) => string;
};

/** What came of a fault: noticed, not noticed, not compiled, or compiled to the same code. */
type Outcome = "killed" | "survived" | "invalid" | "equal";

interface Result {
  readonly source: string;
  readonly line: number;
  readonly operator: Operator;
  readonly before: string;
  readonly after: string;
  readonly outcome: Outcome;
  /** Why it may survive. */
  readonly reason?: string;
}

interface Record_ {
  /** SHA-256 of each source when its faults were tried. */
  readonly sources: Record<string, string>;
  results: Record<string, Result>;
}

const sha256 = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");
const sourceFile = (source: string): string => path.join(ROOT, "contracts", `${source}.sol`);
const resultsFile = (name: string): string => path.join(RESULTS, `${name}.json`);

function readRecord(name: string): Record_ {
  const file = resultsFile(name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record_) : { sources: {}, results: {} };
}

function writeRecord(name: string, record: Record_): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(resultsFile(name), `${JSON.stringify(record, null, 2)}\n`);
}

// COMPILING

interface Compiled {
  readonly bytecode: string;
  readonly deployedBytecode: string;
}

/** A deployed contract without a fault, and the files that it is made of. */
interface Genuine extends Compiled {
  readonly files: ReadonlySet<string>;
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly sources?: Readonly<Record<string, { readonly ast: unknown }>>;
  readonly contracts?: Readonly<
    Record<
      string,
      Readonly<Record<string, Readonly<Record<"evm", Readonly<Record<keyof Compiled, { object: string }>>>>>>
    >
  >;
}

interface Changed {
  readonly source: string;
  readonly content: string;
}

/** Compiles `source` where `changed` has another content. Names every file that it reads in `files`. */
function run(
  source: string,
  outputs: readonly string[],
  { viaIR, changed, files = new Set() }: { viaIR: boolean; changed?: Changed | undefined; files?: Set<string> },
): Output {
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
      optimizer: { enabled: viaIR, runs: 200 },
      outputSelection: { [file]: { "": outputs.filter((name) => name === "ast"), "*": outputs } },
    },
  };
  return JSON.parse(compile(JSON.stringify(input), { import: (name) => ({ contents: contentOf(name) }) })) as Output;
}

function codeOf(source: string, { viaIR = false }: Group, changed?: Changed): Genuine | undefined {
  const files = new Set<string>();
  const output = run(source, ["evm.bytecode.object", "evm.deployedBytecode.object"], { viaIR, changed, files });
  const evm = output.contracts?.[`contracts/${source}.sol`]?.[path.basename(source)]?.evm;
  if (evm === undefined) return undefined;
  return { bytecode: `0x${evm.bytecode.object}`, deployedBytecode: `0x${evm.deployedBytecode.object}`, files };
}

// RUNNING

/** A copy of what the tests need, with artifacts of its own; contracts may have any size in it. */
function openSandbox(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "mutation-"));
  for (const name of NEEDED) {
    cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  }
  for (const name of ["contracts", "test"]) {
    cpSync(path.join(ROOT, "artifacts", name), path.join(folder, "artifacts", name), { recursive: true });
  }
  symlinkSync(path.join(ROOT, "artifacts", "build-info"), path.join(folder, "artifacts", "build-info"));
  symlinkSync(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
  const config = readFileSync(path.join(ROOT, "hardhat.config.ts"), "utf8");
  const network = 'default: { type: "edr-simulated",';
  if (!config.includes(network)) throw new Error("hardhat.config.ts has no simulated network default any more");
  const anySize = config.replace(network, `${network} allowUnlimitedContractSize: true, blockGasLimit: 100_000_000,`);
  writeFileSync(path.join(folder, "hardhat.config.ts"), anySize);
  return folder;
}

function install(folder: string, source: string, { bytecode, deployedBytecode }: Compiled): void {
  const file = path.join(folder, "artifacts/contracts", `${source}.sol`, `${path.basename(source)}.json`);
  const artifact = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...artifact, bytecode, deployedBytecode }));
}

/** Whether the tests pass in the sandbox. */
async function pass(folder: string, tests: readonly string[]): Promise<boolean> {
  const vitest = path.join(folder, "node_modules/vitest/vitest.mjs");
  const child = spawn(process.execPath, [vitest, "run", "--bail", "1", "--reporter", "dot", ...tests], {
    cwd: folder,
    stdio: "ignore",
    env: { ...process.env, HARDHAT_DISABLE_TELEMETRY_PROMPT: "true", CI: "true" },
    detached: true,
  });
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  const done = patience(PATIENCE, end);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  done();
  end();
  return code === 0;
}

// FAULTS

interface Fault {
  readonly id: string;
  readonly source: string;
  readonly content: string;
  readonly described: Omit<Result, "outcome">;
}

function faultsOf(source: string, viaIR: boolean): Fault[] {
  const bytes = readFileSync(sourceFile(source));
  const ast = run(source, ["ast"], { viaIR }).sources?.[`contracts/${source}.sol`]?.ast;
  return mutationsOf(bytes, ast).map((mutation) => faultOf(source, bytes, mutation));
}

function faultOf(source: string, bytes: Buffer, mutation: Mutation): Fault {
  const { operator, start, length, replacement } = mutation;
  const line = bytes.toString("utf8", 0, start).split("\n").length;
  const content = apply(bytes, mutation);
  const plain = (text: string) => text.replace(/\s+/g, " ").trim();
  const [before, after] =
    operator === "order" || length > 60
      ? [bytes.toString("utf8", start, start + length), replacement]
      : linesOf(bytes, mutation);
  const described = { source, line, operator, before: plain(before), after: plain(after) };
  return { id: sha256(`${source} ${start} ${length} ${replacement}`).slice(0, 16), source, content, described };
}

/** The line of a fault, before and after. */
function linesOf(bytes: Buffer, { start, length, replacement }: Mutation): [string, string] {
  const from = bytes.lastIndexOf("\n", start - 1) + 1;
  const next = bytes.indexOf("\n", start + length);
  const to = next < 0 ? bytes.length : next;
  const text = (a: number, b: number) => bytes.toString("utf8", a, b);
  return [text(from, to), text(from, start) + replacement + text(start + length, to)];
}

// RESULTS

function summaryOf(name: string, { results }: Record_): string {
  const all = Object.values(results);
  const of = (outcome: Outcome) => all.filter((result) => result.outcome === outcome);
  const [killed, survived] = [of("killed").length, of("survived")];
  const excused = survived.filter(({ reason }) => reason !== undefined).length;
  const share = killed + survived.length === 0 ? 0 : (100 * killed) / (killed + survived.length);
  return `${name.padEnd(12)} ${killed} killed, ${survived.length} survived (${excused} with a reason), ${of("equal").length} equal, ${of("invalid").length} invalid: ${share.toFixed(1)} %`;
}

async function tryGroup(
  name: GroupName,
  options: { source: string | undefined; every: number; limit: number; again: boolean },
) {
  const group: Group = GROUPS[name];
  const record = readRecord(name);
  const folder = openSandbox();
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const genuine = new Map<string, Genuine>();
  for (const source of group.deployed) {
    const code = codeOf(source, group);
    if (code === undefined) throw new Error(`contracts/${source}.sol does not compile`);
    genuine.set(source, code);
    install(folder, source, code);
  }
  if (!(await pass(folder, group.tests))) throw new Error(`the tests of ${name} fail without any fault`);

  let tried = 0;
  for (const source of group.sources) {
    if (options.source !== undefined && options.source !== source) continue;
    const hash = sha256(readFileSync(sourceFile(source)));
    const isKnown = record.sources[source] === hash;
    // What is known of another version of the file says nothing.
    if (!isKnown) {
      record.results = Object.fromEntries(
        Object.entries(record.results).filter(([, result]) => result.source !== source),
      );
    }
    record.sources[source] = hash;
    for (const [number, fault] of faultsOf(source, group.viaIR === true).entries()) {
      const known = record.results[fault.id];
      const isWanted = number % options.every === 0 && tried < options.limit;
      if (!isWanted || (known !== undefined && !(options.again && known.outcome === "survived"))) continue;
      ++tried;
      const started = Date.now();
      const outcome = await judge(folder, group, genuine, fault);
      record.results[fault.id] = {
        ...fault.described,
        outcome,
        ...(known?.reason === undefined ? {} : { reason: known.reason }),
      };
      writeRecord(name, record);
      const { line, operator, before, after } = fault.described;
      const seconds = ((Date.now() - started) / 1000).toFixed(0);
      console.log(
        `${outcome.padEnd(8)} ${source}:${line} ${operator} (${seconds} s)${outcome === "survived" ? `\n  - ${before}\n  + ${after}` : ""}`,
      );
    }
  }
  console.log(summaryOf(name, record));
}

async function judge(
  folder: string,
  group: Group,
  genuine: ReadonlyMap<string, Genuine>,
  fault: Fault,
): Promise<Outcome> {
  const changed = new Map<string, Compiled>();
  for (const [source, { files, bytecode }] of genuine) {
    if (!files.has(`contracts/${fault.source}.sol`)) continue;
    const compiled = codeOf(source, group, fault);
    if (compiled === undefined) return "invalid";
    if (compiled.bytecode !== bytecode) changed.set(source, compiled);
  }
  if (changed.size === 0) return "equal";
  for (const [source, code] of changed) install(folder, source, code);
  // The contract's own tests notice most; the others are only asked about what these do not notice.
  const isOwn = (test: string) => path.basename(test).startsWith(path.basename(fault.source));
  const [own, others] = [group.tests.filter(isOwn), group.tests.filter((test) => !isOwn(test))];
  const survives =
    (own.length === 0 || (await pass(folder, own))) && (others.length === 0 || (await pass(folder, others)));
  for (const [source, code] of genuine) if (changed.has(source)) install(folder, source, code);
  return survives ? "survived" : "killed";
}

const { values, positionals } = parseArgs({
  options: {
    source: { type: "string" },
    every: { type: "string", default: "1" },
    limit: { type: "string", default: "1000000" },
    again: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const isGroup = (name: string): name is GroupName => Object.hasOwn(GROUPS, name);
for (const name of positionals) {
  if (!isGroup(name)) throw new Error(`there is no group ${name}: ${Object.keys(GROUPS).join(", ")}`);
  await tryGroup(name, {
    source: values.source,
    every: Number(values.every),
    limit: Number(values.limit),
    again: values.again,
  });
}
if (positionals.length === 0) for (const name of Object.keys(GROUPS)) console.log(summaryOf(name, readRecord(name)));
process.exit(0);
