/** Parameter files: what is right is read, what is wrong is refused by the name of its field. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import hre from "hardhat";
import { concat, parseEther } from "viem";
import { afterAll, describe, expect, it } from "vitest";
import { collectAddresses } from "../../deploy/addresses.ts";
import { target } from "../../deploy/hardhat/command.ts";
import { deployedParameters, manifestPathFor, writeManifest } from "../../deploy/manifest.ts";
import { buildDistribution } from "../../deploy/merkle.ts";
import { planSuite } from "../../deploy/modules/suite.ts";
import { floorsOf, rootKeyOf } from "../../deploy/parameters/attestation.ts";
import {
  type Parameters,
  distributorFunding,
  emissionFunding,
  parseParameters,
  PRESETS,
  readParameters,
} from "../../deploy/parameters/parameters.ts";
import { readQuote } from "../../scripts/attestation/quote.ts";
import { INTEL_ROOT_KEY } from "../../scripts/attestation/reference.ts";
import { devnetAuthority } from "../../scripts/devnet/attestation.ts";

const file = path.join(import.meta.dirname, "../../deploy/parameters/local.json");

/** The local network's file with `value` at `field` (dots separate members); undefined removes it. */
function changed(field: string, value: unknown): unknown {
  const content: unknown = JSON.parse(readFileSync(file, "utf8"));
  const keys = field.split(".");
  const last = keys.pop() ?? "";
  let at = content as object;
  for (const key of keys) at = Reflect.get(at, key) as object;
  if (value === undefined) Reflect.deleteProperty(at, last);
  else Reflect.set(at, last, value);
  return content;
}

describe("presets", () => {
  it.each([
    ["genesis", "700000000"],
    ["published", "518400000"],
    ["current", "97200000"],
  ])("%s emits %s PHA", (preset, cap) => {
    const parameters = parseParameters(changed("network.name", "local"), preset);
    expect(emissionFunding(parameters)).toBe(parseEther(cap));
    expect(distributorFunding(parameters)).toBe(parseEther("90000000"));
  });

  it("are all of them", () => {
    expect(Object.keys(PRESETS).sort()).toEqual(["current", "genesis", "published"]);
  });
});

describe("a wrong field is named", () => {
  it.each<[string, unknown, RegExp]>([
    ["network.chainId", "1", /network\.chainId/],
    ["network.chainId", 0, /network\.chainId/],
    ["network.name", "../etc", /network\.name/],
    ["network.nmae", "local", /network\.nmae: is not a known field/],
    ["accounts.governance", undefined, /accounts\.governance: is missing/],
    ["accounts.governance", "0x0000000000000000000000000000000000000000", /accounts\.governance/],
    ["accounts.treasury", "0x90F79bf6EB2c4f870365E785982E1f101E93b906", /accounts\.treasury: is not a known field/],
    ["accounts.reserve", "0x90F79bf6EB2c4f870365E785982E1f101E93b9", /accounts\.reserve/],
    ["guardianTermDays", 367, /guardianTermDays/],
    ["accounts.slasher", "0x15d34aAf54267DB7D7c367839AAf71A00a2C6A65", /accounts\.slasher/],
    ["accounts.guardian", "0x87883F558129A227e683a5aCF1D7eBC7314B881B", /accounts\.guardian/],
    ["token.allocation.team", 501, /token\.allocation/],
    ["token.allocation.mining", -1, /token\.allocation\.mining/],
    ["token.allocation.mining", 70.5, /token\.allocation\.mining/],
    ["token.allocation.miners", 0, /token\.allocation\.miners/],
    ["token.adopt", "0x90F79bf6EB2c4f870365E785982E1f101E93b906", /token/],
    ["team", null, /team/],
    ["team.durationDays", 0, /team\.durationDays/],
    ["team.start", "yesterday", /team\.start/],
    ["team.start", "2030-02-30T00:00:00Z", /team\.start/],
    ["distributor.claims", "../elsewhere.csv", /distributor\.claims/],
    ["distributor.root", "0x12", /distributor\.root/],
    ["distributor.deadline", "2100-13-01T00:00:00Z", /distributor\.deadline/],
    ["distributor.amount", "89999999", /distributor\.amount/],
    ["distributor.amount", "-1", /distributor\.amount/],
    ["distributor.amount", 90000000, /distributor\.amount/],
    ["attestation", undefined, /attestation: is missing/],
    ["attestation.root", "amd", /attestation\.root: must be "intel", or the key/],
    ["attestation.root.x", "0x12", /attestation\.root\.x: must be 32 bytes/],
    ["attestation.root.y", `0x${"12".repeat(32)}`, /attestation\.root: .*not on the curve/],
    ["attestation.root.notAfter", 0, /attestation\.root\.notAfter/],
    ["attestation.floors.minTcbDate", "2025-02-30", /attestation\.floors\.minTcbDate: must be a day/],
    ["attestation.floors.minQeIsvSvn", 65536, /attestation\.floors\.minQeIsvSvn/],
    ["attestation.floors.allowedStatuses", ["OutOfDate"], /allowedStatuses: must hold UpToDate/],
    ["attestation.floors.allowedStatuses", ["UpToDate", "Revoked"], /allowedStatuses\[1\]: must be one of UpToDate, /],
    ["attestation.workloads", {}, /attestation\.workloads: must be a list/],
    ["attestation.workloads.0.image.mrTd", "0x00", /attestation\.workloads\[0\]\.image\.mrTd: must be 48 bytes/],
    [
      "attestation.workloads.0.image.tdAttributes",
      "0x0100001000000000",
      /tdAttributes: must allow neither debugging nor/,
    ],
    [
      "attestation.workloads.0.image.tdAttributes",
      "0x0000003000000000",
      /tdAttributes: must allow neither debugging nor/,
    ],
    ["attestation.workloads.0.image.rtMr3", `0x${"00".repeat(48)}`, /rtMr3: must not be zero/],
    ["attestation.workloads.0.image.tdAttributes", "0x0000000000000000", /tdAttributes: .* must set SEPT_VE_DISABLE/],
    ["attestation.workloads.0.image.mrConfigId", `0x${"00".repeat(48)}`, /rtMr3: must be there/],
    ["attestation.workloads.0.shapes", [], /attestation\.workloads\[0\]\.shapes: must hold 1 to 64/],
    ["compute", undefined, /compute: is missing/],
    ["compute.ceiling", "0.009", /compute\.ceiling: must be from 0\.01 to 1000/],
    ["compute.ceiling", "5.000000000000000001", /compute\.ceiling: must be a multiple of 100 wei/],
    ["compute.models.0.name", "H 100", /compute\.models\[0\]\.name: must have 1 to 32 printable/],
    ["compute.models.0.name", 100, /compute\.models\[0\]\.name/],
    ["compute.models.1.name", "H100", /compute\.models\[1\]\.name: is listed twice/],
    ["compute.models.0.collateral", "99", /compute\.models\[0\]\.collateral: must be from 100 to 100000/],
    ["compute.models.0.weight", 9, /compute\.models\[0\]\.weight/],
    ["compute.slashing.rebuttalDays", 2, /compute\.slashing\.rebuttalDays/],
    ["compute.slashing.processDays", 6, /compute\.slashing\.processDays/],
    ["compute.slashing.processDays", 15, /compute\.slashing\.processDays/],
    ["compute.slashing.caps.breach", 10_001, /compute\.slashing\.caps\.breach/],
    ["replaced", { workersSink: "0x12" }, /replaced\.workersSink: must be an address/],
    ["replaced", { vpha: "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65" }, /replaced\.vpha: is not a known field/],
  ])("%s = %j", (field, value, message) => {
    expect(() => parseParameters(changed(field, value), "current")).toThrow(message);
  });

  it("the preset", () => {
    expect(() => parseParameters(changed("network.name", "local"), "fastest")).toThrow(/preset/);
  });

  it("an allocation that is smaller than what the preset emits", () => {
    const content = changed("token.allocation", {
      mining: 100,
      privateSale: 8400,
      airdrop: 900,
      team: 500,
      other: 100,
    });
    expect(() => parseParameters(content, "genesis")).toThrow(/token\.allocation\.mining: is 690000000 PHA less/);
  });
});

const folder = mkdtempSync(path.join(tmpdir(), "parameters-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A parameter file of its own in a folder of its own, beside the local airdrop. */
function written(content: unknown): string {
  const own = mkdtempSync(path.join(folder, "f-"));
  copyFileSync(path.join(path.dirname(file), "local.airdrop.csv"), path.join(own, "local.airdrop.csv"));
  const to = path.join(own, "parameters.json");
  writeFileSync(to, JSON.stringify(content));
  return to;
}

function record(parameters: Parameters, to: string): void {
  const { network, preset } = parameters;
  const { contracts } = planSuite(parameters);
  writeManifest(to, { network: network.name, chainId: network.chainId, preset, startBlock: 1, parameters, contracts });
}

describe("the attestation", () => {
  it("takes Intel's root by its name", () => {
    const { attestation } = parseParameters(changed("attestation.root", "intel"), "current");
    const { x, y, notAfter } = rootKeyOf(attestation);
    expect([concat([x, y]), new Date(notAfter * 1000)]).toEqual([INTEL_ROOT_KEY, new Date("2049-12-31T23:59:59Z")]);
  });

  it("turns the floors into the contract's numbers", () => {
    expect(floorsOf(readParameters(file, "current").attestation)).toEqual({
      minTcbDay: 19_795,
      minQeIsvSvn: 4,
      allowedStatuses: 0b10_0010,
    });
  });

  it("of the local network is that of the test authority", () => {
    const { attestation } = readParameters(file, "current");
    const authority = devnetAuthority();
    const { x, y } = rootKeyOf(attestation);
    expect(concat([x, y])).toBe(authority.root.key.raw);
    const { measurements } = readQuote(authority.platform().quote());
    expect(measurements).toMatchObject({ ...attestation.workloads[0]?.image, rtMr3: measurements.rtMr3 });
    expect(attestation.workloads[0]?.shapes).toEqual([measurements.rtMr0]);
  });

  it("refuses an image that is listed twice", () => {
    const { workloads } = readParameters(file, "current").attestation;
    expect(() => parseParameters(changed("attestation.workloads", [...workloads, ...workloads]), "current")).toThrow(
      /attestation\.workloads\[1\]\.image: is listed twice/,
    );
  });
});

describe("the distributor's claims", () => {
  const read = (field: string, value: unknown) => readParameters(written(changed(field, value)), "current");

  it("have the root that is named", () => {
    expect(() => read("network.name", "local")).not.toThrow();
    expect(() => read("distributor.root", `0x${"12".repeat(32)}`)).toThrow(
      /distributor\.root: must be that of .*local\.airdrop\.csv, 0x124801/,
    );
    expect(() => read("distributor.claims", "nothing.csv")).toThrow(/distributor\.claims: .*nothing\.csv/);
  });

  it("come to the amount, also in a tree that was built before", () => {
    const { root, tree } = buildDistribution("account,amount\n0xa0Ee7A142d267C1f36714E4a8F75612F20a79720,7\n");
    const content = changed("distributor", {
      claims: "tree.json",
      root,
      deadline: "2100-01-01T00:00:00Z",
      amount: "90000000",
    });
    const to = written(content);
    writeFileSync(path.join(path.dirname(to), "tree.json"), JSON.stringify(tree));
    expect(() => readParameters(to, "current")).toThrow(/distributor\.amount: must be the sum of .*tree\.json, 7 PHA/);
    writeFileSync(path.join(path.dirname(to), "tree.json"), JSON.stringify({ ...tree, tree: [...tree.tree, root] }));
    expect(() => readParameters(to, "current")).toThrow(/distributor\.claims/);
  });
});

it("an account that is a contract of the suite is refused", () => {
  const { contracts } = planSuite(readParameters(file, "current"));
  const plan = (field: string, value: string | null) => () =>
    planSuite(parseParameters(changed(field, value), "current"));
  expect(plan("accounts.guardian", contracts.vpha)).toThrow(/accounts\.guardian: must not be the suite's own vpha/);
  expect(plan("accounts.slasher", contracts.pha)).toThrow(/accounts\.slasher: must not be the suite's own pha/);
  expect(plan("team.beneficiary", contracts.phalaAuthority)).toThrow(/team\.beneficiary/);
});

describe("the manifest that the command line means", () => {
  const options = (parameters: string, preset?: string) => ({ parameters, preset, manifest: undefined });

  it("goes by the name in the parameters, not by Hardhat's network", () => {
    const to = written(changed("network.name", "elsewhere"));
    const deployments = mkdtempSync(path.join(folder, "d-"));
    record(readParameters(to, "published"), manifestPathFor("elsewhere", deployments));
    const { parameters, manifestPath } = target(options(to), hre, deployments);
    expect(parameters.preset).toBe("published");
    expect(manifestPath).toBe(manifestPathFor("elsewhere", deployments));
    expect(() => target(options(to, "current"), hre, deployments)).toThrow(/preset: current is not .*published/);
  });
});

describe("what a suite was deployed from, once its parameters have changed", () => {
  const manifest = path.join(folder, "deployed.json");
  const deployed = (field: string, value: unknown) => () =>
    deployedParameters(parseParameters(changed(field, value), "current"), manifest);

  it("is what the manifest records", () => {
    const recorded = readParameters(file, "current");
    expect(deployed("compute.ceiling", "8")().compute.ceiling).toBe("8");
    record(recorded, manifest);
    expect(deployed("compute.ceiling", "8")()).toEqual(recorded);
    expect(deployed("replaced", { slashing: recorded.accounts.reserve })()).toEqual(recorded);
    expect(deployed("team.beneficiary", recorded.accounts.reserve)()).toEqual(recorded);
  });

  it("cannot differ in what nobody can change", () => {
    const { accounts } = readParameters(file, "current");
    expect(deployed("accounts.reserve", accounts.privateSale)).toThrow(
      /accounts\.reserve: is not what .*deployed\.json/,
    );
    expect(deployed("team.cliffDays", 1)).toThrow(/team: is not what/);
    expect(deployed("network.name", "elsewhere")).toThrow(/network: is not what/);
  });
});

describe("generated addresses", () => {
  const parameters = path.dirname(file);
  const generate = (deployments: string) =>
    spawnSync(process.execPath, ["scripts/generate.ts", "--check", "--deployments", deployments], {
      cwd: path.join(parameters, "../.."),
      encoding: "utf8",
    });

  it("hold what a committed manifest records, and are stale without it", () => {
    const deployments = mkdtempSync(path.join(folder, "d-"));
    const elsewhere = parseParameters(changed("network", { name: "elsewhere", chainId: 7 }), "published");
    record(readParameters(file, "current"), path.join(deployments, "local.json"));
    expect(Object.keys(collectAddresses(parameters, deployments))).toEqual(["31337"]);
    expect(generate(deployments).status).toBe(0);

    record(elsewhere, path.join(deployments, "elsewhere.json"));
    expect(collectAddresses(parameters, deployments)[7]).toEqual({ published: planSuite(elsewhere).contracts });
    const { status, stderr } = generate(deployments);
    expect(status).toBe(1);
    expect(stderr).toContain("addresses.ts is stale");

    record(elsewhere, path.join(deployments, "again.json"));
    expect(() => collectAddresses(parameters, deployments)).toThrow(/again\.json and elsewhere\.json/);
  });
});
