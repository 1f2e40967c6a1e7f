/**
 * What an API process answers: GraphQL's recipes over a PostgreSQL with the rows of years, one `ponder serve` process.
 *
 *     npm run bench:graphql -- [--folder FOLDER] [--seconds N]
 *
 * The data are built once in FOLDER (default: `cache/bench-graphql`) and used again: 300,000 staking events, 100,000 worker days,
 * 20,000 accounts and what belongs to them. Load, API and PostgreSQL share this machine. `cold`: no answers are kept, and requests go
 * round many accounts and workers: each is parsed, judged and computed. `kept`: as it runs by default, at a head that stands
 * still: what does not change with a block is answered from memory. `refused`: what nobody asks who wants an answer.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import autocannon from "autocannon";
import { hostileQueries } from "../test/indexer/hostile.ts";
import { addressOf } from "../test/indexer/population.ts";
import { RECIPES, sampleQueries } from "../test/indexer/queries.ts";
import { serveData } from "../test/indexer/served.ts";
import type { Row } from "../test/indexer/suite.ts";
import { printTable } from "./table.ts";

const { values: options } = parseArgs({
  options: { folder: { type: "string", default: "cache/bench-graphql" }, seconds: { type: "string", default: "3" } },
});
const SECONDS = Number(options.seconds);
if (!(SECONDS >= 1)) throw new Error("--seconds takes a number from 1 on");

/** Different accounts and workers that requests go round. */
const ROUND = 500;

interface Must {
  readonly p50?: number;
  readonly p99: number;
  readonly perSecond?: number;
}

/** Milliseconds, requests per second. */
const RECIPE: Must = { p50: 25, p99: 60, perSecond: 400 };
const CROWD: Must = { p99: 300 };
const SERIES: Must = { p99: 150 };
const REFUSAL: Must = { p99: 50 };

const SERIES_QUERY = `{ vaultHours(orderBy: "start", limit: 1000) { items { start rate totalAssets apr deposited requested } } }`;

const folder = path.resolve(options.folder);
mkdirSync(folder, { recursive: true });
const served = await serveData({ folder, transactions: 60, scale: 1 });
const rows: Record<string, string | number | null>[] = [];

async function measure(
  name: string,
  answers: "cold" | "kept" | "refused",
  to: string,
  connections: number,
  query: string,
  must: Must,
  fixed?: Row,
): Promise<void> {
  const bodies = Array.from({ length: ROUND }, (_, i) =>
    JSON.stringify({
      query,
      // Every one is an account and a worker.
      variables: fixed ?? {
        account: addressOf(i + 1),
        worker: addressOf(i + 1),
        key: addressOf(i + 1),
        from: "1700000000",
      },
    }),
  );
  const load = (duration: number) =>
    autocannon({
      url: `${to}/graphql`,
      ...{ connections, duration, method: "POST", headers: { "content-type": "application/json" } },
      requests: bodies.map((body) => ({ body })),
    });
  await load(1);
  const before = await processorSeconds(to);
  const { latency, requests, non2xx, errors, timeouts, statusCodeStats = {} } = await load(SECONDS);
  const used = (await processorSeconds(to)) - before;
  const expected = answers === "refused" ? requests.total : 0;
  if (non2xx !== expected || errors + timeouts > 0) {
    throw new Error(`${name}: ${non2xx} of ${requests.total} answers were refused, ${errors + timeouts} failed`);
  }
  if (answers === "refused" && statusCodeStats["400"]?.count !== requests.total) {
    throw new Error(`${name}: not refused as what it is, but with ${Object.keys(statusCodeStats).join(", ")}`);
  }
  // So slow that nothing came back in time.
  if (requests.total === 0) throw new Error(`${name}: no answer within ${SECONDS} s; give it more \`--seconds\``);
  const isMet =
    latency.p99 <= must.p99 &&
    (must.p50 === undefined || latency.p50 <= must.p50) &&
    (must.perSecond === undefined || requests.average >= must.perSecond);
  rows.push({
    ...{ query: name, answers, connections, "p50 ms": latency.p50, "p99 ms": latency.p99 },
    "per second": Math.round(requests.average),
    /** Of the API process alone: what the machine's other work does not change. */
    "CPU ms": Math.round((used / requests.total) * 100_000) / 100,
    must: [
      ...(must.p50 === undefined ? [] : [`p50 ${must.p50}`]),
      `p99 ${must.p99}`,
      ...(must.perSecond === undefined ? [] : [`${must.perSecond}/s`]),
    ].join(", "),
    met: isMet ? "yes" : "NO",
  });
}

/** Seconds of processor time that the API process has used. */
async function processorSeconds(to: string): Promise<number> {
  const metrics = await (await fetch(`${to}/metrics`)).text();
  const found = /^process_cpu_seconds_total (\S+)/m.exec(metrics);
  if (found === null) throw new Error("the metrics have no processor time");
  return Number(found[1]);
}

try {
  const recipes = sampleQueries().filter(({ name }) => RECIPES.includes(name));
  for (const answers of ["cold", "kept"] as const) {
    const api = await served.api(answers === "cold" ? { PHALA_ANSWER_CACHE: "0" } : {});
    for (const { name, text } of recipes) {
      await measure(name.replace(".graphql", ""), answers, api.url, 10, text, RECIPE);
    }
    for (const { name, text } of recipes.filter(({ name }) => /^(position|history|compute-worker)\./.test(name))) {
      await measure(name.replace(".graphql", ""), answers, api.url, 50, text, CROWD);
    }
    await measure("1,000 hours", answers, api.url, 10, SERIES_QUERY, SERIES);
    if (answers === "cold") {
      for (const { name, query, variables } of hostileQueries) {
        await measure(name, "refused", api.url, 10, query, REFUSAL, variables);
      }
    }
    await api.service.stop();
  }
} finally {
  await served.stop();
}

printTable(rows);
const machine = { processors: cpus().length, model: cpus()[0]?.model ?? "unknown", node: process.version };
const results = { machine, seconds: SECONDS, rows };
writeFileSync(new URL("graphql.results.json", import.meta.url), `${JSON.stringify(results, null, 2)}\n`);
process.exit(rows.every(({ met }) => met === "yes") ? 0 : 1);
