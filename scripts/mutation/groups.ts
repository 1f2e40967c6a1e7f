/** What is mutated together, and the tests that have to notice. */
export interface Group {
  /** Below `contracts/`, without the ending: where faults are made. */
  readonly sources: readonly string[];
  /** The contracts that hold code of these sources, and are compiled anew with each fault. */
  readonly deployed: readonly string[];
  /** Files of tests, those first that notice most and soonest. */
  readonly tests: readonly string[];
  /** How much of what is random is tried on each fault; the first runs show it, or none. Default: 1. */
  readonly factor?: number;
  /** How much of all faults must be noticed, in percent. */
  readonly least: number;
}

const under = (folder: string, names: readonly string[]): string[] =>
  names.map((name) => `test/${folder}/${name}.test.ts`);

const GOVERNANCE = [
  "GuardianMandate",
  "PhalaAuthority",
  "PhalaGovernor",
  "StateAssertion",
  "Treasury",
  "VetoLock",
  "VotingVPHA",
].map((name) => `governance/${name}`);

/** Files and folders that these tests need, wherever they run. */
export const NEEDED = [
  ...["contracts", "deploy", "model", "ponder/src", "scripts", "snapshots", "test"],
  ...["package.json", "tsconfig.json", "vitest.config.ts"],
] as const;

export const GROUPS = {
  token: {
    sources: ["token/PHA", "token/MerkleDistributor", "token/TeamVesting"],
    deployed: ["token/PHA", "token/MerkleDistributor", "token/TeamVesting"],
    tests: under("contracts/token", ["PHA", "MerkleDistributor", "TeamVesting"]),
    least: 95,
  },
  emission: {
    sources: ["emission/EmissionSchedule", "emission/EmissionVault", "types/Epoch"],
    // What is emitted between two moments, only vPHA asks.
    deployed: ["emission/EmissionVault", "staking/VPHA"],
    tests: [
      ...under("contracts/emission", ["EmissionVault", "EmissionSchedule"]),
      ...under("contracts/staking", ["VPHA.views", "VPHA.conformance"]),
    ],
    least: 95,
  },
  staking: {
    sources: ["staking/VPHA", "types/RequestId", "types/Redemption", "types/PauseLog"],
    deployed: ["staking/VPHA"],
    tests: under("contracts/staking", [
      "VPHA.differential",
      "VPHA.conformance",
      "VPHA.claim",
      "VPHA.attacks",
      "VPHA.views",
      "VPHA.pause",
      "VPHA.permit",
      "VPHA.adopted",
    ]),
    least: 95,
  },
  compute: {
    sources: ["compute/WorkerRegistry", "compute/WorkerRewards", "compute/Slashing", "types/Hour", "types/Worker"],
    deployed: ["compute/WorkerRegistry", "compute/WorkerRewards", "compute/Slashing"],
    tests: under("contracts/compute", [
      "WorkerRegistry",
      "WorkerRewards",
      "Slashing",
      "WorkerRegistry.collateral",
      "WorkerRewards.claim",
      "Slashing.limits",
      "states",
      "attacks.rewards",
      "attacks.slashing",
      "attacks.identity",
      "access",
      "differential",
    ]),
    factor: 0.1,
    least: 95,
  },
  attestation: {
    sources: [
      "attestation/AttestationRegistry",
      "attestation/CollateralStore",
      "attestation/TdxVerifier",
      "attestation/TcbCodec",
      ...["Calendar", "Crl", "Der", "Json", "Memory", "QeIdentity", "TcbInfo", "TcbLevels", "TdReport", "X509"].map(
        (name) => `attestation/codec/${name}`,
      ),
      "types/TcbStatus",
    ],
    deployed: ["attestation/AttestationRegistry", "attestation/TdxVerifier", "attestation/TcbCodec"],
    tests: under("attestation", [
      "registry",
      "registry-policy",
      "told",
      "json",
      "rules",
      "rules-certificates",
      "forged-quotes",
      "forged-collateral",
      "statuses",
      "p256",
    ]),
    least: 90,
  },
  governance: {
    sources: GOVERNANCE,
    deployed: GOVERNANCE,
    tests: under("contracts/governance", [
      "PhalaAuthority",
      "Treasury",
      "VetoLock",
      "PhalaGovernor",
      "GuardianMandate",
      "VotingVPHA",
      "StateAssertion",
    ]),
    least: 90,
  },
} satisfies Readonly<Record<string, Group>>;

export type GroupName = keyof typeof GROUPS;
