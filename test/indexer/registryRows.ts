/** What the indexer has of a registry, compared with what the contracts say in the same block. */
import { type Address, type Hex, padHex } from "viem";
import { expect } from "vitest";
import { attestationRegistryAbi, tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import { DEFAULT_FMSPC } from "../../scripts/attestation/factory.ts";
import { KIND, OTHER_FMSPC } from "./registry.ts";
import { type Indexer, type Row, big, lower, rowOf, rowsOf } from "./suite.ts";
import type { ReadSuite } from "./workerRows.ts";

const DAY = 86_400n;
const CONFIRMED = 2n ** 40n - 1n;
const COLLATERAL = [
  "root_crl",
  "platform_ca",
  "processor_ca",
  "platform_crl",
  "processor_crl",
  "tcb_signing",
  "tcb_info",
  "qe_identity",
];
const STATES = ["never", "valid", "expired", "switched_off", "below_floor", "revoked"];
const FLOORS = [null, "min_tcb_date", "min_qe_isv_svn", "allowed_statuses"];
const SWITCHES = Object.keys(KIND);

/** Columns of each table: all there are. */
export const TABLES = {
  collaterals: "verifier kind fmspc issued validUntil evaluation digest versionId versions updatedAt",
  collateralVersions:
    "id verifier kind fmspc issued validUntil evaluation digest isCurrent replacedAt block timestamp transaction",
  revocations: "id verifier kind count revocationEpoch block timestamp transaction",
  verifiers: "address revocationEpoch platforms",
  platforms: `verifier id fmspc ppid serial components pceSvn qeIsvSvn leafNotBefore leafNotAfter firstVerifiedAt
    lastVerifiedAt lastVerifiedBlock verifications attestations lastAttestedAt transaction`,
  pckCertificates: "verifier serial isRevoked revokedAt revokedBlock",
  attestations: `id key subject image platform verifier fmspc ppid serial qeIsvSvn tdxModule status tcbDate validUntil
    blockNumber epoch block timestamp transaction`,
  attestedKeys: `key subject image platform verifier fmspc ppid serial qeIsvSvn tdxModule status tcbDate validUntil
    blockNumber epoch attestations restamps firstAttestedAt lastAttestedAt restampedAt block transaction`,
  attestationPolicys: `address verifier policyEpoch revocationEpoch epoch minTcbDate minQeIsvSvn allowedStatuses switches
    keys attestations block timestamp`,
  killSwitchs: `kind id until isConfirmed isSet setAt confirmedAt liftedAt clearedAt updatedBlock transaction`,
  images: `id isAllowed tdAttributes xfam mrTd mrConfigId rtMr1 rtMr2 rtMr3 attestations allowedAt removedAt updatedBlock
    transaction`,
  shapes: "image rtMr0 isAllowed allowedAt removedAt updatedBlock transaction",
  attestationEvents: `id kind key switchKind switchId until image rtMr0 minTcbDate minQeIsvSvn allowedStatuses verifier
    count epoch block timestamp transaction`,
} as const;

/** Views have no cursor: one page is enough here. */
export async function view(
  indexer: Indexer,
  name: "attestedKeyStates" | "attestedKeyTotals",
  fields: string,
  args = "",
): Promise<Row[]> {
  const { [name]: answer } = await indexer.query(`{ ${name}(limit: 1000 ${args}) { items { ${fields} } } }`);
  return rowsOf(rowOf(answer)["items"]);
}

const STATE = "key state switchKind floor validUntil isStamped timestamp";

/** What is compared. */
export interface Indexed {
  readonly suite: ReadSuite;
  readonly registry: {
    readonly address: Address;
    /** Of all times. */
    readonly verifiers: readonly Address[];
  };
  readonly indexer: Indexer;
}

/** Waits for the last block, and compares every row with what the contracts say in it. Returns the state of each key. */
export async function reconcile(indexed: Indexed): Promise<Record<Address, string>> {
  const { suite, registry, indexer } = indexed;
  const { number: blockNumber, timestamp } = await suite.client.getBlock();
  await indexer.reach(blockNumber);
  const { client } = suite;
  const at = { address: registry.address, abi: attestationRegistryAbi, blockNumber } as const;

  const policy = await indexer.row("attestationPolicys", TABLES.attestationPolicys);
  expect(big(policy, "block")).toBe(blockNumber);
  expect(big(policy, "timestamp")).toBe(timestamp);
  expect(big(policy, "epoch")).toBe(BigInt(await client.readContract({ ...at, functionName: "epoch" })));
  const verifier = await client.readContract({ ...at, functionName: "verifier" });
  expect(policy["verifier"]).toBe(lower(verifier));
  const floors = await client.readContract({ ...at, functionName: "floors" });
  expect({
    minTcbDay: Number(big(policy, "minTcbDate") / DAY),
    minQeIsvSvn: policy["minQeIsvSvn"],
    allowedStatuses: policy["allowedStatuses"],
  }).toEqual(floors);

  const states = await view(indexer, "attestedKeyStates", STATE);
  const keys = await indexer.rows("attestedKeys", TABLES.attestedKeys);
  expect(states.map(({ key }) => key).sort()).toEqual(keys.map(({ key }) => key).sort());
  const attestations = await indexer.rows("attestations", TABLES.attestations, `orderBy: "id"`);
  const check = async (row: Row): Promise<void> => {
    const key = hex(row, "key");
    const args = [key] as const;
    const status = await client.readContract({ ...at, functionName: "statusOf", args });
    const state = states.find((each) => each["key"] === key);
    const name = STATES[status.state];
    expect(state, `${key} in block ${blockNumber}`).toMatchObject({
      state: name,
      switchKind: name === "switched_off" ? SWITCHES[status.kind] : null,
      floor: FLOORS[status.floor],
      validUntil: String(status.validUntil),
      timestamp: String(timestamp),
    });
    expect(state?.["isStamped"]).toBe(row["epoch"] === policy["epoch"]);
    expect(big(row, "validUntil")).toBe(BigInt(status.validUntil));
    expect(row["subject"]).toBe(await client.readContract({ ...at, functionName: "subjectOf", args }));
    const block = await client.readContract({ ...at, functionName: "blockOf", args });
    expect(big(row, "blockNumber")).toBe(BigInt(block));
    const history = attestations.filter((each) => each["key"] === key);
    expect(history).toHaveLength(Number(row["attestations"]));
    const last = history.at(-1);
    for (const column of ["subject", "image", "platform", "serial", "qeIsvSvn", "status", "tcbDate", "validUntil"]) {
      expect(last?.[column], column).toBe(row[column]);
    }
  };
  await Promise.all(keys.map(check));
  const totals = await view(indexer, "attestedKeyTotals", "state fmspc status keys");
  expect(totals.reduce((sum, { keys: n }) => sum + Number(n), 0)).toBe(keys.length);
  for (const name of STATES) {
    const total = totals.filter(({ state }) => state === name).reduce((sum, { keys: n }) => sum + Number(n), 0);
    expect(total, name).toBe(states.filter(({ state }) => state === name).length);
  }

  await reconcileLogs(indexed, blockNumber);
  await reconcilePolicy(indexed, blockNumber, timestamp);
  for (const each of registry.verifiers) await reconcileVerifier(indexed, each, blockNumber);
  return Object.fromEntries(states.map((each) => [hex(each, "key"), text(each, "state")]));
}

/** Nothing is missing: as many rows as there are logs. */
async function reconcileLogs({ suite, registry, indexer }: Indexed, toBlock: bigint): Promise<void> {
  const range = { fromBlock: 0n, toBlock } as const;
  const logs = await suite.client.getContractEvents({
    address: registry.address,
    abi: attestationRegistryAbi,
    ...range,
  });
  const named = logs.filter(({ eventName }) => eventName !== "AuthorityUpdated");
  const events = await indexer.rows("attestationEvents", "id", "where: { kind_not: certificates_revoked }");
  expect(events).toHaveLength(named.length);
  const attested = logs.filter(({ eventName }) => eventName === "Attested");
  expect(await indexer.rows("attestations", "id")).toHaveLength(attested.length);
  const policy = await indexer.row("attestationPolicys", "attestations");
  expect(policy["attestations"]).toBe(attested.length);

  for (const address of registry.verifiers) {
    const said = await suite.client.getContractEvents({ address, abi: tdxVerifierAbi, ...range });
    const own = `where: { verifier: "${lower(address)}" }`;
    const count = (name: (typeof said)[number]["eventName"]) =>
      said.filter(({ eventName }) => eventName === name).length;
    expect(await indexer.rows("collateralVersions", "id", own)).toHaveLength(count("CollateralUploaded"));
    expect(await indexer.rows("revocations", "id", own)).toHaveLength(count("CertificatesRevoked"));
    const platforms = await indexer.rows("platforms", "verifications", own);
    expect(platforms.reduce((sum, row) => sum + Number(row["verifications"]), 0)).toBe(count("PlatformVerified"));
  }
}

/** Switches, images, shapes. */
async function reconcilePolicy(
  { suite, registry, indexer }: Indexed,
  blockNumber: bigint,
  timestamp: bigint,
): Promise<void> {
  const at = { address: registry.address, abi: attestationRegistryAbi, blockNumber } as const;
  const switches = await indexer.rows("killSwitchs", TABLES.killSwitchs);
  for (const row of switches) {
    const args = [SWITCHES.indexOf(text(row, "kind")), padHex(hex(row, "id"), { size: 32, dir: "right" })] as const;
    const until = await suite.client.readContract({ ...at, functionName: "switchedOffUntil", args });
    const found = big(row, "until");
    expect(found > timestamp ? found : 0n, `${args[0]} ${args[1]}`).toBe(BigInt(until));
    expect(row["isConfirmed"]).toBe(found === CONFIRMED);
    expect(row["isSet"]).toBe(found !== 0n);
  }
  const policy = await indexer.row("attestationPolicys", "switches");
  expect(policy["switches"]).toBe(switches.filter(({ isSet }) => isSet === true).length);
  const images = await indexer.rows("images", TABLES.images);
  const range = { ...at, fromBlock: 0n, toBlock: blockNumber, strict: true } as const;
  const allowed = await suite.client.getContractEvents({ ...range, eventName: "ImageAllowed" });
  expect(images.map(({ id }) => id).sort()).toEqual([...new Set(allowed.map(({ args }) => args.image))].sort());
  for (const row of images) {
    const args = [hex(row, "id")] as const;
    const isAllowed = await suite.client.readContract({ ...at, functionName: "isImageAllowed", args });
    expect(row["isAllowed"]).toBe(isAllowed);
    const [tdAttributes, xfam, mrTd, mrConfigId, rtMr1, rtMr2, rtMr3] = [
      "tdAttributes",
      "xfam",
      "mrTd",
      "mrConfigId",
      "rtMr1",
      "rtMr2",
      "rtMr3",
    ].map((column) => hex(row, column)) as [Hex, Hex, Hex, Hex, Hex, Hex, Hex];
    const measured = [{ tdAttributes, xfam, mrTd, mrConfigId, rtMr1, rtMr2, rtMr3 }] as const;
    expect(await suite.client.readContract({ ...at, functionName: "imageOf", args: measured })).toBe(row["id"]);
  }
  for (const row of await indexer.rows("shapes", TABLES.shapes)) {
    const args = [hex(row, "image"), hex(row, "rtMr0")] as const;
    const isAllowed = await suite.client.readContract({ ...at, functionName: "isShapeAllowed", args });
    expect(row["isAllowed"]).toBe(isAllowed);
  }
}

/** Collateral, platforms, revocations. */
async function reconcileVerifier({ suite, indexer }: Indexed, verifier: Address, blockNumber: bigint): Promise<void> {
  const at = { address: verifier, abi: tdxVerifierAbi, blockNumber } as const;
  const own = `where: { verifier: "${lower(verifier)}" }`;
  const versions = await indexer.rows("collateralVersions", TABLES.collateralVersions, own);
  const collaterals = await indexer.rows("collaterals", TABLES.collaterals, own);
  for (const fmspc of [DEFAULT_FMSPC, OTHER_FMSPC]) {
    for (const [number, kind] of COLLATERAL.entries()) {
      const args = [number, fmspc] as const;
      const [issued, validUntil, evaluation] = await suite.client.readContract({
        ...at,
        functionName: "collateral",
        args,
      });
      const row = collaterals.find((each) => each["kind"] === kind && (kind !== "tcb_info" || each["fmspc"] === fmspc));
      if (row === undefined) expect(issued, `${kind} ${fmspc}`).toBe(0);
      else {
        expect([big(row, "issued"), big(row, "validUntil"), row["evaluation"]], `${kind} ${fmspc}`).toEqual([
          BigInt(issued),
          BigInt(validUntil),
          evaluation,
        ]);
      }
    }
  }
  for (const row of collaterals) {
    const all = versions.filter(({ kind, fmspc }) => kind === row["kind"] && fmspc === row["fmspc"]);
    expect(all).toHaveLength(Number(row["versions"]));
    const current = all.filter(({ isCurrent }) => isCurrent === true);
    expect(current).toMatchObject([{ id: row["versionId"], digest: row["digest"], replacedAt: null }]);
  }
  const platforms = await indexer.rows("platforms", TABLES.platforms, own);
  const attestations = await indexer.rows("attestations", "platform", own);
  for (const row of platforms) {
    const [components, pceSvn, fmspc, notBeforeDay, notAfterDay, qeIsvSvn, ppid, serial] =
      await suite.client.readContract({ ...at, functionName: "platformOf", args: [hex(row, "id")] });
    expect(row).toMatchObject({
      components: padHex(`0x${components.toString(16)}`, { size: 16 }),
      ...{ pceSvn, fmspc, qeIsvSvn, ppid, serial },
      leafNotBefore: String(BigInt(notBeforeDay) * DAY),
      leafNotAfter: String(BigInt(notAfterDay) * DAY),
    });
    expect(row["attestations"]).toBe(attestations.filter(({ platform }) => platform === row["id"]).length);
  }
  for (const row of await indexer.rows("pckCertificates", TABLES.pckCertificates, own)) {
    const args = [hex(row, "serial")] as const;
    const isRevoked = await suite.client.readContract({ ...at, functionName: "isRevoked", args });
    expect(row["isRevoked"], args[0]).toBe(isRevoked);
    expect(row["revokedAt"] !== null).toBe(isRevoked);
  }
  const [known] = await indexer.rows("verifiers", TABLES.verifiers, `where: { address: "${lower(verifier)}" }`);
  const epoch = await suite.client.readContract({ ...at, functionName: "revocationEpoch" });
  expect(BigInt(known === undefined ? 0 : big(known, "revocationEpoch"))).toBe(BigInt(epoch));
  expect(known?.["platforms"] ?? 0).toBe(platforms.length);
}

function hex(row: Row, column: string): Hex {
  const value = row[column];
  if (typeof value !== "string" || !value.startsWith("0x")) throw new Error(`${column} is no hex`);
  return `0x${value.slice(2)}`;
}

function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new Error(`${column} is no text`);
  return value;
}
