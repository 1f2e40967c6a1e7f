/** What the API refuses, limits and writes, by its parts: bounds of queries, rate limits, CSV, kept answers. */
import { getIntrospectionQuery } from "graphql";
import { describe, expect, test } from "vitest";
import { createAnswers } from "../../ponder/src/api/answers.ts";
import { BOUNDS, Refusal, judge, requestOf } from "../../ponder/src/api/bounds.ts";
import { lineOf } from "../../ponder/src/api/csv.ts";
import { clientOf, createLimiter, isLoopback } from "../../ponder/src/api/limits.ts";
import { hostileQueries } from "./hostile.ts";
import { documentedQueries, sampleQueries } from "./queries.ts";

const judged = (query: string, variables: Record<string, unknown> = {}) =>
  judge({ query, variables, operationName: null });

/** The bound that `query` is refused by; null if it is not. */
function boundOf(query: string, variables: Record<string, unknown> = {}): string | null {
  try {
    judged(query, variables);
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.bound;
    throw error;
  }
}

describe("bounds", () => {
  // Those that double would take for ever, if what they spread were looked at more than once.
  test.each(hostileQueries)("refuse $name, by name", ({ query, variables, bound }) => {
    expect(boundOf(query, variables)).toBe(bound);
  });

  test.each([...sampleQueries(), ...documentedQueries().map(({ place, text }) => ({ name: place, text }))])(
    "let $name pass",
    ({ text }) => {
      expect(boundOf(text)).toBeNull();
    },
  );

  test("are met exactly", () => {
    const nested = (depth: number): string => (depth === 1 ? "x" : `one${depth} { ${nested(depth - 1)} }`);
    expect(boundOf(`{ ${nested(BOUNDS.depth)} }`)).toBeNull();
    expect(boundOf(`{ ${nested(BOUNDS.depth + 1)} }`)).toBe("depth");
    const aliased = (n: number) => `{ ${Array.from({ length: n }, (_, i) => `a${i}: x`).join(" ")} }`;
    expect(boundOf(aliased(BOUNDS.aliases))).toBeNull();
    expect(boundOf(aliased(BOUNDS.aliases + 1))).toBe("aliases");
    // Braces, names and the colon are tokens.
    const tokens = (n: number) => `{ ${'a(b: "c") '.repeat((n - 8) / 6)} x y z u v w }`;
    expect(boundOf(tokens(998))).toBeNull();
    expect(boundOf(tokens(1_004))).toBe("tokens");
    expect(boundOf(`{ accounts(limit: 1000) { items { balance } } }`)).toBeNull();
    expect(boundOf(`{ accounts(limit: 1001) { items { balance } } }`)).toBe("pageSize");
    expect(boundOf(`{ accounts(offset: 10000) { items { balance } } }`)).toBeNull();
    expect(boundOf(`{ accounts(offset: 10001) { items { balance } } }`)).toBe("offset");
  });

  test("count rows and statements of lists in lists", () => {
    expect(judged(`{ a(limit: 10) { items { x b(limit: 20) { items { y } } } } }`)).toMatchObject({
      rows: 10 * (1 + 20),
      statements: 1 + 10,
    });
    expect(judged(`{ a { items { one { x } } } }`)).toMatchObject({ rows: 50 * 2, statements: 1 });
    // A page of which nothing is asked is read all the same.
    expect(judged(`{ a(limit: 7) { items { b(limit: 5) { __typename } } } }`)).toMatchObject({
      rows: 7 * (1 + 5),
      statements: 1 + 7,
    });
    const inFragments = `query Q($n: Int = 4) { a(limit: $n) { ...P } } fragment P on P { items { ...I } }
      fragment I on I { b(limit: 3) { items { y } } }`;
    expect(judged(inFragments)).toMatchObject({ rows: 4 * (1 + 3), statements: 5 });
    expect(judged(inFragments, { n: 2 })).toMatchObject({ rows: 2 * (1 + 3), statements: 3 });
    expect(judged(`{ a(limit: 0) { totalCount } }`).statements).toBe(21);
  });

  test("let whole introspection pass, in the ways that tools ask", () => {
    for (const descriptions of [true, false]) {
      for (const options of [{}, { specifiedByUrl: true, inputValueDeprecation: true, schemaDescription: true }]) {
        expect(judged(getIntrospectionQuery({ descriptions, ...options })).isIntrospection).toBe(true);
      }
    }
    expect(judged(`{ __type(name: "vault") { fields { name type { name ofType { name } } } } }`).isIntrospection).toBe(
      true,
    );
    expect(judged(`{ vaults { __typename items { rate } } }`).isIntrospection).toBe(false);
  });
});

describe("bodies", () => {
  test.each([
    ["[]", /Batches/],
    [`[{"query":"{ vaults { items { rate } } }"}]`, /Batches/],
    ["", /not JSON/],
    ["{", /not JSON/],
    ["null", /no query/],
    [`"query"`, /no query/],
    [`{"query":1}`, /no query/],
    [`{"query":"{ x }","variables":[]}`, /variables/],
    [`{"query":"{ x }","variables":"x"}`, /variables/],
    [`{"query":"{ x }","operationName":1}`, /operationName/],
    ["[".repeat(30_000), /not JSON/],
  ])("that are no request are refused: %.60s", (body, message) => {
    expect(() => requestOf(body)).toThrow(message);
    expect(() => requestOf(body)).toThrow(Refusal);
  });

  test("may leave out what is not needed", () => {
    expect(requestOf(`{"query":"{ x }","variables":null,"extensions":{}}`)).toEqual({
      ...{ query: "{ x }", variables: {}, operationName: null },
    });
  });
});

describe("rate limits", () => {
  test("give a bucket a minute, by weight, and say when there is more", () => {
    let now = 0;
    const limiter = createLimiter(60, () => now);
    for (let i = 0; i < 59; i++) expect(limiter.take("a", 1)).toBe(0);
    expect(limiter.take("a", 5)).toBe(4);
    expect(limiter.take("a", 1)).toBe(0);
    expect(limiter.take("a", 1)).toBe(1);
    expect(limiter.take("b", 60)).toBe(0);
    now += 3_900;
    expect(limiter.take("a", 4)).toBe(1);
    now += 100;
    expect(limiter.take("a", 4)).toBe(0);
    now += 3_600_000;
    // More than a bucket holds takes a full one.
    expect(limiter.take("a", 1_000)).toBe(0);
    expect(limiter.take("a", 1)).toBe(1);
  });

  test("remember no more than so many addresses, those that ask last", () => {
    const limiter = createLimiter(2, () => 0, 100);
    expect(limiter.take("first", 2)).toBe(0);
    for (let i = 0; i < 99; i++) limiter.take(`other${i}`, 1);
    expect(limiter.take("first", 1)).toBe(30);
    for (let i = 0; i < 100_000; i++) limiter.take(`many${i}`, 1);
    expect(limiter.size).toBe(100);
  });

  test.each([
    ["10.0.0.1", undefined, 0, "10.0.0.1"],
    // What the client writes itself does not count.
    ["10.0.0.1", "1.2.3.4", 0, "10.0.0.1"],
    ["10.0.0.1", "6.6.6.6, 1.2.3.4", 1, "1.2.3.4"],
    ["10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", 2, "1.2.3.4"],
    ["10.0.0.1", "1.2.3.4", 3, "1.2.3.4"],
    ["10.0.0.1", undefined, 1, "10.0.0.1"],
    ["10.0.0.1", "what", 1, "10.0.0.1"],
    ["::ffff:10.0.0.1", undefined, 0, "10.0.0.1"],
    ["2001:db8:1:2:3:4:5:6", undefined, 0, "2001:db8:1:2"],
    ["2001:db8::6", undefined, 0, "2001:db8:0:0"],
    ["2001:0db8:0001:2::", undefined, 0, "2001:db8:1:2"],
    ["", undefined, 0, "unknown"],
  ] as const)("count %s with %s behind %i proxies as %s", (peer, header, proxies, client) => {
    expect(clientOf(peer, header, proxies)).toBe(client);
  });

  test("know this machine", () => {
    for (const own of ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
      expect(isLoopback(clientOf(own, undefined, 0))).toBe(true);
    for (const other of ["128.0.0.1", "2001:db8::1", "unknown"]) expect(isLoopback(other)).toBe(false);
  });
});

describe("CSV", () => {
  test("quotes what RFC 4180 quotes, and defuses formulas but not numbers", () => {
    expect(lineOf(["a", 'say "x"', "1,2", "two\nlines", null, undefined, true])).toBe(
      `a,"say ""x""","1,2","two\nlines",,,true\r\n`,
    );
    expect(lineOf([-5n, -1.5, "-5", "+3", 10n ** 27n])).toBe("-5,-1.5,-5,+3,1000000000000000000000000000\r\n");
    expect(lineOf(["=1+1", "+cmd", "-x", "@sum", "\tx", "=a,b"])).toBe(`'=1+1,'+cmd,'-x,'@sum,'\tx,"'=a,b"\r\n`);
    expect(lineOf([[1n, "x"]])).toBe(`"[""1"",""x""]"\r\n`);
  });
});

describe("kept answers", () => {
  test("are served until the snapshot changes, within their bytes, and made once for many", async () => {
    let [state, made, reads] = ["1:1:", 0, 0];
    const answers = createAnswers({
      bytes: 60,
      snapshot: async () => {
        reads++;
        return Promise.resolve(state);
      },
    });
    const ask = (key: string, isKept = true) =>
      answers.of(key, async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return { text: `${key}${++made}`, isKept };
      });
    expect(await Promise.all([ask("a"), ask("a"), ask("a")])).toEqual(["a1", "a1", "a1"]);
    expect(reads).toBeLessThanOrEqual(2);
    expect(await ask("a")).toBe("a1");
    state = "2:2:";
    expect(await ask("a")).toBe("a2");
    // An error is nobody else's.
    expect([await ask("e", false), await ask("e", false)]).toEqual(["e3", "e4"]);
    // No room: made anew each time.
    const long = "l".repeat(40);
    expect([await ask(long), await ask(long)]).toEqual([`${long}5`, `${long}6`]);
    expect(await ask("a")).toBe("a2");
  });

  test("are never older than the question", async () => {
    let state = 0;
    const answers = createAnswers({
      bytes: 1_000_000,
      snapshot: async () => {
        const seen = state;
        await new Promise((resolve) => setTimeout(resolve, 1));
        return String(seen);
      },
    });
    const asked = Array.from({ length: 500 }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, i / 5));
      state += i % 3 === 0 ? 1 : 0;
      const before = state;
      const text = await answers.of("key", () => Promise.resolve({ text: String(state), isKept: true }));
      expect(Number(text)).toBeGreaterThanOrEqual(before);
    });
    await Promise.all(asked);
  });

  test("that fail are made again", async () => {
    const answers = createAnswers({ bytes: 1_000, snapshot: () => Promise.resolve("1") });
    await expect(answers.of("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await answers.of("a", () => Promise.resolve({ text: "yes", isKept: true }))).toBe("yes");
  });
});
