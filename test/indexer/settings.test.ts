/** What the indexer refuses before it starts, and its maths. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { zeroAddress } from "viem";
import { afterAll, describe, expect, test, vi } from "vitest";
import { emitted, emittedBefore, epochBudget } from "../../model/emission.ts";
import { MIN_SUPPLY, accrue } from "../../model/pool.ts";
import { indexerCommand } from "../../ponder/command.ts";
import { parseDeployment, readDeployment } from "../../ponder/deployment.ts";
import {
  answerCacheOf,
  databaseOf,
  intervalOf,
  isCached,
  lanesOf,
  originsOf,
  rateLimitOf,
  rpcUrls,
  siteUrlOf,
  trustedProxiesOf,
} from "../../ponder/settings.ts";
import { closedSince } from "../../ponder/src/maths/period.ts";
import { costOf } from "../../ponder/src/maths/position.ts";
import { MAX_APY, WAD, annualised, compounded } from "../../ponder/src/maths/yield.ts";
import { startService } from "../../scripts/devnet/process.ts";
import { accounts, contracts, manifest } from "./manifest.ts";

const folder = mkdtempSync(path.join(tmpdir(), "phala-settings-"));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe("manifest", () => {
  test("is taken as it is; what a deployment does without is the zero address", () => {
    const found = parseDeployment({ ...manifest, contracts: { ...contracts, teamVesting: null } }, "m.json");
    expect(found).toMatchObject({ network: "local", chainId: 31337, startBlock: 3 });
    expect(found.contracts.vpha).toBe(contracts["vpha"]);
    expect(found.contracts.teamVesting).toBe(zeroAddress);
  });

  test("names whose PHA does not circulate, each once and in lower case", () => {
    expect(parseDeployment({ ...manifest, contracts: { ...contracts, teamVesting: null } }, "m.json").buckets).toEqual([
      { name: "emission_vault", address: contracts["emissionVault"] },
      { name: "worker_rewards", address: contracts["workerRewards"] },
      { name: "reserve", address: accounts.reserve },
      { name: "private_sale", address: accounts.privateSale.toLowerCase() },
      { name: "governance", address: accounts.governance },
    ]);
  });

  test.each(["tdxVerifier", "slashing"] as const)("names one %s, or several", (name) => {
    const [one, two] = [`0x${"a1".repeat(20)}`, `0x${"b2".repeat(20)}`];
    const allOf = (named?: unknown) =>
      parseDeployment({ ...manifest, contracts: { ...contracts, [name]: named } }, "m.json").contracts[name];
    expect(allOf(one)).toEqual([one]);
    expect(allOf([one, two])).toEqual([one, two]);
    for (const wrong of [undefined, [], [one, "0x1"]]) {
      expect(() => allOf(wrong)).toThrow(`m.json: contracts.${name} must be an address`);
    }
  });

  test.each([
    [{ ...manifest, chainId: "31337" }, 'm.json: chainId must be an integer of at least 1, not "31337"'],
    [{ ...manifest, startBlock: -1 }, "m.json: startBlock must be an integer"],
    [{ ...manifest, contracts: { ...contracts, vpha: undefined } }, "m.json: contracts.vpha must be an address"],
    [{ ...manifest, contracts: { ...contracts, pha: zeroAddress } }, "m.json: contracts.pha must be an address"],
    [
      { ...manifest, contracts: { ...contracts, teamVesting: "0x1" } },
      "m.json: contracts.teamVesting must be an address",
    ],
    [{ ...manifest, network: undefined }, "m.json: network must be a name"],
    [{ ...manifest, parameters: undefined }, "m.json: parameters must be an object"],
    [
      { ...manifest, parameters: { accounts: { ...accounts, reserve: "0x1" } } },
      "m.json: parameters.accounts.reserve must be an address",
    ],
    [[], "m.json: the manifest must be an object"],
  ])("that is wrong is refused by file and field (%#)", (json, message) => {
    expect(() => parseDeployment(json, "m.json")).toThrow(message);
  });

  test("that is missing or no JSON is refused", () => {
    expect(() => readDeployment(path.join(folder, "none.json"))).toThrow(/none\.json.*Deploy the suite first/);
    const file = path.join(folder, "text.json");
    writeFileSync(file, "{");
    expect(() => readDeployment(file)).toThrow(`${file} is not JSON`);
  });

  test("that is missing ends the process with a message that says so", async () => {
    const { command, args, cwd, env } = indexerCommand({
      deployment: path.join(folder, "none.json"),
      rpcUrl: "http://127.0.0.1:1",
      port: 1,
      directory: path.join(folder, "pglite"),
    });
    const service = startService({ name: "indexer", command, args, cwd, env });
    expect(await service.ended).not.toBe(0);
    expect(service.output()).toContain("Deploy the suite first");
  });
});

describe("settings", () => {
  test("local nodes get several lanes, others one; both can be set", () => {
    expect(lanesOf({}, rpcUrls({}))).toHaveLength(20);
    const env = { PONDER_RPC_URL: "https://one.example, https://two.example" };
    expect(lanesOf(env, rpcUrls(env))).toEqual(["https://one.example", "https://two.example"]);
    expect(lanesOf({ ...env, PONDER_RPC_LANES: "3" }, rpcUrls(env))).toHaveLength(6);
  });

  test("PostgreSQL where it is named, PGlite otherwise", () => {
    const url = "postgres://127.0.0.1/phala";
    expect(databaseOf({ DATABASE_URL: url }, "/d")).toEqual({ kind: "postgres", connectionString: url });
    expect(databaseOf({ PONDER_PGLITE_DIR: "/e" }, "/d")).toEqual({ kind: "pglite", directory: "/e" });
    const directory = path.resolve("e/f");
    expect(databaseOf({ PONDER_PGLITE_DIR: "e/f" }, "/d")).toEqual({ kind: "pglite", directory });
    expect(databaseOf({}, "/d")).toEqual({ kind: "pglite", directory: "/d" });
  });

  test("the API lets all origins read, limits others than this machine, and keeps answers", () => {
    expect(originsOf({})).toBeNull();
    expect(originsOf({ PHALA_CORS_ORIGINS: " * " })).toBeNull();
    expect(originsOf({ PHALA_CORS_ORIGINS: "https://a.example, http://localhost:3000" })).toEqual([
      "https://a.example",
      "http://localhost:3000",
    ]);
    expect(rateLimitOf({})).toEqual({ perMinute: 600, includesLocal: false });
    expect(rateLimitOf({ PHALA_RATE_LIMIT: "0" })).toEqual({ perMinute: 0, includesLocal: true });
    expect(rateLimitOf({ PHALA_RATE_LIMIT: "60" })).toEqual({ perMinute: 60, includesLocal: true });
    expect([trustedProxiesOf({}), trustedProxiesOf({ PHALA_TRUSTED_PROXIES: "2" })]).toEqual([0, 2]);
    expect([answerCacheOf({}), answerCacheOf({ PHALA_ANSWER_CACHE: "0" })]).toEqual([32 * 2 ** 20, 0]);
    expect([siteUrlOf({}), siteUrlOf({ PHALA_SITE_URL: "https://a.example/stake" })]).toEqual([
      null,
      "https://a.example/stake",
    ]);
  });

  test("what is read of a chain is kept, unless the chain may begin anew; both can be set", () => {
    expect(isCached({}, 1)).toBe(true);
    expect(isCached({}, 31_337)).toBe(false);
    expect(isCached({ PONDER_RPC_CACHE: "on" }, 31_337)).toBe(true);
    expect(isCached({ PONDER_RPC_CACHE: "off" }, 1)).toBe(false);
    expect(() => isCached({ PONDER_RPC_CACHE: "yes" }, 1)).toThrow('PONDER_RPC_CACHE must be on or off, not "yes"');
  });

  test("what makes no sense is refused by name", () => {
    for (const origins of ["a.example", "https://a.example/", "https://a.example,*", "null"]) {
      expect(() => originsOf({ PHALA_CORS_ORIGINS: origins }), origins).toThrow("PHALA_CORS_ORIGINS");
    }
    expect(() => rateLimitOf({ PHALA_RATE_LIMIT: "-1" })).toThrow("PHALA_RATE_LIMIT");
    expect(() => trustedProxiesOf({ PHALA_TRUSTED_PROXIES: "yes" })).toThrow("PHALA_TRUSTED_PROXIES");
    expect(() => answerCacheOf({ PHALA_ANSWER_CACHE: "1.5" })).toThrow("PHALA_ANSWER_CACHE");
    expect(() => siteUrlOf({ PHALA_SITE_URL: "javascript:alert(1)" })).toThrow("PHALA_SITE_URL");
    expect(() => rpcUrls({ PONDER_RPC_URL: "127.0.0.1:8545" })).toThrow("PONDER_RPC_URL");
    expect(() => intervalOf({ PONDER_POLLING_INTERVAL: "50" })).toThrow("PONDER_POLLING_INTERVAL");
    expect(() => lanesOf({ PONDER_RPC_LANES: "many" }, [])).toThrow("PONDER_RPC_LANES");
  });

  test("the indexer serves on 127.0.0.1 and tells nobody", () => {
    const { args, env } = indexerCommand({ deployment: "d", rpcUrl: "r", port: 1, directory: "d" });
    expect(args[args.indexOf("--hostname") + 1]).toBe("127.0.0.1");
    expect(env.PONDER_TELEMETRY_DISABLED).toBe("1");
  });

  test("Ponder is the version that is known to work, and there is one GraphQL", () => {
    const lock: unknown = JSON.parse(readFileSync(path.join(import.meta.dirname, "../../package-lock.json"), "utf8"));
    const packages = Object.entries(
      typeof lock === "object" && lock !== null && "packages" in lock ? (lock.packages ?? {}) : {},
    );
    const versions = (name: string) =>
      packages
        .filter(([place]) => place.endsWith(`node_modules/${name}`))
        .map(([, entry]: [string, { version?: string }]) => entry.version);
    // 1.0.0 is an old release under a wrong number.
    expect(versions("ponder")).toEqual(["0.16.10"]);
    expect(versions("graphql")).toHaveLength(1);
  });
});

describe("maths", () => {
  test("periods that have ended", () => {
    expect(closedSince(3_600n, 7_200n, 7_200n)).toEqual([]);
    expect(closedSince(3_600n, 7_200n, 10_799n)).toEqual([]);
    expect(closedSince(3_600n, 7_200n, 10_800n)).toEqual([7_200n]);
    expect(closedSince(3_600n, 7_200n, 18_001n)).toEqual([7_200n, 10_800n, 14_400n]);
  });

  test("the cost that leaves with shares, all of it with the last", () => {
    const holding = { shares: 3n, cost: 10n };
    expect(costOf(holding, 1n)).toBe(3n);
    expect(costOf({ shares: 2n, cost: 7n }, 1n)).toBe(3n);
    expect(costOf({ shares: 1n, cost: 4n }, 1n)).toBe(4n);
  });

  test("an epoch's budget is the same whatever was asked before", () => {
    const [one, two] = [24_300_000n * WAD, 7n * WAD + 3n];
    const asked = [one, two, one].flatMap((budget) => [0n, 5n, 4n, 103n].map((epoch) => [budget, epoch] as const));
    for (const [budget, epoch] of asked) {
      const before = emittedBefore(budget, epoch);
      expect(epochBudget(budget, epoch)).toMatchObject({ before, within: emittedBefore(budget, epoch + 1n) - before });
    }
  });

  test("compounding, and its bound", () => {
    expect(compounded(0n)).toBe(0n);
    // (1 + 0.0831 / 365)^365 − 1 = 0.0866401…
    expect(Number(compounded((WAD * 831n) / 10_000n)) / 1e18).toBeCloseTo(
      Math.expm1(365 * Math.log1p(0.0831 / 365)),
      12,
    );
    expect(compounded(1_000_000n * WAD)).toBe(MAX_APY);
    expect(annualised(WAD, WAD + WAD / 100n, 86_400n)).toBe((365n * WAD) / 100n);
    expect(annualised(0n, WAD, 3_600n)).toBe(0n);
  });

  test("the pool accrues the same in one step as in many", () => {
    const emission = { budget: 24_300_000n * WAD, start: 0n + 3_600n };
    const income = { amount: 5_000n * WAD + 7n, start: 3_601n, end: 3_601n + 604_801n };
    let pool = { assets: MIN_SUPPLY, shares: MIN_SUPPLY, banked: 0n, accruedAt: 3_601n, income };
    const once = accrue(pool, emission, 900_000n);
    for (let time = 3_601n; time <= 900_000n; time += 997n) pool = accrue(pool, emission, time);
    expect(accrue(pool, emission, 900_000n)).toEqual(once);
    expect(once.assets).toBe(
      MIN_SUPPLY +
        income.amount +
        ((2n * emitted(emission.budget, 896_400n)) / 5n - (2n * emitted(emission.budget, 1n)) / 5n),
    );
  });
});
