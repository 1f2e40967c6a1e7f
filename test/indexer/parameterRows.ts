/** Every parameter that the indexer has, compared with what the contracts say in the same block, and with its own history. */
import type { Abi, Address } from "viem";
import { expect } from "vitest";
import {
  attestationRegistryAbi,
  emissionVaultAbi,
  guardianMandateAbi,
  phalaAuthorityAbi,
  phalaGovernorAbi,
  slashingAbi,
  teamVestingAbi,
  treasuryAbi,
  vphaAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "../../deploy/generated/abis.ts";
import { modelName } from "../../scripts/compute/calls.ts";
import { type Row, big, lower } from "./suite.ts";
import { type Indexed, text } from "./workerRows.ts";

const DAY = 86_400n;
const STREAMS = ["stakers", "workers", "treasury"] as const;

/** Columns of both tables: all there are. */
export const PARAMETER = `contract name contractName value min max since changes operationHash operationNonce updatedAt updatedBlock
  transaction`;
export const PARAMETER_CHANGE = `id contract name contractName oldValue newValue since operationHash operationNonce block timestamp
  transaction`;

/**
 * Compares all of them. `slashings` and `mandates` are the suite's of all times; the first by default. Returns the changes, the oldest
 * first.
 */
export async function reconcileParameters(
  { suite, indexer }: Indexed,
  also: { readonly slashings?: readonly Address[]; readonly mandates?: readonly Address[] } = {},
): Promise<Row[]> {
  const { client, contracts } = suite;
  const blockNumber = await client.getBlockNumber();
  await indexer.reach(blockNumber);
  const said = new Map<string, string>();
  const put = (address: Address, name: string, value: bigint | number | boolean | string) => {
    const plain = typeof value === "boolean" ? Number(value) : value;
    said.set(`${lower(address)} ${name}`, String(plain).startsWith("0x") ? String(plain).toLowerCase() : String(plain));
  };
  for (const [address, abi] of [
    [contracts.emissionVault, emissionVaultAbi],
    [contracts.vpha, vphaAbi],
    [contracts.attestationRegistry, attestationRegistryAbi],
    [contracts.workerRegistry, workerRegistryAbi],
    [contracts.workerRewards, workerRewardsAbi],
    [contracts.treasury, treasuryAbi],
  ] as const) {
    const of: Abi = abi;
    put(
      address,
      "authority",
      String(await client.readContract({ address, abi: of, functionName: "authority", blockNumber })),
    );
  }

  const emission = { address: contracts.emissionVault, abi: emissionVaultAbi, blockNumber } as const;
  for (const [i, stream] of STREAMS.entries()) {
    put(
      emission.address,
      `sink.${stream}`,
      await client.readContract({ ...emission, functionName: "sinkOf", args: [i] }),
    );
  }
  const attestation = { address: contracts.attestationRegistry, abi: attestationRegistryAbi, blockNumber } as const;
  const floors = await client.readContract({ ...attestation, functionName: "floors" });
  put(attestation.address, "verifier", await client.readContract({ ...attestation, functionName: "verifier" }));
  put(attestation.address, "floors.minTcbDate", BigInt(floors.minTcbDay) * DAY);
  put(attestation.address, "floors.minQeIsvSvn", floors.minQeIsvSvn);
  put(attestation.address, "floors.allowedStatuses", floors.allowedStatuses);

  const registry = { address: contracts.workerRegistry, abi: workerRegistryAbi, blockNumber } as const;
  put(registry.address, "slashing", await client.readContract({ ...registry, functionName: "slashing" }));
  const bounds = new Map<string, readonly [string | null, string | null]>();
  const [minCollateral, maxCollateral] = [
    await client.readContract({ ...registry, functionName: "MIN_MODEL_COLLATERAL" }),
    await client.readContract({ ...registry, functionName: "MAX_MODEL_COLLATERAL" }),
  ];
  const [minWeight, maxWeight] = [
    await client.readContract({ ...registry, functionName: "MIN_MODEL_WEIGHT" }),
    await client.readContract({ ...registry, functionName: "MAX_MODEL_WEIGHT" }),
  ];
  for (const model of await client.readContract({ ...registry, functionName: "models" })) {
    const name = `model.${modelName(model)}`;
    const { isListed, collateral, weight } = await client.readContract({
      ...registry,
      functionName: "modelOf",
      args: [model],
    });
    put(registry.address, `${name}.isListed`, isListed);
    put(registry.address, `${name}.collateral`, collateral);
    put(registry.address, `${name}.weight`, weight);
    bounds.set(`${name}.collateral`, [String(minCollateral), String(maxCollateral)]);
    bounds.set(`${name}.weight`, [String(minWeight), String(maxWeight)]);
  }
  const rewards = { address: contracts.workerRewards, abi: workerRewardsAbi, blockNumber } as const;
  put(rewards.address, "ceiling", await client.readContract({ ...rewards, functionName: "ceiling" }));
  bounds.set("ceiling", [
    String(await client.readContract({ ...rewards, functionName: "MIN_CEILING" })),
    String(await client.readContract({ ...rewards, functionName: "MAX_CEILING" })),
  ]);

  for (const address of also.slashings ?? [contracts.slashing]) {
    const slashing = { address, abi: slashingAbi, blockNumber } as const;
    for (const name of ["slasher", "judge", "treasury"] as const) {
      put(address, name, await client.readContract({ ...slashing, functionName: name }));
    }
    const { rebuttalWindow, processWindow, caps } = await client.readContract({ ...slashing, functionName: "limits" });
    put(address, "rebuttalWindow", rebuttalWindow);
    put(address, "processWindow", processWindow);
    for (const [i, name] of ["unavailability", "misreporting", "breach"].entries()) {
      put(address, `cap.${name}`, caps[i] ?? -1);
      bounds.set(`cap.${name}`, [null, "10000"]);
    }
    const [least, most] = [
      await client.readContract({ ...slashing, functionName: "MIN_REBUTTAL" }),
      await client.readContract({ ...slashing, functionName: "MAX_PROCESS" }),
    ];
    bounds.set("rebuttalWindow", [String(least), null]);
    bounds.set("processWindow", [null, String(most)]);
  }
  for (const address of also.mandates ?? [contracts.guardianMandate]) {
    const mandate = { address, abi: guardianMandateAbi, blockNumber } as const;
    put(address, "guardian", await client.readContract({ ...mandate, functionName: "guardian" }));
    put(address, "end", await client.readContract({ ...mandate, functionName: "end" }));
  }
  const governor = { address: contracts.phalaGovernor, abi: phalaGovernorAbi, blockNumber } as const;
  const extension = await client.readContract({ ...governor, functionName: "lateQuorumVoteExtension" });
  put(governor.address, "lateQuorumVoteExtension", extension);
  put(governor.address, "baseDelay", await client.readContract({ ...governor, functionName: "baseDelaySeconds" }));
  const authority = { address: contracts.phalaAuthority, abi: phalaAuthorityAbi, blockNumber } as const;
  put(authority.address, "isSealed", await client.readContract({ ...authority, functionName: "isSealed" }));
  if (contracts.teamVesting !== null) {
    const vesting = { address: contracts.teamVesting, abi: teamVestingAbi, blockNumber } as const;
    put(vesting.address, "beneficiary", await client.readContract({ ...vesting, functionName: "owner" }));
  }

  const rows = await indexer.rows("parameters", PARAMETER);
  const keyOf = (row: Row) => `${text(row, "contract")} ${text(row, "name")}`;
  // What no getter lists is left out: switches of the governor and of the authority that were touched.
  const listed = rows.filter((row) => !/^(ignored|role|target)\./.test(text(row, "name")));
  expect(new Map(listed.map((row) => [keyOf(row), row["value"]]))).toEqual(said);
  for (const row of rows) {
    const [min, max] = bounds.get(text(row, "name")) ?? [null, null];
    expect([row["min"], row["max"]], keyOf(row)).toEqual([min, max]);
  }

  const changes = await indexer.rows("parameterChanges", PARAMETER_CHANGE, `orderBy: "id"`);
  for (const row of rows) {
    const own = changes.filter((each) => keyOf(each) === keyOf(row));
    expect(own, keyOf(row)).toHaveLength(Number(row["changes"]));
    own.forEach((each, i) => {
      expect(each["oldValue"], keyOf(row)).toBe(own[i - 1]?.["newValue"] ?? null);
    });
    const last = own.at(-1);
    expect(last).toMatchObject({
      newValue: row["value"],
      since: row["since"],
      ...{ operationHash: row["operationHash"], operationNonce: row["operationNonce"] },
      ...{ block: row["updatedBlock"], timestamp: row["updatedAt"], transaction: row["transaction"] },
    });
  }
  expect(changes).toHaveLength(rows.reduce((sum, row) => sum + Number(row["changes"]), 0));
  // Whoever is named as the cause is an operation on that contract, executed by the same transaction.
  const operations = await indexer.rows("operations", "hash nonce state target closeTransaction");
  for (const each of changes.filter(({ operationHash }) => operationHash !== null)) {
    const cause = operations.find(
      ({ hash, nonce }) => hash === each["operationHash"] && nonce === each["operationNonce"],
    );
    expect(cause).toMatchObject({
      ...{ state: "executed", target: each["contract"] },
      closeTransaction: each["transaction"],
    });
    expect(big(each, "timestamp")).toBeGreaterThan(0n);
  }
  return changes;
}
