/** The commands for governance's tasks, on a fork of a chain of its own. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import hre from "hardhat";
import { type Hex, http } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { checksumOf } from "../../deploy/safe/transactionBuilder.ts";
import { catalogChange } from "../../deploy/tasks/0002-catalog-change/task.ts";
import { type LocalChain, chainClient, startChain } from "../../scripts/devnet/chain.ts";
import { hardhat } from "../helpers/cli.ts";
import { deployUnderSafe, sendBatch } from "../helpers/safe.ts";

describe("deploy task", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "tasks-"));
  const manifest = path.join(folder, "manifest.json");
  const out = path.join(folder, "out");
  let chain: LocalChain;

  beforeAll(async () => {
    chain = await startChain();
    await deployUnderSafe({ transport: http(chain.url) }, { manifestPath: manifest });
  });
  afterAll(async () => {
    await chain.stop();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Runs the command in this process. Returns whether it succeeded, and what it printed. */
  const run = async (command: string, options: Record<string, unknown> = {}) => {
    const printed: Record<"log" | "error", string[]> = { log: [], error: [] };
    for (const stream of ["log", "error"] as const) {
      vi.spyOn(console, stream).mockImplementation((text: unknown) => {
        printed[stream].push(String(text));
      });
    }
    const result: unknown = await hre.tasks
      .getTask(["deploy", "task", command])
      .run({ task: "0002", manifest, rpcUrl: chain.url, ...options });
    const success = typeof result === "object" && result !== null && "success" in result && result.success === true;
    return { success, out: printed.log.join("\n"), err: printed.error.join("\n") };
  };

  it("builds the files", () => {
    const built = hardhat(
      "deploy",
      "task",
      "build",
      "0002",
      "--manifest",
      manifest,
      "--rpc-url",
      chain.url,
      "--out",
      out,
    );
    expect(built).toMatchObject({ status: 0, stderr: "" });
    expect(readdirSync(out).sort()).toEqual(["VALIDATION.md", "execute.json", "schedule.json"]);
  });

  it("runs them on a fork, and accounts for every change", async () => {
    const before = await chainClient(chain.url).getBlockNumber();
    const simulated = await run("simulate", { batches: out });
    expect(simulated).toMatchObject({ success: true, err: "" });
    expect(simulated.out).toMatch(/^signed by owners of the Safe\n.* scheduled in one transaction/);
    expect(simulated.out).toMatch(/phalaAuthority\.execute .* workerRegistry\.setModel /);
    expect(simulated.out).toMatch(/executed, in effect: list the model B300/);
    expect(await chainClient(chain.url).getBlockNumber()).toBe(before);

    const diff = await run("diff", { json: true });
    expect(diff).toMatchObject({ success: true, err: "" });
    expect(JSON.parse(diff.out)).toMatchObject({
      isSignedByOwners: true,
      batches: [{ findings: [] }, { findings: [] }],
    });
  });

  it("diff fails on files that say something else", async () => {
    const file = path.join(out, "execute.json");
    const content = JSON.parse(readFileSync(file, "utf8")) as { meta: { checksum: Hex }; transactions: unknown[] };
    const changed = { ...content, transactions: content.transactions.slice(0, 1) };
    writeFileSync(file, JSON.stringify(changed));
    const refused = await run("diff", { batches: out });
    expect(refused.success).toBe(false);
    expect(refused.err).toMatch(/execute\.json: meta\.checksum: is not that of the batch/);

    writeFileSync(file, JSON.stringify({ ...changed, meta: { ...changed.meta, checksum: checksumOf(changed) } }));
    const diff = await run("diff", { batches: out });
    expect(diff.success).toBe(false);
    expect(diff.out).toContain("WRONG: call 2 is missing: execute: list the model");
    expect(diff.out).toContain("WRONG: workerRegistry._modelNames.length did not change");
    expect(diff.err).toMatch(/do not sign it/);
  });

  it("status follows the chain, and a build after scheduling leaves no schedule to sign again", async () => {
    const file = new URL("../../deploy/tasks/0002-catalog-change/parameters.json", import.meta.url);
    const task = catalogChange(JSON.parse(readFileSync(file, "utf8")));
    expect((await run("status")).out).toMatch(/^0002-catalog-change, block \d+ .*\nunscheduled: list the model H100/);
    await sendBatch({ transport: http(chain.url) }, task, "schedule");
    expect(JSON.parse((await run("status", { json: true })).out)).toMatchObject({
      task: "0002-catalog-change",
      operations: [{ state: "scheduled" }, { state: "scheduled" }],
    });
    const refused = await run("diff", { batches: out });
    expect(refused.success).toBe(false);
    expect(refused.err).toMatch(/holds schedule\.json and execute\.json, but what is left .* is execute\.json/);
    expect(await run("build", { out })).toMatchObject({ success: true });
    expect(readdirSync(out).sort()).toEqual(["VALIDATION.md", "execute.json"]);
  });

  it("says what is missing", async () => {
    const none = path.join(folder, "none.json");
    expect((await run("status", { manifest: none })).err).toMatch(/there is no such manifest/);
    expect((await run("build", { task: "0009" })).err).toMatch(/0009 is no task/);
    expect((await run("diff", { batches: folder })).err).toMatch(/manifest\.json is neither schedule\.json nor/);
    const empty = mkdtempSync(path.join(folder, "empty-"));
    expect((await run("diff", { batches: empty })).err).toMatch(/holds neither schedule\.json nor execute\.json/);
    const done = await run("diff", { task: "0001" });
    expect(done.success).toBe(false);
    expect(done.err).toMatch(/nothing is left of 0001-genesis/);
  });
});
