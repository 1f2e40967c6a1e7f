/** A registry with two verifiers under a test authority, beside the suite that is indexed, and what is done with it. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Abi, type Address, type Hex, concat, pad, padHex, slice, toFunctionSelector } from "viem";
import { attestationRegistryAbi, phalaAuthorityAbi, tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import { creationCode } from "../../deploy/artifacts.ts";
import { commitOf, quoteArguments, reportDataOf, uploadsOf } from "../../scripts/attestation/calls.ts";
import type { CollateralFile } from "../../scripts/attestation/collateral.ts";
import { type Platform, type QuoteOptions, createAuthority } from "../../scripts/attestation/factory.ts";
import { readQuote } from "../../scripts/attestation/quote.ts";
import { readCertificate } from "../../scripts/attestation/x509.ts";
import { devAccount } from "../../scripts/devnet/chain.ts";
import { INTEL_ROOT, rootKey } from "../../scripts/attestation/files.ts";
import { ROLE } from "../helpers/suite.ts";
import { type Suite, jsonOf, rowOf } from "./suite.ts";

/** Enough for any call here, and below the limit of one transaction. */
const GAS = 16_000_000n;
const BLOCK_TIME = 12n;

/** Numbers of the kinds of kill switches. */
export const KIND = { ppid: 0, fmspc: 1, tdx_module: 2, workload: 3, operator: 4 } as const;
export const OTHER_FMSPC: Hex = "0x90c06f000000";
/** A TDX module that Intel calls OutOfDate since 2025-05-14. */
export const OLD_MODULE = padHex("0x060104", { size: 16, dir: "right" });

const [deployer, governance, guardian, stranger] = [0, 1, 2, 3].map((i) => devAccount(i).address);
if (!deployer || !governance || !guardian || !stranger) throw new Error("no accounts");

export type Registry = Awaited<ReturnType<typeof startRegistry>>;

/** Deploys all of it and lists image and shape of the factory's quotes. The manifest of `suite` names it from now on. */
export async function startRegistry({ client, manifestPath, folder }: Suite) {
  if (!deployer || !governance || !guardian || !stranger) throw new Error("no accounts");
  const now = Number((await client.getBlock()).timestamp);
  const authority = createAuthority({ seed: "indexer", now });

  /** Every transaction has a block of its own, 12 seconds after the last. */
  const tick = async (seconds = BLOCK_TIME): Promise<void> => {
    await client.setNextBlockTimestamp({ timestamp: (await client.getBlock()).timestamp + seconds });
  };
  const confirm = async (hash: Hex) => {
    await tick();
    await client.mine({ blocks: 1 });
    const receipt = await client.getTransactionReceipt({ hash });
    if (receipt.status !== "success") throw new Error(`the transaction ${hash} failed`);
    return receipt;
  };
  const deploy = async (source: string, abi: Abi, args: readonly unknown[]): Promise<Address> => {
    const hash = await client.deployContract({
      abi,
      bytecode: creationCode(source),
      args,
      account: deployer,
      gas: GAS,
    });
    const { contractAddress } = await confirm(hash);
    if (!contractAddress) throw new Error(`${source} was not deployed`);
    return contractAddress;
  };
  const { raw } = authority.root.key;
  const root = rootKey(raw, INTEL_ROOT.notAfter);
  const verifier = await deploy("attestation/TdxVerifier", tdxVerifierAbi, [root]);
  const nextVerifier = await deploy("attestation/TdxVerifier", tdxVerifierAbi, [root]);
  const manager = await deploy("governance/PhalaAuthority", phalaAuthorityAbi, [governance]);
  const floors = { minTcbDay: 0, minQeIsvSvn: 0, allowedStatuses: 0 };
  const address = await deploy("attestation/AttestationRegistry", attestationRegistryAbi, [manager, verifier, floors]);

  const manifest = rowOf(jsonOf(readFileSync(manifestPath, "utf8")));
  const contracts = {
    ...rowOf(manifest["contracts"]),
    tdxVerifier: [verifier, nextVerifier],
    attestationRegistry: address,
  };
  const indexed = path.join(folder, "attestation.json");
  writeFileSync(indexed, JSON.stringify({ ...manifest, contracts }));

  const send = async (
    call: Pick<Parameters<typeof client.writeContract>[0], "abi" | "address" | "functionName" | "args">,
    account: Address = stranger,
  ) => {
    return confirm(await client.writeContract({ ...call, account, gas: GAS }));
  };
  const upload = async (file: CollateralFile, of = verifier, only?: string) => {
    for (const { functionName, args } of uploadsOf(file)) {
      if (only !== undefined && functionName !== only) continue;
      await send({ address: of, abi: tdxVerifierAbi, functionName, args });
    }
  };
  const govern = (functionName: string, ...args: readonly unknown[]) =>
    send({ address, abi: attestationRegistryAbi, functionName, args }, governance);

  /** A quote of `on` that binds `key` to the last block. */
  const quoteOf = async (on: Platform, key: Address, options: QuoteOptions = {}) => {
    const { number: blockNumber, hash: blockHash } = await client.getBlock();
    const subject = pad(key, { size: 32 });
    const chainId = await client.getChainId();
    const commit = commitOf({ chainId, registry: address, subject, blockNumber, blockHash });
    const measurements = { ...options.measurements, reportData: reportDataOf(key, commit) };
    return { subject, blockNumber: Number(blockNumber), quote: readQuote(on.quote({ ...options, measurements })) };
  };

  const platform = authority.platform({ seed: "one" });
  const { measurements } = (await quoteOf(platform, stranger)).quote;
  const image = { ...measurements, rtMr3: "0x" as Hex };
  const pinned = { ...image, rtMr2: concat([slice(image.rtMr2, 0, 47), "0x77"]), rtMr3: measurements.rtMr3 };
  const imageOf = (of: typeof image) =>
    client.readContract({ address, abi: attestationRegistryAbi, functionName: "imageOf", args: [of] });

  const selectors = ["switchOff(uint8,bytes32,uint40)", "liftOwnSwitch(uint8,bytes32)"].map((signature) =>
    toFunctionSelector(signature),
  );
  const manage = (functionName: string, ...args: readonly unknown[]) =>
    send({ address: manager, abi: phalaAuthorityAbi, functionName, args }, governance);
  await manage("setTargetFunctionRole", address, selectors, ROLE.guardian);
  await manage("grantRole", ROLE.guardian, guardian, 0);
  await upload(authority.collateral({}));
  await upload(authority.collateral({ fmspc: OTHER_FMSPC }), verifier, "uploadTcbInfo");
  for (const each of [image, pinned]) {
    await govern("allowImage", each);
    await govern("allowShape", await imageOf(each), measurements.rtMr0);
  }

  return {
    address,
    verifier,
    nextVerifier,
    verifiers: [verifier, nextVerifier],
    authority,
    platform,
    measurements,
    indexed,
    images: { open: await imageOf(image), pinned: await imageOf(pinned) },
    pinned,
    image,
    upload,
    govern,

    /** Attests `key`; without the platform's certificate if it `isKnown`. */
    attest: async (on: Platform, key: Address, options: QuoteOptions & { isKnown?: boolean } = {}) => {
      const { isKnown = false, ...rest } = options;
      const { subject, blockNumber, quote } = await quoteOf(on, key, rest);
      const args = [subject, blockNumber, ...quoteArguments(quote, { isKnown })];
      await send({ address, abi: attestationRegistryAbi, functionName: "attest", args });
    },
    /** Sends a quote straight to the verifier. */
    verify: async (on: Platform, options: QuoteOptions = {}) => {
      const { quote } = await quoteOf(on, stranger, options);
      await send({
        address: verifier,
        abi: tdxVerifierAbi,
        functionName: "verify",
        args: [...quoteArguments(quote), 0],
      });
    },
    /** Anyone's call of the registry. */
    call: (functionName: string, ...args: readonly unknown[]) =>
      send({ address, abi: attestationRegistryAbi, functionName, args }),
    /** The guardian switches `id` off for `seconds`, or lifts that. */
    switchOff: async (kind: number, id: Hex, seconds: bigint) => {
      const until = Number((await client.getBlock()).timestamp + seconds);
      const args = [kind, padHex(id, { size: 32, dir: "right" }), until];
      await send({ address, abi: attestationRegistryAbi, functionName: "switchOff", args }, guardian);
    },
    liftOwn: (kind: number, id: Hex) =>
      send(
        {
          address,
          abi: attestationRegistryAbi,
          functionName: "liftOwnSwitch",
          args: [kind, padHex(id, { size: 32, dir: "right" })],
        },
        guardian,
      ),
    /** A CRL of the platform CA that revokes the certificates of `platforms`. */
    revoke: async (platforms: readonly Platform[], of = verifier) => {
      const issued = Number((await client.getBlock()).timestamp) - 60;
      const revoked = platforms.map(({ leaf }) => ({ serial: readCertificate(leaf).serial }));
      const pckCrl = { thisUpdate: issued, nextUpdate: issued + 60 * 86_400, revoked };
      await upload(authority.collateral({ pckCrl }), of, "uploadPckCrl");
    },
    /** An empty block, `seconds` after the last. */
    pass: async (seconds: bigint) => {
      await tick(seconds);
      await client.mine({ blocks: 1 });
    },
    /** An empty block at `timestamp`. */
    passTo: async (timestamp: bigint) => {
      await client.setNextBlockTimestamp({ timestamp });
      await client.mine({ blocks: 1 });
    },
  };
}
