/**
 * Checks what the node answers when Ponder asks for logs, before Ponder sees it: an answer that does not fit is asked for again,
 * and never indexed.
 *
 * - All logs of a block: their indices are 0, 1, 2 … without gaps, and their Bloom filter is the one in the block's header.
 * - With `isVerifying`: logs are asked for twice, the second time in other pieces, and both answers are the same; and a block has as
 *   many as the receipts of its last transactions say, since what is left out may add nothing to the filter. With several providers,
 *   those of a range are asked of another one the second time, as long as it answers. Those of a block are not: it may not have it yet.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Hex, hexToNumber, keccak256, numberToHex } from "viem";
import { whenSet } from "./globals.ts";
import { log } from "./log.ts";
import type { Problem } from "./state.ts";
import { within } from "./within.ts";

/** Tries of one request, and the longest pause between two, in milliseconds. */
const TRIES = 8;
const LONGEST_PAUSE_MS = 5_000;

/** How long an answer that did not fit stays a problem, in milliseconds. */
const MEMORY_MS = 10_000;

/** Headers that are remembered: those of blocks whose logs may still be asked for. */
const HEADERS = 128;

/** Receipts that are looked at, from a block's last on, until one has a log. */
const RECEIPTS = 8;

/** How long a receipt, or another provider's answer, may take, in milliseconds. */
const PATIENCE_MS = { receipt: 3_000, other: 5_000 };

/** After how many in a row that did not come in time none is asked for, and how long, in milliseconds. */
const MISSES = 3;
const WITHOUT_MS = 10 * 60_000;

/** Topics and addresses whose bits are remembered. */
const ITEMS = 10_000;

interface Request {
  readonly method: string;
  readonly params?: unknown;
}

/** What Ponder passes along with a request, and what `engine.ts` makes of it. */
interface Context {
  /** Told the provider that has answered, where there are several. */
  readonly onAnswer?: ((provider: string | undefined) => void) | undefined;
  /** The provider that is not to answer, unless nobody else does. */
  readonly apartFrom?: string | undefined;
}

type Call = (request: Request, context?: Context) => Promise<unknown>;

interface Entry {
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly blockHash: Hex;
  readonly blockNumber: Hex;
  readonly logIndex: Hex;
}

/** What is remembered of a block. */
interface Header {
  readonly bloom: string;
  /** Hashes of its {@link RECEIPTS} last transactions, the last one first. */
  readonly last: readonly string[];
}

type Headers = Map<string, Header>;

interface Lie {
  readonly at: number;
  readonly what: string;
}

let lastLie: Lie | undefined;

/** What the node's last answers were like. */
export function inconsistency(): Problem | undefined {
  if (lastLie === undefined || Date.now() - lastLie.at > MEMORY_MS) return undefined;
  return {
    code: "rpc_inconsistent",
    message: `What RPC nodes answer does not fit together (${lastLie.what}). Nothing of it is indexed; they are asked again. If this goes on, use another node.`,
  };
}

/** Puts the checks before every chain's nodes, of so many `providers`, as soon as Ponder has made them. */
export function checkAnswers(isVerifying: boolean, providers: number): void {
  whenSet("PONDER_INDEXING_BUILD", (build) => {
    if (typeof build !== "object" || build === null || !("rpcs" in build) || !Array.isArray(build.rpcs)) {
      throw new Error("Ponder keeps its RPC nodes elsewhere than in 0.16.10: its answers cannot be checked.");
    }
    for (const rpc of build.rpcs as unknown[]) wrap(rpc, isVerifying, providers);
  });
}

function wrap(rpc: unknown, isVerifying: boolean, providers: number): void {
  if (!hasRequest(rpc))
    throw new Error("Ponder's RPC nodes are others than in 0.16.10: their answers cannot be checked.");
  const call: Call = rpc.request.bind(rpc);
  rpc.request = checked(call, isVerifying, { providers });
}

function hasRequest(value: unknown): value is { request: Call } {
  return typeof value === "object" && value !== null && "request" in value && typeof value.request === "function";
}

/** `call` with the checks. Receipts and other providers, if there are several, are waited for `patienceMs`. */
export function checked(
  call: Call,
  isVerifying: boolean,
  { providers = 1, patienceMs = PATIENCE_MS }: { providers?: number; patienceMs?: typeof PATIENCE_MS } = {},
): Call {
  const headers: Headers = new Map();
  const receiptOf = receiptsOf(call, patienceMs.receipt);
  const callAgain = providers > 1 ? othersOf(call, patienceMs.other) : (request: Request) => call(request);
  return async (request, context) => {
    if (request.method !== "eth_getLogs") {
      const answer = await call(request, context);
      if (request.method === "eth_getBlockByNumber" || request.method === "eth_getBlockByHash") keep(headers, answer);
      return answer;
    }
    for (let tries = 1; ; ++tries) {
      let provider: string | undefined;
      const answer = await call(request, { ...context, onAnswer: (each) => (provider = each) });
      if (!isLogs(answer)) return answer;
      const what =
        flaw(request.params, answer, headers) ??
        (isVerifying
          ? ((await contradiction(callAgain, request, answer, provider)) ??
            (await shortfall(receiptOf, request.params, answer, headers)))
          : null);
      if (what === null) return answer;
      lastLie = { at: Date.now(), what };
      log("warn", "What RPC nodes answer does not fit together", {
        what,
        request: JSON.stringify(request.params),
        tries,
      });
      if (tries === TRIES) throw new Error(`What RPC nodes answer does not fit together: ${what}`);
      await sleep(Math.min(LONGEST_PAUSE_MS, 250 * 2 ** (tries - 1)));
    }
  };
}

function keep(headers: Headers, block: unknown): void {
  if (typeof block !== "object" || block === null || !("hash" in block) || !("logsBloom" in block)) return;
  const { hash, logsBloom } = block;
  if (typeof hash !== "string" || typeof logsBloom !== "string" || !isHexText(logsBloom)) return;
  const transactions = "transactions" in block && Array.isArray(block.transactions) ? block.transactions : [];
  headers.delete(hash);
  const last = transactions.slice(-RECEIPTS).reverse().flatMap(hashOf);
  headers.set(hash, { bloom: logsBloom.toLowerCase(), last });
  const [oldest] = headers.keys();
  if (headers.size > HEADERS && oldest !== undefined) headers.delete(oldest);
}

/** The hash of a transaction that a block has as a whole, or of which it has the hash alone. */
function hashOf(transaction: unknown): string[] {
  const hash =
    typeof transaction === "object" && transaction !== null && "hash" in transaction ? transaction.hash : transaction;
  return typeof hash === "string" ? [hash] : [];
}

const isHexText = (value: string): value is Hex => value.startsWith("0x");

function isLogs(value: unknown): value is readonly Entry[] {
  return Array.isArray(value);
}

/** The filter of a request; null where there is none. */
function filterOf(params: unknown): Readonly<Record<string, unknown>> | null {
  if (!Array.isArray(params)) return null;
  const filter: unknown = params[0];
  return typeof filter === "object" && filter !== null ? Object.fromEntries(Object.entries(filter)) : null;
}

/** The hash of the block all of whose logs are asked for; null where others are. */
function blockOf(params: unknown): string | null {
  const filter = filterOf(params);
  const hash = filter?.["blockHash"];
  return typeof hash === "string" && filter?.["address"] === undefined && filter?.["topics"] === undefined
    ? hash
    : null;
}

/** What is wrong with the answer by itself; null if nothing is. */
function flaw(params: unknown, logs: readonly Entry[], headers: Headers): string | null {
  const hash = blockOf(params);
  if (hash === null) return null;
  const stray = logs.find((entry) => entry.blockHash.toLowerCase() !== hash.toLowerCase());
  if (stray !== undefined) return `among the logs of block ${hash} is one of ${stray.blockHash}`;
  const indices = logs.map(({ logIndex }) => hexToNumber(logIndex)).sort((a, b) => a - b);
  if (indices.some((index, i) => index !== i)) return `the logs of block ${hash} are not all of its logs`;
  const header = headers.get(hash);
  if (header !== undefined && bloomOf(logs) !== header.bloom) {
    return `the logs of block ${hash} do not give the Bloom filter of its header`;
  }
  return null;
}

type ReceiptOf = (transaction: string) => Promise<unknown>;

/** Whether something is asked for: not for a while once it did not come {@link MISSES} times in a row, which the log says as `what`. */
function patienceWith(what: string) {
  let misses = 0;
  let askedFrom = 0;
  return {
    isLeft: () => Date.now() >= askedFrom,
    note(hasCome: boolean): void {
      misses = hasCome ? 0 : misses + 1;
      if (misses < MISSES) return;
      misses = 0;
      askedFrom = Date.now() + WITHOUT_MS;
      log("warn", what, { milliseconds: WITHOUT_MS });
    },
  };
}

/**
 * Asks for receipts. Ponder would try for a minute what the node refuses: one that has not come after `patienceMs` counts as refused, and
 * is null. After {@link MISSES} in a row, all are for a while.
 */
function receiptsOf(call: Call, patienceMs: number): ReceiptOf {
  const patience = patienceWith("The RPC node gives no receipts: logs are not counted by them");
  return async (transaction) => {
    if (!patience.isLeft()) return null;
    const asked = call({ method: "eth_getTransactionReceipt", params: [transaction] });
    const receipt = await within(asked, patienceMs, "no receipt").catch(() => undefined);
    patience.note(receipt !== undefined);
    return receipt ?? null;
  };
}

/**
 * Asks other providers than the one that `context` excludes. Where none answers in `patienceMs`, anybody is asked; after {@link MISSES} in
 * a row, for a while at once.
 */
function othersOf(call: Call, patienceMs: number): Call {
  const patience = patienceWith(
    "No other RPC node answers in time: what the first one says of the past is not compared",
  );
  return async (request, context) => {
    if (context?.apartFrom === undefined || !patience.isLeft()) return call(request, { onAnswer: context?.onAnswer });
    let provider: string | undefined;
    const asked = call(request, { ...context, onAnswer: (each) => (provider = each) });
    const answer = await within(asked, patienceMs, "no answer").catch((error: unknown) => {
      // That is the node's own answer: Ponder asks for less.
      if (isRpcError(error)) throw error;
      return undefined;
    });
    patience.note(provider !== undefined && provider !== context.apartFrom);
    if (answer === undefined) return call(request, { onAnswer: context.onAnswer });
    context.onAnswer?.(provider);
    return answer;
  };
}

/** Whether a node has refused, as opposed to being away. -1 is viem's own. */
const isRpcError = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "number" && error.code !== -1;

/** What the receipts say against the number of a block's logs; null if nothing, or if the node has no receipts. */
async function shortfall(
  receiptOf: ReceiptOf,
  params: unknown,
  logs: readonly Entry[],
  headers: Headers,
): Promise<string | null> {
  const hash = blockOf(params);
  if (hash === null || logs.length === 0) return null;
  for (const transaction of headers.get(hash)?.last ?? []) {
    const receipt = await receiptOf(transaction);
    if (typeof receipt !== "object" || receipt === null || !("logs" in receipt) || !isLogs(receipt.logs)) return null;
    // Mined again in another block meanwhile: it says nothing of this one.
    const blockHash = "blockHash" in receipt ? receipt.blockHash : null;
    if (typeof blockHash !== "string" || blockHash.toLowerCase() !== hash.toLowerCase()) return null;
    const newest = receipt.logs.at(-1);
    if (newest === undefined) continue;
    const count = hexToNumber(newest.logIndex) + 1;
    return count === logs.length ? null : `block ${hash} has ${count} logs by its receipts, and it gave ${logs.length}`;
  }
  return null;
}

const bits = new Map<Hex, readonly number[]>();

function bitsOf(item: Hex): readonly number[] {
  const known = bits.get(item);
  if (known !== undefined) return known;
  const hash = keccak256(item, "bytes");
  const found = [0, 2, 4].map((i) => (((hash[i] ?? 0) << 8) | (hash[i + 1] ?? 0)) & 2_047);
  if (bits.size >= ITEMS) bits.clear();
  bits.set(item, found);
  return found;
}

/** The Bloom filter of all `logs` (yellow paper, 4.4.3), in lower-case hex. */
export function bloomOf(logs: readonly Pick<Entry, "address" | "topics">[]): string {
  const bloom = new Uint8Array(256);
  for (const { address, topics } of logs) {
    for (const item of [address, ...topics]) {
      for (const bit of bitsOf(item)) bloom[255 - (bit >> 3)] = (bloom[255 - (bit >> 3)] ?? 0) | (1 << (bit & 7));
    }
  }
  return `0x${Buffer.from(bloom).toString("hex")}`;
}

/** Asks again, a range in two halves and of another than `provider`, a block as before: what differs, or null. */
async function contradiction(
  call: Call,
  request: Request,
  logs: readonly Entry[],
  provider: string | undefined,
): Promise<string | null> {
  const filter = filterOf(request.params);
  if (filter === null) return null;
  const pieces = piecesOf(filter);
  const others = new Set<string | undefined>();
  const context: Context = {
    ...("blockHash" in filter ? {} : { apartFrom: provider }),
    onAnswer: (each) => others.add(each),
  };
  const answers = await Promise.all(pieces.map((piece) => call({ method: request.method, params: [piece] }, context)));
  const again = answers.flatMap((answer) => (isLogs(answer) ? answer : []));
  const first = new Set(logs.map(nameOf));
  const second = new Set(again.map(nameOf));
  if (first.size === second.size && [...first].every((name) => second.has(name))) return null;
  const other = [...second].filter((name) => !first.has(name)).length;
  const by = (names: Iterable<string | undefined>) => [...names].map(hostOf).join(", ");
  return `asked twice for the same logs, ${by([provider])} gave ${first.size}, then ${by(others)} ${second.size}, of which ${other} are others`;
}

function piecesOf(filter: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>[] {
  const { fromBlock, toBlock } = filter;
  if (typeof fromBlock !== "string" || typeof toBlock !== "string") return [filter];
  if (!isHexText(fromBlock) || !isHexText(toBlock) || fromBlock === toBlock) return [filter];
  const middle = Math.floor((hexToNumber(fromBlock) + hexToNumber(toBlock)) / 2);
  return [
    { ...filter, toBlock: numberToHex(middle) },
    { ...filter, fromBlock: numberToHex(middle + 1) },
  ];
}

/** Without what follows the host: keys are there. */
const hostOf = (provider: string | undefined): string =>
  provider !== undefined && URL.canParse(provider) ? new URL(provider).host : "the node";

const nameOf = ({ blockHash, logIndex, address, topics, data }: Entry) =>
  [blockHash, logIndex, address, ...topics, data].join(" ").toLowerCase();
