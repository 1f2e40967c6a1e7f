/**
 * Whether a deployment is what its parameters, the committed role graph and this build say, and nothing beside. For anyone: it
 * reads the chain and trusts nobody's word.
 */
import { type Hex, erc20Abi, isAddressEqual, keccak256, parseAbi, size } from "viem";
import { INTEL_ROOT } from "../../scripts/attestation/files.ts";
import { runtimeCode } from "../artifacts.ts";
import { type ChainReader, reason } from "../executors/account.ts";
import { budgetText, nameText } from "../extras.ts";
import { vphaAbi } from "../generated/abis.ts";
import { CONTRACT_NAMES } from "../modules/module.ts";
import { type Plan, sourceOf } from "../modules/suite.ts";
import type { Parameters } from "../parameters/parameters.ts";
import { type SuiteState, readState } from "../state.ts";
import { checkSuite } from "../status.ts";
import { type RoleGraph, committedGraph, compareGraphs, edgesOf, readRoleGraph } from "./roleGraph.ts";

/** One line of the table. A `note` is neither right nor wrong, but somebody should know. */
export interface Finding {
  readonly kind: "ok" | "fail" | "note";
  readonly part: "bytecode" | "roles" | "parameters" | "attestation" | "token" | "treasury";
  readonly name: string;
  readonly expected: string;
  readonly found: string;
}

export interface Verification {
  readonly network: string;
  readonly chainId: number;
  readonly block: number;
  readonly findings: readonly Finding[];
  /** Whether nothing failed. */
  readonly ok: boolean;
}

/** Chains on which a test root of attestations is in its place: those on this machine. */
const LOCAL_CHAINS: readonly number[] = [31_337];

/**
 * Verifies the suite of `plan` on its chain.
 *
 * @param startBlock No contract of the suite existed before it.
 * @param graph What the roles must be; default: the committed one.
 */
export async function verifySuite(
  client: ChainReader,
  parameters: Parameters,
  plan: Plan,
  startBlock: bigint,
  graph: RoleGraph = committedGraph(),
): Promise<Verification> {
  const blockNumber = await client.getBlockNumber();
  const findings = [...(await checkBytecode(client, plan, blockNumber)), ...describeReplaced(parameters)];
  try {
    findings.push(...(await checkRoles(client, parameters, plan, startBlock, blockNumber, graph)));
    const state = await readState(client, parameters, plan, startBlock);
    findings.push(...checkParameters(state, parameters), ...checkRoot(state, parameters), ...describeBudgets(state));
    findings.push(...(await describeToken(client, parameters, plan, blockNumber)));
  } catch (error) {
    // Another contract in the place of one may answer nothing that could be read; an endpoint that fails is no verdict.
    if (findings.every(({ kind }) => kind !== "fail")) throw error;
    const found = `cannot be read: ${reason(error)}`;
    findings.push({ kind: "fail", part: "parameters", name: "state", expected: "readable", found });
  }
  return {
    network: parameters.network.name,
    chainId: parameters.network.chainId,
    block: Number(blockNumber),
    findings,
    ok: findings.every(({ kind }) => kind !== "fail"),
  };
}

/** Runtime bytecode against the build; the values of immutables are masked, and asked for one by one among the parameters. */
async function checkBytecode(client: ChainReader, plan: Plan, blockNumber: bigint): Promise<Finding[]> {
  return Promise.all(
    plan.deployments.map(async ({ name, address }): Promise<Finding> => {
      const { code, immutables } = runtimeCode(sourceOf(name));
      const deployed = await client.getCode({ address, blockNumber });
      const describe = (bytes: Hex) => `${size(bytes)} B ${keccak256(masked(bytes, immutables)).slice(0, 18)}…`;
      const expected = describe(code);
      const found = deployed === undefined ? "no contract" : describe(deployed);
      return {
        kind: found === expected ? "ok" : "fail",
        part: "bytecode",
        name: `${name} ${address}`,
        expected,
        found,
      };
    }),
  );
}

/** This build does not hold their code. */
function describeReplaced({ replaced }: Parameters): Finding[] {
  return Object.entries(replaced).map(([name, address]) => ({
    kind: "note",
    part: "bytecode",
    name: `${name} ${address}`,
    expected: "-",
    found: "a replacement, whose code is compared with nothing",
  }));
}

function masked(code: Hex, immutables: readonly { readonly start: number; readonly length: number }[]): Hex {
  const digits = code.slice(2).split("");
  for (const { start, length } of immutables) digits.fill("0", 2 * start, 2 * (start + length));
  return `0x${digits.slice(0, 2 * size(code)).join("")}`;
}

async function checkRoles(
  client: ChainReader,
  parameters: Parameters,
  { contracts }: Plan,
  startBlock: bigint,
  blockNumber: bigint,
  graph: RoleGraph,
): Promise<Finding[]> {
  if ((await client.getCode({ address: contracts.phalaAuthority, blockNumber })) === undefined) return [];
  const found = await readRoleGraph(client, contracts, parameters, startBlock, blockNumber);
  const differences = compareGraphs(graph, found);
  if (differences.length !== 0) {
    return differences.map((difference) => ({ kind: "fail", part: "roles", ...difference }));
  }
  const edges = `${edgesOf(graph)} edges`;
  return [{ kind: "ok", part: "roles", name: "role graph, from the events", expected: edges, found: edges }];
}

function checkParameters(state: SuiteState, parameters: Parameters): Finding[] {
  const missing = CONTRACT_NAMES.filter((name) => state.contracts[name] !== null && !state.exists[name]);
  return [
    ...missing.map((name): Finding => ({
      kind: "fail",
      part: "parameters",
      name,
      expected: "deployed",
      found: "not deployed",
    })),
    ...checkSuite(state, parameters).map(({ name, expected, found, ok }): Finding => ({
      kind: ok ? "ok" : "fail",
      part: "parameters",
      name,
      expected,
      found,
    })),
  ];
}

/** Whose attestations are believed: Intel's, wherever anything is at stake. */
function checkRoot({ tdxVerifier }: SuiteState, { network }: Parameters): Finding[] {
  if (tdxVerifier === null) return [];
  const { x, y } = tdxVerifier.rootKey;
  const isIntels = x.toLowerCase() === INTEL_ROOT.x.toLowerCase() && y.toLowerCase() === INTEL_ROOT.y.toLowerCase();
  const isLocal = LOCAL_CHAINS.includes(network.chainId);
  return [
    {
      kind: isIntels ? "ok" : isLocal ? "note" : "fail",
      part: "attestation",
      name: "root key",
      expected: "Intel SGX Root CA",
      found: isIntels ? "Intel SGX Root CA" : `another key, ${x.slice(0, 18)}…`,
    },
  ];
}

/** By what the treasury's means can leave: governance's affair, but once it is bound by its delays alone. */
function describeBudgets({ authority, governance }: SuiteState): Finding[] {
  return (governance?.treasury.budgets ?? []).map((budget) => ({
    kind: authority?.isSealed === true ? "note" : "fail",
    part: "treasury",
    name: `budget ${nameText(budget.name)}`,
    expected: "none before genesis",
    found: budgetText(budget),
  }));
}

/** What an adopted PHA lets somebody do to everybody: the suite holds only as far as its token lets it. */
async function describeToken(
  client: ChainReader,
  { token }: Parameters,
  { contracts }: Plan,
  blockNumber: bigint,
): Promise<Finding[]> {
  if (!("adopt" in token)) return [];
  const at = { address: contracts.pha, blockNumber } as const;
  const owner = await client
    .readContract({ ...at, abi: parseAbi(["function owner() view returns (address)"]), functionName: "owner" })
    .catch(() => null);
  const paused = await client
    .readContract({ ...at, abi: parseAbi(["function paused() view returns (bool)"]), functionName: "paused" })
    .catch(() => null);
  const asset = await client
    .readContract({ address: contracts.vpha, abi: vphaAbi, functionName: "asset", blockNumber })
    .catch(() => null);
  const supply = await client.readContract({ ...at, abi: erc20Abi, functionName: "totalSupply" });
  const isOurs = asset !== null && isAddressEqual(asset, token.adopt);
  return [
    { kind: isOurs ? "ok" : "fail", part: "token", name: "adopted PHA", expected: token.adopt, found: asset ?? "-" },
    { kind: "note", part: "token", name: "its supply", expected: "-", found: `${supply} wei` },
    {
      kind: "note",
      part: "token",
      name: "its owner",
      expected: "nobody",
      found: owner ?? "does not say that it has one",
    },
    {
      kind: paused === true ? "fail" : "note",
      part: "token",
      name: "its pause",
      expected: "not paused",
      found: paused === null ? "does not say that it can be paused" : paused ? "paused" : "can be paused, is not",
    },
  ];
}

/** The verification as one table. */
export function formatVerification({ network, chainId, block, findings, ok }: Verification): string {
  const marks = { ok: "ok  ", fail: "FAIL", note: "note" } as const;
  const width = Math.min(60, Math.max(...findings.map(({ name }) => name.length)));
  const failed = findings.filter(({ kind }) => kind === "fail").length;
  return [
    `${network} (chain ${chainId}), block ${block}`,
    "",
    ...findings.map(({ kind, part, name, expected, found }) => {
      const difference = found === expected ? found : `${found} instead of ${expected}`;
      return `${marks[kind]} ${part.padEnd(11)} ${name.padEnd(width)}  ${kind === "note" ? found : difference}`;
    }),
    "",
    `${findings.length - failed} of ${findings.length} hold`,
    ok ? "verified" : `NOT VERIFIED: ${failed} failed`,
  ].join("\n");
}
