/**
 * Attestation on the local chain: the test authority's collateral, and a few keys in demo guests. All of it goes the way that
 * an operator's does; on every start, what the chain has is left alone.
 */
import { type Account, type Address, type Hex, getAddress, http, keccak256, slice, toHex } from "viem";
import { chainReader } from "../../deploy/executors/account.ts";
import { attestationRegistryAbi } from "../../deploy/generated/abis.ts";
import { commitOf, reportDataOf } from "../attestation/calls.ts";
import { type Authority, type PlatformOptions, type QuoteOptions, createAuthority } from "../attestation/factory.ts";
import { readQuote } from "../attestation/quote.ts";
import { submitQuote } from "../attestation/submit.ts";
import { uploadCollateral } from "../attestation/upload.ts";

/** Number of the account of the development mnemonic that sends the demo attestations. */
export const ATTESTER = 8;

/**
 * What all keys of the local test authority are derived from, and its guests' measurements. Whoever has it can sign anything in
 * the authority's name: no other chain may trust it.
 */
const DEVNET_SEED = "devnet";

const DAY = 86_400;

/** 2026-01-01T00:00:00Z: what the authority's certificates are dated by. */
const CERTIFIED = 1_767_225_600;

/** A demo key: where it runs, and how its platform is. */
interface Guest {
  readonly name: string;
  readonly platform: PlatformOptions;
  readonly quote?: QuoteOptions;
}

/** Two keys on one platform, one under TDX 1.5, one on a platform that is out of date and above the floor. */
const GUESTS: readonly Guest[] = [
  { name: "guest 1", platform: { seed: "platform 1" } },
  { name: "guest 2", platform: { seed: "platform 1" } },
  { name: "guest 3", platform: { seed: "platform 2" }, quote: { version: 5 } },
  { name: "guest 4", platform: { seed: "platform 3", components: [3, 3, 2, 2, 4, 1, 0, 5], pceSvn: 11 } },
];

/** The key of a guest. A real one never leaves it; these are addresses only. */
const guestKey = (name: string): Address => getAddress(slice(keccak256(toHex(`${DEVNET_SEED} ${name}`)), 12));

/** The test authority: its certificates begin on one day for ever, so that a later start finds them. */
export const devnetAuthority = (): Authority => createAuthority({ seed: DEVNET_SEED, now: CERTIFIED });

/** The keys of all guests. */
export const guestKeys = (): { readonly name: string; readonly key: Address }[] =>
  GUESTS.map(({ name }) => ({ name, key: guestKey(name) }));

/** 32 bytes that stand for who runs the guest. */
const subjectOf = (name: string): Hex => keccak256(toHex(`${DEVNET_SEED} operator of ${name}`));

export interface DemoOptions {
  readonly url: string;
  readonly contracts: { readonly tdxVerifier: Address; readonly attestationRegistry: Address };
  /** Pays. */
  readonly account: Account;
  readonly onStep?: (what: string) => void;
}

export interface DemoSummary {
  readonly uploads: number;
  /** Attestations that were sent: of keys that had none, or one that ends within a day. */
  readonly attested: number;
  readonly keys: number;
}

/** Uploads what collateral the chain lacks, and attests the demo keys that need it. */
export async function attestDemo({ url, contracts, account, onStep }: DemoOptions): Promise<DemoSummary> {
  const transport = http(url, { retryCount: 0 });
  const reader = chainReader(transport);
  const { timestamp } = await reader.getBlock({ blockTag: "latest" });
  const { tdxVerifier: verifier, attestationRegistry: registry } = contracts;
  const now = Number(timestamp);
  const authority = devnetAuthority();
  // Lists and TCB data are of today.
  const issued = now - (now % DAY);
  const dates = { thisUpdate: issued, nextUpdate: issued + 30 * DAY };
  const file = authority.collateral({ issued, rootCrl: dates, pckCrl: dates });
  const uploads = await uploadCollateral({
    transport,
    account,
    verifier,
    file,
    onItem: ({ kind, result }) => onStep?.(`${kind}: ${result}`),
  });

  let attested = 0;
  for (const { name, platform, quote } of GUESTS) {
    const key = guestKey(name);
    const status = await reader.readContract({
      address: registry,
      abi: attestationRegistryAbi,
      functionName: "statusOf",
      args: [key],
    });
    if (status.validUntil > now + DAY) continue;
    const subject = subjectOf(name);
    const [chainId, { number: blockNumber, hash: blockHash }] = await Promise.all([
      reader.getChainId(),
      reader.getBlock({ blockTag: "latest" }),
    ]);
    const reportData = reportDataOf(key, commitOf({ chainId, registry, subject, blockNumber, blockHash }));
    const raw = authority.platform(platform).quote({ ...quote, measurements: { ...quote?.measurements, reportData } });
    await submitQuote({ transport, account, registry, quote: readQuote(raw), subject, blockNumber });
    onStep?.(`${name} attested`);
    attested += 1;
  }
  return {
    uploads: uploads.filter(({ result }) => result === "uploaded").length,
    attested,
    keys: GUESTS.length,
  };
}
