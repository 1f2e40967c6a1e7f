/** The devnet's attestations: from a deployed suite to keys that the registry calls valid, on a chain of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { http } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attestationRegistryAbi, tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import type { Manifest } from "../../deploy/manifest.ts";
import { imageIdOf } from "../../deploy/parameters/attestation.ts";
import { parametersFor } from "../../deploy/parameters/parameters.ts";
import { deploySuite } from "../../deploy/suite.ts";
import { TCB_STATUS_NAMES } from "../../scripts/attestation/calls.ts";
import { playAttestations } from "../../scripts/devnet/attestation.ts";
import { type LocalChain, chainClient, devAccount, startChain } from "../../scripts/devnet/chain.ts";

const DAY = 86_400;
const folder = mkdtempSync(path.join(tmpdir(), "attestations-"));
let chain: LocalChain;
let manifest: Manifest;
let played: Awaited<ReturnType<typeof playAttestations>>;

beforeAll(async () => {
  // As `npm start` with a history: the deployment is older than the collateral.
  chain = await startChain({ timestamp: Math.floor(Date.now() / 1000) - 60 * DAY });
  manifest = await deploySuite({
    transport: http(chain.url),
    parameters: parametersFor("local", "current"),
    deployer: devAccount(0),
    governance: devAccount(1),
    manifestPath: path.join(folder, "manifest.json"),
  });
  const client = chainClient(chain.url);
  await client.increaseTime({ seconds: 60 * DAY });
  await client.mine({ blocks: 1 });
  played = await playAttestations({ url: chain.url, manifest });
});

afterAll(async () => {
  await chain.stop();
  rmSync(folder, { recursive: true });
});

describe("the devnet's attestations", () => {
  const registry = () => ({ abi: attestationRegistryAbi, address: manifest.contracts.attestationRegistry }) as const;

  it("leave four valid keys of three platforms, one attested twice", async () => {
    const client = chainClient(chain.url);
    expect(played.keys).toHaveLength(4);
    for (const key of played.keys) {
      expect(await client.readContract({ ...registry(), functionName: "isValid", args: [key] })).toBe(true);
    }
    const events = await client.getContractEvents({
      ...registry(),
      eventName: "Attested",
      fromBlock: 0n,
      strict: true,
    });
    expect(events.map(({ args }) => played.keys.indexOf(args.key))).toEqual([0, 1, 2, 3, 1]);
    expect(new Set(events.map(({ args }) => args.platform)).size).toBe(3);
    expect(events.map(({ args }) => TCB_STATUS_NAMES[args.status])).toEqual([
      "UpToDate",
      "UpToDate",
      "UpToDate",
      "OutOfDate",
      "UpToDate",
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

  it("hold for seven days by the chain's clock, and no longer", async () => {
    const client = chainClient(chain.url);
    const [key] = played.keys;
    if (key === undefined) throw new Error("no key attested");
    const isValid = () => client.readContract({ ...registry(), functionName: "isValid", args: [key] });
    await client.increaseTime({ seconds: 7 * DAY - 3_600 });
    await client.mine({ blocks: 1 });
    expect(await isValid()).toBe(true);
    await client.increaseTime({ seconds: 3_600 });
    await client.mine({ blocks: 1 });
    expect(await isValid()).toBe(false);
  });
});
