/** What is changed in Ponder: that it fits, and that what comes of it is what Ponder itself would make. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire, findPackageJSON } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { getTableName } from "drizzle-orm";
import { type Hex, keccak256, toHex } from "viem";
import { anvil, mainnet, optimism, sepolia } from "viem/chains";
import { afterAll, describe, expect, test, vi } from "vitest";
import { NETWORKS } from "../../ponder/networks.ts";
import { CHAINS_IMPORTER, changed, engineChanges, engineFile, refusal } from "../../ponder/watch/engine.ts";
import { createRandom } from "../../scripts/devnet/random.ts";
import { manifest } from "./manifest.ts";

const folder = mkdtempSync(path.join(tmpdir(), "phala-changes-"));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

type Values = Record<string, unknown>;

interface CopyModule {
  readonly copyOnWrite: (row: Values) => Values;
  readonly copy: (value: unknown) => unknown;
}

/** The file that a change is in: one of Ponder's, or of a package that Ponder imports. */
function fileOf(name: string): string {
  const [, owner = "", inside = ""] = /^\/([^/]+)\/(.+)$/.exec(name) ?? [];
  const manifestOf = findPackageJSON(owner, pathToFileURL(engineFile("package.json")));
  return path.join(path.dirname(manifestOf ?? expect.fail(name)), inside);
}

/** A module: as it is, and with what is changed in it. Both from another folder, where what they import is named in full. */
async function both<T>(name: string): Promise<readonly [theirs: T, ours: T]> {
  const file = fileOf(name);
  const { resolve } = createRequire(file);
  const source = readFileSync(file, "utf8");
  const own = engineChanges
    .filter((change) => change.file === name)
    .reduce<string | null>((text, change) => text && changed(text, change), source);
  const load = async (whose: string, text: string): Promise<T> => {
    const copy = path.join(folder, `${whose}${name.replaceAll("/", "-")}.mjs`);
    const named = text.replace(/ from ['"]([^'"]+)['"]/g, (_, specifier: string) => {
      if (specifier.startsWith("node:")) return ` from "${specifier}"`;
      // Of packages that come twice, what Ponder imports.
      return ` from "${pathToFileURL(resolve(specifier).replace(/\.cjs$/, ".js")).href}"`;
    });
    writeFileSync(copy, named.replace(/^\/\/# sourceMappingURL.*$/m, ""));
    return (await import(copy)) as T;
  };
  return [await load("theirs", source), await load("ours", own ?? expect.fail(name))];
}

/** `value` without what has a symbol for its name: Ponder leaves one on its rows. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value));
}

describe("changes to Ponder", () => {
  test.each(engineChanges.map((change) => [change.what, change] as const))("%s", (_what, change) => {
    const before = readFileSync(fileOf(change.file), "utf8");
    const after = changed(before, change);
    expect(after).not.toBeNull();
    for (const [old, text] of change.replacements) {
      expect(after).toContain(text);
      expect(after?.replace(text, old)).not.toBe(after);
    }
    // Another version of Ponder is left alone.
    expect(changed(`${before}${before}`, change)).toBeNull();
    expect(changed("export {};", change)).toBeNull();
  });

  test("that keep the data right are needed, the others are not", () => {
    const needed = (isPglite: boolean) => engineChanges.filter((change) => refusal(change, isPglite) !== null);
    expect(needed(false).map(({ what }) => what)).toEqual([
      "a transaction that is tried again begins with what the database has, and none is done twice or after one that was lost",
      "what the indexer commits is on the disk",
    ]);
    expect(needed(true).map(({ what }) => what)).toContain("on PGlite, a transaction is one");
    for (const change of needed(true)) expect(refusal(change, true)).toContain("npm ci");
  });

  test("of one file do not get in each other's way", () => {
    for (const file of new Set(engineChanges.map((change) => change.file))) {
      const source = readFileSync(fileOf(file), "utf8");
      const all = engineChanges.filter((change) => change.file === file);
      expect(all.reduce<string | null>((text, change) => text && changed(text, change), source)).not.toBeNull();
    }
  });

  test("a row that a handler reads is as Ponder would give it, whatever is done with it", async () => {
    const [{ copyOnWrite: theirs }, { copyOnWrite: ours }] = await both<CopyModule>("/ponder/dist/esm/utils/copy.js");
    const random = createRandom(3);
    const keys = ["number", "list", "nothing", "nested", "new"];
    for (let round = 0; round < 200; round++) {
      const stored = () => ({ number: 5n, list: ["a"], nothing: null, nested: { list: [1] } });
      const under: Values[] = [stored(), stored()];
      const [underTheirs, underOurs] = under as [Values, Values];
      const rows = [theirs(underTheirs), ours(underOurs)] as const;
      const kept: Values = stored();
      for (let step = 0; step < 8; step++) {
        const key = random.pick(keys);
        // Somebody else writes the row meanwhile.
        if (random.chance(0.2)) for (const row of [...under, kept]) row["number"] = BigInt(100 + step);
        const act = random.pick<(row: Record<string, unknown>) => unknown>([
          (row) => row[key],
          (row) => (row[key] = BigInt(step)),
          (row) => Reflect.deleteProperty(row, key),
          (row) => key in row,
          (row) => Object.entries(row),
          (row) => ({ ...row }),
          (row) => (Array.isArray(row["list"]) ? row["list"].push(step) : null),
          (row) => Object.defineProperty(row, key, { value: step, enumerable: true, configurable: true })[key],
          (row): unknown => Object.getOwnPropertyDescriptor(row, key)?.value,
        ]);
        const [theirAnswer, ourAnswer] = rows.map((row) => {
          try {
            return plain(act(row));
          } catch (error) {
            return String(error);
          }
        });
        expect(ourAnswer).toEqual(theirAnswer);
      }
      expect(plain(rows[1])).toEqual(plain(rows[0]));
      // What is kept of the row is what others wrote.
      expect(underOurs).toEqual(kept);
      expect(plain(underTheirs)).toEqual(kept);
      expect(Object.getOwnPropertySymbols(underOurs)).toEqual([]);
    }
  });

  test("what a handler writes is copied as Ponder would, and no deeper row is shared", async () => {
    const [theirs, ours] = await both<CopyModule>("/ponder/dist/esm/utils/copy.js");
    const values = (): unknown[] => [
      null,
      7n,
      "text",
      {},
      { number: 1n, text: "a", nothing: null, missing: undefined },
      { list: [1, { deep: [2n] }], flat: true },
      { date: new Date(5), map: { a: { b: 1 } } },
      [],
      [1n, 2n],
      [{ number: 1n }, { list: [1] }],
    ];
    for (const [index, value] of values().entries()) {
      const [their, our] = [theirs.copy(value), ours.copy(value)];
      expect(our, String(index)).toEqual(their);
      if (typeof value === "object" && value !== null) expect(our).not.toBe(value);
      // Whatever becomes of the copy, what was copied stays.
      const spoil = (it: unknown): void => {
        if (typeof it !== "object" || it === null || it instanceof Date) return;
        for (const key of Object.keys(it)) {
          spoil(Reflect.get(it, key));
          Reflect.set(it, key, "spoilt");
        }
      };
      if (!Array.isArray(value) || index !== 9) spoil(our);
      expect(value).toEqual(values()[index]);
    }
    // Rows that were read, in what is written.
    for (const { copy, copyOnWrite } of [theirs, ours]) {
      const row = { number: 3n };
      expect(copy(copyOnWrite(row))).toBe(row);
      const copied = copy({ inner: copyOnWrite(row), other: 1 }) as Values;
      expect([copied["inner"] === row, copied["other"]]).toEqual([true, 1]);
    }
  });

  test("rows are kept and written as Ponder would, to the letter", async () => {
    interface Rows {
      readonly normalizeRow: (table: unknown, row: Values, isUpdate: boolean) => Values;
    }
    interface Cache {
      readonly getCopyText: (table: unknown, rows: readonly Values[]) => string;
    }
    const schema = (await import("../../ponder/ponder.schema.ts")) as Record<string, unknown>;
    const [theirRows, ourRows] = await both<Rows>("/ponder/dist/esm/indexing-store/utils.js");
    const [theirCache, ourCache] = await both<Cache>("/ponder/dist/esm/indexing-store/cache.js");
    const { isTable, getTableColumns } = await import("drizzle-orm");
    const random = createRandom(11);
    const texts = ["", "a", "tab\tline\nback\\slash", "ünï", "\\N"];
    const valueOf = (type: string): unknown => {
      switch (type) {
        case "PgEvmBigint":
          return random.pick([0n, -1n, 2n ** 256n - 1n, BigInt(random.integer(0, 2 ** 31 - 1)), 5, "7"]);
        case "PgInteger":
          return random.pick([0, -1, 2 ** 31 - 1, random.integer(0, 999), "12"]);
        case "PgHex":
          return random.pick<Hex>(["0x", "0xABC", keccak256(toHex(random.integer(0, 999)))]);
        case "PgBoolean":
          return random.pick([true, false]);
        case "PgJson":
        case "PgJsonb":
          return { a: [1, "b"] };
        default:
          return undefined;
      }
    };
    const tables = Object.values(schema).filter((value) => isTable(value));
    expect(tables.length).toBeGreaterThan(60);
    const types = new Set<string>();
    for (const table of tables) {
      interface Column {
        readonly columnType: string;
        readonly notNull: boolean;
        readonly baseColumn?: Column;
      }
      const columns: [string, Column][] = Object.entries(getTableColumns(table));
      const row = (): Values =>
        Object.fromEntries(
          columns.map(([name, { columnType, notNull, baseColumn }]) => {
            types.add(columnType);
            if (!notNull && random.chance(0.25)) return [name, random.chance(0.5) ? null : undefined];
            const one = (type: string) => valueOf(type) ?? random.pick(texts);
            if (baseColumn === undefined) return [name, one(columnType)];
            return [name, Array.from({ length: random.integer(0, 3) }, () => one(baseColumn.columnType))];
          }),
        );
      const rows = Array.from({ length: 20 }, row);
      for (const isUpdate of [false, true]) {
        const [their, our] = [theirRows, ourRows].map(({ normalizeRow }) =>
          rows.map((one) => normalizeRow(table, { ...one }, isUpdate)),
        );
        expect(our, getTableName(table)).toEqual(their);
        expect(ourCache.getCopyText(table, our ?? [])).toBe(theirCache.getCopyText(table, their ?? []));
      }
    }
    expect([...types]).toEqual(
      expect.arrayContaining(["PgEvmBigint", "PgInteger", "PgHex", "PgText", "PgBoolean", "PgArray"]),
    );
  });

  test("rows of an answer are read as Drizzle would, of one table and of several", async () => {
    type Columns = readonly { readonly path: readonly string[]; readonly field: unknown }[];
    interface Reader {
      readonly mapResultRow: (columns: Columns, row: readonly unknown[], joins?: Record<string, boolean>) => Values;
    }
    const { position, vault } = await import("../../ponder/ponder.schema.ts");
    const { getTableColumns, sql } = await import("drizzle-orm");
    const [theirs, ours] = await both<Reader>("/drizzle-orm/utils.js");
    const columnsOf = (table: typeof position | typeof vault) =>
      Object.entries(getTableColumns(table) as Record<string, { columnType: string }>);
    const raw = ({ columnType }: { columnType: string }, index: number) =>
      index % 5 === 4
        ? null
        : columnType === "PgInteger"
          ? index
          : columnType === "PgEvmBigint"
            ? `${index}`
            : `0x${index}`;
    const one = columnsOf(position);
    const values = one.map(([, column], index) => raw(column, index));
    const joined = [...columnsOf(position), ...columnsOf(vault)];
    const answers: readonly (readonly [Columns, readonly unknown[], Record<string, boolean>?])[] = [
      [one.map(([name, field]) => ({ path: [name], field })), values],
      [one.map(([name, field]) => ({ path: [name], field })), values, { position: false }],
      [[{ path: ["count"], field: sql`count(*)`.mapWith(Number) }], ["12"]],
      [[{ path: ["named"], field: sql`1`.mapWith(BigInt).as("named") }], ["13"]],
      [
        joined.map(([name, field], i) => ({ path: [i < one.length ? "position" : "vault", name], field })),
        joined.map(([, column], index) => (index < one.length ? raw(column, index) : null)),
        { position: true, vault: false },
      ],
    ];
    for (const [columns, row, joins] of answers) {
      const expected = theirs.mapResultRow(columns, row, joins);
      for (let time = 0; time < 2; time++) expect(ours.mapResultRow(columns, row, joins)).toEqual(expected);
    }
    expect(theirs.mapResultRow(...(answers.at(-1) ?? expect.fail("none")))).toMatchObject({ vault: null });
  });

  test("rows are counted as Ponder would", async () => {
    interface Counter {
      inc: (labels: Record<string, string>, count?: number) => void;
      reset: () => void;
    }
    interface Metrics {
      readonly ponder_indexing_store_queries_total: Counter;
      readonly ponder_indexing_cache_requests_total: Counter;
      getMetrics: () => Promise<string>;
    }
    const modules = await both<{ MetricsService: new () => Metrics }>("/ponder/dist/esm/internal/metrics.js");
    const shown = async (metrics: Metrics) =>
      (await metrics.getMetrics()).split("\n").filter((line) => /(store_queries|cache_requests)_total/.test(line));
    const [their = [], our] = await Promise.all(
      modules.map(async ({ MetricsService }) => {
        const metrics = new MetricsService();
        const { ponder_indexing_store_queries_total: queries, ponder_indexing_cache_requests_total: requests } =
          metrics;
        const random = createRandom(5);
        const seen: string[][] = [];
        for (let round = 0; round < 4; round++) {
          for (let i = 0; i < 50; i++) {
            const table = random.pick(["vault", "position"]);
            queries.inc({ table, method: random.pick(["find", "update"]) });
            requests.inc({ table, type: random.pick(["hit", "miss"]) }, random.integer(0, 2));
          }
          seen.push(await shown(metrics), await shown(metrics));
          if (round === 2) queries.reset();
        }
        return seen.map((lines) => lines.sort());
      }),
    );
    expect(their.flat().length).toBeGreaterThan(60);
    expect(our).toEqual(their);
  });

  test("several contracts' logs come by two requests, and are those that Ponder would get", async () => {
    interface Filter {
      readonly type: "log";
      readonly chainId: number;
      readonly sourceId: string;
      readonly address: Hex | undefined;
      readonly topic0: Hex;
      readonly fromBlock: number;
      readonly toBlock: number | undefined;
    }
    type Log = Record<"address" | "blockNumber" | "logIndex", Hex> & { readonly topics: readonly Hex[] };
    interface Sync {
      readonly syncBlockRangeData: (range: Values) => Promise<readonly Log[]>;
    }
    const random = createRandom(13);
    const hex = (value: number, bytes: number): Hex => `0x${value.toString(16).padStart(2 * bytes, "0")}`;
    const of = (values: readonly number[], bytes: number) => values.map((value) => hex(value, bytes));
    const [addresses, topics] = [of([1, 2, 3, 4, 5], 20), of([11, 12, 13, 14, 15, 16], 32)];
    const filter = (address: Hex | undefined, topic0: Hex): Filter => ({
      ...{ type: "log", chainId: 1, sourceId: "any", address, topic0, fromBlock: 0, toBlock: undefined },
    });
    const filters = [
      ...addresses.slice(0, 3).flatMap((address, i) => topics.slice(i, i + 2).map((topic) => filter(address, topic))),
      ...topics.slice(4).map((topic) => filter(undefined, topic)),
    ];
    const all = Array.from({ length: 300 }, (_, i): Log & Values => ({
      ...{ address: random.pick(addresses), topics: [random.pick(topics)], data: "0x", removed: false },
      ...{ blockNumber: hex(1 + Math.floor(i / 6), 1), logIndex: hex(i % 6, 1), transactionIndex: "0x0" },
      ...{ blockHash: hex(1 + Math.floor(i / 6), 32), transactionHash: hex(i + 1, 32) },
    }));
    const isWanted = ({ address, topics: [first] }: Log) =>
      filters.some((one) => one.topic0 === first && (one.address ?? address) === address);
    const modules = await both<{ createHistoricalSync: (args: Values) => Sync }>(
      "/ponder/dist/esm/sync-historical/index.js",
    );
    // Of the last filter, only the second half is missing.
    const requiredIntervals = filters.map((one, i) => ({
      filter: one,
      interval: i === filters.length - 1 ? [26, 50] : [1, 50],
    }));
    const answers = await Promise.all(
      modules.map(async ({ createHistoricalSync }) => {
        let requests = 0;
        const matches = (wanted: unknown, value: unknown) =>
          wanted === undefined || wanted === value || (Array.isArray(wanted) && wanted.includes(value));
        const request = ({ params: [asked] }: { params: [Values] }) => {
          requests++;
          const [from, to] = [Number(asked["fromBlock"]), Number(asked["toBlock"])];
          const [topic] = asked["topics"] as unknown[];
          const found = all.filter(
            (log) =>
              matches(asked["address"], log.address) &&
              matches(topic, log.topics[0]) &&
              Number(log.blockNumber) >= from &&
              Number(log.blockNumber) <= to,
          );
          return Promise.resolve(structuredClone(found));
        };
        const silent = { debug: () => undefined, warn: () => undefined, child: () => silent };
        const sync = createHistoricalSync({
          common: { logger: silent, options: { factoryAddressCountThreshold: 1_000 } },
          chain: { name: "phala", id: 1, finalityBlockCount: 1 },
          rpc: { request },
          childAddresses: new Map(),
        });
        const logs = await sync.syncBlockRangeData({
          ...{ interval: [1, 50], requiredIntervals, requiredFactoryIntervals: [], syncStore: {} },
        });
        const names = logs.filter(isWanted).map(({ blockNumber, logIndex }) => `${blockNumber} ${logIndex}`);
        return { requests, names: names.sort() };
      }),
    );
    const [theirs, ours] = answers;
    expect(theirs?.names.length).toBeGreaterThan(50);
    expect(ours?.names).toEqual(theirs?.names);
    expect([theirs?.requests, ours?.requests]).toEqual([5, 3]);
  });

  test.each([
    [10, 24],
    [300, 24],
    [500, 14],
    [1_000, 7],
    [5_000, 4],
    [0, 0],
  ])("of blocks with %i logs each, no more than %i are read at once", async (logsPerBlock, expected) => {
    type SyncBlocks = (range: Values) => Promise<unknown>;
    const [, { createHistoricalSync }] = await both<{
      createHistoricalSync: (args: Values) => { readonly syncBlockData: SyncBlocks };
    }>("/ponder/dist/esm/sync-historical/index.js");
    const [blocks, zero]: [number, Hex] = [40, "0x00"];
    const log = { address: zero, topics: [toHex(1, { size: 32 })], data: "0x", transactionHash: zero };
    const logs = Array.from({ length: blocks * logsPerBlock }, (_, i) => ({
      ...{ ...log, blockNumber: toHex(1 + (i % blocks)), logIndex: toHex(Math.floor(i / blocks)) },
    }));
    const filter = {
      ...{ type: "log", chainId: 1, sourceId: "any", address: undefined, topic0: toHex(2, { size: 32 }) },
      ...{ fromBlock: 0, toBlock: undefined },
    };
    const [interval, read]: [[number, number], number[]] = [[1, blocks], []];
    let [reading, most] = [0, 0];
    const request = async ({ params: [number] }: { params: [Hex] }) => {
      most = Math.max(most, ++reading);
      await new Promise((done) => setTimeout(done, 2));
      reading--;
      read.push(Number(number));
      return {
        ...{ number, hash: zero, parentHash: zero, timestamp: zero, logsBloom: zero, transactions: [] },
      };
    };
    const silent = { debug: () => undefined, warn: () => undefined, child: () => silent };
    const written = () => Promise.resolve();
    await createHistoricalSync({
      common: { logger: silent, options: {} },
      chain: { name: "phala", id: 1, finalityBlockCount: 1 },
      rpc: { request },
      childAddresses: new Map(),
    }).syncBlockData({
      ...{ interval, requiredIntervals: [{ filter, interval }], logs },
      syncStore: {
        ...{ insertBlocks: written, insertTransactions: written, insertTransactionReceipts: written },
        ...{ insertTraces: written, insertLogs: written },
      },
    });
    expect(most).toBe(expected);
    expect(read.sort((a, b) => a - b)).toEqual(
      logsPerBlock === 0 ? [] : Array.from({ length: blocks }, (_, i) => 1 + i),
    );
  });

  test("the lock is held by one, and given to the next who asked", async () => {
    interface Lock {
      lock: () => Promise<void> | undefined;
      unlock: () => void;
    }
    const modules = await both<{ createLock: () => Lock }>("/ponder/dist/esm/utils/mutex.js");
    const [their, our] = await Promise.all(
      modules.map(async ({ createLock }) => {
        const lock = createLock();
        const random = createRandom(7);
        const order: string[] = [];
        let holders = 0;
        await Promise.all(
          Array.from({ length: 30 }, async (_, id) => {
            await lock.lock();
            expect(++holders).toBe(1);
            for (let turn = random.integer(0, 3); turn >= 0; turn--) await Promise.resolve();
            order.push(String(id));
            --holders;
            lock.unlock();
          }),
        );
        return order;
      }),
    );
    expect(our).toEqual(their);
    expect(our).toHaveLength(30);
  });

  test("everything that its builder imports of Vite, the loader has", async () => {
    const builder = readFileSync(engineFile("dist/esm/build/index.js"), "utf8");
    const imports = [...builder.matchAll(/^import (.+) from "(vite[^"]*)";$/gm)].map(([, what = ""]) => what);
    expect(imports.length).toBeGreaterThan(4);
    const names = imports.flatMap((what) => (/^\w+$/.test(what) ? ["default"] : (what.match(/\w+/g) ?? [])));
    expect(Object.keys(await import("../../ponder/watch/modules.ts"))).toEqual(expect.arrayContaining(names));
  });

  test("of all chains it gets the one of the deployment, as viem describes it", async () => {
    expect(readFileSync(engineFile(CHAINS_IMPORTER), "utf8")).toContain('from "viem/chains"');
    const file = path.join(folder, "sepolia.json");
    writeFileSync(file, JSON.stringify({ ...manifest, chainId: sepolia.id }));
    vi.stubEnv("PHALA_DEPLOYMENT", file);
    const { chain, chainOf, definitionOf } = await import("../../ponder/watch/chains.ts");
    expect(chain).toEqual(sepolia);
    for (const [id, { definition }] of NETWORKS) expect((await definitionOf(definition))?.id).toBe(id);
    expect(await definitionOf("nowhere")).toBeUndefined();
    for (const known of [mainnet, anvil, optimism]) expect(await chainOf(known.id)).toEqual(known);
    expect(await chainOf(31_999)).toEqual({});
  });
});
