/**
 * Attestations on the local chain: a test authority in Intel's place, its collateral, a few platforms, and keys that attest
 * as operators' keys do. The registry lists the authority's image and shape since genesis.
 */
import { type Address, type Hex, encodeFunctionData, keccak256, stringToHex } from "viem";
import { attestationRegistryAbi, tdxVerifierAbi } from "../../deploy/generated/abis.ts";
import { commitOf, quoteArgument, reportDataOf, uploadsOf } from "../attestation/calls.ts";
import { type Authority, type Platform, createAuthority } from "../attestation/factory.ts";
import { readQuote } from "../attestation/quote.ts";
import { chainClient, devAccount } from "./chain.ts";

/** Keys and measurements follow from it alone; the root key is in `deploy/parameters/local.json`. */
const SEED = "devnet";

/** Demo keys are accounts of the development mnemonic from this number on. */
export const FIRST_ATTESTED_KEY = 80;

/** What attesting needs to know of a deployment. */
export interface AttestationTarget {
  readonly contracts: { readonly tdxVerifier: Address; readonly attestationRegistry: Address };
}

/** The test authority of the local network. @param now Unix seconds: what it issues is valid from a day before. */
export const devnetAuthority = (now: number): Authority => createAuthority({ seed: SEED, now });

/** In the order in which they attest: by which platform, for which key. The second key does so twice. */
const ATTESTATIONS = [
  { platform: "rack 1", key: 0 },
  { platform: "rack 1", key: 1 },
  { platform: "rack 2", key: 2 },
  { platform: "rack 3, out of date", key: 3 },
  { platform: "rack 1", key: 1 },
] as const;

/** The platforms; the last one has the components of a level that is out of date, but not below the floor. */
const platformsOf = (authority: Authority): Record<(typeof ATTESTATIONS)[number]["platform"], Platform> => ({
  "rack 1": authority.platform({ seed: "rack 1" }),
  "rack 2": authority.platform({ seed: "rack 2" }),
  "rack 3, out of date": authority.platform({ seed: "rack 3", components: [3, 3, 2, 2, 4, 1, 0, 5] }),
});

/** A demo key's subject, which nothing on chain opens yet. */
const subjectOf = (key: Address): Hex => keccak256(stringToHex(`worker ${key}`));

/**
 * Uploads the collateral of the chain's day, and lets the demo keys attest.
 *
 * @returns The number of transactions, and the keys.
 */
export async function playAttestations(options: {
  readonly url: string;
  readonly manifest: AttestationTarget;
}): Promise<{ readonly transactions: number; readonly keys: readonly Address[] }> {
  const { tdxVerifier, attestationRegistry } = options.manifest.contracts;
  const client = chainClient(options.url);
  const sender = devAccount(0);
  const chainId = await client.getChainId();
  let transactions = 0;
  const send = async (to: Address, data: Hex, what: string): Promise<void> => {
    const hash = await client.sendTransaction({ account: sender, to, data });
    const { status } = await client.waitForTransactionReceipt({ hash });
    if (status !== "success") throw new Error(`${what} failed (${hash})`);
    ++transactions;
  };

  const { timestamp } = await client.getBlock();
  const authority = devnetAuthority(Number(timestamp));
  for (const upload of uploadsOf(authority.collateral())) {
    await send(tdxVerifier, encodeFunctionData({ abi: tdxVerifierAbi, ...upload }), upload.functionName);
  }

  const platforms = platformsOf(authority);
  const known = new Set<string>();
  for (const { platform, key: index } of ATTESTATIONS) {
    const key = devAccount(FIRST_ATTESTED_KEY + index).address;
    const subject = subjectOf(key);
    const { number: blockNumber, hash: blockHash } = await client.getBlock();
    const commit = commitOf({ chainId, registry: attestationRegistry, subject, blockNumber, blockHash });
    const quote = readQuote(platforms[platform].quote({ measurements: { reportData: reportDataOf(key, commit) } }));
    const args = [subject, Number(blockNumber), quoteArgument(quote, { isKnown: known.has(platform) })] as const;
    const data = encodeFunctionData({ abi: attestationRegistryAbi, functionName: "attest", args });
    await send(attestationRegistry, data, `attesting ${key} by ${platform}`);
    known.add(platform);
  }
  const keys = new Set(ATTESTATIONS.map(({ key }) => devAccount(FIRST_ATTESTED_KEY + key).address));
  return { transactions, keys: [...keys] };
}
