/** `attestation collateral`, `submit` and `status` on a local chain: what is sent, what is left out, what is said. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Abi, type Address, type Hex, getContract, http, pad, toFunctionSelector } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { creationCode } from "../../deploy/artifacts.ts";
import { attestationRegistryAbi, phalaAuthorityAbi, tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import { commitOf, reportDataOf } from "../../scripts/attestation/calls.ts";
import { isoTime, type CollateralFile } from "../../scripts/attestation/collateral.ts";
import { type CollateralOptions, type QuoteOptions, createAuthority } from "../../scripts/attestation/factory.ts";
import { INTEL_ROOT, rootKey } from "../../scripts/attestation/files.ts";
import { SWITCH_KINDS } from "../../scripts/attestation/names.ts";
import { readQuote, type Quote } from "../../scripts/attestation/quote.ts";
import { Refusal } from "../../scripts/attestation/refusal.ts";
import { statusOfKey } from "../../scripts/attestation/status.ts";
import { submitQuote } from "../../scripts/attestation/submit.ts";
import { uploadCollateral } from "../../scripts/attestation/upload.ts";
import { readCertificate } from "../../scripts/attestation/x509.ts";
import { type LocalChain, chainClient, devAccount, startChain } from "../../scripts/devnet/chain.ts";
import { hardhat } from "../helpers/cli.ts";
import { ROLE } from "../helpers/suite.ts";

const DAY = 86_400;
/** The chain begins a month ago: whatever its clock is moved by, it stays in the past. */
const NOW = Math.floor(Date.now() / 1000) - 30 * DAY;
const SUBJECT = pad("0x5b", { size: 32 });
const KEY: Address = "0x1111111111111111111111111111111111111111";

const [operator, governance, guardian] = [0, 1, 2].map((index) => devAccount(index).address) as [
  Address,
  Address,
  Address,
];
const authority = createAuthority({ seed: "submit", now: NOW });
const platform = authority.platform({ seed: "one" });
type Platform = typeof platform;

/** Collateral that is valid for the whole of a test. */
const collateral = (options: CollateralOptions = {}): CollateralFile =>
  authority.collateral({ pckCrl: { nextUpdate: NOW + 90 * DAY }, nextUpdate: NOW + 90 * DAY, ...options });

const folder = mkdtempSync(path.join(tmpdir(), "submit-"));
const write = (name: string, content: string | Uint8Array): string => {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
};

let chain: LocalChain;
let client: ReturnType<typeof chainClient>;
/** The state before anything is uploaded: every test begins with it. */
let clean: Hex;
let verifier: Address;
let registry: Address;

const transport = () => http(chain.url, { retryCount: 0 });

async function deploy(source: string, abi: Abi, args: readonly unknown[]): Promise<Address> {
  const hash = await client.deployContract({ abi, bytecode: creationCode(source), args, account: operator });
  const { contractAddress } = await client.waitForTransactionReceipt({ hash });
  if (contractAddress == null) throw new Error(`${source} was not deployed`);
  return contractAddress;
}

const registryContract = () => getContract({ abi: attestationRegistryAbi, address: registry, client });
const mined = async (hash: Promise<Hex>) => client.waitForTransactionReceipt({ hash: await hash });

beforeAll(async () => {
  chain = await startChain({ timestamp: NOW });
  client = chainClient(chain.url);
  verifier = await deploy("attestation/TdxVerifier", tdxVerifierAbi, [
    rootKey(authority.root.key.raw, INTEL_ROOT.notAfter),
  ]);
  const manager = await deploy("governance/PhalaAuthority", phalaAuthorityAbi, [governance]);
  registry = await deploy("attestation/AttestationRegistry", attestationRegistryAbi, [
    manager,
    verifier,
    { minTcbDay: 0, minQeIsvSvn: 0, allowedStatuses: 0 },
  ]);
  const asGovernance = { account: governance, chain: client.chain };
  const rights = getContract({ abi: phalaAuthorityAbi, address: manager, client });
  const selectors = [toFunctionSelector("switchOff(uint8,bytes32,uint40)")];
  await mined(rights.write.setTargetFunctionRole([registry, selectors, ROLE.guardian], asGovernance));
  await mined(rights.write.grantRole([ROLE.guardian, guardian, 0], asGovernance));
  const { measurements } = readQuote(platform.quote());
  const image = { ...measurements, rtMr3: "0x" } as const;
  const id = await registryContract().read.imageOf([image]);
  await mined(registryContract().write.allowImage([image], asGovernance));
  await mined(registryContract().write.allowShape([id, measurements.rtMr0], asGovernance));
  clean = await client.snapshot();
});

afterAll(async () => {
  await chain.stop();
  rmSync(folder, { recursive: true });
});

const restore = async () => {
  await client.revert({ id: clean });
  clean = await client.snapshot();
};

const upload = (file: CollateralFile, onItem?: () => void) =>
  uploadCollateral({ transport: transport(), account: operator, verifier, file, ...(onItem && { onItem }) });
const status = (key: Address = KEY) => statusOfKey({ transport: transport(), registry }, key);

interface Bound {
  readonly raw: Uint8Array;
  readonly quote: Quote;
  readonly subject: Hex;
  readonly blockNumber: bigint;
}

/** A quote that binds `key` to the last block. */
async function bind(options: { key?: Address; subject?: Hex; on?: Platform } & QuoteOptions = {}): Promise<Bound> {
  const { key = KEY, subject = SUBJECT, on = platform, ...rest } = options;
  await client.mine({ blocks: 1 });
  const { number: blockNumber, hash: blockHash } = await client.getBlock();
  const commit = commitOf({ chainId: await client.getChainId(), registry, subject, blockNumber, blockHash });
  const raw = on.quote({ ...rest, measurements: { reportData: reportDataOf(key, commit), ...rest.measurements } });
  return { raw, quote: readQuote(raw), subject, blockNumber };
}

const submit = ({ quote, subject, blockNumber }: Bound) =>
  submitQuote({ transport: transport(), account: operator, registry, quote, subject, blockNumber });

/** Expects a refusal with this name and a reason like this, and that nothing was sent. */
async function expectRefusal(call: () => Promise<unknown>, error: string, reason: RegExp): Promise<void> {
  const before = await client.getTransactionCount({ address: operator });
  const failure: unknown = await call().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(failure instanceof Refusal)) throw new Error("not refused", { cause: failure });
  expect(failure.error).toBe(error);
  expect(failure.message).toMatch(reason);
  expect(await client.getTransactionCount({ address: operator })).toBe(before);
}

describe("collateral", () => {
  it("is uploaded once; the second time the command line finds all of it there", async () => {
    await restore();
    const file = collateral();
    const first = await upload(file);
    expect(first.map(({ kind, result }) => [kind, result])).toEqual(
      ["RootCrl", "PlatformCa", "PlatformCrl", "TcbSigning", "TcbInfo", "QeIdentity"].map((kind) => [kind, "uploaded"]),
    );
    expect(first[4]).toMatchObject({
      fmspc: platform.fmspc,
      evaluation: 20,
      issued: isoTime(NOW - DAY),
      onChain: null,
    });
    for (const { gas, transaction } of first) {
      expect(gas).toBeGreaterThan(50_000);
      expect((await client.getTransactionReceipt({ hash: transaction ?? "0x" })).status).toBe("success");
    }

    const sent = await client.getTransactionCount({ address: operator });
    const again = hardhat(
      ...["attestation", "collateral", "--file", write("collateral.json", JSON.stringify(file))],
      ...["--verifier", verifier, "--rpc-url", chain.url, "--json"],
    );
    expect(again.stderr).toBe("");
    const printed = JSON.parse(again.stdout) as { ok: boolean; items: { result: string; onChain: unknown }[] };
    expect(printed.ok).toBe(true);
    expect(printed.items.map(({ result }) => result)).toEqual(Array(6).fill("present"));
    expect(printed.items[4]?.onChain).toEqual({ issued: isoTime(NOW - DAY), evaluation: 20 });
    expect(await client.getTransactionCount({ address: operator })).toBe(sent);
  });

  it("goes on where a run was killed", async () => {
    await restore();
    let count = 0;
    const killed = upload(collateral(), () => {
      if (++count === 3) throw new Error("killed");
    });
    await expect(killed).rejects.toThrow("killed");
    const results = (await upload(collateral())).map(({ result }) => result);
    expect(results).toEqual(["present", "present", "present", "uploaded", "uploaded", "uploaded"]);
  });

  it("replaces what is older and leaves what is newer, by issue date and by evaluation number", async () => {
    await restore();
    await upload(collateral());
    const newer = collateral({ issued: NOW - 3_600 });
    const results = async (file: CollateralFile) => (await upload(file)).map(({ result }) => result);
    expect(await results(newer)).toEqual(["present", "present", "present", "present", "uploaded", "uploaded"]);
    const old = await upload(collateral());
    expect(old[4]).toMatchObject({ result: "newerOnChain", onChain: { issued: isoTime(NOW - 3_600), evaluation: 20 } });
    const behind = collateral({ issued: NOW - 1_800, tcbInfo: { tcbEvaluationDataNumber: 19 } });
    expect((await results(behind)).slice(4)).toEqual(["newerOnChain", "uploaded"]);
    const processor = await upload(collateral({ ca: "processor", pckCrl: {} }));
    expect(processor.slice(1, 3).map(({ kind, result }) => [kind, result])).toEqual([
      ["ProcessorCa", "uploaded"],
      ["ProcessorCrl", "uploaded"],
    ]);
  });

  it("that the contract refuses is named", async () => {
    await restore();
    const expired = authority.collateral({ rootCrl: { nextUpdate: NOW - 1 } });
    await expectRefusal(() => upload(expired), "CollateralStore_Expired", /root CA CRL expired at/);
    const unreadable = { ...collateral(), pck_crl: "3000" };
    await expectRefusal(() => upload(unreadable), "InvalidInput", /uploadPckCrl/);
  });
});

describe("submitting", () => {
  it("sends the whole quote of an unknown platform, and the short form afterwards", async () => {
    await restore();
    await upload(collateral());
    const first = await submit(await bind());
    expect(first).toMatchObject({ key: KEY, status: "Valid", form: "full", tcbStatus: "UpToDate" });
    const { validUntil } = await status();
    expect(first.validUntil).toBe(validUntil);
    const second = await submit(await bind());
    expect(second).toMatchObject({ status: "Valid", form: "short" });
    expect(second.gas).toBeLessThan((first.gas ?? 0) - 50_000);
  });

  it("sends nothing for a quote that was accepted before, and refuses an older one", async () => {
    await restore();
    await upload(collateral());
    const old = await bind();
    const accepted = await bind();
    await submit(accepted);
    const sent = await client.getTransactionCount({ address: operator });
    expect(await submit(accepted)).toMatchObject({ key: KEY, status: "Valid", form: null });
    expect(await client.getTransactionCount({ address: operator })).toBe(sent);
    await expectRefusal(() => submit(old), "AttestationRegistry_StaleBlock", /has attested at block/);
  });

  it("sends the whole quote again when the platform has a newer certificate, and the short one when it has not", async () => {
    await restore();
    await upload(collateral());
    // What the platform was before an update: a level that is out of date.
    const before = authority.platform({
      seed: "one",
      components: [3, 3],
      certificate: { notBefore: NOW - 60 * DAY, serial: "0x80aa" },
    });
    expect(await submit(await bind({ on: before }))).toMatchObject({ form: "full", tcbStatus: "OutOfDate" });
    expect(await submit(await bind({ on: before }))).toMatchObject({ form: "short", tcbStatus: "OutOfDate" });
    expect(await submit(await bind())).toMatchObject({ form: "full", tcbStatus: "UpToDate" });
    // A quote made before the update is judged by the newer certificate.
    expect(await submit(await bind({ on: before }))).toMatchObject({ form: "short", tcbStatus: "UpToDate" });
  });

  it("falls back to the whole quote when Intel has changed the QE's identity", async () => {
    await restore();
    await upload(collateral());
    await submit(await bind());
    await upload(collateral({ issued: NOW, qeIdentity: { attributesMask: "F9FFFFFFFFFFFFFF0000000000000000" } }));
    expect(await submit(await bind())).toMatchObject({ form: "full", status: "Valid" });
    expect(await submit(await bind())).toMatchObject({ form: "short" });
  });

  it("refuses what binds something else before asking the contract", async () => {
    await restore();
    const bound = await bind();
    const other = pad("0x0f", { size: 32 });
    const mismatch = "AttestationRegistry_BindingMismatch";
    await expectRefusal(() => submit({ ...bound, subject: other }), mismatch, /subject 0x0+0f and block/);
    await expectRefusal(
      () => submit({ ...bound, blockNumber: bound.blockNumber - 1n }),
      mismatch,
      /report data is not that/,
    );
    await expectRefusal(
      () => submit({ ...bound, blockNumber: bound.blockNumber + 1n }),
      "AttestationRegistry_UnknownBlock",
      /is not there yet; the chain is at/,
    );
  });

  it("takes a block that is 255 old, and not one that will be 257 old", async () => {
    await restore();
    await upload(collateral());
    const bound = await bind();
    await client.mine({ blocks: 255 });
    const id = await client.snapshot();
    expect((await submit(bound)).status).toBe("Valid");
    await client.revert({ id });
    await client.mine({ blocks: 1 });
    await expectRefusal(() => submit(bound), "AttestationRegistry_UnknownBlock", /is not among the last 256/);
  });

  it("says why the contract refuses", async () => {
    await restore();
    await expectRefusal(async () => submit(await bind()), "CollateralStore_Missing", /QE identity/);
    await upload(collateral());
    const unlisted = await bind({ measurements: { rtMr2: `0x${"77".repeat(48)}` } });
    await expectRefusal(() => submit(unlisted), "AttestationRegistry_UnknownWorkload", /not listed \(image 0x/);
    const bound = await bind();
    const { signedData } = bound.quote;
    const at = 2 + 2 * (48 + 200);
    const changed: Hex = `0x${signedData.slice(2, at)}${signedData[at] === "0" ? "1" : "0"}${signedData.slice(at + 1)}`;
    await expectRefusal(
      () => submit({ ...bound, quote: { ...bound.quote, signedData: changed } }),
      "TdxVerifier_InvalidQuoteSignature",
      /was changed/,
    );
  });

  it("works on the command line, with the status of the key", async () => {
    await restore();
    await upload(collateral());
    const { raw, blockNumber } = await bind();
    const at = ["--registry", registry, "--rpc-url", chain.url];
    const quote = ["--quote", write("quote.bin", raw), "--subject", SUBJECT];
    const sent = hardhat("attestation", "submit", ...quote, "--block", String(blockNumber), ...at, "--json");
    expect(sent.stderr).toBe("");
    const { validUntil } = await status();
    expect(JSON.parse(sent.stdout)).toMatchObject({ ok: true, key: KEY, status: "Valid", validUntil, form: "full" });

    const refused = hardhat("attestation", "submit", ...quote, "--block", String(blockNumber - 1n), ...at);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/^Error: AttestationRegistry_BindingMismatch: .*\n$/);

    const shown = hardhat("attestation", "status", "--key", KEY, ...at);
    expect(shown.stdout).toBe(
      `key      ${KEY}\nstatus   valid until ${validUntil ?? ""}\nsubject  ${SUBJECT}\nblock    ${blockNumber}\n`,
    );
    const nowhere = hardhat("attestation", "status", "--key", KEY, "--registry", KEY, "--rpc-url", chain.url, "--json");
    expect(nowhere.status).toBe(1);
    expect(JSON.parse(nowhere.stdout)).toMatchObject({ ok: false, error: "InvalidInput" });
  });
});

describe("status in words", () => {
  const attested = async () => {
    await restore();
    await upload(collateral());
    const bound = await bind();
    await submit(bound);
    return bound;
  };

  it("never, valid, expired", async () => {
    const bound = await attested();
    expect(await status("0x2222222222222222222222222222222222222222")).toMatchObject({
      state: "Never",
      validUntil: null,
      subject: null,
      text: "never attested",
    });
    const valid = await status();
    expect(valid).toMatchObject({ state: "Valid", subject: SUBJECT, block: Number(bound.blockNumber) });
    const end = Date.parse(valid.validUntil ?? "") / 1000;
    expect(valid.text).toBe(`valid until ${isoTime(end)}`);
    await client.setNextBlockTimestamp({ timestamp: BigInt(end) + 1n });
    await client.mine({ blocks: 1 });
    expect(await status()).toMatchObject({ state: "Expired", text: `expired at ${isoTime(end)}` });
  });

  it.each(["Ppid", "Fmspc", "TdxModule", "Workload"] as const)("switched off by %s, until when", async (kind) => {
    const { quote } = await attested();
    const names = {
      Ppid: platform.ppid,
      Fmspc: platform.fmspc,
      TdxModule: quote.measurements.mrSeam,
      Workload: await registryContract().read.imageOf([{ ...quote.measurements, rtMr3: "0x" }]),
    };
    const id: Hex = `0x${names[kind].slice(2, 66).padEnd(64, "0")}`;
    const args = [SWITCH_KINDS.indexOf(kind), id] as const;
    const until = Number((await client.getBlock()).timestamp) + DAY;
    await mined(registryContract().write.switchOff([...args, until], { account: guardian, chain: client.chain }));
    expect(await status()).toMatchObject({ state: "SwitchedOff", switchedOff: { kind, until: isoTime(until) } });
    expect((await status()).text).toMatch(new RegExp(`switched off until ${isoTime(until)}$`));
    await mined(registryContract().write.confirmSwitch(args, { account: governance, chain: client.chain }));
    expect(await status()).toMatchObject({ switchedOff: { kind, until: null } });
    expect((await status()).text).toMatch(/until governance lifts it$/);
    await expectRefusal(async () => submit(await bind()), "AttestationRegistry_SwitchedOff", /is switched off/);
  });

  it("below a floor, and revoked", async () => {
    await attested();
    const floors = { minTcbDay: 0, minQeIsvSvn: 9, allowedStatuses: 2 };
    const asGovernance = { account: governance, chain: client.chain };
    await mined(registryContract().write.setFloors([floors], asGovernance));
    expect(await status()).toMatchObject({
      state: "BelowFloor",
      belowFloor: { floor: "MinQeIsvSvn", wanted: "9" },
      text: "below the floor of the QE's ISV SVN (9)",
    });
    await expectRefusal(async () => submit(await bind()), "AttestationRegistry_BelowFloor", /QE ISV SVN 4/);
    await mined(registryContract().write.setFloors([{ ...floors, minQeIsvSvn: 0 }], asGovernance));
    expect((await status()).state).toBe("Valid");
    const revoked = [{ serial: readCertificate(platform.leaf).serial }];
    const thisUpdate = NOW - 3_600;
    await upload(collateral({ pckCrl: { thisUpdate, nextUpdate: NOW + 90 * DAY, revoked } }));
    expect(await status()).toMatchObject({
      state: "Revoked",
      text: "Intel has revoked the platform's PCK certificate",
    });
    await expectRefusal(async () => submit(await bind()), "TdxVerifier_LeafRevoked", /revoked/);
  });
});
