/** The block that ends `npm start`: everything that somebody needs who has just seen the suite for the first time. */
import type { Address } from "viem";
import type { Manifest } from "../../deploy/manifest.ts";
import { FIRST_STAKER } from "../devnet/activity.ts";
import { ATTESTER, guestKeys } from "../devnet/attestation.ts";
import { MNEMONIC, devAccounts } from "../devnet/chain.ts";
import { FIRST_OWNER, OWNERS, SIGNERS } from "../devnet/multisig.ts";

/** Answers at once, from several tables. The newest events last, so that a glance shows whether it is alive. */
export const SAMPLE_QUERY =
  "{ vaults { items { shares totalAssets rate apr apy stakers pendingAssets } } " +
  'stakingEvents(limit: 3, orderBy: "timestamp", orderDirection: "desc") { items { kind account assets shares timestamp } } }';

const ROLES = {
  guardian: "guardian: may pause and switch off, through its mandate",
  slasher: "slasher: proposes slashes of workers",
  reserve: "reserve of the mining allocation",
  privateSale: "holder of the private sale",
  otherRewards: "other rewards: funds other income",
} as const;

const ROLE_NAMES = [
  "guardian",
  "slasher",
  "reserve",
  "privateSale",
  "otherRewards",
] as const satisfies readonly (keyof typeof ROLES)[];

export interface ReportInput {
  readonly chainUrl: string;
  readonly indexerUrl: string | null;
  readonly pageUrl: string | null;
  /** Workers that run the agent, and where it answers. */
  readonly agents: readonly { readonly name: string; readonly worker: Address; readonly url: string }[];
  readonly manifest: Manifest;
  readonly manifestPath: string;
  readonly stakers: number;
  readonly seconds: number;
}

export function renderReport(input: ReportInput): string {
  const { chainUrl, indexerUrl, pageUrl, manifest } = input;
  const { accounts, team } = manifest.parameters;
  const roleOf = (address: string, index: number): string => {
    const roles = ROLE_NAMES.filter((name) => accounts[name] === address).map((name): string => ROLES[name]);
    if (index === 0) roles.push("deployer: has no role");
    if (index >= FIRST_OWNER && index < FIRST_OWNER + OWNERS) roles.push("owner of the multisig");
    if (index === ATTESTER) roles.push("sends the demo attestations");
    if (team?.beneficiary === address) roles.push("beneficiary of the team's vesting");
    return roles.join("; ") || "free to use";
  };
  const rows = (entries: readonly (readonly [string, string])[]) =>
    entries.map(([left, right]) => `  ${left.padEnd(20)} ${right}`);
  const stakers = devAccounts(FIRST_STAKER, Math.min(input.stakers, 1));
  const query = JSON.stringify({ query: SAMPLE_QUERY });

  return [
    "",
    `Ready after ${input.seconds.toFixed(0)} s. Ctrl-C ends everything.`,
    "",
    "URLs",
    ...rows([
      ...(pageUrl === null ? [] : ([["page", `${pageUrl}  stake, watch, operate and govern`]] as const)),
      ["chain (JSON-RPC)", `${chainUrl}  chain id ${manifest.chainId}`],
      ...(indexerUrl === null
        ? []
        : ([
            ["GraphQL", `${indexerUrl}/graphql`],
            ["GraphiQL", `${indexerUrl}/  in a browser`],
            ["indexer", `${indexerUrl}/status  /ready  /health  /metrics`],
          ] as const)),
    ]),
    "",
    "Contracts",
    ...rows(
      Object.entries(manifest.contracts).flatMap(([name, address]) => (address === null ? [] : [[name, address]])),
    ),
    ...rows([
      ["multisig", `${accounts.governance}  a Safe, ${SIGNERS} of ${OWNERS}: governs, each role with its delay`],
      ["manifest", input.manifestPath],
    ]),
    "",
    ...(input.agents.length === 0
      ? []
      : [
          "Workers' agents, each a process in a simulated guest (also /metrics and /heartbeat)",
          ...rows(input.agents.map(({ name, worker, url }) => [name, `${worker}  ${url}/health`])),
          "",
        ]),
    "Attested demo keys, in guests of the test authority (npx hardhat attestation status --key …)",
    ...rows(guestKeys().map(({ name, key }) => [name, key])),
    "",
    `Accounts of the public mnemonic "${MNEMONIC}"`,
    ...devAccounts(0, FIRST_OWNER + OWNERS).map(
      ({ address }, index) => `  ${String(index).padStart(3)}  ${address}  ${roleOf(address, index)}`,
    ),
    ...(stakers[0] === undefined
      ? []
      : [
          `  ${FIRST_STAKER}  ${stakers[0].address}  first of ${input.stakers} stakers, ${FIRST_STAKER} … ${FIRST_STAKER + input.stakers - 1}`,
        ]),
    ...(indexerUrl === null
      ? []
      : ["", "Try", `  curl -s ${indexerUrl}/graphql -H 'content-type: application/json' \\`, `    -d '${query}'`]),
    "",
  ].join("\n");
}
