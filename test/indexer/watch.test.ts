/** The watchdog: what it notices, what it says, and the command that repairs a reorganisation that was too deep. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PGlite } from "@electric-sql/pglite";
import { type Hex, numberToHex } from "viem";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { indexerCommand } from "../../ponder/command.ts";
import { createPglite, hasPglite, impatient, openPglite, withTransactions } from "../../ponder/watch/database.ts";
import { bloomOf, checked } from "../../ponder/watch/logs.ts";
import { isVerifying, parseOptions, watchSettings } from "../../ponder/watch/options.ts";
import { metricsText, problemsNow, setWatchState } from "../../ponder/watch/state.ts";
import { type Postgres, startPostgres } from "../../scripts/devnet/postgres.ts";
import {
  type IndexerProcess,
  type ProcessOptions,
  contentOf,
  startFaultyNode,
  startProcess,
  startTrade,
} from "./operations.ts";
import { type Suite, startSuite } from "./suite.ts";

/** Blocks that Ponder takes back, on chains that it does not know. */
const WINDOW = 30;

/** Indexers are started five times in a test; what has to be quick is measured in it. */
const PATIENCE_MS = 600_000;

describe("the command line", () => {
  test("has defaults that are safe, and the environment's", () => {
    expect(parseOptions(["start"], {})).toMatchObject({ schema: "phala", port: 42069, hostname: "127.0.0.1" });
    expect(parseOptions(["serve"], { PORT: "80", DATABASE_SCHEMA: "v2" })).toMatchObject({ schema: "v2", port: 80 });
  });

  test.each([
    [["index"], "the command is one of start, serve, repair"],
    [["start", "--schema", 'a"b'], "--schema is up to 45 of a-z"],
    [["start", "--schema", "ponder_sync"], "not public or ponder_sync"],
    [["start", "--schema", "a", "--views-schema", "a"], "must differ"],
    [["serve", "--views-schema", "a"], "belongs to `start`"],
    [["start", "--port", "0"], "--port is 1 to 65535"],
  ])("%j is refused: %s", (argv, reason) => {
    expect(() => parseOptions(argv, {})).toThrow(reason);
  });

  test("the watchdog's settings are checked", () => {
    expect(watchSettings({}, 1)).toEqual({ interval: 3_000, maxLag: 60, blockTime: 12 });
    expect(watchSettings({ PHALA_BLOCK_TIME: "2" }, 31337).blockTime).toBe(2);
    expect(() => watchSettings({ PHALA_MAX_LAG: "soon" }, 1)).toThrow("PHALA_MAX_LAG must be an integer");
    expect([isVerifying({}, true), isVerifying({}, false), isVerifying({ PHALA_VERIFY_LOGS: "1" }, true)]).toEqual([
      false,
      true,
      true,
    ]);
  });
});

describe("what a process says of itself", () => {
  const point = { number: 90, timestamp: 1_000 };

  test("it is not ready before the first look, with a problem, or when the last look is old", () => {
    expect(problemsNow().map(({ code }) => code)).toEqual(["starting"]);
    const state = {
      checkedAt: Date.now(),
      head: { ...point, number: 95 },
      indexed: point,
      lagSeconds: 2,
      problems: [],
    };
    setWatchState(state);
    expect(problemsNow()).toEqual([]);
    setWatchState({ ...state, checkedAt: Date.now() - 60_000 });
    expect(problemsNow().map(({ code }) => code)).toEqual(["watchdog"]);
    setWatchState({ ...state, problems: [{ code: "behind", message: "…" }] });
    expect(metricsText()).toContain("phala_indexer_lag_blocks 5\n");
    expect(metricsText()).toContain('phala_indexer_problem{code="behind"} 1\n');
    expect(metricsText()).toContain('phala_indexer_problem{code="rpc"} 0\n');
  });
});

describe("PGlite", () => {
  test(
    "has transactions: in them is what is asked within, by any way; everybody else waits",
    { timeout: 60_000 },
    async () => {
      const instance = withTransactions(await PGlite.create());
      const count = async () =>
        Number((await instance.query<{ n: number }>("SELECT count(*) AS n FROM made")).rows[0]?.n);
      try {
        await instance.exec("CREATE TABLE made (id integer PRIMARY KEY)");
        let othersAsk: () => void = () => undefined;
        const others = new Promise<void>((resolve) => (othersAsk = resolve)).then(count);
        const order: string[] = [];
        const leftBehind: Promise<unknown>[] = [];
        const committed = instance.transaction(async (transaction) => {
          await transaction.query("INSERT INTO made VALUES (1)");
          othersAsk();
          await instance.query("INSERT INTO made VALUES (2)");
          await instance.exec("INSERT INTO made VALUES (3)");
          await instance.transaction((inner) => inner.query("INSERT INTO made VALUES (4)"));
          await sleep(50);
          expect(await count()).toBe(4);
          order.push("end");
          leftBehind.push(sleep(20).then(() => instance.query("INSERT INTO made VALUES (5)")));
        });
        expect(await others.finally(() => order.push("others"))).toBe(4);
        await committed;
        expect(order).toEqual(["end", "others"]);
        // What ends later than its transaction stands by itself.
        await Promise.all(leftBehind);
        expect(await count()).toBe(5);

        const failed = instance.transaction(async () => {
          await instance.exec("INSERT INTO made VALUES (6)");
          await instance.transaction(() => instance.query("INSERT INTO made VALUES (1)"));
        });
        await expect(failed).rejects.toThrow("duplicate key");
        expect(await count()).toBe(5);
      } finally {
        await instance.close();
      }
    },
  );

  test("does not keep the watchdog waiting: what has no answer in time has failed", async () => {
    const asked: string[] = [];
    const slow = impatient(
      {
        query: (sql) => {
          asked.push(sql);
          return sql === "slow" ? new Promise(() => undefined) : Promise.resolve([{ sql }]);
        },
        close: () => Promise.resolve(),
      },
      50,
    );
    expect(await slow.query("quick")).toEqual([{ sql: "quick" }]);
    await expect(slow.query("slow")).rejects.toThrow("no answer within 0.05 s");
    expect(asked).toEqual(["quick", "slow"]);
  });

  test("is made as a whole: what was only begun is made anew", { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "phala-pglite-"));
    try {
      const directory = path.join(folder, "deep", "database");
      mkdirSync(`${directory}.new/base`, { recursive: true });
      writeFileSync(`${directory}.new/PG_VERSION`, "17");
      expect(hasPglite(directory)).toBe(false);
      await createPglite(directory);
      expect([hasPglite(directory), existsSync(`${directory}.new`)]).toEqual([true, false]);
      // One that another version has made cannot be opened: it says so, and what to do.
      const old = path.join(folder, "old");
      mkdirSync(old);
      writeFileSync(path.join(old, "PG_VERSION"), "16\n");
      expect(() => hasPglite(old)).toThrow(/PostgreSQL 16, .* \(18\) cannot open.*indexer -- repair/);
      const database = await openPglite(directory);
      expect(await database.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
      await database.close();

      const taken = path.join(folder, "taken");
      mkdirSync(taken);
      writeFileSync(path.join(taken, "letter.txt"), "mine");
      await expect(createPglite(taken)).rejects.toThrow("ENOTEMPTY");
      expect(readFileSync(path.join(taken, "letter.txt"), "utf8")).toBe("mine");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("what a node answers", () => {
  const log = (logIndex: number, address: Hex = "0x00000000000000000000000000000000000000aa") => ({
    address,
    topics: [`0x${"11".repeat(32)}`] as const,
    blockHash: `0x${"ab".repeat(32)}` as const,
    blockNumber: "0x5" as const,
    logIndex: numberToHex(logIndex),
  });
  const all = [log(0), log(1), log(2, "0x00000000000000000000000000000000000000bb")];
  const hash = all[0]?.blockHash;

  /** A node that gives these answers to the same question, one after the other. */
  function node(answers: readonly (readonly unknown[])[]) {
    let asked = 0;
    const call = checked(({ method }) => {
      if (method !== "eth_getLogs") return Promise.resolve({ hash, logsBloom: bloomOf(all) });
      return Promise.resolve(answers[Math.min(asked++, answers.length - 1)]);
    }, false);
    return { call, asked: () => asked };
  }

  test.each([
    ["a log in the middle is missing", [log(0), log(2)]],
    ["the last log is missing, whose address is in the header's filter", [log(0), log(1)]],
    ["a log is another block's", [log(0), log(1), { ...log(2), blockHash: `0x${"cd".repeat(32)}` }]],
    ["there are none", []],
  ])("is asked for again when %s", async (_, wrong) => {
    const { call, asked } = node([wrong, all]);
    await call({ method: "eth_getBlockByNumber", params: ["0x5", true] });
    expect(await call({ method: "eth_getLogs", params: [{ blockHash: hash }] })).toEqual(all);
    expect(asked()).toBe(2);
  });

  describe("of which the last log is missing, which adds nothing to the header's filter", () => {
    const alike = [log(0), log(1)];
    const receiptOf = (logs: readonly unknown[], blockHash: unknown = hash) => ({ blockHash, logs });
    /** First gives one log, then both; `receipts` by the hash of their transaction, the last one's first. */
    const given = (receipts: Readonly<Record<string, unknown>>) => {
      let asked = 0;
      return checked(
        ({ method, params }) => {
          const [about] = Array.isArray(params) ? (params as readonly unknown[]) : [];
          if (method === "eth_getTransactionReceipt") {
            const receipt = receipts[String(about)];
            return receipt === undefined ? Promise.reject(new Error("no such method")) : Promise.resolve(receipt);
          }
          // Objects or hashes, as the node was asked.
          const transactions = [{ hash: "0x1" }, "0x2", "0x3"];
          if (method !== "eth_getLogs") return Promise.resolve({ hash, logsBloom: bloomOf(alike), transactions });
          return Promise.resolve((asked += 1) <= 2 ? alike.slice(0, 1) : alike);
        },
        true,
        { patienceMs: { receipt: 100, other: 100 } },
      );
    };
    const answerOf = async (receipts: Readonly<Record<string, unknown>>) => {
      const call = given(receipts);
      await call({ method: "eth_getBlockByNumber", params: ["0x5", true] });
      return call({ method: "eth_getLogs", params: [{ blockHash: hash }] });
    };

    test("is asked for again, by the last receipt that has a log", async () => {
      expect(await answerOf({ "0x3": receiptOf([]), "0x2": receiptOf([log(1)]) })).toEqual(alike);
      expect(await answerOf({ "0x3": receiptOf([]), "0x2": receiptOf([]), "0x1": receiptOf(alike) })).toEqual(alike);
    });

    test("is taken from a node that has no receipts of the block", async () => {
      for (const receipt of [undefined, null, receiptOf([log(1)], `0x${"cd".repeat(32)}`)]) {
        expect(await answerOf({ "0x3": receipt })).toEqual(alike.slice(0, 1));
      }
    });

    test("is taken from a node whose receipts do not come, which is not asked for another for a while", async () => {
      let receipts = 0;
      const call = checked(
        ({ method }) => {
          if (method === "eth_getLogs") return Promise.resolve(alike.slice(0, 1));
          if (method === "eth_getBlockByNumber") {
            return Promise.resolve({ hash, logsBloom: bloomOf(alike), transactions: ["0x1"] });
          }
          receipts += 1;
          return new Promise(() => undefined);
        },
        true,
        { patienceMs: { receipt: 50, other: 50 } },
      );
      await call({ method: "eth_getBlockByNumber", params: ["0x5", true] });
      const asked: number[] = [];
      vi.useFakeTimers({ toFake: ["Date"] });
      try {
        for (const minutes of [0, 1, 1, 1, 5, 4]) {
          vi.setSystemTime(Date.now() + minutes * 60_000);
          expect(await call({ method: "eth_getLogs", params: [{ blockHash: hash }] })).toEqual(alike.slice(0, 1));
          asked.push(receipts);
        }
      } finally {
        vi.useRealTimers();
      }
      expect(asked).toEqual([1, 2, 3, 3, 3, 4]);
    });

    test("is missed also where hashes are written otherwise", async () => {
      const receipt = receiptOf([log(1)], `0x${hash?.slice(2).toUpperCase()}`);
      expect(await answerOf({ "0x3": receipt })).toEqual(alike);
    });
  });

  test("is compared with a second answer in other pieces, where that is asked for", async () => {
    let asked = 0;
    const call = checked(({ params }) => {
      asked += 1;
      // The first time, the range is cut off after one log.
      if (asked === 1) return Promise.resolve(all.slice(0, 1));
      return Promise.resolve(JSON.stringify(params).includes('"toBlock":"0x7"') ? all : []);
    }, true);
    const params = [{ fromBlock: "0x5", toBlock: "0x7" }];
    expect(await call({ method: "eth_getLogs", params })).toEqual(all);
    expect(asked).toBe(6);
  });
});

describe.skipIf(process.platform !== "linux")("a reorganisation that is too deep", () => {
  let suite: Suite;
  let postgres: Postgres;
  const started: { stop: () => Promise<unknown> }[] = [];

  beforeAll(async () => {
    suite = await startSuite();
    started.push(suite);
    postgres = await startPostgres({ folder: path.join(suite.folder, "postgres") });
    started.push(postgres);
  });

  afterAll(async () => {
    for (const { stop } of started.reverse()) await stop();
  });

  /** Runs the documented command. */
  function repair(options: ProcessOptions) {
    const { command, args, cwd, env } = indexerCommand({
      deployment: options.deployment ?? suite.manifestPath,
      rpcUrl: suite.chain.url,
      port: 1,
      directory: options.directory ?? "",
      ...(options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl }),
    });
    const at = args.indexOf("start");
    const done = spawnSync(command, [...args.slice(0, at), "repair", "--schema", options.schema ?? "phala"], {
      cwd,
      env: { ...process.env, ...env },
      encoding: "utf8",
    });
    return { status: done.status, output: done.stdout + done.stderr };
  }

  async function comparedWithClean(indexer: IndexerProcess, options: ProcessOptions, name: string): Promise<void> {
    const head = await suite.client.getBlockNumber();
    const clean = await startProcess(suite, {
      ...options,
      schema: name,
      ...(options.databaseUrl === undefined
        ? { directory: path.join(suite.folder, name) }
        : { databaseUrl: await postgres.create(name) }),
    });
    try {
      await clean.reach(head);
      await indexer.reach(head);
      expect(await contentOf(indexer)).toEqual(await contentOf(clean));
    } finally {
      await clean.stop();
    }
  }

  async function survives(options: ProcessOptions, name: string): Promise<void> {
    const trade = await startTrade(suite, 1);
    await trade.blocks(5);
    const id = await suite.client.snapshot();
    let indexer = await startProcess(suite, options);
    const { viewsSchema: views, ...unshown } = options;
    let shown: IndexerProcess | undefined;
    try {
      await indexer.ready();
      if (views !== undefined) {
        shown = await startProcess(suite, { ...unshown, command: "serve", schema: views });
        await shown.ready();
      }
      await trade.blocks(2 * WINDOW + 25, 1);
      await indexer.reach(await suite.client.getBlockNumber());
      const wrong = await contentOf(indexer);

      await suite.client.revert({ id });
      const other = await startTrade(suite, 2);
      await other.blocks(2 * WINDOW + 30, 1);
      expect(await indexer.problem("reorg_beyond_window", 30_000)).toBeLessThan(30_000);
      expect(await indexer.metrics()).toContain('phala_indexer_problem{code="reorg_beyond_window"} 1');
      await expect.poll(() => indexer.lines.join("\n")).toContain("npm run indexer -- repair --schema");

      const refused = repair(options);
      expect(refused).toMatchObject({ status: 1, output: expect.stringContaining("an indexer is at work") as string });
      if (shown !== undefined) {
        // What serves views names what they show: to repair the views would be the end of them.
        await shown.problem("reorg_beyond_window");
        const command = `npm run indexer -- repair --schema ${options.schema ?? ""}`;
        await expect.poll(() => shown?.lines.join("\n")).toContain(command);
        expect(repair({ ...options, schema: views ?? "" })).toMatchObject({
          status: 1,
          output: expect.stringContaining(command) as string,
        });
      }

      // Nor is it forgotten: not by a restart, and not when the ring of blocks has turned.
      await indexer.killAll();
      indexer = await startProcess(suite, options);
      await indexer.problem("reorg_beyond_window", 60_000);
      await indexer.stop();

      expect(repair(options)).toMatchObject({ status: 0, output: expect.stringContaining("Repaired") as string });
      indexer = await startProcess(suite, options);
      await indexer.ready();
      expect(await contentOf(indexer)).not.toEqual(wrong);
      if (shown !== undefined) {
        await shown.ready();
        expect(await contentOf(shown)).toEqual(await contentOf(indexer));
      }
      await comparedWithClean(indexer, unshown, name);
    } finally {
      await shown?.stop();
      await indexer.stop();
    }
  }

  test("is noticed, repaired with its cache, and indexed again: PostgreSQL", { timeout: PATIENCE_MS }, async () => {
    // By a name that is not that of a development chain: what is fetched of it is cached.
    const chainId = 31_999;
    const node = await startFaultyNode(suite.chain.url);
    started.push(node);
    node.set(({ method }, answer) => (method === "eth_chainId" ? Promise.resolve(numberToHex(chainId)) : answer()));
    const deployment = path.join(suite.folder, "other-chain.json");
    const manifest: unknown = JSON.parse(readFileSync(suite.manifestPath, "utf8"));
    if (typeof manifest !== "object") throw new Error("no manifest");
    writeFileSync(deployment, JSON.stringify({ ...manifest, chainId }));
    const databaseUrl = await postgres.create("deep");
    await survives({ deployment, rpcUrl: node.url, schema: "deep", viewsSchema: "shown", databaseUrl }, "clean");
  });

  test("the same on PGlite", { timeout: PATIENCE_MS }, async () => {
    await survives({ directory: path.join(suite.folder, "deep-pglite") }, "clean_pglite");
  });
});
