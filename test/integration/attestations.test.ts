/** The devnet's attestations: from a deployed suite to keys that the registry calls valid, on a chain of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { http } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attestationRegistryAbi, tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import type { Manifest } from "../../deploy/manifest.ts";
import { imageIdOf } from "../../deploy/parameters/attestation.ts";
import { deploySuite } from "../../deploy/suite.ts";
import { TCB_STATUS_NAMES } from "../../scripts/attestation/calls.ts";
import { ATTESTER, attestDemo, guestKeys } from "../../scripts/devnet/attestation.ts";
import { hardhat } from "../helpers/cli.ts";
import { type LocalChain, chainClient, devAccount, startChain } from "../../scripts/devnet/chain.ts";
import { parametersFor } from "../../deploy/parameters/parameters.ts";
import { signingOwners } from "../../scripts/devnet/multisig.ts";

const DAY = 86_400;
const folder = mkdtempSync(path.join(tmpdir(), "attestations-"));
let chain: LocalChain;
let manifest: Manifest;

beforeAll(async () => {
  // As `npm start` with a history: the deployment is older than the collateral.
  chain = await startChain({ timestamp: Math.floor(Date.now() / 1000) - 60 * DAY });
  manifest = await deploySuite({
    transport: http(chain.url),
    parameters: parametersFor("local", "current"),
    deployer: devAccount(0),
    governance: { owners: signingOwners() },
    manifestPath: path.join(folder, "manifest.json"),
  });
  const client = chainClient(chain.url);
  await client.increaseTime({ seconds: 60 * DAY });
  await client.mine({ blocks: 1 });
});

afterAll(async () => {
  await chain.stop();
  rmSync(folder, { recursive: true });
});

describe("the devnet's attestations", () => {
  const registry = () => ({ abi: attestationRegistryAbi, address: manifest.contracts.attestationRegistry }) as const;

  const attest = () => attestDemo({ url: chain.url, contracts: manifest.contracts, account: devAccount(ATTESTER) });
  const wait = async (seconds: number) => {
    const client = chainClient(chain.url);
    await client.increaseTime({ seconds });
    await client.mine({ blocks: 1 });
  };
  const areValid = async () =>
    Promise.all(
      guestKeys().map(({ key }) =>
        chainClient(chain.url).readContract({ ...registry(), functionName: "isValid", args: [key] }),
      ),
    );

  it("leave four valid keys of three platforms", async () => {
    expect(await attest()).toEqual({ uploads: 6, attested: 4, keys: 4 });
    expect(await areValid()).toEqual([true, true, true, true]);
    const client = chainClient(chain.url);
    const events = await client.getContractEvents({
      ...registry(),
      eventName: "Attested",
      fromBlock: 0n,
      strict: true,
    });
    expect(events.map(({ args }) => args.key)).toEqual(guestKeys().map(({ key }) => key));
    expect(new Set(events.map(({ args }) => args.platform)).size).toBe(3);
    expect(events.map(({ args }) => TCB_STATUS_NAMES[args.status])).toEqual([
      "UpToDate",
      "UpToDate",
      "UpToDate",
      "OutOfDate",
    ]);
    const [workload] = manifest.parameters.attestation.workloads;
    expect(new Set(events.map(({ args }) => args.image))).toEqual(new Set([workload && imageIdOf(workload)]));
    const verified = await client.getContractEvents({
      abi: tdxVerifierAbi,
      address: manifest.contracts.tdxVerifier,
      eventName: "PlatformVerified",
      fromBlock: 0n,
    });
    expect(verified).toHaveLength(3);
  });

  it("are found by the command line: by the manifest, or where the parameters put the registry", () => {
    const [{ key } = { key: "" }] = guestKeys();
    const status = ["attestation", "status", "--key", key, "--rpc-url", chain.url, "--json"];
    for (const options of [["--manifest", path.join(folder, "manifest.json")], []]) {
      const { status: code, stdout } = hardhat(...status, ...options);
      expect(JSON.parse(stdout)).toMatchObject({ ok: true, state: "Valid", key });
      expect(code).toBe(0);
    }
    const { status: code, stdout } = hardhat(...status, "--manifest", path.join(folder, "other.json"));
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: "InvalidInput" });
    expect(code).toBe(1);
  }, 60_000);

  it("are left alone by the next start, and renewed by one a day before they end", async () => {
    expect(await attest()).toEqual({ uploads: 0, attested: 0, keys: 4 });
    await wait(6 * DAY + 3_600);
    // Lists and TCB data of that day are newer: root CRL, PCK CRL, TCB info, QE identity.
    expect(await attest()).toEqual({ uploads: 4, attested: 4, keys: 4 });
  });

  it("hold for seven days by the chain's clock, and no longer", async () => {
    await wait(7 * DAY - 3_600);
    expect(await areValid()).toEqual([true, true, true, true]);
    await wait(3_660);
    expect(await areValid()).toEqual([false, false, false, false]);
  });
});
