/** A deployment that is killed goes on where it was: the same addresses, nothing twice, the same end. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Transport, http } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chainReader } from "../../deploy/executors/account.ts";
import { readManifest } from "../../deploy/manifest.ts";
import { planSuite } from "../../deploy/modules/suite.ts";
import { readState } from "../../deploy/state.ts";
import { deploySuite } from "../../deploy/suite.ts";
import { devAccount, startChain } from "../../scripts/devnet/chain.ts";
import { createChain } from "../helpers/chain.ts";
import { createRandom } from "../helpers/random.ts";
import { accountGoverned } from "../helpers/parameters.ts";

const parameters = accountGoverned();
const plan = planSuite(parameters);
const folder = mkdtempSync(path.join(tmpdir(), "deploy-"));
let files = 0;
const newManifest = () => path.join(folder, `${++files}.json`);

afterAll(() => {
  rmSync(folder, { recursive: true });
});

class Killed extends Error {}

/** Runs the deployment; after `steps` transactions it dies. Returns how many were mined, and whether it came to its end. */
async function run(transport: Transport, manifestPath: string, steps = Number.POSITIVE_INFINITY) {
  const descriptions: string[] = [];
  try {
    await deploySuite({
      transport,
      parameters,
      deployer: devAccount(0),
      governance: devAccount(1),
      manifestPath,
      onStep: ({ description }) => {
        descriptions.push(description);
        if (descriptions.length === steps) throw new Killed();
      },
    });
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    return { descriptions, isComplete: false };
  }
  return { descriptions, isComplete: true };
}

/** What a deployment comes to, but for the time at which it happened. */
async function outcome(transport: Transport) {
  const reader = chainReader(transport);
  const state = await readState(reader, parameters, plan, 0n);
  const sent = await Promise.all(
    [0, 1].map((index) => reader.getTransactionCount({ address: devAccount(index).address })),
  );
  return {
    sent,
    exists: state.exists,
    token: state.token,
    authority: state.authority,
    sinks: state.emissionVault?.sinks,
    held: state.emissionVault?.balance,
    hasStarted: state.emissionVault?.startTime !== 0n,
    distributor: state.merkleDistributor?.balance,
    attestation: state.attestationRegistry,
  };
}

describe("a deployment that dies after any transaction", () => {
  let chain: Awaited<ReturnType<typeof createChain>>;
  let all: string[];
  let expected: Awaited<ReturnType<typeof outcome>>;

  beforeAll(async () => {
    chain = await createChain();
    const id = await chain.clock.snapshot();
    ({ descriptions: all } = await run(chain.transport, newManifest()));
    expected = await outcome(chain.transport);
    await chain.clock.revert({ id });
  });

  /** What is expected where the run died between the seal and the assertion. */
  const unasserted = () => {
    const { sent, ...rest } = expected;
    const [byDeployer = 0, byGovernance = 0] = sent;
    return { ...rest, sent: [byDeployer, byGovernance - 1] };
  };

  it("is complete when nothing kills it", () => {
    expect(new Set(all).size).toBe(all.length);
    expect(expected.authority?.isSealed).toBe(true);
    expect(expected.hasStarted).toBe(true);
    expect(expected.attestation?.workloads).toEqual([{ image: true, shapes: [true] }]);
    expect(Object.values(expected.exists)).not.toContain(false);
  });

  it("comes to the same end by one more run, whichever transaction was its last", async () => {
    // The next test stops after each; here those at the ends of its parts, and every ninth.
    const last = all.length;
    const sample = [1, 2, 3, last - 3, last - 2, last - 1, last];
    for (let steps = 9; steps < last - 3; steps += 9) sample.push(steps);
    for (const steps of sample) {
      const id = await chain.clock.snapshot();
      const manifest = newManifest();
      const first = await run(chain.transport, manifest, steps);
      // Written before the first contract, after the two transactions that install the factory.
      const startBlock = steps > 2 ? readManifest(manifest).startBlock : undefined;
      const second = await run(chain.transport, manifest);
      // Once it is sealed nothing is left to do: the assertion after it changes nothing.
      const isSealed = steps === all.length - 1;
      expect([...first.descriptions, ...second.descriptions]).toEqual(isSealed ? all.slice(0, -1) : all);
      expect(await outcome(chain.transport)).toEqual(isSealed ? unasserted() : expected);
      if (startBlock !== undefined) expect(readManifest(manifest).startBlock).toBe(startBlock);
      await chain.clock.revert({ id });
    }
  });

  it("comes to the same end when it dies after every single one, and then has nothing left to do", async () => {
    const manifest = newManifest();
    const seen: string[] = [];
    for (let isComplete = false; !isComplete;) {
      const result = await run(chain.transport, manifest, 1);
      seen.push(...result.descriptions);
      ({ isComplete } = result);
    }
    expect(seen).toEqual(all.slice(0, -1));
    expect(await outcome(chain.transport)).toEqual(unasserted());
    expect((await run(chain.transport, manifest)).descriptions).toEqual([]);
    // Without the record of where it began, it finds that too.
    const other = newManifest();
    expect((await run(chain.transport, other)).descriptions).toEqual([]);
    expect(readManifest(other).contracts).toEqual(readManifest(manifest).contracts);
  });
});

describe("a process that is killed", () => {
  it("leaves what the next one completes, at any moment", async () => {
    const random = createRandom(7);
    const local = await startChain();
    try {
      const manifest = newManifest();
      const child = (killAfterMs: number | null) =>
        new Promise<number | null>((resolve) => {
          const process_ = spawn(
            process.execPath,
            [path.join(import.meta.dirname, "deployProcess.ts"), local.url, manifest],
            { stdio: "ignore" },
          );
          const timer = killAfterMs === null ? undefined : setTimeout(() => process_.kill("SIGKILL"), killAfterMs);
          process_.once("exit", (code) => {
            clearTimeout(timer);
            resolve(code);
          });
        });
      for (let i = 0; i < 4; ++i) await child(700 + Math.floor(random.next() * 1_300));
      expect(await child(null)).toBe(0);

      const transport = http(local.url);
      const state = await outcome(transport);
      expect(state.authority?.isSealed).toBe(true);
      expect(readManifest(manifest).contracts).toEqual(plan.contracts);
      expect((await run(transport, manifest)).descriptions).toEqual([]);
    } finally {
      await local.stop();
    }
  });
});
