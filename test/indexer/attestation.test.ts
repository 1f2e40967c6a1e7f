/** A registry's life, followed live: after each step, every row is what the contracts say in the same block. */
import { type Address, type Hex, padHex, slice } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attestationRegistryAbi, tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import { TCB_STATUS_NAMES } from "../../scripts/attestation/calls.ts";
import type { Platform } from "../../scripts/attestation/factory.ts";
import { u16 } from "../../scripts/attestation/report.ts";
import { readCertificate } from "../../scripts/attestation/x509.ts";
import { sampleQueries } from "./queries.ts";
import { KIND, OLD_MODULE, OTHER_FMSPC, type Registry, startRegistry } from "./registry.ts";
import { type Indexer, type Row, type Suite, big, lower, rowOf, rowsOf, startIndexer, startSuite } from "./suite.ts";

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

const keyOf = (n: number): Address => lower(padHex(`0x${n}`, { size: 20 }));
const [K1, K2, K3, K4, K5, NOBODY] = [keyOf(11), keyOf(22), keyOf(33), keyOf(44), keyOf(55), keyOf(99)];

let suite: Suite;
let registry: Registry;
let indexer: Indexer;
let two: Platform;
let three: Platform;
/** What has to be stopped, also when something fails half-way. */
const started: { stop: () => Promise<void> }[] = [];

beforeAll(async () => {
  suite = await startSuite();
  started.push(suite);
  registry = await startRegistry(suite);
  two = registry.authority.platform({ seed: "two" });
  three = registry.authority.platform({ seed: "three", fmspc: OTHER_FMSPC });
  indexer = await startIndexer({ ...suite, manifestPath: registry.indexed });
  started.push(indexer);
});

afterAll(async () => {
  for (const { stop } of started.reverse()) await stop();
});

/** Columns of each table: all there are. */
const TABLES = {
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
async function view(name: "attestedKeyStates" | "attestedKeyTotals", fields: string, args = ""): Promise<Row[]> {
  const { [name]: answer } = await indexer.query(`{ ${name}(limit: 1000 ${args}) { items { ${fields} } } }`);
  return rowsOf(rowOf(answer)["items"]);
}

const STATE = "key state switchKind floor validUntil isStamped timestamp";

/** Waits for the last block, and compares every row with what the contracts say in it. Returns the state of each key. */
async function reconcile(): Promise<Record<Address, string>> {
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

  const states = await view("attestedKeyStates", STATE);
  const keys = await indexer.rows("attestedKeys", TABLES.attestedKeys);
  expect(states.map(({ key }) => key).sort()).toEqual(keys.map(({ key }) => key).sort());
  for (const row of keys) {
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
    const history = await indexer.rows("attestations", TABLES.attestations, `where: { key: "${key}" } orderBy: "id"`);
    expect(history).toHaveLength(Number(row["attestations"]));
    const last = history.at(-1);
    for (const column of ["subject", "image", "platform", "serial", "qeIsvSvn", "status", "tcbDate", "validUntil"]) {
      expect(last?.[column], column).toBe(row[column]);
    }
  }
  const totals = await view("attestedKeyTotals", "state fmspc status keys");
  expect(totals.reduce((sum, { keys: n }) => sum + Number(n), 0)).toBe(keys.length);
  for (const { state, keys: n } of perState(totals)) {
    expect(n, state).toBe(states.filter((each) => each["state"] === state).length);
  }

  await reconcilePolicy(blockNumber, timestamp);
  for (const each of [registry.verifier, registry.nextVerifier]) await reconcileVerifier(each, blockNumber);
  return Object.fromEntries(states.map((each) => [hex(each, "key"), String(each["state"])]));
}

/** Switches, images, shapes. */
async function reconcilePolicy(blockNumber: bigint, timestamp: bigint): Promise<void> {
  const at = { address: registry.address, abi: attestationRegistryAbi, blockNumber } as const;
  const switches = await indexer.rows("killSwitchs", TABLES.killSwitchs);
  for (const row of switches) {
    const args = [SWITCHES.indexOf(String(row["kind"])), padHex(hex(row, "id"), { size: 32, dir: "right" })] as const;
    const until = await suite.client.readContract({ ...at, functionName: "switchedOffUntil", args });
    const found = big(row, "until");
    expect(found > timestamp ? found : 0n, `${args[0]} ${args[1]}`).toBe(BigInt(until));
    expect(row["isConfirmed"]).toBe(found === CONFIRMED);
    expect(row["isSet"]).toBe(found !== 0n);
  }
  const policy = await indexer.row("attestationPolicys", "switches");
  expect(policy["switches"]).toBe(switches.filter(({ isSet }) => isSet === true).length);
  const images = await indexer.rows("images", TABLES.images);
  expect(images.map(({ id }) => id).sort()).toEqual(Object.values(registry.images).sort());
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
    const image = images.find(({ id }) => id === row["image"]);
    expect(row["isAllowed"] === true && image?.["isAllowed"] === true).toBe(isAllowed);
  }
}

/** Collateral, platforms, revocations. */
async function reconcileVerifier(verifier: Address, blockNumber: bigint): Promise<void> {
  const at = { address: verifier, abi: tdxVerifierAbi, blockNumber } as const;
  const own = `where: { verifier: "${lower(verifier)}" }`;
  const versions = await indexer.rows("collateralVersions", TABLES.collateralVersions, own);
  const collaterals = await indexer.rows("collaterals", TABLES.collaterals, own);
  for (const fmspc of [hex(platformRow(registry.platform), "fmspc"), OTHER_FMSPC]) {
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
  for (const row of platforms) {
    const [components, pceSvn, fmspc, notBeforeDay, notAfterDay, qeIsvSvn, ppid, serial] =
      await suite.client.readContract({ ...at, functionName: "platformOf", args: [hex(row, "id")] });
    expect(row).toMatchObject({
      components: padHex(`0x${components.toString(16)}`, { size: 16 }),
      ...{ pceSvn, fmspc, qeIsvSvn, ppid, serial },
      leafNotBefore: String(BigInt(notBeforeDay) * DAY),
      leafNotAfter: String(BigInt(notAfterDay) * DAY),
    });
    const attestations = await indexer.rows(
      "attestations",
      "id",
      `where: { platform: "${hex(row, "id")}", verifier: "${lower(verifier)}" }`,
    );
    expect(row["attestations"]).toBe(attestations.length);
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

function platformRow({ fmspc, ppid }: Platform): Row {
  return { fmspc, ppid };
}

function perState(totals: readonly Row[]): { state: string; keys: number }[] {
  const sums = new Map<string, number>();
  for (const { state, keys } of totals) sums.set(String(state), (sums.get(String(state)) ?? 0) + Number(keys));
  return [...sums].map(([state, keys]) => ({ state, keys }));
}

function hex(row: Row, column: string): Hex {
  const value = row[column];
  if (typeof value !== "string" || !value.startsWith("0x")) throw new Error(`${column} is no hex`);
  return `0x${value.slice(2)}`;
}

describe("a registry", () => {
  test("keys, platforms and collateral", async () => {
    const { attest, verify, platform, pinned } = registry;
    await attest(platform, K1);
    await attest(two, K2);
    await attest(three, K3);
    await attest(platform, K4, { isKnown: true, measurements: { teeTcbSvn: OLD_MODULE } });
    await attest(platform, K5, { isKnown: true, measurements: { rtMr2: pinned.rtMr2 } });
    await attest(platform, K1, { isKnown: true });
    await verify(two);
    expect(await reconcile()).toEqual({ [K1]: "valid", [K2]: "valid", [K3]: "valid", [K4]: "valid", [K5]: "valid" });
    const rows = await indexer.rows("attestedKeys", "key status image attestations", `orderBy: "key"`);
    const { open, pinned: other } = registry.images;
    expect(rows).toEqual([
      { key: K1, status: "UpToDate", image: open, attestations: 2 },
      { key: K2, status: "UpToDate", image: open, attestations: 1 },
      { key: K3, status: "UpToDate", image: open, attestations: 1 },
      { key: K4, status: "OutOfDate", image: open, attestations: 1 },
      { key: K5, status: "UpToDate", image: other, attestations: 1 },
    ]);
    const again = await indexer.row("platforms", "verifications attestations", `where: { ppid: "${two.ppid}" }`);
    expect(again).toEqual({ verifications: 2, attestations: 1 });
  });

  test("a switch, its lapse by time, a restamp, and its clearing", async () => {
    const { platform, switchOff, passTo, call } = registry;
    const until = (await suite.now()) + DAY;
    await switchOff(KIND.ppid, platform.ppid, DAY);
    expect(await reconcile()).toMatchObject({ [K1]: "switched_off", [K2]: "valid", [K4]: "switched_off" });
    await passTo(until - 1n);
    expect(await reconcile()).toMatchObject({ [K1]: "switched_off" });
    await passTo(until);
    expect(await reconcile()).toMatchObject({ [K1]: "valid", [K4]: "valid" });
    await call("restamp", K1);
    await reconcile();
    const stamped = await view("attestedKeyStates", "key", "where: { isStamped: true }");
    expect(stamped).toEqual([{ key: K1 }]);
    await call("clearLapsed", KIND.ppid, padHex(platform.ppid, { size: 32, dir: "right" }));
    await reconcile();
    const kinds = await indexer.rows("attestationEvents", "kind", `where: { switchKind: ppid } orderBy: "id"`);
    expect(kinds.map(({ kind }) => kind)).toEqual(["switched_off", "switch_cleared"]);
  });

  test("switches of every other kind, confirmed and lifted", async () => {
    const { govern, liftOwn, switchOff, images, measurements } = registry;
    const fmspc = padHex(OTHER_FMSPC, { size: 32, dir: "right" });
    await switchOff(KIND.fmspc, OTHER_FMSPC, DAY);
    expect(await reconcile()).toMatchObject({ [K1]: "valid", [K3]: "switched_off" });
    await govern("confirmSwitch", KIND.fmspc, fmspc);
    await reconcile();
    await switchOff(KIND.workload, slice(images.pinned, 0, 20), DAY);
    expect(await reconcile()).toMatchObject({ [K1]: "valid", [K5]: "switched_off" });
    await liftOwn(KIND.workload, images.pinned);
    await switchOff(KIND.tdx_module, slice(measurements.mrSeam, 0, 8), DAY);
    expect(await reconcile()).toMatchObject({ [K1]: "switched_off", [K3]: "switched_off" });
    await govern("liftSwitch", KIND.tdx_module, padHex(slice(measurements.mrSeam, 0, 8), { size: 32, dir: "right" }));
    await govern("confirmSwitch", KIND.operator, padHex(K1, { size: 32, dir: "right" }));
    expect(await reconcile()).toMatchObject({ [K1]: "valid", [K3]: "switched_off" });
    await govern("liftSwitch", KIND.fmspc, fmspc);
    expect(await reconcile()).toMatchObject({ [K3]: "valid" });
    const row = await indexer.row("killSwitchs", "until isConfirmed confirmedAt", `where: { kind: operator }`);
    expect(row).toMatchObject({ until: String(CONFIRMED), isConfirmed: true });
  });

  test("floors, raised and lowered", async () => {
    const { govern, verify } = registry;
    const day = Date.parse("2025-05-15") / 86_400_000;
    await govern("raiseFloors", { minTcbDay: day, minQeIsvSvn: 0, allowedStatuses: 0x22 });
    // UpToDate needs no date.
    expect(await reconcile()).toMatchObject({ [K1]: "valid", [K4]: "below_floor" });
    await govern("raiseFloors", { minTcbDay: day, minQeIsvSvn: 99, allowedStatuses: 0x02 });
    expect(await reconcile()).toMatchObject({ [K1]: "below_floor", [K4]: "below_floor" });
    await govern("setFloors", { minTcbDay: 0, minQeIsvSvn: 5, allowedStatuses: 0x22 });
    // The platform's QE is newer since, but the record is judged by what it attested.
    await verify(two, { qe: { isvSvn: u16(5) } });
    expect(await reconcile()).toMatchObject({ [K2]: "below_floor" });
    expect(await indexer.row("platforms", "qeIsvSvn", `where: { ppid: "${two.ppid}" }`)).toEqual({ qeIsvSvn: 5 });
    await govern("setFloors", { minTcbDay: 0, minQeIsvSvn: 0, allowedStatuses: 0x22 });
    expect(await reconcile()).toMatchObject({ [K1]: "valid", [K4]: "valid" });
    const history = await indexer.rows(
      "attestationEvents",
      "minTcbDate minQeIsvSvn",
      `where: { kind: floors_changed } orderBy: "id"`,
    );
    expect(history.map(({ minQeIsvSvn }) => minQeIsvSvn)).toEqual([0, 0, 99, 5, 0]);
  });

  test("workloads, removed and listed again", async () => {
    const { govern, images, measurements, image } = registry;
    await govern("removeShape", images.pinned, measurements.rtMr0);
    await govern("removeImage", images.open);
    expect(await reconcile()).toMatchObject({ [K1]: "valid", [K5]: "valid" });
    await govern("allowImage", image);
    await reconcile();
    const row = await indexer.row("images", "isAllowed removedAt attestations", `where: { id: "${images.open}" }`);
    expect(row).toMatchObject({ isAllowed: true, attestations: 5 });
    expect(row["removedAt"]).not.toBeNull();
  });

  test("revoked certificates: the platform's keys, and no others", async () => {
    const { revoke, upload, authority, verify } = registry;
    // The platform has a new certificate since; the key attested by the old one.
    const serial = readCertificate(two.leaf).serial;
    const renewed = authority.platform({ seed: "two", certificate: { serial: `${slice(serial, 0, 19)}77` } });
    await verify(renewed);
    await reconcile();
    await revoke([two]);
    expect(await reconcile()).toMatchObject({ [K1]: "valid", [K2]: "revoked", [K3]: "valid" });
    const certificates = await indexer.rows("pckCertificates", "serial isRevoked", "where: { isRevoked: true }");
    const key = await indexer.row("attestedKeys", "serial", `where: { key: "${K2}" }`);
    expect(certificates).toEqual([{ serial: key["serial"], isRevoked: true }]);
    // A list without a new entry revokes nothing.
    await revoke([two]);
    const issued = Number(await suite.now()) - 60;
    await upload(authority.collateral({ issued }), registry.verifier, "uploadTcbInfo");
    await reconcile();
    expect(await indexer.rows("revocations", "kind count")).toEqual([{ kind: "platform_crl", count: 1 }]);
  });

  test("a new verifier judges by its own revocations", async () => {
    const { upload, authority, nextVerifier, revoke, govern, attest, platform } = registry;
    const issued = Number(await suite.now()) - 60;
    await upload(authority.collateral({ issued }), nextVerifier);
    await revoke([three], nextVerifier);
    expect(await reconcile()).toMatchObject({ [K2]: "revoked", [K3]: "valid" });
    await govern("setVerifier", nextVerifier);
    expect(await reconcile()).toMatchObject({ [K1]: "valid", [K2]: "valid", [K3]: "revoked" });
    await attest(platform, K1);
    await revoke([platform, three], nextVerifier);
    expect(await reconcile()).toMatchObject({ [K1]: "revoked", [K2]: "valid", [K3]: "revoked" });
    // The former one's are not the registry's any more.
    await revoke([two, three], registry.verifier);
    await reconcile();
  });

  test("expiry, and a key that comes back", async () => {
    const { passTo, attest } = registry;
    const row = await indexer.row("attestedKeys", "validUntil", `where: { key: "${K2}" }`);
    await passTo(big(row, "validUntil"));
    expect(await reconcile()).toMatchObject({ [K2]: "valid" });
    await passTo(big(row, "validUntil") + 1n);
    expect(await reconcile()).toMatchObject({ [K2]: "expired" });
    await passTo(big(row, "validUntil") + 8n * DAY);
    expect(new Set(Object.values(await reconcile()))).toEqual(new Set(["expired"]));
    await attest(two, K2);
    expect(await reconcile()).toMatchObject({ [K1]: "expired", [K2]: "valid" });
    expect(await view("attestedKeyTotals", "state keys", "where: { state: valid }")).toEqual([
      { state: "valid", keys: 1 },
    ]);
    expect(await view("attestedKeyStates", "key", `where: { key: "${NOBODY}" }`)).toEqual([]);
  });

  test("a reorganisation takes back what it takes back", async () => {
    const { govern, pass } = registry;
    const id = await suite.client.snapshot();
    await govern("confirmSwitch", KIND.ppid, padHex(two.ppid, { size: 32, dir: "right" }));
    await govern("setFloors", { minTcbDay: 0, minQeIsvSvn: 99, allowedStatuses: 0x02 });
    expect(await reconcile()).toMatchObject({ [K2]: "switched_off" });
    await suite.client.revert({ id });
    for (let i = 0; i < 4; ++i) await pass(13n);
    expect(await reconcile()).toMatchObject({ [K2]: "valid" });
  });

  test("goes on where it ended", async () => {
    await indexer.stop();
    await registry.attest(two, K5);
    indexer = await startIndexer({ ...suite, manifestPath: registry.indexed });
    started.push(indexer);
    expect(await reconcile()).toMatchObject({ [K5]: "valid", [K2]: "valid", [K1]: "expired" });
  });

  test.each(sampleQueries("attestation"))("$name answers with what there is", async ({ text }) => {
    const answer = await indexer.query(text, { key: K1, fmspc: OTHER_FMSPC });
    for (const [field, value] of Object.entries(answer)) {
      const { items, history, events } = rowOf(value);
      for (const list of items === undefined ? [rowOf(history)["items"], rowOf(events)["items"]] : [items]) {
        expect(rowsOf(list).length, field).toBeGreaterThan(0);
      }
    }
  });

  test("is the same when it is indexed from the beginning", async () => {
    const fresh = await startIndexer({ ...suite, manifestPath: registry.indexed }, "fresh");
    started.push(fresh);
    const number = await suite.client.getBlockNumber();
    await fresh.reach(number);
    for (const [list, fields] of Object.entries(TABLES)) {
      expect(await fresh.rows(list, fields), list).toEqual(await indexer.rows(list, fields));
    }
    const events = await indexer.rows("attestationEvents", "id block", `orderBy: "id"`);
    const blocks = events.map((row) => big(row, "block"));
    expect(blocks.every((block, i) => i === 0 || block >= (blocks[i - 1] ?? 0n))).toBe(true);
  });
});
