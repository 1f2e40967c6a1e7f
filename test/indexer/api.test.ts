/** The API as processes over a real PostgreSQL with enough rows that its planner cares. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { getIntrospectionQuery } from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostileQueries } from "./hostile.ts";
import { addressOf, grownTables } from "./population.ts";
import { sampleQueries } from "./queries.ts";
import { type Served, scannedTables, serveData, textOf } from "./served.ts";
import { ask, jsonOf, rowOf, rowsOf } from "./suite.ts";

const folder = mkdtempSync(path.join(tmpdir(), "phala-api-"));
let served: Served;
const started: { stop: () => Promise<void> }[] = [];
let url: string;
/** With origins, a rate limit and a proxy in front; without kept answers. */
let guarded: string;

beforeAll(async () => {
  served = await serveData({ folder, transactions: 60, scale: 0.25 });
  started.push(served);
  await served.watchStatements();
  url = (await served.api()).url;
  guarded = (
    await served.api({
      PHALA_CORS_ORIGINS: "https://app.example, https://two.example",
      PHALA_RATE_LIMIT: "30",
      PHALA_TRUSTED_PROXIES: "1",
      PHALA_ANSWER_CACHE: "0",
    })
  ).url;
}, 300_000);
afterAll(async () => {
  for (const { stop } of started) await stop();
  rmSync(folder, { recursive: true, force: true });
});

const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}, to = url) =>
  fetch(`${to}/graphql`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });

const get = (route: string, headers: Record<string, string> = {}, to = url) => fetch(`${to}${route}`, { headers });

/** The bound named by a refusal. */
async function boundOf(response: Response): Promise<unknown> {
  const [first] = rowsOf(rowOf(jsonOf(await response.text()))["errors"]);
  expect(typeof first?.["message"]).toBe("string");
  return rowOf(first?.["extensions"])["bound"];
}

describe("hostile requests", () => {
  // How soon: see bench/graphql.ts.
  test("are refused with 400 and the bound, without a statement", async () => {
    const asked = (await served.statements()).length;
    for (const { name, query, variables = {}, bound } of hostileQueries) {
      const response = await post(JSON.stringify({ query, variables }));
      expect(response.status, name).toBe(400);
      expect(await boundOf(response), name).toBe(bound);
    }
    expect((await served.statements()).length).toBe(asked);
  });

  test("with ten megabytes are not read", async () => {
    const body = JSON.stringify({ query: "{ vaults { items { rate } } }", variables: { x: "x".repeat(10_000_000) } });
    // Of those who write on while they are refused, some see the answer and some the end of the connection.
    const whole = await post(body).catch(() => null);
    if (whole !== null) {
      expect(whole.status).toBe(413);
      expect(await boundOf(whole)).toBe("bytes");
    }
    let sent = 0;
    const stream = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        sent += 16_384;
        if (sent > 10_000_000) controller.close();
        else controller.enqueue(new Uint8Array(16_384).fill(32));
      },
    });
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: stream,
      duplex: "half" as const,
    };
    const chunked = await fetch(`${url}/graphql`, init).catch(() => null);
    if (chunked !== null) expect(chunked.status).toBe(413);
    expect(sent).toBeLessThan(10_000_000);
    expect((await post(`{"query":"{ vaults { items { rate } } }"}`)).status).toBe(200);
  });

  test.each([
    ["invalid UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), 400, /UTF-8/],
    ["a batch", `[{"query":"{ vaults { items { rate } } }"}]`, 400, /Batches/],
    ["no JSON", "query=x", 400, /JSON/],
    ["an empty body", "", 400, /JSON/],
  ] as const)("%s is refused", async (_, body, status, message) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(message);
  });

  test("of other types and methods are refused; what GET shows asks nobody else", async () => {
    const query = encodeURIComponent("{ vaults { items { rate } } }");
    expect((await get(`/graphql?query=${query}`)).status).toBe(405);
    for (const method of ["PUT", "DELETE", "PATCH"]) {
      const response = await fetch(`${url}/graphql`, { method });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    }
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/graphql"]) {
      expect((await post(`{"query":"{ x }"}`, { "content-type": type })).status, type).toBe(415);
    }
    const page = await get("/graphql");
    expect(page.status).toBe(200);
    expect(await page.text()).not.toMatch(/https?:|<script/);
  });

  test("that name columns which are none are told so", async () => {
    const { errors } = await ask(url, `{ stakingEvents(orderBy: "nothing") { items { id } } }`);
    expect(errors.join()).toContain('Unknown column "nothing"');
  });

  test("that bring SQL get no more than values, and leave all as it was", async () => {
    const tables = async () =>
      (await served.client.query<{ count: string }>("SELECT count(*) FROM pg_tables WHERE schemaname !~ '^pg_'")).rows;
    const before = await tables();
    for (const text of [
      "' OR '1'='1",
      "'; DROP TABLE account; --",
      "x') OR pg_sleep(0) IS NOT NULL --",
      "\\'; SELECT 1; --",
      "0x' UNION SELECT usename, passwd FROM pg_shadow --",
    ]) {
      const query = "query ($text: String!) { accounts(where: { address: $text }) { items { address } } }";
      const answer = jsonOf(await (await post(JSON.stringify({ query, variables: { text } }))).text());
      expect(rowOf(rowOf(answer)["data"])["accounts"], text).toEqual({ items: [] });
      for (const route of [
        `/api/export/positions.csv?account=${encodeURIComponent(text)}`,
        `/api/export/burns.csv?from=${encodeURIComponent(text)}`,
      ]) {
        expect((await get(route)).status, route).toBe(400);
      }
    }
    expect(await tables()).toEqual(before);
  });

  test("that pass the bounds but not the schema are errors", async () => {
    const { errors } = await ask(url, "{ vaults { items { nothing } } }");
    expect(errors.join()).toContain("nothing");
  });
});

describe("GraphQL", () => {
  /** How many statements have read this table. */
  const readsOf = async (table: string) =>
    (await served.statements()).filter(({ sql }) => sql.includes(` from "${served.schema}"."${table}"`)).length;

  test("answers whole introspection", async () => {
    const answer = await (await post(JSON.stringify({ query: getIntrospectionQuery() }))).text();
    expect(answer).toContain(`"queryType"`);
  });

  test("keeps answers until the database changes, and no longer", async () => {
    const query = "{ tokens { items { holders } } }";
    const holders = async (to: string) =>
      rowOf(rowsOf(rowOf((await ask(to, query)).data?.["tokens"])["items"])[0])["holders"];
    const before = await holders(url);
    for (let i = 1; i <= 20; i++) {
      await served.client.query(`UPDATE "${served.schema}".token SET holders = $1`, [10_000 + i]);
      expect([await holders(url), await holders(url)]).toEqual([10_000 + i, 10_000 + i]);
    }
    await served.client.query(`UPDATE "${served.schema}".token SET holders = $1`, [before]);
    await holders(url);
    const made = await readsOf("token");
    expect(made).toBeGreaterThan(0);
    for (let i = 0; i < 10; i++) expect(await holders(url)).toBe(before);
    // Autovacuum may have come in between.
    expect((await readsOf("token")) - made).toBeLessThan(5);
  });

  test("makes no answer of its own for variables that a query does not declare, or for another order of them", async () => {
    const query =
      "query ($limit: Int!, $from: BigInt!) { vaultDays(limit: $limit, where: { start_gte: $from }) { items { start } } }";
    const first = await ask(url, query, { limit: 3, from: "0" });
    expect(first.errors).toEqual([]);
    const made = await readsOf("vault_day");
    expect(made).toBeGreaterThan(0);
    for (let nonce = 0; nonce < 10; nonce++)
      expect(await ask(url, query, { from: "0", nonce, limit: 3 })).toEqual(first);
    expect((await readsOf("vault_day")) - made).toBeLessThan(5);
    expect(rowsOf(rowOf((await ask(url, query, { limit: 4, from: "0" })).data?.["vaultDays"])["items"])).toHaveLength(
      4,
    );
  });
});

describe("recipes", () => {
  const variables = {
    account: addressOf(77),
    worker: addressOf(77),
    key: addressOf(77),
    from: "1700000000",
    fmspc: "0x000000000000",
  };

  /** It counts keys by what follows from time alone, so it looks at each. */
  const whole = "attestation-summary.graphql";

  test.each(sampleQueries().filter(({ name }) => name !== whole))(
    "$name reads no growing table from end to end",
    async ({ text }) => {
      const before = (await served.statements()).length;
      const { errors } = await ask(url, text, variables);
      expect(errors).toEqual([]);
      const statements = (await served.statements()).slice(before);
      expect(statements.length).toBeGreaterThan(0);
      const grown: readonly string[] = grownTables;
      for (const { sql, plan } of statements) {
        expect(
          scannedTables(plan).filter((table) => grown.includes(table)),
          sql,
        ).toEqual([]);
      }
    },
  );
});

describe("supply and yields", () => {
  test("are what the tables say, as text and in wei", async () => {
    const [token] = rowsOf(
      rowOf((await ask(url, "{ tokens { items { totalSupply circulating } } }")).data?.["tokens"])["items"],
    );
    const wei = await get("/api/total-supply?unit=wei");
    expect(wei.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(await wei.text()).toBe(token?.["totalSupply"]);
    const pha = await (await get("/api/total-supply")).text();
    expect(pha).toMatch(/^\d+(\.\d{1,18})?$/);
    const [whole = "", part = ""] = pha.split(".");
    expect(whole + part.padEnd(18, "0")).toBe(token?.["totalSupply"]);
    const { rows } = await served.client.query<{ held: string }>(
      `SELECT sum(balance)::text AS held FROM "${served.schema}".supply_bucket`,
    );
    const held = BigInt(rows[0]?.held ?? 0);
    expect(held).toBeGreaterThan(0n);
    const circulating = BigInt(await (await get("/api/circulating-supply?unit=wei")).text());
    expect(circulating).toBeGreaterThan(0n);
    expect(circulating + held).toBe(BigInt(await (await get("/api/total-supply?unit=wei")).text()));
    expect((await get("/api/total-supply?unit=euro")).status).toBe(400);
  });

  test("have a tag and a short life", async () => {
    for (const route of ["/api/total-supply", "/api/yields"]) {
      const first = await get(route);
      const etag = first.headers.get("etag") ?? "";
      expect(first.headers.get("cache-control")).toBe("public, max-age=5");
      expect((await get(route, { "if-none-match": etag })).status, route).toBe(304);
      expect((await get(route, { "if-none-match": `"x", W/${etag}` })).status).toBe(304);
      expect((await get(route, { "if-none-match": `"x"` })).status).toBe(200);
    }
  });

  test("yields have the fields that aggregators read", async () => {
    const answer = rowOf(jsonOf(await (await get("/api/yields")).text()));
    const [pool, ...more] = rowsOf(answer["data"]);
    expect(more).toEqual([]);
    const { data } = await ask(url, "{ vaults { items { address asset totalAssets apr apy rate } } }");
    const [vault] = rowsOf(rowOf(data?.["vaults"])["items"]);
    expect(pool).toMatchObject({
      pool: `${textOf(vault?.["address"])}-chain 31337`,
      ...{ chain: "Chain 31337", project: "phala", symbol: "PHA", tvlUsd: null, apyReward: null, rewardTokens: [] },
      underlyingTokens: [vault?.["asset"]],
      apyBase: Math.floor(Number(vault?.["apy"]) / 1e12) / 1e4,
    });
    expect(pool?.["tvl"]).toBeCloseTo(Number(vault?.["totalAssets"]) / 1e18, 3);
  });
});

test("lag says up to where and always answers", async () => {
  const lag = await get("/api/lag");
  expect([lag.status, lag.headers.get("cache-control")]).toEqual([200, "no-store"]);
  const status = rowOf(rowOf(rowOf(jsonOf(await (await get("/status")).text()))["phala"])["block"]);
  const answer = rowOf(jsonOf(await lag.text()));
  expect(answer["indexed"]).toEqual(status);
  expect(Object.keys(answer)).toEqual(["indexed", "head", "blocksBehind", "secondsBehind", "checkedAt", "problems"]);
});

describe("exports", () => {
  /** Head and rows of a file without quoted cells. */
  const parsed = (csv: string) => {
    const [head = "", ...lines] = csv.trimEnd().split("\r\n");
    return { head: head.split(","), rows: lines.map((line) => line.split(",")) };
  };
  const count = async (from: string, values: unknown[] = []) => {
    const { rows } = await served.client.query<{ count: string }>(
      `SELECT count(*) FROM "${served.schema}".${from}`,
      values,
    );
    return Number(rows[0]?.count);
  };

  test("hold every row once, in order, with all columns", async () => {
    const response = await get("/api/export/staking-events.csv");
    expect(response.headers.get("content-type")).toContain("text/csv");
    expect(response.headers.get("content-disposition")).toBe(`attachment; filename="staking-events.csv"`);
    const { head, rows } = parsed(await response.text());
    expect(rows).toHaveLength(await count("staking_event"));
    const ids = rows.map((row) => row[0] ?? "");
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
    const { rows: columns } = await served.client.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = '"${served.schema}".staking_event'::regclass AND attnum > 0 ORDER BY attnum`,
    );
    const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    expect(head).toEqual(columns.map(({ name }) => camel(name)));
  });

  test("of composite keys hold every row once, all and of one worker", async () => {
    const all = parsed(await (await get("/api/export/worker-days.csv")).text()).rows;
    expect(all).toHaveLength(await count("worker_day"));
    expect(new Set(all.map(([worker, start]) => `${worker}-${start}`)).size).toBe(all.length);
    const worker = addressOf(5);
    const own = parsed(await (await get(`/api/export/worker-days.csv?account=${worker}`)).text()).rows;
    expect(own).toHaveLength(await count("worker_day WHERE worker = $1", [worker]));
    expect(own.every((row) => row[0] === worker)).toBe(true);
  });

  test("take an account in any case and times", async () => {
    const account = addressOf(0xabc);
    const { rows } = await served.client.query<{ timestamp: string }>(
      `SELECT timestamp::text FROM "${served.schema}".staking_event WHERE account = $1 OR counterparty = $1 ORDER BY id`,
      [account],
    );
    const times = rows.map((row) => row.timestamp);
    expect(times.length).toBeGreaterThan(2);
    const of = async (filter: string) => {
      const { head, rows: found } = parsed(await (await get(`/api/export/staking-events.csv?${filter}`)).text());
      return found.map((row) => row[head.indexOf("timestamp")]);
    };
    expect(await of(`account=${account.toUpperCase().replace("0X", "0x")}`)).toEqual(times);
    expect(await of(`account=${account}&from=${times[1]}`)).toEqual(times.slice(1));
    expect(await of(`account=${account}&to=${times[1]}`)).toEqual(times.slice(0, 1));
    expect(await of(`account=${account}&from=1&to=2`)).toEqual([]);
  });

  test("all have a head and end", async () => {
    const names = rowOf(jsonOf(await (await get("/api/export/nothing.csv")).text()))["message"];
    const files = textOf(names).match(/[a-z-]+\.csv/g) ?? [];
    expect(files.length).toBeGreaterThan(15);
    for (const file of files) {
      const csv = await (await get(`/api/export/${file}`)).text();
      expect(csv.slice(0, csv.indexOf("\r\n")), file).toMatch(/^[a-zA-Z]+(,[a-zA-Z0-9]+)+$/);
      expect(csv.endsWith("\r\n"), file).toBe(true);
    }
  });

  test.each([
    ["/api/export/nothing.csv", 404],
    ["/api/export/positions", 404],
    ["/api/export/__proto__.csv", 404],
    ["/api/export/positions.csv?account=0x1", 400],
    ["/api/export/positions.csv?from=1", 400],
    ["/api/export/vault-days.csv?account=0x0000000000000000000000000000000000000001", 400],
    ["/api/export/burns.csv?from=yesterday", 400],
    ["/api/export/burns.csv?limit=1", 400],
    ["/api/nothing", 404],
  ])("%s is refused with %i and a message", async (route, status) => {
    const response = await get(route);
    expect(response.status).toBe(status);
    expect(typeof rowOf(jsonOf(await response.text()))["message"]).toBe("string");
  });

  test("wait for their reader, and end with it", async () => {
    const pages = async () =>
      (await served.statements()).filter(({ sql }) => sql.includes(`from "staking_event"`)).length;
    const total = Math.ceil((await count("staking_event")) / 1_000);
    const before = await pages();
    const leave = new AbortController();
    const response = await fetch(`${url}/api/export/staking-events.csv`, { signal: leave.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const waiting = (await pages()) - before;
    // What fits into the buffers between us, and no more.
    expect(waiting).toBeLessThan(total / 2);
    leave.abort();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const left = await pages();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await pages()).toBe(left);
    expect(left - before).toBeLessThan(total / 2);
  });
});

describe("origins", () => {
  const origin = "https://app.example";

  test("are all by default", async () => {
    const response = await get("/api/lag", { origin: "https://any.example" });
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
  });

  test("that are not named cannot read answers", async () => {
    const from = async (who: string) => {
      const response = await get("/api/lag", { origin: who, "x-forwarded-for": "9.9.9.1" }, guarded);
      return [response.headers.get("access-control-allow-origin"), /origin/i.test(response.headers.get("vary") ?? "")];
    };
    expect(await from(origin)).toEqual([origin, true]);
    expect(await from("https://two.example")).toEqual(["https://two.example", true]);
    expect(await from("https://app.example.evil")).toEqual([null, true]);
    // A refusal is an answer too.
    const refused = await post("[]", { origin, "x-forwarded-for": "9.9.9.1" }, guarded);
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([400, origin]);
  });

  test("may ask first", async () => {
    const response = await fetch(`${guarded}/graphql`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-headers")).toBe("content-type");
    expect(["*", origin]).toContain(response.headers.get("access-control-allow-origin"));
  });
});

describe("rate limits", () => {
  test("count by address behind the proxy, heavy requests as several, and say when to come back", async () => {
    const from = (client: string, route = "/api/lag") =>
      get(route, { "x-forwarded-for": `6.6.6.6, ${client}` }, guarded);
    for (let i = 0; i < 30; i++) expect((await from("7.0.0.1")).status, `request ${i}`).toBe(200);
    const refused = await from("7.0.0.1");
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(textOf(rowOf(jsonOf(await refused.text()))["message"])).toContain("30 a minute");
    // Others are not in its way, and its probes neither.
    expect((await from("7.0.0.2")).status).toBe(200);
    expect((await from("7.0.0.1", "/health")).status).toBe(200);
    expect((await from("7.0.0.3", "/api/export/vault-days.csv")).status).toBe(200);
    expect((await from("7.0.0.3", "/api/export/vault-days.csv")).status).toBe(429);
    const heavy = JSON.stringify({
      query: "{ accounts(limit: 190) { items { events(limit: 40) { items { kind } } } } }",
    });
    const ask = () => post(heavy, { "x-forwarded-for": "7.0.0.4" }, guarded);
    expect((await ask()).status).toBe(200);
    expect((await ask()).status).toBe(429);
  });

  test("are off for this machine by default", async () => {
    const answers = await Promise.all(Array.from({ length: 700 }, () => get("/api/lag")));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });
});
