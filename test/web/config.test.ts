/** What the page takes for its configuration, and what it refuses, by the name of the field. */
import { describe, expect, test } from "vitest";
import { InvalidConfig, parseConfig } from "../../web/src/config/config.ts";
import { pageConfig } from "./pageConfig.ts";

const BASE = "https://page.example/app/";

const valid = () => structuredClone(pageConfig({ rpcUrl: "https://rpc.example/key/", indexerUrl: "/indexer" }));

test("URLs may be relative, and lose the slash at their end", () => {
  const { chain, indexerUrl } = parseConfig(valid(), BASE);
  expect(chain.rpcUrl).toBe("https://rpc.example/key");
  expect(indexerUrl).toBe("https://page.example/indexer");
});

describe("refused, by the name of the field", () => {
  test.each([
    ["chain.explorerUrl", "javascript:alert(1)"],
    ["chain.explorerUrl", "data:text/html,x"],
    ["chain.explorerUrl", undefined],
    ["chain.rpcUrl", "ftp://rpc.example"],
    ["chain.rpcUrl", null],
    ["chain.id", "1"],
    ["chain.id", 1.5],
    ["chain.id", 2 ** 60],
    ["chain.name", ""],
    ["chain.name", { toString: "x" }],
    ["chain.blockTime", 0],
    ["chain.blockTime", -12],
    ["chain.currency", []],
    ["indexerUrl", "//"],
    ["contracts.vpha", "0x12"],
    ["contracts.vpha", "0x52908400098527886E0F7030069857D2E4169Ee7"],
    ["contracts.treasury", undefined],
    ["contracts", null],
  ])("%s: %j", (name, value) => {
    const json: unknown = valid();
    const [last = "", ...above] = name.split(".").reverse();
    let at = json as Record<string, unknown>;
    for (const each of above.reverse()) at = at[each] as Record<string, unknown>;
    at[last] = value;
    expect(() => parseConfig(json, BASE)).toThrow(InvalidConfig);
    expect(() => parseConfig(json, BASE)).toThrow(name);
  });

  test.each([[null], ["text"], [[]]])("%j is no configuration", (json) => {
    expect(() => parseConfig(json, BASE)).toThrow("config.json must be an object");
  });
});
