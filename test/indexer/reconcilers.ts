/**
 * Everything that is reconciled, by table. A table that is added to the schema gets its name into one of these lists, or into
 * {@link ELSEWHERE} with the test that looks after it: `reconciliation.test.ts` fails otherwise.
 */
import { expect } from "vitest";
import {
  reconcileMandates,
  reconcileOperations,
  reconcileRoles,
  reconcileTreasury,
  reconcileVotes,
} from "./governanceRows.ts";
import { reconcile as reconcileRegistry } from "./registryRows.ts";
import {
  reconcileCosts,
  reconcileDistribution,
  reconcileEmission,
  reconcilePositions,
  reconcileToken,
  reconcileTokenSeries,
  reconcileVault,
  reconcileVaultSeries,
} from "./stakingRows.ts";
import { big } from "./suite.ts";
import type { TableName } from "./tables.ts";
import { reconcileDays } from "./workerDays.ts";
import { type Reconciled, reconcile as reconcileWorkers } from "./workerRows.ts";

export interface Reconciler {
  readonly name: string;
  /** What it compares. */
  readonly tables: readonly TableName[];
  /** Throws at the first number that is not the chain's. `seed`: which rows of series are looked at. */
  readonly check: (indexed: Reconciled, seed: number) => Promise<unknown>;
}

/** Each compares tables with the contracts' own answers in the indexer's last block, and series with those at their ends. */
export const RECONCILERS: readonly Reconciler[] = [
  { name: "clock", tables: ["clock"], check: reconcileClock },
  { name: "PHA", tables: ["token", "account", "burn"], check: reconcileToken },
  {
    name: "distribution",
    tables: ["distributor", "distributorClaim", "vestingRelease"],
    check: reconcileDistribution,
  },
  {
    name: "emission",
    tables: ["emission", "emissionEpoch", "emissionStream", "emissionPull"],
    check: reconcileEmission,
  },
  { name: "days of PHA", tables: ["supplyDay", "emissionDay"], check: reconcileTokenSeries },
  { name: "the vault", tables: ["vault"], check: reconcileVault },
  {
    name: "positions and requests",
    tables: ["position", "redemptionRequest", "operatorApproval"],
    check: reconcilePositions,
  },
  { name: "cost and reward", tables: ["position", "stakingEvent"], check: reconcileCosts },
  { name: "hours and days of the vault", tables: ["vaultHour", "vaultDay"], check: reconcileVaultSeries },
  {
    name: "attestation",
    tables: [
      ...(["attestationPolicy", "attestedKey", "attestedKeyState", "attestedKeyTotal", "attestation"] as const),
      ...(["attestationEvent", "collateral", "collateralVersion", "revocation", "verifier", "platform"] as const),
      ...(["pckCertificate", "killSwitch", "image", "shape"] as const),
    ],
    check: ({ suite, indexer }) => {
      const { attestationRegistry: address, tdxVerifier } = suite.contracts;
      return reconcileRegistry({ suite, indexer, registry: { address, verifiers: [tdxVerifier] } });
    },
  },
  {
    name: "workers",
    tables: [
      ...([
        "worker",
        "workerStanding",
        "workerEvent",
        "gpu",
        "gpuEvent",
        "gpuModel",
        "gpuModelChange",
        "operator",
        "operatorStanding",
        "holding",
      ] as const),
      ...(["computeNetwork", "rewardsPool", "rewardsHour", "rewardsClaim", "rewardsPayout", "ceilingChange"] as const),
      ...(["slashingRule", "slashProposal", "slashWindow"] as const),
    ],
    check: reconcileWorkers,
  },
  {
    name: "days of workers",
    tables: ["computeDay", "computeHour", "workerDay", "gpuModelDay", "gpuModelHour", "operatorDay"],
    check: (indexed, seed) => reconcileDays(indexed, { seed, most: 25 }),
  },
  { name: "roles", tables: ["authority", "roleMember", "functionRole"], check: reconcileRoles },
  { name: "operations and vetoes", tables: ["operation", "vetoLocker"], check: reconcileOperations },
  { name: "the guardian's mandates", tables: ["guardianMandate"], check: reconcileMandates },
  { name: "votes", tables: ["votingToken", "voter", "proposal", "proposalCall", "vote"], check: reconcileVotes },
  { name: "the treasury", tables: ["budget", "payment"], check: reconcileTreasury },
];

/** Tables that are compared in another test, and which. */
export const ELSEWHERE: Readonly<Partial<Record<TableName, string>>> = {
  emissionHour: "supply.test.ts",
  supplyBucket: "supply.test.ts",
  supplyBucketDay: "supply.test.ts",
  supplyBucketHour: "supply.test.ts",
  supplyHour: "supply.test.ts",
  vestingStanding: "supply.test.ts",
  vestingWallet: "supply.test.ts",
  parameter: "compute.test.ts",
  parameterChange: "compute.test.ts",
  stranger: "factories.test.ts",
  strangerLog: "factories.test.ts",
  suiteContract: "factories.test.ts",
  indexedBlock: "watch.test.ts",
};

/** Series are closed up to the last block. */
async function reconcileClock({ indexer, timestamp }: Reconciled): Promise<void> {
  const row = await indexer.row("clocks", "hour day");
  expect([big(row, "hour"), big(row, "day")]).toEqual([
    timestamp - (timestamp % 3_600n),
    timestamp - (timestamp % 86_400n),
  ]);
}
