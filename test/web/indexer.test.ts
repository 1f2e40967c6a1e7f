/** What the page believes of an indexer, and what not. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { IndexerError, ask } from "../../web/src/indexer/client.ts";
import { MOST_PAGES, type Page, askAll } from "../../web/src/indexer/pages.ts";
import { earningsOf } from "../../web/src/indexer/position.ts";
import { STATUS } from "../../web/src/indexer/status.ts";

afterEach(() => vi.unstubAllGlobals());

/** Answers every question with what `body` says for how many came before. */
function answering(body: (before: number) => string) {
  let before = 0;
  const answer = vi.fn(() => Promise.resolve(new Response(body(before++))));
  vi.stubGlobal("fetch", answer);
  return answer;
}

describe("an answer", () => {
  test.each([
    ["", /status 200/],
    ["null", /status 200/],
    ['{"data":null}', /status 200/],
    ["<html>", /status 200/],
    ['{"errors":[{"message":"no such table"}],"data":{}}', /no such table/],
  ])("%s is none", async (body, message) => {
    answering(() => body);
    await expect(ask("http://indexer", STATUS, {})).rejects.toThrow(IndexerError);
    await expect(ask("http://indexer", STATUS, {})).rejects.toThrow(message);
  });

  test("that does not come is said with the address", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await expect(ask("http://indexer", STATUS, {})).rejects.toThrow("The indexer at http://indexer does not answer.");
  });
});

describe("a list", () => {
  const all = () =>
    askAll(
      "http://indexer",
      () => ({ document: STATUS, variables: {} }),
      (data) => data as unknown as Page<number>,
    );
  const page = (items: number[], endCursor: string | null) =>
    JSON.stringify({ data: { items, pageInfo: { hasNextPage: endCursor !== null, endCursor } } });

  test("is read to its end", async () => {
    answering((n) => page([n], n === 2 ? null : `after ${n}`));
    expect(await all()).toEqual([0, 1, 2]);
  });

  test.each([["{}"], ['{"items":null,"pageInfo":{}}'], ['{"items":{},"pageInfo":{}}'], ['{"items":[]}']])(
    "is no %s",
    async (data) => {
      answering(() => `{"data":${data}}`);
      await expect(all()).rejects.toThrow("something else than a list");
    },
  );

  test("that does not go on is given up at once", async () => {
    const asked = answering(() => page([], "the same"));
    await expect(all()).rejects.toThrow("does not end");
    expect(asked).toHaveBeenCalledTimes(2);
  });

  test("that does not end is given up", async () => {
    const asked = answering((n) => page([n], `after ${n}`));
    await expect(all()).rejects.toThrow("does not end");
    expect(asked).toHaveBeenCalledTimes(MOST_PAGES);
  });
});

describe("what an account has earned", () => {
  const vault = { block: "9", totalAssets: "1200", shares: "1000" };

  test("is of one block: the shares that the indexer knows, at the rate that it knows", () => {
    const position = { shares: "500", cost: "550", realisedReward: "7" };
    // 500 × 1201 / 1001, rounded down.
    expect(earningsOf({ position, vaults: { items: [vault] } })).toEqual({ cost: 550n, earned: 7n + 599n - 550n });
  });

  test("is nothing before it has staked", () => {
    expect(earningsOf({ position: null, vaults: { items: [vault] } })).toEqual({ cost: 0n, earned: 0n });
  });
});
