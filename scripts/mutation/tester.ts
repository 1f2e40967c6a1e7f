/** The tests of a group in a copy of the tree of their own, which say of each fault whether they notice it. */
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type Socket, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { type Service, startService } from "../devnet/process.ts";
import { patience } from "../test/patience.ts";
import type { Compiled } from "./compiler.ts";
import { type Group, NEEDED } from "./groups.ts";
import type { Answer, Question } from "./judge.ts";

const ROOT = path.join(import.meta.dirname, "../..");

/** Minutes after which tests on a fault count as failed: it made something endless. */
const PATIENCE = 10;
/** The same for a single test, in milliseconds. */
const TEST_PATIENCE = 60_000;

const CONFIG = `export default { test: { include: ["all.test.ts"], pool: "forks", testTimeout: ${TEST_PATIENCE} } };\n`;

/** Contracts that have faults to choose from are larger than any chain would take them, and to deploy them takes more gas. */
const ROOM = [
  [
    "hardhat.config.ts",
    'default: { type: "edr-simulated",',
    'default: { type: "edr-simulated", allowUnlimitedContractSize: true, blockGasLimit: 1_000_000_000, transactionGasCap: false,',
  ],
  ["test/helpers/stage.ts", "numberToHex(16_000_000)", "numberToHex(200_000_000)"],
] as const;

/** In the place of a test: the process that runs them ended. */
const ENDED = "(the process ended)";

/** A test file that loads those of a group, and has them judge faults until it is ended. */
const entryOf = (tests: readonly string[]): string => `
import { beforeAll, describe } from "vitest";
import { judge } from "./scripts/mutation/judge.ts";

beforeAll(async ({}, suite) => judge(suite), 0);
${tests.map((file) => `describe("${path.basename(file)}", async () => void (await import("./${file}")));`).join("\n")}
`;

export interface Tester {
  /**
   * The test that notices the fault in `source`, if one does: it is in the contracts that `changed` has the code of. One that comes
   * to no end notices it, too, if it ends on `genuine`, the same code without the fault.
   */
  judge(
    source: string,
    changed: ReadonlyMap<string, Compiled>,
    genuine: ReadonlyMap<string, Compiled>,
  ): Promise<string | undefined>;
  /** The first of the tests of these names that fails on `genuine`, if one does, and why. */
  control(names: readonly string[], genuine: ReadonlyMap<string, Compiled>): Promise<Answer>;
  close(): Promise<void>;
}

/** Starts the tests of `group` on `contracts`, such as `token/PHA`, which have to be genuine. @throws If they fail on that. */
export async function startTester(
  { tests, factor = 1 }: Pick<Group, "tests" | "factor">,
  contracts: ReadonlyMap<string, Compiled>,
): Promise<Tester> {
  const folder = openSandbox(tests);
  const clear = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", clear);
  /** Puts code into the artifacts. */
  const install = (codes: ReadonlyMap<string, Compiled>): void => {
    for (const [source, { bytecode, deployedBytecode }] of codes) {
      const file = path.join(folder, "artifacts/contracts", `${source}.sol`, `${path.basename(source)}.json`);
      const artifact = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
      writeFileSync(file, JSON.stringify({ ...artifact, bytecode, deployedBytecode }));
    }
  };
  install(contracts);
  let judging = await Judging.start(folder, factor);
  /** What is said of `codes`, after which everything is genuine again. */
  const askOf = async (codes: ReadonlyMap<string, Compiled>, question: Question): Promise<Answer> => {
    install(codes);
    const answer = await judging.ask(question);
    install(new Map([...contracts].filter(([name]) => codes.has(name))));
    return answer;
  };
  const startAnew = async (): Promise<void> => {
    await judging.stop();
    judging = await Judging.start(folder, factor);
  };
  return {
    async judge(source, changed, genuine) {
      const question = { source, contracts: [...changed.keys()].map((name) => path.basename(name)) };
      let { failed, isEndless } = await askOf(changed, question);
      // A process that ended says little: once more.
      if (failed === ENDED) {
        await startAnew();
        ({ failed, isEndless } = await askOf(changed, question));
      }
      if (isEndless !== true) return failed;
      await startAnew();
      if (failed !== ENDED) hasToPass(await askOf(genuine, { names: [failed ?? ""] }));
      return `without end: ${failed ?? ""}`;
    },
    control: async (names, genuine) => askOf(genuine, { names }),
    async close() {
      await judging.stop();
      clear();
    },
  };
}

/** Of genuine contracts: what is wrong, if a test failed. */
export function problemOf({ failed, message }: Answer): string | undefined {
  return failed === undefined ? undefined : `without any fault fails "${failed}": ${message ?? ""}`;
}

function hasToPass(answer: Answer): void {
  const problem = problemOf(answer);
  if (problem !== undefined) throw new Error(problem);
}

/** A copy of what the tests need, with artifacts of its own. */
function openSandbox(tests: readonly string[]): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "mutation-"));
  for (const name of NEEDED) {
    cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  }
  for (const name of ["contracts", "test"]) {
    cpSync(path.join(ROOT, "artifacts", name), path.join(folder, "artifacts", name), { recursive: true });
  }
  symlinkSync(path.join(ROOT, "artifacts", "build-info"), path.join(folder, "artifacts", "build-info"));
  symlinkSync(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
  cpSync(path.join(ROOT, "hardhat.config.ts"), path.join(folder, "hardhat.config.ts"));
  for (const [file, from, to] of ROOM) {
    const text = readFileSync(path.join(folder, file), "utf8");
    if (!text.includes(from)) throw new Error(`${file} has no "${from}" any more, which mutation gives more room`);
    writeFileSync(path.join(folder, file), text.replace(from, to));
  }
  writeFileSync(path.join(folder, "vitest.config.ts"), CONFIG);
  writeFileSync(path.join(folder, "all.test.ts"), entryOf(tests));
  return folder;
}

/** One process of Vitest that waits for faults. */
class Judging {
  private readonly service: Service;
  private readonly socket: Socket;
  private readonly answers: AsyncIterator<string>;

  private constructor(service: Service, socket: Socket) {
    this.service = service;
    this.socket = socket;
    this.answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  static async start(folder: string, factor: number): Promise<Judging> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const service = startService({
      name: "tests",
      command: process.execPath,
      args: [path.join(folder, "node_modules/vitest/vitest.mjs"), "run"],
      cwd: folder,
      env: {
        CI: "true",
        PHALA_TEST_FACTOR: String(factor),
        MUTATION_PORT: String((server.address() as AddressInfo).port),
      },
    });
    const socket = await Promise.race([
      once(server, "connection").then(([connection]) => connection as Socket),
      service.ended.then(() => undefined),
    ]);
    server.close();
    if (socket === undefined) throw new Error(`the tests did not start:\n${service.output()}`);
    const judging = new Judging(service, socket);
    hasToPass(await judging.answer());
    return judging;
  }

  async ask(question: Question): Promise<Answer> {
    this.socket.write(`${JSON.stringify(question)}\n`);
    return this.answer();
  }

  private async answer(): Promise<Answer> {
    const done = patience(PATIENCE, () => void this.stop());
    const line = await this.answers.next();
    done();
    return line.done === true ? { failed: ENDED, isEndless: true } : (JSON.parse(line.value) as Answer);
  }

  async stop(): Promise<void> {
    this.socket.destroy();
    await this.service.stop(0);
  }
}
