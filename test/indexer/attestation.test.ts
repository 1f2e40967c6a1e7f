/** A registry's life, followed live: after each step, every row is what the contracts say in the same block. */
import { type Address, padHex, slice } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Platform } from "../../scripts/attestation/factory.ts";
import { u16 } from "../../scripts/attestation/report.ts";
import { readCertificate } from "../../scripts/attestation/x509.ts";
import { sampleQueries } from "./queries.ts";
import { KIND, OLD_MODULE, OTHER_FMSPC, type Registry, startRegistry } from "./registry.ts";
import { TABLES, reconcile, view } from "./registryRows.ts";
import { type Indexer, type Suite, big, lower, rowOf, rowsOf, startIndexer, startSuite } from "./suite.ts";

const DAY = 86_400n;
const CONFIRMED = 2n ** 40n - 1n;
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

/** See {@link reconcile}. */
const check = () => reconcile({ suite, registry, indexer });

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
    expect(await check()).toEqual({ [K1]: "valid", [K2]: "valid", [K3]: "valid", [K4]: "valid", [K5]: "valid" });
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
    expect(await check()).toMatchObject({ [K1]: "switched_off", [K2]: "valid", [K4]: "switched_off" });
    await passTo(until - 1n);
    expect(await check()).toMatchObject({ [K1]: "switched_off" });
    await passTo(until);
    expect(await check()).toMatchObject({ [K1]: "valid", [K4]: "valid" });
    await call("restamp", K1);
    await check();
    const stamped = await view(indexer, "attestedKeyStates", "key", "where: { isStamped: true }");
    expect(stamped).toEqual([{ key: K1 }]);
    await call("clearLapsed", KIND.ppid, padHex(platform.ppid, { size: 32, dir: "right" }));
    await check();
    const kinds = await indexer.rows("attestationEvents", "kind", `where: { switchKind: ppid } orderBy: "id"`);
    expect(kinds.map(({ kind }) => kind)).toEqual(["switched_off", "switch_cleared"]);
  });

  test("switches of every other kind, confirmed and lifted", async () => {
    const { govern, liftOwn, switchOff, images, measurements } = registry;
    const fmspc = padHex(OTHER_FMSPC, { size: 32, dir: "right" });
    await switchOff(KIND.fmspc, OTHER_FMSPC, DAY);
    expect(await check()).toMatchObject({ [K1]: "valid", [K3]: "switched_off" });
    await govern("confirmSwitch", KIND.fmspc, fmspc);
    await check();
    await switchOff(KIND.workload, slice(images.pinned, 0, 20), DAY);
    expect(await check()).toMatchObject({ [K1]: "valid", [K5]: "switched_off" });
    await liftOwn(KIND.workload, images.pinned);
    await switchOff(KIND.tdx_module, slice(measurements.mrSeam, 0, 8), DAY);
    expect(await check()).toMatchObject({ [K1]: "switched_off", [K3]: "switched_off" });
    const module = padHex(slice(measurements.mrSeam, 0, 8), { size: 32, dir: "right" });
    await govern("liftSwitch", KIND.tdx_module, module);
    // Off again, it counts again: `check` compares how many are set.
    await govern("confirmSwitch", KIND.tdx_module, module);
    expect(await check()).toMatchObject({ [K1]: "switched_off", [K3]: "switched_off" });
    await govern("liftSwitch", KIND.tdx_module, module);
    await govern("confirmSwitch", KIND.operator, padHex(K1, { size: 32, dir: "right" }));
    expect(await check()).toMatchObject({ [K1]: "valid", [K3]: "switched_off" });
    await govern("liftSwitch", KIND.fmspc, fmspc);
    expect(await check()).toMatchObject({ [K3]: "valid" });
    const row = await indexer.row("killSwitchs", "until isConfirmed confirmedAt", `where: { kind: operator }`);
    expect(row).toMatchObject({ until: String(CONFIRMED), isConfirmed: true });
  });

  test("floors, raised and lowered", async () => {
    const { govern, verify } = registry;
    const day = Date.parse("2025-09-01") / 86_400_000;
    await govern("raiseFloors", { minTcbDay: day, minQeIsvSvn: 0, allowedStatuses: 0x22 });
    // UpToDate needs no date: theirs is of August.
    expect(await check()).toMatchObject({ [K1]: "valid", [K4]: "below_floor" });
    await govern("raiseFloors", { minTcbDay: day, minQeIsvSvn: 99, allowedStatuses: 0x02 });
    expect(await check()).toMatchObject({ [K1]: "below_floor", [K4]: "below_floor" });
    await govern("setFloors", { minTcbDay: 0, minQeIsvSvn: 5, allowedStatuses: 0x22 });
    // The platform's QE is newer since, but the record is judged by what it attested.
    await verify(two, { qe: { isvSvn: u16(5) } });
    expect(await check()).toMatchObject({ [K2]: "below_floor" });
    expect(await indexer.row("platforms", "qeIsvSvn", `where: { ppid: "${two.ppid}" }`)).toEqual({ qeIsvSvn: 5 });
    await govern("setFloors", { minTcbDay: 0, minQeIsvSvn: 0, allowedStatuses: 0x22 });
    expect(await check()).toMatchObject({ [K1]: "valid", [K4]: "valid" });
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
    expect(await check()).toMatchObject({ [K1]: "valid", [K5]: "valid" });
    await govern("allowImage", image);
    // It comes back without its shapes.
    await check();
    expect(await indexer.rows("shapes", "isAllowed", `where: { image: "${images.open}" }`)).toEqual([
      { isAllowed: false },
    ]);
    await govern("allowShape", images.open, measurements.rtMr0);
    await check();
    const row = await indexer.row("images", "isAllowed removedAt attestations", `where: { id: "${images.open}" }`);
    expect(row).toMatchObject({ isAllowed: true, attestations: 5 });
    expect(row["removedAt"]).not.toBeNull();
  });

  test("revoked certificates: the platform's keys, and no others", async () => {
    const { revoke, upload, authority, verify } = registry;
    // The platform has a new certificate since; the key attested by the old one.
    const serial = readCertificate(two.leaf).serial;
    const renewed = authority.platform({ seed: "two", certificate: { serial: `${slice(serial, 0, 19)}77` } });
    await verify(renewed, { qe: { isvSvn: u16(5) } });
    await check();
    await revoke([two]);
    expect(await check()).toMatchObject({ [K1]: "valid", [K2]: "revoked", [K3]: "valid" });
    const certificates = await indexer.rows("pckCertificates", "serial isRevoked", "where: { isRevoked: true }");
    const key = await indexer.row("attestedKeys", "serial", `where: { key: "${K2}" }`);
    expect(certificates).toEqual([{ serial: key["serial"], isRevoked: true }]);
    // A list without a new entry revokes nothing.
    await revoke([two]);
    const issued = Number(await suite.now()) - 60;
    await upload(authority.collateral({ issued }), registry.verifier, "uploadTcbInfo");
    await check();
    expect(await indexer.rows("revocations", "kind count")).toEqual([{ kind: "platform_crl", count: 1 }]);
  });

  test("a new verifier judges by its own revocations", async () => {
    const { upload, authority, nextVerifier, revoke, govern, attest, platform } = registry;
    const issued = Number(await suite.now()) - 60;
    await upload(authority.collateral({ issued }), nextVerifier);
    await revoke([three], nextVerifier);
    expect(await check()).toMatchObject({ [K2]: "revoked", [K3]: "valid" });
    await govern("setVerifier", nextVerifier);
    expect(await check()).toMatchObject({ [K1]: "valid", [K2]: "valid", [K3]: "revoked" });
    await attest(platform, K1);
    await revoke([platform, three], nextVerifier);
    expect(await check()).toMatchObject({ [K1]: "revoked", [K2]: "valid", [K3]: "revoked" });
    // The former one's are not the registry's any more.
    await revoke([two, three], registry.verifier);
    await check();
  });

  test("expiry, and a key that comes back", async () => {
    const { passTo, attest } = registry;
    const row = await indexer.row("attestedKeys", "validUntil", `where: { key: "${K2}" }`);
    await passTo(big(row, "validUntil"));
    expect(await check()).toMatchObject({ [K2]: "valid" });
    await passTo(big(row, "validUntil") + 1n);
    expect(await check()).toMatchObject({ [K2]: "expired" });
    await passTo(big(row, "validUntil") + 8n * DAY);
    expect(new Set(Object.values(await check()))).toEqual(new Set(["expired"]));
    await attest(two, K2);
    expect(await check()).toMatchObject({ [K1]: "expired", [K2]: "valid" });
    expect(await view(indexer, "attestedKeyTotals", "state keys", "where: { state: valid }")).toEqual([
      { state: "valid", keys: 1 },
    ]);
    expect(await view(indexer, "attestedKeyStates", "key", `where: { key: "${NOBODY}" }`)).toEqual([]);
  });

  test("a reorganisation takes back what it takes back", async () => {
    const { govern, pass } = registry;
    const id = await suite.client.snapshot();
    await govern("confirmSwitch", KIND.ppid, padHex(two.ppid, { size: 32, dir: "right" }));
    await govern("setFloors", { minTcbDay: 0, minQeIsvSvn: 99, allowedStatuses: 0x02 });
    expect(await check()).toMatchObject({ [K2]: "switched_off" });
    await suite.client.revert({ id });
    for (let i = 0; i < 4; ++i) await pass(13n);
    expect(await check()).toMatchObject({ [K2]: "valid" });
  });

  test("goes on where it ended", async () => {
    await indexer.stop();
    await registry.attest(two, K5);
    indexer = await startIndexer({ ...suite, manifestPath: registry.indexed });
    started.push(indexer);
    expect(await check()).toMatchObject({ [K5]: "valid", [K2]: "valid", [K1]: "expired" });
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
