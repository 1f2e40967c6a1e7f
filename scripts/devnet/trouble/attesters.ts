/**
 * Guests and their platforms that look for trouble: new collateral every week or so, which may call a level out of date or revoke a
 * certificate; quotes of all sorts, the same one twice, straight to the verifier; platforms of the other CA.
 */
import { type Address, type Hex, getAddress, keccak256, slice, toHex } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { attestationRegistryAbi, tdxVerifierAbi } from "../../../deploy/generated/abis.ts";
import { type Upload, commitOf, quoteArguments, reportDataOf, uploadsOf } from "../../attestation/calls.ts";
import { type Platform, type PlatformOptions, type QuoteOptions, DEFAULT_FMSPC } from "../../attestation/factory.ts";
import { readQuote } from "../../attestation/quote.ts";
import { readCertificate } from "../../attestation/x509.ts";
import { devnetAuthority } from "../attestation.ts";
import { devAccounts } from "../chain.ts";
import type { NamedBlock } from "../fleet.ts";
import { DAY, type Deed, type Part, type Stage, deed } from "./part.ts";

/** Number of the account of the development mnemonic that attests. */
const ATTESTER = 8;
const GAS = 15_000_000n;
const KEYS = 16;
/** Another platform type, whose collateral is uploaded later. */
export const OTHER_FMSPC: Hex = "0x90c06f000000";

/** What is done, by weight. */
const ACTIONS = { attest: 10, again: 1, verify: 1, restamp: 4, renew: 0.6, revoke: 0.15 } as const;

/** What certificates are of once and for all; the others are lists and documents of a day. */
const CERTIFICATES: readonly Upload["functionName"][] = ["uploadPckCa", "uploadTcbSigning"];

/** Platforms as they may be. */
const HOSTS: readonly PlatformOptions[] = [
  { seed: "guest host 1" },
  { seed: "guest host 2" },
  { seed: "guest host 3", components: [3, 3, 2, 2, 4, 1, 0, 5], pceSvn: 11 },
  { seed: "guest host 4", components: [2, 2, 2, 2, 3, 1, 0, 5], pceSvn: 11 },
  { seed: "guest host 5", ca: "processor" },
  { seed: "guest host 6", fmspc: OTHER_FMSPC },
];

/** Keys beside the workers', and whoever uploads. */
export function createAttesters(stage: Stage): Part {
  const { contracts, random, chainId } = stage;
  const { tdxVerifier: verifier, attestationRegistry: registry } = contracts;
  const [attester] = devAccounts(ATTESTER, 1);
  if (attester === undefined) throw new Error("there is no attester");
  const authority = devnetAuthority();
  const platforms = HOSTS.map((host) => authority.platform(host));
  const keys = Array.from({ length: KEYS }, (_, i) => getAddress(slice(keccak256(toHex(`trouble key ${i}`)), 12)));
  const known = new Set<Platform>();
  const revoked: { readonly serial: Hex }[] = [];
  let renewedAt = 0n;
  let evaluation = 20;
  let last: Deed | undefined;

  const upload = (from: PrivateKeyAccount, { functionName, args }: Upload) =>
    deed(from, verifier, tdxVerifierAbi, functionName, args, { gas: GAS });
  /** Everything there is, of now. */
  const renew = (now: bigint, isFirst: boolean): Deed[] => {
    renewedAt = now;
    const issued = Number(now) - 60;
    const dates = { thisUpdate: issued, nextUpdate: issued + 30 * Number(DAY) };
    if (random.chance(0.2)) evaluation++;
    const of = (ca: "platform" | "processor", fmspc: Hex) =>
      uploadsOf(
        authority.collateral({
          ...{ issued, ca, fmspc, rootCrl: dates, pckCrl: { ...dates, revoked: ca === "platform" ? revoked : [] } },
          tcbInfo: { tcbEvaluationDataNumber: evaluation },
        }),
      );
    const all = [...of("platform", DEFAULT_FMSPC), ...of("processor", OTHER_FMSPC)];
    const firsts = all.filter(
      ({ functionName }, i) =>
        // Both files hold the same root CRL, signer and identity.
        i < 6 || ["uploadPckCa", "uploadPckCrl", "uploadTcbInfo"].includes(functionName),
    );
    return firsts
      .filter(({ functionName }) => isFirst || !CERTIFICATES.includes(functionName))
      .map((each) => upload(attester, each));
  };
  const quoteOf = (
    platform: Platform,
    key: Address,
    subject: Hex,
    { number, hash }: NamedBlock,
    options: QuoteOptions,
  ) => {
    const commit = commitOf({ chainId, registry, subject, blockNumber: number, blockHash: hash });
    const measurements = { ...options.measurements, reportData: reportDataOf(key, commit) };
    return quoteArguments(readQuote(platform.quote({ ...options, measurements })), { isKnown: known.has(platform) });
  };
  const attest = (block: NamedBlock): Deed => {
    const [key, platform] = [random.pick(keys), random.pick(platforms)];
    const subject = keccak256(toHex(`trouble subject ${random.integer(1, 100)}`));
    const options: QuoteOptions = random.chance(0.3) ? { version: 5 } : {};
    const args = [subject, Number(block.number), ...quoteOf(platform, key, subject, block, options)];
    return deed(attester, registry, attestationRegistryAbi, "attest", args, {
      gas: GAS,
      onDone: () => void known.add(platform),
      onFailed: () => void known.delete(platform),
    });
  };

  return {
    accounts: [attester.address],
    opening: (now) => renew(now, true),
    due: (now) => Promise.resolve(now < renewedAt + 20n * DAY ? [] : renew(now, false)),
    act: (now, block) => {
      const action = random.weighted(ACTIONS);
      const deeds = (): Deed[] => {
        switch (action) {
          case "attest":
            return [(last = attest(block))];
          case "again":
            return last === undefined ? [] : [{ ...last, what: action }];
          case "verify": {
            const platform = random.pick(platforms);
            const [signedData, signatureData] = quoteOf(platform, attester.address, keccak256("0x"), block, {});
            return [deed(attester, verifier, tdxVerifierAbi, action, [signedData, signatureData, 0], { gas: GAS })];
          }
          case "restamp":
            return [deed(attester, registry, attestationRegistryAbi, action, [random.pick(keys)])];
          case "renew":
            return renew(now, false);
          case "revoke": {
            // The first ones stay.
            const platform = random.pick(platforms.slice(1));
            const { serial } = readCertificate(platform.leaf);
            if (revoked.some((each) => each.serial === serial)) return [];
            revoked.push({ serial });
            return renew(now, false);
          }
        }
      };
      return Promise.resolve(deeds());
    },
    resume: () => {
      known.clear();
      renewedAt = 0n;
      last = undefined;
      return Promise.resolve();
    },
  };
}
