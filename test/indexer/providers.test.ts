/** Several RPC providers: what one of them says of the past is compared with what another one says. With Ponder's own requests. */
import { setTimeout as sleep } from "node:timers/promises";
import { hexToNumber, isHex, numberToHex } from "viem";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { adjustEngine, engineFile } from "../../ponder/watch/engine.ts";
import { checked, inconsistency } from "../../ponder/watch/logs.ts";
import { Refusal, startFaultyNode } from "./operations.ts";
import { type Json, rowOf } from "./suite.ts";

type Node = Awaited<ReturnType<typeof startFaultyNode>>;
type Call = Parameters<typeof checked>[0];

interface RpcModule {
  readonly createRpc: (options: {
    readonly common: object;
    readonly chain: { readonly name: string; readonly id: number; readonly rpc: readonly string[] };
  }) => { request: Call };
}

/** One log in each block of a range. */
function logsOf(filter: Json | undefined): Json[] {
  const { fromBlock, toBlock } = rowOf(filter);
  if (!isHex(fromBlock) || !isHex(toBlock)) throw new Error("no range");
  return Array.from({ length: hexToNumber(toBlock) - hexToNumber(fromBlock) + 1 }, (_, i) => ({
    address: "0x00000000000000000000000000000000000000aa",
    topics: [],
    data: "0x",
    blockHash: `0x${(hexToNumber(fromBlock) + i).toString(16).padStart(64, "0")}`,
    blockNumber: numberToHex(hexToNumber(fromBlock) + i),
    logIndex: "0x0",
  }));
}

const range = (number: number) => ({ fromBlock: numberToHex(100 * number), toBlock: numberToHex(100 * number + 9) });

describe("logs of a range", () => {
  let nodes: readonly [Node, Node];
  let request: Call;

  beforeEach(async () => {
    // Nobody is asked by chance.
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    nodes = [await startFaultyNode("http://127.0.0.1:1"), await startFaultyNode("http://127.0.0.1:1")];
    const leave = adjustEngine();
    const { createRpc } = (await import(engineFile("dist/esm/rpc/index.js"))) as RpcModule;
    leave();
    const nothing = () => undefined;
    const logger = { trace: nothing, debug: nothing, info: nothing, warn: nothing };
    const metrics = {
      ponder_rpc_request_duration: { observe: nothing },
      ponder_rpc_request_error_total: { inc: nothing },
    };
    // The first one has lanes enough that its limit, which Ponder begins with, sends nobody to the other.
    const rpc = createRpc({
      common: { logger, metrics, shutdown: { add: nothing } },
      chain: { name: "phala", id: 1, rpc: [...Array.from({ length: 10 }, () => nodes[0].url), nodes[1].url] },
    });
    request = checked(rpc.request.bind(rpc), true, { providers: 2, patienceMs: { receipt: 300, other: 300 } });
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    for (const node of nodes) await node.stop();
  });

  const ask = (number: number) => request({ method: "eth_getLogs", params: [range(number)] });

  test("are asked of both, however quick one of them is, and both are named where they differ", async () => {
    const asked: [number, string][] = [];
    let isLying = false;
    for (const [i, node] of nodes.entries()) {
      node.set(async ({ params }) => {
        asked.push([i, JSON.stringify(params[0])]);
        if (i === 1) await sleep(40);
        return isLying && i === 0 ? logsOf(params[0]).slice(0, 1) : logsOf(params[0]);
      });
    }
    for (let number = 1; number <= 5; ++number) {
      expect(await ask(number)).toEqual(logsOf(range(number)));
      const whole = asked.find(([, filter]) => filter === JSON.stringify(range(number)));
      expect(asked.filter(([node]) => node !== whole?.[0])).toHaveLength(2);
      asked.length = 0;
    }
    isLying = true;
    const answer = ask(6);
    await expect.poll(() => inconsistency()?.message, { timeout: 5_000 }).toBeDefined();
    for (const { url } of nodes) expect(inconsistency()?.message).toContain(new URL(url).host);
    isLying = false;
    expect(await answer).toEqual(logsOf(range(6)));
  });

  test.each([
    ["drops what it is asked", new Refusal("drop")],
    ["never answers", new Refusal("stall")],
    ["limits the rate", new Refusal(429)],
    ["is another server", new Refusal(404)],
  ])("come from one where the other %s, which is left alone then", { timeout: 60_000 }, async (_, refusal) => {
    const seen = new Set<number>();
    nodes[0].set(({ params }) => Promise.resolve(logsOf(params[0])));
    nodes[1].set(({ params }) => {
      const { fromBlock } = rowOf(params[0]);
      seen.add(Math.floor(Number(fromBlock) / 100));
      return Promise.resolve(refusal);
    });
    for (let number = 1; number <= 8; ++number) expect(await ask(number)).toEqual(logsOf(range(number)));
    expect(seen.has(1)).toBe(true);
    expect([...seen].filter((number) => number > 3)).toEqual([]);
  });
});

describe("another provider", () => {
  /** Which of two is asked for what; the second one fails with `error`. */
  function pair(error?: Error) {
    const asked: (string | undefined)[] = [];
    const call: Call = (_, context) => {
      asked.push(context?.apartFrom);
      if (error !== undefined && context?.apartFrom !== undefined) return Promise.reject(error);
      context?.onAnswer?.(
        context.apartFrom === "https://one.example/key" ? "https://two.example" : "https://one.example/key",
      );
      return Promise.resolve([]);
    };
    return { asked, call };
  }

  test("is asked for each piece of a range, and for no block, which it may not have yet", async () => {
    const one = "https://one.example/key";
    for (const { filter, expected } of [
      { filter: { fromBlock: "0x5", toBlock: "0x7" }, expected: [undefined, one, one] },
      { filter: { fromBlock: "0x5", toBlock: "0x5" }, expected: [undefined, one] },
      { filter: { blockHash: "0x5" }, expected: [undefined, undefined] },
    ]) {
      const { asked, call } = pair();
      const request = checked(call, true, { providers: 2 });
      expect(await request({ method: "eth_getLogs", params: [filter] })).toEqual([]);
      expect(asked).toEqual(expected);
    }
  });

  test("is not asked where there is one, named twice", async () => {
    const { asked, call } = pair();
    await checked(call, true, { providers: 1 })({ method: "eth_getLogs", params: [range(1)] });
    expect(asked).toEqual([undefined, undefined, undefined]);
  });

  test("that has an objection of its own is heard: the range may be too long", async () => {
    const { call } = pair(Object.assign(new Error("at most 5 blocks"), { code: -32_005 }));
    const answer = checked(call, true, { providers: 2 })({ method: "eth_getLogs", params: [range(1)] });
    await expect(answer).rejects.toThrow("at most 5 blocks");
  });
});
