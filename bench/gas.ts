/**
 * What the users of the suite pay: gas of each action, receipts including the 21,000 of the transaction, on the
 * optimised build (the one that is deployed), EDR with the rules of osaka.
 *
 *     npm run bench:gas -- [--json FILE] [--check] [--only staking|attestation|compute|governance] [--many N]
 *
 * The references are receipts of live systems that do the same. Each action is measured with 10 and again with 10,000
 * stakers and open requests, attested keys, or workers: the cost must not depend on them
 * (but on the logarithm of how often votes have moved, where past ones are looked up). Nor may that of workers depend on
 * time: theirs are measured once more after a year without a call.
 *
 * A run rewrites the committed snapshot `bench/gas.snapshot.json`; `--check` compares with it instead (± 2 %), which `npm test`
 * does with `--many 10`. Rows of genuine quotes are measured where Intel's quotes are at hand, and stay as they are where not.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import hre from "hardhat";
import { isGenuine, measureAttestation, measureDocuments, measureGenuine } from "./attestation.ts";
import { COMPUTE, measureCompute } from "./compute.ts";
import { measureGovernance } from "./governance.ts";
import { type Row, type Target, compareWithSnapshot, printRows, rowsOf, writeSnapshot } from "./rows.ts";
import { measureStaking } from "./staking.ts";

const FEW = 10;
/** Seconds. */
const YEAR = 365n * 86_400n;

/** Costs of the same action elsewhere, and what we aim at. Actions without an entry are printed for information. */
const STAKING: Readonly<Record<string, Target>> = {
  "deposit first": { of: "sUSDe", reference: 86_054, aim: 83_000 },
  "deposit repeat": { of: "sUSDe", reference: 68_954, aim: 66_000 },
  "requestRedeem first": { of: "Bittensor", reference: 123_059, aim: 95_000 },
  "requestRedeem repeat": { of: "Bittensor", reference: 105_959, aim: 77_000 },
  "claim 1 repeat": { of: "Frax", reference: 70_218, aim: 50_000 },
  "claim 5 repeat": { of: "Lido", reference: 181_872, aim: 72_000 },
  "cancelRedeem repeat": { of: null, reference: null, aim: 75_000 },
  "harvest first": { of: "sUSDe", reference: 65_000, aim: 60_000 },
  "harvest repeat": { of: "sUSDe", reference: 53_789, aim: 50_000 },
};

const ATTESTATION: Readonly<Record<string, Target>> = {
  "attest, new platform first": { of: "flashtestations", reference: 7_390_000, bar: 300_000, aim: 285_000 },
  "attest, known platform first": { of: "Automata, ZK", reference: 493_000, bar: 160_000, aim: 148_000 },
  "attest again repeat": { of: "Automata, ZK", reference: 493_000, bar: 95_000, aim: 86_000 },
  "TCB info first": { of: null, reference: null, bar: 1_000_000, aim: 700_000 },
  "TCB info repeat": { of: null, reference: null, bar: 1_000_000, aim: 400_000 },
  "verify, genuine quote first": { of: "Automata, on chain", reference: 4_000_000, bar: 493_000, aim: null },
  "verify, genuine quote repeat": { of: "Automata, ZK", reference: 493_000, aim: null },
};

const { values: options } = parseArgs({
  options: {
    json: { type: "string" },
    check: { type: "boolean" },
    only: { type: "string" },
    many: { type: "string", default: "10000" },
  },
});
const MANY = Number(options.many);
if (!Number.isSafeInteger(MANY) || MANY < FEW) throw new Error("--many takes a number from 10 on");
const crowdOf = (what: string) => `${MANY.toLocaleString("en-US")} ${what}`;
await hre.tasks.getTask("build").run({ quiet: true });

const isWanted = (part: string): boolean => options.only === undefined || options.only === part;

const rows: Row[] = [];
if (isWanted("staking")) {
  const alone = await measureStaking(FEW);
  const staking = rowsOf(MANY === FEW ? alone : await measureStaking(MANY), STAKING);
  printRows(staking, STAKING, { alone, few: "10 stakers", many: crowdOf("stakers") });
  rows.push(...staking);
}
if (isWanted("attestation")) {
  const alone = await measureAttestation(FEW);
  const registry = rowsOf(MANY === FEW ? alone : await measureAttestation(MANY), ATTESTATION);
  const verifier = rowsOf(new Map([...(await measureDocuments()), ...(await measureGenuine())]), ATTESTATION);
  console.log();
  printRows(registry, ATTESTATION, { alone, few: "10 keys", many: crowdOf("keys") });
  console.log();
  printRows(verifier, ATTESTATION);
  rows.push(...registry, ...verifier);
}
if (isWanted("compute")) {
  const alone = await measureCompute(FEW);
  const compute = rowsOf(MANY === FEW ? alone : await measureCompute(MANY), COMPUTE);
  const later = rowsOf(await measureCompute(FEW, YEAR), COMPUTE);
  console.log();
  printRows(compute, COMPUTE, { alone, few: "10 workers", many: crowdOf("workers") });
  console.log();
  printRows(later, COMPUTE, { alone, few: "10 workers", many: "10 workers, after a year" });
  rows.push(...compute);
}
if (isWanted("governance")) {
  const alone = await measureGovernance(FEW);
  const crowded = MANY === FEW ? alone : await measureGovernance(MANY);
  console.log();
  printRows(rowsOf(crowded, {}), {}, { alone, few: "10 voters", many: crowdOf("voters") });
  // Past votes are looked up in the logarithm of their number: the snapshot is of few, which every run measures.
  rows.push(...rowsOf(alone, {}));
}

if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
if (options.only === undefined) {
  if (options.check === true) {
    const problems = compareWithSnapshot(rows, isGenuine);
    for (const problem of problems) console.error(problem);
    process.exit(problems.length === 0 ? 0 : 1);
  }
  writeSnapshot(rows, isGenuine);
}
process.exit(0);
